"""One walk over a recorded graph that gives plain records: what every picture of it is made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..core import Node, Op, Tensor, plain, reachable
from ..core.plan import Plan
from ..errors import ArgumentError
from ..recording import call_of
from .names import Names, is_array

Scope = tuple[str, ...]
"""The names of the modules that something belongs to, outermost first."""


class Vertex(NamedTuple):
    """An op that was applied, or an array that no op made.

    id         the same for the same program; ops and parameters keep theirs when backward has freed the graph
    kind       "op", "parameter" (a leaf that requires gradients), "input" (an array that needs none: data, a mask),
               "gradient" (the backward of an op: it takes the gradient of its output, and gives those of its inputs; of
               a parameter: the gradient that arrives), or "module" (a closed one, of what is inside)
    op         the op's name; None for what no op made
    name       what the user calls it, or None; of an input, else the name of the argument that it was given as
    shape, dtype    of the array
    sources    ids of what an op was applied to
    arguments  which of the op's arguments each source is
    settings   of an op: arguments that are plain numbers, where its backward rules use them
    scope      the modules it belongs to; for parameters and inputs, those of the op that uses them first
    output     whether it is what the graph computes
    """

    id: str
    kind: str
    op: str | None
    name: str | None
    shape: tuple[int, ...]
    dtype: str
    sources: tuple[str, ...]
    arguments: tuple[str, ...]
    settings: tuple[tuple[str, Any], ...]
    scope: Scope
    output: bool


def walk(output: Tensor, params: Any = None) -> Walk:
    """The walk to what ``output`` was computed from. Raises ArgumentError when that is on no graph."""
    if not isinstance(output, Tensor):
        raise ArgumentError(f"viz: only what a Tensor was computed from can be drawn; got {type(output).__name__}")
    if output.node is None:
        raise ArgumentError(
            "viz: this tensor is on no graph, so there is nothing to draw: no input of it requires gradients, "
            "or it was computed under no_grad() or detach()"
        )
    return Walk(output.node, Names(params))


class _Signature:
    """What all nodes with one plan have in common: their arguments' names, and which constants they save."""

    def __init__(self, plan: Plan, parents: list[Node | None]) -> None:
        self.names = frame_names(plan.op, len(parents))
        self.constants = [
            (source, place)
            for place, source in enumerate(plan.sources)
            if isinstance(source, int) and source < len(parents) and parents[source] is None
        ]


def frame_names(op: Op, count: int) -> list[str]:
    """What each place in the frame of a call is called, the parts of a variadic input by number."""
    names = op.frame_names(count)  # a variadic input comes first, so the number of its part is that of the place
    return [f"{name}[{i}]" if name == op.variadic else name for i, name in enumerate(names)]


class _Texts(dict):
    """What dtypes are called, each worked out once."""

    def __missing__(self, dtype: Any) -> str:
        text = self[dtype] = str(dtype)
        return text


class Walk:
    """What is known so far. The ops are taken in the order in which they were applied."""

    def __init__(self, root: Node, names: Names) -> None:
        self.root, self.names = root, names
        self.ids: dict[Node, str] = {}
        self.arrays: dict[str, Any] = {}
        self._array_ids: dict[int, str] = {}  # by identity: the graph keeps the arrays alive
        self._signatures: dict[Plan, _Signature] = {}
        self._dtypes = _Texts()

    def vertices(self) -> Iterator[Vertex]:
        """One by one, for what need not hold all of them at once: an op after what it is the first to use."""
        for node in reversed(reachable(self.root)):
            if node.plan is None:
                continue
            signature = self._signatures.get(node.plan)
            if signature is None:
                signature = self._signatures[node.plan] = _Signature(node.plan, node.parents)
            arrays, settings = _constants(node, signature)
            sources, arguments = [], []
            for i, (parent, argument) in enumerate(zip(node.parents, signature.names)):
                if parent is not None:
                    if parent not in self.ids:
                        yield self._vertex(parent, node.scope)
                    sources.append(self.ids[parent])
                elif i in arrays:
                    array = arrays[i]
                    if id(array) not in self._array_ids:
                        yield self._array(array, node, i, argument)
                    sources.append(self._array_ids[id(array)])
                else:
                    continue
                arguments.append(argument)
            yield self._vertex(node, node.scope, tuple(sources), tuple(arguments), settings)
        if self.root.plan is None:
            yield self._vertex(self.root, ())

    def _vertex(
        self, node: Node, scope: Scope, sources: tuple = (), arguments: tuple = (), settings: tuple = ()
    ) -> Vertex:
        """An op or a parameter."""
        key = self.ids[node] = f"n{len(self.ids)}"
        kind, op = ("parameter", None) if node.plan is None else ("op", node.plan.op.name)
        name, dtype, output = self.names.of_node(node), self._dtypes[node.dtype], node is self.root
        return Vertex(key, kind, op, name, node.shape, dtype, sources, arguments, settings, scope, output)

    def _array(self, array: Any, user: Node, i: int, argument: str) -> Vertex:
        """An array that needs no gradient."""
        key = self._array_ids[id(array)] = f"a{len(self._array_ids)}"
        self.arrays[key] = array
        name = self.names.of_array(array)
        if name is None and not isinstance(user.plan.op.forward, np.ufunc):  # a ufunc's x and y are nobody's names
            name = argument
        # What the flow of data starts with comes from outside of all modules; what joins it, as masks do, does not
        starts = i == 0 and all(parent is None or parent.plan is None for parent in user.parents)
        scope = () if starts else user.scope
        return Vertex(key, "input", None, name, array.shape, self._dtypes[array.dtype], (), (), (), scope, False)


def _constants(node: Node, signature: _Signature) -> tuple[dict[int, Any], tuple[tuple[str, Any], ...]]:
    """Of the constant arguments: the arrays, by their place, and the settings, by their name.

    All of them where the call was recorded; else those that are still saved for the backward rules.
    """
    call = call_of(node)
    if call is not None:
        constants = [(i, _as_the_op_had_it(arg)) for i, arg in enumerate(call.args) if node.parents[i] is None]
    elif signature.constants and node.saved:
        constants = [(i, node.saved[place]) for i, place in signature.constants]
    else:
        return {}, ()
    arrays, settings = {}, []
    defaults = node.plan.op.defaults
    for i, value in constants:
        name = signature.names[i]
        if is_array(value):
            arrays[i] = value
        elif _is_short(value) and (name not in defaults or defaults[name] != value):
            settings.append((name, value))
    return arrays, tuple(settings)


def _as_the_op_had_it(arg: Any) -> Any:
    """The array in a tensor; a NumPy scalar as the number that it counts as beside a tensor."""
    if isinstance(arg, np.ndarray | np.generic) and not arg.ndim:
        return arg.item()
    return plain(arg)


def _is_short(value: Any) -> bool:
    """Whether a setting is a number, or a few of them, such as axes."""
    if isinstance(value, tuple):
        return len(value) <= 8 and all(isinstance(part, int | float) for part in value)
    return isinstance(value, int | float | complex)
