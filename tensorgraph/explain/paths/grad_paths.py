"""``grad_paths``: the paths that a gradient takes from a loss to a parameter, and what comes along each."""

from __future__ import annotations

import math
from heapq import nsmallest
from typing import Any

import numpy as np

from ...config import Observer
from ...core import Node, Tensor, reachable
from ...core.backward import root_of, seed_of
from ...errors import ArgumentError
from ...recording import norm_of
from .path import GradPaths, Path
from .shadow import end, pull, shadow

_NOTHING, _BEYOND = -1e6, 1e3  # logarithms for a gradient that becomes 0, or is no longer finite

Choice = tuple[float, int, int]
"""One way on from a node: the negative logarithm of its gain, the input that it leads to, and its rank there."""


def grad_paths(loss: Tensor, p: Tensor, limit: int = 20, gradient: Any = None) -> GradPaths:
    """The paths from ``loss`` back to ``p``, with what each contributes to the gradient of ``p``.

    loss      a tensor whose graph is still there: before backward, or after ``backward(retain_graph=True)``
    p         what the gradient is taken with respect to: a leaf, or a computed tensor
    limit     how many paths to list at most
    gradient  the gradient of ``loss``, as for ``backward``; may be left out for a scalar

    A gradient is a sum over all paths through the graph; along a path it is the product of what the rules do to it.
    Each listed path has the norm of its gradient after each op, so one sees where it vanishes or explodes, and its
    contribution. The contributions of the listed paths and the ``rest`` add up to the ``total``, which is what one
    backward adds to ``p.grad`` (hooks left aside; they do not run). All paths are counted, in linear time; the listed
    ones are those with the largest product of gains, where an op's gain is the norm of what it gives its input over
    the norm of what it gets, in the whole backward. They are ordered by the norms of their contributions.

    Nothing is changed: no ``grad``, no saved array. Raises BackwardError when ``loss`` is on no graph or is no scalar
    and has no ``gradient``, FreedGraphError when backward has freed the graph, ArgumentError when ``p`` is on no graph.

    Source: Bauer (1974), "Computational graphs and rounding error": a derivative as a sum over paths.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor(2.0, requires_grad=True, name="x")
    >>> print(tg.explain.grad_paths(x * x + np.exp(x) * 1e-3, x))
    3 paths from add to x; gradient of norm 4.007
    path 1 contributes 2, 49.9 %
      add       1
      add.x     1
      multiply.x  2
    ...
    """
    if not isinstance(p, Tensor) or p.node is None:
        raise ArgumentError("grad_paths: p is on no graph, so no path leads to it. Make it with requires_grad=True")
    if limit < 0:
        raise ArgumentError(f"grad_paths: limit is how many paths to list, 0 or more; got {limit}")
    root, seed = root_of(loss, "grad_paths"), seed_of(loss, gradient, record=False)
    count = _count(root, p.node)
    if root not in count:
        zero = np.zeros_like(p.data)
        return GradPaths([], 0, zero, zero, root, p.node)
    total, gains = _gains(root, p.node, seed, count)
    best = _best(count, gains, limit)
    paths = [_along(root, p.node, seed, best, rank) for rank in range(len(best[root]))]
    paths.sort(key=lambda path: -path.size if math.isfinite(path.size) else -math.inf)
    with np.errstate(invalid="ignore"):  # infinity less infinity
        rest = total - sum([path.contribution for path in paths])
    return GradPaths(paths, count[root], total, np.asarray(rest), root, p.node)


def _count(root: Node, target: Node) -> dict[Node, int]:
    """How many paths lead from each node to the target, oldest first; nodes with none are left out."""
    count = {target: 1}
    for node in reversed(reachable(root, since=target.serial)):
        paths = sum([count.get(parent, 0) for parent in node.parents if parent is not None])
        if paths and node is not target:
            count[node] = paths
    return count


class _Gains(Observer):
    """The logarithm of how much larger or smaller each rule makes the gradient."""

    def __init__(self) -> None:
        self.of: dict[tuple[int, int], float] = {}  # by serial number and input
        self._last: tuple[Any, float] = (None, 0.0)

    def gradient(self, node: Node, i: int, g: Any, d: Any) -> None:
        if g is not self._last[0]:
            self._last = g, norm_of(g)
        self.of[node.serial, i] = _log(norm_of(d)) - _log(self._last[1])


def _log(size: float) -> float:
    return _BEYOND if not math.isfinite(size) else math.log(size) if size else _NOTHING


def _gains(root: Node, target: Node, seed: Any, count: dict[Node, int]) -> tuple[Any, dict]:
    """The gradient of the target, and the gains on all edges behind it."""
    twins: dict[Node, Node] = {target: end(target)}
    for node in count:
        if node is not target:
            twins[node] = shadow(node, [q and (twins[q] if q in count else end(q)) for q in node.parents])
    watcher = _Gains()
    return np.asarray(pull(twins[root], seed, twins[target], watcher)), watcher.of


def _best(count: dict[Node, int], gains: dict, limit: int) -> dict[Node, list[Choice]]:
    """For each node its best ways to the target, best first: those with the largest products of gains."""
    best: dict[Node, list[Choice]] = {}
    for node in count:  # the target is the first
        ways = [
            (cost - gains[node.serial, i], i, rank)
            for i, parent in enumerate(node.parents)
            if parent in best
            for rank, (cost, _, _) in enumerate(best[parent])
        ]
        best[node] = nsmallest(limit, ways) if best else [(0.0, -1, 0)][:limit]
    return best


class _Norms(Observer):
    """The norms of a gradient along one path."""

    def __init__(self, seed: Any, inputs: dict[Node, int]) -> None:
        self.found = [norm_of(seed)]
        self.inputs = inputs

    def gradient(self, node: Node, i: int, g: Any, d: Any) -> None:
        if self.inputs[node] == i:
            self.found.append(norm_of(d))


def _along(root: Node, target: Node, seed: Any, best: dict[Node, list[Choice]], rank: int) -> Path:
    """One path: a chain of shadows on which nothing else comes in."""
    nodes, inputs = [], []
    node = root
    while node is not target:
        _, i, rank = best[node][rank]
        nodes.append(node)
        inputs.append(i)
        node = node.parents[i]
    at = last = end(target)
    turns: dict[Node, int] = {}
    for node, i in zip(reversed(nodes), reversed(inputs)):
        at = shadow(node, [at if k == i else q and end(q) for k, q in enumerate(node.parents)])
        turns[at] = i
    watcher = _Norms(seed, turns)
    contribution = np.asarray(pull(at, seed, last, watcher))
    return Path(tuple(nodes), tuple(inputs), np.array(watcher.found), contribution)
