"""Bessel functions and their kin: derivatives by the argument, from those of neighbouring orders."""

from __future__ import annotations

import math

import numpy as np

from .rows import like, nonzero, normal, number, positive, row, special

jv, yv, iv, kv = special.jv, special.yv, special.iv, special.kv

row(special.j0, "x", [normal], x=lambda g, x: -g * special.j1(x))
row(special.j1, "x", [normal], x=lambda g, x: g * (special.j0(x) - jv(2.0, x)) / 2)
row(special.y0, "x", [positive], x=lambda g, x: -g * special.y1(x))
row(special.y1, "x", [positive], x=lambda g, x: g * (special.y0(x) - yv(2.0, x)) / 2)
row(special.i0, "x", [normal], x=lambda g, x: g * special.i1(x))
row(special.i1, "x", [normal], x=lambda g, x: g * (special.i0(x) + iv(2.0, x)) / 2)
row(special.k0, "x", [positive], x=lambda g, x: -g * special.k1(x))
row(special.k1, "x", [positive], x=lambda g, x: -g * (special.k0(x) + kv(2.0, x)) / 2)
row(special.i0e, "x", [nonzero], x=lambda g, x, out: g * (special.i1e(x) - np.sign(x) * out))
row(
    special.i1e,
    "x",
    [nonzero],
    x=lambda g, x, out: g * ((special.i0e(x) + special.ive(2.0, x)) / 2 - np.sign(x) * out),
)
row(special.k0e, "x", [positive], x=lambda g, x, out: g * (out - special.k1e(x)))
row(special.k1e, "x", [positive], x=lambda g, x, out: g * (out - (special.k0e(x) + special.kve(2.0, x)) / 2))

ORDER = number(1.5)
row(jv, "v z", [ORDER, positive], z=lambda g, v, z: g * (jv(v - 1, z) - jv(v + 1, z)) / 2)
row(yv, "v z", [ORDER, positive], z=lambda g, v, z: g * (yv(v - 1, z) - yv(v + 1, z)) / 2)
row(iv, "v z", [ORDER, positive], z=lambda g, v, z: g * (iv(v - 1, z) + iv(v + 1, z)) / 2)
row(kv, "v z", [ORDER, positive], z=lambda g, v, z: -g * (kv(v - 1, z) + kv(v + 1, z)) / 2)
row(special.yn, "n x", [number(4.0), positive], x=lambda g, n, x: g * (yv(n - 1, x) - yv(n + 1, x)) / 2)
row(special.kn, "n x", [number(3.0), positive], x=lambda g, n, x: -g * (kv(n - 1, x) + kv(n + 1, x)) / 2)
row(
    special.hankel1,
    "v z",
    [ORDER, positive],
    z=lambda g, v, z: g * (special.hankel1(v - 1, z) - special.hankel1(v + 1, z)) / 2,
)
row(
    special.hankel2,
    "v z",
    [ORDER, positive],
    z=lambda g, v, z: g * (special.hankel2(v - 1, z) - special.hankel2(v + 1, z)) / 2,
)
row(
    special.hankel1e,
    "v z",
    [ORDER, positive],
    z=lambda g, v, z, out: g * ((special.hankel1e(v - 1, z) - special.hankel1e(v + 1, z)) / 2 - 1j * out),
)
row(
    special.hankel2e,
    "v z",
    [ORDER, positive],
    z=lambda g, v, z, out: g * ((special.hankel2e(v - 1, z) - special.hankel2e(v + 1, z)) / 2 + 1j * out),
)
row(
    special.kve,
    "v z",
    [ORDER, positive],
    z=lambda g, v, z, out: g * (out - (special.kve(v - 1, z) + special.kve(v + 1, z)) / 2),
)

# Scaled by exp(-|imaginary part|) or exp(-|real part|), these are no analytic functions of a complex number.

row(
    special.jve,
    "v z",
    [ORDER, positive],
    z=lambda g, v, z, out: g * (special.jve(v - 1, z) - special.jve(v + 1, z)) / 2 - by_imaginary_part(z, g * out),
)
row(
    special.yve,
    "v z",
    [ORDER, positive],
    z=lambda g, v, z, out: g * (special.yve(v - 1, z) - special.yve(v + 1, z)) / 2 - by_imaginary_part(z, g * out),
)
row(
    special.ive,
    "v z",
    [ORDER, positive],
    z=lambda g, v, z, out: (
        g * (special.ive(v - 1, z) + special.ive(v + 1, z)) / 2 - np.sign(np.real(z)) * np.real(g * out)
    ),
)


def by_imaginary_part(z, value):
    """What reaches z from ``value`` times the change of |imaginary part of z|."""
    return -1j * (np.sign(np.imag(z)) * np.real(value)) if z.dtype.kind == "c" else 0 * value


# Kelvin, Struve and Airy functions, and integrals of Bessel functions

row(special.ber, "x", [nonzero], x=lambda g, x: g * special.berp(x))
row(special.bei, "x", [nonzero], x=lambda g, x: g * special.beip(x))
row(special.ker, "x", [positive], x=lambda g, x: g * special.kerp(x))
row(special.kei, "x", [positive], x=lambda g, x: g * special.keip(x))
row(special.berp, "x", [nonzero], x=lambda g, x, out: g * (-special.bei(x) - over(out, x, 0)))
row(special.beip, "x", [nonzero], x=lambda g, x, out: g * (special.ber(x) - over(out, x, 0.5)))
row(special.kerp, "x", [positive], x=lambda g, x, out: g * (-special.kei(x) - out / x))
row(special.keip, "x", [positive], x=lambda g, x, out: g * (special.ker(x) - out / x))


def over(value, x, at_zero):
    """value / x, and its limit at 0."""
    return np.where(x == 0, at_zero, value / np.where(x == 0, 1, x))


row(
    special.struve,
    "v x",
    [ORDER, positive],
    x=lambda g, v, x: g * (special.struve(v - 1, x) - special.struve(v + 1, x) + struve_term(v, x)) / 2,
)
row(
    special.modstruve,
    "v x",
    [ORDER, positive],
    x=lambda g, v, x: g * (special.modstruve(v - 1, x) + special.modstruve(v + 1, x) + struve_term(v, x)) / 2,
)
row(special.itstruve0, "x", [positive], x=lambda g, x: g * special.struve(like(0, x), x))
row(special.itmodstruve0, "x", [positive], x=lambda g, x: g * special.modstruve(like(0, x), x))
row(special.it2struve0, "x", [positive], x=lambda g, x: -g * (special.struve(like(0, x), x) / x))
row(
    special.wright_bessel,
    "a b x",
    [number(0.5), number(1.5), positive],
    x=lambda g, a, b, x: g * special.wright_bessel(a, a + b, x),
)
row(
    special.log_wright_bessel,
    "a b x",
    [number(0.5), number(1.5), positive],
    x=lambda g, a, b, x, out: g * np.exp(special.log_wright_bessel(a, a + b, x) - out),
)


def struve_term(v, x):
    """(x / 2)**v / (sqrt(pi) * gamma(v + 3/2))."""
    return (x / 2) ** v * special.rgamma(like(v, x) + 1.5) / math.sqrt(math.pi)
