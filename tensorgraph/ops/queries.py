"""Methods that ask about values: where the largest is, whether all hold. They give plain arrays, without gradients."""

from __future__ import annotations

import numpy as np

from ..core import method


@method
def argmax(self, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Index of the largest element, of all or along an axis."""
    return np.argmax(self, axis, keepdims=keepdims)


@method
def argmin(self, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Index of the smallest element, of all or along an axis."""
    return np.argmin(self, axis, keepdims=keepdims)


@method
def argsort(self, axis: int | None = -1) -> np.ndarray:
    """Indices that sort the elements along an axis."""
    return np.argsort(self, axis)


@method
def any(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> np.ndarray:
    """Whether an element is not zero, of all or along axes."""
    return np.any(self, axis, keepdims=keepdims)


@method
def all(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> np.ndarray:
    """Whether every element is not zero, of all or along axes."""
    return np.all(self, axis, keepdims=keepdims)
