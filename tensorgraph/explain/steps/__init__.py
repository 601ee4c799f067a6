"""Backward, step by step."""

from .backward_steps import BackwardSteps, backward_steps
from .step import Contribution, RuleRun, Step

__all__ = ["BackwardSteps", "Contribution", "RuleRun", "Step", "backward_steps"]
