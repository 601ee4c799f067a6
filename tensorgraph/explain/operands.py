"""The operands of a recorded op or rule, by name, and in what range their values lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..core import Op, Tensor, plain
from ..recording import Call, Pull


class Operand(NamedTuple):
    """An array that an op, a rule or an optimizer worked on.

    name         of the parameter of the op; ``g`` is the gradient that a rule takes
    shape        with its dtype
    low, high    least and largest finite value; None when there is none, and for complex numbers
    zeros        how many elements are 0; nan, inf: how many are that
    at           the value that belongs to the first bad element of the result, where one does
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    low: Any
    high: Any
    zeros: int
    nan: int
    inf: int
    at: Any

    def __str__(self) -> str:
        facts = [] if self.low is None else [f"in [{self.low:.6g}, {self.high:.6g}]"]
        facts += [f"{count} {what}" for count, what in ((self.nan, "nan"), (self.inf, "inf")) if count]
        if self.zeros:
            facts.append(f"{self.zeros} zero{'s'[: self.zeros > 1]}")
        if self.at is not None and self.shape:
            facts.append(f"{self.at:.6g} there")
        return f"{self.name} {self.shape} {self.dtype}: {', '.join(facts)}"


def look_at(name: str, value: Any, shape: tuple[int, ...], index: tuple[int, ...]) -> Operand:
    """What is to be said of an operand of a result of this shape, whose first bad element is at ``index``."""
    array = np.asarray(value)
    finite = array[np.isfinite(array)]
    real = array.dtype.kind in "biuf" and finite.size
    low, high = (finite.min(), finite.max()) if real else (None, None)
    zeros, nan, inf = (int(np.count_nonzero(chosen)) for chosen in (array == 0, np.isnan(array), np.isinf(array)))
    try:
        at = np.broadcast_to(array, shape)[index]
    except ValueError:  # a matrix product, a sum: no one element belongs to one of the result
        at = None
    return Operand(name, array.shape, array.dtype, low, high, zeros, nan, inf, at)


def arguments(call: Call) -> Iterator[tuple[str, Any]]:
    """The arrays, tensors and numbers that an op was applied to, each with its name."""
    for name, value in zip(argument_names(call), call.args):
        for part in _parts(value):
            yield name, part


def argument_names(call: Call) -> list[str]:
    """What each argument of a call is called."""
    if not isinstance(call.op, Op):
        return [f"argument {i}" for i in range(len(call.args))]
    return call.op.frame_names(len(call.args))[: len(call.args)]


def needs_of(pull: Pull) -> list[str]:
    """Names of what the rule saw besides the gradient."""
    return next(needs for inputs, (_, needs) in pull.node.op.rules.items() if pull.argument in inputs)


def of_rule(pull: Pull, call: Call | None) -> Iterator[tuple[str, Any]]:
    """What a rule saw besides the gradient, as far as it is recorded: arguments of its op, and the output."""
    if call is None:
        return
    needs = needs_of(pull)
    for name, part in arguments(call):
        if name in needs:
            yield name, part
    if "out" in needs:
        yield "out", call.value


def _parts(value: Any) -> list[Any]:
    """The arrays, tensors and floats in an argument: itself, or what a tuple or list holds."""
    if isinstance(value, tuple | list):
        return [part for item in value for part in _parts(item)]
    array = plain(value)
    numbers = isinstance(array, np.ndarray | np.generic) and array.dtype.kind in "biufc"
    return [value] if numbers or isinstance(value, Tensor | float | complex) else []
