"""Norms of vectors and matrices, and condition numbers. Where a norm is 0, so is its gradient."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import constant, implements, op, plain, samples_of
from ..errors import ArgumentError, MatrixError
from .operands import as_operand
from .reductions import kept
from .singular_values import svdvals
from .solving import inv


@op()
def p_norm(x, p, axis=None, keepdims=False):
    """The sum of the absolute values to the power ``p`` over axes, to the power 1 / p."""
    if p == 2:
        return np.sqrt((x.conj() * x).real.sum(axis=axis, keepdims=keepdims))
    return (abs(x) ** p).sum(axis=axis, keepdims=keepdims) ** (1 / p)


@p_norm.grad("x")
def p_norm_dx(g, x, out, p, axis):
    g, out = kept(g, x.shape, axis), kept(out, x.shape, axis)
    inverse = (out != 0) / (out + (out == 0))
    if p == 2:
        return g * (x.conj() * inverse)
    share = np.where(x == 0, 1, abs(x) * inverse)  # where x is 0, so is its sign
    return g * (share ** (p - 1) * np.sign(x).conj())


@p_norm.samples
def _(n, draw):
    yield draw(n, 3), 2, 1
    yield draw(n, 3, 2), 2, (0, -1), True
    yield draw.nonzero(n, 3), 3, -1
    yield draw.nonzero(n, 3), 2.5, 1, True
    yield draw.nonzero(n, 3), -1, 1
    yield draw.nonzero(3, 2), 0.5
    yield (draw(), 2)


p_norm.branches(lambda x, p, axis, keepdims: None if p == 2 else x > 0)


@implements(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    x = _inexact(x)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if isinstance(ord, str):
        raise ArgumentError(f"norm: the order of a norm of vectors is a number or inf; got {ord!r}")
    if ord == 0:
        return np.sum(np.astype(x != 0, x.real.dtype), axis=axes, keepdims=keepdims)
    if ord == 1 or ord == np.inf and any(x.shape[i] == 0 for i in axes):
        return np.sum(abs(x), axis=axes, keepdims=keepdims)
    if abs(ord) == np.inf:
        return (np.max if ord > 0 else np.min)(abs(x), axis=axes, keepdims=keepdims)
    return p_norm(x, ord, axes, keepdims)


def _inexact(x):
    """An operand of floating point numbers: integers become such, as in NumPy."""
    x = as_operand(x)
    return x if x.dtype.kind in "fc" else np.astype(x, np.dtype(float))


@implements(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    return norm(x, ord, (-2, -1), keepdims)


@implements(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    x = _inexact(x)
    if axis is None and (ord is None or (ord, x.ndim) in ((2, 1), ("fro", 2), ("f", 2))):
        return vector_norm(x, keepdims=keepdims)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if len(axes) == 1:
        return vector_norm(x, axis=axes, keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ArgumentError(f"np.linalg.norm: a norm is over one axis or two; got {axes} of shape {x.shape}")
    ord = ord.item() if isinstance(ord, np.generic | np.ndarray) else ord
    if ord in (None, "fro", "f"):
        return vector_norm(x, axis=axes, keepdims=keepdims)
    if ord not in MATRIX_NORMS:
        orders = ", ".join(map(repr, MATRIX_NORMS))
        raise ArgumentError(f"np.linalg.norm: the order of a norm of matrices is 'fro', {orders}; got {ord!r}")
    result = MATRIX_NORMS[ord](np.moveaxis(x, axes, (-2, -1)))
    return np.expand_dims(result, tuple(sorted(axes))) if keepdims else result


def _of_sums(extreme, axis):
    """The largest or smallest sum of absolute values along an axis."""
    return lambda x: extreme(np.sum(abs(x), axis=axis), -1)


def _largest(values, axis):
    return np.max(values, axis=axis) if values.shape[axis] else np.sum(values, axis=axis)  # of none it is 0


MATRIX_NORMS = {
    1: _of_sums(_largest, -2), -1: _of_sums(np.min, -2), np.inf: _of_sums(_largest, -1), -np.inf: _of_sums(np.min, -1),
    2: lambda x: _largest(svdvals(x), -1), -2: lambda x: np.min(svdvals(x), axis=-1),
    "nuc": lambda x: np.sum(svdvals(x), axis=-1),
}  # fmt: skip


@samples_of(vector_norm)
def _(n, draw):
    yield draw(n, 3), {"axis": 1}
    yield draw(n, 3, 2), {"axis": (0, 2), "ord": 3, "keepdims": True}
    if n:
        yield draw.distinct(n, 3), {"ord": np.inf}
    yield (draw.nonzero(3, 2),)


@samples_of(matrix_norm)
def _(n, draw):
    yield (draw(n, 3, 2),)
    yield draw(n, 3, 2), {"ord": 2, "keepdims": True}


@samples_of(norm)
def _(n, draw):
    yield (draw.nonzero(n + 1),)
    yield draw.nonzero(n + 1, 2, 2), {"keepdims": True}
    yield draw.nonzero(n + 1, 3), "fro"
    for order in (None, 1, 2, 3.5, -2, np.inf, -np.inf):
        yield draw.distinct(n, 3), order, 1
    for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        yield draw.distinct(n, 3, 2), order, (1, 2)
        yield draw.distinct(2, n, 3), {"ord": order, "axis": (2, 0), "keepdims": True}


@implements(np.linalg.cond)
def cond(x, p=None):
    x = as_operand(x)
    if 0 in x.shape[-2:]:
        raise MatrixError(f"np.linalg.cond: not defined on empty matrices; got shape {x.shape}")
    if p in (None, 2, -2):
        s = svdvals(x)
        with np.errstate(all="ignore"):
            found = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
        undefined = np.isnan(found) & ~np.isnan(plain(x)).any(axis=(-2, -1))
        return np.where(undefined, np.inf, found) if undefined.any() else found
    return norm(x, p, (-2, -1)) * norm(inv(x), p, (-2, -1))


@samples_of(cond)
def _(n, draw):
    yield (draw(n, 3, 2),)
    for p in (2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc"):
        yield draw(n, 3, 3) + 4 * np.eye(3, dtype=draw.dtype), p


constant(np.linalg.matrix_rank)
