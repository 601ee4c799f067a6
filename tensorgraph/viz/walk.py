"""One walk over a recorded graph that gives plain records: what every picture of it is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..core import Node, Tensor, reachable
from ..core.plan import Plan
from ..errors import ArgumentError

Scope = tuple[str, ...]
"""The names of the modules that something belongs to, outermost first."""


class Vertex(NamedTuple):
    """An op that was applied, or an array that no op made.

    id         the same for the same program; ops and parameters keep theirs when backward has freed the graph
    kind       "op", "parameter" (a leaf that requires gradients) or "input" (an array that needs none: data, a mask)
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


class Edge(NamedTuple):
    """Data flows from ``source`` to ``target`` (ids), where it is the op's ``argument``."""

    source: str
    target: str
    argument: str


class Graph(NamedTuple):
    """A recorded graph as plain records. Each vertex comes after its sources."""

    vertices: list[Vertex]

    @property
    def edges(self) -> list[Edge]:
        """An edge for each source of each vertex."""
        return [
            Edge(source, vertex.id, argument)
            for vertex in self.vertices
            for source, argument in zip(vertex.sources, vertex.arguments)
        ]


def graph(output: Tensor, params: Any = None) -> Graph:
    """Everything that ``output`` was computed from, as plain records. Iterative; linear in the size of the graph.

    params  names for what is drawn: a dict name -> Tensor or array, or what has ``named_parameters()``, like a module

    Arrays that need no gradient are known only where backward rules use them, and only until ``backward()`` frees
    them: a graph that is drawn afterwards is without its inputs. Raises ArgumentError when ``output`` is on no graph.

    >>> import numpy as np, tensorgraph as tg
    >>> w = tg.Tensor(np.ones((3, 2)), requires_grad=True, name="w")
    >>> drawn = graph(tg.affine(np.ones((4, 3)), w, np.zeros(2)))
    >>> [(v.id, v.kind, v.op or v.name, v.shape) for v in drawn.vertices]
    [('a0', 'input', 'x', (4, 3)), ('n0', 'parameter', 'w', (3, 2)), ('n1', 'op', 'affine', (4, 2))]
    >>> [tuple(edge) for edge in drawn.edges]
    [('a0', 'n1', 'x'), ('n0', 'n1', 'weight')]
    """
    return Graph(list(walk(output, params)))


def walk(output: Tensor, params: Any = None) -> Iterator[Vertex]:
    """The vertices of ``graph``, one by one: for what need not hold all of them at once."""
    if not isinstance(output, Tensor):
        raise ArgumentError(f"viz: only what a Tensor was computed from can be drawn; got {type(output).__name__}")
    if output.node is None:
        raise ArgumentError(
            "viz: this tensor is on no graph, so there is nothing to draw: no input of it requires gradients, "
            "or it was computed under no_grad() or detach()"
        )
    return _Walk(output.node, *_names(params)).vertices()


def _names(params: Any) -> tuple[dict[Node, str], dict[int, str]]:
    """What ``params`` calls nodes, and arrays by their identity."""
    if hasattr(params, "named_parameters"):
        params = dict(params.named_parameters())
    nodes: dict[Node, str] = {}
    arrays: dict[int, str] = {}
    if params is None:
        return nodes, arrays
    if not isinstance(params, Mapping):
        raise ArgumentError(f"viz: params gives names: a dict name -> Tensor, or a module; got {type(params).__name__}")
    for name, value in params.items():
        if isinstance(value, Tensor) and value.node is not None:
            nodes[value.node] = str(name)
        elif _is_array(value):
            arrays[id(value.data if isinstance(value, Tensor) else value)] = str(name)
        else:
            raise ArgumentError(f"viz: params[{name!r}] is neither Tensor nor array, but {type(value).__name__}")
    return nodes, arrays


class _Signature:
    """What all nodes with one plan have in common: their arguments' names, and which constants they save."""

    def __init__(self, plan: Plan, parents: list[Node | None]) -> None:
        self.names = list(_argument_names(plan, len(parents)))
        self.constants = [
            (source, place)
            for place, source in enumerate(plan.sources)
            if isinstance(source, int) and source < len(parents) and parents[source] is None
        ]


