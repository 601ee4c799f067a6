"""Many gradients through one backward pass: an array type that stands for a batch of arrays (see ``array.py``)."""

from . import axes, indexing, products, shaping  # noqa: F401 - their rows register themselves
from .array import Batched, NotBatchedError

__all__ = ["Batched", "NotBatchedError"]
