"""Counts in bins. Weights and the edges of bins have gradients; the bin that an element falls into is a step."""

from __future__ import annotations

import math

import numpy as np

from ..core import Tensor, implements, plain, samples_of, wrap
from ..errors import ArgumentError, DTypeError, ShapeError
from .indexing import scatter
from .operands import as_operand
from .spacing import linspace


@implements(np.bincount)
def bincount(x, /, weights=None, minlength=0):
    x = plain(as_operand(x))
    if not isinstance(weights, Tensor):
        return wrap(np.bincount(x, weights, minlength))
    if weights.dtype.kind == "c":
        raise DTypeError(f"np.bincount: weights must be real; got {weights.dtype}")
    if weights.shape != x.shape:
        raise ShapeError(f"np.bincount: weights of shape {weights.shape} for x of shape {x.shape}")
    length = len(np.bincount(x, minlength=minlength))
    return scatter(weights if weights.dtype.kind == "f" else weights.astype(np.float64), x, (length,))


@samples_of(bincount)
def _(n, draw):
    yield draw.integers(4, n + 1), draw(n + 1)
    yield draw.integers(4, n + 1), draw(n + 1), 6


@implements(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    a = as_operand(a)
    if not isinstance(bins, str) and np.ndim(bins) == 1:
        edges = bins if isinstance(bins, Tensor) else wrap(_edges_like(a, bins))
        if plain(np.any(edges[:-1] > edges[1:])):
            raise ArgumentError("np.histogram: the edges of bins must not decrease")
        return edges
    ends = None if range is None else tuple([plain(end) for end in range])
    edges = np.histogram_bin_edges(plain(a), plain(bins), ends, plain(weights))
    edges = edges.astype(a.dtype if a.dtype.kind in "fc" else np.float64)
    first, last = range if range is not None else (a.min(), a.max()) if a.size else (0, 1)
    if not isinstance(first, Tensor) and not isinstance(last, Tensor):
        return wrap(edges)
    if plain(first == last):
        first, last = first - 0.5, last + 0.5
    return linspace(first, last, edges.shape[0], dtype=edges.dtype)


def _edges_like(a, bins):
    """Given edges as an array; numbers in a list take the dtype of the elements."""
    dtype = a.dtype if isinstance(bins, list | tuple) and a.dtype.kind == "f" else None
    return np.asarray(bins, dtype=dtype, like=plain(a)[None])


@samples_of(histogram_bin_edges)
def _(n, draw):
    yield (draw.distinct(n, 3),)
    yield draw.distinct(n, 3), 4, (-1.0, 2.0)
    yield draw.distinct(n, 3), "sturges"
    yield draw.constant(draw(n)), np.array([0.0, 1.0, 1.5])


def _bins_of(x, edges):
    """The bin that each element is in, -1 for none: a bin has its left edge, and the last one its right too."""
    count = edges.shape[0] - 1
    bins = plain(np.searchsorted(edges, x, side="right")) - 1
    bins = np.where(plain(x == edges[-1]), count - 1, bins)
    return np.where((bins >= 0) & (bins < count), bins, -1)


def _counts(bins, length, weights, dtype):
    """How many elements are in each bin, or the sum of their weights."""
    inside = bins >= 0
    if weights is None:
        return wrap(np.bincount(bins[inside], minlength=length).astype(dtype))
    return scatter(weights[inside], bins[inside], (length,))


def _flat_weights(name, weights, shape):
    if weights is None:
        return None
    weights = as_operand(weights)
    if weights.shape != shape:
        raise ShapeError(f"{name}: weights of shape {weights.shape} for elements of shape {shape}")
    return weights.reshape(-1)


@implements(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    a = as_operand(a)
    weights = _flat_weights("np.histogram", weights, a.shape)
    a = a.reshape(-1)
    if a.dtype.kind == "c" and a.size:
        raise DTypeError("np.histogram: complex numbers have no order; count np.abs of them, or their parts")
    edges = histogram_bin_edges(a, bins, range, weights)
    counts = _counts(_bins_of(a, edges), edges.shape[0] - 1, weights, edges.dtype if density else np.intp)
    if density:
        counts = counts / np.diff(edges)
        counts = counts / (counts * np.diff(edges)).sum()
    return counts, edges


@implements(np.histogramdd)
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    columns = _columns(sample)
    axes = len(columns)
    for column in columns:
        if column.ndim != 1 or column.shape != columns[0].shape:
            raise ShapeError(f"np.histogramdd: columns are vectors of one length; got {[x.shape for x in columns]}")
    weights = _flat_weights("np.histogramdd", weights, columns[0].shape)
    if weights is not None and weights.dtype.kind == "c":
        raise DTypeError(f"np.histogramdd: weights must be real; got {weights.dtype}")
    if weights is not None and weights.dtype.kind not in "fc":
        weights = weights.astype(np.float64)
    bins = [bins] * axes if np.isscalar(bins) else list(bins)
    ranges = [None] * axes if range is None else range
    if len(bins) != axes or len(ranges) != axes:
        raise ArgumentError(
            f"np.histogramdd: {axes} columns take {axes} bins and ranges; got {len(bins)} and {len(ranges)}"
        )
    edges = [histogram_bin_edges(*each) for each in zip(columns, bins, ranges)]
    lengths = [each.shape[0] - 1 for each in edges]
    flat = 0
    for column, each, length in zip(columns, edges, lengths):
        own = _bins_of(column, each)
        flat = np.where((flat < 0) | (own < 0), -1, flat * length + own)
    dtype = np.result_type(*[plain(each).real.dtype for each in edges], np.float32)
    counts = _counts(flat, math.prod(lengths), weights, dtype).reshape(lengths)
    if density:
        total = counts.sum()
        for i, each in enumerate(edges):
            counts = counts / np.diff(each).reshape((-1, *[1] * (axes - i - 1)))
        counts = counts / total
    return counts, edges


def _columns(sample):
    if isinstance(sample, list | tuple):
        return [column if column.ndim else column.reshape(-1) for column in map(as_operand, sample)]
    sample = as_operand(sample)
    return [sample.reshape(-1)] if sample.ndim < 2 else [sample[:, i] for i in np.arange(sample.shape[1]).tolist()]


@implements(np.histogram2d)
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    if not np.isscalar(bins) and len(bins) > 2:
        bins = [bins, bins]
    x, y = as_operand(x), as_operand(y)
    if x.ndim != 1 or x.shape != y.shape:
        raise ShapeError(f"np.histogram2d: x and y are vectors of one length; got shapes {x.shape} and {y.shape}")
    counts, (x_edges, y_edges) = histogramdd([x, y], bins, range, density, weights)
    return counts, x_edges, y_edges


@samples_of(histogram)
def _(n, draw):
    edges = draw.constant([-1.9, -0.4, 0.3, 2.1])
    yield draw.distinct(n, 3), 4
    yield draw.distinct(n, 3), 4, (-1.0, 2.0), None, draw(n, 3)
    yield draw.distinct(n + 3), 3, {"density": True}
    yield draw.distinct(n + 3), np.array([-9.0, -0.2, 0.3, 9.0]).astype(draw.dtype), {"density": True}
    yield draw.constant(draw.distinct(n)), edges, {"weights": draw(n)}


@samples_of(histogram2d)
def _(n, draw):
    x, y = draw.distinct(n + 2), draw.distinct(n + 2)
    yield x, y, 3
    yield x, y, [2, 3], [[-0.5, 1.0], [-1.0, 1.0]], None, draw(n + 2)
    yield x, y, 2, {"density": True, "weights": draw.positive(n + 2)}
    yield x, y, [-9.0, 0.2, 0.3, 9.0]


@samples_of(histogramdd)
def _(n, draw):
    yield draw.distinct(n + 2, 3), 3
    yield draw.distinct(n + 2, 2), (2, [-9.0, 0.2, 9.0]), None, True, draw.positive(n + 2)
    yield [draw.distinct(n + 2), draw.distinct(n + 2)], 3
    yield (draw.distinct(n + 2),)
