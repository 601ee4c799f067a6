"""Trial deletion: which objects would be freed if some references to them went. Source: how Python's own collector
finds cycles; see "Garbage collector design" in the developer's guide of CPython."""

from __future__ import annotations

from collections.abc import Iterator
from sys import getrefcount
from typing import Any

import numpy as np

from ...core import Node, Tensor
from ...core.node import Notes
from ...recording import Call


class Trial:
    """Nothing is really deleted: references are counted down, and what nobody else refers to is ``dead``.

    dead   what would be freed, with the ``by`` of the holder that was the first to let it go
    alive  what was let go by some holder, while others hold it still
    """

    def __init__(self) -> None:
        self._met: dict[int, Any] = {}
        self._left: dict[int, int] = {}  # references to it that are still there
        self._by: dict[int, Any] = {}

    def release(self, holder: Any, by: Any) -> None:
        """The holder lets go of what it refers to; what dies by that lets go of what it refers to in turn."""
        holders = [holder]
        while holders:
            for value in _references(holders.pop()):
                key = id(value)
                if key not in self._met:
                    self._left[key] = getrefcount(value) - _BY_LOOKING
                    self._met[key], self._by[key] = value, by
                self._left[key] -= 1
                if not self._left[key]:
                    holders.append(value)

    @property
    def dead(self) -> list[tuple[Any, Any]]:
        return [(value, self._by[key]) for key, value in self._met.items() if not self._left[key]]

    @property
    def alive(self) -> list[Any]:
        return [value for key, value in self._met.items() if self._left[key]]


def _references(holder: Any) -> Iterator[Any]:
    """What a holder refers to, one by one: held in a list meanwhile, or in a variable, each would have one reference
    more. A node refers to what it saved; that it refers to other nodes is no matter here."""
    if isinstance(holder, Node):
        yield from holder.saved or ()
    elif isinstance(holder, Tensor):
        yield holder.data
    elif isinstance(holder, np.ndarray):
        if holder.base is not None:
            yield holder.base
    elif isinstance(holder, tuple | list):
        yield from holder
    elif isinstance(holder, dict):
        yield from holder.values()
    elif isinstance(holder, slice):
        yield holder.start
        yield holder.stop
        yield holder.step
    elif isinstance(holder, Notes | Call):
        for name in holder.__slots__:
            yield getattr(holder, name)


def _references_by_looking() -> int:
    """How many references to an object there are just because ``release`` looks at it."""
    count = 0
    for value in _references([object()]):
        count = getrefcount(value)
    return count - 1  # the list's own


_BY_LOOKING = _references_by_looking()
