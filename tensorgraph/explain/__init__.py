"""Explanations: of graphs and their gradients, of nets and their training, of recordings that went wrong or differ, and of
what is wrong with hand-written rules."""

from .bad_values import bad_values
from .checks import Check
from .grader import Finding, GradeReport, grade, grade_file
from .health import Health, health
from .leaks import Leak, Leaks, leaks
from .memory import Kept, Memory, memory
from .operands import Operand
from .origin import BadValues, Origin, Spot
from .summary import Row, Summary, summary

__all__ = [
    "BadValues", "Check", "Finding", "GradeReport", "Health", "Kept", "Leak", "Leaks", "Memory", "Operand", "Origin",
    "Row", "Spot", "Summary", "bad_values", "grade", "grade_file", "health", "leaks", "memory", "summary",
]  # fmt: skip
