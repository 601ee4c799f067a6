"""The error function and its kin, the normal distribution, and the logistic function."""

from __future__ import annotations

import math

import numpy as np

from ...core import op
from ...errors import DTypeError
from .rows import below_zero, normal, positive, row, share, special

SCALE = 2 / math.sqrt(math.pi)
FAR = 60  # from where on two terms cancel to less than 12 digits
ROOT2, ROOT_2PI = math.sqrt(2), math.sqrt(2 * math.pi)

row(special.erf, "x", [normal], x=lambda g, x: g * (SCALE * np.exp(-x * x)))
row(special.erfc, "x", [normal], x=lambda g, x: g * (-SCALE * np.exp(-x * x)))
row(special.erfi, "x", [normal], x=lambda g, x: g * (SCALE * np.exp(x * x)))
row(special.erfcx, "x", [normal], x=lambda g, x, out: g * erfcx_slope(x, out))
row(special.dawsn, "x", [normal], x=lambda g, x, out: g * dawsn_slope(x, out))
row(special.wofz, "x", [normal], x=lambda g, x, out: g * (1j * SCALE - 2 * x * out))
row(special.erfinv, "y", [lambda draw, *shape: draw.unit(*shape)], y=lambda g, out: g * (np.exp(out * out) / SCALE))
row(special.erfcinv, "y", [share], y=lambda g, out: g * (-np.exp(out * out) / SCALE))

row(special.ndtr, "x", [normal], x=lambda g, x: g * (np.exp(-x * x / 2) / ROOT_2PI))
row(special.ndtri, "p", [share], p=lambda g, out: g * (ROOT_2PI * np.exp(out * out / 2)))
row(special.log_ndtr, "x", [normal], x=lambda g, x, out: g * hazard(x, out))
row(special.ndtri_exp, "y", [below_zero], y=lambda g, y, out: g / hazard(out, y))
row(
    special.owens_t,
    "h a",
    [normal, normal],
    h=lambda g, h, a: g * (-np.exp(-h * h / 2) * special.erf(a * h / ROOT2) / (2 * ROOT_2PI)),
    a=lambda g, h, a: g * (np.exp(-h * h * (1 + a * a) / 2) / (2 * math.pi * (1 + a * a))),
)
row(
    special.voigt_profile,
    "x sigma gamma",
    [normal, positive, positive],
    x=lambda g, x, sigma, gamma: g * voigt_slopes(x, sigma, gamma)[0],
    sigma=lambda g, x, sigma, gamma, out: g * voigt_slope_by_width(x, sigma, gamma, out),
    gamma=lambda g, x, sigma, gamma: g * voigt_slopes(x, sigma, gamma)[1],
)

row(special.expit, "x", [normal], x=lambda g, out: g * (out * (1 - out)))
row(special.logit, "x", [share], x=lambda g, x: g / (x * (1 - x)))
row(special.log_expit, "x", [normal], x=lambda g, x: g * special.expit(-x))


def erfcx_slope(x, out):
    """The derivative of erfcx. Far to the right the terms would cancel; the asymptotic series has them cancelled."""
    if x.dtype.kind == "c":
        return 2 * x * out - SCALE
    far = x > FAR
    t = 0.5 / np.where(far, x, FAR) ** 2
    series = -SCALE * t * (1 - 3 * t * (1 - 5 * t * (1 - 7 * t)))
    return np.where(far, series, 2 * x * out - SCALE)


def dawsn_slope(x, out):
    """The derivative of dawsn, far out by its asymptotic series."""
    if x.dtype.kind == "c":
        return 1 - 2 * x * out
    far = np.abs(x) > FAR
    t = 0.5 / np.where(far, x, FAR) ** 2
    series = -t * (1 + 3 * t * (1 + 5 * t * (1 + 7 * t)))
    return np.where(far, series, 1 - 2 * x * out)


def hazard(x, log_of_ndtr):
    """The derivative of log_ndtr: the density over the distribution. Left of 0, where both vanish, by erfcx."""
    if x.dtype.kind == "c":
        return np.exp(-x * x / 2 - log_of_ndtr) / ROOT_2PI
    left = 2 / (ROOT_2PI * special.erfcx(-np.minimum(x, 0) / ROOT2))
    right = np.maximum(x, 0)
    return np.where(x < 0, left, np.exp(-right * right / 2 - np.where(x < 0, 0, log_of_ndtr)) / ROOT_2PI)


@op()
def faddeeva(x, y):
    """The real and the imaginary part of wofz(x + 1j * y), side by side along a new first axis."""
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        raise DTypeError("faddeeva: takes real numbers")
    w = special.wofz(x + 1j * y)
    return np.stack([w.real, w.imag])


@faddeeva.grad("x")
def faddeeva_dx(g, x, y, out):
    real, imag = faddeeva_slopes(x, y, out)
    return g[0] * real + g[1] * imag


@faddeeva.grad("y")
def faddeeva_dy(g, x, y, out):
    real, imag = faddeeva_slopes(x, y, out)
    return g[1] * real - g[0] * imag


def faddeeva_slopes(x, y, out):
    """The real and the imaginary part of the derivative of wofz, which is 2i / sqrt(pi) - 2 z wofz(z)."""
    return -2 * (x * out[0] - y * out[1]), SCALE - 2 * (x * out[1] + y * out[0])


@faddeeva.samples
def _(n, draw):
    yield draw(n, 3), draw(n, 3)
    yield draw(n, 1), draw(2, 1, 3)
    yield draw(), draw()


def voigt_slopes(x, sigma, gamma):
    """The derivatives of voigt_profile by x and by gamma."""
    a, b = x / (sigma * ROOT2), gamma / (sigma * ROOT2)
    real, imag = faddeeva_slopes(a, b, faddeeva(a, b))
    scale = sigma * sigma * (ROOT2 * ROOT_2PI)
    return real / scale, -imag / scale


def voigt_slope_by_width(x, sigma, gamma, out):
    """The derivative of voigt_profile by sigma: its value scales as 1 / sigma, and x and gamma with it."""
    by_x, by_gamma = voigt_slopes(x, sigma, gamma)
    return -(out + x * by_x + gamma * by_gamma) / sigma
