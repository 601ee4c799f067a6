"""Recorded runs: in files, and compared."""

from .compare import Comparison
from .diff import diff
from .difference import Diff, Difference
from .run import Run, load_run, save_run

__all__ = ["Comparison", "Diff", "Difference", "Run", "diff", "load_run", "save_run"]
