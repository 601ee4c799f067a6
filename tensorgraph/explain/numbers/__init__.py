"""What goes wrong with numbers: the first NaN or Inf, and the digits that ops lose."""

from .bad_values import bad_values
from .origin import BadValues, Origin, Spot
from .precision import Error, NodeErrors, Precision, precision

__all__ = ["BadValues", "Error", "NodeErrors", "Origin", "Precision", "Spot", "bad_values", "precision"]
