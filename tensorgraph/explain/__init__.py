"""Explanations: of graphs and their gradients, of nets and their training, of recordings that go wrong or differ, and
of what is wrong with hand-written rules."""

from .bad_values import bad_values
from .checks import Check
from .compare import Comparison
from .diff import diff
from .difference import Diff, Difference
from .grader import Finding, GradeReport, grade, grade_file
from .health import Health, health
from .leaks import Leak, Leaks, leaks
from .memory import Kept, Memory, memory
from .operands import Operand
from .origin import BadValues, Origin, Spot
from .precision import Error, NodeErrors, Precision, precision
from .runs import Run, load_run, save_run
from .summary import Row, Summary, summary

__all__ = [
    "BadValues", "Check", "Comparison", "Diff", "Difference", "Error", "Finding", "GradeReport", "Health", "Kept",
    "Leak", "Leaks", "Memory", "NodeErrors", "Operand", "Origin", "Precision", "Row", "Run", "Spot", "Summary",
    "bad_values", "diff", "grade", "grade_file", "health", "leaks", "load_run", "memory", "precision", "save_run",
    "summary",
]  # fmt: skip
