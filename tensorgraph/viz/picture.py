"""Pictures of graphs in files, made of DOT by Graphviz: the ``dot`` program, or the one inside of pygraphviz."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphviz

from ..core import Tensor
from ..errors import ArgumentError, FileError, MissingDependencyError
from ..files import atomic_write
from .graph import Graph, graph

PICTURES = ("svg", "png", "pdf")

# In a process of its own: Graphviz ends the process that it runs in when it meets a graph that it cannot lay out.
_PYGRAPHVIZ = """
import sys, pygraphviz
drawn = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(drawn.draw(format=sys.argv[1], prog="dot"))
"""


def render(
    output: Tensor | Callable[[], Tensor],
    path: str | os.PathLike,
    params: Any = None,
    *,
    view: str = "forward",
    measure: bool = False,
) -> Path:
    """Draw the graph that ``output`` was computed from into a file, and return its path.

    path    its suffix is the format: .svg, .png or .pdf, a picture, of which .png is readable up to some 200 ops only;
            .html, a page of its own to walk about in; .dot, text for Graphviz; .json, records (of the shape that
            Google's Model Explorer reads, when the name ends in .explorer.json)

    The other arguments are those of ``graph``; how things look is told by ``to_dot``. The layout takes a second for a
    thousand ops, and minutes for ten thousand or for some hundreds that all use the same parameters; the page takes
    graphs of any size. The file is written whole or not at all.

    Raises ArgumentError for another suffix, and when ``output`` is on no graph; MissingDependencyError when neither the
    ``dot`` program nor pygraphviz is installed; FileError when the file cannot be written or Graphviz fails.

    >>> import tempfile, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     render((2 * x).sum(), folder + "/graph.svg").stat().st_size > 1000
    True
    """
    format_of(path)  # a mistake there is said before the work
    return graph(output, params, view=view, measure=measure).save(path)


def format_of(path: str | os.PathLike) -> str:
    """The format that a file's name asks for. Raises ArgumentError when there is none such."""
    name = Path(path).name.lower()
    kind = "explorer.json" if name.endswith(".explorer.json") else name.rpartition(".")[2]
    if kind not in WRITERS or name == f".{kind}":
        kinds = ", ".join(f".{kind}" for kind in WRITERS)
        raise ArgumentError(f"viz: a graph is written as {kinds}; got {os.fspath(path)!r}")
    return kind


def save(drawn: Graph, path: str | os.PathLike) -> Path:
    """Write a graph in the format that the file's name asks for; see ``render``."""
    kind = format_of(path)
    try:
        content = WRITERS[kind](drawn)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip() or error
        raise FileError(
            f"cannot write {path}: Graphviz failed on this graph: {said}. "
            "Draw an earlier tensor, which has a smaller graph, or take the text of to_dot to another program"
        ) from error
    return atomic_write(path, content)


def draw(dot: str, kind: str) -> bytes:
    """DOT text as a picture, by the first of the programs that is there."""
    if kind == "png":
        dot = dot.replace("{", "{ dpi=144", 1)
    try:
        return graphviz.pipe("dot", kind, dot.encode(), quiet=True)
    except graphviz.ExecutableNotFound:
        pass
    if importlib.util.find_spec("pygraphviz") is None:
        raise MissingDependencyError(
            "render: needs pygraphviz (pip install 'tensorgraph[viz]') or the dot program of Graphviz "
            "(https://graphviz.org/download; on Debian and Ubuntu: apt install graphviz). to_dot needs neither"
        )
    command = [sys.executable, "-P", "-c", _PYGRAPHVIZ, kind]
    return subprocess.run(command, input=dot.encode(), capture_output=True, check=True).stdout


WRITERS: dict[str, Callable[[Graph], bytes | str]] = {
    **{kind: lambda drawn, kind=kind: draw(drawn.to_dot(), kind) for kind in PICTURES},  # type: ignore[misc]
    "dot": Graph.to_dot,
    "json": Graph.to_json,
    "html": Graph.to_html,
    "explorer.json": Graph.to_model_explorer,
}
