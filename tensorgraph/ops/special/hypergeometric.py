"""Hypergeometric functions, orthogonal polynomials, and exponential integrals: derivatives by the argument."""

from __future__ import annotations

import numpy as np

from .rows import less, like, nonzero, normal, number, positive, row, share, special, unit

# Hypergeometric functions: each parameter moves by one.

A, B, C = number(0.5), number(1.5), number(2.5)
row(special.hyp0f1, "v z", [C, normal], z=lambda g, v, z: g * (special.hyp0f1(v + 1, z) / v))
row(special.hyp1f1, "a b z", [A, B, normal], z=lambda g, a, b, z: g * (a / b * special.hyp1f1(a + 1, b + 1, z)))
row(
    special.hyp2f1,
    "a b c z",
    [A, B, C, lambda draw, *shape: draw.unit(*shape) / 2],
    z=lambda g, a, b, c, z: g * (a * b / c * special.hyp2f1(a + 1, b + 1, c + 1, z)),
)
row(special.hyperu, "a b x", [A, B, positive], x=lambda g, a, b, x: g * (-a * special.hyperu(a + 1, b + 1, x)))

# Orthogonal polynomials: the derivative has one degree less.

N, ALPHA, BETA = number(4.0), number(0.5), number(1.5)
row(special.eval_chebyt, "n x", [N, unit], x=lambda g, n, x: g * (n * special.eval_chebyu(n - 1, x)))
row(special.eval_chebyu, "n x", [N, unit], x=lambda g, n, x: g * (2 * special.eval_gegenbauer(n - 1, 2.0, x)))
row(special.eval_chebyc, "n x", [N, unit], x=lambda g, n, x: g * (n * special.eval_chebys(n - 1, x)))
row(special.eval_chebys, "n x", [N, unit], x=lambda g, n, x: g * special.eval_gegenbauer(n - 1, 2.0, x / 2))
row(special.eval_sh_chebyt, "n x", [N, share], x=lambda g, n, x: g * (2 * n * special.eval_sh_chebyu(n - 1, x)))
row(
    special.eval_sh_chebyu,
    "n x",
    [N, share],
    x=lambda g, n, x: g * (4 * special.eval_gegenbauer(n - 1, 2.0, 2 * x - 1)),
)
row(
    special.eval_legendre,
    "n x",
    [N, unit],
    x=lambda g, n, x: g * ((n + 1) / 2 * special.eval_jacobi(n - 1, 1.0, 1.0, x)),
)
row(
    special.eval_sh_legendre,
    "n x",
    [N, share],
    x=lambda g, n, x: g * ((n + 1) * special.eval_jacobi(n - 1, 1.0, 1.0, 2 * x - 1)),
)
row(
    special.eval_gegenbauer,
    "n alpha x",
    [N, ALPHA, unit],
    x=lambda g, n, alpha, x: g * (2 * alpha * special.eval_gegenbauer(n - 1, alpha + 1, x)),
)
row(
    special.eval_jacobi,
    "n alpha beta x",
    [N, ALPHA, BETA, unit],
    x=lambda g, n, alpha, beta, x: (
        g * ((n + alpha + beta + 1) / 2 * special.eval_jacobi(n - 1, alpha + 1, beta + 1, x))
    ),
)
row(
    special.eval_sh_jacobi,
    "n p q x",
    [N, C, BETA, share],
    x=lambda g, n, p, q, x: g * (n * special.eval_sh_jacobi(n - 1, p + 2, q + 1, x)),
)
row(special.eval_laguerre, "n x", [N, positive], x=lambda g, n, x: -g * special.eval_genlaguerre(n - 1, 1.0, x))
row(
    special.eval_genlaguerre,
    "n alpha x",
    [N, ALPHA, positive],
    x=lambda g, n, alpha, x: -g * special.eval_genlaguerre(n - 1, alpha + 1, x),
)
row(special.eval_hermite, "n x", [number(3), normal], x=lambda g, n, x: g * (2 * n * special.eval_hermite(less(n), x)))
row(
    special.eval_hermitenorm,
    "n x",
    [number(3), normal],
    x=lambda g, n, x: g * (n * special.eval_hermitenorm(less(n), x)),
)
row(
    special.lpmv,
    "m v x",
    [number(1.0), N, unit],
    x=lambda g, m, v, x, out: g * ((v * x * out - (v + m) * special.lpmv(m, v - 1, x)) / (x * x - 1)),
)

# Exponential integrals, and what else is an integral or an inverse of elementary functions

row(special.exp1, "x", [positive], x=lambda g, x: -g * (np.exp(-x) / x))
row(special.expi, "x", [nonzero], x=lambda g, x: g * (np.exp(x) / x))
row(special.expn, "n x", [number(2.0), positive], x=lambda g, n, x, out: g * expn_slope(n, x, out))
row(special.spence, "z", [positive], z=lambda g, z: g * spence_slope(z))
row(special.wrightomega, "z", [normal], z=lambda g, out: g * (out / (1 + out)))
row(
    special._ufuncs._lambertw,  # which special.lambertw calls
    "z k tol",
    [positive, number(0), number(1e-8)],
    z=lambda g, out: g * (np.exp(-out) / (1 + out)),
)
row(
    special.tklmbda,
    "x lmbda",
    [unit, number(0.5)],
    x=lambda g, x, lmbda, out: g * tukey_density(x, out, lmbda),
)


def expn_slope(n, x, out):
    """The derivative of expn(n, x); of n = 0, which is exp(-x) / x, by itself."""
    return np.where(n > 0, -special.expn(less(n), x), -(np.exp(-x) + out) / x)


def spence_slope(z):
    """log(z) / (1 - z), which is smooth at 1."""
    near = np.abs(z - 1) < 0.5
    beside = np.where(near, 2, z)
    series = -special.hyp2f1(like(1, z), like(1, z), like(2, z), np.where(near, 1 - z, 0))
    return np.where(near, series, np.log(beside) / (1 - beside))


def tukey_density(x, p, lmbda):
    """The derivative of the Tukey lambda distribution, whose value is p; it ends at 1 / lmbda, if that is positive."""
    beyond = np.abs(x) * lmbda > 1
    p = np.where(beyond, 0.5, p)
    return np.where(beyond, 0, 1 / (p ** (lmbda - 1) + (1 - p) ** (lmbda - 1)))
