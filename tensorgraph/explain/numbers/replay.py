"""Running what was recorded once more, in another precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import WRITES, Node, Op, Tensor, plain
from ...errors import ArgumentError
from ...recording import Call, call_of
from ..operands import argument_names

WITH_COMPLEX = {np.float32: np.complex64, np.float64: np.complex128, np.longdouble: np.clongdouble}


class UnavailableError(Exception):
    """A function does not run in this precision."""


def cast(value: Any, dtype: type) -> Any:
    """An array in this precision; complex, if it is complex. Raises UnavailableError for complex float16."""
    if value.dtype.kind != "c":
        return value.astype(dtype)
    if dtype not in WITH_COMPLEX:
        raise UnavailableError
    return value.astype(WITH_COMPLEX[dtype])


def rerun(call: Call, node: Node, dtype: type, value_of: Callable[[Node], Any]) -> Any:
    """The result of a recorded op in a precision.

    value_of  gives the value of an argument that is on the graph; all others have the recorded one

    Raises UnavailableError when the op does not run in it, as np.linalg in float16.
    """
    op: Op = call.op
    arguments = [
        _argument(value, parent, dtype, value_of, name)
        for value, parent, name in zip(call.args, node.parents, argument_names(call))
    ]
    settings: dict[str, Any] = {}
    if op.variadic:
        names = [name for name in op.params if name != op.variadic]
        cut = len(arguments) - len(names)
        arguments, settings = arguments[:cut], dict(zip(names, arguments[cut:]))
    try:
        result = op(*arguments, **settings)
    except TypeError as error:  # of np.linalg, and of ops that refuse the dtype
        raise UnavailableError from error
    return cast(np.asarray(result[0] if op.aux else result), dtype)


def _argument(value: Any, parent: Node | None, dtype: type, value_of: Callable[[Node], Any], name: str) -> Any:
    if parent is not None:
        return cast(value_of(parent), dtype)
    if name == "dtype" and np.dtype(value).kind == "f":
        return dtype
    return _constant(value, dtype)


def _constant(value: Any, dtype: type) -> Any:
    """An argument that is on no graph: floats in the precision, but scalars as numbers, for they are weak."""
    if isinstance(value, tuple | list):
        return type(value)([_constant(part, dtype) for part in value])
    array = plain(value)
    if isinstance(array, np.generic) or isinstance(array, np.ndarray) and not array.ndim:
        return (
            cast(np.asarray(array), dtype) if isinstance(value, Tensor) and array.dtype.kind in "fc" else array.item()
        )
    return cast(array, dtype) if isinstance(array, np.ndarray) and array.dtype.kind in "fc" else array


def recorded_call(what: str, node: Node) -> Call:
    """The call of a node, after a look at whether its arguments still hold what they held. Raises ArgumentError."""
    call = call_of(node)
    if call is None:
        raise ArgumentError(
            f"{what}: '{node.op.name}', on the way to this tensor, was not recorded. Compute all of it inside "
            "`with tensorgraph.record():`"
        )
    for name, value in zip(argument_names(call), call.args):
        array = plain(value)
        if isinstance(array, np.ndarray) and WRITES.overwritten_since(array, node.serial):
            raise ArgumentError(
                f"{what}: {name} of {call.name} was written into after it was recorded, so what it held is lost. "
                "Ask before you write into it, as before the step of the optimizer"
            )
    return call
