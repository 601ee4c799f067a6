"""Comparing two arrays: where they differ the most, by how much, and whether that is more than rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Comparison:
    """How two arrays differ.

    differs    in shape, or in an element by more than the tolerance
    identical  equal to the last bit; a nan equals a nan
    count      elements that differ by more than the tolerance, of ``size``
    index      of the worst element, and its values ``a`` and ``b``; None for other shapes and for empty arrays
    error      distance of the two; ``ulps``, in units of the last place, of the less precise dtype
    """

    differs: bool
    identical: bool
    count: int
    size: int
    index: tuple[int, ...] | None = None
    a: Any = None
    b: Any = None
    error: float = 0.0
    ulps: float = 0.0

    def __str__(self) -> str:
        if self.index is None:
            return "shapes differ" if self.differs else "empty"
        if self.identical:
            return "identical"
        share = f", {self.count} of {self.size} elements beyond the tolerance" if self.differs else ""
        return f"{self.a!s} and {self.b!s} at index {self.index}, {self.error:.3g} or {self.ulps:.4g} ulps apart{share}"


def tolerance(dtype: np.dtype) -> float:
    """The relative tolerance of a dtype: more than a sum of thousands rounds, less than a mistake. 0 for integers.

    >>> [f"{tolerance(np.dtype(name)):.0e}" for name in ("float16", "float32", "float64", "int64")]
    ['6e-03', '6e-06', '2e-12', '0e+00']
    """
    return float(np.finfo(dtype).eps) ** 0.75 if dtype.kind in "fc" else 0.0


def compare(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> Comparison:
    """How two arrays differ: elements are alike when ``|a - b| <= atol + rtol * max(|a|, |b|)``.

    rtol  default: by the less precise dtype, see ``tolerance``
    atol  default: ``rtol`` times the root mean square of the values, for sums round like their largest parts

    >>> compare(np.array([1.0, 2.0]), np.array([1.0, 2.5])).index
    (1,)
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return Comparison(True, False, max(a.size, b.size), max(a.size, b.size))
    if not a.size:
        return Comparison(False, a.dtype == b.dtype, 0, 0)
    narrow = max(a.dtype, b.dtype, key=tolerance)
    rtol = tolerance(narrow) if rtol is None else rtol
    with np.errstate(all="ignore"):
        return _compare(a, b, narrow, rtol, atol)


def _compare(a: np.ndarray, b: np.ndarray, narrow: np.dtype, rtol: float, atol: float | None) -> Comparison:
    wide = np.result_type(a, b, np.float64)
    x, y = a.astype(wide), b.astype(wide)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    if same.all() and a.dtype == b.dtype:
        return Comparison(False, True, 0, a.size, (0,) * a.ndim, a[(0,) * a.ndim], b[(0,) * a.ndim])
    finite = np.isfinite(x) & np.isfinite(y)
    size = np.where(finite, np.maximum(abs(x), abs(y)), 0)
    limit = (rtol * _root_mean_square(size) if atol is None else atol) + rtol * size
    gap = np.where(same, 0, np.where(finite, abs(x - y), np.inf))
    beyond = gap > limit
    worst = np.where(gap > 0, gap / limit, 0)
    index = tuple(map(int, np.unravel_index(np.argmax(worst), a.shape)))
    error = float(gap[index])
    unit = np.spacing(size[index].astype(narrow)) if narrow.kind == "f" else _unit(narrow, size[index])
    ulps = error / float(abs(unit)) if unit else error
    return Comparison(bool(beyond.any()), False, int(beyond.sum()), a.size, index, a[index], b[index], error, ulps)


def _unit(narrow: np.dtype, size: Any) -> Any:
    """What an ulp is for a complex number, that of its size; for integers, 1."""
    return np.spacing(size.astype(np.finfo(narrow).dtype)) if narrow.kind == "c" else 1


def _root_mean_square(size: np.ndarray) -> float:
    top = size.max()
    return float(top * np.sqrt(np.mean(np.square(size / top)))) if top else 0.0
