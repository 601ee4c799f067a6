"""Compare analytic gradients with numerical ones, first and second order, without false alarms at kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..core import plain
from ..errors import ArgumentError, DTypeError, GradientCheckError
from ..nesting import flatten
from ..transforms import vjp
from .compare import normal_like, outputs_of
from .differences import Differences

EVERY_COORDINATE = 100  # inputs with up to so many elements together are stepped along each of them
DIRECTIONS = 8  # otherwise, along so many random directions of each input
HALVINGS = 4  # how often a direction that crosses a kink is halved


@dataclass(frozen=True)
class Skipped:
    """Where a check could not look, because each step tried crosses a kink; no index for a part of a direction."""

    input: str
    index: tuple[int, ...] | None


@dataclass
class GradcheckReport:
    """What a gradient check that passed has looked at.

    checked  how many derivatives were compared
    skipped  the coordinates at a kink, where there is no derivative to compare with
    error    the largest difference found, relative to the derivative or to 1, whichever is larger
    """

    checked: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    error: float = 0.0


def gradcheck(
    f: Callable,
    inputs: Any,
    *,
    step: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    directions: int | None = None,
    names: list[str] | None = None,
    seed: int = 0,
) -> GradcheckReport:
    """Check the gradients of ``f`` at ``inputs`` against central differences.

    f           takes tensors; gives a tensor, or a nesting of them, of any shape: each element counts, with a weight
    inputs      a tuple or list of arguments, or the only one: arrays, tensors, or nestings of them. Those of floating
                point or complex numbers are checked, others are passed on. They are not written into
    step        how far to go to either side; by default 6e-6
    rtol, atol  how far a gradient may be off, relative and absolute, besides what rounding in ``f`` explains;
                by default 1e-5 and 1e-8
    directions  step along so many random directions of each input; by default along every coordinate while the inputs
                have at most 100 elements together, then along 8 directions
    names       what to call the checked inputs in messages
    seed        of the weights and directions

    Where the two sides of a step take different branches (relu's mask, argmax, clip's side), smaller steps are tried,
    and then the coordinate is skipped and reported: at a kink there is no derivative to compare with.

    Raises GradientCheckError naming input, index, analytic and numeric value and step; DTypeError for inputs of low
    precision unless ``rtol`` and ``atol`` are given; ArgumentError when there is nothing to check, or ``f`` is random.

    >>> import numpy as np, tensorgraph as tg
    >>> gradcheck(lambda x, w: np.tanh(x @ w), (np.ones((2, 3)), np.ones((3, 2)))).checked
    12
    >>> gradcheck(tg.relu, np.array([0.0, 3e-7, 1.0])).skipped
    [Skipped(input='input 0', index=(0,))]
    """
    f, points, found = of_arrays(f, inputs)
    names = names or found
    low = [x.dtype.name for x in points if np.finfo(x.dtype).eps > np.finfo(np.float64).eps]
    if low and (rtol is None or atol is None):
        raise DTypeError(
            f"gradcheck: an input is {low[0]}, whose rounding hides errors in gradients. "
            "Give float64, or rtol= and atol= that suit it"
        )
    check = _Check(f, points, names, step, 1e-5 if rtol is None else rtol, 1e-8 if atol is None else atol, seed)
    if directions is None and sum([x.size for x in points]) > EVERY_COORDINATE:
        directions = DIRECTIONS
    if directions is None:
        check.every_coordinate()
    else:
        check.random_directions(directions)
    return check.report


def gradgradcheck(
    f: Callable, inputs: Any, *, names: list[str] | None = None, seed: int = 0, **options: Any
) -> GradcheckReport:
    """Check the second derivatives of ``f``: ``gradcheck`` of its gradient, as a function of its inputs and of the
    gradient that comes in. Arguments and errors are those of ``gradcheck``.

    >>> import numpy as np
    >>> gradgradcheck(np.sin, np.array([0.5, 1.0])).checked
    4
    """
    f, points, found = of_arrays(f, inputs)
    random = np.random.default_rng(seed)
    incoming = [normal_like(y, random) for y in outputs_of(f, points)]

    def gradients(*values: Any) -> tuple:
        _, pullback = vjp(f, *values[: len(points)])
        return pullback(list(values[len(points) :]))

    titles = [*(names or found), *[f"gradient of output {k}" for k in range(len(incoming))]]
    return gradcheck(gradients, (*points, *incoming), names=titles, seed=seed + 1, **options)


def of_arrays(f: Callable, inputs: Any) -> tuple[Callable, list[np.ndarray], list[str]]:
    """``f`` as a function of flat arrays that gives a list, copies of those arrays in ``inputs``, and their names."""
    arguments = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    leaves, rebuild = flatten(arguments)
    leaves = [plain(leaf) for leaf in leaves]
    chosen = [i for i, leaf in enumerate(leaves) if _is_continuous(leaf)]
    if not chosen:
        raise ArgumentError("gradcheck: no input is an array of floating point numbers: there is no gradient to check")
    names = list(_names(arguments))

    def flat(*values: Any) -> list:
        full = list(leaves)
        for i, value in zip(chosen, values):
            full[i] = value
        return [y for y in flatten(f(*rebuild(full)))[0] if _is_continuous(plain(y))]

    return flat, [np.array(leaves[i]) for i in chosen], [names[i] for i in chosen]


def _is_continuous(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fc"


def _names(tree: Any, path: str | None = None) -> Iterator[str]:
    """A name for each leaf, in the order of ``flatten``: ``input 0``, ``input 1['W']``."""
    if isinstance(tree, dict | tuple | list):
        for key, branch in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _names(branch, f"input {key}" if path is None else f"{path}[{key!r}]")
    else:
        yield path or "input"


class _Probe(NamedTuple):
    """One derivative, both ways, and how far they may be apart."""

    analytic: float
    numeric: float
    step: float
    tolerance: float

    @property
    def fails(self) -> bool:
        return not abs(self.analytic - self.numeric) <= self.tolerance  # also when one is NaN

    @property
    def excess(self) -> float:
        """How many times its tolerance the difference is."""
        return np.nan_to_num(abs(self.analytic - self.numeric) / self.tolerance, nan=np.inf)


class _Check:
    def __init__(
        self, f: Callable, points: list, names: list[str], step: float | None, rtol: float, atol: float, seed: int
    ) -> None:
        self.points, self.names, self.rtol, self.atol = points, names, rtol, atol
        self.differences = Differences(f, points, step)
        self.random = np.random.default_rng(seed)
        self.weights = [normal_like(y, self.random) for y in self.differences.outputs]
        again, pullback = vjp(f, *points)
        self.gradients = [np.asarray(plain(g)) for g in pullback(self.weights)]
        rounding = self.differences.eps**0.5
        if not all(np.allclose(a, b, rounding, rounding, True) for a, b in zip(plain(again), self.differences.outputs)):
            raise ArgumentError(
                "gradcheck: the function gives different values for the same inputs, so it has no numerical gradient. "
                "Draw its random numbers once, outside"
            )
        self.report = GradcheckReport()

    def every_coordinate(self) -> None:
        for k, x in enumerate(self.points):
            for index in np.ndindex(x.shape):
                for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
                    self._look(k, self._coordinate(k, index, unit), index)

    def random_directions(self, count: int) -> None:
        for k, x in enumerate(self.points):
            for _ in range(count if x.size else 0):
                direction = normal_like(x, self.random)
                self._look(k, direction / np.linalg.norm(direction))

    def _coordinate(self, k: int, index: tuple, unit: complex = 1) -> np.ndarray:
        direction = np.zeros_like(self.points[k])
        direction[index] = unit
        return direction

    def _look(self, k: int, direction: np.ndarray, index: tuple | None = None, depth: int = HALVINGS) -> None:
        """Compare along a direction; where there is a kink, along each half of the direction, and so on."""
        probe = self._probe(k, direction)
        if probe is None:
            moving = np.flatnonzero(direction)
            if index is not None or depth == 0 or len(moving) == 1:
                self.report.skipped.append(Skipped(self.names[k], index))
            else:
                for half in np.array_split(moving, 2):
                    self._look(k, _only(direction, half), depth=depth - 1)
            return
        if probe.fails:
            self._fail(k, *((probe, index) if index is not None else self._culprit(k, direction, probe)))
        self.report.checked += 1
        error = abs(probe.analytic - probe.numeric) / max(1.0, abs(probe.numeric))
        self.report.error = max(self.report.error, float(error))

    def _probe(self, k: int, direction: np.ndarray) -> _Probe | None:
        """The derivative of the weighted output along a direction of one input; None at a kink."""
        difference = self.differences.along({k: direction})
        if difference is None:
            return None
        numeric = sum([(w.conj() * d).real.sum() for w, d in zip(self.weights, difference.outputs)])
        analytic = (self.gradients[k].conj() * difference.tangents[k]).real.sum()
        noise = sum([(abs(w) * n).sum() for w, n in zip(self.weights, difference.noise)])
        tolerance = self.atol + self.rtol * max(abs(analytic), abs(numeric)) + noise
        return _Probe(float(analytic), float(numeric), difference.step, float(tolerance))

    def _culprit(self, k: int, direction: np.ndarray, probe: _Probe) -> tuple[_Probe, tuple | None]:
        """The coordinate behind a failure along a direction, by halving: the half that is further off goes on."""
        suspects = np.flatnonzero(direction)
        while len(suspects) > 1:
            halves = np.array_split(suspects, 2)
            found = [self._probe(k, _only(direction, half)) for half in halves]
            suspects = max(zip(halves, found), key=lambda pair: -1 if pair[1] is None else pair[1].excess)[0]
        index = tuple([int(i) for i in np.unravel_index(suspects[0], direction.shape)])
        alone = self._probe(k, self._coordinate(k, index))
        return (alone, index) if alone is not None and alone.fails else (probe, None)

    def _fail(self, k: int, found: _Probe, index: tuple | None) -> None:
        x = self.points[k]
        place = f"at index {index}" if index is not None else "along a random direction"
        raise GradientCheckError(
            f"gradcheck: {self.names[k]} {x.shape} {x.dtype} {place}: analytic {found.analytic:.10g}, numeric "
            f"{found.numeric:.10g}; they differ by {abs(found.analytic - found.numeric):.3g}, more than "
            f"{found.tolerance:.2g} (step {found.step:.1g}). {_MEANING}"
        )


_MEANING = "The derivative is that of the sum of all outputs, each times a random weight"


def _only(direction: np.ndarray, where: np.ndarray) -> np.ndarray:
    part = np.zeros_like(direction)
    part.flat[where] = direction.flat[where]
    return part
