"""Functions made of exponentials, logarithms and powers that are exact where the plain formula is not."""

from __future__ import annotations

import math

import numpy as np

from ...core import constant
from .rows import like, nonzero, normal, positive, row, share, special, unit

LN2, LN10 = math.log(2), math.log(10)
DEGREE = math.pi / 180

row(special.exp2, "x", [normal], x=lambda g, out: g * (out * LN2))
row(special.exp10, "x", [normal], x=lambda g, out: g * (out * LN10))
row(special.expm1, "x", [normal], x=lambda g, out: g * (out + 1))
row(special.log1p, "x", [positive], x=lambda g, x: g / (x + 1))
row(special.cbrt, "x", [positive], x=lambda g, out: g / (3 * out * out))
row(special.cosm1, "x", [normal], x=lambda g, x: -g * np.sin(x))
row(special.exprel, "x", [normal], x=lambda g, x: g * exprel_slope(x))
row(
    special.powm1,
    "x y",
    [positive, normal],
    x=lambda g, x, y: g * (y * x ** (y - 1)),
    y=lambda g, x, out: g * special.xlogy(out + 1, x),
)

row(special.sindg, "x", [normal], x=lambda g, x: g * (DEGREE * special.cosdg(x)))
row(special.cosdg, "x", [normal], x=lambda g, x: g * (-DEGREE * special.sindg(x)))
row(special.tandg, "x", [normal], x=lambda g, out: g * (DEGREE * (1 + out * out)))
row(special.cotdg, "x", [nonzero], x=lambda g, out: g * (-DEGREE * (1 + out * out)))
row(
    special.radian,
    "degrees minutes seconds",
    [normal, normal, normal],
    degrees=lambda g: g * DEGREE,
    minutes=lambda g: g * (DEGREE / 60),
    seconds=lambda g: g * (DEGREE / 3600),
)

row(
    special.xlogy,
    "x y",
    [nonzero, positive],
    x=lambda g, x, y: g * np.log(np.where(no_share(x, y), 1, y)),
    y=lambda g, x, y: g * (x / np.where(x == 0, 1, y)),
)
row(
    special.xlog1py,
    "x y",
    [nonzero, positive],
    x=lambda g, x, y: g * np.log1p(np.where(no_share(x, 1 + y), 0, y)),
    y=lambda g, x, y: g * (x / np.where(x == 0, 1, 1 + y)),
)
row(special.entr, "x", [positive], x=lambda g, x: g * (-np.log(x) - 1))
row(
    special.rel_entr,
    "x y",
    [positive, positive],
    x=lambda g, x, y: g * (np.log(x / y) + 1),
    y=lambda g, x, y: g * (-x / np.where(x == 0, 1, y)),
)
row(
    special.kl_div,
    "x y",
    [positive, positive],
    x=lambda g, x, y: g * np.log(x / y),
    y=lambda g, x, y: g * (1 - x / np.where(x == 0, 1, y)),
)

huber = row(
    special.huber,
    "delta r",
    [positive, normal],
    delta=lambda g, delta, r: g * np.maximum(np.abs(r) - delta, 0),
    r=lambda g, delta, r: g * np.clip(r, -delta, delta),
)
huber.branches(lambda delta, r: np.abs(r) > delta)
row(
    special.pseudo_huber,
    "delta r",
    [positive, normal],
    delta=lambda g, delta, r: g * pseudo_huber_slope(delta, r),
    r=lambda g, delta, r: g * (r / np.hypot(1, r / delta)),
)

row(
    special.boxcox,
    "x lmbda",
    [positive, normal],
    x=lambda g, x, lmbda: g * x ** (lmbda - 1),
    lmbda=lambda g, x, lmbda: g * (np.log(x) ** 2 * exprel_slope(lmbda * np.log(x))),
)
row(
    special.boxcox1p,
    "x lmbda",
    [positive, normal],
    x=lambda g, x, lmbda: g * (1 + x) ** (lmbda - 1),
    lmbda=lambda g, x, lmbda: g * (np.log1p(x) ** 2 * exprel_slope(lmbda * np.log1p(x))),
)
row(
    special.inv_boxcox,
    "y lmbda",
    [share, unit],
    y=lambda g, y, lmbda, out: g * out ** (1 - lmbda),
    lmbda=lambda g, y, lmbda, out: g * (out * y * y * log1p_ratio_slope(lmbda * y)),
)
row(
    special.inv_boxcox1p,
    "y lmbda",
    [share, unit],
    y=lambda g, y, lmbda, out: g * (1 + out) ** (1 - lmbda),
    lmbda=lambda g, y, lmbda, out: g * ((1 + out) * y * y * log1p_ratio_slope(lmbda * y)),
)

constant(special.round)


def no_share(x, y):
    """Where x = 0 stands beside a y that has no logarithm: x * log(y) is 0 there, and so is its gradient."""
    return (x == 0) & (np.real(y) <= 0) & (np.imag(y) == 0)


def exprel_slope(x):
    """The derivative of (exp(x) - 1) / x, smooth at 0."""
    return special.hyp1f1(2.0, 3.0, x) / 2


def log1p_ratio_slope(x):
    """The derivative of log(1 + x) / x, smooth at 0."""
    return special.hyp2f1(like(2, x), like(2, x), like(3, x), -x) / -2


def pseudo_huber_slope(delta, r):
    """The derivative of pseudo_huber by delta, without cancellation where r is small."""
    square = (r / delta) ** 2
    root = np.sqrt(1 + square)
    return delta * square * square / (root * (root + 1) ** 2)
