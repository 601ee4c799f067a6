"""Functions of angles and waves: the angle of complex numbers, sinc, Kaiser's Bessel function, powers in float64."""

from __future__ import annotations

import math

import numpy as np

from ..core import implements, op, plain, samples_of
from .shaping import identity

POINTS = 64  # of a rule of quadrature that is exact to rounding wherever i0 does not overflow


@op(np.sinc)
def sinc(x):
    """sin(pi x) / (pi x), and 1 at 0, where the gradient is 0."""
    return np.sinc(x)


@sinc.grad("x")
def sinc_dx(g, x):
    """Beside 0 by the power series: there the terms of the plain formula cancel."""
    near = np.abs(x) < 0.5
    inside, outside = np.where(near, x, 0), np.where(near, 1, x)
    square = (math.pi * inside) ** 2
    series = 0
    for k in range(12, -1, -1):
        series = series * square + (-1) ** k * 2 * (k + 1) / math.factorial(2 * k + 3)
    plain = (np.cos(math.pi * outside) - np.sinc(outside)) / outside
    return g * np.where(near, -(math.pi**2) * inside * series, plain)


@sinc.samples
def _(n, draw):
    yield (draw(n, 3),)
    yield (0.3 * draw.unit(3, n),)
    yield (-4 * draw.large(n, 3),)
    yield (draw(),)


@op(np.i0)
def i0(x):
    """The modified Bessel function of order 0."""
    return np.i0(x)


@i0.grad("x")
def i0_dx(g, x):
    """The function of order 1, as the mean of sinh(x cos t) cos t over a right angle. Source: DLMF 10.32.1."""
    halves = np.arange(POINTS, like=plain(x)) + 0.5
    cosines = np.cos(math.pi / 2 / POINTS * halves).astype(x.dtype)
    return g * (np.sinh(x[..., None] * cosines) * cosines).mean(axis=-1)


@i0.samples
def _(n, draw):
    yield (draw(n, 3),)
    yield (draw(),)


@implements(np.angle)
def angle(z, deg=False):
    """The angle of complex numbers, in radians or degrees."""
    turned = np.arctan2(z.imag, z.real) if z.dtype.kind == "c" else np.arctan2(0.0, z)
    return turned * (180 / math.pi) if deg else turned


@samples_of(angle)
def _(n, draw):
    yield (draw.nonzero(n, 3),)
    yield draw.nonzero(n, 3), True


@implements(np.real_if_close)
def real_if_close(a, tol=100):
    """The real part of numbers whose imaginary parts are all as good as 0; other numbers as they are."""
    if a.dtype.kind != "c":
        return identity(a)
    if tol > 1:
        tol = float(np.finfo(a.dtype).eps) * tol
    return a.real if np.all(np.abs(a.imag) < tol) else a


@samples_of(real_if_close)
def _(n, draw):
    yield (draw(n, 3),)


@implements(np.float_power)
def float_power(x1, x2):
    """Powers in float64, or in complex128."""
    return np.power(_wide(x1), _wide(x2))


def _wide(value):
    kind = np.result_type(getattr(value, "dtype", type(value)), np.float64)
    return np.astype(value, kind) if getattr(value, "ndim", 0) else value


@samples_of(float_power)
def _(n, draw):
    yield draw.positive(n, 3), draw(n, 3)
    yield draw.positive(n, 3), 2.5
    yield 1.5, draw(n, 1)
