"""Diagonals of matrices, and traces."""

from __future__ import annotations

import numpy as np

from ..core import implements, op, plain, samples_of
from .operands import as_operand
from .rearranging import moveaxis


@op(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """The elements whose indices on two axes differ by ``offset``, along a new last axis."""
    return np.diagonal(a, offset, axis1, axis2)


@diagonal.grad("a")
def diagonal_da(g, a_shape, offset, axis1, axis2):
    last = place_on_diagonal(g, (a_shape[axis1], a_shape[axis2]), offset)
    return moveaxis(last, (-2, -1), (axis1, axis2))


@op()
def place_on_diagonal(x, shape, offset=0):
    """Zeros with the last axis of ``x`` on a diagonal of matrices of ``shape``, the last two axes."""
    rows = np.arange(x.shape[-1], like=plain(x))
    out = np.zeros_like(x, shape=(*x.shape[:-1], *shape))
    out[..., rows + max(-offset, 0), rows + max(offset, 0)] = x
    return out


place_on_diagonal.grad("x")(lambda g, offset: np.diagonal(g, offset, -2, -1))


@diagonal.samples
def diagonal_samples(n, draw):
    yield (draw(n, n),)
    yield draw(n, 3, 4), 1
    yield draw(n, 2, 4), 1, 1, 2
    yield draw(3, n, 4), -1, 0, 2
    yield draw(2, 3, n, 2), {"offset": 1, "axis1": -1, "axis2": 1}


@place_on_diagonal.samples
def _(n, draw):
    yield draw(n, 3), (3, 3)
    yield draw(n, 2), (3, 4), -1
    yield draw(2, 2), (3, 3), 1


@implements(np.linalg.diagonal)
def linalg_diagonal(x, /, *, offset=0):
    return diagonal(as_operand(x), offset, -2, -1)


@samples_of(linalg_diagonal)
def _(n, draw):
    yield (draw(n, 3, 4),)
    yield draw(n, 3, 4), {"offset": -1}


@implements(np.trace)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None):
    return np.sum(diagonal(as_operand(a), offset, axis1, axis2), axis=-1, dtype=dtype)


@samples_of(trace)
def _(n, draw):
    yield (draw(n, n),)
    yield (draw(3, 3, n),)
    yield draw(n, 3, 4), 1, 1, 2
    yield draw(3, n, 3), {"offset": -1, "axis2": -1}
    yield draw(n, 3, 3), 0, 1, 2, np.float64


@implements(np.linalg.trace)
def linalg_trace(x, /, *, offset=0, dtype=None):
    return trace(x, offset, -2, -1, dtype)


@samples_of(linalg_trace)
def _(n, draw):
    yield (draw(n, 3, 4),)
    yield draw(n, 3, 4), {"offset": 1}
    yield draw(n, 3, 3), {"dtype": np.float64}
