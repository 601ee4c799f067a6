"""Calls of a student's code: an exception becomes a finding, and nothing it does to the process gets out."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import os
import random
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ...core import plain
from .report import Finding

_ROOM = os.path.dirname(__file__) + os.sep
_SEED = 231


class Raised(NamedTuple):
    """An exception in a student's code: what it says, and the line that it came from."""

    text: str
    place: str

    def finding(self, where: str, of: str) -> Finding:
        """The finding that this is; ``of`` says which inputs the function was called on."""
        what = f"{self.text}; raised at {self.place}; called on {of}"
        return Finding(where, "raises", "the function raises an exception", what, _advice(self.text))


def _advice(text: str) -> str:
    if text.startswith(("UnboundLocalError", "NameError", "AttributeError")):
        return "something is used under a name that was not assigned, or not in this branch"
    if "matmul" in text or "shapes" in text or "broadcast" in text or "aligned" in text:
        return "write the shape of each factor beside it: a transpose, a reshape to rows or a sum is missing"
    if "unpack" in text:
        return "what is unpacked here has another number of parts: compare with where the cache is made"
    return "call the function on inputs of these shapes, and look at the line"


@contextlib.contextmanager
def contained() -> Iterator[None]:
    """Inside, what code prints and warns of is dropped; the global random states are afterwards what they were."""
    ours, pythons = np.random.get_state(), random.getstate()
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(ours)
        random.setstate(pythons)


def call(function: Callable, *args: Any, seed: int | None = None) -> Any:
    """What a student's function returns, or Raised. With ``seed``, after seeding the global generators."""
    if seed is not None:
        np.random.seed(_SEED + seed)
        random.seed(_SEED + seed)
    try:
        return function(*args)
    except (Exception, SystemExit) as error:
        return raised(error, _file_of(function))


def raised(error: BaseException, file: str | None) -> Raised:
    """An exception with its place: the innermost line in ``file``, or else the innermost that is not ours."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename == file] or [f for f in frames if not f.filename.startswith(_ROOM)]
    place = "the call itself"
    if own:
        line = f": {own[-1].line}" if own[-1].line else ""
        place = f"line {own[-1].lineno} of {os.path.basename(own[-1].filename)}{line}"
    return Raised(f"{type(error).__name__}: {error}".split("\n")[0], place)


def copied(args: tuple) -> tuple:
    """Arguments that a student may write into."""
    return copy.deepcopy(args)


def array(value: Any) -> np.ndarray | None:
    """A result as an array of numbers; None for what is no such thing."""
    try:
        found = np.asarray(plain(value))
    except Exception:  # a ragged list; an object with an __array__ of its own, which may raise anything
        return None
    if found.dtype.kind == "b":  # a mask: NumPy subtracts no booleans
        return found.astype(np.float64)
    return found if found.dtype.kind in "iufc" else None


def _file_of(function: Callable) -> str | None:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return None if code is None else code.co_filename
