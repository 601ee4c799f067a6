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

    id        the same for the same program; ops and parameters keep theirs when backward has freed the graph
    kind      "op", "parameter" (a leaf that requires gradients) or "input" (an array that needs none: data, a mask)
    op        the op's name; None for what no op made
    name      what the user calls it, or None; of an input, else the name of the argument that it was given as
    shape, dtype   of the array
    settings  of an op: arguments that are plain numbers, where its backward rules use them
    scope     the modules it belongs to; for parameters and inputs, those of the op that uses them first
    output    whether it is what the graph computes
    """

    id: str
    kind: str
    op: str | None
    name: str | None
    shape: tuple[int, ...]
    dtype: str
    settings: tuple[tuple[str, Any], ...]
    scope: Scope
    output: bool


class Edge(NamedTuple):
    """Data flows from ``source`` to ``target`` (ids), where it is the op's ``argument``."""

    source: str
    target: str
    argument: str


class Graph(NamedTuple):
    """A recorded graph as plain records. Each vertex comes after those that it is computed from."""

    vertices: list[Vertex]
    edges: list[Edge]


def graph(output: Tensor, params: Any = None) -> Graph:
    """Everything that ``output`` was computed from, as plain records. Iterative; linear in the size of the graph.

    params  names for what is drawn: a dict name -> Tensor or array, or what has ``named_parameters()``, like a module

    Arrays that need no gradient are known only where backward rules use them, and only until ``backward()`` frees
    them: a graph that is drawn afterwards is without its inputs. Raises ArgumentError when ``output`` is on no graph.

    >>> import numpy as np, tensorgraph as tg
    >>> w = tg.Tensor(np.ones((3, 2)), requires_grad=True, name="w")
    >>> vertices, edges = graph(tg.affine(np.ones((4, 3)), w, np.zeros(2)))
    >>> [(v.id, v.kind, v.op or v.name, v.shape) for v in vertices]
    [('a0', 'input', 'x', (4, 3)), ('n0', 'parameter', 'w', (3, 2)), ('n1', 'op', 'affine', (4, 2))]
    >>> [tuple(edge) for edge in edges]
    [('a0', 'n1', 'x'), ('n0', 'n1', 'weight')]
    """
    if not isinstance(output, Tensor):
        raise ArgumentError(f"viz: only what a Tensor was computed from can be drawn; got {type(output).__name__}")
    if output.node is None:
        raise ArgumentError(
            "viz: this tensor is on no graph, so there is nothing to draw: no input of it requires gradients, "
            "or it was computed under no_grad() or detach()"
        )
    walk = _Walk(output.node, *_names(params))
    for node in reversed(reachable(output.node)):
        if node.plan is not None:
            walk.visit(node)
    if output.node.plan is None:
        walk.add(output.node, "parameter", ())
    return Graph(walk.vertices, walk.edges)


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
    """The records so far. ``visit`` takes the ops in the order in which they were applied."""

    def __init__(self, root: Node, node_names: dict[Node, str], array_names: dict[int, str]) -> None:
        self.root, self.node_names, self.array_names = root, node_names, array_names
        self.vertices: list[Vertex] = []
        self.edges: list[Edge] = []
        self.node_ids: dict[Node, str] = {}
        self.array_ids: dict[int, str] = {}  # by identity: the graph keeps the arrays alive
        self.signatures: dict[Plan, _Signature] = {}
        self.dtypes = _Texts()

    def visit(self, node: Node) -> None:
        """Add an op, after the leaves and arrays that it is the first to use, and the edges to it."""
        signature = self.signatures.get(node.plan)
        if signature is None:
            signature = self.signatures[node.plan] = _Signature(node.plan, node.parents)
        arrays, settings = _constants(node, signature) if signature.constants and node.saved else ({}, ())
        ids = self.node_ids
        for i, parent in enumerate(node.parents):
            if parent is not None:
                if parent not in ids:
                    self.add(parent, "parameter", node.scope)
            elif i in arrays:
                arrays[i] = self.add_array(arrays[i], node, i, signature.names[i])
        target = self.add(node, "op", node.scope, settings)
        for i, (parent, argument) in enumerate(zip(node.parents, signature.names)):
            if parent is not None:
                self.edges.append(Edge(ids[parent], target, argument))
            elif i in arrays:
                self.edges.append(Edge(arrays[i], target, argument))

    def add(self, node: Node, kind: str, scope: Scope, settings: tuple = ()) -> str:
        """Add an op or a parameter; gives its id."""
        key = self.node_ids[node] = f"n{len(self.node_ids)}"
        name = self.node_names.get(node)
        if name is None and node.notes is not None:
            name = node.notes.name
        op = None if node.plan is None else node.plan.op.name
        dtype, output = self.dtypes[node.dtype], node is self.root
        self.vertices.append(Vertex(key, kind, op, name, node.shape, dtype, settings, scope, output))
        return key

    def add_array(self, array: Any, user: Node, i: int, argument: str) -> str:
        """Add an array that needs no gradient, if it is not there yet; gives its id."""
        if (known := self.array_ids.get(id(array))) is not None:
            return known
        key = self.array_ids[id(array)] = f"a{len(self.array_ids)}"
        name = self.array_names.get(id(array))
        if name is None and not isinstance(user.plan.op.forward, np.ufunc):  # a ufunc's x and y are nobody's names
            name = argument
        # What the flow of data starts with comes from outside of all modules; what joins it later, as masks do, does not
        starts = i == 0 and all(parent is None or parent.plan is None for parent in user.parents)
        scope = () if starts else user.scope
        self.vertices.append(Vertex(key, "input", None, name, array.shape, self.dtypes[array.dtype], (), scope, False))
        return key


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
