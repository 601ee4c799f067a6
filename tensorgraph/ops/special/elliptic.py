"""Elliptic integrals by their parameter and amplitude, and the arithmetic-geometric mean."""

from __future__ import annotations

import math

import numpy as np

from .rows import like, positive, row, share, special, unit

row(special.ellipk, "m", [share], m=lambda g, m: g * ellipk_slope(m))
row(special.ellipkm1, "p", [share], p=lambda g, p, out: -g * ((special.ellipe(1 - p) / p - out) / (2 * (1 - p))))
row(special.ellipe, "m", [share], m=lambda g, m: g * ellipe_slope(m))
row(
    special.ellipkinc,
    "phi m",
    [unit, share],
    phi=lambda g, phi, m: g / np.sqrt(1 - m * np.sin(phi) ** 2),
    m=lambda g, phi, m, out: g * ellipkinc_slope(phi, m, out),
)
row(
    special.ellipeinc,
    "phi m",
    [unit, share],
    phi=lambda g, phi, m: g * np.sqrt(1 - m * np.sin(phi) ** 2),
    m=lambda g, phi, m: g * (ellipdinc(phi, m) / -2),
)
row(
    special.agm,
    "a b",
    [positive, positive],
    a=lambda g, a, b, out: g * agm_slope(a, b, out),
    b=lambda g, a, b, out: g * agm_slope(b, a, out),
)

SMALL = 1e-4  # a parameter below which the plain formula would divide a difference of equals


def ellipk_slope(m):
    """The derivative of ellipk(m). Source: DLMF 19.4.1, and beside m = 0 its hypergeometric form."""
    near = np.abs(m) < 0.1
    beside = np.where(near, 0.5, m)
    plain = (special.ellipe(beside) / (1 - beside) - special.ellipk(beside)) / (2 * beside)
    series = special.hyp2f1(like(1.5, m), like(1.5, m), like(2, m), np.where(near, m, 0))
    return np.where(near, math.pi / 8 * series, plain)


def ellipe_slope(m):
    """The derivative of ellipe(m). Source: DLMF 19.4.2, and beside m = 0 its hypergeometric form."""
    near = np.abs(m) < 0.1
    beside = np.where(near, 0.5, m)
    plain = (special.ellipe(beside) - special.ellipk(beside)) / (2 * beside)
    series = special.hyp2f1(like(0.5, m), like(1.5, m), like(2, m), np.where(near, m, 0))
    return np.where(near, -math.pi / 8 * series, plain)


def ellipdinc(phi, m):
    """Legendre's incomplete integral D: (F - E) / m, and its series beside m = 0. Source: DLMF 19.2.6."""
    near = np.abs(m) < SMALL
    beside = np.where(near, 0.5, m)
    second = (2 * phi - np.sin(2 * phi)) / 4
    fourth = (12 * phi - 8 * np.sin(2 * phi) + np.sin(4 * phi)) / 32
    sixth = (60 * phi - 45 * np.sin(2 * phi) + 9 * np.sin(4 * phi) - np.sin(6 * phi)) / 192
    plain = (special.ellipkinc(phi, beside) - special.ellipeinc(phi, beside)) / beside
    return np.where(near, second + m * (fourth / 2 + m * (3 / 8 * sixth)), plain)


def ellipkinc_slope(phi, m, out):
    """The derivative of ellipkinc(phi, m) by m. Source: DLMF 19.4.5."""
    sine, cosine = np.sin(phi), np.cos(phi)
    return (out - ellipdinc(phi, m) - sine * cosine / np.sqrt(1 - m * sine**2)) / (2 * (1 - m))


def agm_slope(a, b, out):
    """The derivative of agm(a, b) by a, from pi / 4 * (a + b) / ellipk(((a - b) / (a + b))**2)."""
    total = a + b
    m = ((a - b) / total) ** 2
    return out / total - out * ellipk_slope(m) / special.ellipk(m) * (4 * b * (a - b) / total**3)
