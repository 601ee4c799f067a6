"""Capture: a whole program on tensors, forward, backward and update alike, as one list of operations to run again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from ..config import Observer, observing
from .memory import owner_of
from .regions import Region
from .registry import OPS
from .tensor import Tensor, plain


class Step(NamedTuple):
    """One operation: an op or a NumPy function, its arguments as given, and its result."""

    function: Any
    args: tuple
    result: Any


class Tape(Observer):
    """Operations in the order in which they ran. It keeps their tensors alive, so that each is known by its memory."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        # By its identity: memory, and a copy of what it held before it was written into.
        self._before: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self.steps)

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        """Put an operation onto the tape."""
        if isinstance(result, Tensor):
            if op is OPS["setitem"] and args[0] is not result and not isinstance(args[0].data, np.generic):
                self._remember(result.data, args[0].data)
                op, args = _write, (result, *args[1:])
            self.steps.append(Step(op, args, result))

    def _remember(self, written: np.ndarray, before: np.ndarray) -> None:
        owner = owner_of(written)
        if id(owner) not in self._before:
            copy = owner.copy(order="K")
            _same_part(written, owner, copy)[...] = before
            self._before[id(owner)] = owner, copy

    def left(self, tensor: Tensor, how: str, to: Any) -> None:
        """Follow ``t.detach()``."""
        if isinstance(to, Tensor) and to.data is not tensor.data:
            self.steps.append(Step(_same, (tensor,), to))

    def replay(self, inputs: Mapping[Tensor, Any], outputs: Sequence[Tensor]) -> list[np.ndarray]:
        """What ``outputs`` would have been, had the tensors that are the keys of ``inputs`` held these values.

        Runs step by step on plain arrays. Shapes, Python numbers and control flow stay as they were captured.
        """
        values: dict[int, Any] = {id(tensor.data): np.array(value) for tensor, value in inputs.items()}
        memory = {key: (owner, copy.copy(order="K")) for key, (owner, copy) in self._before.items()}
        for function, args, result in self.steps:
            value = function(*[_now(arg, values, memory) for arg in args])
            values[id(result.data)] = value[0] if isinstance(value, tuple) else value
        return [np.asarray(_now(tensor, values, memory)) for tensor in outputs]


@contextmanager
def capture() -> Iterator[Tape]:
    """Record every operation on tensors inside, also those that no gradient flows through, onto a tape.

    With ``backward(create_graph=True)`` and an update rule applied to tensors, the tape holds a whole training step.
    What is to be an input of the replay must be a tensor, or the array inside one.

    >>> import numpy as np
    >>> from tensorgraph import Tensor
    >>> x = Tensor([1.0, 2.0])
    >>> with capture() as tape:
    ...     y = np.exp(x) * (x > 1)
    >>> tape.replay({x: [3.0, 0.0]}, [y])[0].round(2).tolist()
    [20.09, 0.0]
    """
    tape = Tape()
    with observing(tape, symbolic=True):
        yield tape


def _write(target: np.ndarray, index: Any, value: Any) -> np.ndarray:
    target[index] = value
    return target


def _same(array: Any) -> Any:
    return array


def _same_part(view: np.ndarray, owner: np.ndarray, copy: np.ndarray) -> np.ndarray:
    """The part of a copy of ``owner`` that ``view`` is of ``owner`` itself."""
    part, first, second = Region.of(view), Region.of(owner), Region.of(copy)
    return part._replace(address=part.address - first.address + second.address).within(copy)


def _now(arg: Any, values: dict[int, Any], memory: dict[int, tuple]) -> Any:
    """An argument with the present value of each tensor and array that was computed or given, or is written into."""
    if isinstance(arg, tuple | list):
        return type(arg)([_now(part, values, memory) for part in arg])
    data = plain(arg)
    if id(data) not in values and memory and isinstance(data, np.ndarray):
        found = memory.get(id(owner_of(data)))
        return data if found is None else _same_part(data, *found)
    return values.get(id(data), data)
