"""``Graph``: a recorded graph as plain records, with all that is known of them, and the ways to look at it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..config import enable_grad
from ..core import OPS, Op, Tensor
from ..errors import ArgumentError
from ..recording import record
from .facts import Detail, Facts, details_of
from .gradients import VIEWS, with_gradients
from .walk import Scope, Vertex, walk


class Edge(NamedTuple):
    """Data flows from ``source`` to ``target`` (ids), where it is the op's ``argument``."""

    source: str
    target: str
    argument: str


class Block(NamedTuple):
    """A scope: its path, how many equal ones it stands for, and sums over all that is inside.

    parameters  how many numbers its parameters have
    """

    path: Scope
    times: int
    parameters: int
    facts: Facts


@dataclass(frozen=True)
class Graph:
    """A recorded graph as plain records. Each vertex comes after its sources (unless modules were closed).

    vertices  what was applied to what
    view      "forward", "backward" or "both"
    details   by the id of a vertex: what it saved, where it was called, and what was measured, as far as it is known
    times     of a scope that stands for several equal ones: how many
    """

    vertices: list[Vertex]
    view: str = "forward"
    details: dict[str, Detail] = field(default_factory=dict)
    times: dict[Scope, int] = field(default_factory=dict)

    @property
    def edges(self) -> list[Edge]:
        """An edge for each source of each vertex."""
        return [
            Edge(source, vertex.id, argument)
            for vertex in self.vertices
            for source, argument in zip(vertex.sources, vertex.arguments)
        ]

    @property
    def title(self) -> str:
        """What the graph computes: the name of its output, or of the op that made it; of a backward, what it is of."""
        ends = self.vertices[:1] if self.view == "backward" else [v for v in self.vertices if v.output]
        names = [v.name or v.op or v.kind for v in ends]
        return ("∂" if self.view == "backward" else "") + names[0] if names else "graph"

    @property
    def scopes(self) -> list[Block]:
        """The scopes, outermost first, each with sums over all that is inside."""
        return list(_blocks(self))

    def ops(self) -> dict[str, Op]:
        """The ops that are applied, by name."""
        names = {v.op for v in self.vertices}
        return {op.name: op for op in OPS.values() if isinstance(op, Op) and op.name in names}

    # Less of it

    def search(self, text: str) -> list[Vertex]:
        """The vertices whose name, op, kind or scope has ``text`` in it, in whatever case."""
        wanted = text.casefold()
        return [v for v in self.vertices if wanted in _words(v)]

    def hide(self, predicate: Callable[[Vertex], bool]) -> Graph:
        """Without the vertices of which ``predicate`` is true; what they were computed from feeds their users instead.

        >>> import numpy as np, tensorgraph as tg
        >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
        >>> drawn = tg.viz.graph(np.exp(-x).sum()).hide(lambda vertex: vertex.op == "negative")
        >>> [tuple(edge) for edge in drawn.edges]
        [('n0', 'n2', 'x'), ('n2', 'n3', 'a')]
        """
        from .simplify import hide

        return replace(self, vertices=hide(self.vertices, predicate))

    def to_depth(self, depth: int) -> Graph:
        """With modules that lie deeper than ``depth`` others closed: each becomes one vertex."""
        from .simplify import close

        if depth < 0:
            raise ArgumentError(f"to_depth: the depth is at least 0; got {depth}")
        vertices, details = close(self, depth)
        return replace(self, vertices=vertices, details=details)

    def fold(self) -> Graph:
        """With scopes that stand side by side and are equal but for names folded into one, which says how many.

        Times and bytes of a vertex are then sums over those that it stands for; other measures are not told.

        >>> import numpy as np, tensorgraph as tg
        >>> net = tg.nn.Sequential(*[tg.nn.Linear(3, 3, rng=i) for i in range(12)])
        >>> folded = tg.viz.graph(net(np.ones((2, 3), np.float32))).fold()
        >>> [vertex.op or vertex.name for vertex in folded.vertices], folded.times
        (['x', 'parts.0.weight … parts.11.weight', 'parts.0.bias … parts.11.bias', 'affine'],
         {('Sequential', 'parts.0'): 12})
        """
        from .simplify import fold

        vertices, details, times = fold(self)
        return replace(self, vertices=vertices, details=details, times=self.times | times)

    # In other forms

    def to_dot(self) -> str:
        """As DOT text; see ``to_dot``."""
        from .dot import text_of

        return text_of(self.vertices, self.details, self.times)

    def to_json(self) -> str:
        """As JSON, of the schema that docs/graph_json.md describes."""
        from .schema import to_json

        return to_json(self)

    def to_html(self) -> str:
        """As a page of its own, in which modules open and close; see ``page_of``."""
        from .page import page_of
        from .schema import records

        return page_of(records(self))

    def to_model_explorer(self) -> str:
        """As JSON of the shape that Google's Model Explorer reads."""
        from .model_explorer import to_model_explorer

        return to_model_explorer(self)

    def save(self, path: str | os.PathLike) -> Path:
        """Write it into a file, and return its path; see ``render``."""
        from .picture import save

        return save(self, path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: never an error."""
        from .notebook import mimebundle

        return mimebundle(self)

    def __repr__(self) -> str:
        return f"<Graph {self.title}: {len(self.vertices)} vertices, {self.view}>"


def graph(
    output: Tensor | Callable[[], Tensor], params: Any = None, *, view: str = "forward", measure: bool = False
) -> Graph:
    """Everything that ``output`` was computed from, as plain records. Iterative; linear in the size of the graph.

    output   a Tensor, or a function that computes one, which is then run and recorded
    params   names for what is drawn: a dict name -> Tensor or array, or what has ``named_parameters()``, like a module
    view     "forward", "backward" (how gradients flow), or "both" (with what the backward takes from the forward)
    measure  tell for each vertex times, bytes, and statistics of values and gradients. Gradients are those of the
             backward that was recorded; else one is run, of the sum of ``output``: no ``grad`` changes, but hooks run.
             What was computed inside ``record()`` is known in full; else the forward's times are not, and of its values
             only those that are saved for the backward. Parameters are as they are now

    Names come from ``params``, from ``name=``, from modules, and from variables of the code that calls this. The same
    program gives the same ids. Arrays that need no gradient are known where the program was recorded with ``record()``;
    else where backward rules use them, and only until ``backward()`` frees them. Raises ArgumentError when ``output``
    is on no graph.

    >>> import numpy as np, tensorgraph as tg
    >>> w = tg.Tensor(np.ones((3, 2)), requires_grad=True, name="w")
    >>> drawn = graph(tg.affine(np.ones((4, 3)), w, np.zeros(2)))
    >>> [(v.id, v.kind, v.op or v.name, v.shape) for v in drawn.vertices]
    [('a0', 'input', 'x', (4, 3)), ('n0', 'parameter', 'w', (3, 2)), ('n1', 'op', 'affine', (4, 2))]
    >>> [tuple(edge) for edge in drawn.edges]
    [('a0', 'n1', 'x'), ('n0', 'n1', 'weight')]
    """
    if view not in VIEWS:
        raise ArgumentError(f"graph: view is one of {', '.join(VIEWS)}; got {view!r}")
    if callable(output) and not isinstance(output, Tensor):
        with record(), enable_grad():
            given = output()
        if not isinstance(given, Tensor):
            raise ArgumentError(f"graph: the function gives a {type(given).__name__}; it must give a Tensor")
        output = given
    walked = walk(output, params)
    vertices = list(walked.vertices())
    details = details_of(walked, measure)
    if view != "forward":
        vertices, details = with_gradients(vertices, details, walked, view)
    return Graph(vertices, view, details)


def _words(vertex: Vertex) -> str:
    return "\n".join([vertex.name or "", vertex.op or "", vertex.kind, ".".join(map(str, vertex.scope))]).casefold()


def _blocks(graph: Graph) -> Iterator[Block]:
    from .simplify import count_of, repeated, total

    inside: dict[Scope, list[Vertex]] = {}
    for vertex in graph.vertices:
        for depth in range(1, len(vertex.scope) + 1):
            inside.setdefault(vertex.scope[:depth], []).append(vertex)
    for path, within in inside.items():
        parameters = sum(count_of(v, "parameters") * repeated(v.scope, (), graph.times) for v in within)
        facts = total(graph.details.get(v.id) for v in within) or Facts()
        yield Block(path, graph.times.get(path, 1), parameters, facts)
