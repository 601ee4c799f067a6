"""Elementwise functions."""

from hypothesis import strategies as st

from ..drawing import one, several
from ..rows import BOTH, Row

INTEGERS = st.integers(-3, 3)


def unary(name, domain="normal", **more):
    return Row(name, one(), domain, **more)


def binary(name, domain="normal", **more):
    return Row(name, several(), domain, mixed=True, **more)


ROWS = [
    # arithmetic
    binary("add", complex=BOTH),
    binary("subtract", complex=BOTH),
    binary("multiply", complex=BOTH),
    binary("divide", "nonzero", complex=BOTH),
    binary("true_divide", "nonzero", complex=BOTH),
    binary("power", ("positive", "normal"), torch=lambda t, x, y: t.pow(x, y), complex=BOTH),
    binary("pow", ("positive", "normal"), complex=BOTH),
    binary("float_power", ("positive", "normal"), complex=BOTH),
    binary("remainder", "nonzero"),
    binary("mod", "nonzero", torch=lambda t, x, y: t.remainder(x, y)),
    binary("fmod", "nonzero"),
    binary("divmod", "nonzero", torch=lambda t, x, y: (t.floor(x.detach() / y.detach()), t.remainder(x, y))),
    unary("negative", complex=BOTH),
    unary("positive", complex=BOTH),
    unary("reciprocal", "nonzero", complex=BOTH),
    unary("square", complex=BOTH),
    unary("sqrt", "positive", complex=BOTH),
    unary("cbrt", "positive", torch=None),
    unary("absolute", "nonzero", complex=BOTH),
    unary("abs", "nonzero", complex=BOTH),
    unary("fabs", "nonzero", torch=lambda t, x: t.abs(x)),
    unary("sign", "nonzero", torch=lambda t, x: t.sgn(x), complex="torch"),
    unary("conjugate", torch=lambda t, x: t.conj(x), complex=BOTH),
    unary("conj", complex=BOTH),
    unary("real", complex=BOTH),
    unary("imag", torch=lambda t, x: t.imag(x + 0j), jax=lambda n, x: n.imag(x + 0j), complex=BOTH),
    unary("angle", "nonzero", complex=BOTH),
    unary("nan_to_num", "nan"),
    unary("real_if_close", complex="", torch=lambda t, x: x * 1, jax=None),
    # exponentials and logarithms
    unary("exp", complex=BOTH),
    unary("exp2", complex="jax"),
    unary("expm1", complex=BOTH),
    unary("log", "positive", complex=BOTH),
    unary("log2", "positive", complex=BOTH),
    unary("log10", "positive", complex=BOTH),
    unary("log1p", "positive", complex=BOTH),
    binary("logaddexp"),
    binary("logaddexp2"),
    # trigonometric and hyperbolic
    unary("sin", complex=BOTH),
    unary("cos", complex=BOTH),
    unary("tan", "unit", complex=BOTH),
    unary("arcsin", "unit", complex=BOTH),
    unary("asin", "unit", complex=BOTH),
    unary("arccos", "unit", complex=BOTH),
    unary("acos", "unit", complex=BOTH),
    unary("arctan", complex=BOTH),
    unary("atan", complex=BOTH),
    unary("sinh", complex=BOTH),
    unary("cosh", complex=BOTH),
    unary("tanh", complex=BOTH),
    unary("arcsinh", complex=BOTH),
    unary("asinh", complex=BOTH),
    unary("arccosh", "large", complex=BOTH),
    unary("acosh", "large", complex=BOTH),
    unary("arctanh", "unit", complex=BOTH),
    unary("atanh", "unit", complex=BOTH),
    unary("deg2rad"),
    unary("radians", torch=lambda t, x: t.deg2rad(x)),
    unary("rad2deg"),
    unary("degrees", torch=lambda t, x: t.rad2deg(x)),
    unary("sinc", "nonzero"),
    unary("i0"),
    binary("hypot", "nonzero"),
    binary("arctan2", "nonzero"),
    binary("atan2", "nonzero"),
    # choices
    binary("maximum"),
    binary("minimum"),
    binary("fmax"),
    binary("fmin"),
    binary("copysign", "nonzero"),
    Row("clip", one(min=st.just(-0.5), max=st.sampled_from([None, 0.7]))),
    Row("where", several(2), call=lambda m, x, y: m.where(x > y, x * y, y - x)),
    Row("nan_to_num", one(nan=st.just(0.5)), "nan"),
    # parts of floating point numbers
    unary("modf", torch=lambda t, x: (t.frac(x), t.trunc(x))),
    unary("frexp", "nonzero", torch=lambda t, x: t.frexp(x)[0], jax=None, call=lambda m, x: m.frexp(x)[0]),
    Row("ldexp", one(n=INTEGERS), call=lambda m, x, n: m.ldexp(x, n), torch=lambda t, x, n: x * 2.0**n),
]
