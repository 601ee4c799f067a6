"""NumPy's functions that pick elements by their places: take, delete, insert, windows ..."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view as windows_of

from ..core import implements, op, plain, samples_of
from ..errors import ArgumentError, ShapeError
from .indexing import getitem, numbered, scatter
from .operands import as_operand, as_operands, beside
from .rearranging import moveaxis
from .shaping import astype, broadcast_to, concatenate, reshape


@op(np.take)
def take(a, indices, axis=None, mode="raise"):
    """The elements at these indices along an axis, or of all elements in one axis."""
    return np.take(a, indices, axis, mode=mode)


@take.grad("a")
def take_da(g, indices, a_shape, axis, mode):
    if axis is None or not a_shape:
        size = math.prod(a_shape)
        return scatter(g, _inside(indices, size, mode), (size,)).reshape(a_shape)
    axis = axis % len(a_shape)
    return scatter(g, (slice(None),) * axis + (_inside(indices, a_shape[axis], mode),), a_shape)


def _inside(indices, length, mode):
    """Indices that ``np.take`` brings into [0, length) when its mode is 'wrap' or 'clip'."""
    if mode == "raise":
        return indices
    if isinstance(indices, list | tuple):
        return _inside(np.asarray(indices), length, mode).tolist()
    return indices % length if mode == "wrap" else np.clip(indices, 0, length - 1)


@take.samples
def _(n, draw):
    yield draw(n + 2, 3), [0, 1, 1]
    yield draw(n + 2, 3), 1, 0
    yield draw(n, 3), draw.integers(3, 2, 4), 1
    yield draw(2, n, 3), np.array([-1, 0, -1]), {"axis": -1}
    yield draw(n, 3), [4, -5, 2], 1, "wrap"
    yield draw(n, 3), (4, -5), 1, "clip"
    yield draw(n, 3), np.array([[4, -5], [2, 1]]), {"axis": 1, "mode": "clip"}
    yield draw(n + 1, 3), [17, -4], {"mode": "wrap"}
    yield draw(n + 1, 3), [17, -4], {"mode": "clip"}
    yield draw(n, 3), np.zeros((0,), int), 1


@implements(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    indices = plain(indices)
    if axis is None:
        arr, axis = reshape(as_operand(arr), -1), 0
    axis = normalize_axis_index(axis, arr.ndim)
    if indices.ndim != arr.ndim:
        raise ShapeError(f"np.take_along_axis: indices have {indices.ndim} axes, and the array has {arr.ndim}")
    index = []
    for i, length in enumerate(arr.shape):
        steps = np.arange(length, like=indices).reshape([-1 if k == i else 1 for k in range(arr.ndim)])
        index.append(indices if i == axis else steps)
    return getitem(arr, tuple(index))


@samples_of(take_along_axis)
def _(n, draw):
    yield draw(n, 3), draw.integers(3, n, 2)
    yield draw(3, n, 2), draw.integers(3, 4, n, 2), 0
    yield draw(3, n, 2), draw.integers(3, 1, 1, 2), {"axis": 0}
    yield draw(n + 1, 3), draw.integers(3, 4), None
    yield draw(n, 3), np.array([[-1, 0]]), 1


@implements(np.compress)
def compress(condition, a, axis=None):
    return take(as_operand(a), beside(_true_places(condition), a), axis)


@implements(np.extract)
def extract(condition, arr):
    return take(as_operand(arr), beside(_true_places(np.ravel(condition)), arr))


def _true_places(condition):
    condition = plain(condition)
    if np.ndim(condition) != 1:
        raise ShapeError(f"np.compress: the condition must have one axis; got shape {np.shape(condition)}")
    return np.flatnonzero(condition)


@samples_of(compress)
def _(n, draw):
    yield [True, False, True], draw(n, 3), 1
    yield draw.mask(n), draw(n, 3), {"axis": 0}
    yield [0, 1], draw(n + 1, 3)


@samples_of(extract)
def _(n, draw):
    yield draw.mask(n, 3), draw(n, 3)
    yield [[0], [2]], draw(2, n + 1)


@implements(np.delete)
def delete(arr, obj, axis=None):
    arr, axis = _along(arr, axis)
    return take(arr, np.delete(np.arange(arr.shape[axis], like=plain(arr)), plain(obj)), axis)


def _along(a, axis):
    """An array and an axis of it; all elements in one axis for ``axis=None``."""
    a = as_operand(a)
    return (reshape(a, -1), 0) if axis is None else (a, normalize_axis_index(axis, a.ndim))


@samples_of(delete)
def _(n, draw):
    yield draw(n, 3), 1, 1
    yield draw(n, 4), [0, -1, 0], -1
    yield draw(n, 4), slice(None, None, 2), {"axis": 1}
    yield draw(n, 3), np.array([True, False, True]), 1
    yield draw(n + 1, 3), [1]


@implements(np.insert)
def insert(arr, obj, values, axis=None):
    arr, axis = _along(arr, axis)
    values = astype(as_operands([arr, values])[1], arr.dtype)
    length = arr.shape[axis]
    places = np.arange(length)[obj] if isinstance(obj, slice) else np.asarray(plain(obj))
    if places.dtype == bool:
        places = np.flatnonzero(places)
    elif not places.size:  # NumPy takes an empty list for one of integers
        places = places.astype(np.intp)
    values = reshape(values, (*(1,) * (arr.ndim - values.ndim), *values.shape))
    if not places.ndim:  # in one place: the values' first axis is the one along which they are inserted
        values = moveaxis(values, 0, axis)
    count = values.shape[axis] if places.size == 1 else len(places)
    values = broadcast_to(values, (*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    order = np.insert(np.arange(length), places, np.arange(length, length + count))
    return take(concatenate(arr, values, axis=axis), beside(order, arr), axis)


@samples_of(insert)
def _(n, draw):
    yield draw(n, 3), 1, draw(n), 1
    yield draw(n, 3), 1, 2.5, 1
    yield draw(n, 3), -1, draw(2, n), 1
    yield draw(n, 3), [1], draw(n, 2), 1
    yield draw(n, 3), [2, 0, 2], draw(n, 3), {"axis": -1}
    yield draw(n, 3), [2, 0], draw(n, 1), 1
    yield draw(n, 3), slice(1, 3), draw(2), 1
    yield draw(n + 1, 3), [0, 2, 2], draw(3)
    yield draw(n + 1, 3), 2, draw(2)
    yield draw(n, 3), [], draw(n, 1), 1


@implements(np.trim_zeros)
def trim_zeros(filt, trim="fb", axis=None):
    axes = range(filt.ndim) if axis is None else normalize_axis_tuple(axis, filt.ndim)
    sides = trim.lower()
    if sides not in ("fb", "bf", "f", "b"):
        raise ArgumentError(f"np.trim_zeros: trim must be made of 'f' and 'b'; got {trim!r}")
    index = [slice(None)] * filt.ndim
    places = np.nonzero(filt) if axes else ()
    for i in axes:
        first, last = (int(places[i].min()), int(places[i].max())) if places[i].size else (0, -1)
        index[i] = slice(first if "f" in sides or last < 0 else None, last + 1 if "b" in sides or last < 0 else None)
    return getitem(filt, tuple(index))


@samples_of(trim_zeros)
def _(n, draw):  # what is zero must stay so, or the shape changes under a finite difference
    yield (draw.nonzero(n),)
    yield draw.nonzero(n, 3), "F", 1


@op(windows_of)
def sliding_window_view(x, window_shape, axis=None):
    """Every window of this shape that fits into an array, as a read-only view: the windows' axes come last."""
    return windows_of(x, window_shape, axis)


@sliding_window_view.grad("x")
def sliding_window_view_dx(g, x_shape, window_shape, axis):
    places = windows_of(numbered(x_shape, g), window_shape, axis)
    return scatter(g, places, (math.prod(x_shape),)).reshape(x_shape)


@sliding_window_view.samples
def _(n, draw):
    yield draw(n + 2), 2
    yield draw(n + 2, 4), (2, 3)
    yield draw(n, 5), 3, 1
    yield draw(n, 3, 4), (2, 3), {"axis": (-1, 1)}
    yield draw(n, 4), (2, 2), (1, 1)
