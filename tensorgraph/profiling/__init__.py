"""``profile()``: where the time and the memory of a program on tensors go, by op, by rule, by module."""

from .observer import Profile, profile
from .spans import Span
from .summary import ModuleRow, Row

__all__ = ["ModuleRow", "Profile", "Row", "Span", "profile"]
