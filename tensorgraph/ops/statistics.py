"""Averages with weights, covariances and correlations."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import implements, plain, samples_of, wrap
from ..errors import ArgumentError, DTypeError, ShapeError
from .operands import as_operand
from .reductions import count_of
from .reductions import mean as mean_of


def weights_like(name, a, weights, axis):
    """Weights in the shape of ``a``: as given, or along the axes, if they are one for each place there."""
    weights = as_operand(weights)
    if weights.shape == a.shape:
        return weights
    if axis is None:
        raise ShapeError(f"{name}: weights of shape {weights.shape} for a of shape {a.shape} need axis=")
    axes = normalize_axis_tuple(axis, a.ndim)
    if weights.shape != tuple([a.shape[i] for i in axes]):
        raise ShapeError(f"{name}: weights of shape {weights.shape} do not fit a of shape {a.shape} along axis={axis}")
    in_order = weights.transpose(tuple(np.argsort(axes).tolist()))
    return np.broadcast_to(in_order.reshape([a.shape[i] if i in axes else 1 for i in range(a.ndim)]), a.shape)


@implements(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    a = as_operand(a)
    if axis is not None:
        axis = normalize_axis_tuple(axis, a.ndim)
    if weights is None:
        result = mean_of(a, axis, keepdims=keepdims)
        total = wrap(np.full_like(plain(result), count_of(axis, a.shape)))
    else:
        weights = weights_like("np.average", a, weights, axis)
        total = weights.sum(axis=axis, keepdims=keepdims)
        if plain(np.any(total == 0)):
            raise ArgumentError("np.average: the weights sum to zero")
        result = (a * weights).sum(axis=axis, keepdims=keepdims) / total
        total = total.astype(result.dtype)
    return (result, total) if returned else result


@samples_of(average)
def _(n, draw):
    if n:
        yield (draw(n, 3),)
        yield draw(n, 3), 1, draw.positive(3)
        yield draw(n, 3), None, draw.positive(n, 3)
        yield draw(2, n, 3), (2, 1), draw.positive(3, n), True
        yield draw(n, 3), {"axis": 0, "weights": draw.positive(n, 3), "keepdims": True, "returned": True}
        yield draw(n, 3), -1, None, True, {"keepdims": True}


@implements(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    if ddof is not None and ddof != int(ddof):
        raise ArgumentError(f"np.cov: ddof must be an integer; got {ddof}")
    m = as_operand(m)
    x = _as_rows("m", m, not rowvar and m.ndim != 1, dtype)
    if not x.shape[0]:
        return x.reshape((0, 0))
    if y is not None:
        y = as_operand(y)
        x = np.concatenate([x, _as_rows("y", y, not rowvar and y.ndim == 2 and y.shape[0] != 1, dtype)], axis=0)
    weights, count = None, x.shape[1]
    if fweights is not None:
        fweights = _one_each("fweights", fweights, x)
        if plain(np.any(fweights != np.round(fweights))):
            raise ArgumentError("np.cov: fweights are how often each observation was made: whole numbers")
        weights = fweights
    if aweights is not None:
        aweights = _one_each("aweights", aweights, x)
        weights = aweights if weights is None else weights * aweights
    if weights is not None:
        count = weights.sum()
    ddof = int(not bias) if ddof is None else ddof
    if aweights is not None and ddof:
        ddof = ddof * (weights * aweights).sum() / count
    free = count - ddof
    if plain(free) <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
        free = 0.0
    x = x - average(x, 1, weights, keepdims=True)
    product = x @ (x if weights is None else x * weights).T.conj()
    return np.squeeze(product * np.divide(1, free))


def _as_rows(name, x, turn, dtype):
    """Variables as rows of floating point numbers."""
    if x.ndim > 2:
        raise ShapeError(f"np.cov: {name} has {x.ndim} axes; it may have one for variables and one for observations")
    if dtype is not None or x.dtype.kind not in "fc":
        x = x.astype(dtype or np.float64)
    x = x if x.ndim == 2 else x.reshape((1, -1))
    return x.T if turn else x


def _one_each(name, weights, x):
    """Weights, one for each observation in the rows ``x``."""
    weights = as_operand(weights)
    if weights.dtype.kind == "c":
        raise DTypeError(f"np.cov: {name} must be real; got {weights.dtype}")
    if weights.dtype.kind != "f":
        weights = weights.astype(x.real.dtype)
    if weights.shape != x.shape[1:]:
        raise ShapeError(f"np.cov: {name} of shape {weights.shape} for {x.shape[1]} observations")
    if plain(np.any(weights < 0)):
        raise ArgumentError(f"np.cov: {name} must not be negative")
    return weights


@samples_of(cov)
def _(n, draw):
    if n > 1:
        yield (draw(n),)
        yield (draw(3, n),)
        yield draw(n, 3), draw(n, 1), False, True
        yield draw(2, n), draw(n), {"ddof": 0}
        yield draw(2, n), {"dtype": np.longdouble}
        yield draw(2, n), None, True, False, None, np.arange(n) + 1, draw.positive(n)
        yield draw(2, n), {"aweights": draw.positive(n), "bias": True}
        yield draw(2, n), {"fweights": np.arange(n) + 1}


@implements(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    steps = np.arange(c.shape[0], like=plain(c))
    deviation = np.sqrt(c[steps, steps].real)
    c = c / deviation[:, None] / deviation[None, :]
    values = plain(c)  # rounding goes beyond 1; what it does is taken off, and is no edge of the function
    within = np.clip(values.real, -1, 1) + (1j * np.clip(values.imag, -1, 1) if values.dtype.kind == "c" else 0)
    return c - (values - within)


@samples_of(corrcoef)
def _(n, draw):
    if n > 1:
        yield (draw(3, n + 1),)
        yield draw(n, 3), draw(n, 1), False
        yield draw(2, n + 2), draw(n + 2), {"dtype": np.longdouble}
        yield (draw(n),)
