"""How one vertex of a graph looks: the attributes and the label that DOT has for it."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from .walk import Vertex

LONGEST = 60
"""Of names with more characters than this the rest is cut off."""

GAP = '<br/><font point-size="3"> </font><br/>'


class Look(NamedTuple):
    """How a kind of vertex is drawn."""

    shape: str
    line: str
    fill: str
    ink: str = "#1c232b"
    faint: str = "#56616c"  # for shapes and dtypes

    def attributes(self) -> str:
        """As DOT has them."""
        return f'{self.shape} color="{self.line}" fillcolor="{self.fill}" fontcolor="{self.ink}"'


# Blue, orange and grey are told apart by every kind of eye; shapes and borders say the same once more without colour.
LOOKS = {
    "op": Look('shape=box style="rounded,filled"', "#4a86c5", "#e6f0fa"),
    "output": Look('shape=box style="rounded,filled"', "#153e6b", "#1d548f", "#ffffff", "#d3e3f4"),
    "parameter": Look("shape=cylinder style=filled", "#c27a0e", "#fdeccb"),
    "input": Look("shape=note style=filled", "#6c7783", "#f1f3f5"),
}


SPACE = "&#160;"  # a plain one at the edge of bold text is lost in some versions of Graphviz


def look(vertex: Vertex) -> str:
    """Which of ``LOOKS`` a vertex has."""
    return "output" if vertex.output and vertex.kind == "op" else vertex.kind


def statement(vertex: Vertex) -> str:
    """The vertex in DOT: what it is, its name and settings, and below them its shape and dtype."""
    title = f"<b>{text(vertex.op or vertex.name or vertex.kind)}</b>"
    if vertex.op and vertex.name:
        title += f"{SPACE}<i>{text(vertex.name)}</i>"
    if vertex.settings:
        title += SPACE + text(", ".join([f"{name}={_number(value)}" for name, value in vertex.settings]))
    kind = look(vertex)
    facts = f'<font point-size="10" color="{LOOKS[kind].faint}">{vertex.shape} {vertex.dtype}</font>'
    attributes = "" if kind == "op" else " " + LOOKS[kind].attributes()  # most are ops, so that is what HEAD sets
    return f"{vertex.id} [label=<{title}{GAP}{facts}>{attributes}]"


def key(kinds: set[str]) -> str:
    """A table that names what is what, of the kinds that there are."""
    cells = [
        f'<td border="1" color="{its.line}" bgcolor="{its.fill}">'
        f'<font point-size="9" color="{its.ink}">{kind}</font></td>'
        for kind, its in LOOKS.items()
        if kind in kinds
    ]
    return f'<table border="0" cellspacing="6" cellpadding="3"><tr>{"".join(cells)}</tr></table>'


def _number(value: Any) -> str:
    return format(value, ".6g") if isinstance(value, float) else str(value)


@lru_cache
def text(name: str) -> str:
    """A name as part of a label: on one line, not too long, with nothing in it that DOT, HTML or SVG would read."""
    shown = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    if not shown.isprintable():
        shown = "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown])
    shown = escape(shown if shown.strip() else repr(shown))
    return shown.replace("\\", "\\\\")  # a single one may begin a placeholder: \N is the vertex's id
