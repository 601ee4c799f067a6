"""Products of matrices and tensors, of a batch of arrays at once: as few large products as can be."""

from __future__ import annotations

import math
import string
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .array import ROWS, Batched, aligned, ndim_of, one_by_one


def matmul(x: Any, y: Any, **options: Any) -> Batched:
    """``x @ y`` where one is a batch, or both are."""
    if options:
        return one_by_one(np.matmul, (x, y), options)
    if not isinstance(y, Batched) and y.ndim <= 2 and x.ndim:
        data = x.data
        if y.ndim == 2 and data.ndim > 2 and isinstance(data, np.ndarray) and data.flags.c_contiguous:
            rows = data.reshape((math.prod(data.shape[:-1]), data.shape[-1]))
            return Batched((rows @ y).reshape((*data.shape[:-1], y.shape[1])))
        return Batched(data @ y)
    if not isinstance(x, Batched) and x.ndim in (1, 2) and y.ndim == 1:
        return Batched(y.data @ (x.T if x.ndim == 2 else x))
    flat, column = ndim_of(x) == 1, ndim_of(y) == 1
    x, y = x[None, :] if flat else x, y[:, None] if column else y
    product = np.matmul(*aligned((x, y)))
    product = product[..., 0] if column else product
    return Batched(product if not flat else product[..., 0] if column else product[..., 0, :])


def dot(a: Any, b: Any) -> Batched:
    if not ndim_of(a) or not ndim_of(b):
        return a * b
    return tensordot(a, b, ([-1], [-2 if ndim_of(b) > 1 else 0]))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Batched:
    ndims = ndim_of(a), ndim_of(b)
    if isinstance(axes, int | np.integer):
        axes = range(ndims[0] - axes, ndims[0]), range(axes)
    over_a, over_b = (list(normalize_axis_tuple(np.atleast_1d(part).tolist(), n)) for part, n in zip(axes, ndims))
    if isinstance(a, Batched) and isinstance(b, Batched):
        return one_by_one(np.tensordot, (a, b, (over_a, over_b)), {})
    if isinstance(a, Batched):
        return Batched(np.tensordot(a.data, b, ([i + 1 for i in over_a], over_b)))
    return Batched(np.moveaxis(np.tensordot(a, b.data, (over_a, [i + 1 for i in over_b])), ndims[0] - len(over_a), 0))


def inner(a: Any, b: Any) -> Batched:
    return tensordot(a, b, ([-1], [-1])) if ndim_of(a) and ndim_of(b) else a * b


def outer(a: Any, b: Any) -> Any:
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


def vdot(a: Any, b: Any) -> Batched:
    return dot(np.reshape(a, -1).conj(), np.reshape(b, -1))


def einsum(subscripts: Any, *operands: Any, optimize: Any = False, **options: Any) -> Batched:
    """One more letter, for the batch."""
    if not isinstance(subscripts, str) or options:
        return one_by_one(np.einsum, (subscripts, *operands), {"optimize": optimize, **options})
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    if not arrow:
        result = "..." * ("..." in left) + "".join(sorted(c for c in set(left) - set(",.") if left.count(c) == 1))
    batch = next(c for c in string.ascii_letters if c not in subscripts)
    inputs = [batch * isinstance(x, Batched) + names for names, x in zip(left.split(","), operands, strict=True)]
    data = [x.data if isinstance(x, Batched) else x for x in operands]
    return Batched(np.einsum(f"{','.join(inputs)}->{batch}{result}", *data, optimize=optimize))


def einsum_op(*frame: Any) -> Batched:
    *operands, subscripts, optimize = frame
    return einsum(subscripts, *operands, optimize=optimize)


def convolve(a: Any, v: Any, mode: Any = "full") -> Batched:
    """A product with the matrix that convolves with the other vector."""
    if isinstance(a, Batched) and isinstance(v, Batched) or ndim_of(a) != 1 or ndim_of(v) != 1:
        return one_by_one(np.convolve, (a, v, mode), {})
    batch, other = (a, v) if isinstance(a, Batched) else (v, a)
    shorter, longer = sorted((len(batch), len(other)))
    middle = (shorter - 1) // 2
    parts = {"full": (0, shorter + longer - 1), "same": (middle, middle + longer), "valid": (shorter - 1, longer)}
    start, stop = parts[mode]
    around = np.zeros_like(other, shape=len(batch) - 1)
    shifts = np.arange(start, stop) - np.arange(len(batch))[:, None]
    return Batched(batch.data @ np.concatenate([around, other, around])[shifts + len(batch) - 1])


def solve(a: Any, b: Any) -> Batched:
    """One factorization for all right-hand sides, where the matrix is the same for all."""
    if isinstance(a, Batched) or a.ndim != 2 or b.ndim > 2:
        column = ndim_of(b) == 1
        found = np.linalg.solve(*aligned((a, b[:, None] if column else b)))
        return Batched(found[..., 0] if column else found)
    columns = np.moveaxis(b.data, 1, 0)
    return Batched(np.moveaxis(np.linalg.solve(a, columns.reshape((len(columns), -1))).reshape(columns.shape), 0, 1))


ROWS |= {
    np.matmul: matmul, np.dot: dot, np.tensordot: tensordot, np.inner: inner, np.outer: outer, np.vdot: vdot,
    np.einsum: einsum, "einsum": einsum_op, np.linalg.solve: solve, np.convolve: convolve,
}  # fmt: skip
