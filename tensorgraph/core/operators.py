"""The operators of Tensor: ``a + b``, ``a += b``, comparisons, ``t[i] = v``. Each looks its op up in the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..config import current
from ..errors import DTypeError, ShapeError
from .memory import WRITES
from .registry import OPS
from .tensor import Tensor, plain
from .writing import write

BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "matmul": np.matmul, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
}  # fmt: skip
COMPARISONS = {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal
}  # fmt: skip
UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}


def _operators(name: str, ufunc: np.ufunc) -> dict[str, Callable]:
    """``a + b``, ``b + a`` reflected, and ``a += b``."""

    def forward(self: Tensor, other: Any) -> Any:
        return OPS[ufunc](self, other)

    def reflected(self: Tensor, other: Any) -> Any:
        return OPS[ufunc](other, self)

    def inplace(self: Tensor, other: Any) -> Any:
        mode = current()
        tracked = mode.recording and (self.node is not None or getattr(other, "node", None) is not None)
        if tracked or mode.symbolic or ufunc is np.floor_divide:  # which has values of its own at infinity
            _replace(self, OPS[ufunc](self, other), ufunc)
        elif isinstance(self.data, np.generic):
            self.data = ufunc(self.data, plain(other), dtype=self.data.dtype)
        else:
            ufunc(self.data, plain(other), out=self.data, casting="same_kind")
            WRITES.written(self.data)
        if isinstance(other, Tensor) and not tracked:
            other._leaving(f"{ufunc.__name__} in place", self)
        return self

    return {f"__{name}__": forward, f"__r{name}__": reflected, f"__i{name}__": inplace}


def _replace(target: Tensor, value: Any, ufunc: np.ufunc) -> None:
    """Write the result of an operator over its first operand."""
    if value.shape != target.shape:
        raise ShapeError(
            f"{ufunc.__name__} in place: the result has shape {value.shape}, which does not fit into {target.shape}"
        )
    if not np.can_cast(value.dtype, target.dtype, "same_kind"):
        raise DTypeError(
            f"{ufunc.__name__} in place: cannot cast the result from {value.dtype} to {target.dtype} with casting "
            "rule 'same_kind'"
        )
    write(target, value)


def _function(ufunc: np.ufunc) -> Callable:
    return lambda *tensors: OPS[ufunc](*tensors)


def _attach_operators() -> None:
    for name, ufunc in BINARY.items():
        for method, function in _operators(name, ufunc).items():
            setattr(Tensor, method, function)
    for name, ufunc in {**COMPARISONS, **UNARY}.items():
        setattr(Tensor, f"__{name}__", _function(ufunc))


def _setitem(self: Tensor, index: Any, value: Any) -> None:
    write(self, value, index)


_attach_operators()
Tensor.__setitem__ = _setitem  # type: ignore[method-assign, assignment]
