"""Functions that take floating point numbers apart and put them together: signs, exponents, whole parts, neighbours.

Through those that round, and those that ask what a number is, no gradient flows.
"""

from __future__ import annotations

import numpy as np

from ..core import constant, implements, op, refuse, samples_of, ufunc, wrap
from ..errors import UnsupportedFunctionError

constant(
    np.round, np.around, np.fix, np.spacing, np.isnat, np.bitwise_count, np.isposinf, np.isneginf, np.isreal,
    np.iscomplex, np.can_cast, np.common_type, np.min_scalar_type, np.packbits, np.unpackbits,
)  # fmt: skip
refuse(
    "takes dates, and a tensor holds numbers. Use an array of datetime64",
    np.busday_count, np.busday_offset, np.is_busday, np.datetime_as_string, np.datetime_data,
)  # fmt: skip
refuse(
    "a file keeps values and no graph. Save the values, t.numpy(), or all of a net with tensorgraph.io",
    np.save, np.savez, np.savez_compressed, np.savetxt,
)  # fmt: skip

# The sign of x counts as constant, and so does y but for where it is the value.

copysign = ufunc(np.copysign, x=lambda g, x, out: g * (np.sign(x) * np.sign(out)), y=lambda g: np.zeros_like(g))
heaviside = ufunc(np.heaviside, x=lambda g: np.zeros_like(g), y=lambda g, x: g * (x == 0))
nextafter = ufunc(np.nextafter, x=lambda g: g, y=lambda g: np.zeros_like(g))
modf = ufunc(np.modf, aux="whole", x=lambda g: g)
frexp = ufunc(np.frexp, aux="exponent", x=lambda g, x: np.ldexp(g, -np.frexp(x)[1]))
ldexp = ufunc(np.ldexp, x=lambda g, y: np.ldexp(g, y))

copysign.branches(lambda x, y: [np.signbit(x), np.signbit(y)])
heaviside.branches(lambda x, y: np.sign(x))
modf.branches(lambda x: np.trunc(x))
frexp.branches(lambda x: np.frexp(x)[1])


@copysign.samples
@nextafter.samples
def _(n, draw):
    yield draw.nonzero(n, 3), draw.nonzero(n, 3)
    yield draw.nonzero(n, 1), draw.nonzero(2, 1, 3)
    yield draw.nonzero(), 2.5


@heaviside.samples
def _(n, draw):
    yield draw.nonzero(n, 3), draw(n, 3)
    yield draw.nonzero(n, 1), draw(2, 1, 3)
    yield draw.constant(np.zeros((n, 3))), draw(3)


@modf.samples
@frexp.samples
def _(n, draw):
    yield (draw.distinct(n, 3),)
    yield (draw.nonzero(),)


@ldexp.samples
def _(n, draw):
    yield draw(n, 3), draw.integers(5, n, 3)
    yield draw(n, 1), np.array([-2, 0, 3])
    yield draw(), 2


@op(aux="quotient")
def remainder_and_quotient(x, y):
    """What ``divmod`` gives, the differentiable part first."""
    quotient, rest = np.divmod(x, y)
    return rest, quotient


remainder_and_quotient.grad("x")(lambda g: g)
remainder_and_quotient.grad("y")(lambda g, x, y: -g * np.floor_divide(x, y))
remainder_and_quotient.branches(lambda x, y: np.floor_divide(x, y))


@implements(np.divmod)
def divmod(x1, x2):
    """The quotient rounded down, through which no gradient flows, and the remainder."""
    rest, quotient = remainder_and_quotient(x1, x2)
    return wrap(quotient), rest


@remainder_and_quotient.samples
@samples_of(divmod)
def _(n, draw):
    yield draw.nonzero(n, 3), draw.positive(n, 3)
    yield draw.nonzero(n, 3), 2.5


@implements(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """Numbers in place of NaN and infinity. What was replaced has no gradient."""
    if not copy:
        raise UnsupportedFunctionError(
            "np.nan_to_num: copy=False would overwrite the tensor. Use the result that is returned"
        )
    if x.dtype.kind == "c":
        real, imag = (nan_to_num(part, True, nan, posinf, neginf) for part in (x.real, x.imag))
        return real + 1j * imag
    if x.dtype.kind != "f":
        return +x
    limits = np.finfo(x.dtype)
    above = float(limits.max) if posinf is None else posinf
    below = float(limits.min) if neginf is None else neginf
    finite = np.where(np.isposinf(x), above, np.where(np.isneginf(x), below, x))
    return np.where(np.isnan(x), nan, finite)


@samples_of(nan_to_num)
def _(n, draw):
    yield (draw(n, 3),)
    yield draw(n, 3), {"nan": 1.5, "posinf": 2.5, "neginf": -2.5}
