"""Follow values through a recording: where they leave the graph, and where they come back without their history."""

from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ...core import Node, Op, Tensor, owner_of
from ...recording import Call, Escape, Recording, Refusal
from .reason import Link

MOST_PARTS = 64  # of one memory that are told apart

_SHAPES = frozenset({
    np.shape, np.ndim, np.size, np.result_type, np.may_share_memory, np.shares_memory, np.zeros_like, np.ones_like,
    np.empty_like, np.isscalar, np.iscomplexobj, np.isrealobj,
})  # fmt: skip
"""Functions whose results do not depend on the values of their arguments."""

_WAYS_OUT = {"t.detach()": "detach", "t.numpy()": "numpy", "t.item()": "item", "t.tolist()": "tolist"}


class Cut(NamedTuple):
    """Where values left the graph.

    cause   as in ``CAUSES``
    link    the op or call that did it
    source  the node whose values they are
    """

    cause: str
    link: Link
    source: Node


class Return(NamedTuple):
    """Where values that had left came back: ``node``, on a graph, was computed from them too."""

    cut: int
    node: Node
    link: Link


class Flow:
    """What became of the values of one node, or (None) of all nodes, in a recording.

    live     the nodes that were computed from it, with the call that made each and the node that the call was given
    cuts     where values left the graph, in order
    returns  where they came back
    """

    def __init__(self, recording: Recording, start: Tensor | None) -> None:
        self.recording = recording
        self.everything = start is None
        self.live: dict[Node, tuple[Call | None, Node | None]] = {}
        self.cuts: list[Cut] = []
        self.returns: list[Return] = []
        self._memory = _Memory()  # of what is live: its node
        self._gone = _Memory()  # of what left: its cut
        self._written: dict[Node, int] = {}  # nodes whose arrays were written into, and the cut of what was written
        if start is not None:
            self.live[start.node] = None, None
            self._memory.add(start.data, start.node)
        for event in recording.events:
            if isinstance(event, Call) and not event.backward:
                self._call(event)
            elif isinstance(event, Escape):
                self._escape(event)
            elif isinstance(event, Refusal) and (source := self._source(_parts(event.args))) is not None:
                self._cut("no_rule", Link(event.op.name, event.place), source)

    def cut_of(self, value: Any) -> Cut | None:
        """Where a tensor or array lost its history."""
        at = self.index_of(value)
        return None if at is None else self.cuts[at]

    def index_of(self, value: Any) -> int | None:
        """Which of the cuts a value comes from. A tensor on a graph has its history, unless it was written into."""
        if isinstance(value, Tensor) and value.node is not None:
            return None if value.node in self.live else self._written.get(value.node)
        return self._gone.find(value)

    def path(self, node: Node) -> list[Link]:
        """The calls from the start to a live node."""
        links = []
        at: Node | None = node
        while at is not None:
            call, at = self.live.get(at, (None, None))
            if call is not None:
                links.append(Link(call.name, call.place))
        return links[::-1]

    def _call(self, call: Call) -> None:
        if _function(call.op) in _SHAPES:
            return
        result = self.recording.result(call)
        node = getattr(result, "node", None)
        args = list(_parts((call.args, getattr(call.op, "keywords", {}))))
        source = self._source(args)
        lost = next((at for at in map(self.index_of, args) if at is not None), None)
        if source is None and lost is None:
            lost = self._taken_around(call, args)
        if node is not None:
            if source is not None:
                self.live[node] = call, source
                self._memory.add(result.data, node)
            if lost is not None:
                argument = _argument(call, [any(self.index_of(part) == lost for part in _parts(a)) for a in call.args])
                self.returns.append(Return(lost, node, Link(f"{call.name}, as {argument}", call.place)))
        elif source is not None:
            self._gone.add(result, self._cut(_kind(call, result), Link(call.name, call.place), source))
        elif lost is not None:
            self._gone.add(result, lost)
        if call.aux and source is not None:
            at = self._cut("auxiliary_result", Link(call.name, call.place), source)
            for array in call.aux:
                self._gone.add(array, at)

    def _escape(self, escape: Escape) -> None:
        source = self._source([escape.tensor])
        if source is not None:
            cause = _WAYS_OUT.get(escape.how, "written_into_array")
            if cause == "item" and _writes_an_element(escape.place.source):
                cause = "written_into_array"
            at: int | None = self._cut(cause, Link(escape.how, escape.place), source)
        else:
            at = self.index_of(escape.tensor)
        if at is None:
            return
        if isinstance(escape.to, Tensor) and escape.to.node is not None:
            self._written.setdefault(escape.to.node, at)
        for value in _parts(escape.to):
            self._gone.add(value, at)

    def _cut(self, cause: str, link: Link, source: Node) -> int:
        self.cuts.append(Cut(cause, link, source))
        return len(self.cuts) - 1

    def _source(self, values: Any) -> Node | None:
        """The node of the first live tensor among the values."""
        for value in values:
            if isinstance(value, Tensor) and value.node is not None and (self.everything or value.node in self.live):
                if self.everything:
                    self._memory.add(value.data, value.node)
                return value.node
        return None

    def _taken_around(self, call: Call, args: list) -> int | None:
        """A cut when the call was given the array of a live tensor, which no one told of."""
        for value in args:
            if getattr(value, "node", None) is None and (source := self._memory.find(value)) is not None:
                at = self._cut("data_attribute", Link(call.name, call.place), source)
                self._gone.add(value, at)
                return at
        return None


