"""NumPy's elementwise functions: one row each, the rules side by side.

``g`` is the gradient of the output; ``x`` and ``y`` are the inputs. Broadcasting and promotion are the engine's affair.
Values at ties and singular points are those of PyTorch (see docs/conventions.md).
"""

from __future__ import annotations

import math

import numpy as np

from ..core import OPS, Op, Tensor, constant, method, op, ufunc
from .activations import sigmoid

LN2, LN10 = math.log(2), math.log(10)
DEGREE = math.pi / 180

# Arithmetic

ufunc(np.add,         x=lambda g: g,                y=lambda g: g)
ufunc(np.subtract,    x=lambda g: g,                y=lambda g: -g)
ufunc(np.multiply,    x=lambda g, y: g * y,         y=lambda g, x: g * x)
ufunc(np.divide,      x=lambda g, y: g / y,         y=lambda g, y, out: -g * out / y)
ufunc(np.remainder,   x=lambda g: g,                y=lambda g, x, y: -g * np.floor_divide(x, y))
ufunc(np.fmod,        x=lambda g: g,                y=lambda g, x, y, out: -g * np.rint((x - out) / y))
ufunc(np.negative,    x=lambda g: -g)
ufunc(np.positive,    x=lambda g: g)
ufunc(np.reciprocal,  x=lambda g, out: -g * out * out)
ufunc(np.square,      x=lambda g, x: g * (2 * x))
ufunc(np.sqrt,        x=lambda g, out: g * 0.5 / out)
ufunc(np.cbrt,        x=lambda g, out: g / (3 * out * out))
ufunc(np.absolute,    x=lambda g, x: g * np.sign(x).conj())
ufunc(np.fabs,        x=lambda g, x: g * np.sign(x))
ufunc(np.conjugate,   x=lambda g: g.conj())
sign = ufunc(np.sign)
power = ufunc(np.power)


@sign.grad("x")
def sign_dx(g, x, out):
    if x.dtype.kind != "c":
        return np.zeros_like(g)
    radius = np.abs(x)  # a complex x / |x| turns as x turns; along its own direction, and at 0, the gradient is 0
    return (g - out.conj() ** 2 * g.conj()) * ((radius != 0) * 0.5 / (radius + (radius == 0)))


@power.grad("x")
def power_dx(g, x, y):
    # y - (y != 0): at y = 0 the exponent stays 0, and 0 * x**0 is 0 even at x = 0; booleans cannot be subtracted
    less = 0 if getattr(y, "dtype", None) == np.bool_ else y - (y != 0)
    return g * (y * x**less)


@power.grad("y")
def power_dy(g, x, y, out):
    # adding zeros of the result's shape gives a plain number x the dtype that its logarithm must have
    base = x + np.zeros_like(out)
    flat = (base == 0) & (y >= 0)
    return g * np.where(flat, 0, out * np.log(np.where(flat, 1, base)))


# Exponentials and logarithms

ufunc(np.exp,         x=lambda g, out: g * out)
ufunc(np.exp2,        x=lambda g, out: g * (out * LN2))
ufunc(np.expm1,       x=lambda g, out: g * (out + 1))
ufunc(np.log,         x=lambda g, x: g / x)
ufunc(np.log2,        x=lambda g, x: g / (x * LN2))
ufunc(np.log10,       x=lambda g, x: g / (x * LN10))
ufunc(np.log1p,       x=lambda g, x: g / (x + 1))
ufunc(np.logaddexp,   x=lambda g, x, y: g * sigmoid(apart(x, y)),        y=lambda g, x, y: g * sigmoid(apart(y, x)))
ufunc(np.logaddexp2,  x=lambda g, x, y: g * sigmoid(LN2 * apart(x, y)),  y=lambda g, x, y: g * sigmoid(LN2 * apart(y, x)))


def apart(x, y):
    """x - y, and 0 of an infinity and itself: each of two that are equal has half of their sum."""
    tie = np.isinf(x) & (x == y)
    finite = np.where(tie, 0, x)
    return finite - np.where(tie, finite, y)


# Trigonometric and hyperbolic

ufunc(np.sin,         x=lambda g, x: g * np.cos(x))
ufunc(np.cos,         x=lambda g, x: -g * np.sin(x))
ufunc(np.tan,         x=lambda g, out: g * (1 + out * out))
ufunc(np.arcsin,      x=lambda g, x: g / np.sqrt((1 - x) * (1 + x)))
ufunc(np.arccos,      x=lambda g, x: -g / np.sqrt((1 - x) * (1 + x)))
ufunc(np.arctan,      x=lambda g, x: g / (1 + x * x))
ufunc(np.sinh,        x=lambda g, x: g * np.cosh(x))
ufunc(np.cosh,        x=lambda g, x: g * np.sinh(x))
ufunc(np.tanh,        x=lambda g, out: g * (1 - out * out))
ufunc(np.arcsinh,     x=lambda g, x: g / np.sqrt(x * x + 1))
ufunc(np.arccosh,     x=lambda g, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)))
ufunc(np.arctanh,     x=lambda g, x: g / ((1 - x) * (1 + x)))
ufunc(np.deg2rad,     x=lambda g: g * DEGREE)
ufunc(np.radians,     x=lambda g: g * DEGREE)
ufunc(np.rad2deg,     x=lambda g: g / DEGREE)
ufunc(np.degrees,     x=lambda g: g / DEGREE)
ufunc(np.hypot,       x=lambda g, x, out: g * (x / (out + (out == 0))),  y=lambda g, y, out: g * (y / (out + (out == 0))))
arctan2 = ufunc(np.arctan2)


