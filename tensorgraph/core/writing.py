"""``write``: ``target[index] = value`` in place, and its place in the graph.

The memory is written into, as NumPy would; then the tensor gets a new node, ``setitem`` of its old one and the value's.
The old node, and whoever used it, stay as they were: the graph is rewritten, not the past.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..config import current
from ..errors import DTypeError, TrackedTensorError
from . import garbage
from .history import index_within, record_write, top
from .memory import MEMORIES, WRITES, Memory, memory_of, near_owner, owner_of
from .node import Node, label, notes
from .plan import IN_C_ORDER
from .regions import Region, is_rising
from .registry import NUMPY, OPS
from .tensor import Tensor, plain, wrap


def write(target: Any, value: Any, index: Any = ...) -> None:
    """``target[index] = value`` with all that this means in NumPy, and recorded if a gradient is in it.

    target  a Tensor; an array only when no gradient would be lost
    value   a tensor, an array or a number that broadcasts to ``target[index]``
    index   as in indexing; by default all of it

    Raises TrackedTensorError for a leaf that requires gradients, unless under ``no_grad()``, and where a gradient
    would be lost; DTypeError, ShapeError and IndexingError as NumPy refuses.
    """
    if not isinstance(target, Tensor):
        if getattr(value, "node", None) is not None:
            raise TrackedTensorError(
                "a value with a gradient was about to be written into a plain array, which would lose it. "
                "Make the array a Tensor first: t = Tensor(array)"
            )
        target[plain(index)] = plain(value)
        WRITES.written(target)
        return
    mode = current()
    tracked = mode.recording and (target.node is not None or getattr(value, "node", None) is not None)
    if isinstance(target.data, np.generic):
        target.data = np.array(target.data)  # a scalar cannot be written into, and no one shares its memory
    if not tracked:
        before = _as_it_is(target)
        _put(target, index, value)
        if isinstance(target.data, np.ndarray):
            WRITES.written(target.data)
        if mode.symbolic:
            mode.observer.operation(OPS["setitem"], (before, index, value), target)  # type: ignore[union-attr]
        elif isinstance(value, Tensor):
            value._leaving("t[index] = value", target)
        return
    _refuse_lost_gradient(target, value)
    if not isinstance(target.data, np.ndarray):  # of another library: its views are not known, so it is replaced
        result = OPS["setitem"](target, index, value)
        target.data, target._node = result.data, result._node
        return
    with WRITES.lock:
        _record(target, index, value)


def _record(target: Tensor, index: Any, value: Any) -> None:
    """A write with a gradient in it, or one that is watched."""
    data, old, maker = target.data, target.node, getattr(value, "node", None)
    memory = memory_of(data) or _begin(target)
    if old is None and memory.origin is not None:
        raise TrackedTensorError(
            f"a value with a gradient was about to be written into memory that {memory.name} shares, through "
            "a tensor that was detached from it. Write into a copy: t.detach().copy()"
        )
    if Region.of(data) != memory.region:
        index_within(memory, data)
        if data.size == memory.when.size and is_rising(data) and data.dtype == memory.region.dtype:
            memory.move_to(data)  # all of it in another arrangement, such as reshaped
            memory.node = old
    if maker is not None:
        keep_what_was(maker, data)
    direct = Region.of(data) == memory.region
    whole = target if direct else wrap(memory.array(), memory.node)
    before = _as_it_is(whole)
    place, new = (index, value) if direct else _in_whole(memory, whole, data, index, value)
    if maker is not None and _is_everything(place):
        before = wrap(before.data)  # what was there before has no gradient any more
    _put(target, index, value)
    memory.node = record_write(before, place, new)
    memory.serial = WRITES.latest = memory.node.serial
    memory.when[plain(place)] = memory.serial
    whole._node = memory.node
    if old is not None and old.notes is not None and direct:
        _hand_on(old, memory.node)
    if near_owner(data) is not owner_of(data):
        _past_the_others(memory, data)
    if (observer := current().observer) is not None:
        observer.operation(OPS["setitem"], (before, place, new), whole)


def _as_it_is(target: Tensor) -> Tensor:
    """The tensor as whoever observes will see it after it was written into: a copy."""
    mode = current()
    if mode.observer is None:
        return target
    before = wrap(target.data.copy(), target._node)
    if mode.symbolic and before._node is None:  # by its node it would be known
        mode.observer.operation(OPS[np.positive], (target,), before)
    return before


def _begin(target: Tensor) -> Memory:
    """A history for memory that is about to be written into for the first time."""
    garbage.collect_when_due()
    data, node = target.data, target._node
    owner = near_owner(data)
    if node is None:
        return Memory(data if data.flags.c_contiguous else owner, None)
    origin = top(node)
    while node is not origin:
        keep_what_was(node, data)
        node = node.parents[node.plan.view_of]
    if origin.plan is None:
        raise TrackedTensorError(
            f"{label(origin)}: a leaf that requires gradients would be overwritten. Write under no_grad(), or into "
            "a copy: t = a.copy()"
        )
    keep_what_was(origin, data)
    if target._node is origin:
        return Memory(data, origin)
    if origin.plan.view_of == IN_C_ORDER:
        return Memory(np.ndarray(origin.shape, origin.dtype, owner.reshape(-1, order="A")), origin)
    if origin.plan.view_of is not None:
        raise TrackedTensorError(
            f"a view of '{label(origin)}' was about to be written into, whose memory is arranged in a way that is not "
            "known. Write into a copy: t.copy()"
        )
    return Memory(owner, origin)


def keep_what_was(node: Node, data: np.ndarray) -> None:
    """Let a node keep copies of what it saved of memory that is about to be written into."""
    owner = owner_of(data)
    if node.saved is None or not any(type(value) is np.ndarray and owner_of(value) is owner for value in node.saved):
        return
    node.saved = tuple([v.copy() if type(v) is np.ndarray and owner_of(v) is owner else v for v in node.saved])
    if node.notes is not None and node.notes.call is not None:
        node.notes.call.saved = node.saved


def _in_whole(memory: Memory, whole: Tensor, data: np.ndarray, index: Any, value: Any) -> tuple:
    """The write ``view[index] = value``, said of the whole memory that ``data`` is a view of: an index and a value."""
    parts = plain(index)
    parts = parts if isinstance(parts, tuple) else (parts,)
    part = data[parts if any(p is ... for p in parts) else (*parts, ...)]
    if near_owner(part) is near_owner(data):
        place = index_within(memory, part)
    else:  # a copy: there are arrays in the index
        places: Any = memory.region.integers(Region.of(data))
        place = tuple([np.broadcast_to(p, data.shape)[parts] for p in places])
    if data.dtype == memory.region.dtype:
        return place, value
    held = whole[place]  # real numbers, written into halves of complex ones
    if (Region.of(data).address - memory.region.address) % memory.region.dtype.itemsize:
        return place, NUMPY[np.real](held) + 1j * value
    return place, value + 1j * NUMPY[np.imag](held)


def _is_everything(index: Any) -> bool:
    """Whether an index surely selects all there is."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is ... or isinstance(part, slice) and part == slice(None) for part in parts)


