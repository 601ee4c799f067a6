"""Equal to rounding, and a difference in words."""

from __future__ import annotations

from typing import Any

import numpy as np

LEAST_SCALE = 0.1  # a result whose right values are smaller, such as 0, is compared as if they had this size


def same(yours: Any, right: Any, rtol: float) -> bool:
    """Whether two arrays have one shape, and equal values to ``rtol`` of the largest. NaN and Inf are all one."""
    yours, right = np.asarray(yours), np.asarray(right)
    if yours.shape != right.shape:
        return False
    finite = np.isfinite(right)
    if (np.isfinite(yours) != finite).any():
        return False
    difference = np.abs(yours[finite] - right[finite])
    return bool((difference <= rtol * _scale(right)).all())


def factor(yours: Any, right: Any, rtol: float) -> float | None:
    """The number that ``right`` is multiplied by to give ``yours``, if there is one."""
    yours, right = np.asarray(yours), np.asarray(right)
    if yours.shape != right.shape or not right.size or not (np.isfinite(yours).all() and np.isfinite(right).all()):
        return None
    largest = np.unravel_index(np.argmax(np.abs(right)), right.shape)
    if abs(right[largest]) < 1e-6 or yours[largest] == 0:
        return None
    c = float(yours[largest] / right[largest])
    return c if same(yours / c, right, rtol) else None


def difference(yours: Any, right: Any, rtol: float) -> str:
    """Where two arrays differ, in words: the first index, both values, the largest difference, what is right."""
    yours, right = np.asarray(yours), np.asarray(right)
    if yours.shape != right.shape:
        return f"shape {yours.shape}, right is {right.shape}"
    with np.errstate(invalid="ignore"):
        apart = np.abs(yours - right)
        wrong = ~((apart <= rtol * _scale(right)) | (~np.isfinite(yours) & ~np.isfinite(right)))
    if not right.shape:
        return f"{_number(yours[()])}, right is {_number(right[()])}"
    first = tuple([int(i) for i in np.argwhere(wrong)[0]])
    place = f"[{', '.join(map(str, first))}]"
    words = [f"at {place} it is {_number(yours[first])}, right is {_number(right[first])}"]
    if wrong.sum() > 1 and np.isfinite(apart).all():
        words.append(f"largest difference {_number(apart.max())}")
    words.append(_which_are_right(wrong))
    return "; ".join(words)


def _which_are_right(wrong: np.ndarray) -> str:
    total, bad = wrong.size, int(wrong.sum())
    if bad == total:
        return f"all {total} entries are wrong"
    for axis, what in ((0, "rows"), (1, "columns")):
        if wrong.ndim < 2 or axis >= wrong.ndim:
            continue
        others = tuple([a for a in range(wrong.ndim) if a != axis])
        some, all_ = wrong.any(axis=others), wrong.all(axis=others)
        if (some == all_).all():
            return f"{what} {_listed(np.flatnonzero(some))} are wrong, the other {int((~some).sum())} right"
    return f"{bad} of {total} entries are wrong"


def _listed(indices: np.ndarray) -> str:
    shown = [str(int(i)) for i in indices[:6]]
    return ", ".join(shown) + (" ..." if len(indices) > 6 else "")


def _number(value: Any) -> str:
    return f"{value:.6g}"


def _scale(right: np.ndarray) -> float:
    return float(np.max(np.abs(right[np.isfinite(right)]), initial=LEAST_SCALE))
