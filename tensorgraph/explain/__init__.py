"""Explanations of gradients: why one is missing, along which paths it comes, how backward makes it step by step."""

from .backward_steps import BackwardSteps, backward_steps
from .grad_paths import grad_paths
from .path import Edge, GradPaths, Path, Stretch
from .reason import CAUSES, Link, Reason
from .step import Contribution, RuleRun, Step
from .why import why_no_grad

__all__ = [
    "CAUSES", "BackwardSteps", "Contribution", "Edge", "GradPaths", "Link", "Path", "Reason", "RuleRun", "Step",
    "Stretch", "backward_steps", "grad_paths", "why_no_grad",
]  # fmt: skip
