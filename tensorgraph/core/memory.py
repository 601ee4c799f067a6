"""Memory and who wrote into it: the log of writes, and the history of memory that was written into while recording.

Tensors on one piece of memory may be many: a tensor, its views, views of these. A write changes them all. So the write
is recorded once, as a new node of the memory (``Memory``); a tensor that is older than the last write looks its own
node up there when it is next asked for it. A write costs what it writes, however many views there are.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np

from .node import Node, clock, label
from .regions import Region


def near_owner(array: Any) -> Any:
    """The array that a view is of, as far back as there are arrays; any other array itself."""
    base = getattr(array, "base", None)
    while base is not None:
        if isinstance(base, np.ndarray | type(array)):
            array = base
        elif not isinstance(base := getattr(base, "base", None), np.ndarray):  # what as_strided puts between
            break
        else:
            array = base
        base = array.base
    return array


def owner_of(array: Any) -> Any:
    """As ``near_owner``, and past every ``aside``."""
    owner = near_owner(array)
    while isinstance(door := getattr(owner, "base", None), memoryview) and isinstance(door.obj, np.ndarray):
        owner = near_owner(door.obj)
    return owner


def aside(array: Any) -> Any:
    """The same memory as an array that does not belong to its tensors: writes show, but their history does not.

    NumPy carries this on to all views of it: they lead back to this array, and no further.
    """
    return np.asarray(memoryview(array)) if type(array) is np.ndarray else array  # type: ignore[arg-type]


class WriteLog:
    """When memory was last written into, on the clock of the nodes.

    A node that saved an array before a later write must not run its rules on it. Kept by owner of the memory, so
    views and other tensors on the same memory are seen too; an entry dies with its array.
    """

    def __init__(self) -> None:
        self.latest = 0
        self.lock = threading.RLock()
        self._serial: dict[int, int] = {}
        self._alive: dict[int, weakref.ref] = {}

    def written(self, *arrays: Any) -> None:
        """Note that these arrays were just written into, somewhere."""
        with self.lock:  # so that latest never goes back
            for array in arrays:
                owner = array if getattr(array, "base", None) is None else owner_of(array)
                key = id(owner)
                if key not in self._serial:
                    self._alive[key] = weakref.ref(owner, lambda _, key=key: self._forget(key))  # type: ignore[misc]
                self._serial[key] = self.latest = clock()

    def overwritten_since(self, array: Any, serial: int) -> bool:
        """Whether ``array`` itself was written into after ``serial``; of writes that were not recorded, its memory."""
        key = id(owner_of(array))
        if self._serial.get(key, 0) > serial:
            return True
        memory = MEMORIES.get(key)
        return memory is not None and memory.changed_since(array, serial)

    def _forget(self, key: int) -> None:
        self._alive.pop(key, None)
        self._serial.pop(key, None)


WRITES = WriteLog()


class Memory:
    """The history of one piece of memory that was written into while gradients were recorded.

    region  the part of it that has a history: that of the first tensor that was written into, or all of it
    node    what computes the present content of the region; None while that is constant
    origin  the serial of the node that its first tensor was made by, or was a view of; None for a constant
    name    what to call it in messages
    born, serial   when it was first and last written into
    when    for each element of the region, when it was last written into
    lost    someone wrote a value with a gradient into it, past its tensors
    """

    __slots__ = ("region", "node", "origin", "name", "born", "serial", "when", "lost", "_alive")

    def __init__(self, array: np.ndarray, node: Node | None) -> None:
        self.region, self.node = Region.of(array), node
        self.origin: int | None = None if node is None else node.serial
        self.name = "a constant" if node is None else f"'{label(node)}'"
        self.born = self.serial = clock()
        self.when = np.zeros(array.shape, np.int64)
        self.lost = False
        owner = near_owner(array)
        key = id(owner)
        self._alive = weakref.ref(owner, lambda _: MEMORIES.pop(key, None))  # the memory dies with its array
        MEMORIES[key] = self

    def owner(self) -> np.ndarray:
        """The array that owns the memory."""
        owner = self._alive()
        assert owner is not None
        return owner

    def array(self) -> np.ndarray:
        """The region as an array."""
        return self.region.within(self.owner())

    def changed_since(self, array: np.ndarray, serial: int) -> bool:
        """Whether a recorded write after ``serial`` touched an element of ``array``."""
        if self.serial <= serial or not np.may_share_memory(array, self.array()):
            return False
        index = self.region.index_of(Region.of(array))
        return index is None or bool((self.when[index] > serial).any())

    def move_to(self, array: np.ndarray) -> None:
        """Let ``array``, which is all of the region in another arrangement, or more than it, take its place."""
        new, old = Region.of(array), self.region
        if (index := old.index_of(new)) is not None:
            self.when = np.ascontiguousarray(self.when[index])
        else:
            when = np.zeros(array.shape, np.int64)
            when[new.index_of(old)] = self.when
            self.when = when
        self.region = new


MEMORIES: dict[int, Memory] = {}
"""By the identity of the array that owns it, all memory that has a history."""


def memory_of(array: Any) -> Memory | None:
    """The history of an array's memory, if it has one."""
    return MEMORIES.get(id(near_owner(array)))
