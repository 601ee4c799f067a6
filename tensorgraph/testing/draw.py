"""Draw: what samplers draw their test inputs from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

_SPACING = 0.25  # between neighbours of ``distinct``


class Constant(np.ndarray):
    """An array among the arguments of a sample that no gradient is asked of."""


class Made(NamedTuple):
    """An argument that a function makes of an array; gradients are asked of the array."""

    function: Callable
    array: Any


class Draw:
    """Random arrays of one dtype, from a seed. ``draw(*shape)`` is standard normal.

    ``draw.positive``, ``unit``, ``nonzero`` and ``large`` draw from other domains and are otherwise the same object:
    [0.5, 2.5], (-0.9, 0.9), at least 0.3 from 0, at least 1.2. Every floating point array in the arguments that a
    sampler yields is an input whose gradient is checked, unless it went through ``draw.constant``.

    >>> import numpy as np
    >>> draw = Draw(dtype=np.float32, seed=0)
    >>> draw(2, 3).dtype, draw.positive(4).shape
    (dtype('float32'), (4,))
    """

    def __init__(self, dtype: Any = np.float64, seed: int | np.random.Generator = 0, domain: str = "normal") -> None:
        self.dtype = np.dtype(dtype)
        self._random = np.random.default_rng(seed)  # a Generator passes through
        self._domain = domain

    normal = property(lambda self: self._of("normal"), doc="Standard normal values.")
    positive = property(lambda self: self._of("positive"), doc="Values in [0.5, 2.5].")
    unit = property(lambda self: self._of("unit"), doc="Values in (-0.9, 0.9).")
    nonzero = property(lambda self: self._of("nonzero"), doc="Values of either sign, at least 0.3 from 0.")
    large = property(lambda self: self._of("large"), doc="Values of at least 1.2.")

    def _of(self, domain: str) -> Draw:
        return Draw(self.dtype, self._random, domain)

    def __call__(self, *shape: int) -> np.ndarray:
        values = np.asarray(self._random.standard_normal(shape))
        match self._domain:
            case "positive":
                values = 1.5 + np.tanh(values)
            case "unit":
                values = 0.9 * np.tanh(values)
            case "nonzero":
                values = values + np.where(values < 0, -0.3, 0.3)
            case "large":
                values = 1.2 + np.abs(values)
        return np.asarray(values, self.dtype)

    def distinct(self, *shape: int) -> np.ndarray:
        """Values in random order, no two of them and none of them and 0 closer than 0.1: no ties, and none near."""
        size = int(np.prod(shape, dtype=int))
        grid = _SPACING * (np.arange(size) - size // 2 + 0.5)
        jitter = self._random.uniform(-0.02, 0.02, size)
        return np.asarray(self._random.permutation(grid + jitter).reshape(shape), self.dtype)

    def mask(self, *shape: int) -> np.ndarray:
        """Booleans, true and false alike."""
        return np.asarray(self._random.random(shape) < 0.5)

    def integers(self, high: int, *shape: int) -> np.ndarray:
        """Integers in [0, high)."""
        return np.asarray(self._random.integers(high, size=shape))

    def constant(self, array: Any) -> np.ndarray:
        """The array in the dtype under test, as one that no gradient is asked of."""
        return np.asarray(array, self.dtype).view(Constant)

    def made(self, function: Callable, array: Any) -> Made:
        """The argument ``function(array)``: one that must be symmetric, say, or positive definite, while the array may
        be any. The function is made of ops; gradients are asked of the array, through it."""
        return Made(function, array)
