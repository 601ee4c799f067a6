"""Explanations: of graphs and their gradients, of nets and their training, of recordings that go wrong or differ, and
of what is wrong with hand-written rules."""

from .backward_steps import BackwardSteps, backward_steps
from .bad_values import bad_values
from .checks import Check
from .compare import Comparison
from .diff import diff
from .difference import Diff, Difference
from .formulas import Derivation, Equation, derivation, formula
from .grad_paths import grad_paths
from .grader import Finding, GradeReport, grade, grade_file
from .health import Health, health
from .leaks import Leak, Leaks, leaks
from .memory import Kept, Memory, memory
from .operands import Operand
from .origin import BadValues, Origin, Spot
from .path import Edge, GradPaths, Path, Stretch
from .precision import Error, NodeErrors, Precision, precision
from .reason import CAUSES, Link, Reason
from .runs import Run, load_run, save_run
from .step import Contribution, RuleRun, Step
from .summary import Row, Summary, summary
from .why import why_no_grad

__all__ = [
    "CAUSES", "BackwardSteps", "BadValues", "Check", "Comparison", "Contribution", "Derivation", "Diff",
    "Difference", "Edge", "Equation", "Error", "Finding", "GradPaths", "GradeReport", "Health", "Kept", "Leak",
    "Leaks", "Link", "Memory", "NodeErrors", "Operand", "Origin", "Path", "Precision", "Reason", "Row", "RuleRun",
    "Run", "Spot", "Step", "Stretch", "Summary", "backward_steps", "bad_values", "derivation", "diff", "formula",
    "grad_paths", "grade", "grade_file", "health", "leaks", "load_run", "memory", "precision", "save_run",
    "summary", "why_no_grad",
]  # fmt: skip
