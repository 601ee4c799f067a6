"""Explanations: of a graph and its gradients, of nets and their training, of what is wrong with hand-written rules."""

from .backward_steps import BackwardSteps, backward_steps
from .checks import Check
from .grad_paths import grad_paths
from .grader import Finding, GradeReport, grade, grade_file
from .health import Health, health
from .leaks import Leak, Leaks, leaks
from .memory import Kept, Memory, memory
from .path import Edge, GradPaths, Path, Stretch
from .reason import CAUSES, Link, Reason
from .step import Contribution, RuleRun, Step
from .summary import Row, Summary, summary
from .why import why_no_grad

__all__ = [
    "CAUSES", "BackwardSteps", "Check", "Contribution", "Edge", "Finding", "GradPaths", "GradeReport", "Health", "Kept",
    "Leak", "Leaks", "Link", "Memory", "Path", "Reason", "Row", "RuleRun", "Step", "Stretch", "Summary",
    "backward_steps", "grad_paths", "grade", "grade_file", "health", "leaks", "memory", "summary", "why_no_grad",
]  # fmt: skip
