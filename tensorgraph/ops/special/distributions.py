"""Distribution functions: the derivative by the point is a density, and that of an inverse one over a density."""

from __future__ import annotations

import math

import numpy as np

from .error_functions import ROOT_2PI
from .gamma_and_beta import beta_density, gamma_density
from .rows import like, normal, number, positive, row, share, special, whole


def upper_half(draw, *shape):
    """A probability above one half."""
    return np.asarray(0.6 + draw.unit(*shape) ** 2 / 3, draw.dtype)


TWO, THREE, FIVE = number(2.0), number(3.0), number(5.0)

# Binomial, negative binomial, Poisson: the number of events is whole, and has no gradient.

row(special.bdtr, "k n p", [TWO, whole(5), share], p=lambda g, k, n, p: -g * beta_density(k + 1, n - k, p))
row(special.bdtrc, "k n p", [TWO, whole(5), share], p=lambda g, k, n, p: g * beta_density(k + 1, n - k, p))
row(special.bdtri, "k n y", [TWO, whole(5), share], y=lambda g, k, n, out: -g / beta_density(k + 1, n - k, out))
row(special.nbdtr, "k n p", [TWO, THREE, share], p=lambda g, k, n, p: g * beta_density(n, k + 1, p))
row(special.nbdtrc, "k n p", [TWO, THREE, share], p=lambda g, k, n, p: -g * beta_density(n, k + 1, p))
row(special.nbdtri, "k n y", [TWO, THREE, share], y=lambda g, k, n, out: g / beta_density(n, k + 1, out))
row(special.pdtr, "k m", [TWO, positive], m=lambda g, k, m: -g * gamma_density(k + 1, m))
row(special.pdtrc, "k m", [TWO, positive], m=lambda g, k, m: g * gamma_density(k + 1, m))
row(special.pdtri, "k y", [TWO, share], y=lambda g, k, out: -g / gamma_density(k + 1, out))

# Gamma and chi-squared

row(special.chdtr, "v x", [THREE, positive], x=lambda g, v, x: g * gamma_density(v / 2, x / 2) / 2)
row(special.chdtrc, "v x", [THREE, positive], x=lambda g, v, x: -g * gamma_density(v / 2, x / 2) / 2)
row(special.chdtri, "v p", [THREE, share], p=lambda g, v, out: -2 * g / gamma_density(v / 2, out / 2))
row(
    special.gdtr,
    "a b x",
    [positive, TWO, positive],
    a=lambda g, a, b, x: g * x * gamma_density(b, a * x),
    x=lambda g, a, b, x: g * a * gamma_density(b, a * x),
)
row(
    special.gdtrc,
    "a b x",
    [positive, TWO, positive],
    a=lambda g, a, b, x: -g * x * gamma_density(b, a * x),
    x=lambda g, a, b, x: -g * a * gamma_density(b, a * x),
)
row(
    special.gdtria,
    "p b x",
    [share, TWO, positive],
    p=lambda g, b, x, out: g / (x * gamma_density(b, out * x)),
    x=lambda g, x, out: -g * out / x,
)
row(
    special.gdtrix,
    "a b p",
    [positive, TWO, share],
    a=lambda g, a, out: -g * out / a,
    p=lambda g, a, b, out: g / (a * gamma_density(b, a * out)),
)
row(
    special.chndtr,
    "x df nc",
    [positive, THREE, positive],
    x=lambda g, x, df, nc: g * noncentral_density(x, df, nc),
    nc=lambda g, x, df, nc: -g * noncentral_density(x, df + 2, nc),
)

# Student's t, Fisher's F, and the normal distribution by its mean and spread

row(special.stdtr, "df t", [THREE, normal], t=lambda g, df, t: g * student_density(df, t))
row(special.stdtrit, "df p", [THREE, share], p=lambda g, df, out: g / student_density(df, out))
row(special.fdtr, "dfn dfd x", [THREE, FIVE, positive], x=lambda g, dfn, dfd, x: g * fisher_density(dfn, dfd, x))
row(special.fdtrc, "dfn dfd x", [THREE, FIVE, positive], x=lambda g, dfn, dfd, x: -g * fisher_density(dfn, dfd, x))
row(special.fdtri, "dfn dfd p", [THREE, FIVE, share], p=lambda g, dfn, dfd, out: g / fisher_density(dfn, dfd, out))
row(
    special.nrdtrimn,
    "p sd x",
    [share, positive, normal],
    p=lambda g, p, sd: g * (-sd * ndtri_slope(p)),
    sd=lambda g, p: -g * special.ndtri(p),
    x=lambda g: g,
)
row(
    special.nrdtrisd,
    "mn p x",
    [normal, upper_half, lambda draw, *shape: 9 + draw(*shape)],
    mn=lambda g, p: -g / special.ndtri(p),
    p=lambda g, p, out: g * (-out * ndtri_slope(p) / special.ndtri(p)),
    x=lambda g, p: g / special.ndtri(p),
)


def student_density(df, t):
    df = like(df, t)
    scale = np.exp(special.gammaln((df + 1) / 2) - special.gammaln(df / 2)) / np.sqrt(df * math.pi)
    return scale * np.exp(-(df + 1) / 2 * np.log1p(t * t / df))


def fisher_density(dfn, dfd, x):
    total = dfn * x + dfd
    return beta_density(dfn / 2, dfd / 2, dfn * x / total) * (dfn * dfd / (total * total))


def noncentral_density(x, df, nc):
    """The density of the noncentral chi-squared distribution, which half its difference to two more degrees is too."""
    order, roots = df / 2 - 1, np.sqrt(x) - np.sqrt(nc)
    bessel = special.ive(order, np.sqrt(x * nc))
    return np.exp(-roots * roots / 2) * (x / nc) ** (order / 2) * bessel / 2


def ndtri_slope(p):
    return ROOT_2PI * np.exp(special.ndtri(p) ** 2 / 2)
