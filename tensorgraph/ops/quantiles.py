"""Medians, percentiles and quantiles, with and without NaN.

Values are picked from the sorted elements, and interpolated as NumPy does, so gradients flow to the elements that were
picked, and to ``q`` where the result is linear in it. Of a point on an element, the gradient is that element's.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import Tensor, implements, plain, samples_of
from ..errors import ArgumentError, DTypeError
from .indexing import getitem
from .operands import as_operand
from .reductions import axes_of
from .statistics import weights_like


def _as_lines(a, axis):
    """The reduced axes at the end, as one; and the shape of the result, without and with these axes."""
    axes = axes_of(axis, a.shape) if axis is None else normalize_axis_tuple(axis, a.ndim)
    rest = tuple([i for i in range(a.ndim) if i not in axes])
    shape = tuple([a.shape[i] for i in rest])
    lines = a.transpose((*rest, *axes)).reshape((*shape, math.prod([a.shape[i] for i in axes])))
    return lines, shape, tuple([1 if i in axes else n for i, n in enumerate(a.shape)])


class _Sorted:
    """The elements of each line, by rank. NaN comes last, and is not counted if it is to be skipped."""

    def __init__(self, lines, skip_nan):
        self.lines, self.skip_nan = lines, skip_nan
        self.order = plain(np.argsort(lines, axis=-1, stable=True))
        length = lines.shape[-1]
        self.starts = np.arange(0, self.order.size, length, like=self.order).reshape((*lines.shape[:-1], 1))
        self.missing = plain(np.isnan(lines))
        self.count = length
        if skip_nan:
            count = length - self.missing.sum(axis=-1, keepdims=True)
            if not plain(count.all()):
                warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=4)
            self.count = np.maximum(count, 1)  # of nothing but NaN, the first

    def pick(self, ranks):
        """The elements of these ranks in each line; ``ranks`` broadcasts against lines."""
        ranks = np.broadcast_to(ranks, (*self.lines.shape[:-1], ranks.shape[-1]))
        return getitem(self.lines.reshape(-1), np.take_along_axis(self.order, ranks, -1) + self.starts)

    def hand_on_nan(self, result):
        """NaN where there is one in a line, unless it is skipped."""
        if self.skip_nan or not plain(self.missing.any()):
            return result
        last = self.pick(np.asarray([self.lines.shape[-1] - 1], like=self.order))
        return np.where(self.missing.any(axis=-1, keepdims=True), last, result)


def _middle(a, axis, keepdims, skip_nan):
    lines, shape, shape_kept = _as_lines(a, axis)
    if not lines.shape[-1]:
        return lines.mean(axis=-1).reshape(shape_kept if keepdims else shape)  # NaN, with NumPy's warning
    if lines.dtype.kind in "biu":
        lines = lines.astype(float)  # small integers would overflow when the middle two are added
    ordered = _Sorted(lines, skip_nan)
    count = np.asarray(ordered.count, like=ordered.order).reshape((*(shape if skip_nan else ()), 1))
    low, high = ordered.pick((count - 1) // 2), ordered.pick(count // 2)
    middle = ordered.hand_on_nan((low + high) / 2)
    return middle.reshape(shape_kept if keepdims else shape)


@implements(np.median)
def median(a, axis=None, overwrite_input=False, keepdims=False):
    return _middle(a, axis, keepdims, False)


@implements(np.nanmedian)
def nanmedian(a, axis=None, overwrite_input=False, keepdims=False):
    return _middle(a, axis, keepdims, True)


@samples_of(median)
def _median_samples(n, draw):
    yield draw.distinct(n, 4), 1
    yield draw.distinct(n, 5), -1, None, False, True
    if n:
        yield draw.distinct(3, n, 2), (0, 2)
        yield (draw.distinct(n, 4),)
        yield draw.distinct(n, 3), {"axis": 0, "keepdims": True}
        yield (draw(),)


@samples_of(nanmedian)
def _(n, draw):
    yield from _median_samples(n, draw)
    yield _with_nan(draw, n), 1
    if n:
        yield (_with_nan(draw, n),)


def _with_nan(draw, n):
    a = draw.distinct(n, 5)
    a[:, 1] = a[1:, 3] = np.nan
    return a


# Where among the n sorted elements a quantile lies, counted from 0. Source: R. J. Hyndman, Y. Fan, "Sample quantiles in
# statistical packages", The American Statistician 50 (1996). With alpha and beta, it is linear in q.

LINEAR = {
    "interpolated_inverted_cdf": (0, 1), "hazen": (0.5, 0.5), "weibull": (0, 0), "median_unbiased": (1 / 3.0, 1 / 3.0),
    "normal_unbiased": (3 / 8.0, 3 / 8.0),
}  # fmt: skip


def _from_below(place, stay):
    """The rank above a place, or the place itself where ``stay``."""
    return np.maximum(np.where(stay(place), np.floor(place), np.floor(place) + 1), 0)


PICKED = {
    "inverted_cdf": lambda n, q: _from_below(n * q - 1, lambda x: x == np.floor(x)),
    "closest_observation": lambda n, q: _from_below(
        n * q - 1 - 0.5, lambda x: (x == np.floor(x)) & (np.floor(x) % 2 == 1)
    ),
    "lower": lambda n, q: np.floor((n - 1) * q),
    "higher": lambda n, q: np.ceil((n - 1) * q),
    "nearest": lambda n, q: np.round((n - 1) * q),
}
"""Methods that give one of the elements: its rank."""

AVERAGED = {
    "averaged_inverted_cdf": lambda n, q: (n * q - 1, np.where(n * q - 1 == np.floor(n * q - 1), 0.5, 1.0)),
    "midpoint": lambda n, q: ((n - 1) * q, np.where((n - 1) * q == np.floor((n - 1) * q), 0.0, 0.5)),
}
"""Methods that give an element, or the mean of two: a place between them, and the part of the upper one."""

METHODS = ("linear", *LINEAR, *PICKED, *AVERAGED)


def _between(method, n, q):
    """The ranks that a quantile lies between, and the part of the upper one, through which ``q`` is differentiated."""
    if method in AVERAGED:
        place, part = AVERAGED[method](n, plain(q))
    else:
        if method == "linear":
            place = (n - 1) * q
        else:
            alpha, beta = LINEAR[method]
            place = n * q + (alpha + q * (1 - alpha - beta)) - 1
        part = place - np.floor(place)
    below = np.floor(plain(place))
    return _rank(below, n), _rank(below + 1, n), part


def _rank(place, n):
    return np.clip(place, 0, n - 1).astype(np.intp)


def _quantile(name, a, q, most, axis, method, keepdims, weights, skip_nan):
    """``q`` counts up to ``most``: 1 for quantiles, 100 for percentiles."""
    a = as_operand(a)
    if a.dtype.kind == "c":
        raise DTypeError(f"{name}: complex numbers have no order; take quantiles of np.abs, or of their parts")
    if method not in METHODS:
        raise ArgumentError(f"{name}: there is no method {method!r}; there are {', '.join(METHODS)}")
    if weights is not None and method != "inverted_cdf":
        raise ArgumentError(f"{name}: only method='inverted_cdf' takes weights; got {method!r}")
    weak = not np.ndim(q) or isinstance(q, list | tuple)  # takes the dtype of the elements; only an array has its own
    weak = weak and not isinstance(q, Tensor) and a.dtype.kind == "f"
    if not isinstance(q, Tensor):
        q = np.asarray(q, dtype=a.dtype if weak and not np.ndim(q) else None, like=plain(a)[None])
    if not plain(((q >= 0) & (q <= most)).all()):
        raise ArgumentError(f"{name}: q must be in [0, {most}]")
    lines, shape, shape_kept = _as_lines(a, axis)
    if not lines.shape[-1]:
        raise ArgumentError(f"{name}: there is nothing to choose from in shape {a.shape} over axis={axis}")
    ordered, places = _Sorted(lines, skip_nan), (q if most == 1 else q / most).reshape(-1)
    n = ordered.count.astype(np.result_type(q.dtype, np.float32)) if skip_nan else ordered.count
    if weights is not None:
        along, *_ = _as_lines(weights_like(name, a, plain(weights), axis), axis)
        result = ordered.pick(_weighted_ranks(ordered, along, places))
    elif method in PICKED:
        result = ordered.pick(_rank(PICKED[method](n, plain(places)), n))
    else:
        below, above, part = _between(method, n, places)
        part = part.astype(a.dtype) if weak else part
        low, high = ordered.pick(below), ordered.pick(above)
        step = high - low
        result = np.where(part >= 0.5, high - step * (1 - part), low + step * part)
    result = np.moveaxis(ordered.hand_on_nan(result), -1, 0)
    return result.reshape((*q.shape, *(shape_kept if keepdims else shape)))


def _weighted_ranks(ordered, weights, q):
    """The ranks that NumPy picks: those of the ranks themselves, with the same weights."""
    weights = np.take_along_axis(weights, ordered.order, -1)
    if ordered.skip_nan:
        missing = np.take_along_axis(ordered.missing, ordered.order, -1)
        weights = np.where(missing & ~missing.all(axis=-1, keepdims=True), 0, weights)
    ranks = np.broadcast_to(np.arange(weights.shape[-1], like=weights), weights.shape)
    return np.moveaxis(np.quantile(ranks, plain(q), axis=-1, method="inverted_cdf", weights=weights), 0, -1)


@implements(np.quantile)
def quantile(a, q, axis=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    return _quantile("np.quantile", a, q, 1, axis, method, keepdims, weights, False)


@implements(np.percentile)
def percentile(a, q, axis=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    return _quantile("np.percentile", a, q, 100, axis, method, keepdims, weights, False)


@implements(np.nanquantile)
def nanquantile(a, q, axis=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    return _quantile("np.nanquantile", a, q, 1, axis, method, keepdims, weights, True)


@implements(np.nanpercentile)
def nanpercentile(a, q, axis=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    return _quantile("np.nanpercentile", a, q, 100, axis, method, keepdims, weights, True)


def _quantile_samples(most):
    def samples(n, draw):
        if n:
            yield draw.distinct(n, 5), 0.33 * most, 1
            yield draw.distinct(2, n, 3), [0.2 * most, 0.0, most, 0.71 * most], (0, -1)
            yield draw.distinct(n, 3), np.asarray(0.41 * most, draw.dtype)
            yield draw.distinct(3, n), np.asarray([[0.13 * most], [0.87 * most]], draw.dtype), -2, {"keepdims": True}
            for method in METHODS[1:]:
                yield draw.distinct(n, 6), [0.05 * most, 0.37 * most, 0.5 * most, 0.98 * most], -1, {"method": method}

    return samples


def _nan_samples(most):
    def samples(n, draw):
        yield from _quantile_samples(most)(n, draw)
        if n:
            for method in METHODS:
                yield _with_nan(draw, n), [0.05 * most, 0.37 * most, 0.98 * most], -1, {"method": method}
            yield _with_nan(draw, n), np.asarray(0.41 * most, draw.dtype)
            weights = draw.constant(draw.positive(n, 5))
            yield _with_nan(draw, n), 0.3 * most, 1, {"method": "inverted_cdf", "weights": weights}

    return samples


def _with_weights(most):
    def samples(n, draw):
        yield from _quantile_samples(most)(n, draw)
        weights = {"method": "inverted_cdf", "weights": draw.constant([1, 2, 3, 1])}
        if n:
            yield draw.distinct(n, 4), [0.5 * most, 0.3 * most], 1, weights
            yield draw.distinct(n, 4), 0.6 * most, None, weights | {"weights": draw.constant(draw.positive(n, 4))}

    return samples


samples_of(quantile)(_with_weights(1))
samples_of(percentile)(_with_weights(100))
samples_of(nanquantile)(_nan_samples(1))
samples_of(nanpercentile)(_nan_samples(100))
