"""Capture: a whole program on tensors, forward, backward and update alike, as one list of operations to run again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from ..config import Observer, observing
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

    def __len__(self) -> int:
        return len(self.steps)

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        """Put an operation onto the tape."""
        if isinstance(result, Tensor):
            self.steps.append(Step(op, args, result))

    def replay(self, inputs: Mapping[Tensor, Any], outputs: Sequence[Tensor]) -> list[np.ndarray]:
        """What ``outputs`` would have been, had the tensors that are the keys of ``inputs`` held these values.

        Runs step by step on plain arrays. Shapes, Python numbers and control flow stay as they were captured.
        """
        values: dict[int, Any] = {id(tensor.data): np.asarray(value) for tensor, value in inputs.items()}
        for function, args, result in self.steps:
            value = function(*[_now(arg, values) for arg in args])
            values[id(result.data)] = value[0] if isinstance(value, tuple) else value
        return [np.asarray(values.get(id(tensor.data), tensor.data)) for tensor in outputs]


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


def _now(arg: Any, values: dict[int, Any]) -> Any:
    """An argument with the present value of each tensor and array that was computed or given."""
    if isinstance(arg, tuple | list):
        return type(arg)([_now(part, values) for part in arg])
    data = plain(arg)
    return values.get(id(data), data)
