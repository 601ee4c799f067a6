"""A recorded graph in DOT, the language of Graphviz: text only, no program needed.

Written here and not with ``graphviz.Digraph``, which would take several times as long on a graph of a million nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from io import StringIO
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from ..core import Tensor
from .walk import Graph, Scope, Vertex, graph

LONGEST = 60
"""Of names with more characters than this the rest is cut off."""


class Look(NamedTuple):
    """How a kind of vertex is drawn."""

    shape: str
    line: str
    fill: str
    ink: str = "#1c232b"
    faint: str = "#56616c"  # for shapes and dtypes

    def attributes(self) -> str:
        return f'{self.shape} color="{self.line}" fillcolor="{self.fill}" fontcolor="{self.ink}"'


# Blue, orange and grey are told apart by every kind of eye; shapes and borders say the same once more without colour.
LOOKS = {
    "op": Look('shape=box style="rounded,filled"', "#4a86c5", "#e6f0fa"),
    "output": Look('shape=box style="rounded,filled"', "#153e6b", "#1d548f", "#ffffff", "#d3e3f4"),
    "parameter": Look("shape=cylinder style=filled", "#c27a0e", "#fdeccb"),
    "input": Look("shape=note style=filled", "#6c7783", "#f1f3f5"),
}
FONT = 'fontname="Helvetica,Arial,sans-serif" fontsize=12'
FRAME = 'labelloc=t labeljust=l margin=12 style="rounded,filled" color="#c3ccd5" fillcolor="#8090a014"'
GAP = '<br/><font point-size="3"> </font><br/>'
HEAD = f"""\
digraph tensorgraph {{
  graph [bgcolor=white pad=0.15 nodesep=0.3 ranksep=0.35 nslimit=5 {FONT} fontcolor="#3c4650"]
  node [height=0.3 margin="0.14,0.07" {FONT} {LOOKS["op"].attributes()}]
  edge [weight=8 arrowsize=0.7 color="#5d6874"]
"""


def to_dot(output: Tensor, params: Any = None) -> str:
    """The graph that ``output`` was computed from, as DOT text. The same program gives the same text.

    params  names for what is drawn: a dict name -> Tensor or array, or what has ``named_parameters()``, like a module

    Data flows from top to bottom. Ops are blue boxes, the one that gives ``output`` a dark one; parameters are orange
    cylinders, arrays that need no gradient (data, labels, masks) grey sheets, and modules frames around them. Needs no
    program, and time linear in the size of the graph. Raises ArgumentError when ``output`` is on no graph.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print(to_dot(np.sin(x)))  # doctest: +ELLIPSIS
    digraph tensorgraph {
      ...
      n0 [label=<<b>x</b>...(2,) float64...> shape=cylinder ...]
      n1 [label=<<b>sin</b>...(2,) float64...> shape=box ...]
      n0 -> n1 ...
    }
    """
    text = StringIO()  # and not a join of all lines, which would hold them twice
    text.writelines(_lines(graph(output, params)))
    return text.getvalue()


def _lines(drawn: Graph) -> Iterator[str]:
    leaves = {vertex.id for vertex in drawn.vertices if vertex.kind != "op"}
    beside, spaced = _arrange(drawn, leaves)
    yield HEAD
    yield f"  graph [labelloc=b label=<{_key(drawn)}>]\n"
    yield from _framed(drawn.vertices, beside)
    placed = {source for sources in beside.values() for source in sources}
    for source, target, _ in drawn.edges:
        if source not in leaves:
            yield f"  {source} -> {target} [minlen=2]\n" if target in spaced else f"  {source} -> {target}\n"
        elif source not in placed:
            yield f"  {source} -> {target} [weight=1]\n"
    yield "}\n"


def _arrange(drawn: Graph, leaves: set[str]) -> tuple[dict[str, list[str]], set[str]]:
    """Where leaves go, so that the flow of data runs straight down: to the left and the right of the op they feed.

    Gives the leaves beside each op; at most two, that feed nothing else, and never what the flow starts with. The
    others go above. Also gives the ops that have leaves above them in their own frame: for these, the flow has to
    leave a row free.
    """
    uses = Counter(edge.source for edge in drawn.edges if edge.source in leaves)
    framed = {vertex.id for vertex in drawn.vertices if vertex.kind != "op" and vertex.scope}
    beside: dict[str, list[str]] = {}
    spaced: set[str] = set()
    for target, edges in groupby(drawn.edges, key=attrgetter("target")):
        sources = [edge.source for edge in edges]
        own = [source for source in sources if source in leaves]
        if not own:
            continue
        start = sources[0] if len(own) == len(sources) else None
        sides = [source for source in own if uses[source] == 1 and source != start][:2]
        if sides:
            beside[target] = sides
        if any(source in framed and source not in sides for source in own):
            spaced.add(target)
        framed.difference_update(own)  # leaves stand in the frame of the op that is the first to use them
    return beside, spaced


def _framed(vertices: list[Vertex], beside: dict[str, list[str]]) -> Iterator[str]:
    """Every vertex, inside the frames of its modules."""
    frames: dict[Scope, tuple[list[Vertex], list[Scope]]] = {(): ([], [])}  # what is in a frame, and the frames in it
    for vertex in vertices:
        if vertex.scope not in frames:
            for depth in range(1, len(vertex.scope) + 1):
                outer, frame = vertex.scope[: depth - 1], vertex.scope[:depth]
                if frame not in frames:
                    frames[frame] = [], []
                    frames[outer][1].append(frame)
        frames[vertex.scope][0].append(vertex)
    todo: list[Scope | None] = [()]  # None: a frame ends
    count, indent = 0, "  "
    while todo:
        scope = todo.pop()
        if scope is None:
            indent = indent[:-2]
            yield f"{indent}}}\n"
            continue
        if scope:
            yield f"{indent}subgraph cluster_{count} {{\n"
            count += 1
            indent += "  "
            yield f"{indent}graph [label=<{_text(str(scope[-1]))}> {FRAME}]\n"
            todo.append(None)
        members, inner = frames[scope]
        for vertex in members:
            yield f"{indent}{_vertex(vertex)}\n"
            if vertex.id in beside:
                yield f"{indent}{_row(vertex.id, *beside[vertex.id])}\n"
        todo += reversed(inner)


def _look(vertex: Vertex) -> str:
    return "output" if vertex.output and vertex.kind == "op" else vertex.kind


def _vertex(vertex: Vertex) -> str:
    title = f"<b>{_text(str(vertex.op or vertex.name or vertex.kind))}</b>"
    if vertex.op and vertex.name:
        title += f" <i>{_text(str(vertex.name))}</i>"
    if vertex.settings:
        title += " " + _text(", ".join([f"{name}={_number(value)}" for name, value in vertex.settings]))
    kind = _look(vertex)
    look = LOOKS[kind]
    facts = f'<font point-size="10" color="{look.faint}">{vertex.shape} {vertex.dtype}</font>'
    drawn_as = "" if kind == "op" else " " + look.attributes()
    return f"{vertex.id} [label=<{title}{GAP}{facts}>{drawn_as}]"


def _row(op: str, left: str, right: str | None = None) -> str:
    """The op between the leaves that feed it."""
    return f"{{ rank=same {left} -> {op}" + (f" {op} -> {right} [dir=back] }}" if right else " }")


def _key(drawn: Graph) -> str:
    """A table that names what is what, of the kinds that there are."""
    found = {_look(vertex) for vertex in drawn.vertices}
    cells = [
        f'<td border="1" color="{look.line}" bgcolor="{look.fill}">'
        f'<font point-size="9" color="{look.ink}">{kind}</font></td>'
        for kind, look in LOOKS.items()
        if kind in found
    ]
    return f'<table border="0" cellspacing="6" cellpadding="3"><tr>{"".join(cells)}</tr></table>'


def _number(value: Any) -> str:
    return format(value, ".6g") if isinstance(value, float) else str(value)


@lru_cache
def _text(name: str) -> str:
    """A name as part of a label: on one line, not too long, with nothing in it that DOT, HTML or SVG would read."""
    shown = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    if not shown.isprintable():
        shown = "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown])
    shown = escape(shown if shown.strip() else repr(shown))
    return shown.replace("\\", "\\\\")  # a single one may begin a placeholder: \N is the vertex's id
