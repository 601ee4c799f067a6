"""Every op, and nothing that is not one. Importing this package fills the registry."""

from ..core import PACKAGES, REST
from . import array_object, extremes, memory_order, methods, rearranging, spread  # noqa: F401 - they register themselves
from .activations import leaky_relu, log_softmax, relu, sigmoid, softmax
from .affine import affine
from .batchnorm import batchnorm, batchnorm_test
from .dropout import dropout
from .elementwise import power
from .indexing import getitem, scatter, setitem, where
from .losses import mse_loss, softmax_loss, svm_loss
from .products import matmul
from .reductions import logsumexp
from .sandwiches import affine_batchnorm_relu, affine_relu
from .shaping import concatenate, identity, pad

__all__ = [
    "affine", "affine_batchnorm_relu", "affine_relu", "batchnorm", "batchnorm_test", "concatenate", "dropout",
    "getitem", "identity", "leaky_relu", "log_softmax", "logsumexp", "matmul", "mse_loss", "pad", "power", "relu",
    "scatter", "setitem", "sigmoid", "softmax", "softmax_loss", "svm_loss", "where",
]  # fmt: skip

REST += [
    f"{__name__}.{module}"
    for module in (
        "applying", "building", "calculus", "choosing", "convolution", "cumulative", "decompositions", "determinants",
        "diagonals", "einsum", "fft", "floating_point", "histograms", "joining", "matrix_exponential", "nan", "norms",
        "ordering", "outside", "padding", "picking", "polynomials", "quantiles", "repeating", "sets", "singular_values",
        "solving", "spacing", "spectra", "splitting", "statistics", "tensor_products", "ufunc_reductions", "waves",
        "writing",
    )
]  # fmt: skip
PACKAGES["scipy.special"] = "tensorgraph.ops.special"
