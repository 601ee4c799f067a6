"""``Tensor.node``: the node that made a tensor, also after its memory was written into through another tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..config import current, enter, leave
from ..errors import OverwrittenError, TrackedTensorError
from .memory import MEMORIES, Memory, near_owner
from .node import Node, clock, label
from .regions import Region
from .registry import NUMPY, OPS
from .tensor import Tensor, plain, wrap


def _node(self: Tensor) -> Node | None:
    """What made it: its place in the graph; None off the graph."""
    if MEMORIES:
        memory = MEMORIES.get(id(near_owner(self.data)))
        if memory is not None and is_behind(self, memory):
            self._node = _read(memory, self)
    return self._node


def _set_node(self: Tensor, node: Node | None) -> None:
    self._node = node


Tensor.node = property(_node, _set_node)


def is_behind(tensor: Tensor, memory: Memory) -> bool:
    """Whether a tensor's node is older than the last recorded write into its memory, so that it has to be read anew."""
    node = tensor._node
    if node is None:
        return memory.origin is None and (memory.node is not None or memory.lost)
    return node.serial < memory.serial or memory.lost


def top(node: Node) -> Node:
    """What a node is a view of, through views of views."""
    while node.plan is not None and (source := node.plan.view_of) is not None and source >= 0:
        if node.parents[source] is None:
            break
        node = node.parents[source]
    return node


def _read(memory: Memory, tensor: Tensor) -> Node | None:
    """The node of a tensor on memory that was written into: the part of the memory's own that it is a view of."""
    old = tensor._node
    if memory.lost:
        raise OverwrittenError(
            f"{_called(old)} shares its memory with another tensor, into which a value with a gradient was written; "
            "gradients cannot follow. Write into a copy: t = Tensor(array.copy())"
        )
    if old is not None and old.serial < memory.born and top(old).serial != memory.origin:
        raise TrackedTensorError(
            f"{_called(old)} shares its memory with a tensor that is not on its graph (made by detach(), numpy() or "
            "Tensor(array)), into which a value with a gradient was written. Write into a copy: t.detach().copy()"
        )
    token = enter(current().that_records(True))
    try:
        found = read(memory, tensor.data)
    finally:
        leave(token)
    return found._node


def _called(node: Node | None) -> str:
    return "a tensor" if node is None else f"'{label(node)}'"


def read(memory: Memory, view: np.ndarray) -> Tensor:
    """A view of memory that has a history, as a tensor with that history."""
    repeated = [not stride and length > 1 for length, stride in zip(view.shape, view.strides)]
    once = view[tuple([slice(0, 1) if again else slice(None) for again in repeated])]
    index = index_within(memory, once)
    whole = wrap(memory.array(), memory.node)
    part = whole if isinstance(index[0], type(...)) else whole[index]
    if view.dtype != memory.region.dtype:  # real numbers that are halves of complex ones
        second = (Region.of(view).address - memory.region.address) % memory.region.dtype.itemsize
        part = NUMPY[np.imag if second else np.real](part)
    return NUMPY[np.broadcast_to](part, view.shape) if any(repeated) else part


def index_within(memory: Memory, view: np.ndarray) -> tuple:
    """The index of a view within the memory's region, which grows when the view reaches out of it."""
    index = memory.region.index_of(Region.of(view))
    if index is None:
        owner = near_owner(view)
        old = memory.region
        inside = Region.of(owner).index_of(old) if memory.origin is None else None
        if inside is None:
            raise TrackedTensorError(
                f"views of {memory.name} cannot follow what was written into it: its memory is arranged in "
                "a way that is not known. Write into a copy: t.copy()"
            )
        whole = wrap(memory.array(), memory.node)
        memory.move_to(owner)
        memory.node = record_write(wrap(owner), inside, whole)
        index = memory.region.index_of(Region.of(view))
    return index  # type: ignore[return-value]


def record_write(target: Tensor, index: Any, value: Any) -> Node:
    """The node of what ``target`` holds after ``target[index] = value``, which has been done."""
    op, data = OPS["setitem"], target.data
    args = (target, index, value)
    frame, parents = [*map(plain, args)], [getattr(arg, "_node", None) for arg in args]
    key = 8 + 4 * (parents[0] is not None) + (parents[2] is not None)
    plan = op.plans.get(key) or op.new_plan(key, parents, args)
    saved = plan.keep([*frame, data, *[getattr(frame[i], "shape", ()) for i in plan.shapes]])
    node = Node.__new__(Node)
    node.plan, node.parents, node.saved, node.shape, node.dtype = plan, parents, saved, data.shape, data.dtype
    node.serial, node.scope, node.notes = clock(), current().scope, None
    return node
