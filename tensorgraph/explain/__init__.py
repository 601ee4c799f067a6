"""Answers about nets and graphs: what a net consists of, what a graph keeps in memory and who keeps it, and whether a
training is healthy."""

from .leaks import Leak, Leaks, leaks
from .memory import Kept, Memory, memory
from .summary import Row, Summary, summary

__all__ = ["Kept", "Leak", "Leaks", "Memory", "Row", "Summary", "leaks", "memory", "summary"]
