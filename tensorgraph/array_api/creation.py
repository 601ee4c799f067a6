"""Functions that create tensors. None of them requires gradients: set ``requires_grad`` on what should."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Tensor
from ..errors import ArgumentError, TrackedTensorError


def _creating(function: Callable) -> Callable[..., Tensor]:
    """NumPy's function, giving a tensor."""

    @functools.wraps(function)
    def create(*args: Any, **options: Any) -> Tensor:
        created = function(*args, **options)
        return created if isinstance(created, Tensor) else Tensor(created)

    return create


arange = _creating(np.arange)
empty = _creating(np.empty)
eye = _creating(np.eye)
full = _creating(np.full)
linspace = _creating(np.linspace)
ones = _creating(np.ones)
zeros = _creating(np.zeros)


def asarray(obj: Any, /, *, dtype: Any = None, device: str | None = None, copy: bool | None = None) -> Tensor:
    """A tensor with these values; of a tensor the tensor itself, and gradients flow through what is made of it.

    obj     a tensor, a number, a nested list of numbers or of tensors, or whatever NumPy makes an array of
    dtype   convert to this dtype
    device  "cpu", the only one
    copy    True: in memory of its own; False: never copy; None: only where it is necessary

    >>> asarray([1, 2], dtype=np.float32)
    Tensor([1., 2.], dtype=float32)

    Raises ArgumentError where ``copy=False`` cannot be kept, and for another device.
    """
    check_device(device)
    if copy is False and isinstance(obj, list | tuple):
        raise ArgumentError("asarray: a list cannot become a tensor without a copy. Use copy=None")
    if not isinstance(obj, Tensor):
        try:
            return Tensor(np.asarray(obj, dtype=dtype, copy=copy))
        except TrackedTensorError:  # a list of tensors that require gradients
            obj, copy = _stacked(obj), None
    if dtype is None or obj.dtype == dtype:
        return np.copy(obj) if copy else obj
    if copy is False:
        raise ArgumentError(f"asarray: {obj.dtype} cannot become {np.dtype(dtype)} without a copy. Use copy=None")
    return obj.astype(dtype)


def _stacked(parts: Any) -> Any:
    """A nested list as one tensor."""
    return np.stack([*map(_stacked, parts)]) if isinstance(parts, list | tuple) else parts


def from_dlpack(x: Any, /, *, device: str | None = None, copy: bool | None = None) -> Tensor:
    """A tensor on the memory of another library's array, through DLPack.

    >>> from_dlpack(np.arange(3))
    Tensor([0, 1, 2], dtype=int64)

    Raises BufferError for an array that is not in the memory of the CPU.
    """
    if isinstance(x, Tensor):
        return asarray(x, device=device, copy=copy)
    return Tensor(np.from_dlpack(x, device=device, copy=copy))


def check_device(device: str | None) -> None:
    """Raise ArgumentError for a device that is not the CPU."""
    if device not in (None, "cpu"):
        raise ArgumentError(f"device: tensors are on the 'cpu'; got {device!r}")