def _argument_names(plan: Plan, count: int) -> Iterator[str]:
    for name, at in plan.op.frame_slots(count).items():
        if isinstance(at, range):
            yield from (f"{name}[{i}]" for i in range(len(at)))
        elif at < count:
            yield name


class _Texts(dict):
    """What dtypes are called, each worked out once."""

    def __missing__(self, dtype: Any) -> str:
        text = self[dtype] = str(dtype)
        return text


class _Walk:
    """What is known so far. The ops are taken in the order in which they were applied."""

    def __init__(self, root: Node, node_names: dict[Node, str], array_names: dict[int, str]) -> None:
        self.root, self.node_names, self.array_names = root, node_names, array_names
        self.node_ids: dict[Node, str] = {}
        self.array_ids: dict[int, str] = {}  # by identity: the graph keeps the arrays alive
        self.signatures: dict[Plan, _Signature] = {}
        self.dtypes = _Texts()

    def vertices(self) -> Iterator[Vertex]:
        """An op after the leaves and arrays that it is the first to use."""
        for node in reversed(reachable(self.root)):
            if node.plan is None:
                continue
            signature = self.signatures.get(node.plan)
            if signature is None:
                signature = self.signatures[node.plan] = _Signature(node.plan, node.parents)
            arrays, settings = _constants(node, signature) if signature.constants and node.saved else ({}, ())
            sources, arguments = [], []
            for i, (parent, argument) in enumerate(zip(node.parents, signature.names)):
                if parent is not None:
                    if parent not in self.node_ids:
                        yield self.vertex(parent, node.scope)
                    sources.append(self.node_ids[parent])
                elif i in arrays:
                    array = arrays[i]
                    if id(array) not in self.array_ids:
                        yield self.array(array, node, i, argument)
                    sources.append(self.array_ids[id(array)])
                else:
                    continue
                arguments.append(argument)
            yield self.vertex(node, node.scope, tuple(sources), tuple(arguments), settings)
        if self.root.plan is None:
            yield self.vertex(self.root, ())

    def vertex(
        self, node: Node, scope: Scope, sources: tuple = (), arguments: tuple = (), settings: tuple = ()
    ) -> Vertex:
        """An op or a parameter."""
        key = self.node_ids[node] = f"n{len(self.node_ids)}"
        kind, op = ("parameter", None) if node.plan is None else ("op", node.plan.op.name)
        name = self.node_names.get(node)
        if name is None and node.notes is not None and node.notes.name is not None:
            name = str(node.notes.name)
        dtype, output = self.dtypes[node.dtype], node is self.root
        return Vertex(key, kind, op, name, node.shape, dtype, sources, arguments, settings, scope, output)

    def array(self, array: Any, user: Node, i: int, argument: str) -> Vertex:
        """An array that needs no gradient."""
        key = self.array_ids[id(array)] = f"a{len(self.array_ids)}"
        name = self.array_names.get(id(array))
        if name is None and not isinstance(user.plan.op.forward, np.ufunc):  # a ufunc's x and y are nobody's names
            name = argument
        # What the flow of data starts with comes from outside of all modules; what joins it, as masks do, does not
        starts = i == 0 and all(parent is None or parent.plan is None for parent in user.parents)
        scope = () if starts else user.scope
        return Vertex(key, "input", None, name, array.shape, self.dtypes[array.dtype], (), (), (), scope, False)


def _constants(node: Node, signature: _Signature) -> tuple[dict[int, Any], tuple[tuple[str, Any], ...]]:
    """Of the constant arguments that a node saved: the arrays, by their place, and the settings, by their name."""
    arrays, settings = {}, []
    defaults = node.plan.op.defaults
    for i, place in signature.constants:
        value, name = node.saved[place], signature.names[i]
        if _is_array(value):
            arrays[i] = value
        elif _is_short(value) and (name not in defaults or defaults[name] != value):
            settings.append((name, value))
    return arrays, tuple(settings)


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _is_short(value: Any) -> bool:
    """Whether a setting is a number, or a few of them, such as axes."""
    if isinstance(value, tuple):
        return len(value) <= 8 and all(isinstance(part, int | float) for part in value)
    return isinstance(value, int | float | complex)
