"""What is known of each vertex: what it saved, where it was called, and, measured, its times, values and gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ..config import Observer, observing
from ..core import OPS, Node, conjugate, owner_of, plain, propagate
from ..core.plan import Shape
from ..errors import BackwardError
from ..places import Place
from ..recording import call_of, norm_of
from .walk import Walk, frame_names

BINS = 20
RELUS = [OPS["relu"], OPS["affine_relu"], OPS["affine_batchnorm_relu"], OPS[np.maximum]]
"""Ops whose results are often zero: of these, the share of units that are dead is of interest."""


class Saved(NamedTuple):
    """An array that a node keeps for its backward rules, and what they call it."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


class Statistics(NamedTuple):
    """Of the numbers in an array (of their absolute values, if they are complex).

    min, mean, max   of those that are finite
    zeros, nan, inf  shares of all
    edges, counts    a histogram of those that are finite: between edges[i] and edges[i + 1] there are counts[i]
    """

    min: float
    mean: float
    max: float
    zeros: float
    nan: float
    inf: float
    edges: list[float]
    counts: list[int]


class Facts(NamedTuple):
    """What was measured; None is what could not be.

    forward_seconds, backward_seconds  how long the op took, and its backward rules
    saved_bytes    what it keeps alive for the backward, besides parameters; each piece of memory counts once
    values, gradients   statistics of the result and of its gradient
    gradient_norm  the norm of the gradient
    update_ratio   of a parameter that an optimizer changed: the norm of the change over the norm of the parameter
    dead           of a relu: the share of units that are 0 for all examples
    """

    forward_seconds: float | None = None
    backward_seconds: float | None = None
    saved_bytes: int | None = None
    values: Statistics | None = None
    gradients: Statistics | None = None
    gradient_norm: float | None = None
    update_ratio: float | None = None
    dead: float | None = None


class Detail(NamedTuple):
    """What is known of a vertex besides its place in the graph."""

    saved: tuple[Saved, ...] = ()
    place: Place | None = None
    facts: Facts | None = None


def statistics(array: Any) -> Statistics | None:
    """The statistics of an array; None when it has no elements.

    >>> statistics(np.array([0.0, 1.0, np.inf, 3.0]))[:6]
    (0.0, 1.3333333333333333, 3.0, 0.25, 0.0, 0.25)
    """
    flat = np.asarray(array).reshape(-1)
    if not flat.size:
        return None
    if flat.dtype.kind == "c":
        flat = np.abs(flat)
    finite = flat[np.isfinite(flat)].astype(np.float64)
    n, nan = flat.size, np.count_nonzero(np.isnan(flat)) if flat.dtype.kind == "f" else 0
    shares = int(np.count_nonzero(flat == 0)) / n, int(nan) / n, (n - finite.size - int(nan)) / n
    if not finite.size:
        return Statistics(np.nan, np.nan, np.nan, *shares, [], [])
    edges = _edges(finite.min(), finite.max())
    with np.errstate(over="ignore"):
        mean = finite.mean()
    if not np.isfinite(mean):  # the sum is too large, but not the mean
        mean = (finite / finite.size).sum()
    counts, _ = np.histogram(finite, edges)
    return Statistics(float(finite.min()), float(mean), float(finite.max()), *shares, edges.tolist(), counts.tolist())


def _edges(low: float, high: float) -> np.ndarray:
    """The edges of bins from ``low`` to ``high``, or around them where there is no room for bins between."""
    edges = 2 * np.linspace(low / 2, high / 2, BINS + 1)  # halves, because the difference may be too large
    if (np.diff(edges / 2) > 0).all():
        return edges
    room, most = max(0.5, 0.01 * abs(low)), np.finfo(np.float64).max
    return np.linspace(max(low - room, -most), min(high + room, most), BINS + 1)


def details_of(walk: Walk, measure: bool) -> dict[str, Detail]:
    """What is known of the vertices that ``walk`` has passed."""
    saved = {node: list(_saved(node)) for node in walk.ids if node.plan is not None}
    facts = _measured(walk, saved) if measure else {}
    details = {}
    for node, key in walk.ids.items():
        call = call_of(node)
        place = call.place if call is not None else node.notes.place if node.notes is not None else None
        detail = Detail(tuple(one for one, _ in saved.get(node, ())), place, facts.get(key))
        if detail != Detail():
            details[key] = detail
    return details | {key: Detail(facts=found) for key, found in facts.items() if key not in details}


