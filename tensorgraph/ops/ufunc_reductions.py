"""Methods of ufuncs that another function of NumPy says the same as, and computes faster or more exactly."""

from __future__ import annotations

import numpy as np

from ..core import NUMPY, implements, plain, samples_of
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
