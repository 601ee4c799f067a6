"""Layers that the grader does not know: what is right is the derivative of the student's own forward."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...testing import Draw, numerical_gradient
from ...transforms import vjp
from .layer import NUMERICAL, Case, Layer, Pieces
from .student import Raised, array, call, copied

MOST_DIFFERENCES = 5000
_WEIGHTS = ("w", "weight", "weights", "v", "u")
_BY_FEATURE = ("b", "bias", "gamma", "beta", "g", "shift", "scale")


def unknown(name: str, forward: Callable, dtype: Any, seed: int) -> Layer:
    """A layer of the student's own, on batches drawn for the names of the forward's arguments."""
    required = arguments(forward)
    ways = [_by_name(required, domain) for domain in ("normal", "positive")]
    ways += [_alike(required, domain) for domain in ("normal", "positive")]
    chosen = next((way for way in ways if _suits(forward, way(Draw(dtype, seed)))), ways[0])
    return layer_of(name, forward, chosen(Draw(dtype, seed)))


def layer_of(name: str, forward: Callable, cases: list[Case]) -> Layer:
    """The layer that a student's forward is, on these batches."""
    names = tuple(arguments(forward, optional=True)[: len(cases[0].args)])
    gradients = tuple(["d" + n for n, value in zip(names, cases[0].args) if _is_input(value)])

    def pieces(case: Case, out: Any) -> Pieces:
        return own_pieces(forward, case, names, out)

    return Layer(
        name, names, gradients, lambda draw: cases, pieces,
        reference="the derivative of your own forward, whose output is not judged", own=True,
    )  # fmt: skip


class NoDerivativeError(Exception):
    """A student's forward could not be differentiated: it raises, or gives something else, when it is called again."""


def own_pieces(forward: Callable, case: Case, names: Sequence[str], out: Any, number: int = 0) -> Pieces:
    """What is right for a student's own forward, whose output here is ``out``; ``number`` seeds what it draws.

    The forward runs on tensors; where it cannot, or where a finite difference does not agree (a value may have left
    the graph on the way), gradients are finite differences. Raises NoDerivativeError when those cannot be had either.
    """
    where = [i for i, value in enumerate(case.args) if _is_input(value)]
    inputs = [case.args[i].astype(np.float64) for i in where]
    titles = [names[i] for i in where]
    out = np.asarray(out, np.float64)

    def run(*values: Any) -> Any:
        args = list(copied(case.args))
        for i, value in zip(where, values):
            args[i] = value.copy() if isinstance(value, np.ndarray) else value
        result = call(forward, *args, seed=number)
        if isinstance(result, Raised):
            raise NoDerivativeError(result.text)
        return result[0]

    try:
        _, pullback = vjp(run, *inputs)
        exact = Pieces(out, titles, pullback, inputs[0])
        if _agrees(exact, run, inputs):
            return exact
    except Exception:  # whatever the student's code does with a tensor; differences do without
        exact = None
    try:
        numerical = Pieces(out, titles, _differences(run, inputs), inputs[0])
    except Exception as error:
        raise NoDerivativeError(f"{type(error).__name__}: {error}") from error
    numerical.rtol = NUMERICAL
    return numerical


def _agrees(p: Pieces, run: Callable, inputs: list[np.ndarray]) -> bool:
    """Whether gradients agree with a central difference along a direction in which all inputs move."""
    ways = [np.random.default_rng(k).standard_normal(x.shape) for k, x in enumerate(inputs)]
    step = 1e-6
    up, down = (
        np.asarray(run(*[x + sign * step * way for x, way in zip(inputs, ways)]), np.float64) for sign in (1, -1)
    )
    numeric = ((up - down) * p.dout).sum() / (2 * step)
    gradients = [value for name, value in p.right.items() if name != p.result]
    parts = [(g * way).sum() for g, way in zip(gradients, ways)]
    return abs(sum(parts) - numeric) <= 1e-4 * (1 + sum(map(abs, parts)))


def _differences(run: Callable, inputs: list[np.ndarray]) -> Callable[[Any], tuple]:
    """A pullback by central differences."""
    if (size := sum([x.size for x in inputs])) > MOST_DIFFERENCES:
        raise ArgumentError(f"{size} numbers are too many for finite differences; give smaller inputs=")

    def pullback(g: Any) -> tuple:
        found = []
        for k, x in enumerate(inputs):

            def weighted(moved: Any, k: int = k) -> Any:
                return (np.asarray(run(*inputs[:k], moved, *inputs[k + 1 :])) * g).sum()

            found.append(numerical_gradient(weighted, x))
        return tuple(found)

    return pullback


def _is_input(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def arguments(forward: Callable, optional: bool = False) -> list[str]:
    """The names of a function's positional arguments; with ``optional``, also of those that have a default.

    Raises ArgumentError where there are none.
    """
    name = getattr(forward, "__name__", type(forward).__name__)
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (ValueError, TypeError) as error:
        raise ArgumentError(f"grade: {name} does not say which arguments it takes: {error}") from error
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names = [p.name for p in positional if optional or p.default is p.empty]
    if not names:
        raise ArgumentError(f"grade: {name} takes no arguments by position")
    return names


def _suits(forward: Callable, cases: list[Case]) -> bool:
    """Whether a forward runs on these batches, and gives finite numbers."""
    for case in cases:
        result = call(forward, *copied(case.args), seed=0)
        if isinstance(result, Raised) or not isinstance(result, tuple | list) or len(result) != 2:
            return False
        out = array(result[0])
        if out is None or not np.isfinite(out).all():
            return False
    return True


def _by_name(names: list[str], domain: str) -> Callable[[Draw], list[Case]]:
    """Batches with the shapes that the names of arguments stand for: x (N, D), w (D, M), b (M,), labels y, settings."""

    def cases(draw: Draw) -> list[Case]:
        source = getattr(draw, domain)
        return [Case(tuple([_drawn(n, names, source, *shape) for n in names])) for shape in ((5, 4, 3), (6, 3, 2))]

    return cases


def _drawn(name: str, names: list[str], draw: Draw, n: int, d: int, m: int) -> Any:
    plain = name.lower().rstrip("0123456789_")
    has_weight = any(other.lower().rstrip("0123456789_") in _WEIGHTS for other in names)
    if plain.endswith(("param", "params", "config")):
        return {"mode": "train"}
    if plain in ("y", "label", "labels"):
        return draw.integers(d, n)
    if plain in _WEIGHTS:
        return draw(d, m)
    if plain in _BY_FEATURE:
        return draw(m if has_weight else d)
    return draw(n, d)


def _alike(names: list[str], domain: str) -> Callable[[Draw], list[Case]]:
    """Batches in which every argument has the shape (N, D)."""

    def cases(draw: Draw) -> list[Case]:
        source = getattr(draw, domain)
        return [Case(tuple([source(*shape) for _ in names])) for shape in ((5, 4), (6, 3))]

    return cases