class _Memory:
    """What is known of pieces of memory. Arrays are found by the memory that they share, other values by identity."""

    def __init__(self) -> None:
        self._arrays: dict[int, list[tuple[np.ndarray, Any]]] = {}
        self._values: dict[int, Any] = {}

    def add(self, value: Any, fact: Any) -> None:
        array = value.data if isinstance(value, Tensor) else value
        if isinstance(array, np.ndarray):
            parts = self._arrays.setdefault(id(owner_of(array)), [])
            if parts and parts[-1][0] is array:
                parts[-1] = array, fact
            elif len(parts) < MOST_PARTS:
                parts.append((array, fact))
            else:  # too many to tell apart: all of it
                parts[:] = [(owner_of(array), fact)]
        elif isinstance(array, float | complex | np.number):  # small integers and booleans are shared by everyone
            self._values.setdefault(id(array), fact)

    def find(self, value: Any) -> Any:
        array = value.data if isinstance(value, Tensor) else value
        if isinstance(array, np.ndarray):
            for part, fact in reversed(self._arrays.get(id(owner_of(array)), ())):
                if _share(part, array):
                    return fact
            return None
        return self._values.get(id(array))


def _share(a: np.ndarray, b: np.ndarray) -> bool:
    try:
        return np.shares_memory(a, b, max_work=10_000)  # type: ignore[arg-type]  # NumPy's stubs know 0 and -1 only
    except np.exceptions.TooHardError:
        return np.may_share_memory(a, b)


def _parts(value: Any) -> Iterator[Any]:
    """The values in an argument, through tuples, lists, dicts and slices."""
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, tuple | list):
            stack.extend(reversed(part))
        elif isinstance(part, dict):
            stack.extend(reversed(part.values()))
        elif isinstance(part, slice):
            stack += [part.step, part.stop, part.start]
        else:
            yield part


def _function(op: Any) -> Any:
    return op.func if isinstance(op, functools.partial) else op


def _kind(call: Call, result: Any) -> str:
    """Why a call on a live tensor gave a result on no graph."""
    if not isinstance(call.op, Op):
        return "constant_function"
    return "no_grad" if result.dtype.kind in "fc" else "integer_cast"


def _argument(call: Call, chosen: list[bool]) -> str:
    """What the op calls the first of the chosen arguments."""
    i, slots = chosen.index(True), call.op.frame_slots(len(call.args)).items()
    return next(name for name, at in slots if i == at or isinstance(at, range) and i in at)


def _writes_an_element(line: str) -> bool:
    """Whether a line of code assigns to an element of something, as in ``a[i] = t``."""
    with contextlib.suppress(SyntaxError):  # a part of a longer statement
        for statement in ast.parse(line).body:
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            if any(isinstance(target, ast.Subscript) for target in targets):
                return True
    return False
