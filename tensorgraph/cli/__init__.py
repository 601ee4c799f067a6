"""The command line: ``python -m tensorgraph train``, ``health``, ``graph``, ``check`` and ``grade``."""

from .main import main

__all__ = ["main"]
