"""What to do about a NaN or an Inf, by the op that made it and by what it was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..operands import Operand

Given = Mapping[str, Operand]


def _log(x: Operand) -> str:
    if x.at == 0:
        return "log(0) is -inf. Keep the argument above 0, as in np.log(x + eps), or use log_softmax or softmax_loss"
    return "The log of a negative number is nan. Look at what makes it negative"


def _exp(dtype: np.dtype) -> str:
    top = float(np.log(np.finfo(dtype).max))
    return (
        f"exp overflows {dtype} above {top:.4g}. Subtract the maximum first, or use logsumexp, softmax or softmax_loss"
    )


def _divide(y: Operand) -> str:
    if y.zeros:
        return (
            f"The denominator has {y.zeros} zero{'s'[: y.zeros > 1]}. Add a small number to it, or make it safe "
            "before dividing: x / np.where(y == 0, 1, y)"
        )
    return "The denominator is too small for the dtype"


def _power(x: Operand, y: Operand) -> str:
    if x.at == 0:
        return "A negative power of 0 is inf. Keep the base above 0"
    if x.at is not None and x.at < 0 and y.at is not None and y.at != round(float(y.at)):
        return "A broken power of a negative number is nan. Keep the base above 0"
    return ""


FORWARD: dict[str, Callable[[Given, np.dtype], str]] = {
    **dict.fromkeys(("log", "log2", "log10"), lambda given, dtype: _log(given["x"])),
    "log1p": lambda given, dtype: "log1p is finite above -1 only. Look at what makes its argument so small",
    **dict.fromkeys(("exp", "exp2", "expm1", "sinh", "cosh"), lambda given, dtype: _exp(dtype)),
    "divide": lambda given, dtype: _divide(given["y"]),
    "reciprocal": lambda given, dtype: _divide(given["x"]),
    "sqrt": lambda given, dtype: "The root of a negative number is nan. Look at what makes it negative",
    "power": lambda given, dtype: _power(given["x"], given["y"]),
    "arccosh": lambda given, dtype: "arccosh is defined from 1 on",
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), lambda given, dtype: "It is defined within [-1, 1] only"),
    "optimizer": lambda given, dtype: (
        "The step is too large. Lower the learning rate, or clip gradients with optim.clip_grad_norm"
    ),
}
"""By the name of what made a bad value."""

SLOPE_AT_0 = ("sqrt", "power", "cbrt", "log", "log2", "log10", "divide", "reciprocal")
NAN_OF_INF = {
    "subtract": "inf - inf is nan",
    "add": "inf + -inf is nan",
    "sum": "inf + -inf is nan",
    "multiply": "0 * inf is nan",
    "divide": "inf / inf is nan",
}


def hint(kind: str, value: Any, dtype: np.dtype, operands: Sequence[Operand]) -> str:
    """What to do about a bad value that was made of finite ones; empty when there is nothing to say.

    kind  the name of the op; with ' at its end, a rule of it; or optimizer
    """
    given = {operand.name: operand for operand in operands}
    if kind.endswith("'"):
        return _of_rule(kind[:-1], value, given) or _of_range(value, dtype)
    said = FORWARD[kind](given, dtype) if kind in FORWARD else ""
    return said or _of_range(value, dtype)


def hint_of_nan(kind: str) -> str:
    """How an op or a rule made nan of inf."""
    return "0 * inf or inf - inf is nan" if kind.endswith("'") else NAN_OF_INF.get(kind, "")


def _of_rule(op: str, value: Any, given: Given) -> str:
    zero = any(operand.at == 0 for name, operand in given.items() if name != "g")
    if op not in SLOPE_AT_0 or not zero:
        return ""
    if np.isnan(value) and given["g"].at == 0:
        return (
            f"The gradient is 0 here, as behind np.where, and the slope of {op} at 0 is infinite: 0 * inf is nan. Make "
            f"the argument safe before {op}: np.{op}(np.where(x > 0, x, 1)), then choose"
        )
    return f"The slope of {op} at 0 is infinite. Keep the argument away from 0, as in np.{op}(x + eps)"


def _of_range(value: Any, dtype: np.dtype) -> str:
    if not np.isinf(value):
        return ""
    top = np.finfo(dtype).max
    advice = "compute it in float32, or scale it down" if dtype == np.float16 else "scale it down"
    return f"It is beyond {float(top):.6g}, the largest {dtype}: {advice}"
