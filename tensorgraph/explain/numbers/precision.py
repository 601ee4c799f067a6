"""``precision``: which op of a graph loses digits, found by running it again in several precisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...core import Node, Tensor, label, reachable
from ...errors import DTypeError
from ...places import Place
from ...recording import Call, recorded
from ...tables import Table
from .replay import UnavailableError, cast, recorded_call, rerun

DTYPES: tuple[type, ...] = (np.float16, np.float32, np.float64)
MOST_SHOWN = 20
GROWTH = 50  # times the rounding of the dtype: more is worth a word
CANCEL = ("add", "subtract", "sum", "mean")


class Error(NamedTuple):
    """The error of a node in a precision, relative to the size (the root mean square) of its right value.

    adds    what the op itself adds: its error when it is given the right inputs, rounded to the precision. None when
            they cannot be held in it, or when the op does not run in it
    total   its error when everything before it ran in this precision too; None when the op does not run in it
    note    why there is no number, or what is special; else empty
    """

    adds: float | None
    total: float | None
    note: str = ""


@dataclass
class NodeErrors:
    """An op of the graph, and its errors by the name of the dtype.

    name    of the op, or what the node was called
    growth  how many times the rounding of the ranking dtype the op adds; None when that is not known
    advice  what makes it lose digits
    """

    name: str
    scope: tuple[str, ...]
    place: Place
    errors: dict[str, Error]
    growth: float | None = None
    advice: str = ""


@dataclass
class Precision:
    """What ``precision`` found: the ops, those that add the largest error in ``dtype`` first.

    not_available  names of ops that do not run in some precision, with it
    """

    dtype: str
    nodes: list[NodeErrors]
    not_available: list[str]

    def __str__(self) -> str:
        names = [np.dtype(kind).name for kind in DTYPES]
        header = ["op", "line", *[f"{name} {what}" for name in names for what in ("adds", "total")]]
        rows = [
            [
                "/".join([*node.scope, node.name]),
                f"{node.place.file.rpartition('/')[2]}:{node.place.line}",
                *[_number(value) for name in names for value in node.errors[name][:2]],
            ]
            for node in self.nodes[:MOST_SHOWN]
        ]
        lines = [f"relative errors, ranked by what an op adds in {self.dtype}", Table(header, rows).text(ruled=False)]
        if len(self.nodes) > MOST_SHOWN:
            lines.append(f"and {len(self.nodes) - MOST_SHOWN} more")
        lines += [f"{node.name} at {node.place}: {node.advice}" for node in self.nodes if node.advice]
        lines += [f"not available: {text}" for text in self.not_available]
        return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}"


def precision(output: Tensor, dtype: Any = None) -> Precision:
    """Run the recorded graph of a tensor again in float16, float32, float64 and longdouble, and rank its ops by the
    error that each of them adds.

    output  a tensor that was computed inside ``record()``
    dtype   float16, float32 or float64: rank by the errors in it (default: the dtype of ``output``)

    The right values are those of longdouble, from the inputs as they were recorded. An op adds what is wrong in its
    result when it is given the right inputs, each rounded once. Where an op does not run in longdouble, as np.linalg,
    its right value is that of float64, and that is said. Where longdouble is no wider than float64, as on Windows,
    errors in float64 are not seen. All values are kept while it runs, in all precisions; products of matrices in
    longdouble and float16 take long.

    Raises ArgumentError for a tensor that was not recorded, and when an array was written into since; DTypeError for
    another dtype.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1000.0, 1001.0, 1002.0], requires_grad=True, dtype=np.float32)
    >>> with tg.record():
    ...     variance = (x * x).mean() - x.mean() ** 2
    >>> worst = tg.explain.precision(variance).nodes[0]
    >>> worst.name, worst.errors["float32"].adds > 0.01
    ('subtract', True)

    Source: what is measured is the forward error of each op, as in N. Higham, "Accuracy and Stability of Numerical
    Algorithms" (2002).
    """
    root = recorded("precision", output)
    search = _Search(_ranking(output, dtype))
    with np.errstate(all="ignore"):
        for node in reversed(reachable(root)):
            if node.plan is not None:
                search.visit(node)
    ranked = sorted(search.nodes, key=lambda found: -1.0 if found.growth is None else found.growth, reverse=True)
    return Precision(search.ranking.__name__, ranked, search.not_available)


def _ranking(output: Tensor, dtype: Any) -> type:
    """The dtype to rank by."""
    if dtype is None:
        real = np.finfo(output.dtype).dtype.type
        return real if real in DTYPES else np.float64
    if (chosen := np.dtype(dtype).type) not in DTYPES:
        raise DTypeError(f"precision: ranks by float16, float32 or float64; got {np.dtype(dtype)}")
    return chosen


class _Search:
    """Goes through the graph, from its inputs on, and keeps the values of every node in every precision."""

    def __init__(self, ranking: type) -> None:
        self.ranking = ranking
        self.nodes: list[NodeErrors] = []
        self.not_available: list[str] = []
        self.right: dict[Node, Any] = {}
        self.full: dict[type, dict[Node, Any]] = {dtype: {} for dtype in DTYPES}  # when all ops run in one precision

    def visit(self, node: Node) -> None:
        call = recorded_call("precision", node)
        for parent, value in zip(node.parents, call.args):
            if parent is not None and parent.plan is None and parent not in self.right:
                self.right[parent] = cast(value.data, np.longdouble)
                for values in self.full.values():
                    values[parent] = self.right[parent]  # it is rounded where it is used
        self.right[node] = self._right(node, call)
        errors = {dtype.__name__: self._error(node, call, dtype) for dtype in DTYPES}
        found = NodeErrors(label(node), node.scope, call.place, errors)
        adds = errors[self.ranking.__name__].adds
        if adds is not None:
            found.growth = adds / float(np.finfo(self.ranking).eps)
            found.advice = self._advice(node, call, found.growth)
        self.nodes.append(found)

    def _right(self, node: Node, call: Call) -> Any:
        for dtype in (np.longdouble, np.float64):
            try:
                return cast(rerun(call, node, dtype, self.right.__getitem__), np.longdouble)
            except UnavailableError:
                self.not_available.append(f"{call.name} in {dtype.__name__}, at {call.place}")
        return cast(np.asarray(call.value), np.longdouble)

    def _error(self, node: Node, call: Call, dtype: type) -> Error:
        right, full = self.right[node], self.full[dtype]
        try:
            full[node] = rerun(call, node, dtype, full.__getitem__)
            held = all(_fits(self.right[parent], dtype) for parent in node.parents if parent is not None)
            local = rerun(call, node, dtype, self.right.__getitem__)
        except UnavailableError:
            full[node] = right
            self.not_available.append(f"{call.name} in {dtype.__name__}, at {call.place}")
            return Error(None, None, "not available")
        if not held:
            return Error(None, _relative(full[node], right), "an input is out of range")
        return Error(_relative(local, right), _relative(full[node], right))

    def _advice(self, node: Node, call: Call, growth: float) -> str:
        name, limits = self.ranking.__name__, np.finfo(self.ranking)
        largest = _largest(self.right[node])
        if largest > limits.max:
            return f"its result, {largest:.3g}, is beyond {float(limits.max):.6g}, the largest {name}"
        if np.isinf(growth) and largest:
            return f"it overflows inside in {name}"
        if growth < GROWTH:
            return ""
        if 0 < largest < limits.tiny:
            return (
                f"its result, {largest:.3g}, is below {float(limits.tiny):.3g}, the smallest {name} of full precision"
            )
        operand = max([_largest(self.right[parent]) for parent in node.parents if parent is not None], default=0.0)
        if call.name in CANCEL and operand > GROWTH * largest:
            return f"its operands, up to {operand:.3g}, cancel to {largest:.3g}"
        if call.name == "log":
            return "near 1 the log has only what 1 + x has kept of x: use np.log1p(x)"
        return f"it makes the rounding of its inputs {growth:.2g} times as large"


def _fits(right: Any, dtype: type) -> bool:
    """Whether all values are finite in a precision, too."""
    return bool((np.isfinite(cast(right, dtype)) == np.isfinite(right)).all())


def _largest(right: Any) -> float:
    finite = abs(right[np.isfinite(right)])
    return float(finite.max(initial=0))


def _relative(value: Any, right: Any) -> float:
    """The error of a value, relative to the root mean square of the right one. What is inf or nan in both is right."""
    value = cast(value, np.longdouble)
    same = (value == right) | (np.isnan(value) & np.isnan(right))
    if same.all():
        return 0.0
    error = np.where(same, 0, abs(value - right))
    if not np.isfinite(error).all():
        return float("inf")
    unit = max(_largest(right), float(error.max()))  # so that squares neither overflow nor vanish
    size = np.square(np.where(np.isfinite(right), abs(right), 0) / unit).mean()
    return float(np.sqrt(np.square(error / unit).mean() / size)) if size else float("inf")
