"""The extension of the standard for Fourier transforms: NumPy's functions, and frequencies in any dtype."""
# ruff: noqa: F401 - the namespace is what this file imports

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.fft import fft, fftn, fftshift, hfft, ifft, ifftn, ifftshift, ihfft, irfft, irfftn, rfft, rfftn

from ..core import Tensor
from . import creation


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: str | None = None) -> Tensor:
    """The frequencies of ``fft`` of ``n`` samples at a distance of ``d``.

    >>> fftfreq(4)
    Tensor([ 0.  ,  0.25, -0.5 , -0.25], dtype=float64)
    """
    return creation.asarray(np.fft.fftfreq(n, d, device=device), dtype=dtype)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: str | None = None) -> Tensor:
    """The frequencies of ``rfft`` of ``n`` samples at a distance of ``d``."""
    return creation.asarray(np.fft.rfftfreq(n, d, device=device), dtype=dtype)
