"""Largest and smallest elements, ranges, and limits."""

from __future__ import annotations

import numpy as np

from ..core import Tensor, implements, method, op, plain, samples_of
from ..errors import ArgumentError
from .operands import refuse_options
from .reductions import filled_axes_samples, kept


def _share_of_ties(g, a, out, axis):
    """The gradient of an extreme, split evenly among the elements that attain it."""
    ties = (a == kept(out, a.shape, axis)).astype(g.dtype)
    return kept(g, a.shape, axis) * (ties / ties.sum(axis=axis, keepdims=True))


@op(np.max)
def _max(a, axis=None, keepdims=False):
    """Largest element over axes. At a tie the gradient is split evenly."""
    return a.max(axis=axis, keepdims=keepdims)


@op(np.min)
def _min(a, axis=None, keepdims=False):
    """Smallest element over axes. At a tie the gradient is split evenly."""
    return a.min(axis=axis, keepdims=keepdims)


def _samples(n, draw):
    yield from filled_axes_samples(n, draw.distinct)


for extreme in (_max, _min):
    extreme.grad("a")(_share_of_ties)
    extreme.samples(_samples)
_max.branches(lambda a, axis, keepdims: a == a.max(axis=axis, keepdims=True))
_min.branches(lambda a, axis, keepdims: a == a.min(axis=axis, keepdims=True))


@op()
def extreme_where(a, initial, where, axis=None, keepdims=False, largest=True):
    """Largest or smallest of ``initial`` and the elements where a mask holds. A tie is split evenly, also with it."""
    extreme = np.max if largest else np.min
    return extreme(a, axis=axis, keepdims=keepdims, initial=initial, where=where)


@extreme_where.grad("a", "initial")
def extreme_where_grad(g, a, initial, where, out, axis):
    top = kept(out, a.shape, axis)
    start = initial.astype(out.dtype) if hasattr(initial, "dtype") else initial  # rounded as it was for the result
    ties, of_initial = (a == top) & where, top == start
    share = kept(g, a.shape, axis) / (np.sum(ties, axis=axis, keepdims=True, dtype=g.dtype) + of_initial)
    return share * ties, share * of_initial


@extreme_where.branches
def _(a, initial, where, axis, keepdims, largest):
    out = (np.max if largest else np.min)(a, axis=axis, keepdims=True, initial=initial, where=where)
    return [(a == out) & where, out == initial]


@extreme_where.samples
def _(n, draw):
    for largest in (True, False):
        yield draw.distinct(n, 4), 0.0, draw.mask(n, 4), 1, {"largest": largest}
        yield draw.distinct(n, 4), draw.distinct(), True, None, True, largest
        yield draw.distinct(2, n, 2), draw.distinct(), draw.mask(n, 1), (0, -1), False, largest


@implements(np.max, np.amax)
@method
def max(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    """Largest element over axes. At a tie the gradient is split evenly."""
    if out is not None:  # of the method; NumPy's function has done it before it comes here
        return np.max(a, axis, out, keepdims, initial, where)
    if initial is None and where is True:
        return _max(a, axis, keepdims)
    return extreme_where(a, _start("np.max", initial), _mask(where, a), axis, keepdims, True)


@implements(np.min, np.amin)
@method
def min(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    """Smallest element over axes. At a tie the gradient is split evenly."""
    if out is not None:
        return np.min(a, axis, out, keepdims, initial, where)
    if initial is None and where is True:
        return _min(a, axis, keepdims)
    return extreme_where(a, _start("np.min", initial), _mask(where, a), axis, keepdims, False)


def _start(name, initial):
    if initial is None:
        raise ArgumentError(f"{name}: with where= there may be nothing to choose from. Give initial= as well")
    return initial


def _mask(where, a):
    return where if where is True else np.broadcast_to(plain(where), a.shape)


@samples_of(max)
@samples_of(min)
def _(n, draw):
    yield draw.distinct(n, 4), 1, None, True
    yield draw.distinct(n, 4), {"initial": 0.0}
    yield draw.distinct(n, 4), 0, {"initial": 0.0, "where": draw.mask(n, 4)}
    yield draw.distinct(2, n, 3), (0, 1), {"initial": 0.25, "where": draw.mask(n, 1), "keepdims": True}


@implements(np.ptp)
@method
def ptp(a, axis=None, out=None, keepdims=False):
    """Range of values over axes: largest minus smallest."""
    if out is not None:
        return np.ptp(a, axis, out, keepdims)
    return _max(a, axis, keepdims) - _min(a, axis, keepdims)


samples_of(ptp)(_samples)


@op()
def clip(a, a_min=None, a_max=None):
    """Elements limited to [a_min, a_max]; None is no limit. At its bounds the gradient is 1."""
    return a.clip(a_min, a_max)


@clip.grad("a")
def clip_da(g, a, a_min, a_max):
    inside = True if a_min is None else a >= a_min
    return g * (inside if a_max is None else inside & (a <= a_max))


@clip.grad("a_min")
def clip_da_min(g, a, a_min, a_max):
    below = a < a_min
    return g * (below if a_max is None else below & (a_min <= a_max))


clip.grad("a_max")(lambda g, a, a_min, a_max: g * ((a if a_min is None else np.maximum(a, a_min)) > a_max))


@clip.branches
def _(a, a_min, a_max):
    return [a < bound for bound in (a_min, a_max) if bound is not None]


@clip.samples
def clip_samples(n, draw):
    yield draw.distinct(n, 3), -0.7, 0.9
    yield draw.distinct(n, 3), None, 0.3
    yield draw.distinct(n, 3), 0.2, None
    yield draw(n, 3), draw(3) - 0.5, draw(n, 1) + 0.5
    yield draw(n, 3), draw(n, 1), None
    yield draw(n, 3), None, draw(3)


@implements(np.clip)
def numpy_clip(a, a_min=None, a_max=None, *, min=None, max=None, dtype=None, **options):
    refuse_options("np.clip", options)
    if (min is not None or max is not None) and (a_min is not None or a_max is not None):
        raise ArgumentError("np.clip: give either a_min and a_max, or min and max")
    clipped = clip(a, min if a_min is None else a_min, max if a_max is None else a_max)
    return clipped if dtype is None else clipped.astype(dtype)


@samples_of(numpy_clip)
def _(n, draw):
    yield from clip_samples(n, draw)
    yield draw.distinct(n, 3), {"min": -0.7, "max": draw(3)}
    yield draw.distinct(n, 3), 0.2, 1.5, {"dtype": np.longdouble}


def _clip_method(self, min=None, max=None, out=None):
    """Elements limited to [min, max]; None is no limit."""
    return np.clip(self, min, max, out=out)


Tensor.clip = _clip_method
