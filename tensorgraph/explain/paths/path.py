"""Paths of a gradient as records, and as text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from ...core import Node, input_name, label
from ...places import Place
from ...recording import call_of, norm_of

STEEP = 10.0  # a gradient vanishes or explodes in an op that changes its norm by more than this factor
MOST_EDGES = 30  # of a path that are shown, besides steep ones


class Edge(NamedTuple):
    """One op of a path, from its output to one of its inputs.

    op, argument   the op, and what it calls the input
    scope          the modules that were running
    place          the line that called the op, if it was recorded
    before, after  the norm of the path's gradient at the output, and at the input
    """

    op: str
    argument: str
    scope: tuple[str, ...]
    place: Place | None
    before: float
    after: float

    @property
    def gain(self) -> float:
        """The norm after over the norm before; 1 where both are 0."""
        return _gain(self.before, self.after)

    @property
    def verdict(self) -> str:
        """ "vanishes", "explodes", or nothing."""
        return "vanishes" if self.gain < 1 / STEEP else "explodes" if self.gain > STEEP else ""


class Stretch(NamedTuple):
    """What happens to the gradient of a path on its way through one scope."""

    scope: tuple[str, ...]
    edges: int
    before: float
    after: float

    @property
    def gain(self) -> float:
        """The norm after over the norm before; 1 where both are 0."""
        return _gain(self.before, self.after)


class Path(NamedTuple):
    """One path from a loss to a parameter.

    nodes         what it goes through, from the loss on, without the parameter
    inputs        for each node the number of the input where it goes on
    norms         of its gradient: first at the loss, then after each op
    contribution  its part of the gradient of the parameter
    """

    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    norms: np.ndarray
    contribution: np.ndarray

    @property
    def size(self) -> float:
        """The norm of the contribution."""
        return norm_of(self.contribution)

    @property
    def edges(self) -> list[Edge]:
        """Op by op."""
        return [self.edge(k) for k in range(len(self.nodes))]

    def edge(self, k: int) -> Edge:
        """What op ``k`` of the path does."""
        node, call = self.nodes[k], call_of(self.nodes[k])
        place = None if call is None else call.place
        before, after = float(self.norms[k]), float(self.norms[k + 1])
        return Edge(node.op.name, input_name(node, self.inputs[k]), node.scope, place, before, after)

    @property
    def gains(self) -> np.ndarray:
        """The gain of each op."""
        return np.array([_gain(a, b) for a, b in zip(self.norms.tolist(), self.norms[1:].tolist())])

    @property
    def steepest_fall(self) -> Edge | None:
        """Where the gradient shrinks most; None when it nowhere does."""
        gains = self.gains
        return self.edge(int(gains.argmin())) if gains.size and gains.min() < 1 else None

    @property
    def steepest_rise(self) -> Edge | None:
        """Where the gradient grows most; None when it nowhere does."""
        gains = self.gains
        return self.edge(int(gains.argmax())) if gains.size and gains.max() > 1 else None

    @property
    def stretches(self) -> list[Stretch]:
        """The path by scopes, in order."""
        found = []
        for scope, members in groupby(range(len(self.nodes)), key=lambda k: self.nodes[k].scope):
            first, *others = members
            last = others[-1] if others else first
            found.append(Stretch(scope, last - first + 1, float(self.norms[first]), float(self.norms[last + 1])))
        return found

    def lines(self, start: str) -> list[str]:
        """The path as text: an edge a line, with the norm of the gradient after it; ``start`` is where it begins."""
        gains = self.gains
        steep = set(np.flatnonzero((gains < 1 / STEEP) | (gains > STEEP))[:MOST_EDGES].tolist())
        half, many = MOST_EDGES // 2, len(self.nodes) > MOST_EDGES
        rows: list[tuple[str, ...]] = [(start, _short(self.norms[0]), "")]
        left_out = 0
        for k in range(len(self.nodes)):
            if many and half <= k < len(self.nodes) - half and k not in steep:
                left_out += 1
                continue
            if left_out:
                rows.append((f"... {left_out} more", "", ""))
                left_out = 0
            edge = self.edge(k)
            mark = f"{'<<' if edge.gain < 1 else '>>'} {edge.verdict}, times {edge.gain:.2g}" if edge.verdict else ""
            where = " / ".join(edge.scope) + ": " if edge.scope else ""
            rows.append((f"{where}{edge.op}.{edge.argument}", _short(edge.after), mark))
        widths = [max(map(len, column)) for column in zip(*[row[:2] for row in rows])]
        lines = [f"  {name:<{widths[0]}}  {size:<{widths[1]}}  {mark}".rstrip() for name, size, mark in rows]
        if len(stretches := self.stretches) > 1:
            parts = [f"{' / '.join(s.scope) or 'outside'} times {s.gain:.2g}" for s in stretches[:MOST_EDGES]]
            more = len(stretches) - len(parts)
            lines.append(f"  by scope: {', '.join(parts)}{f', ... {more} more' if more else ''}")
        return lines


@dataclass(frozen=True, eq=False)
class GradPaths:
    """The paths from a loss to a parameter.

    paths   the listed ones
    count   how many there are in all, exactly
    total   the gradient: the sum over all paths
    rest    what the paths that are not listed contribute: the contributions and the rest add up to the total
    loss, target   the nodes where the paths begin and end
    """

    paths: list[Path]
    count: int
    total: np.ndarray
    rest: np.ndarray
    loss: Node
    target: Node

    def __str__(self) -> str:
        start, stop, whole = label(self.loss), label(self.target), norm_of(self.total)
        if not self.count:
            return f"no path from {start} to {stop}; explain.why_no_grad tells why"
        lines = [f"{_many(self.count)} from {start} to {stop}; gradient of norm {_short(whole)}"]
        for k, path in enumerate(self.paths, 1):
            share = f", {100 * path.size / whole:.3g} %" if whole and math.isfinite(whole) else ""
            lines.append(f"path {k} contributes {_short(path.size)}{share}")
            lines += path.lines(start)
        if self.count > len(self.paths):
            lines.append(f"the other {_many(self.count - len(self.paths))} contribute {_short(norm_of(self.rest))}")
        return "\n".join(lines)


def _gain(before: float, after: float) -> float:
    return after / before if before else (math.inf if after else 1.0)


def _short(size: float) -> str:
    return f"{size:.4g}"


def _many(count: int) -> str:
    """A number of paths, which can have thousands of digits."""
    if count == 1:
        return "1 path"
    if count < 10**15:
        return f"{count:,} paths"
    power = count.bit_length() - 1
    return f"{'' if count == 1 << power else 'about '}2**{power} paths"
