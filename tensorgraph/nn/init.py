"""Initial values of parameters: functions of a shape, a Generator and a dtype.

A weight has shape (D, M): D inputs, M outputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Initializer = Callable[[tuple[int, ...], np.random.Generator, Any], np.ndarray]


def normal(weight_scale: float = 1e-2) -> Initializer:
    """Normal numbers of mean 0 and standard deviation ``weight_scale``.

    >>> import numpy as np
    >>> normal(0.1)((100, 100), np.random.default_rng(0), np.float32).std().round(2)
    np.float32(0.1)
    """
    return lambda shape, rng, dtype: (weight_scale * rng.standard_normal(shape)).astype(dtype)


def xavier_normal(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Normal numbers of variance 2 / (D + M). Source: Glorot and Bengio (2010)."""
    return normal(math.sqrt(2 / (shape[0] + shape[-1])))(shape, rng, dtype)


def xavier_uniform(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Uniform numbers of variance 2 / (D + M). Source: Glorot and Bengio (2010)."""
    bound = math.sqrt(6 / (shape[0] + shape[-1]))
    return rng.uniform(-bound, bound, shape).astype(dtype)


def kaiming_normal(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Normal numbers of variance 2 / D, which keeps the scale of activations through ReLU. Source: He et al. (2015)."""
    return normal(math.sqrt(2 / shape[0]))(shape, rng, dtype)


def kaiming_uniform(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Uniform numbers of variance 2 / D, which keeps the scale of activations. Source: He et al. (2015)."""
    bound = math.sqrt(6 / shape[0])
    return rng.uniform(-bound, bound, shape).astype(dtype)


def zeros(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Zeros."""
    return np.zeros(shape, dtype)


def ones(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Ones."""
    return np.ones(shape, dtype)
