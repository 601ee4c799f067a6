"""Central differences of a function of arrays, aware of kinks: the numerical side of every check."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..core import Tensor, plain
from ..nesting import flatten
from .kinks import evaluate

SHRINK, RETRIES = 10, 3  # at a kink: how much smaller the next step is, and how many more are tried
ROUNDING = 32  # how many units in the last place a function's output may be off


class Difference(NamedTuple):
    """How the outputs differ between two points a step away on either side, per unit of step."""

    step: float
    tangents: list[np.ndarray]  # how the inputs differ, rounding included
    outputs: list[np.ndarray]
    noise: list[np.ndarray]  # how much of the outputs may be rounding


class Differences:
    """Central differences of ``f`` at ``points``, a list of arrays. ``f`` takes tensors and gives a nesting of them.

    outputs  the values of ``f`` at ``points``, as a list of arrays
    """

    def __init__(self, f: Callable, points: list[np.ndarray], step: float | None = None) -> None:
        self.f, self.points = f, points
        self.eps = max([float(np.finfo(x.dtype).eps) for x in points])
        self.step = step or self.eps ** (1 / 3)  # where rounding and truncation errors are of one size
        self.outputs, self._branches = self._at(points)

    def along(self, directions: dict[int, np.ndarray]) -> Difference | None:
        """The difference along directions of some inputs, by their number; None if each step tried crosses a kink."""
        for retry in range(RETRIES + 1):
            step = self.step / SHRINK**retry
            above, below = list(self.points), list(self.points)
            for k, direction in directions.items():
                move = (step * direction).astype(self.points[k].dtype)
                above[k], below[k] = self.points[k] + move, self.points[k] - move
            up, branches = self._at(above)
            if branches != self._branches:
                continue
            down, branches = self._at(below)
            if branches != self._branches:
                continue
            rounding = ROUNDING * self.eps
            return Difference(
                step,
                [_distance(a, b) / (2 * step) for a, b in zip(above, below)],
                [(a - b) / (2 * step) for a, b in zip(up, down)],
                [rounding * (abs(a) + abs(b)) / (2 * step) for a, b in zip(up, down)],
            )
        return None

    def _at(self, points: list[np.ndarray]) -> tuple[list[np.ndarray], bytes]:
        value, signature = evaluate(lambda: self.f(*map(Tensor, points)))
        return [np.asarray(plain(leaf)) for leaf in flatten(value)[0]], signature


def _distance(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """How far the points lie apart: 0 where one is NaN or infinite, and so does not move."""
    fixed = ~np.isfinite(above)
    return np.where(fixed, 0, above) - np.where(fixed, 0, below)
