"""The engine: Op, Node, Tensor and backward. It imports NumPy only, and knows no op by name."""

from .backward import backward
from .define import constant, implements, method, op, samples_of, ufunc
from .node import WRITES, Node, label, leaf, notes, owner_of
from .op import Op, op_name
from .propagate import conjugate, input_name, propagate, reachable
from .registry import NUMPY, OPS
from .tensor import Tensor, plain, wrap

__all__ = [
    "NUMPY", "OPS", "WRITES", "Node", "Op", "Tensor", "backward", "conjugate", "constant", "implements", "input_name",
    "label", "leaf", "method", "notes", "op", "op_name", "owner_of", "plain", "propagate", "reachable", "samples_of",
    "ufunc", "wrap",
]  # fmt: skip
