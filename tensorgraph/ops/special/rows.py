"""What a table of SciPy's functions is made of: a row for each function, and the domains that it is tested on."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import unwrap
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...core import Op, Tensor, plain, ufunc, wrap

loaded = vars(import_module("scipy.special"))  # its functions are what this room is entered for
special = SimpleNamespace(**{name: unwrap(value) for name, value in loaded.items()})
"""SciPy's functions. Under SCIPY_ARRAY_API=1 there are wrappers around its ufuncs; here are the ufuncs themselves."""

NUMERICALLY = (
    "SciPy has no function for it. Pass it detached (t.detach()), or differentiate numerically with "
    "tensorgraph.numeric_op"
)


def row(function: np.ufunc, params: str, domains: list[Callable], /, **rules: Callable) -> Op:
    """An op of a ufunc with a rule for each input that has one, tested on inputs from these domains."""
    reasons = {name: NUMERICALLY for name in params.split() if name not in rules}
    new = ufunc(function, params, reasons=reasons, **rules)

    @new.samples
    def samples(n, draw):
        yield tuple([domain(draw, n, 3) for domain in domains])
        yield tuple([domain(draw) for domain in domains])
        if len(domains) > 1:
            yield tuple([domain(draw, *shape) for domain, shape in zip(domains, ((n, 1), (2, 1, 3), (3,), (n, 1)))])

    return new


def like(value: Any, x: Any) -> Any:
    """A plain number, or integers, as real numbers of the dtype of ``x``; anything else as it is.

    Of float32 beside a plain number, many of SciPy's functions would make float64.
    """
    if hasattr(value, "dtype"):
        return value.astype(x.real.dtype) if value.dtype.kind in "iu" else value
    typed = np.full_like(plain(x).real, value, shape=())
    return wrap(typed) if isinstance(x, Tensor) else typed


def less(n: Any) -> Any:
    """One less, and 0 of 0: many functions have no negative order or degree, and its factor is 0."""
    return n - (n > 0)


# Domains


def normal(draw, *shape):
    return draw(*shape)


def positive(draw, *shape):
    return draw.positive(*shape)


def nonzero(draw, *shape):
    return draw.nonzero(*shape)


def unit(draw, *shape):
    return draw.unit(*shape)


def large(draw, *shape):
    return draw.large(*shape)


def share(draw, *shape):
    """Between 0 and 1."""
    return draw.dtype.type(0.5) + draw.unit(*shape) / 2


def below_zero(draw, *shape):
    return -draw.positive(*shape)


def number(value: float) -> Callable:
    """A number that no gradient is asked of."""
    return lambda draw, *shape: value


def whole(value: int) -> Callable:
    """An array of one integer."""
    return lambda draw, *shape: np.full(shape or 1, value)
