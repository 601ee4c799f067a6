"""What a notebook shows of a graph."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from .picture import draw

if TYPE_CHECKING:
    from .graph import Graph

MOST = 500
"""Of graphs with more vertices than this, no static picture is made: its layout would take too long."""


def mimebundle(graph: Graph) -> dict[str, str]:
    """The graph in all forms that can be made of it: text, a picture for saved notebooks, the interactive page."""
    bundle = {"text/plain": repr(graph)}
    try:
        if len(graph.vertices) <= MOST:
            bundle["image/svg+xml"] = draw(graph.to_dot(), "svg").decode()
        bundle["text/html"] = (
            f'<iframe srcdoc="{html.escape(graph.to_html())}" title="{html.escape(graph.title)}" '
            'sandbox="allow-scripts" style="width:100%;height:600px;border:1px solid #c3ccd5"></iframe>'
        )
    except Exception as error:  # no Graphviz, or it failed: whatever it is, a notebook shows the rest, and says this
        bundle["text/plain"] += f"\n{error}"
    return bundle
