"""Every op, and nothing that is not one. Importing this package fills the registry."""

from ..core import REST
from . import queries, rearranging  # noqa: F401 - what is in them registers itself
from .activations import leaky_relu, log_softmax, relu, sigmoid, softmax
from .affine import affine
from .batchnorm import batchnorm, batchnorm_test
from .dropout import dropout
from .elementwise import power
from .indexing import getitem, scatter, setitem, where
from .linalg import einsum, matmul
from .losses import mse_loss, softmax_loss, svm_loss
from .reductions import logsumexp
from .sandwiches import affine_batchnorm_relu, affine_relu
from .shaping import concatenate, identity, pad

__all__ = [
    "affine", "affine_batchnorm_relu", "affine_relu", "batchnorm", "batchnorm_test", "concatenate", "dropout", "einsum",
    "getitem", "identity", "leaky_relu", "log_softmax", "logsumexp", "matmul", "mse_loss", "pad", "power", "relu",
    "scatter", "setitem", "sigmoid", "softmax", "softmax_loss", "svm_loss", "where",
]  # fmt: skip

REST += [f"{__name__}.writing"]
