"""Gradients from differences of values, and the measure they are compared by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..core import Tensor, plain
from ..errors import ArgumentError, DTypeError, ShapeError

COMPLEX_STEP = 1e-20  # nothing is subtracted, so it can be as small as it likes


def default_step(dtype: Any) -> float:
    """The step at which the rounding and the truncation errors of a central difference are of one size."""
    return float(np.finfo(dtype).eps ** (1 / 3))


def numerical_gradient(
    f: Callable[[np.ndarray], Any], x: Any, *, step: float | None = None, method: str = "central"
) -> np.ndarray:
    """The gradient of a scalar function of one array, from its values alone. ``x`` is not written into.

    step    how far to go along each coordinate; by default what suits the dtype (6e-6 for float64)
    method  "central": ``(f(x + h) - f(x - h)) / 2h``, for any function, to about 1e-10 in float64;
            "complex": ``imag(f(x + ih)) / h``, exact to rounding, for analytic functions that take complex arrays

    >>> numerical_gradient(lambda x: (x**3).sum(), np.array([1.0, 2.0]), method="complex")
    array([ 3., 12.])

    Raises ArgumentError for another method, ShapeError when ``f`` is not scalar, DTypeError for integers.
    """
    x = np.array(plain(x))
    if x.dtype.kind != "f":
        raise DTypeError(f"numerical_gradient: x must be an array of real floating point numbers; got {x.dtype}")
    if method == "complex":
        return _complex_step(f, x, step or COMPLEX_STEP)
    if method != "central":
        raise ArgumentError(f"numerical_gradient: method is 'central' or 'complex'; got {method!r}")
    gradient = np.zeros_like(x)
    for index, up, down, width in _both_sides(f, x, step or default_step(x.dtype)):
        gradient[index] = (_scalar(up) - _scalar(down)) / width
    return gradient


def eval_numerical_gradient(f: Callable[[Any], Any], x: Any, h: float = 1e-5) -> np.ndarray:
    """The gradient of a scalar ``f`` at ``x`` by central differences, writing each step into ``x`` itself.

    ``x`` is an array or a tensor, and is restored; so ``f`` may ignore its argument and read the parameter that ``x``
    is, as in ``eval_numerical_gradient(lambda _: net.loss(X, y)[0], net.params["W1"])``. Source: the course's
    ``gradient_check``.

    >>> eval_numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, 2.0])).round(6)
    array([2., 4.])

    Raises ShapeError when ``f`` is not scalar, DTypeError when ``x`` is not of floating point numbers.
    """
    array = _writable(x)
    gradient = np.zeros_like(array)
    for index, up, down, width in _both_sides(lambda _: f(x), array, h):
        gradient[index] = (_scalar(up) - _scalar(down)) / width
    return gradient


def eval_numerical_gradient_array(f: Callable[[Any], Any], x: Any, df: Any, h: float = 1e-5) -> np.ndarray:
    """The gradient of ``sum(f(x) * df)`` at ``x`` by central differences, for an ``f`` that gives an array.

    As ``eval_numerical_gradient`` otherwise. Source: the course's ``gradient_check``.

    >>> eval_numerical_gradient_array(lambda x: x**2, np.array([1.0, 2.0]), np.array([1.0, 10.0])).round(6)
    array([ 2., 40.])

    Raises ShapeError when ``df`` does not have the shape of ``f(x)``.
    """
    array, df = _writable(x), np.asarray(plain(df))
    gradient = np.zeros_like(array)
    for index, up, down, width in _both_sides(lambda _: f(x), array, h):
        if up.shape != df.shape:
            raise ShapeError(f"eval_numerical_gradient_array: f gives shape {up.shape} but df has {df.shape}")
        gradient[index] = ((up - down) * df).sum() / width
    return gradient


def rel_error(x: Any, y: Any) -> float:
    """Largest relative difference of two arrays: ``max(|x - y| / max(1e-8, |x| + |y|))``; 0 for empty ones.

    Source: the course's ``rel_error``. Raises ShapeError when the shapes differ.

    >>> rel_error(np.array([1.0, 2.0]), np.array([1.0, 6.0]))
    0.5
    """
    x, y = np.asarray(plain(x)), np.asarray(plain(y))
    if x.shape != y.shape:
        raise ShapeError(f"rel_error: the arrays have different shapes, {x.shape} and {y.shape}")
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)), initial=0))


def _both_sides(f: Callable[[Any], Any], x: np.ndarray, h: float) -> Iterator[tuple]:
    """For each index of ``x``: the index, ``f`` a step up and a step down, and how far apart the two really are."""
    for index in np.ndindex(x.shape):
        kept = x[index]
        try:
            x[index] = above = x.dtype.type(kept + h)
            up = np.array(plain(f(x)))
            x[index] = below = x.dtype.type(kept - h)
            down = np.array(plain(f(x)))
        finally:
            x[index] = kept
        yield index, up, down, above - below


def _complex_step(f: Callable[[np.ndarray], Any], x: np.ndarray, h: float) -> np.ndarray:
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        moved = x.astype(np.result_type(x, 1j))
        moved[index] += 1j * h
        gradient[index] = _scalar(np.asarray(plain(f(moved)))).imag / h
    return gradient


def _writable(x: Any) -> np.ndarray:
    array = x.data if isinstance(x, Tensor) else x
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        raise DTypeError(
            "a numerical gradient is taken at an array or tensor of floating point numbers, which is written into; "
            f"got {type(x).__name__}{f' of {array.dtype}' if hasattr(array, 'dtype') else ''}"
        )
    return array


def _scalar(value: np.ndarray) -> Any:
    if value.size != 1:
        raise ShapeError(
            f"a numerical gradient is that of a scalar, but the function gives shape {value.shape}. "
            "Reduce it, or use eval_numerical_gradient_array"
        )
    return value.reshape(())[()]
