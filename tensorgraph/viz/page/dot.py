"""The insides of boxes, laid out by Graphviz: all of them in one run of the program, whatever their number."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator

import graphviz

from ...errors import FileError, MissingDependencyError
from .plan import SINGLE, Layout, Plan, Ports

DPI = 72

HEAD = """\
digraph {
graph [nodesep=0.34 ranksep=0.42 nslimit=5]
node [shape=box fixedsize=true label=""]
edge [arrowhead=none arrowtail=none]
"""
PORT = "[width=0.16 height=0.01]"

# In a process of its own: Graphviz ends the process that it runs in when it meets a graph that it cannot lay out.
_PYGRAPHVIZ = """
import json, sys, pygraphviz
for text in json.load(sys.stdin):
    sys.stdout.buffer.write(pygraphviz.AGraph(string=text).draw(format="plain", prog="dot"))
"""


def lay_out(plans: list[Plan]) -> list[Layout]:
    """The layouts of ``plans``. Raises MissingDependencyError without Graphviz, and FileError when it fails."""
    texts = [_text(plan) for plan in plans]
    if not texts:
        return []
    try:
        drawn = _run(texts)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip() or error
        raise FileError(
            f"to_html: Graphviz failed on this graph: {said}. Draw an earlier tensor, which has a smaller graph"
        ) from error
    pages = iter(drawn.decode().splitlines())
    return [_read(plan, pages) for plan in plans]


def _run(texts: list[str]) -> bytes:
    """What the first of the programs that is there says, in the format "plain"."""
    try:
        return graphviz.pipe("dot", "plain", "".join(texts).encode(), quiet=True)
    except graphviz.ExecutableNotFound:
        pass
    if importlib.util.find_spec("pygraphviz") is None:
        raise MissingDependencyError(
            "to_html: needs pygraphviz (pip install 'tensorgraph[viz]') or the dot program of Graphviz "
            "(https://graphviz.org/download; on Debian and Ubuntu: apt install graphviz). to_dot needs neither"
        )
    command = [sys.executable, "-P", "-c", _PYGRAPHVIZ]
    return subprocess.run(command, input=json.dumps(texts).encode(), capture_output=True, check=True).stdout


def _text(plan: Plan) -> str:
    """A plan in DOT: numbers for children, i and o with a number for ports."""
    lines = [HEAD]
    for i, ((width, height), (above, below)) in enumerate(zip(plan.sizes, plan.ports)):
        if (above, below) == SINGLE:
            lines.append(f"{i} [width={width / DPI:.4f} height={height / DPI:.4f}]\n")
        else:
            rows = _cells("i", above, width, height // 2) + _cells("o", below, width, height - height // 2)
            lines.append(f"{i} [shape=plain fixedsize=false label=<<table {_BARE}>{rows}</table>>]\n")
    for rank, letter, count in (("source", "i", plan.inputs), ("sink", "o", plan.outputs)):
        if count:
            lines.append(f"{{ rank={rank} node {PORT} {' '.join(f'{letter}{k}' for k in range(count))} }}\n")
    level: set[tuple[int, int]] = set()
    for op, left, *right in plan.rows:
        lines.append(f"{{ rank=same {left} -> {op}{''.join(f' {op} -> {leaf} [dir=back]' for leaf in right)} }}\n")
        level.update((leaf, op) for leaf in (left, *right))
    lines += [f"{{ rank=same {one} {other} }}\n" for one, other in plan.level]
    for (tail, head), (leaves, enters), weight in zip(plan.wires, plan.slots, plan.weights):
        if (tail, head) in level:
            continue
        start, end = _name(tail, "i"), _name(head, "o")
        if tail >= 0 and plan.ports[tail] != SINGLE:
            start += f":o{leaves}:s"
        if head >= 0 and plan.ports[head] != SINGLE and weight > 1:  # a light one goes where there is room
            end += f":i{enters}:n"
        lines.append(f"{start} -> {end} [weight={weight}{'' if weight else ' constraint=false'}]\n")
    return "".join([*lines, "}\n"])


_BARE = 'border="0" cellborder="0" cellspacing="0" cellpadding="0"'


def _cells(letter: str, ports: Ports, width: int, height: int) -> str:
    """A row of a table as wide as a box: a cell for each port, the main one in the middle, the others beside it."""
    count, main = ports
    half = (width - width // (count + 1)) // 2  # to the left of the cell in the middle, and to its right
    row = ""
    for names, room in (
        ([f"{letter}{k}" for k in range(main)], half),
        ([f"{letter}{main}"], width - 2 * half),
        ([f"{letter}{k}" for k in range(main + 1, count)], half),
    ):
        names = names or ["none"]
        for k, name in enumerate(names):
            own = room * (k + 1) // len(names) - room * k // len(names)
            row += f'<td port="{name}" fixedsize="true" width="{own}" height="{height}"></td>'
    return f"<tr><td><table {_BARE}><tr>{row}</tr></table></td></tr>"


def _name(place: int, letter: str) -> str:
    return str(place) if place >= 0 else f"{letter}{-1 - place}"


def _read(plan: Plan, lines: Iterator[str]) -> Layout:
    """The layout of one plan, up to the line that ends it. Graphviz counts inches, and y from below."""
    places: dict[str, tuple[int, int]] = {}
    curves: dict[tuple[str, str], list[int]] = {}
    _, _, width, height = next(lines).split()
    top = float(height)
    for line in lines:
        word, *rest = line.split()
        if word == "stop":
            break
        if word == "node":
            places[rest[0]] = (round(float(rest[1]) * DPI), round((top - float(rest[2])) * DPI))
        else:
            tail, head, count, *points = rest[: 3 + 2 * int(rest[2])]
            curves[tail, head] = [
                round((top - float(value)) * DPI if i % 2 else float(value) * DPI) for i, value in enumerate(points)
            ]
    spots = [(*places[str(i)], *size) for i, size in enumerate(plan.sizes)]
    return Layout(
        (round(float(width) * DPI), round(top * DPI)),
        spots,
        _close_rows(plan, spots),
        [places[f"i{k}"][0] for k in range(plan.inputs)],
        [places[f"o{k}"][0] for k in range(plan.outputs)],
        [_curve(curves, _name(tail, "i"), _name(head, "o")) for tail, head in plan.wires],
    )


def _close_rows(plan: Plan, spots: list[tuple[int, int, int, int]]) -> list[tuple[int, ...]]:
    """The rows in which the leaves are the neighbours of their op."""
    ranks: dict[int, list[int]] = {}
    for i, (_, y, _, _) in enumerate(spots):
        ranks.setdefault(y, []).append(i)
    neighbours: set[tuple[int, int]] = set()
    for rank in ranks.values():
        rank.sort(key=lambda i: spots[i][0])
        neighbours.update(zip(rank, rank[1:]))
    return [
        row for row in plan.rows if (row[1], row[0]) in neighbours and (len(row) == 2 or (row[0], row[2]) in neighbours)
    ]


def _curve(curves: dict[tuple[str, str], list[int]], tail: str, head: str) -> list[int]:
    """The curve from tail to head; for a leaf to the right of its op it was drawn the other way."""
    if (tail, head) in curves:
        return curves[tail, head]
    back = curves[head, tail]
    return [value for i in range(len(back) - 2, -1, -2) for value in back[i : i + 2]]
