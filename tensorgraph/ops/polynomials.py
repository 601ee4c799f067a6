"""Polynomials by their coefficients, the highest power first."""

from __future__ import annotations

import warnings

import numpy as np

from ..core import implements, plain, samples_of, wrap
from ..errors import ArgumentError, ShapeError, UnsupportedFunctionError
from .convolution import convolve
from .operands import as_operand, as_operands


def _coefficients(name, *polynomials):
    """Coefficients as vectors. A ``poly1d`` is refused: NumPy would give one back, and it cannot hold tensors."""
    if any(isinstance(p, np.poly1d) for p in polynomials):
        raise UnsupportedFunctionError(f"{name}: np.poly1d holds plain arrays; give its coefficients instead: p.coeffs")
    found = as_operands(polynomials)
    if len(found) > 1:  # as NumPy, which takes a number for a polynomial where there are two
        found = [p if p.ndim else p.reshape(-1) for p in found]
    if any(p.ndim != 1 for p in found):
        raise ShapeError(f"{name}: coefficients are a vector; got shapes {', '.join(str(p.shape) for p in found)}")
    return found if len(found) > 1 else found[0]


@implements(np.vander)
def vander(x, N=None, increasing=False):
    x = as_operand(x)
    if x.ndim != 1:
        raise ShapeError(f"np.vander: x must be a vector; got shape {x.shape}")
    columns = x.shape[0] if N is None else N
    ones = np.ones_like(plain(x), shape=(x.shape[0], min(columns, 1)))
    if columns > 1:
        powers = np.cumprod(np.broadcast_to(x[:, None], (x.shape[0], columns - 1)), axis=1)
        powers = np.concatenate([ones, powers], axis=1)
    else:
        powers = x[:, None][:, :0] + ones if not columns else ones + 0 * x[:, None]
    return powers if increasing else powers[:, ::-1]


@samples_of(vander)
def _(n, draw):
    yield (draw(n),)
    yield draw(n), 4
    yield draw(n), 3, True
    yield draw(n), {"N": 1}


@implements(np.polyval)
def polyval(p, x):
    if isinstance(x, np.poly1d):
        raise UnsupportedFunctionError("np.polyval: np.poly1d holds plain arrays; compose polynomials by their values")
    p, x = _coefficients("np.polyval", p), as_operand(x)
    value = np.zeros_like(plain(x))
    for i in np.arange(p.shape[0]).tolist():
        value = value * x + p[i]
    return value


@samples_of(polyval)
def _(n, draw):
    yield draw(3), draw(n, 2)
    yield draw(n + 1), draw()
    yield draw(4), 1.5
    yield [1.0, -2.0, 0.5], draw(n)


def _of_one_length(name, a1, a2):
    a1, a2 = _coefficients(name, a1, a2)
    length = max(a1.shape[0], a2.shape[0])
    return [np.concatenate([np.zeros_like(plain(a), shape=length - a.shape[0]), a]) for a in (a1, a2)]


@implements(np.polyadd)
def polyadd(a1, a2):
    a1, a2 = _of_one_length("np.polyadd", a1, a2)
    return a1 + a2


@implements(np.polysub)
def polysub(a1, a2):
    a1, a2 = _of_one_length("np.polysub", a1, a2)
    return a1 - a2


@implements(np.polymul)
def polymul(a1, a2):
    a1, a2 = map(_without_leading_zeros, _coefficients("np.polymul", a1, a2))
    return convolve(a1, a2, "full")


def _without_leading_zeros(p):
    """As NumPy multiplies polynomials: 0 x² + 3 x is one of degree 1."""
    first = int(plain(np.argmax(p != 0))) if plain(np.any(p != 0)) else p.shape[0] - 1
    return p[first:]


@samples_of(polyadd)
@samples_of(polysub)
@samples_of(polymul)
def _(n, draw):
    yield draw(n + 1), draw(3)
    yield draw(4), draw(n + 1)
    yield draw(), draw(n + 1)
    yield draw.constant([0.0, 0.0, 3.0, 1.0]), draw(2)


@implements(np.polydiv)
def polydiv(u, v):
    u, v = _coefficients("np.polydiv", u, v)
    u, v = u + 0.0, v + 0.0
    steps, scale = u.shape[0] - v.shape[0] + 1, 1.0 / v[0]
    quotient, rest = [], u.astype(np.result_type(u.dtype, v.dtype))
    for k in np.arange(steps).tolist():
        factor = scale * rest[k]
        quotient.append(factor)
        end = k + v.shape[0]
        rest = np.concatenate([rest[:k], rest[k:end] - factor * v, rest[end:]])
    quotient = np.stack(quotient) if quotient else np.zeros_like(plain(rest), shape=1) + 0 * rest[:1]
    start = 0
    while start < rest.shape[0] - 1 and np.allclose(plain(rest)[start], 0, rtol=1e-14):
        start += 1
    return quotient, rest[start:]


@samples_of(polydiv)
def _(n, draw):
    for length in (1, 2, n + 1):  # of a leading coefficient that divides exactly, rounding leaves nothing to trim
        yield draw(n + 2), np.concatenate([[2.0], draw(length - 1)]).astype(draw.dtype)


@implements(np.polyder)
def polyder(p, m=1):
    p = _coefficients("np.polyder", p)
    if m < 0:
        raise ArgumentError(f"np.polyder: m counts derivatives; got {m}. np.polyint integrates")
    for _ in range(m):
        degree = p.shape[0] - 1
        p = p[:-1] * np.arange(degree, 0, -1, dtype=p.dtype, like=plain(p))
    return p


