"""Explanations of what was recorded: its mathematics."""

from .formulas import Derivation, Equation, derivation, formula

__all__ = ["Derivation", "Equation", "derivation", "formula"]
