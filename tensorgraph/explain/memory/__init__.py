"""What a graph keeps in memory, and which variables keep it."""

from .kept import Kept, Memory, memory
from .leaks import Leak, Leaks, leaks

__all__ = ["Kept", "Leak", "Leaks", "Memory", "leaks", "memory"]
