"""Histories of memory that nobody can reach any more.

A history keeps the graph of what was written, and that graph may have saved parts of the memory that was written into:
``H[i] = np.tanh(H[i - 1] @ W)``. So the memory would live for ever. Python's own collector cannot see this, because it
does not look into arrays. Here references are counted instead, as it would count them.
"""

from __future__ import annotations

from collections import Counter
from sys import getrefcount
from typing import Any

from .memory import MEMORIES, Memory
from .node import Node
from .propagate import arrays_in, reachable

FEW = 4  # histories that are not worth a look

_enough = FEW


def collect_when_due() -> None:
    """``collect``, when there are twice as many histories as the last time left: so it costs little for each."""
    global _enough
    if len(MEMORIES) >= _enough:
        collect()
        _enough = max(FEW, 2 * len(MEMORIES))


def collect() -> None:
    """Let go of every history whose memory is held by the graphs of such histories alone, which nobody else holds."""
    suspects = _suspects([*MEMORIES.values()])
    count = None
    while count != len(suspects):  # what one history needs may be held by another that turned out to be needed
        count = len(suspects)
        needed = _needed_owners(suspects) if suspects else set()
        suspects = [memory for memory in suspects if id(memory.owner()) not in needed]
    for memory in suspects:
        MEMORIES.pop(id(memory.owner()), None)


def _suspects(memories: list[Memory]) -> list[Memory]:
    """The histories whose last node no tensor and no later node holds, and those that lie behind them."""
    nodes: list[Any] = [memory.node for memory in memories]
    # The slot, the list and the argument hold a node. (Variables are not used here: not every Python counts them.)
    ends = [k for k in range(len(nodes)) if nodes[k] is not None and getrefcount(nodes[k]) == 3]
    behind = set(reachable(*[nodes[k] for k in ends])) if ends else set()
    return [memory for memory, node in zip(memories, nodes) if node in behind]


def _needed_owners(suspects: list[Memory]) -> set[int]:
    """The owners that something besides the suspects' graphs holds, or that a node in these needs for someone else."""
    last: list[Any] = [memory.node for memory in suspects]
    nodes = reachable(*last)
    del last
    within = Counter([id(parent) for node in nodes for parent in node.parents])
    within.update([id(memory.node) for memory in suspects])
    live = _held_by_others(nodes, within)
    needed = set()
    slots: Counter[int] = Counter()
    saved: dict[int, Any] = {}
    array = None
    for node in nodes:
        for array in arrays_in(node.saved or ()):
            saved[id(array)] = array
            slots[id(array)] += 1
            if node in live:
                needed.add(_owner(array))
    del array  # would count as someone who holds it
    references: Counter[int] = Counter()
    for key in saved:
        if getrefcount(saved[key]) - 2 > slots[key]:  # the dict and the argument
            needed.add(_owner(saved[key]))
        if saved[key].base is None:
            references[key] += slots[key] + 1  # the dict
        else:
            references[id(saved[key].base)] += 1
    for memory in suspects:
        key = id(memory.owner())
        if getrefcount(memory.owner()) - 1 > references[key]:  # the argument
            needed.add(key)
    return needed


def _held_by_others(nodes: list[Node], within: Counter[int]) -> set[Node]:
    """The nodes among these that someone else holds, and what those were computed from."""
    places = range(len(nodes))  # besides its places within, the list and the argument hold a node
    held = [nodes[k] for k in places if getrefcount(nodes[k]) - 2 > within[id(nodes[k])]]
    return set(reachable(*held)) if held else set()


def _owner(array: Any) -> int:
    return id(array if array.base is None else array.base)
