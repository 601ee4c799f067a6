"""How one vertex of a graph looks: the attributes and the label that DOT has for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from ..tables import in_bytes
from .facts import Facts
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
    "gradient": Look('shape=box style="rounded,filled,dashed"', "#8a4f9e", "#f5ebf8"),
    "module": Look('shape=box style="rounded,filled" penwidth=2', "#7b8894", "#ffffff"),
}


SPACE = "&#160;"  # a plain one at the edge of bold text is lost in some versions of Graphviz


def look(vertex: Vertex) -> str:
    """Which of ``LOOKS`` a vertex has."""
    return "output" if vertex.output and vertex.kind == "op" else vertex.kind


def statement(vertex: Vertex, facts: Facts | None = None) -> str:
    """The vertex in DOT: what it is, its name and settings, below them its shape and dtype, and what was measured."""
    what = text(vertex.op or vertex.name or vertex.kind)
    title = f"<b>{'∂' if vertex.kind == 'gradient' else ''}{what}</b>"
    if vertex.op and vertex.name:
        title += f"{SPACE}<i>{text(vertex.name)}</i>"
    if vertex.settings:
        title += SPACE + text(", ".join([f"{name}={_number(value)}" for name, value in vertex.settings]))
    kind = look(vertex)
    lines = f"{vertex.shape} {vertex.dtype}"
    if facts is not None and (measured := " · ".join(_measured(facts))):
        lines += f"<br/>{measured}"
    below = f'<font point-size="10" color="{LOOKS[kind].faint}">{lines}</font>'
    attributes = "" if kind == "op" else " " + LOOKS[kind].attributes()  # most are ops, so that is what HEAD sets
    return f"{vertex.id} [label=<{title}{GAP}{below}>{attributes}]"


def key(kinds: set[str]) -> str:
    """A table that names what is what, of the kinds that there are."""
    cells = [
        f'<td border="1" color="{its.line}" bgcolor="{its.fill}">'
        f'<font point-size="9" color="{its.ink}">{kind}</font></td>'
        for kind, its in LOOKS.items()
        if kind in kinds
    ]
    return f'<table border="0" cellspacing="6" cellpadding="3"><tr>{"".join(cells)}</tr></table>'


def _measured(facts: Facts) -> Iterator[str]:
    """What was measured, in few words."""
    seconds = (facts.forward_seconds or 0.0) + (facts.backward_seconds or 0.0)
    if seconds:
        yield duration(seconds)
    if facts.saved_bytes:
        yield in_bytes(facts.saved_bytes)
    if facts.gradient_norm is not None:
        yield f"|g| {facts.gradient_norm:.2g}"
    if facts.dead:
        yield f"{facts.dead:.0%} dead"
    for what in (facts.values, facts.gradients):
        if what is not None and what.nan + what.inf:
            yield f"{what.nan + what.inf:.0%} not finite"
            break


def duration(seconds: float) -> str:
    """A time with its unit.

    >>> duration(0.0123), duration(4.2e-05)
    ('12 ms', '42 µs')
    """
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.{0 if seconds >= 10 * scale else 1}f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


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
