"""Reading, placing and writing elements. ``getitem`` and ``scatter`` are each other's rule."""

from __future__ import annotations

import math

import numpy as np

from ..core import Tensor, implements, op, plain, samples_of
from ..core.regions import is_basic
from ..errors import ArgumentError


@op()
def getitem(x, index):
    """``x[index]`` with NumPy's basic, boolean and integer indexing."""
    return x[plain(index)]


getitem.grad("x")(lambda g, index, x_shape: scatter(g, index, x_shape))


@getitem.adds("x")
def getitem_adds(into, g, index, x_shape):
    if isinstance(into, Tensor) and 2 * g.size >= into.size:  # recorded: a sum of large parts has the cheaper gradient
        return into + scatter(g, index, x_shape)
    if is_basic(plain(index)):
        into[index] = into[index] + g
        return into
    if isinstance(into, np.ndarray):
        np.add.at(into, plain(index), g)
        return into
    return into + scatter(g, index, x_shape)


@op()
def scatter(x, index, shape):
    """Zeros of ``shape`` with ``x`` added at ``index``; where an index repeats, contributions add up."""
    out = np.zeros_like(x, order="C", shape=shape)
    index = plain(index)
    if is_basic(index):
        out[index] = x
    elif out.ndim == 1:
        np.add.at(out, index, x)
    else:  # along one axis, where NumPy is several times faster: each element has a number
        numbers = numbered(shape, like=out)[index]
        np.add.at(out.reshape(-1), numbers.reshape(-1), np.broadcast_to(x, numbers.shape).reshape(-1))
    return out


scatter.grad("x")(lambda g, index: getitem(g, index))


def numbered(shape, like):
    """An array of this shape that holds the place of each of its elements, in C order, beside arrays like ``like``."""
    return np.arange(math.prod(shape), like=plain(like)).reshape(shape)


def _indices(n, draw):
    """A shape, and indices of every kind into it."""
    shape = (n + 2, 3, 4)
    yield shape, 1
    yield shape, (slice(None, None, -1), 2)
    yield shape, (Ellipsis, slice(1, None, 2))
    yield shape, (None, slice(0, n), np.int64(1))
    yield shape, draw.mask(*shape)
    yield shape, ([0, 1, 1, 0], [2, 2, 2, 1])
    yield shape, (draw.integers(n + 2, 2, 5), slice(None), draw.integers(4, 1, 5))
    yield shape, (slice(None), np.array([True, False, True]))
    yield shape, (Ellipsis, [[0, 3], [3, 3]])
    yield shape, (0, slice(None), [1, 1])
    yield shape, (None, True, [1, 1], None, -1)
    yield shape, np.array([1, 0, 1], np.uint8)
    yield shape, np.zeros((0,), int)
    yield shape, []
    yield (n + 2,), [1, 0, 1]
    yield (), (None, Ellipsis)


@getitem.samples
def _(n, draw):
    for shape, index in _indices(n, draw):
        yield draw(*shape), index


@scatter.samples
def _(n, draw):
    for shape, index in _indices(n, draw):
        yield draw(*np.empty(shape)[index].shape), index, shape


@op()
def setitem(x, index, value):
    """A copy of ``x`` after ``x[index] = value``: what ``t[index] = value`` computes, which it does in place."""
    out = np.array(x) if isinstance(x, np.generic | int | float | complex) else x.copy()
    out[plain(index)] = plain(value)
    return out


@setitem.grad("value")
def setitem_dvalue(g, index, value_shape):
    part = +g[index]  # a copy, for the rule of x writes into g
    if not is_basic(plain(index)):
        part = np.where(_last_written(plain(g), plain(index)), part, 0)
    return part.reshape((1,) * (len(value_shape) - part.ndim) + part.shape)


@setitem.grad("x", consumes=True)
def setitem_dx(g, index):
    g[index] = 0
    return g


def _last_written(x, index):
    """Where an index repeats, NumPy's last write wins: which of the elements of ``x[index]`` are the last of theirs."""
    number = np.cumsum(np.ones_like(x[index], dtype=np.int64)).reshape(x[index].shape)
    winner = np.empty_like(x, dtype=np.int64)
    winner[index] = number
    return winner[index] == number


@setitem.samples
def _(n, draw):
    for shape, index in _indices(n, draw):
        yield draw(*shape), index, draw(*np.empty(shape)[index].shape)
        if not (isinstance(index, np.ndarray) and index.dtype == bool):
            yield draw(*shape), index, draw(1, 1, 1, 1)
    yield draw(n, 3), ..., 2.0
    yield draw(n, 3), slice(1), draw(3)
    yield draw(), ..., draw()


@op()
def where(condition, x, y):
    """Elements of ``x`` where ``condition`` holds, of ``y`` elsewhere."""
    return np.where(condition, x, y)


where.grad("x")(lambda g, condition: np.where(condition, g, 0))
where.grad("y")(lambda g, condition: np.where(condition, 0, g))


@where.samples
def where_samples(n, draw):
    yield draw.mask(n, 3), draw(n, 3), draw(n, 3)
    yield draw.mask(n, 3), draw(3), 1.5
    yield draw.mask(3), 0, draw(n, 1)


@implements(np.where)
def numpy_where(condition, *choices):
    if not choices:
        return np.nonzero(condition)
    if len(choices) != 2:
        raise ArgumentError("np.where: give both x and y, or neither")
    return where(as_mask(condition), *choices)


samples_of(numpy_where)(where_samples)


def as_mask(condition):
    """A condition that is True where ``condition`` is not zero: numbers that require gradients become booleans."""
    if isinstance(condition, Tensor) and condition.node is not None:
        return np.not_equal(condition, 0)
    return condition


def _getitem_method(self, index):
    return getitem(self, index)


Tensor.__getitem__ = _getitem_method
