"""Node: one recorded application of an op. A node knows its parents, never its children, so no cycle can form."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

clock = itertools.count(1).__next__
"""Every node and every write gets its own number. Creation order is a topological order: no sorting by recursion."""


class Node:
    """One application of an op, or a leaf (``plan`` is None). Made by ``Op.__call__`` and by ``leaf``, field by field.

    plan     how to pull a gradient back through it: which rules run, on what (see ``plan.py``)
    parents  for each input of the op its node, or None for a constant
    saved    the arrays that the rules name; None once backward has used and released them
    shape, dtype   of the output, and so of its gradient
    serial   its place in time
    scope    names of the modules that were running
    notes    what a user pinned to it, or None
    """

    __slots__ = ("plan", "parents", "saved", "shape", "dtype", "serial", "scope", "notes")
    plan: Any
    parents: Any
    saved: Any
    shape: tuple[int, ...]
    dtype: Any
    serial: int
    scope: tuple[str, ...]
    notes: Any

    @property
    def op(self) -> Any:
        """The op that was applied; None for a leaf."""
        return self.plan and self.plan.op

    def __repr__(self) -> str:
        return f"<Node {self.serial} {label(self)} {self.shape} {self.dtype}>"


class Notes:
    """What is pinned to a node: a name, hooks, a kept gradient; by ``debug()``, where it was made and what it saved; by
    ``record()``, all of the call that made it, and how much an optimizer changed it."""

    __slots__ = ("name", "hooks", "retains_grad", "grad", "place", "fingerprints", "call", "update_ratio")
    name: str | None
    hooks: dict[object, Callable] | None
    grad: Any
    place: Any
    fingerprints: list[int] | None
    call: Any
    update_ratio: float | None

    def __init__(self) -> None:
        self.name = self.hooks = self.grad = self.place = self.fingerprints = self.call = self.update_ratio = None
        self.retains_grad = False


def leaf(shape: tuple, dtype: Any, name: str | None = None) -> Node:
    """A node without parents, where gradients arrive."""
    node = Node.__new__(Node)
    node.plan, node.parents, node.saved, node.scope, node.notes = None, (), (), (), None
    node.shape, node.dtype, node.serial = shape, dtype, clock()
    if name is not None:
        notes(node).name = name
    return node


def notes(node: Node) -> Notes:
    """The notes of a node, made on first use."""
    if node.notes is None:
        node.notes = Notes()
    return node.notes


def label(node: Node) -> str:
    """What to call a node in a message: its name, else its op's name, else 'leaf'."""
    if node.notes is not None and node.notes.name:
        return node.notes.name
    return node.plan.op.name if node.plan is not None else "leaf"
