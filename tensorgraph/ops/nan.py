"""NumPy's functions that pass over NaN. (Medians and quantiles without NaN are in ``quantiles``.)"""

from __future__ import annotations

import warnings

import numpy as np

from ..core import constant, implements, plain, samples_of
from ..errors import ArgumentError
from .extremes import max as max_of
from .extremes import min as min_of
from .reductions import mean as mean_of
from .reductions import prod as prod_of
from .reductions import sum as sum_of
from .spread import std as std_of
from .spread import var as var_of

constant(np.nanargmax, np.nanargmin)


def _without_nan(a, neutral):
    return np.where(np.isnan(a), neutral, a)


def _numbers(a, where=True):
    """Where there is a number: the mask of a reduction that passes over NaN."""
    return plain(~np.isnan(a)) & plain(where)


@implements(np.nansum)
def nansum(a, axis=None, dtype=None, keepdims=False, initial=None, where=True):
    return sum_of(_without_nan(a, 0), axis, dtype, None, keepdims, initial, where)


@implements(np.nanprod)
def nanprod(a, axis=None, dtype=None, keepdims=False, initial=None, where=True):
    return prod_of(_without_nan(a, 1), axis, dtype, None, keepdims, initial, where)


@implements(np.nancumsum)
def nancumsum(a, axis=None, dtype=None):
    return np.cumsum(_without_nan(a, 0), axis, dtype)


@implements(np.nancumprod)
def nancumprod(a, axis=None, dtype=None):
    return np.cumprod(_without_nan(a, 1), axis, dtype)


def _warn_of_too_few(text, a, axis, where, ddof=0):
    if plain(np.any(_numbers(a, where).sum(axis=axis) <= ddof)):
        warnings.warn(text, RuntimeWarning, stacklevel=4)


@implements(np.nanmean)
def nanmean(a, axis=None, dtype=None, keepdims=False, *, where=True):
    _warn_of_too_few("Mean of empty slice", a, axis, where)
    with np.errstate(invalid="ignore"):
        return mean_of(_without_nan(a, 0), axis, dtype, keepdims=keepdims, where=_numbers(a, where))


def _spread(of, a, axis, dtype, ddof, keepdims, where, mean, correction):
    _warn_of_too_few("Degrees of freedom <= 0 for slice.", a, axis, where, correction or ddof)
    where, a = _numbers(a, where), _without_nan(a, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = of(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)
    free = where.sum(axis=axis, keepdims=keepdims) > (correction or ddof)
    return np.where(free, spread, np.nan)


@implements(np.nanvar)
def nanvar(a, axis=None, dtype=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    return _spread(var_of, a, axis, dtype, ddof, keepdims, where, mean, correction)


@implements(np.nanstd)
def nanstd(a, axis=None, dtype=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    return _spread(std_of, a, axis, dtype, ddof, keepdims, where, mean, correction)


def _extreme(of, lowest, a, axis, keepdims, initial, where):
    if initial is None and where is not True:
        raise ArgumentError(
            f"np.nan{of.__name__}: with where= there may be nothing to choose from. Give initial= as well"
        )
    if a.dtype.kind in "biu" or not a.size:  # there is no NaN
        return of(a, axis, None, keepdims, initial, where)
    numbers = _numbers(a, where)
    extreme = of(a, axis, None, keepdims, lowest if initial is None else initial, numbers)
    some = numbers.any(axis=axis, keepdims=keepdims)
    if initial is not None or plain(some.all()):
        return extreme
    warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=3)
    return np.where(some, extreme, np.nan)


@implements(np.nanmax)
def nanmax(a, axis=None, keepdims=False, initial=None, where=True):
    return _extreme(max_of, -np.inf, a, axis, keepdims, initial, where)


@implements(np.nanmin)
def nanmin(a, axis=None, keepdims=False, initial=None, where=True):
    return _extreme(min_of, np.inf, a, axis, keepdims, initial, where)


def _with_nan(draw, n):
    a = draw.distinct(n, 4)
    a[:, 1] = np.nan
    return a


@samples_of(nansum)
@samples_of(nanprod)
def _(n, draw):
    yield _with_nan(draw, n), 1
    yield _with_nan(draw, n), None, np.longdouble
    yield _with_nan(draw, n), 0, {"keepdims": True, "initial": 1.5, "where": draw.mask(n, 4)}


@samples_of(nancumsum)
@samples_of(nancumprod)
def _(n, draw):
    yield (_with_nan(draw, n),)
    yield _with_nan(draw, n), 1
    yield _with_nan(draw, n), 0, np.longdouble


@samples_of(nanmean)
def _(n, draw):
    yield _with_nan(draw, n), 1
    yield _with_nan(draw, n), -1, np.longdouble, None, True
    yield _with_nan(draw, n), {"axis": 1, "where": np.array([False, True, True, True])}


@samples_of(nanvar)
@samples_of(nanstd)
def _(n, draw):
    yield _with_nan(draw, n), 1
    yield _with_nan(draw, n), -1, None, None, 1, True
    yield _with_nan(draw, n), {"axis": 1, "correction": 1, "dtype": np.longdouble}
    yield _with_nan(draw, n), {"axis": 1, "where": np.array([True, True, True, False])}
    yield draw(n, 3), {"axis": 1, "mean": draw.constant(draw(n, 1))}


@samples_of(nanmax)
@samples_of(nanmin)
def _(n, draw):
    yield _with_nan(draw, n), 1
    yield _with_nan(draw, n), -1, None, True
    yield _with_nan(draw, n), {"axis": 0, "initial": 0.125, "where": draw.mask(n, 4)}
