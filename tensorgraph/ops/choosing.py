"""NumPy's functions that choose, element by element, between arrays or functions."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable

import numpy as np

from ..core import implements, op, plain, samples_of
from ..errors import ArgumentError, DTypeError, ShapeError
from .indexing import getitem, scatter, where
from .operands import as_operand, as_operands
from .rearranging import broadcast_arrays
from .shaping import astype, broadcast_to


@implements(np.select)
def select(condlist, choicelist, default=0):
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ArgumentError(f"np.select: got {len(condlist)} conditions and {len(choicelist)} choices; give as many")
    conditions = [as_operand(condition) for condition in condlist]
    if wrong := [condition.dtype for condition in conditions if condition.dtype != bool]:
        raise DTypeError(f"np.select: conditions must be booleans; got {wrong[0]}")
    *choices, result = as_operands([*choicelist, default])
    dtype = np.result_type(result.dtype, *[choice.dtype for choice in choices])
    *_, result = broadcast_arrays(*conditions, *choices, result)
    result = astype(result, dtype)
    for condition, choice in zip(reversed(conditions), reversed(choices)):
        result = where(condition, choice, result)
    return result


@samples_of(select)
def _(n, draw):
    yield [draw.mask(n, 3), draw.mask(3)], [draw(n, 3), draw(n, 1)]
    yield [draw.mask(n, 3)], [draw(3)], 2.5
    yield [draw.mask(n, 3), draw.mask(n, 3)], [1.5, draw(n, 3)], {"default": -2.5}
    yield [draw.mask(n), draw.mask(n)], [draw(n), 2]


@op()
def choose(*choices, a, mode="raise"):
    """For each element of ``a`` the element at the same place of the choice that it numbers."""
    return np.choose(a, choices, mode=mode)


@choose.grad("choices")
def choose_dchoices(g, choices_shape, a, mode):
    count = len(choices_shape)
    number = np.clip(a, 0, count - 1) if mode == "clip" else a % count
    return [np.where(number == k, g, 0) for k in range(count)]


@choose.samples
def _(n, draw):
    yield draw(n, 3), draw(n, 3), {"a": draw.integers(2, n, 3)}
    yield draw(n, 1), draw(3), draw(), {"a": draw.integers(3, 3)}
    yield draw(n, 3), draw(n, 3), draw(n, 3), {"a": np.array([-4, 5, 1]), "mode": "wrap"}
    yield draw(n, 3), draw(n, 3), draw(n, 3), {"a": np.array([-4, 5, 1]), "mode": "clip"}


@implements(np.choose)
def numpy_choose(a, choices, *, mode="raise"):
    choices = list(choices) if isinstance(choices, list | tuple) else np.unstack(choices)
    return choose(*as_operands(choices), a=as_operand(a), mode=mode)


@samples_of(numpy_choose)
def _(n, draw):
    yield draw.integers(2, n, 3), [draw(n, 3), draw(3)]
    yield draw.integers(3, n), draw(3, n)
    yield np.array([-4, 5, 1]), (draw(n, 3), draw(n, 3), draw()), {"mode": "wrap"}
    yield np.array([-4, 5, 1]), (draw(n, 3), 1.5, draw()), {"mode": "clip"}


@implements(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    conditions = _conditions(condlist, x)
    if len(funclist) == len(conditions) + 1:  # the last function is for where no condition holds
        conditions.append(~functools.reduce(operator.or_, conditions))
    if len(funclist) != len(conditions):
        count = len(conditions)
        raise ArgumentError(f"np.piecewise: {count} conditions go with {count} or {count + 1} functions")
    result = where(False, x, np.zeros_like(plain(x)))  # on the graph, whatever the functions are
    for condition, function in zip(conditions, funclist):
        spread = condition.reshape((*condition.shape, *(1,) * (x.ndim - condition.ndim)))
        if not isinstance(function, Callable):
            part = function
        elif condition.any():
            chosen = getitem(x, condition)
            part = as_operands([chosen, function(chosen, *args, **kw)])[1]
            part = scatter(broadcast_to(astype(part, x.dtype), chosen.shape), condition, x.shape)
        else:
            continue
        result = where(spread, astype(as_operands([x, part])[1], x.dtype), result)
    return result


def _conditions(condlist, x):
    """The conditions, one or a list of them, as arrays of booleans that index ``x``."""
    condlist = plain(condlist)
    if _is_scalar(condlist) or x.ndim and _is_scalar(condlist[0]):
        condlist = [condlist]
    conditions = [(each if hasattr(each, "astype") else np.asarray(each)).astype(bool) for each in condlist]
    if wrong := [c.shape for c in conditions if c.shape != x.shape[: c.ndim]]:
        raise ShapeError(f"np.piecewise: a condition of shape {wrong[0]} does not index an array of shape {x.shape}")
    return conditions


def _is_scalar(value):
    return not isinstance(value, list | tuple) and not getattr(value, "ndim", 0)


@samples_of(piecewise)
def _(n, draw):
    x = draw.nonzero(n, 3)
    yield x, [x < 0, x > 0], [np.sin, lambda v: v * v]
    yield x, [x < -1, x < 0], [lambda v, power: np.sin(v) * power, -2.5, lambda v, power: v**power], 3
    yield x, [x < 1, x < 0], [np.cos, np.exp]
    yield x, [x < -9], [np.sin]
    yield x, [draw.mask(n)], [np.sin, lambda v: v[:, ::-1]]
    x = draw.nonzero(n + 1)
    yield x, x > 0, [lambda v, *, scale: v * scale], {"scale": 2.0}
    yield draw.nonzero(), [True], [np.sin]
