"""What a notebook shows of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import TensorGraphError
from .picture import draw

if TYPE_CHECKING:
    from .graph import Graph

MOST = 500
"""Of graphs with more vertices than this, no static picture is made: its layout would take too long."""


def mimebundle(graph: Graph) -> dict[str, str]:
    """The graph in all forms that can be made of it: text, and a picture."""
    bundle = {"text/plain": repr(graph)}
    try:
        if len(graph.vertices) <= MOST:
            bundle["image/svg+xml"] = draw(graph.to_dot(), "svg").decode()
    except (TensorGraphError, OSError) as error:  # no Graphviz, or it failed: a notebook still shows the rest
        bundle["text/plain"] += f"\n{error}"
    return bundle
