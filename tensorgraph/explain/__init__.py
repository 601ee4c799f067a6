"""Explanations: of a graph and its gradients, of nets and their training, and of what is wrong with hand-written rules."""

from .checks import Check
from .grader import Finding, GradeReport, grade, grade_file
from .health import Health, health
from .leaks import Leak, Leaks, leaks
from .memory import Kept, Memory, memory
from .summary import Row, Summary, summary

__all__ = [
    "Check", "Finding", "GradeReport", "Health", "Kept", "Leak", "Leaks", "Memory", "Row", "Summary", "grade",
    "grade_file", "health", "leaks", "memory", "summary",
]  # fmt: skip
