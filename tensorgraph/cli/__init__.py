"""The command line: ``python -m tensorgraph train``, ``graph``, ``check`` and ``grade``."""

from .main import main

__all__ = ["main"]
