"""Shadows of graphs: nodes that share what a graph saved, but have other parents, and no hooks.

The engine's own traversal runs on them, so a part of a graph, or one path through it, is differentiated by the same
code as the whole, and the graph itself stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...config import Observer, current, enter, leave
from ...core import Node, notes, propagate


def shadow(node: Node, parents: Sequence[Node | None]) -> Node:
    """A node with the rules and the saved arrays of another."""
    twin = Node.__new__(Node)
    twin.plan, twin.parents, twin.saved = node.plan, parents, node.saved
    twin.shape, twin.dtype, twin.serial, twin.scope, twin.notes = node.shape, node.dtype, node.serial, node.scope, None
    if node.notes is not None:  # what messages say of it
        pinned, own = node.notes, notes(twin)
        own.name, own.place, own.call = pinned.name, pinned.place, pinned.call
    return twin


def end(node: Node) -> Node:
    """A shadow where gradients arrive, and go no further."""
    twin = shadow(node, ())
    twin.plan, twin.saved = None, ()
    return twin


def pull(root: Node, seed: Any, target: Node, observer: Observer) -> Any:
    """The gradient of ``target``, an end, from that of ``root``: both shadows. Only ``observer`` is told."""
    found: dict[Node, Any] = {}
    token = enter(current().but(observer=observer))
    try:
        propagate({root: seed}, retain=True, record=False, wanted={target}, arrive=found.__setitem__)
    finally:
        leave(token)
    return found[target]
