"""The engine: Op, Node, Tensor and backward. It imports NumPy only, and knows no op by name."""

from . import operators  # noqa: F401 - what is in it belongs to Tensor
from .backward import backward
from .define import constant, implements, method, op, refuse, samples_of, ufunc
from .memory import WRITES, owner_of
from .node import Node, label, leaf, notes
from .op import Op, op_name
from .propagate import arrays_in, conjugate, input_name, propagate, reachable
from .registry import NUMPY, OPS, REFUSED, REST, STATES, numpy_name, state_of
from .tensor import Tensor, plain, wrap
from .writing import write

__all__ = [
    "NUMPY", "OPS", "REFUSED", "REST", "STATES", "WRITES", "Node", "Op", "Tensor", "arrays_in", "backward", "conjugate",
    "constant", "implements", "input_name", "label", "leaf", "method", "notes", "numpy_name", "op", "op_name",
    "owner_of", "plain", "propagate", "reachable", "refuse", "samples_of", "state_of", "ufunc", "wrap", "write",
]  # fmt: skip
