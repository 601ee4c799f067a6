"""Ops that reduce axes: sums, means, extremes, products. ``axis`` is None (all), an integer or a tuple."""

from __future__ import annotations

import numpy as np

from ..core import Tensor, implements, method, op, samples_of
from ..errors import ArgumentError


def axes_of(axis, shape):
    """``axis`` as a tuple of non-negative axes of ``shape``."""
    ndim = len(shape)
    if axis is None or not ndim:  # NumPy lets an array without axes be reduced over axis 0 or -1
        return tuple(range(ndim))
    return tuple([i % ndim for i in (axis if isinstance(axis, tuple) else (axis,))])


def count_of(axis, shape):
    """How many elements each result of a reduction comes from."""
    count = 1
    for i in axes_of(axis, shape):
        count *= shape[i]
    return count


def kept(reduced, shape, axis):
    """A reduction's result with its reduced axes back, at length 1, so that it broadcasts over the input."""
    axes = axes_of(axis, shape)
    return reduced.reshape([1 if i in axes else n for i, n in enumerate(shape)])


def _axes(n, draw):
    yield (draw(n, 3, 2),)
    yield draw(n, 3, 2), 1
    yield draw(n, 3, 2), (0, -1)
    yield draw(n, 3, 2), -1, {"keepdims": True}
    yield draw(n, 3), ()
    yield (draw(),)


def _axes_not_empty(n, draw):
    if n:
        yield from _axes(n, draw)
    else:
        yield draw(n, 3), 1


@op(np.sum, method=True)
def sum(a, axis=None, keepdims=False):
    """Sum of elements over axes."""
    return a.sum(axis=axis, keepdims=keepdims)


sum.grad("a")(lambda g, a_shape, axis: np.broadcast_to(kept(g, a_shape, axis), a_shape))
sum.samples(_axes)


@op(np.mean, method=True)
def mean(a, axis=None, keepdims=False):
    """Arithmetic mean over axes."""
    return a.mean(axis=axis, keepdims=keepdims)


@mean.grad("a")
def mean_da(g, a_shape, axis):
    return np.broadcast_to(kept(g, a_shape, axis) / count_of(axis, a_shape), a_shape)


mean.samples(_axes_not_empty)


@op(np.var, fused=True, method=True)
def var(a, axis=None, ddof=0, keepdims=False):
    """Variance over axes: the mean square distance from the mean, with ``ddof`` taken off the count."""
    centred = a - a.mean(axis=axis, keepdims=True)
    return (centred * centred.conj()).real.sum(axis=axis, keepdims=keepdims) / _freedom("var", a.shape, axis, ddof)


@var.grad("a")
def var_da(g, a, axis, ddof):
    scale = 2 / _freedom("var", a.shape, axis, ddof)
    return kept(g, a.shape, axis) * ((a - a.mean(axis=axis, keepdims=True)).conj() * scale)


@op(np.std, fused=True, method=True)
def std(a, axis=None, ddof=0, keepdims=False):
    """Standard deviation over axes: the square root of the variance. Of equal values its gradient is 0."""
    centred = a - a.mean(axis=axis, keepdims=True)
    square = (centred * centred.conj()).real
    return np.sqrt(square.sum(axis=axis, keepdims=keepdims) / _freedom("std", a.shape, axis, ddof))


@std.grad("a")
def std_da(g, a, out, axis, ddof):
    centred = a - a.mean(axis=axis, keepdims=True)
    spread = kept(out, a.shape, axis) * _freedom("std", a.shape, axis, ddof)
    return kept(g, a.shape, axis) * (centred.conj() / (spread + (spread == 0)))


def _freedom(name, shape, axis, ddof):
    freedom = count_of(axis, shape) - ddof
    if freedom <= 0:
        raise ArgumentError(f"{name}: {count_of(axis, shape)} elements leave no degree of freedom at ddof={ddof}")
    return freedom


def _spread_samples(n, draw):
    if n > 1:
        yield (draw(n, 3),)
        yield draw(n, 3, 2), 1
        yield draw(n, 3, 2), (0, -1), 1
        yield draw(n, 3, 2), -1, {"keepdims": True}
    else:
        yield draw(n, 3), 1


