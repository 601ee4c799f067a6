"""What recorded arrays held at the time. A recording keeps arrays, not copies, and optimizers write into parameters."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import Any

import numpy as np

from ..core import WRITES, owner_of
from ..errors import ArgumentError
from ..recording import Recording, Update


class Past:
    """The values of arrays before the steps of optimizers that a recording knows."""

    def __init__(self, recording: Recording) -> None:
        self._writes: dict[int, list[tuple[int, Update]]] = {}  # by the owner of the memory, in order
        for at, event in enumerate(recording.events):
            if isinstance(event, Update):
                self._writes.setdefault(id(owner_of(event.parameter.data)), []).append((at, event))

    def version(self, array: Any, at: int) -> int:
        """How many recorded steps had written into the memory of an array when event number ``at`` happened."""
        return bisect_right(self._writes.get(id(owner_of(array)), []), at, key=itemgetter(0))

    def values(self, array: Any, at: int) -> Any:
        """What an array, or a view of one, held when event number ``at`` happened."""
        writes = self._writes.get(id(owner_of(array)), [])
        for k in range(self.version(array, at), len(writes)):
            update = writes[k][1]
            if (then := _in_copy(array, update.parameter.data, update.before)) is not None:
                return then
        return array

    def refuse_lost(self, what: str, array: Any, at: int, serial: int) -> None:
        """Raise ArgumentError when an array was written into after event ``at`` by a writer that is not recorded.

        serial  of a node that was made at that event
        """
        if self.values(array, at) is array and WRITES.overwritten_since(array, serial):
            raise ArgumentError(
                f"{what}: an array {np.shape(array)} was written into after it was recorded, so what it held is lost. "
                "Ask before you write into it, or record the steps of the optimizer as well"
            )


def _in_copy(view: np.ndarray, data: np.ndarray, copy: np.ndarray) -> np.ndarray | None:
    """The part of a copy of ``data`` that ``view`` is of ``data`` itself; None when it is no part."""
    if view is data:
        return copy
    begin = _address(view) - _address(data)
    if not data.flags.c_contiguous or not 0 <= begin < data.nbytes:
        return None
    return np.ndarray(view.shape, view.dtype, copy, begin, view.strides)


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]