def radius(x, y):
    """The distance from the origin, and 1 at it, where the angle's gradient is 0 by convention."""
    distance = np.hypot(x, y)
    return distance + (distance == 0)


arctan2.grad("x")(lambda g, x, y: g * (y / radius(x, y) / radius(x, y)))
arctan2.grad("y")(lambda g, x, y: -g * (x / radius(x, y) / radius(x, y)))

# Choices: the input that was chosen gets the gradient, at a tie each gets half. (fmax and fmin pass over NaN.)


def share(g, wins, tie):
    """``g`` where this input wins, half of it at a tie; masks multiply ``g`` one by one so that its dtype is kept."""
    return g * wins + 0.5 * (g * tie)


ufunc(np.maximum,     x=lambda g, x, y: share(g, (x > y) | (x != x), x == y),
                      y=lambda g, x, y: share(g, (y > x) | (y != y), x == y))
ufunc(np.minimum,     x=lambda g, x, y: share(g, (x < y) | (x != x), x == y),
                      y=lambda g, x, y: share(g, (y < x) | (y != y), x == y))
ufunc(np.fmax,        x=lambda g, x, y: share(g, (x > y) | (y != y), x == y),
                      y=lambda g, x, y: share(g, (y > x) | (x != x), x == y))
ufunc(np.fmin,        x=lambda g, x, y: share(g, (x < y) | (y != y), x == y),
                      y=lambda g, x, y: share(g, (y < x) | (x != x), x == y))

# Piecewise constant or not numbers at all: no gradient flows through them

constant(
    np.floor, np.ceil, np.trunc, np.rint, np.signbit,
    np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal,
    np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.isnan, np.isinf, np.isfinite,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.gcd, np.lcm,
    np.argmax, np.argmin, np.argsort, np.count_nonzero, np.any, np.all, np.nonzero, np.flatnonzero, np.isclose,
    np.allclose, np.array_equal, np.shape, np.ndim, np.size, np.result_type, np.may_share_memory, np.shares_memory,
    np.zeros_like, np.ones_like, np.empty_like, np.searchsorted, np.digitize,
    np.array2string, np.array_repr, np.array_str, np.isscalar, np.iscomplexobj, np.isrealobj,
)  # fmt: skip


@method
def conj(self):
    """The complex conjugate; of a real tensor the tensor itself."""
    return np.conjugate(self) if self.dtype.kind == "c" else self


@op(np.real)
def real(val):
    """The real part of complex numbers."""
    return val.real


@op(np.imag)
def imag(val):
    """The imaginary part of complex numbers."""
    return val.imag


real.grad("val")(lambda g: g)  # the engine casts it to a complex input's dtype


@imag.grad("val")
def imag_dval(g, val):
    return g * -1j if val.dtype.kind == "c" else np.zeros_like(g)


Tensor.real = property(lambda self: real(self) if self.dtype.kind == "c" else self, doc="The real part.")
Tensor.imag = property(lambda self: imag(self), doc="The imaginary part.")


@real.samples
@imag.samples
def _(n, draw):
    yield (draw(n, 3),)


# What they are tested on

POSITIVE, UNIT, NONZERO, LARGE = "positive", "unit", "nonzero", "large"
DOMAINS = {
    np.divide: NONZERO, np.remainder: NONZERO, np.fmod: NONZERO, np.power: POSITIVE, np.reciprocal: NONZERO,
    np.sqrt: POSITIVE, np.cbrt: POSITIVE, np.absolute: NONZERO, np.fabs: NONZERO, np.sign: NONZERO,
    np.log: POSITIVE, np.log2: POSITIVE, np.log10: POSITIVE, np.log1p: POSITIVE, np.tan: UNIT,
    np.arcsin: UNIT, np.arccos: UNIT, np.arctanh: UNIT, np.arccosh: LARGE, np.hypot: NONZERO, np.arctan2: NONZERO,
}  # fmt: skip

OTHERS = {  # further samples
    np.power: lambda x, draw: (x, draw.mask(*x.shape)),
    np.logaddexp: lambda x, draw: (x, x.copy()),  # no kink, other than that of np.maximum
}


def _sample(of: Op) -> None:
    domain = DOMAINS.get(of.forward, "normal")

    @of.samples
    def samples(n, draw):
        draw = getattr(draw, domain)
        if len(of.params) == 1:
            yield (draw(n, 3),)
            yield (draw(),)
        else:
            yield draw(n, 3), draw(n, 3)
            yield draw(n, 3), draw(3)
            yield draw(n, 1), draw(2, 1, 3)
            yield draw(), draw(n)
            yield draw(n, 2), 2.5
            yield 1.5, draw(n, 2)
        if of.forward in OTHERS:
            yield OTHERS[of.forward](draw(n, 3), draw)


for each in [each for each in OPS.values() if isinstance(each, Op) and isinstance(each.forward, np.ufunc)]:
    _sample(each)

for each in (np.absolute, np.fabs, np.sign):
    OPS[each].branches(lambda x: x > 0)
for each in (np.maximum, np.minimum, np.fmax, np.fmin):
    OPS[each].branches(lambda x, y: np.greater(x, y))
OPS[np.remainder].branches(lambda x, y: np.floor_divide(x, y))
OPS[np.fmod].branches(lambda x, y: np.rint((x - np.fmod(x, y)) / y))
