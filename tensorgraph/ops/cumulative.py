"""Running sums and products along an axis."""

from __future__ import annotations

import numpy as np

from ..core import implements, op, plain, samples_of
from ..errors import ArgumentError
from .reductions import in_dtype


@op(np.cumsum)
def cumsum(a, axis):
    """Running sums along an axis."""
    return a.cumsum(axis=axis)


cumsum.grad("a")(lambda g, axis: np.flip(cumsum(np.flip(g, axis), axis), axis))


@op(np.cumprod)
def cumprod(a, axis):
    """Running products along an axis. The gradient is exact where elements are zero, at every order."""
    return a.cumprod(axis=axis)


@cumprod.grad("a")
def cumprod_da(g, a, out, axis):
    g, a, out = (np.moveaxis(x, axis, -1) for x in (g, a.reshape(out.shape), out))  # NumPy makes () a row of 1
    before = np.concatenate([np.ones_like(out[..., :1]), out[..., :-1]], axis=-1)
    return np.moveaxis(before * _discounted(g, a), -1, axis)


def _discounted(g, a):
    """r with ``r[i] = g[i] + a[i + 1] * r[i + 1]`` along the last axis: each pair of steps is one of a shorter row."""
    n = g.shape[-1]
    if n < 2:
        return g
    pairs, later = n // 2, (n - 1) // 2  # pairs of steps, and steps that such a pair leads to
    odd_g, odd_a, even_a = g[..., 1::2], a[..., 1::2], a[..., 2::2]
    short_g = np.concatenate([g[..., : 2 * pairs : 2] + odd_a * odd_g, g[..., 2 * pairs :]], axis=-1)
    short_a = np.concatenate([odd_a[..., :1], odd_a[..., :later] * even_a], axis=-1)  # the first leads nowhere
    even = _discounted(short_g, short_a)
    odd = np.concatenate([odd_g[..., :later] + even_a * even[..., 1:], odd_g[..., later:]], axis=-1)
    both = np.stack([even[..., :pairs], odd], axis=-1).reshape((*even.shape[:-1], 2 * pairs))
    return np.concatenate([both, even[..., pairs:]], axis=-1)


@cumsum.samples
@cumprod.samples
def _(n, draw):
    yield draw(n, 3), 0
    yield draw(2, n, 3), 1
    yield draw(2, n, 5), -1
    zeros = draw(n, 6)
    zeros[:, 1] = zeros[:1, 3:5] = 0
    yield zeros, 1


def _running(run, a, axis, dtype):
    if dtype is not None:
        a = a.astype(dtype)
    return in_dtype(run(a.reshape(-1), 0) if axis is None else run(a, axis), dtype)


@implements(np.cumsum)
def numpy_cumsum(a, axis=None, dtype=None):
    return _running(cumsum, a, axis, dtype)


@implements(np.cumprod)
def numpy_cumprod(a, axis=None, dtype=None):
    return _running(cumprod, a, axis, dtype)


@samples_of(numpy_cumsum)
@samples_of(numpy_cumprod)
def _(n, draw):
    yield (draw(n, 3),)
    yield draw(n, 3), 1
    yield draw(n, 3), -2, np.longdouble
    yield (draw(),)


def _array_api(run, name, x, axis, dtype, include_initial, initial):
    """The Array API's form: an axis must be named where there are several, and the start may be among the results."""
    if axis is None:
        if x.ndim > 1:
            raise ArgumentError(f"{name}: x has {x.ndim} axes; say with axis= along which to go")
        axis = 0
    result = _running(run, x, axis, dtype)
    if not include_initial:
        return result
    length_one = tuple([1 if i == axis % result.ndim else n for i, n in enumerate(result.shape)])
    return np.concatenate([np.full_like(plain(result), initial, shape=length_one), result], axis=axis)


@implements(np.cumulative_sum)
def cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False):
    return _array_api(cumsum, "np.cumulative_sum", x, axis, dtype, include_initial, 0)


@implements(np.cumulative_prod)
def cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False):
    return _array_api(cumprod, "np.cumulative_prod", x, axis, dtype, include_initial, 1)


@samples_of(cumulative_sum)
@samples_of(cumulative_prod)
def _(n, draw):
    yield (draw(n),)
    yield draw(n, 3), {"axis": -1, "include_initial": True}
    yield draw(n, 3), {"axis": 0, "dtype": np.longdouble, "include_initial": True}
