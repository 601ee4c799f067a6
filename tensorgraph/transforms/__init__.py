"""Gradients as functions of functions: ``grad``, ``vjp``, ``jvp``, ``jacobian``, ``hessian`` ..., of any order.

They take functions of arrays, or of nested dicts, lists, tuples and dataclasses of arrays, and nest in each other
freely. Given arrays they give arrays; given tensors, or where an outer transform is at work, tensors.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .derivatives import elementwise_grad, gnvp, grad, hvp, jvp, linearize, value_and_grad, vjp

if TYPE_CHECKING:  # what __getattr__ gives, for mypy and editors
    from ..core.replay import once
    from .checkpoints import checkpoint
    from .jacobians import hessian, jacobian
    from .numerical import numeric_op
    from .scipy_bridge import VectorProblem, scipy_minimize

__all__ = [
    "VectorProblem", "checkpoint", "elementwise_grad", "gnvp", "grad", "hessian", "hvp", "jacobian", "jvp", "linearize",
    "numeric_op", "once", "scipy_minimize", "value_and_grad", "vjp",
]  # fmt: skip

_FILES = {
    "VectorProblem": ".scipy_bridge", "checkpoint": ".checkpoints", "hessian": ".jacobians", "jacobian": ".jacobians",
    "numeric_op": ".numerical", "once": "..core.replay", "scipy_minimize": ".scipy_bridge",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what needs more when it is first used: ``import tensorgraph`` stays quick."""
    if name in _FILES:
        return getattr(import_module(_FILES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
