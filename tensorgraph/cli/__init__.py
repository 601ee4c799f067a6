"""The command line: ``python -m tensorgraph train``, ``graph`` and ``check``."""

from .main import main

__all__ = ["main"]