def _put(target: Tensor, index: Any, value: Any) -> None:
    """Write into the memory. Errors are those of NumPy, in our words."""
    op, observer = OPS["setitem"], current().observer
    frame = [target.data, plain(index), plain(value)]
    try:
        operator.setitem(*frame) if observer is None else observer.run(op, operator.setitem, frame)
    except (ValueError, TypeError, IndexError) as error:
        raise op._explain(error, (target, index, value)) from error


def _hand_on(old: Node, new: Node) -> None:
    """A tensor keeps its name, and keeps its gradient if it was to: of what it holds now."""
    if old.notes.name is not None:
        notes(new).name = old.notes.name
    if old.notes.retains_grad:
        notes(new).retains_grad, old.notes.retains_grad = True, False


def _past_the_others(memory: Memory, data: np.ndarray) -> None:
    """A value with a gradient was written through an array aside: tensors on the same memory cannot follow."""
    WRITES.written(data)
    owner = owner_of(data)
    for other in [memory_of(owner) or Memory(owner, None), *MEMORIES.values()]:
        if other is not memory and owner_of(other.array()) is owner:
            other.lost, other.node = True, None


def _refuse_lost_gradient(target: Tensor, value: Any) -> None:
    if getattr(value, "node", None) is None:
        return
    if target.dtype.kind not in "fc":
        raise DTypeError(
            f"t[index] = value: a tensor of {target.dtype} cannot hold the gradient of the value. "
            "Make it of floats first: t = t.astype(float)"
        )
    if value.dtype.kind == "c" and target.dtype.kind == "f":
        raise DTypeError(
            f"t[index] = value: the value is complex and the tensor {target.dtype}. Say which part is meant: value.real"
        )
