"""What users give to NumPy's functions, as what ops take; and what tensors have no use for, refused."""

from __future__ import annotations

import numpy as np

from ..core import plain
from ..errors import UnsupportedFunctionError


def as_operand(value):
    """A tensor or an array of any kind as it is, anything else as an ndarray."""
    return value if hasattr(value, "__array_namespace__") else np.asarray(value)


def as_operands(values):
    """All as operands; a number among them takes the dtype that it has beside the others, and so widens none."""
    values = [v.item() if isinstance(v, np.ndarray | np.generic) and not v.ndim else v for v in values]
    values = [v if isinstance(v, int | float | complex) else as_operand(v) for v in values]
    dtype = np.result_type(*[getattr(v, "dtype", v) for v in values])
    like = next((plain(v) for v in values if hasattr(v, "dtype")), 0)
    return [v if hasattr(v, "dtype") else np.full_like(like, v, dtype=dtype, shape=()) for v in values]


def beside(indices, a):
    """Indices as an array of the kind that ``a`` holds."""
    array = plain(a)
    if isinstance(array, np.ndarray | np.generic) or not isinstance(indices, np.ndarray):
        return indices
    return np.asarray(indices.tolist(), indices.dtype, like=array)


def refuse_options(name, options):
    """Refuse arguments of a NumPy function that have no meaning for tensors, by name."""
    for option in options:
        raise UnsupportedFunctionError(f"{name}: {option}= is not supported on tensors")
