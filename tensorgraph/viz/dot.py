"""A recorded graph in DOT, the language of Graphviz: text only, no program needed.

Written here and not with ``graphviz.Digraph``, which would take several times as long on a graph of a million nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any

from ..core import Tensor
from .facts import Detail, Facts
from .look import LOOKS, key, look, statement, text
from .walk import Scope, Vertex, walk

LINE = "#5d6874"
FONT = 'fontname="Helvetica,Arial,sans-serif" fontsize=12'
HEAD = f"""\
digraph tensorgraph {{
  graph [bgcolor=white pad=0.15 nodesep=0.3 ranksep=0.35 nslimit=5 {FONT} fontcolor="#3c4650"]
  node [height=0.3 margin="0.14,0.07" {FONT} {LOOKS["op"].attributes()}]
  edge [weight=8 arrowsize=0.7 color="{LINE}"]
"""
FRAME = 'labelloc=t labeljust=l margin=12 style="rounded,filled" color="#c3ccd5" fillcolor="#8090a014"'
GRADIENT = f'color="{LOOKS["gradient"].line}"'
SAVED = "style=dotted constraint=false arrowhead=open"
MANY = 4096


def to_dot(output: Tensor, params: Any = None) -> str:
    """The graph that ``output`` was computed from, as DOT text. The same program gives the same text.

    params  names for what is drawn: a dict name -> Tensor or array, or what has ``named_parameters()``, like a module

    Data flows from top to bottom. Ops are blue boxes, the one that gives ``output`` a dark one; parameters are orange
    cylinders, arrays that need no gradient (data, labels, masks) grey sheets, and modules frames around them. What
    backward rules do not use is not recorded and not drawn: the array in ``array + t``, and after ``backward()`` any.

    Needs no program, and time linear in the size of the graph. Raises ArgumentError when ``output`` is on no graph.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print(to_dot(np.sin(x)))
    digraph tensorgraph {
      ...
      n0 [label=<<b>x</b>...(2,) float64...> shape=cylinder ...]
      n1 [label=<<b>sin</b>...(2,) float64...> shape=box ...]
      n0 -> n1 ...
    }
    """
    return text_of(walk(output, params).vertices())


def text_of(
    vertices: Iterable[Vertex], details: Mapping[str, Detail] | None = None, times: Mapping[Scope, int] | None = None
) -> str:
    """Vertices as DOT text, with what is known of them, and how many scopes one stands for."""
    picture = _Picture(times or {})
    for vertex in vertices:
        detail = details.get(vertex.id) if details else None
        picture.add(vertex, detail.facts if detail is not None else None)
    return "".join(picture.parts())


class _Text:
    """Text that grows line by line, in few large pieces: a string for each line would take twice the memory."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        self.lines.append(line)
        if len(self.lines) == MANY:
            self.pieces.append("".join(self.lines))
            self.lines.clear()

    def parts(self) -> list[str]:
        return [*self.pieces, *self.lines]


class _Frame(_Text):
    """What is drawn inside the frame of one module, and the scopes of the frames in it."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.indent = "  " * (depth + 1)
        self.inner: list[Scope] = []


class _Picture:
    """Vertices, each in the frame of its module, and edges between them.

    So that the flow of data runs straight down, a leaf stands to the left or the right of the op that it feeds. There
    is room for two, that feed nothing else. What the flow starts with and all other leaves stand above. Where that is
    known only when the whole graph has been seen, lines wait in ``fed``.
    """

    def __init__(self, times: Mapping[Scope, int]) -> None:
        self.times = times
        self.frames: dict[Scope, _Frame] = {(): _Frame(0)}
        self.edges = _Text()
        self.uses: dict[str, int] = {}  # of each leaf
        self.framed: set[str] = set()  # leaves in frames that no op has used yet
        self.fed: list[tuple[str, Scope, tuple[str, ...]]] = []  # ops with leaves among their sources
        self.kinds: set[str] = set()
        self.gradients: set[str] = set()
        self.has_forward = False

    def add(self, vertex: Vertex, facts: Facts | None) -> None:
        frame = self.frames.get(vertex.scope) or self.open(vertex.scope)
        frame.add(f"{frame.indent}{statement(vertex, facts)}\n")
        self.kinds.add(look(vertex))
        if vertex.kind == "gradient":
            for source in vertex.sources:
                if source not in self.gradients:
                    self.edges.add(f"  {source} -> {vertex.id} [{SAVED}]\n")
                elif self.has_forward:  # beside the forward, so that the backward runs up
                    self.edges.add(f"  {vertex.id} -> {source} [{GRADIENT} dir=back]\n")
                else:
                    self.edges.add(f"  {source} -> {vertex.id} [{GRADIENT}]\n")
            self.gradients.add(vertex.id)
            return
        self.has_forward = True
        if vertex.kind in ("parameter", "input"):
            self.uses[vertex.id] = 0
            if vertex.scope:
                self.framed.add(vertex.id)
        elif self.uses.keys().isdisjoint(vertex.sources):
            for source, times in _counted(vertex.sources):
                self.edges.add(_edge(source, vertex.id, times))
        else:
            self.fed.append((vertex.id, vertex.scope, vertex.sources))
            for source in vertex.sources:
                if source in self.uses:
                    self.uses[source] += 1

    def open(self, scope: Scope) -> _Frame:
        """The frame of a scope, inside those around it."""
        for depth in range(1, len(scope) + 1):
            outer, inner = scope[: depth - 1], scope[:depth]
            if inner not in self.frames:
                self.frames[inner] = _Frame(depth)
                self.frames[outer].inner.append(inner)
        return self.frames[scope]

    def place_leaves(self) -> None:
        """Write the ops' rows and edges that waited."""
        for op, scope, sources in self.fed:
            leaves = [source for source in sources if source in self.uses]
            start = sources[0] if len(leaves) == len(sources) else None
            beside = [leaf for leaf in leaves if self.uses[leaf] == 1 and leaf != start][:2]
            above = [leaf for leaf in leaves if leaf in self.framed and leaf not in beside]
            self.framed.difference_update(leaves)  # they stand in the frame of the op that is the first to use them
            if beside:
                frame = self.frames[scope]
                frame.add(f"{frame.indent}{_row(op, *beside)}\n")
            for source, times in _counted(sources):
                if source not in self.uses:  # the flow of data leaves a row to the leaves above, in their frame
                    self.edges.add(_edge(source, op, times, "minlen=2" if above else ""))
                elif source not in beside:
                    self.edges.add(_edge(source, op, times, "weight=1"))
        self.fed.clear()

    def parts(self) -> Iterator[str]:
        """The text, frame by frame."""
        self.place_leaves()
        yield HEAD
        if self.kinds:
            yield f"  graph [labelloc=b label=<{key(self.kinds)}>]\n"
        todo: list[tuple[Scope, bool]] = [((), False)]
        count = 0
        while todo:
            scope, ends = todo.pop()
            frame, outside = self.frames[scope], "  " * len(scope)
            if ends:
                yield f"{outside}}}\n"
                continue
            if scope:
                yield f"{outside}subgraph cluster_{count} {{\n"
                label = text(str(scope[-1])) + (f" <b>× {self.times[scope]}</b>" if scope in self.times else "")
                yield f"{frame.indent}graph [label=<{label}> {FRAME}]\n"
                count += 1
                todo.append((scope, True))
            yield from frame.parts()
            todo += [(inner, False) for inner in reversed(frame.inner)]
        yield from self.edges.parts()
        yield "}\n"


def _counted(sources: tuple[str, ...]) -> Iterable[tuple[str, int]]:
    """Each source once, and how often it is there."""
    return Counter(sources).items() if len(set(sources)) < len(sources) else zip(sources, repeat(1))


def _edge(source: str, target: str, times: int, hint: str = "") -> str:
    """An arrow of as many lines as the target takes the source times. (On several edges dot 2.43 can crash.)"""
    if times > 1:
        hint += f' color="{":transparent:".join([LINE] * min(times, 3))}"'
    return f"  {source} -> {target} [{hint.strip()}]\n" if hint else f"  {source} -> {target}\n"


def _row(op: str, left: str, right: str | None = None) -> str:
    """The op between the leaves that feed it."""
    return f"{{ rank=same {left} -> {op}" + (f" {op} -> {right} [dir=back] }}" if right else " }")
