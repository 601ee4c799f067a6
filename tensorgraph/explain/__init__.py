"""Answers about nets and graphs: what a net consists of, what a graph keeps in memory and who keeps it, and whether a
training is healthy."""

from .checks import Check
from .health import Health, health
from .leaks import Leak, Leaks, leaks
from .memory import Kept, Memory, memory
from .summary import Row, Summary, summary

__all__ = [
    "Check",
    "Health",
    "Kept",
    "Leak",
    "Leaks",
    "Memory",
    "Row",
    "Summary",
    "health",
    "leaks",
    "memory",
    "summary",
]
