"""Backward called again: it must give the same, from its cache alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .compare import same
from .layer import Case, Layer, Pieces
from .report import Finding
from .student import Raised, array, call, copied

COMPUTE_ANEW = "compute into new arrays: a = a * b in place of a *= b"


class Calls(NamedTuple):
    """A pair on one batch, with the pieces that hold its dout."""

    layer: Layer
    forward: Callable
    backward: Callable
    case: Case
    number: int
    pieces: Pieces

    def trouble(self, out: Any, cache: Any, kept: Any, first: list, name: str, of: str) -> Finding | None:
        """What a second call of backward shows, and a call after another forward; None when all is well.

        out, cache  what the forward gave
        kept        a snapshot of the cache from before the first call
        first       the gradients of the first call
        """
        second = self._again(cache)
        if not self._equal(first, second):
            evidence = f"two calls with the same dout and cache give different gradients, on {of}"
            return Finding(name, *self._kind(cache, kept, first, second, evidence))
        result = call(self.forward, *copied(self.case.args), seed=self.number)
        if isinstance(result, Raised) or not self._equal([array(result[0])], [out]):
            return None  # a forward with a random generator of its own: nothing to compare
        call(self.forward, *_moved(self.case.args), seed=self.number + 1)
        if self._equal(first, self._again(result[1])):
            return None
        return Finding(
            name, "cache-of-the-last-call",
            "it uses what the last forward call left behind, not the cache that it is given",
            f"with another forward call between the two, the gradients are others, on {of}",
            "return everything that backward needs in the cache; a net calls the forward many times before it",
        )  # fmt: skip

    def _kind(self, cache: Any, kept: Any, first: list, second: list | None, seen: str) -> tuple[str, str, str, str]:
        """Why two calls differ: the name of the mistake, the sentence, the evidence and the hint."""
        runs = [self._again(cache, seed=1) for _ in range(2)]
        if runs[0] is not None and self._equal(runs[0], runs[1]):  # equal once the random generators are
            sentence = "it draws random numbers: a new mask, not the forward's"
            return "mask-drawn-again", sentence, seen, "keep the mask in the cache"
        if second is not None and self._adds_up(first, second):
            sentence = "gradients pile up from call to call: a global, or a default argument, remembers them"
            seen = f"{seen}; the second are the first, and the right ones once more"
            return "accumulates", sentence, seen, "make the arrays of gradients inside backward"
        if not _alike(kept, snapshot(cache)):
            return "cache-overwritten", "it writes into the cache", seen, COMPUTE_ANEW
        return "not-repeatable", "it gives something else each time", seen, "it may use dout and cache, nothing else"

    def _again(self, cache: Any, seed: int | None = None) -> list[np.ndarray | None] | None:
        result = call(self.backward, self.pieces.dout.copy(), cache, seed=seed)
        return None if isinstance(result, Raised) else gradients_of(result, self.layer)

    def _equal(self, first: list, second: list | None) -> bool:
        if second is None or len(first) != len(second):
            return False
        rtol = self.pieces.rtol
        return all((a is None) == (b is None) and (a is None or same(b, a, rtol)) for a, b in zip(first, second))

    def _adds_up(self, first: list, second: list) -> bool:
        """Whether each gradient that changed grew by what is right."""
        for name, a, b in zip(self.layer.gradients, first, second):
            if a is None or b is None or a.shape != b.shape:
                return False
            if not self._equal([a], [b]) and not same(b - a, self.pieces.right[name], 10 * self.pieces.rtol):
                return False
        return True


def gradients_of(result: Any, layer: Layer) -> list[np.ndarray | None] | None:
    """What a backward returned, as an array (or None) for each gradient; None if their number is wrong.

    A layer of the student's own may return fewer: what comes last may be meant as constant.
    """
    parts = list(result) if isinstance(result, tuple | list) else [result]
    wanted = len(layer.gradients)
    if len(parts) != wanted and not (layer.own and 0 < len(parts) < wanted):
        return None
    return [None if (found := array(part)) is None else found.copy() for part in parts]


def snapshot(cache: Any) -> Any:
    """A copy of a cache, to compare with later; None where it holds what cannot be copied."""
    try:
        return copy.deepcopy(cache)
    except Exception:  # a student's own class may raise anything
        return None


def _alike(a: Any, b: Any) -> bool:
    """Whether two snapshots of a cache hold the same numbers."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return type(a) is type(b)


def _moved(args: tuple) -> tuple:
    """Arguments of the same shapes with other values."""
    return tuple([a + 1 if isinstance(a, np.ndarray) and a.dtype.kind == "f" else copy.deepcopy(a) for a in args])
