"""What was computed, and its derivative, in the language of mathematics."""

from .derivation import Derivation, derivation, formula
from .equations import Equation

__all__ = ["Derivation", "Equation", "derivation", "formula"]
