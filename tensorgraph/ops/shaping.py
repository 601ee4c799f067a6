"""Ops that move elements without changing them. Each one's rule is another of them."""

from __future__ import annotations

import numpy as np

from ..core import op


@op()
def identity(x):
    """The same values as a new node of the graph; no copy."""
    return x


identity.grad("x")(lambda g: g)


@identity.samples
def _(n, draw):
    yield (draw(n, 3),)


@op(np.reshape)
def reshape(a, shape):
    """The same elements, in C order, in another shape."""
    return a.reshape(shape)


reshape.grad("a")(lambda g, a_shape: g.reshape(a_shape))


@reshape.samples
def _(n, draw):
    yield draw(n, 6), (n, 2, 3)
    yield draw(n, 2, 3), (6, n)
    yield draw(), (1, 1)
    if n:
        yield draw(n, 4), -1


@op(np.transpose)
def transpose(a, axes=None):
    """The axes in another order; by default reversed."""
    return a.transpose(axes)


@transpose.grad("a")
def transpose_da(g, axes):
    return g.transpose(None if axes is None else _inverse(axes))


def _inverse(axes):
    inverse = [0] * len(axes)
    for place, axis in enumerate(axes):
        inverse[axis] = place
    return tuple(inverse)


@transpose.samples
def _(n, draw):
    yield (draw(n, 3, 2),)
    yield draw(n, 3, 2), (1, 2, 0)
    yield draw(n, 3, 2), (-1, 0, 1)
    yield (draw(),)


@op(np.broadcast_to)
def broadcast_to(array, shape):
    """Repeat along new and length-1 axes, without copying. The engine's summation over broadcast axes is its rule."""
    return np.broadcast_to(array, shape)


broadcast_to.grad("array")(lambda g: g)


@broadcast_to.samples
def _(n, draw):
    yield draw(3), (n, 3)
    yield draw(n, 1, 2), (4, n, 3, 2)
    yield draw(), (2, n)


@op(np.astype)
def astype(x, dtype):
    """The values in another dtype. The engine casts the gradient back."""
    return x.astype(dtype)


astype.grad("x")(lambda g: g)


@astype.samples
def _(n, draw):
    yield draw(n, 3), np.float64
    yield draw(n, 3), np.longdouble


@op()
def copy(a, order="K"):
    """The same values in memory of their own."""
    return a.copy(order)


copy.grad("a")(lambda g: g)


@copy.samples
def _(n, draw):
    yield (draw(n, 3),)
    yield draw(n, 3), "F"


@op()
def concatenate(*arrays, axis=0, dtype=None, casting="same_kind"):
    """Join arrays along an existing axis, in their common dtype or in the one given."""
    return np.concatenate(arrays, axis, dtype=dtype, casting=casting)


@concatenate.grad("arrays")
def concatenate_grad(g, arrays_shape, axis):
    before = (slice(None),) * (axis % g.ndim)
    ends = np.cumsum([shape[axis] for shape in arrays_shape]).tolist()
    return [g[(*before, slice(end - shape[axis], end))] for shape, end in zip(arrays_shape, ends)]


@concatenate.samples
def _(n, draw):
    yield draw(n, 3), draw(2, 3), draw(1, 3)
    yield draw(n, 3), draw(n, 2), {"axis": -1}
    yield draw(n, 3), draw(2, 3), {"dtype": np.longdouble}
    yield (draw(n, 3),)


@op()
def pad(array, widths, value=0):
    """Put ``value`` around an array: ``widths`` is a pair (before, after) for each axis."""
    return np.pad(array, widths, constant_values=value)


@pad.grad("array")
def pad_darray(g, array_shape, widths):
    return g[tuple([slice(before, before + length) for (before, _), length in zip(widths, array_shape)])]


@pad.samples
def _(n, draw):
    yield draw(n, 3), ((1, 2), (0, 1))
    yield draw(n), ((2, 0),), 7.0
