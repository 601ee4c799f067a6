"""The engine: Op, Node, Tensor and backward. It imports NumPy only, and knows no op by name."""

from . import protocols  # noqa: F401 - what NumPy asks of a tensor
from .backward import backward
from .define import constant, implements, method, op, refuse, samples_of, ufunc
from .node import WRITES, Node, label, leaf, notes, owner_of
from .op import Op, op_name
from .propagate import conjugate, input_name, propagate, reachable
from .registry import NUMPY, OPS, PACKAGES, REFUSED, REST, STATES, numpy_name, state_of
from .tensor import Tensor, plain, wrap

__all__ = [
    "NUMPY", "OPS", "PACKAGES", "REFUSED", "REST", "STATES", "WRITES", "Node", "Op", "Tensor", "backward", "conjugate",
    "constant", "implements", "input_name", "label", "leaf", "method", "notes", "numpy_name", "op", "op_name",
    "owner_of", "plain", "propagate", "reachable", "refuse", "samples_of", "state_of", "ufunc", "wrap",
]  # fmt: skip
