"""Sums, means and products over axes, with all of NumPy's keywords. ``axis`` is None (all), an integer or a tuple."""

from __future__ import annotations

import numpy as np

from ..core import implements, method, op, plain, samples_of


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


def chosen(a, dtype, where, neutral):
    """``a`` in the dtype of a reduction, with ``neutral`` where its mask does not hold."""
    if dtype is not None:
        a = a.astype(dtype)
    return a if where is True else np.where(np.broadcast_to(plain(where), a.shape), a, neutral)


def in_dtype(result, dtype):
    """A result in the dtype that was asked for: of small integers, NumPy's sums and products are wider by default."""
    return result if dtype is None or result.dtype == dtype else result.astype(dtype)


def chosen_count(where, a, axis, keepdims):
    """How many elements ``where`` leaves for each result: a number, or an array in the dtype that ``a`` divides by."""
    if where is True:
        return count_of(axis, a.shape)
    mask = np.broadcast_to(plain(where), a.shape)
    return np.sum(mask, axis=axis, keepdims=keepdims, dtype=a.real.dtype if a.dtype.kind in "fc" else float)


def axes_samples(n, draw):
    """Calls of a reduction."""
    yield (draw(n, 3, 2),)
    yield draw(n, 3, 2), 1
    yield draw(n, 3, 2), (0, -1)
    yield draw(n, 3, 2), -1, {"keepdims": True}
    yield draw(n, 3), ()
    yield (draw(),)


def filled_axes_samples(n, draw):
    """Calls of a reduction that has no value for nothing."""
    if n:
        yield from axes_samples(n, draw)
    else:
        yield draw(n, 3), 1


def keyword_samples(n, draw):
    """Calls of a reduction with NumPy's keywords."""
    yield draw(n, 3, 2), 1, {"dtype": np.longdouble}
    yield draw(n, 3, 2), -1, None, None, True
    yield draw(n, 4), {"where": draw.mask(n, 4)}
    yield draw(n, 4), 0, {"where": np.array([True, False, True, True])}
    yield draw(3, n, 2), (0, -1), {"where": draw.mask(3, n, 1), "keepdims": True}


def _initial_samples(n, draw):
    yield from keyword_samples(n, draw)
    yield draw(n, 3), {"initial": 1.5}
    yield draw(n, 3), 0, {"initial": -0.5, "where": draw.mask(n, 3)}


@op(np.sum)
def _sum(a, axis=None, keepdims=False):
    """Sum of elements over axes."""
    return a.sum(axis=axis, keepdims=keepdims)


_sum.grad("a")(lambda g, a_shape, axis: np.broadcast_to(kept(g, a_shape, axis), a_shape))
_sum.samples(axes_samples)


@implements(np.sum)
@method
def sum(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    """Sum of elements over axes."""
    if out is not None:  # of the method; NumPy's function has done it before it comes here
        return np.sum(a, axis, dtype, out, keepdims, initial, where)
    if dtype is not None or where is not True:
        a = chosen(a, dtype, where, 0)
    total = in_dtype(_sum(a, axis, keepdims), dtype)
    return total if initial is None else total + initial


samples_of(sum)(_initial_samples)


@op(np.mean)
def _mean(a, axis=None, keepdims=False):
    """Arithmetic mean over axes."""
    return a.mean(axis=axis, keepdims=keepdims)


@_mean.grad("a")
def mean_da(g, a_shape, axis):
    return np.broadcast_to(kept(g, a_shape, axis) / count_of(axis, a_shape), a_shape)


_mean.samples(filled_axes_samples)


@implements(np.mean)
@method
def mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """Arithmetic mean over axes."""
    if out is not None:
        return np.mean(a, axis, dtype, out, keepdims, where=where)
    if dtype is not None:
        a = a.astype(dtype)
    if where is True:
        return _mean(a, axis, keepdims)
    return sum(a, axis, None, None, keepdims, where=where) / chosen_count(where, a, axis, keepdims)


@samples_of(mean)
def _(n, draw):
    if n:
        some = draw.mask(3, n, 1)
        some[0] = some[:, 0] = True
        yield draw(n, 3), 1, np.longdouble
        yield draw(n, 3), -1, None, None, True
        yield draw(3, n, 2), {"where": some}
        yield draw(3, n, 2), 0, {"where": some}
        yield draw(3, n, 2), (1, 2), {"where": some, "keepdims": True}


@op(np.prod)
def _prod(a, axis=None, keepdims=False):
    """Product of elements over axes. Its gradient is exact where elements are zero, at every order."""
    return a.prod(axis=axis, keepdims=keepdims)


@_prod.grad("a")
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


@_prod.samples
def _(n, draw):
    yield from axes_samples(n, draw)
    if n:
        zeros = draw(n, 5)
        zeros[0, 1] = zeros[-1, 3] = zeros[-1, 4] = 0
        yield zeros, 1


@implements(np.prod)
@method
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    """Product of elements over axes. Its gradient is exact where elements are zero, at every order."""
    if out is not None:
        return np.prod(a, axis, dtype, out, keepdims, initial, where)
    if dtype is not None or where is not True:
        a = chosen(a, dtype, where, 1)
    product = in_dtype(_prod(a, axis, keepdims), dtype)
    return product if initial is None else product * initial


samples_of(prod)(_initial_samples)


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
    yield from filled_axes_samples(n, draw.distinct)
