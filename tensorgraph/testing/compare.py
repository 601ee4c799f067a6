"""Outputs and gradients of a function, and whether two lists of arrays agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ..config import no_grad
from ..core import Tensor, plain
from ..errors import GradientCheckError
from ..transforms import vjp

EXACT = 1e-12  # two ways to compute one thing in float64 may differ by rounding only


def outputs_of(f: Callable, inputs: Iterable) -> list[np.ndarray]:
    """What ``f`` gives, a list, for tensors of these arrays."""
    with no_grad():
        return [np.asarray(plain(y)) for y in f(*map(Tensor, inputs))]


def gradients_of(f: Callable, inputs: Iterable, weights: list) -> list:
    """The gradients of the sum of the outputs of ``f``, a list, each times its weights. Inputs are not copied."""
    _, pullback = vjp(f, *[x if isinstance(x, Tensor) else Tensor(x) for x in inputs])
    return list(pullback(list(weights)))


def second_of(f: Callable, inputs: Iterable, weights: list, directions: list) -> list:
    """The gradients of the sum of the gradients of ``f``, each times its direction."""
    return gradients_of(lambda *xs: gradients_of(f, xs, weights), inputs, directions)


def normal_like(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Standard normal numbers of the shape and dtype of ``array``."""
    values = random.standard_normal(array.shape)
    if array.dtype.kind == "c":
        values = values + 1j * random.standard_normal(array.shape)
    return np.asarray(values, array.dtype)


def agree(found: list, expected: list, what: str, tolerance: float = EXACT) -> float:
    """The largest difference, relative to the largest element or to 1; refuses one beyond what rounding explains."""
    largest = 0.0
    for a, b in zip(found, expected, strict=True):
        a, b = np.asarray(plain(a)), np.asarray(plain(b))
        same_kind(a, b, what)
        if not a.size:
            continue
        error = float(np.max(abs(a - b)) / max(1.0, np.max(abs(b))))
        rounding = 8 * np.finfo(a.dtype).eps if a.dtype.kind in "fc" else 0.0
        if not error <= max(tolerance, rounding):
            raise GradientCheckError(f"{what} is off by {error:.3g}: {_brief(a)} for {_brief(b)}")
        largest = max(largest, error)
    return largest


def same_kind(a: np.ndarray, b: np.ndarray, what: str) -> None:
    """Refuse arrays that differ in shape or dtype."""
    if a.shape != b.shape or a.dtype != b.dtype:
        raise GradientCheckError(f"{what} is {a.dtype} {a.shape} for {b.dtype} {b.shape}")


def _brief(array: np.ndarray) -> str:
    return np.array2string(array, precision=6, threshold=8, edgeitems=2, separator=", ").replace("\n", "")
