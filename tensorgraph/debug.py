"""``debug()``: remember where each op was called, and stop at the first NaN or Inf."""

from __future__ import annotations

import contextlib
import os
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from .config import observing
from .core import Node, Op, Tensor, label, notes, plain
from .errors import NonFiniteError, OverwrittenError

_PACKAGE = os.path.dirname(__file__) + os.sep
_NUMPY = os.path.dirname(np.__file__) + os.sep


@contextlib.contextmanager
def debug() -> Iterator[None]:
    """Inside, every op remembers the line that called it, and the first NaN or Inf raises NonFiniteError.

    The line is shown when the op's backward fails. Values that are computed in backward are watched too, as long as
    backward runs inside; so is what ops saved, for someone may write into it through a NumPy array, which tells no one:
    that raises OverwrittenError. Costs time: use it to find a bug, not to train.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 0.0], requires_grad=True)
    >>> with tg.debug():
    ...     np.log(x)
    Traceback (most recent call last):
    tensorgraph.errors.NonFiniteError: log made the first -inf, at index (1,), from finite inputs...
    """
    with (
        observing(_watch_op, on_gradient=_watch_gradient),
        np.errstate(divide="ignore", invalid="ignore", over="ignore"),
    ):
        yield


def _watch_op(op: Any, args: tuple, result: Any) -> None:
    if not isinstance(result, Tensor):
        return
    place = _caller()
    if result.node is not None:
        pinned = notes(result.node)
        pinned.place, pinned.checksums = place, _checksums(result.node)
    if (bad := _first_bad(result.data)) is None:
        return
    name = op.name if isinstance(op, Op) else getattr(op, "func", op).__name__  # a partial, when it had keywords
    value, index = bad
    for i, arg in enumerate(args):
        if (given := _first_bad(plain(arg))) is not None:
            raise NonFiniteError(
                f"{name} was given {given[0]}, at index {given[1]} of argument {i}, and made {value}; called at "
                f"{place}. No op made it: look at the data"
            )
    raise NonFiniteError(f"{name} made the first {value}, at index {index}, from finite inputs; called at {place}")


def _watch_gradient(node: Node, name: str, g: Any, d: Any) -> None:
    place = f", which was called at {node.notes.place}" if node.notes is not None and node.notes.place else ""
    if place and _checksums(node) != node.notes.checksums:
        raise OverwrittenError(
            f"backward: an array that {label(node)} saved for its gradient was written into through a NumPy array"
            f"{place}. Write into a copy, or write after backward"
        )
    bad, given = _first_bad(plain(d)), _first_bad(plain(g))
    if bad is None:
        return
    if given is not None:
        raise NonFiniteError(f"the gradient {given[0]} came into {label(node)} from outside{place}")
    raise NonFiniteError(
        f"the backward rule of {label(node)} made the first {bad[0]}, at index {bad[1]} of the gradient of {name}, "
        f"from a finite gradient{place}"
    )


def _checksums(node: Node) -> list[int]:
    """What tells whether the arrays that a node saved are as they were."""
    return [zlib.crc32(np.ascontiguousarray(value).data) for value in node.saved if isinstance(value, np.ndarray)]


def _first_bad(array: Any) -> tuple[Any, tuple[int, ...]] | None:
    """The first NaN or Inf of an array or a number, and its index."""
    if isinstance(array, float | complex):
        array = np.asarray(array)
    if getattr(array, "dtype", None) is None or array.dtype.kind not in "fc":
        return None
    finite = np.isfinite(array)
    if finite.all():
        return None
    index = tuple([int(i) for i in np.argwhere(~np.atleast_1d(finite))[0]]) if array.shape else ()
    return array[index], index


def _caller() -> str:
    """The innermost line of code outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


def _is_ours(filename: str) -> bool:
    return filename.startswith((_PACKAGE, _NUMPY)) or filename == contextlib.__file__
