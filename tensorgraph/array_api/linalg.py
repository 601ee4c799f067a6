"""The extension of the standard for linear algebra: NumPy's functions; eigenvalues are always complex."""
# ruff: noqa: F401, I001 - the namespace is what this file imports, many names to a line

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.linalg import (
    cholesky, cross, det, diagonal, eigh, eigvalsh, inv, matmul, matrix_norm, matrix_power, matrix_rank,
    matrix_transpose, outer, pinv, qr, slogdet, solve, svd, svdvals, tensordot, trace, vecdot, vector_norm,
)  # fmt: skip

from ..core import Tensor


class EigResult(NamedTuple):
    """What ``eig`` gives."""

    eigenvalues: Tensor
    eigenvectors: Tensor


def eig(x: Tensor, /) -> EigResult:
    """Eigenvalues and eigenvectors, complex also where all of them are real (NumPy: real)."""
    values, vectors = np.linalg.eig(x)
    return EigResult(_complex(values), _complex(vectors))


def eigvals(x: Tensor, /) -> Tensor:
    """Eigenvalues, complex also where all of them are real (NumPy: real)."""
    return _complex(np.linalg.eigvals(x))


def _complex(x: Tensor) -> Tensor:
    return x.astype(np.result_type(x.dtype, np.complex64))
