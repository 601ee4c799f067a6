"""Products over chosen axes: tensordot, kron, cross, and chains of matrix products."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import implements, plain, samples_of
from ..errors import ArgumentError, ShapeError
from .indexing import where
from .operands import as_operand, as_operands
from .products import dot, matmul, outer


@implements(np.tensordot)
def tensordot(a, b, axes=2):
    a, b = as_operand(a), as_operand(b)
    if np.ndim(axes) == 0:
        of_a, of_b = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        of_a, of_b = [tuple(part) if np.ndim(part) else (part,) for part in axes]
    of_a, of_b = normalize_axis_tuple(of_a, a.ndim), normalize_axis_tuple(of_b, b.ndim)
    if [a.shape[i] for i in of_a] != [b.shape[i] for i in of_b]:
        raise ShapeError(
            f"np.tensordot: axes {of_a} of a, of shape {a.shape}, do not have the lengths of axes {of_b} of b, "
            f"of shape {b.shape}"
        )
    free_a = [i for i in range(a.ndim) if i not in of_a]
    free_b = [i for i in range(b.ndim) if i not in of_b]
    summed = math.prod([a.shape[i] for i in of_a])
    shape_a, shape_b = [a.shape[i] for i in free_a], [b.shape[i] for i in free_b]
    rows = a.transpose((*free_a, *of_a)).reshape((math.prod(shape_a), summed))
    columns = b.transpose((*of_b, *free_b)).reshape((summed, math.prod(shape_b)))
    return (rows @ columns).reshape((*shape_a, *shape_b))


@implements(np.linalg.tensordot)
def linalg_tensordot(x1, x2, /, *, axes=2):
    return tensordot(x1, x2, axes)


@samples_of(tensordot)
def _(n, draw):
    yield draw(n, 2, 3), draw(2, 3, 4)
    yield draw(n, 3), draw(3, 4), 1
    yield draw(n), draw(2), 0
    yield draw(3, n, 2), draw(2, 4, 3), ([0, 2], [2, 0])
    yield draw(3, n), draw(2, 3), {"axes": (0, -1)}


@samples_of(linalg_tensordot)
def _(n, draw):
    yield draw(n, 2, 3), draw(2, 3, 4)
    yield draw(3, n), draw(2, 3), {"axes": (0, -1)}


@implements(np.kron)
def kron(a, b):
    a, b = as_operands([a, b])
    ndim = max(a.ndim, b.ndim)
    of_a, of_b = [(1,) * (ndim - x.ndim) + x.shape for x in (a, b)]
    blocks = a.reshape([n for pair in zip(of_a, (1,) * ndim) for n in pair])
    inside = b.reshape([n for pair in zip((1,) * ndim, of_b) for n in pair])
    return (blocks * inside).reshape([n * m for n, m in zip(of_a, of_b)])


@samples_of(kron)
def _(n, draw):
    yield draw(n, 2), draw(2, 3)
    yield draw(n), draw(3)
    yield draw(2), draw(2, n, 2)
    yield draw(2, 2), 1.5
    yield draw(), draw(n)


@implements(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(as_operand(a), axisa, -1), np.moveaxis(as_operand(b), axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ShapeError(f"np.cross: vectors have 2 or 3 components; got arrays of shapes {a.shape} and {b.shape}")
    flat = a.shape[-1] == b.shape[-1] == 2
    first, second = [[x[..., i] for i in range(x.shape[-1])] for x in (a, b)]
    z = first[0] * second[1] - first[1] * second[0]
    if flat:
        return z
    nothing = np.zeros_like(plain(z))  # the third component of a vector that has two
    (a1, a2, a3), (b1, b2, b3) = [(*parts, nothing)[:3] for parts in (first, second)]
    return np.moveaxis(np.stack([a2 * b3 - a3 * b2, a3 * b1 - a1 * b3, z], axis=-1), -1, axisc)


@samples_of(cross)
def _(n, draw):
    yield draw(n, 3), draw(n, 3)
    yield draw(3), draw(2, n, 3)
    yield draw(3, n), draw(n, 3), 0, 1, 0
    yield draw(3, n), draw(3, n), {"axis": 0}
    yield draw(n, 3), draw(2, 1, 3), {"axisc": 1}


@implements(np.linalg.cross)
def linalg_cross(x1, x2, /, *, axis=-1):
    x1, x2 = as_operand(x1), as_operand(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ShapeError(f"np.linalg.cross: vectors have 3 components; got {x1.shape} and {x2.shape} with {axis=}")
    return cross(x1, x2, axis=axis)


@samples_of(linalg_cross)
def _(n, draw):
    yield draw(n, 3), draw(n, 3)
    yield draw(3, n), draw(3, n), {"axis": 0}


@implements(np.linalg.outer)
def linalg_outer(x1, x2, /):
    x1, x2 = as_operand(x1), as_operand(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ShapeError(f"np.linalg.outer: takes two vectors; got {x1.shape} and {x2.shape}. np.outer flattens")
    return outer(x1, x2)


@samples_of(linalg_outer)
def _(n, draw):
    yield draw(n), draw(3)


# Chains


@implements(np.linalg.multi_dot)
def multi_dot(arrays):
    arrays = [as_operand(x) for x in arrays]
    if len(arrays) < 2:
        raise ArgumentError(f"np.linalg.multi_dot: multiplies two arrays or more; got {len(arrays)}")
    if len(arrays) == 2:
        return dot(*arrays)
    row, column = arrays[0].ndim == 1, arrays[-1].ndim == 1
    if row:
        arrays[0] = arrays[0][None]
    if column:
        arrays[-1] = arrays[-1][:, None]
    if wrong := [x.shape for x in arrays if x.ndim != 2]:
        raise ShapeError(f"np.linalg.multi_dot: takes matrices, and vectors at either end; got shape {wrong[0]}")
    product = _product(arrays, _cuts([x.shape[0] for x in arrays] + [arrays[-1].shape[1]]), 0, len(arrays) - 1)
    return product.reshape(product.shape[row : 2 - column])


def _cuts(sizes):
    """Where to cut the chain of matrices i to j, for each i and j, so that the fewest numbers are multiplied.

    Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, section "Matrix-chain multiplication".
    """
    count = len(sizes) - 1
    cost, cut = {(i, i): 0 for i in range(count)}, {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            ways = [(cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i, j], cut[i, j] = min(ways)
    return cut


def _product(arrays, cuts, i, j):
    if i == j:
        return arrays[i]
    k = cuts[i, j]
    return _product(arrays, cuts, i, k) @ _product(arrays, cuts, k + 1, j)


@samples_of(multi_dot)
def _(n, draw):
    yield ([draw(n, 3), draw(3, 2)],)
    yield ([draw(n, 2), draw(2, 4), draw(4, 1)],)
    yield ([draw(3), draw(3, n), draw(n, 2), draw(2, 4)],)
    yield ([draw(n), draw(n, 2), draw(2, 3), draw(3)],)


@implements(np.linalg.matrix_power)
def matrix_power(a, n):
    a = as_operand(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"np.linalg.matrix_power: takes square matrices; got shape {a.shape}")
    if not isinstance(n, int | np.integer):
        raise ArgumentError(f"np.linalg.matrix_power: the exponent is an integer; got {n!r}")
    if n == 0:
        return where(False, a, np.eye(a.shape[-1], dtype=a.dtype, like=plain(a)))
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 3:  # as NumPy does it
        return (a @ a) @ a
    result, square = None, a
    while n:  # by its binary digits
        n, digit = divmod(n, 2)
        if digit:
            result = square if result is None else matmul(result, square)
        square = matmul(square, square) if n else square
    return +result


@samples_of(matrix_power)
def _(n, draw):
    for power in (0, 1, 2, 3, 5, 6):
        yield draw(n, 3, 3), power
    if n:
        yield draw(n, n) + 4 * np.eye(n, dtype=draw.dtype), -2
