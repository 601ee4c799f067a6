"""The training loop."""

from .solver import Solver
from .update_rules import UPDATE_RULES

__all__ = ["UPDATE_RULES", "Solver"]
