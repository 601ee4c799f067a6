"""Places in a user's code: the line that called an op."""

from __future__ import annotations

import contextlib
import functools
import linecache
import os
import sys
from typing import Any, NamedTuple

import numpy as np

_OURS = (os.path.dirname(__file__) + os.sep, os.path.dirname(np.__file__) + os.sep, contextlib.__file__)


class Place(NamedTuple):
    """A line of code, and the function that it is in."""

    file: str
    line: int
    function: str

    @property
    def source(self) -> str:
        """The text of the line, without its indent; empty when the file cannot be read."""
        return linecache.getline(self.file, self.line).strip()

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


def caller() -> Place:
    """The innermost line that runs outside of this package and of NumPy."""
    frame = frame_of_caller()
    return Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def frame_of_caller() -> Any:
    """The innermost frame outside of this package and of NumPy."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


@functools.cache
def _is_ours(file: str) -> bool:
    return file.startswith(_OURS)