@samples_of(polyder)
def _(n, draw):
    yield (draw(n + 2),)
    yield draw(n + 3), 2
    yield draw(n + 1), 0


@implements(np.polyint)
def polyint(p, m=1, k=None):
    p = _coefficients("np.polyint", p)
    if m < 0:
        raise ArgumentError(f"np.polyint: m counts integrals; got {m}. np.polyder differentiates")
    constants = np.zeros_like(plain(p), shape=m) if k is None else as_operands([p, k])[1].reshape(-1)
    if constants.shape[0] == 1 and m > 1:
        constants = np.broadcast_to(constants, (m,))
    if constants.shape[0] < m:
        raise ShapeError(f"np.polyint: {m} integrals take {m} constants, or one for all; got {constants.shape[0]}")
    for i in range(m):
        powers = np.arange(p.shape[0], 0, -1, dtype=p.dtype, like=plain(p))
        p = np.concatenate([p / powers, constants[i : i + 1]])
    return p


@samples_of(polyint)
def _(n, draw):
    yield (draw(n + 1),)
    yield draw(n + 2), 2, 1.5
    yield draw(n + 2), {"m": 2, "k": draw.constant([0.5, -1.0])}


@implements(np.poly)
def poly(seq_of_zeros):
    zeros = as_operand(seq_of_zeros)
    if zeros.ndim == 2 and zeros.shape[0] == zeros.shape[1] and zeros.shape[0]:
        zeros = np.linalg.eigvals(zeros)
    zeros = zeros.reshape(-1) if zeros.ndim == 0 else zeros
    if zeros.ndim != 1:
        raise ShapeError(f"np.poly: zeros are a vector, or the eigenvalues of a square matrix; got shape {zeros.shape}")
    if not zeros.shape[0]:
        return 1.0
    p = np.ones_like(plain(zeros), shape=1)
    for i in np.arange(zeros.shape[0]).tolist():
        p = np.concatenate([p, p[:1] * 0]) - np.concatenate([p[:1] * 0, p * zeros[i]])
    if zeros.dtype.kind == "c":  # zeros in conjugate pairs are those of a real polynomial
        values = plain(zeros)
        if plain(np.all(np.sort(values) == np.sort(values.conj()))):
            p = p.real
    return p


@samples_of(poly)
def _(n, draw):
    yield (draw(n + 1),)
    yield (np.diag(draw.distinct(3)).astype(draw.dtype) + 0.1,)


@implements(np.roots)
def roots(p):
    p = _coefficients("np.roots", p)
    places = np.flatnonzero(plain(p))
    if not len(places):
        return wrap(plain(p)[:0])
    trailing = p.shape[0] - int(places[-1]) - 1
    p = p[int(places[0]) : int(places[-1]) + 1]
    p = p if p.dtype.kind in "fc" else p.astype(np.float64)
    degree = p.shape[0] - 1
    found = p[:0]
    if degree:
        below = np.eye(degree - 1, degree, dtype=p.dtype, like=plain(p))
        found = np.linalg.eigvals(np.concatenate([-(p[1:] / p[0])[None], below]))
    return np.concatenate([found, np.zeros_like(plain(found), shape=trailing)])


@samples_of(roots)
def _(n, draw):
    yield (np.poly(np.asarray([-2.0, 0.5, 1.5])).astype(draw.dtype),)
    yield (np.asarray([1.0, 0.5, 2.0], draw.dtype),)
    yield (draw.nonzero(1),)


@implements(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    x, y = as_operands([x, y])
    x, y = x + 0.0, y + 0.0
    if deg < 0:
        raise ArgumentError(f"np.polyfit: deg is the degree of the polynomial; got {deg}")
    if x.ndim != 1 or not x.shape[0] or y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise ShapeError(f"np.polyfit: x is a vector, y has a value or a row for each; got shapes {x.shape}, {y.shape}")
    points, right = vander(x, int(deg) + 1), y
    if w is not None:
        w = as_operand(w) + 0.0
        if w.shape != x.shape:
            raise ShapeError(f"np.polyfit: w has a weight for each point; got shape {w.shape} for {x.shape[0]} points")
        points, right = points * w[:, None], right * (w if y.ndim == 1 else w[:, None])
    scale = np.sqrt((points * points).sum(axis=0))
    points = points / scale
    rcond = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    found, residuals, rank, singular = np.linalg.lstsq(points, right, rcond)
    found = (found.T / scale).T
    if full:
        return found, residuals, rank, singular, rcond
    if plain(rank) != points.shape[1]:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=2)
    if not cov:
        return found
    spread = np.linalg.inv(points.T @ points) / np.outer(scale, scale)
    if cov != "unscaled":
        free = x.shape[0] - points.shape[1]
        if free <= 0:
            raise ArgumentError(f"np.polyfit: {x.shape[0]} points leave nothing to scale the covariance by; add points")
        spread = (spread if y.ndim == 1 else spread[:, :, None]) * (residuals / free)
    elif y.ndim == 2:
        spread = spread[:, :, None]
    return found, spread


@samples_of(polyfit)
def _(n, draw):
    yield draw.distinct(n + 4), draw(n + 4), 2
    yield draw.distinct(n + 4), draw(n + 4, 2), 1, {"w": draw.positive(n + 4)}
    yield draw.distinct(n + 4), draw(n + 4), 1, {"cov": True}
    yield draw.distinct(n + 4), draw(n + 4, 2), 1, {"cov": "unscaled"}