def _saved(node: Node) -> Iterator[tuple[Saved, Any]]:
    """The arrays that a node keeps, or, where it was recorded, kept until a backward used them."""
    call, names = call_of(node), frame_names(node.plan.op, len(node.parents))
    kept = call.saved if call is not None else node.saved
    for source, value in zip(node.plan.sources, kept or ()):
        value = plain(value)
        if not isinstance(source, Shape) and isinstance(value, np.ndarray):
            yield Saved(names[source], value.shape, str(value.dtype), value.nbytes), value


def _measured(walk: Walk, saved: dict[Node, list]) -> dict[str, Facts]:
    gradients, seconds = _backward_of(walk)
    values = _values(walk)
    owners: set[int] = {id(owner_of(values[n])) for n in values if n.plan is None}  # parameters live anyway
    facts = {}
    for node, key in walk.ids.items():
        call, value, gradient = call_of(node), values.get(node), gradients.get(node)
        kept = 0
        for _, array in saved.get(node, ()):
            owner = owner_of(array)
            if id(owner) not in owners:
                owners.add(id(owner))
                kept += owner.nbytes
        facts[key] = Facts(
            forward_seconds=call.seconds if call is not None else None,
            backward_seconds=seconds.get(node),
            saved_bytes=kept if node.plan is not None and (node.saved is not None or call is not None) else None,
            values=statistics(value) if value is not None else None,
            gradients=statistics(gradient) if gradient is not None else None,
            gradient_norm=norm_of(gradient) if gradient is not None else None,
            update_ratio=node.notes.update_ratio if node.notes is not None else None,
            dead=_dead(node, value),
        )
    return facts | {key: Facts(values=statistics(array)) for key, array in walk.arrays.items()}


class _Backward(Observer):
    """The gradient of each node, and how long its rules took."""

    def __init__(self) -> None:
        self.gradients: dict[Node, Any] = {}
        self.seconds: dict[Node, float] = {}

    def run(self, what: Any, function: Callable, args: Any) -> Any:
        begin = perf_counter()
        result = function(*args)
        self.seconds[what] = self.seconds.get(what, 0.0) + perf_counter() - begin
        return result

    def gradient(self, node: Node, i: int, g: Any, d: Any) -> None:
        self.gradients[node] = conjugate(g)


def _backward_of(walk: Walk) -> tuple[dict[Node, Any], dict[Node, float]]:
    """The gradient of each node, and how long its rules took: of the backward that was recorded, else of one that is
    run here, of the sum of the output. That leaves everything as it was; a graph that does not allow one tells nothing.
    """
    root = call_of(walk.root)
    if root is not None and root.gradient is not None:
        return _recorded_backward(walk)
    observer = _Backward()
    leaves = {node for node in walk.ids if node.plan is None} - {walk.root}
    seed = {walk.root: np.ones(walk.root.shape, walk.root.dtype)}
    try:
        with observing(observer, alone=True), np.errstate(all="ignore"):
            propagate(seed, retain=True, record=False, wanted=leaves, arrive=observer.gradients.__setitem__)
    except BackwardError:  # freed, or an array was written into: then it is as unknown as without a try
        return {}, {}
    return observer.gradients, observer.seconds


def _recorded_backward(walk: Walk) -> tuple[dict[Node, Any], dict[Node, float]]:
    gradients: dict[Node, Any] = {}
    seconds: dict[Node, float] = {}
    for node in walk.ids:
        call = call_of(node)
        if call is None or call.gradient is None:
            continue
        gradients[node], seconds[node] = call.gradient, call.pull_seconds
        for i, d in call.leaf_gradients.items():
            leaf = node.parents[i]
            gradients[leaf] = gradients[leaf] + d if leaf in gradients else d
    return gradients, seconds


def _values(walk: Walk) -> dict[Node, Any]:
    """The result of each node, where it is known: recorded, or saved by it or by one of its users."""
    values: dict[Node, Any] = {node: tensor.data for node, tensor in walk.names.tensors.items()}
    for node in walk.ids:
        if node.plan is None:
            continue
        call = call_of(node)
        if call is not None:
            values[node] = call.value
            for parent, arg in zip(node.parents, call.args):
                if parent is not None and parent.plan is None:
                    values[parent] = arg.data
            continue
        count = len(node.parents)
        for source, value in zip(node.plan.sources, node.saved or ()):
            if isinstance(source, Shape) or source > count:
                continue
            made_by = node if source == count else node.parents[source]
            if made_by is not None:
                values[made_by] = value
    return values


def _dead(node: Node, value: Any) -> float | None:
    """Of what may be a relu, the share of columns that are zero in all rows."""
    if node.plan is None or node.plan.op not in RELUS or value is None or value.ndim < 2 or not value.size:
        return None
    if node.plan.op is OPS[np.maximum] and value.min() < 0:
        return None
    return float(np.mean(~value.reshape(len(value), -1).any(axis=0)))
