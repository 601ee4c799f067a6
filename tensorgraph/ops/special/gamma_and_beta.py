"""The gamma and beta functions, their logarithms, their incomplete forms and the inverses of those."""

from __future__ import annotations

import math

import numpy as np

from .rows import like, normal, number, positive, row, share, special

A, B = number(1.5), number(2.5)
psi, gammaln = special.psi, special.gammaln

row(special.gamma, "x", [positive], x=lambda g, x, out: g * (out * psi(x)))
row(special.gammaln, "x", [positive], x=lambda g, x: g * psi(x))
row(special.loggamma, "x", [positive], x=lambda g, x: g * psi(x))
row(special.psi, "x", [positive], x=lambda g, x: g * trigamma(x))
row(special.rgamma, "x", [normal], x=lambda g, x: g * rgamma_slope(x))
row(
    special.poch,
    "z m",
    [positive, positive],
    z=lambda g, z, m, out: g * (out * (psi(z + m) - psi(z))),
    m=lambda g, z, m, out: g * (out * psi(z + m)),
)
row(
    special.beta,
    "a b",
    [positive, positive],
    a=lambda g, a, b, out: g * (out * (psi(a) - psi(a + b))),
    b=lambda g, a, b, out: g * (out * (psi(b) - psi(a + b))),
)
row(
    special.betaln,
    "a b",
    [positive, positive],
    a=lambda g, a, b: g * (psi(a) - psi(a + b)),
    b=lambda g, a, b: g * (psi(b) - psi(a + b)),
)
row(
    special.binom,
    "n k",
    [lambda draw, *shape: 2 + draw.large(*shape), positive],
    n=lambda g, n, k, out: g * (out * (psi(n + 1) - psi(n - k + 1))),
    k=lambda g, n, k, out: g * (out * (psi(n - k + 1) - psi(k + 1))),
)
row(
    special._ufuncs._zeta,  # which special.zeta(s, q) calls
    "s q",
    [B, positive],
    q=lambda g, s, q: g * (-s * special.zeta(s + 1, q)),
)

row(special.gammainc, "a x", [A, positive], x=lambda g, a, x: g * gamma_density(a, x))
row(special.gammaincc, "a x", [A, positive], x=lambda g, a, x: -g * gamma_density(a, x))
row(special.gammaincinv, "a y", [A, share], y=lambda g, a, out: g / gamma_density(a, out))
row(special.gammainccinv, "a y", [A, share], y=lambda g, a, out: -g / gamma_density(a, out))
row(special.betainc, "a b x", [A, B, share], x=lambda g, a, b, x: g * beta_density(a, b, x))
row(special.betaincc, "a b x", [A, B, share], x=lambda g, a, b, x: -g * beta_density(a, b, x))
row(special.betaincinv, "a b y", [A, B, share], y=lambda g, a, b, out: g / beta_density(a, b, out))
row(special.betainccinv, "a b y", [A, B, share], y=lambda g, a, b, out: -g / beta_density(a, b, out))


def gamma_density(a, x):
    """The derivative of gammainc(a, x) by x: x**(a - 1) * exp(-x) / gamma(a)."""
    return np.exp(special.xlogy(like(a - 1, x), x) - x - gammaln(like(a, x)))


def beta_density(a, b, x):
    """The derivative of betainc(a, b, x) by x: x**(a - 1) * (1 - x)**(b - 1) / beta(a, b)."""
    a, b = like(a, x), like(b, x)
    return np.exp(special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b))


def rgamma_slope(x):
    """The derivative of 1 / gamma(x), which is finite everywhere: left of 1/2 by the reflection formula."""
    left = np.real(x) < 0.5
    mirrored, right = np.where(left, 1 - x, 1), np.where(left, 1, x)
    angle = math.pi * np.where(left, x, 0)
    reflected = special.gamma(mirrored) * (np.cos(angle) - psi(mirrored) * np.sin(angle) / math.pi)
    return np.where(left, reflected, -psi(right) * special.rgamma(right))


def trigamma(x):
    """The derivative of psi(x): SciPy's zeta(2, x) for real numbers."""
    return complex_trigamma(x) if x.dtype.kind == "c" else special.zeta(2.0, x)


BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
SHIFT = 12


def complex_trigamma(z):
    """By recurrence to the right, where the asymptotic series holds. Source: Abramowitz and Stegun 6.4."""
    left = np.real(z) < 0.5
    mirrored = np.where(left, 1 - z, z)
    total = 0
    for k in range(SHIFT):
        total = total + 1 / (mirrored + k) ** 2
    w = mirrored + SHIFT
    total = total + 1 / w + 1 / (2 * w**2)
    for k, number_of_bernoulli in enumerate(BERNOULLI):
        total = total + number_of_bernoulli / w ** (2 * k + 3)
    sine = np.sin(math.pi * np.where(left, z, 0.5))
    return np.where(left, (math.pi / sine) ** 2 - total, total)
