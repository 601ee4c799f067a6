"""What the Array API standard asks of an array beyond what NumPy's are: a namespace, a device, ``//`` at infinity."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from ..core import OPS, Tensor, method
from ..core.define import on_values
from ..errors import ArgumentError

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")
"""Versions of the standard that code may ask for. Each one contains those before it."""


@method
def __array_namespace__(self, *, api_version: str | None = None) -> Any:
    """The functions that work on tensors by the Array API standard: ``tensorgraph.array_api``."""
    if api_version not in (None, *VERSIONS):
        raise ArgumentError(f"__array_namespace__: api_version is one of {', '.join(VERSIONS)}; got {api_version!r}")
    return import_module("tensorgraph.array_api")  # by its name, because it stands on a higher floor


@method
def to_device(self, device: str, /, *, stream: None = None) -> Tensor:
    """The tensor itself: all tensors are on the CPU."""
    if device != "cpu" or stream is not None:
        raise ArgumentError(f"to_device: tensors are on the 'cpu', without streams; got {device!r}, stream={stream!r}")
    return self


Tensor.device = property(lambda self: "cpu", doc="Where the elements are: on the CPU.")
Tensor.mT = property(lambda self: np.swapaxes(self, -2, -1), doc="The tensor with its last two axes exchanged.")


def floor_divide(x1, x2):
    """The floor of the quotient, also where x1 or x2 is infinite: there NumPy gives NaN and -1."""
    infinite = np.isinf(x1) | np.isinf(x2)
    if not infinite.any():
        return np.floor_divide(x1, x2)
    dtype = np.result_type(x1, x2)
    finite = [np.where(infinite, 1, x).astype(dtype) for x in (x1, x2)]
    return np.where(infinite, np.floor(np.divide(x1, x2)), np.floor_divide(*finite))


OPS[np.floor_divide] = on_values(floor_divide, told_as=np.floor_divide)