var.samples(_spread_samples)
std.samples(_spread_samples)


def _share_of_ties(g, a, out, axis):
    """The gradient of an extreme, split evenly among the elements that attain it."""
    ties = (a == kept(out, a.shape, axis)).astype(g.dtype)
    return kept(g, a.shape, axis) * (ties / ties.sum(axis=axis, keepdims=True))


@op(np.max, method=True)
def max(a, axis=None, keepdims=False):
    """Largest element over axes. At a tie the gradient is split evenly."""
    return a.max(axis=axis, keepdims=keepdims)


@op(np.min, method=True)
def min(a, axis=None, keepdims=False):
    """Smallest element over axes. At a tie the gradient is split evenly."""
    return a.min(axis=axis, keepdims=keepdims)


def _extreme_samples(n, draw):
    yield from _axes_not_empty(n, draw.distinct)


for extreme in (max, min):
    extreme.grad("a")(_share_of_ties)
    extreme.samples(_extreme_samples)
implements(np.amax)(max)
implements(np.amin)(min)
max.branches(lambda a, axis, keepdims: a == a.max(axis=axis, keepdims=True))
min.branches(lambda a, axis, keepdims: a == a.min(axis=axis, keepdims=True))


@op(np.prod, method=True)
def prod(a, axis=None, keepdims=False):
    """Product of elements over axes. Its gradient is exact where elements are zero, at every order."""
    return a.prod(axis=axis, keepdims=keepdims)


@prod.grad("a")
def prod_da(g, a, axis):
    axes = axes_of(axis, a.shape)
    order = (*[i for i in range(a.ndim) if i not in axes], *axes)  # reduced axes last, and then as one
    moved = a.transpose(order)
    others = _products_of_others(moved.reshape((*moved.shape[: a.ndim - len(axes)], count_of(axis, a.shape))))
    back = sorted(range(a.ndim), key=order.__getitem__)
    return kept(g, a.shape, axis) * others.reshape(moved.shape).transpose(back)


def _products_of_others(a):
    """For each element of the last axis, the product of all the others: pairwise, so that nothing is divided by 0."""
    n = a.shape[-1]
    if n < 2:
        return np.ones_like(a)
    even, odd = a[..., 0 : n - 1 : 2], a[..., 1::2]
    pairs, rest = even * odd, a[..., n - n % 2 :]
    others = _products_of_others(np.concatenate([pairs, rest], axis=-1))
    of_pairs = others[..., : n // 2]
    both = np.stack([of_pairs * odd, of_pairs * even], axis=-1).reshape((*a.shape[:-1], n - n % 2))
    return np.concatenate([both, others[..., n // 2 :]], axis=-1)


@prod.samples
def _(n, draw):
    yield from _axes(n, draw)
    if n:
        zeros = draw(n, 5)
        zeros[0, 1] = zeros[-1, 3] = zeros[-1, 4] = 0
        yield zeros, 1


@op(fused=True, method=True)
def logsumexp(a, axis=None, keepdims=False):
    """Logarithm of the sum of exponentials over axes, without overflow."""
    top = a.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    summed = np.log(np.exp(a - top).sum(axis=axis, keepdims=keepdims))
    return summed + (top if keepdims else top.reshape(summed.shape))


logsumexp.grad("a")(lambda g, a, out, axis: kept(g, a.shape, axis) * np.exp(a - kept(out, a.shape, axis)))


@logsumexp.samples
def _(n, draw):
    yield from _extreme_samples(n, draw)


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
def numpy_clip(a, a_min=None, a_max=None, *, min=None, max=None):
    return clip(a, min if a_min is None else a_min, max if a_max is None else a_max)


@samples_of(numpy_clip)
def _(n, draw):
    yield from clip_samples(n, draw)
    yield draw.distinct(n, 3), {"min": -0.7, "max": draw(3)}


def _clip_method(self, min=None, max=None):
    """Elements limited to [min, max]; None is no limit."""
    return clip(self, min, max)


Tensor.clip = _clip_method


@implements(np.ptp)
@method
def ptp(a, axis=None, keepdims=False):
    """Range of values over axes: largest minus smallest."""
    return max(a, axis, keepdims) - min(a, axis, keepdims)


samples_of(ptp)(_extreme_samples)
