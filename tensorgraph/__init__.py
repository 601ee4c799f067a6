"""tensorgraph: a define-by-run autograd computational-graph engine for NumPy.

Running ordinary NumPy code on a ``Tensor`` records a graph of ops, which can be differentiated, checked, drawn and
trained.

>>> import numpy as np, tensorgraph as tg
>>> x = tg.Tensor([0.0, 1.0, 2.0], requires_grad=True)
>>> np.sum(np.sin(x) ** 2).backward()
>>> np.allclose(x.grad, np.sin(2 * x.numpy()))
True
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import errors
from .config import enable_grad, is_grad_enabled, no_grad, scope
from .core import OPS, Op, Tensor, op
from .debug import debug
from .ops import (
    affine,
    affine_batchnorm_relu,
    affine_relu,
    batchnorm,
    batchnorm_test,
    dropout,
    leaky_relu,
    log_softmax,
    logsumexp,
    mse_loss,
    relu,
    scatter,
    setitem,
    sigmoid,
    softmax,
    softmax_loss,
    svm_loss,
)
from .recording import record
from .transforms import elementwise_grad, gnvp, grad, hvp, jvp, linearize, value_and_grad, vjp

__version__ = "0.1.0"

__all__ = [
    "OPS", "Op", "Solver", "Tensor", "affine", "affine_batchnorm_relu", "affine_relu", "array_api", "batchnorm",
    "batchnorm_test", "checkpoint", "data", "debug", "dropout", "elementwise_grad", "enable_grad", "errors", "explain",
    "expm", "gnvp", "grad", "hessian", "hvp", "io", "is_grad_enabled", "jacobian", "jvp", "leaky_relu", "linearize",
    "log_softmax", "logsumexp", "mse_loss", "nn", "no_grad", "numeric_op", "op", "optim", "profile", "record", "relu",
    "scatter", "scipy_minimize", "scope", "setitem", "sigmoid", "softmax", "softmax_loss", "solver", "svm_loss",
    "testing", "value_and_grad", "viz", "vjp",
]  # fmt: skip

if _TYPE_CHECKING:  # what __getattr__ gives, for mypy and editors
    from . import array_api, data, explain, io, nn, optim, solver, testing, viz
    from .ops.matrix_exponential import expm
    from .profiling import profile
    from .solver import Solver
    from .transforms import checkpoint, hessian, jacobian, numeric_op, scipy_minimize

_ROOMS = {"array_api", "data", "explain", "io", "nn", "optim", "solver", "testing", "viz"}
_IN_ROOMS = {
    "Solver": "solver", "checkpoint": "transforms", "expm": "ops.matrix_exponential", "hessian": "transforms",
    "jacobian": "transforms", "numeric_op": "transforms", "profile": "profiling", "scipy_minimize": "transforms",
}  # fmt: skip


def __getattr__(name: str) -> _Any:
    """Import a room of the house when it is first entered: ``import tensorgraph`` stays quick."""
    if name in _ROOMS:
        return _import_module(f"{__name__}.{name}")
    if name in _IN_ROOMS:
        return getattr(_import_module(f"{__name__}.{_IN_ROOMS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
