"""The page itself: template, style, script and data in one text."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from .arrange import arrange

SCRIPTS = ("compose.js", "words.js", "colours.js", "draw.js", "panel.js", "page.js")
"""In the order in which they are read: each uses those before it."""


def page_of(graph: dict[str, Any]) -> str:
    """A graph as one HTML file, which needs no network, and no other file.

    graph  what ``Graph.to_json()`` says, as a dict

    Modules open and close; a search, colours by what was measured, and all that is known of each node are in it. Time
    and size are linear in the size of the graph. Raises MissingDependencyError when neither the ``dot`` program nor
    pygraphviz is installed, and FileError when Graphviz fails.

    The page runs nothing but its own script, and loads nothing: a policy in its head says so, with the hashes of its
    script and its style (https://www.w3.org/TR/CSP3/). Names in the graph are data to it and never markup.

    >>> import json, numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="</script>")
    >>> page = page_of(json.loads(tg.viz.graph(np.sin(x)).to_json()))
    >>> page.startswith("<!doctype html>"), r"\u003c/script>" in page
    (True, True)
    """
    parts = {
        "style": _file("page.css"),
        "script": "\n".join(_file(name) for name in SCRIPTS),
        "graph": _data(graph),
        "arrangement": _data(arrange(graph)),
    }
    parts["policy"] = (
        f"default-src 'none'; style-src '{_hash(parts['style'])}'; script-src '{_hash(parts['script'])}'; "
        "base-uri 'none'; form-action 'none'"
    )
    pieces = _file("page.html").split("%%")
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces))


@cache
def _file(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _data(value: Any) -> str:
    """JSON in which nothing can end a script element: no name in it is markup."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _hash(text: str) -> str:
    """A text as the policy of a page names it: https://www.w3.org/TR/CSP3/#grammardef-hash-source"""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
