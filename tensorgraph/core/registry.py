"""The tables that Tensor looks things up in. Ops fill them when they are defined, so Tensor never imports an op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UnsupportedFunctionError

OPS: dict[Any, Any] = {}
"""Every op, by its key: NumPy's own function object (``OPS[np.sin]``), or the op's name (``OPS["affine"]``)."""

NUMPY: dict[Callable, Callable] = {}
"""What runs when a NumPy function meets a Tensor. It takes the arguments as NumPy's function does."""


def numpy_function(func: Callable) -> Callable:
    """What runs for ``func`` on tensors, or an error that says what to use instead."""
    try:
        return NUMPY[func]
    except KeyError:
        name = numpy_name(func)
        raise UnsupportedFunctionError(
            f"{name} has no rule for tensors. For its value alone call {name}(t.numpy()); for its gradient write it "
            "with functions that have rules (listed in docs/ops.md), or define an op with @tensorgraph.op"
        ) from None


def numpy_name(func: Callable) -> str:
    """A NumPy function's name as a user writes it, for example ``np.linalg.norm``."""
    name = func.__name__
    if getattr(np, name, None) is func:
        return f"np.{name}"
    module = getattr(func, "__module__", None)  # None for the ufuncs of other packages
    return f"{module.replace('numpy', 'np', 1)}.{name}" if module else name
