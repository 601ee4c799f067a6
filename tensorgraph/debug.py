"""``debug()``: remember where each op was called, and stop at the first NaN or Inf."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .config import Observer, observing
from .core import Node, Tensor, arrays_in, input_name, label, notes, op_name, plain
from .errors import NonFiniteError, OverwrittenError
from .places import caller


@contextlib.contextmanager
def debug() -> Iterator[None]:
    """Inside, every op remembers the line that called it, and the first NaN or Inf raises NonFiniteError.

    The line is shown when the op's backward fails. Values that are computed in backward are watched too, as long as
    backward runs inside, and so are the steps of optimizers; so is what ops saved, for someone may write into it
    through a NumPy array, which tells no one: that raises OverwrittenError. Costs time: use it to find a bug, not to
    train.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 0.0], requires_grad=True)
    >>> with tg.debug():
    ...     np.log(x)
    Traceback (most recent call last):
    tensorgraph.errors.NonFiniteError: log made the first -inf, at index (1,), from finite inputs...
    """
    with observing(_Guard()), np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        yield


class _Guard(Observer):
    """Looks at everything that is computed."""

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        if not isinstance(result, Tensor):
            return
        place = caller()
        if result.node is not None:
            pinned = notes(result.node)
            pinned.place, pinned.fingerprints = place, _fingerprints(result.node)
        if (bad := first_bad(result.data)) is None:
            return
        name = op_name(op)
        value, index = bad
        for i, arg in enumerate(args):
            if (given := first_bad(plain(arg))) is not None:
                raise NonFiniteError(
                    f"{name} was given {given[0]}, at index {given[1]} of argument {i}, and made {value}; called at "
                    f"{place}. No op made it: look at the data"
                )
        raise NonFiniteError(
            f"{name} made the first {value}, at index {index}, from finite inputs{_ranges(args)}; called at {place}"
        )

    def gradient(self, node: Node, i: int, g: Any, d: Any) -> None:
        place = f", which was called at {node.notes.place}" if node.notes is not None and node.notes.place else ""
        if place and node.notes.fingerprints is not None:
            _refuse_changed(node, node.notes.fingerprints)
        bad, given = first_bad(plain(d)), first_bad(plain(g))
        if bad is None:
            return
        if given is not None:
            raise NonFiniteError(f"the gradient {given[0]} came into {label(node)} from outside{place}")
        raise NonFiniteError(
            f"the backward rule of {label(node)} made the first {bad[0]}, at index {bad[1]} of the gradient of "
            f"{input_name(node, i)}, from a finite gradient{place}"
        )

    def update(self, optimizer: Any, parameters: list[Tensor], apply: Callable[[], None]) -> None:
        name = type(optimizer).__name__
        for p in parameters:
            if (bad := first_bad(p.grad.data)) is not None:  # type: ignore[union-attr]
                raise NonFiniteError(
                    f"{name} was given {bad[0]}, at index {bad[1]} of the gradient of {_called(p)}. Run backward "
                    "inside debug() as well: it names the rule that made it"
                )
        apply()
        for p in parameters:
            if (bad := first_bad(p.data)) is not None:
                raise NonFiniteError(
                    f"the step of {name} made the first {bad[0]}, at index {bad[1]} of {_called(p)}, from a finite "
                    f"gradient{_ranges([p.grad])}; called at {caller()}. Try a smaller learning rate"
                )


def _called(p: Tensor) -> str:
    return f"{p.name or 'a parameter'} {p.shape}"


def _ranges(args: Any) -> str:
    """Between which values the floating point arrays among the arguments lie."""
    arrays = [array for array in map(plain, args) if getattr(array, "size", 0) and array.dtype.kind == "f"]
    found = [f"[{array.min():.6g}, {array.max():.6g}]" for array in arrays]
    return f" within {' and '.join(found)}" if found else ""


def _fingerprints(node: Node) -> list[int]:
    """What tells whether the arrays that a node saved are as they were."""
    return [fingerprint(array) for value in node.saved for array in arrays_in(value)]


def _refuse_changed(node: Node, then: list[int]) -> None:
    now = _fingerprints(node)
    if now == then:
        return
    sources = [source for source, value in zip(node.plan.sources, node.saved) for _ in arrays_in(value)]
    changed = next(source for source, a, b in zip(sources, then, now, strict=True) if a != b)
    raise OverwrittenError(
        f"backward: '{label(node)}', called at {node.notes.place}, saved {input_name(node, changed)} for its gradient, "
        "and it was written into afterwards through a NumPy array. Write into a copy, or write after backward"
    )


def fingerprint(array: np.ndarray) -> int:
    """A number that is another one when the array was changed, whichever byte it was, or when elements changed places.

    The array as a square of 64-bit words: the xor of each row and of each column, which takes two passes at the speed
    of memory. Small arrays, and what does not fill the square, are taken as they are.
    """
    if array.nbytes < 4096:
        return hash(array.tobytes())
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    side = math.isqrt(data.size // 8)
    square = data[: 8 * side * side].view(np.uint64).reshape(side, side)
    columns, rows = np.bitwise_xor.reduce(square, axis=0), np.bitwise_xor.reduce(square, axis=1)
    return hash((columns.tobytes(), rows.tobytes(), data[8 * side * side :].tobytes()))


def first_bad(array: Any) -> tuple[Any, tuple[int, ...]] | None:
    """The first NaN or Inf of an array or a number, and its index; None when all is finite."""
    if isinstance(array, float | complex):
        array = np.asarray(array)
    if getattr(array, "dtype", None) is None or array.dtype.kind not in "fc":
        return None
    finite = np.isfinite(array)
    if finite.all():
        return None
    index = tuple([int(i) for i in np.argwhere(~np.atleast_1d(finite))[0]]) if array.shape else ()
    return array[index], index
