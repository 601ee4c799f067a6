"""Functions that ask about data types, and the one that changes them. The data types are NumPy's."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core import Tensor
from ..errors import DTypeError
from .creation import check_device


class FloatInfo(NamedTuple):
    """What ``finfo`` gives: limits of a floating point dtype, as Python numbers."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: np.dtype


class IntInfo(NamedTuple):
    """What ``iinfo`` gives: limits of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: np.dtype


def finfo(type: Any, /) -> FloatInfo:
    """Limits of a floating point dtype, or of that of a tensor; for a complex one, of its parts.

    >>> finfo(np.float32).bits
    32
    """
    info = np.finfo(_dtype_of(type))
    return FloatInfo(
        int(info.bits), float(info.eps), float(info.max), float(info.min), float(info.smallest_normal), info.dtype
    )


def iinfo(type: Any, /) -> IntInfo:
    """Limits of an integer dtype, or of that of a tensor.

    >>> iinfo(np.int8).max
    127
    """
    info = np.iinfo(_dtype_of(type))
    return IntInfo(info.bits, info.max, info.min, info.dtype)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether a dtype, or that of a tensor, can become another without losing values.

    >>> can_cast(np.float32, np.float64), can_cast(np.float64, np.int64)
    (True, False)
    """
    return np.can_cast(_dtype_of(from_), to)


def astype(x: Tensor, dtype: Any, /, *, copy: bool = True, device: str | None = None) -> Tensor:
    """The values in another dtype. Gradients flow from floats to floats, and come back in the dtype of ``x``.

    copy  False: the tensor itself, where it has the dtype already

    Raises DTypeError for complex numbers that should become real.
    """
    check_device(device)
    if x.dtype.kind == "c" and np.dtype(dtype).kind != "c":
        raise DTypeError(
            f"astype: {x.dtype} to {np.dtype(dtype)} would lose the imaginary part. Use real(x), imag(x) or abs(x)"
        )
    return x if not copy and x.dtype == dtype else x.astype(dtype)


def _dtype_of(value: Any) -> Any:
    return value.dtype if isinstance(value, Tensor) else value
