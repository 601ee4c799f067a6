"""Functions that the standard defines otherwise than NumPy, in their arguments or in their values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Tensor


def clip(x: Tensor, /, min: Any = None, max: Any = None) -> Tensor:
    """The elements of ``x``, those outside of ``min`` and ``max`` brought to them; None is no bound."""
    return np.clip(x, min, max)


def take_along_axis(x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """Elements of ``x`` at ``indices``, each along its own line of ``axis``."""
    return np.take_along_axis(x, indices, axis)


# Of too few elements np.var and np.std raise on tensors; the standard asks for NaN.


def var(
    x: Tensor, /, *, axis: int | tuple[int, ...] | None = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Variance over axes, with ``correction`` taken off the count; NaN where that leaves nothing."""
    total = np.sum(x, axis=axis, keepdims=keepdims)
    if x.size <= correction * total.size:
        return total * np.nan
    return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)


def std(
    x: Tensor, /, *, axis: int | tuple[int, ...] | None = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Standard deviation over axes: the square root of the variance, with gradient 0 where that is 0."""
    total = np.sum(x, axis=axis, keepdims=keepdims)
    if x.size <= correction * total.size:
        return total * np.nan
    return np.std(x, axis=axis, ddof=correction, keepdims=keepdims)


# NumPy sorts upwards only.


def sort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """The elements in order along an axis. NaN come last, and first where ``descending``."""
    upwards = np.sort(x, axis=axis, stable=stable)
    return np.flip(upwards, axis=axis) if descending else upwards


def argsort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Indices that bring the elements in order along an axis, equal ones in the order in which they are."""
    if not descending:
        return np.argsort(x, axis=axis, stable=stable)
    # of the reversed elements the order upwards, reversed: so equal ones keep their order
    backwards = np.flip(np.argsort(np.flip(x, axis=axis), axis=axis, stable=stable), axis=axis)
    return x.shape[axis] - 1 - backwards


# Complex numbers at infinity and at zero. Both sides of each np.where are taken where they are finite, so that no
# NaN of the side that is not chosen gets into a gradient.


def expm1(x: Tensor, /) -> Tensor:
    """``exp(x) - 1``, accurate near 0.

    >>> expm1(Tensor([complex(np.inf, 0)]))  # NumPy: inf+nanj
    Tensor([inf+0.j], dtype=complex128)
    """
    if x.dtype.kind != "c":
        return np.expm1(x)
    finite = np.isfinite(x)
    values = np.where(finite, np.expm1(np.where(finite, x, 0)), np.exp(np.where(finite, 0, x)) - 1)
    return values + complex(0.0, -0.0)  # which makes a real part of -0 one of 0, and leaves all else


def tanh(x: Tensor, /) -> Tensor:
    """The hyperbolic tangent; of a complex number with an infinite real part 1 or -1, without an imaginary part.

    >>> tanh(Tensor([complex(np.inf, 2)]))  # NumPy: 1-0j
    Tensor([1.+0.j], dtype=complex128)
    """
    if x.dtype.kind != "c":
        return np.tanh(x)
    infinite = np.isinf(np.real(x))
    limit = np.where(np.signbit(np.real(x)), -1 + 0j, 1 + 0j)
    limit = np.where(np.signbit(np.imag(x)), limit.conj(), limit).astype(x.dtype)
    return np.where(infinite, limit, np.tanh(np.where(infinite, 0, x)))


def sign(x: Tensor, /) -> Tensor:
    """-1, 0 or 1; of a complex number the one of absolute value 1 in its direction, and 0 of 0."""
    return np.where(x == 0, 0, np.sign(x)) if x.dtype.kind == "c" else np.sign(x)
