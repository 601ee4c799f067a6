"""``checkpoint``: the values inside a part of a program are not kept for backward, but computed again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..config import Observer, current, enter, leave, observing
from ..core import Node, Op, Tensor, plain, propagate
from ..core.node import clock
from ..core.propagate import conjugate
from ..core.replay import Journal, generator
from ..errors import BackwardError
from ..nesting import flatten


def checkpoint(f: Callable) -> Callable:
    """``f``, which keeps nothing for backward but its arguments: backward runs it again.

    That trades time, one more forward, for memory. Gradients flow to the arguments and to all that ``f`` uses besides,
    such as the parameters of a module. ``f`` may be a module, take and give nestings, and be a checkpoint of
    checkpoints; gradients of gradients work too.

    The second run must give what the first gave. Dropout draws the same masks again, and batch normalization updates
    its running statistics once. A ``numpy.random.Generator`` given as an argument is in the same state again. What
    else ``f`` does besides computing goes into ``tensorgraph.transforms.once``.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> y = tg.checkpoint(lambda x: np.exp(np.sin(x)).sum())(x)
    >>> y.backward()
    >>> np.allclose(x.grad, np.exp(np.sin([1.0, 2.0])) * np.cos([1.0, 2.0]))
    True

    Backward raises BackwardError when the second run gives something else. Source: Griewank and Walther (2000), Chen et
    al. (2016).
    """

    @functools.wraps(f, updated=())
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        mode = current()
        if not mode.recording or mode.symbolic:  # an observer that follows a computation must see all of it
            return _run(f, args, kwargs)
        segment = _Segment(f, args, kwargs)
        outputs = segment.first_run()
        return segment.on_graph(outputs) if segment.inputs else outputs

    return checkpointed


class _Segment:
    """A part of a program that runs twice.

    inputs  the tensors on the graph that it uses, in the order in which it does
    """

    def __init__(self, f: Callable, args: tuple, kwargs: dict) -> None:
        leaves, rebuild = flatten((args, kwargs))
        self.f, self.arguments = f, rebuild(leaves)  # in containers of our own
        self.journal, self.scope = Journal(current().journal), current().scope
        self.inputs: list[Tensor] = []

    def first_run(self) -> Any:
        """The outputs, of which nothing is recorded."""
        seen = _Inputs()
        with observing(seen), _mode(recording=False, journal=self.journal):
            outputs = _run(self.f, *self.arguments)
        for y in flatten(outputs)[0]:
            seen.note(y)
        self.inputs = list(seen.found.values())
        return outputs

    def on_graph(self, outputs: Any) -> Any:
        """The outputs as one node: those that have gradients, one behind the other in one array."""
        leaves, rebuild = flatten(outputs)
        places = [k for k, y in enumerate(leaves) if _has_gradient(y)]
        if not places:
            return outputs
        if len(places) == 1:
            leaves[places[0]] = self._node(leaves[places[0]].data)
            return rebuild(leaves)
        packed, start = self._node(np.concatenate([leaves[k].data.reshape(-1) for k in places])), 0
        for k in places:
            y = leaves[k]
            leaves[k] = _part(packed, start, y)
            start += y.size
        return rebuild(leaves)

    def _node(self, value: np.ndarray) -> Tensor:
        self.value = value
        try:
            return _twice(*self.inputs, segment=self)
        finally:
            del self.value  # the node keeps it

    def pull(self, g: Any, inputs: list, out: Any) -> list:
        """The second run, recorded, and the gradients of the inputs through it."""
        record = current().recording
        with _mode(recording=True, journal=self.journal.again(), scope=self.scope):
            outputs = [y for y in flatten(_run(self.f, *self.arguments))[0] if _has_gradient(y)]
        self._require_the_same(outputs, plain(out))
        seeds: dict[Node, Any] = {}
        start = 0
        for y in outputs:
            part = g if g.shape == y.shape and len(outputs) == 1 else _part(g, start, y)
            start += y.size
            if y.node is not None:
                seeds[y.node] = seeds[y.node] + conjugate(part) if y.node in seeds else conjugate(part)
        found: dict[Node, Any] = {}
        nodes: list[Any] = [t.node for t in self.inputs]
        propagate(seeds, retain=record, record=record, wanted=set(nodes), within=True, arrive=found.__setitem__)
        return [conjugate(found[node]) if node in found else np.zeros_like(x) for node, x in zip(nodes, inputs)]

    def _require_the_same(self, outputs: list, before: np.ndarray) -> None:
        again = np.concatenate([np.zeros(0), *[y.data.reshape(-1) for y in outputs]])
        tolerance = float(np.finfo(before.dtype).eps) ** 0.5
        scale = max(1.0, float(np.max(np.abs(before), initial=0)))
        if again.shape != (before.size,) or not np.allclose(
            again, before.reshape(-1), tolerance, tolerance * scale, equal_nan=True
        ):
            name = getattr(self.f, "__name__", type(self.f).__name__)
            raise BackwardError(
                f"checkpoint: {name} gave something else when it ran again for the backward. Give a random generator "
                "that it draws from as an argument, do what must not be done twice in tensorgraph.transforms.once, "
                "and leave modes and arrays that it uses as they were"
            )


class _Inputs(Observer):
    """Who notes which tensors of a graph that was there before are used, each once."""

    def __init__(self) -> None:
        self.start = clock()
        self.found: dict[Node, Tensor] = {}

    def note(self, value: Any) -> None:
        if isinstance(value, Tensor) and value.node is not None and value.node.serial < self.start:
            self.found.setdefault(value.node, value)

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        for value in args:
            self.note(value)


def _run(f: Callable, args: tuple, kwargs: dict) -> Any:
    leaves, rebuild = flatten((args, kwargs))
    args, kwargs = rebuild([generator(x) if isinstance(x, np.random.Generator) else x for x in leaves])
    return f(*args, **kwargs)


def _has_gradient(y: Any) -> bool:
    return isinstance(y, Tensor) and y.dtype.kind in "fc"


def _part(packed: Any, start: int, y: Tensor) -> Any:
    """What is at ``start`` in the outputs packed together, in the shape and dtype of ``y``."""
    part = packed[start : start + y.size].reshape(y.shape)
    part = part.real if part.dtype.kind == "c" and y.dtype.kind != "c" else part
    return part if part.dtype == y.dtype else part.astype(y.dtype)


@contextmanager
def _mode(**changes: Any) -> Iterator[None]:
    token = enter(current().but(**changes))
    try:
        yield
    finally:
        leave(token)


def _forward(*inputs: Any, segment: Any) -> Any:
    return segment.value


_twice = Op(_forward, "checkpoint")


@_twice.grad("inputs")
def _pull(g: Any, inputs: list, segment: _Segment, out: Any) -> list:
    return segment.pull(g, inputs, out)
