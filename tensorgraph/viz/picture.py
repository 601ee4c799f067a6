"""Pictures of graphs in files, made of DOT by Graphviz: the ``dot`` program, or the one inside of pygraphviz."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import graphviz

from ..core import Tensor
from ..errors import ArgumentError, FileError, MissingDependencyError
from ..files import atomic_write
from .dot import to_dot

FORMATS = ("svg", "png", "pdf")

# In a process of its own: Graphviz ends the process that it runs in when it meets a graph that it cannot lay out.
_PYGRAPHVIZ = """
import sys, pygraphviz
drawn = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(drawn.draw(format=sys.argv[1], prog="dot"))
"""


def render(output: Tensor, path: str | os.PathLike, params: Any = None) -> Path:
    """Draw the graph that ``output`` was computed from into a file, and return its path.

    path    ends in .svg, .png or .pdf, which is the format; more than some 200 ops are readable as SVG and PDF only
    params  names for what is drawn: a dict name -> Tensor or array, or what has ``named_parameters()``, like a module

    What is drawn how is told by ``to_dot``. The layout takes a second for a thousand ops, and minutes for ten thousand
    or for some hundreds that all use the same parameters. The file is written whole or not at all.

    Raises ArgumentError for another suffix, and when ``output`` is on no graph; MissingDependencyError when neither the
    ``dot`` program nor pygraphviz is installed; FileError when the file cannot be written or Graphviz fails.

    >>> import tempfile, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     render((2 * x).sum(), folder + "/graph.svg").stat().st_size > 1000
    True
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise ArgumentError(f"render: a picture is written as .svg, .png or .pdf; got {os.fspath(path)!r}")
    dot = to_dot(output, params)
    try:
        picture = _draw(dot, kind)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip() or error
        raise FileError(
            f"cannot write {path}: Graphviz failed on this graph: {said}. "
            "Draw an earlier tensor, which has a smaller graph, or take the text of to_dot to another program"
        ) from error
    return atomic_write(path, picture)


def _draw(dot: str, kind: str) -> bytes:
    """The picture, by the first of the programs that is there."""
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
