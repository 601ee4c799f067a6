"""Explanations: of graphs and their gradients, of nets and their training, of recordings that go wrong or differ, and
of what is wrong with hand-written rules."""

from .formulas import Derivation, Equation, derivation, formula
from .grader import Finding, GradeReport, grade, grade_file
from .health import Check, Health, health
from .memory import Kept, Leak, Leaks, Memory, leaks, memory
from .missing import CAUSES, Link, Reason, why_no_grad
from .numbers import BadValues, Error, NodeErrors, Origin, Precision, Spot, bad_values, precision
from .operands import Operand
from .paths import Edge, GradPaths, Path, Stretch, grad_paths
from .runs import Comparison, Diff, Difference, Run, diff, load_run, save_run
from .steps import BackwardSteps, Contribution, RuleRun, Step, backward_steps
from .summary import Row, Summary, summary

__all__ = [
    "CAUSES", "BackwardSteps", "BadValues", "Check", "Comparison", "Contribution", "Derivation", "Diff",
    "Difference", "Edge", "Equation", "Error", "Finding", "GradPaths", "GradeReport", "Health", "Kept", "Leak",
    "Leaks", "Link", "Memory", "NodeErrors", "Operand", "Origin", "Path", "Precision", "Reason", "Row", "RuleRun",
    "Run", "Spot", "Step", "Stretch", "Summary", "backward_steps", "bad_values", "derivation", "diff", "formula",
    "grad_paths", "grade", "grade_file", "health", "leaks", "load_run", "memory", "precision", "save_run",
    "summary", "why_no_grad",
]  # fmt: skip
