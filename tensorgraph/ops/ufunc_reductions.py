"""Methods of ufuncs that another function of NumPy says the same as, and computes faster or more exactly."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import NUMPY, implements, op, plain, samples_of
from ..core.ufunc_methods import METHODS
from ..errors import ArgumentError, DTypeError
from .indexing import scatter
from .reductions import logsumexp


@implements(np.add.reduce)
def add_reduce(array, axis=0, dtype=None, keepdims=False, **options):
    return np.sum(array, axis=axis, keepdims=keepdims, **_asked(dtype, options))


@implements(np.multiply.reduce)
def multiply_reduce(array, axis=0, dtype=None, keepdims=False, **options):
    return np.prod(array, axis=axis, keepdims=keepdims, **_asked(dtype, options))


@implements(np.maximum.reduce)
def maximum_reduce(array, axis=0, dtype=None, keepdims=False, **options):
    return np.max(_as(dtype, array), axis=axis, keepdims=keepdims, **_asked(None, options))


@implements(np.minimum.reduce)
def minimum_reduce(array, axis=0, dtype=None, keepdims=False, **options):
    return np.min(_as(dtype, array), axis=axis, keepdims=keepdims, **_asked(None, options))


@implements(np.fmax.reduce)
def fmax_reduce(array, axis=0, dtype=None, keepdims=False, **options):
    """The largest element that is not NaN; NaN where there is no other."""
    present = np.where(np.isnan(array), -np.inf, _as(dtype, array))
    found = np.max(present, axis=axis, keepdims=keepdims, **_asked(None, options))
    return np.where(_nothing_else(array, axis, keepdims, options), np.nan, found)


@implements(np.fmin.reduce)
def fmin_reduce(array, axis=0, dtype=None, keepdims=False, **options):
    """The smallest element that is not NaN; NaN where there is no other."""
    present = np.where(np.isnan(array), np.inf, _as(dtype, array))
    found = np.min(present, axis=axis, keepdims=keepdims, **_asked(None, options))
    return np.where(_nothing_else(array, axis, keepdims, options), np.nan, found)


@implements(np.logaddexp.reduce)
def logaddexp_reduce(array, axis=0, dtype=None, keepdims=False, initial=np._NoValue, where=True):
    array = _as(dtype, array)
    if array.dtype.kind == "c":
        raise DTypeError("np.logaddexp.reduce: takes real numbers")
    if where is not True:  # elements that are left out count as log(0), of which there may be nothing else
        return METHODS["reduce"](np.logaddexp, array, axis, None, keepdims, initial, where)
    found = logsumexp(array, axis=axis, keepdims=keepdims)
    return found if initial is np._NoValue or initial is None else np.logaddexp(initial, found)


@implements(np.add.accumulate)
def add_accumulate(array, axis=0, dtype=None):
    return np.cumsum(_with_axes("np.add.accumulate", array), axis=axis, dtype=dtype)


@implements(np.multiply.accumulate)
def multiply_accumulate(array, axis=0, dtype=None):
    return np.cumprod(_with_axes("np.multiply.accumulate", array), axis=axis, dtype=dtype)


@implements(np.maximum.accumulate)
def maximum_accumulate(array, axis=0, dtype=None):
    return _extreme_so_far(np.maximum, array, axis, dtype)


@implements(np.minimum.accumulate)
def minimum_accumulate(array, axis=0, dtype=None):
    return _extreme_so_far(np.minimum, array, axis, dtype)


def _extreme_so_far(ufunc, array, axis, dtype):
    """The elements at the places where the extreme was met first; the first NaN is one for good."""
    array = _as(dtype, _with_axes(f"np.{ufunc.__name__}.accumulate", array))
    axis = normalize_axis_index(axis, array.ndim)
    extremes = np.moveaxis(ufunc.accumulate(plain(array), axis), axis, 0)
    before, now = extremes[:-1], extremes[1:]
    changed = (now != before) & ((now == now) | (before == before))
    steps = np.arange(1, len(now) + 1, like=changed).reshape((-1, *[1] * (array.ndim - 1)))
    first = np.zeros_like(extremes[:1], dtype=np.intp)
    places = np.concatenate([first, np.maximum.accumulate(np.where(changed, steps, 0), 0)])
    return np.take_along_axis(array, np.moveaxis(places, 0, axis), axis)


@op()
def sums_between(a, indices, axis):
    """The sums of the elements from each index to the next one along an axis; the indices rise."""
    return np.add.reduceat(a, indices, axis)


@sums_between.grad("a")
def sums_between_da(g, a_shape, indices, axis):
    lengths = np.diff(indices, append=a_shape[axis]).tolist()
    return np.pad(np.repeat(g, lengths, axis), [(indices[0] if i == axis else 0, 0) for i in range(len(a_shape))])


@sums_between.samples
def _(n, draw):
    yield draw(n, 5), [0, 2, 3], 1
    yield draw(6, n), [1, 4], 0
    yield draw(2, 4, n), [2], 1


@implements(np.add.reduceat)
def add_reduceat(array, indices, axis=0, dtype=None):
    axis, places = normalize_axis_index(axis, array.ndim), np.asarray(plain(indices))
    if places.ndim == 1 and places.size and (np.diff(places, prepend=-1, append=array.shape[axis]) > 0).all():
        return sums_between(_as(dtype, array), places.tolist(), axis)
    return METHODS["reduceat"](np.add, array, indices, axis, dtype)


def _with_axes(name, array):
    if not array.ndim:
        raise ArgumentError(f"{name}: needs an array with an axis to go along")
    return array


def add_at(a, indices, b):
    a[...] = a + _placed(a, indices, b)


def subtract_at(a, indices, b):
    a[...] = a - _placed(a, indices, b)


NUMPY[np.add.at], NUMPY[np.subtract.at] = add_at, subtract_at


def _placed(a, indices, b):
    """Zeros of the shape of ``a``, with ``b`` added at these indices, as often as they come."""
    places = np.empty(a.shape, bool)[plain(indices)]
    return scatter(np.broadcast_to(b, places.shape), indices, a.shape)


def _as(dtype, array):
    return array if dtype is None else np.astype(array, np.dtype(dtype))


def _asked(dtype, options):
    """The options that are not the defaults."""
    asked = {} if dtype is None else {"dtype": dtype}
    return asked | {name: value for name, value in options.items() if value is not DEFAULTS[name]}


DEFAULTS = {"initial": np._NoValue, "where": True}


def _nothing_else(array, axis, keepdims, options):
    """Where all elements are NaN, and no first one was given."""
    if options.get("initial", np._NoValue) is not np._NoValue:
        return False
    return np.all(np.isnan(array) | ~np.asarray(plain(options.get("where", True))), axis=axis, keepdims=keepdims)


@samples_of(add_reduce)
@samples_of(multiply_reduce)
@samples_of(maximum_reduce)
@samples_of(minimum_reduce)
@samples_of(fmax_reduce)
@samples_of(fmin_reduce)
@samples_of(logaddexp_reduce)
def _(n, draw):
    yield (draw.distinct(n + 1, 3),)
    yield draw.distinct(n, 3), 1
    yield draw.distinct(n, 3, 2), {"axis": (1, -1), "keepdims": True}
    if n:
        yield draw.distinct(n, 3), {"axis": None}


@samples_of(add_accumulate)
@samples_of(multiply_accumulate)
def _(n, draw):
    yield (draw(n, 3),)
    yield draw(n, 3, 2), {"axis": -2}


@samples_of(maximum_accumulate)
@samples_of(minimum_accumulate)
def _(n, draw):
    yield (draw.distinct(n, 3),)
    yield draw.distinct(n, 4, 2), {"axis": 1}
    yield draw.distinct(n, 3), -1, np.longdouble


@samples_of(add_reduceat)
def _(n, draw):
    yield draw(n, 5), [0, 3], 1
    yield draw(n, 5), [1, 3, 2], {"axis": -1, "dtype": np.longdouble}
