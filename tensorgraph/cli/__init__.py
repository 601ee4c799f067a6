"""The command line: ``python -m tensorgraph train``, ``health``, ``graph`` and ``check``."""

from .main import main

__all__ = ["main"]
