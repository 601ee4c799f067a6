"""Run: one recorded run of a function, from which everything about its derivatives is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..config import current, enable_grad
from ..core import Node, Tensor, propagate, reachable
from ..core.node import clock
from ..errors import ArgumentError, DTypeError, ShapeError
from ..nesting import flatten, matching, paths
from ..ops import identity


class Run:
    """A function's inputs as nodes of their own, its outputs, and what surrounds it.

    f        what to run
    primals  its arguments, nested as one likes
    what     who asks, for messages
    numbers  which arguments of the user's function the primals are, for messages
    has_aux  ``f`` gives a pair, its output and something else that is not differentiated
    check    raises an error for an output that will not do
    """

    def __init__(
        self,
        f: Callable,
        primals: tuple,
        what: str,
        numbers: Sequence[int] | None = None,
        has_aux: bool = False,
        check: Callable[[Any], None] | None = None,
    ) -> None:
        self.what, self.start = what, clock()
        leaves, self.rebuild_input = flatten(primals)
        self.boxed = any(isinstance(x, Tensor) for x in leaves)
        self.inputs = []
        for k, x in enumerate(leaves):
            try:
                self.inputs.append(_as_input(x))
            except DTypeError as error:
                raise DTypeError(f"{what}: {_place(primals, numbers, k)}: {error}") from None
        self.entries = [x.node for x in self.inputs]  # what came in, also where ``f`` writes into it
        outer = current().recording
        with enable_grad():
            out = f(*self.rebuild_input(self.inputs))
        self.out, self.aux = _pair(out, what) if has_aux else (out, None)
        if check is not None:
            check(self.out)
        outputs, self.rebuild_output = flatten(self.out)
        self.outputs = [y if isinstance(y, Tensor) else Tensor(y) for y in outputs]
        # Nodes that are older than our inputs belong to someone outside, who may differentiate the result.
        self.nodes = reachable(*[y.node for y in self.outputs if y.node is not None], since=self.start)
        met = (n for node in self.nodes for n in (node, *node.parents) if n is not None)
        self.nested = outer and any(node.serial < self.start for node in met)

    # What it gave

    def value(self) -> Any:
        """The output."""
        return self.rebuild_output([self._released(y) for y in self.outputs])

    def released_aux(self) -> Any:
        """What the function gave besides its output: tensors that this run made leave its graph."""
        leaves, rebuild = flatten(self.aux)
        return rebuild([self._released(x) if tracked(x) and x.node.serial > self.start else x for x in leaves])

    def _released(self, y: Tensor) -> Any:
        if self.nested:
            return y
        return y.detach() if self.boxed else np.array(y.data)  # an array of its own: rules may need the one here

    # Backward

    def pull(self, gradient: Any) -> Any:
        """Gradients of the inputs, nested like them, from one of the output."""
        given = matching(gradient, self.out, f"{self.what}: the gradient")
        return self._pulled([like(g, y, "gradient") for g, y in zip(given, self.outputs)])

    def pull_ones(self) -> Any:
        """Gradients of the inputs from gradients of 1: of a scalar its own, of an array that of its sum."""
        return self._pulled([Tensor(np.ones_like(y.data)) for y in self.outputs])

    def _pulled(self, cotangents: list[Tensor]) -> Any:
        record = self.nested or any(map(tracked, cotangents))
        found = self.gradients(list(zip(self.outputs, cotangents)), record)
        return self.rebuild_input([_result(g, x, self.boxed or record) for g, x in zip(found, self.inputs)])

    def gradients(self, pairs: list[tuple[Tensor, Any]], record: bool) -> list:
        """From outputs and their gradients the gradients of the inputs, None for those that nothing depends on."""
        seeds: dict[Node, Any] = {}
        for y, g in pairs:
            if y.node is not None:
                _add(seeds, y.node, g.data if isinstance(g, Tensor) and not record else g)
        return _collect(seeds, self.entries, record)

    # Forward. A pullback is linear in its gradient, so pulling back through the pullback is the pushforward.

    @cached_property
    def transposed(self) -> tuple[list[Tensor], list]:
        """Gradients of the outputs that stand for any, and the gradients of the inputs as functions of them."""
        dual = [Tensor(np.zeros_like(y.data), requires_grad=y.node is not None) for y in self.outputs]
        return dual, self.gradients(list(zip(self.outputs, dual)), record=True)

    def push(self, tangents: Any) -> Any:
        """The tangent of the output, nested like it, from those of the inputs."""
        given = matching(tangents, self.rebuild_input(self.inputs), f"{self.what}: tangents")
        directions = [like(d, x, "tangent") for d, x in zip(given, self.inputs)]
        record = self.nested or any(map(tracked, directions))
        found = self.pushed(directions, record)
        return self.rebuild_output([_result(d, y, self.boxed or record) for d, y in zip(found, self.outputs)])

    def pushed(self, directions: Sequence, record: bool) -> list:
        """The tangents of the outputs from those of the inputs (None: zeros)."""
        dual, pulled = self.transposed
        seeds: dict[Node, Any] = {}
        for g, d in zip(pulled, directions):
            if d is not None and g is not None and g.node is not None:
                _add(seeds, g.node, d.data if isinstance(d, Tensor) and not record else d)
        return _collect(seeds, [u.node for u in dual], record)


def _collect(seeds: dict[Node, Any], targets: list, record: bool) -> list:
    found: dict[Node, Any] = {}
    wanted = {node for node in targets if node is not None}
    propagate(seeds, retain=True, record=record, wanted=wanted, arrive=found.__setitem__)
    return [found.get(node) for node in targets]


def _add(seeds: dict[Node, Any], node: Node, g: Any) -> None:
    seeds[node] = seeds[node] + g if node in seeds else g


def tracked(x: Any) -> bool:
    """Whether ``x`` is a tensor on a graph."""
    return isinstance(x, Tensor) and x.node is not None


def _as_input(x: Any) -> Tensor:
    """A node of the function's own: new for plain values, behind the outer one for a tensor on a graph."""
    if tracked(x):
        with enable_grad():
            return identity(x)
    return Tensor(x.data if isinstance(x, Tensor) else x, requires_grad=True)


def _place(primals: tuple, numbers: Sequence[int] | None, k: int) -> str:
    """The leaf ``k`` of the arguments in words: ``argument 0['a']``."""
    named = [paths(primal, f"argument {i}") for i, primal in zip(numbers or range(len(primals)), primals)]
    return [path for each in named for path in each][k]


def _pair(out: Any, what: str) -> tuple:
    if not isinstance(out, tuple) or len(out) != 2:
        raise ArgumentError(f"{what}: with has_aux=True the function must return a pair (output, aux)")
    return out


def like(g: Any, y: Tensor, what: str) -> Tensor:
    """A tangent or cotangent as a tensor of the shape and dtype of ``y``."""
    g = g if isinstance(g, Tensor) else Tensor(g)
    if g.shape != y.shape:
        raise ShapeError(f"a {what} has the shape of what it belongs to, {y.shape}; got {g.shape}")
    if not np.can_cast(g.dtype, y.dtype, "same_kind"):
        raise ArgumentError(f"a {what} has the dtype of what it belongs to, {y.dtype}; got {g.dtype}")
    return g if g.dtype == y.dtype else g.astype(y.dtype)


def _result(g: Any, x: Tensor, boxed: bool) -> Any:
    if g is None:
        g = np.zeros_like(x.data)
    if boxed:
        return g if isinstance(g, Tensor) else Tensor(g)
    return np.array(g.data if isinstance(g, Tensor) else g)  # an array of its own, never a view of another gradient
