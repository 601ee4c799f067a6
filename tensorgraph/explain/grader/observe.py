"""One batch through a student's functions: what they compute, and what they do besides."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .compare import same
from .judge import Sample
from .layer import Case, Layer, Pieces, in_dtype
from .report import Finding
from .student import Raised, array, call, copied
from .unknown import NoDerivativeError


@dataclass
class Observation:
    """What one batch showed.

    samples   the results to judge, by name
    findings  what the functions did besides: exceptions, arrays written into, a backward that cannot be repeated
    spoiled   whether later batches would tell nothing, since a call leaves something behind
    """

    samples: dict[str, Sample] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    spoiled: bool = False


class Pair:
    """A forward and a backward, of a layer."""

    def __init__(self, layer: Layer, forward: Callable, backward: Callable, rtol: float | None) -> None:
        self.layer, self.forward, self.backward, self.rtol = layer, forward, backward, rtol
        self.names = (getattr(forward, "__name__", "forward"), getattr(backward, "__name__", "backward"))

    def observe(self, case: Case, number: int) -> Observation:
        """Run a batch through both functions. ``number`` seeds what they draw."""
        seen = Observation()
        args = copied(case.args)
        result = call(self.forward, *args, seed=number)
        of = case.words(self.layer.inputs)
        if isinstance(result, Raised):
            seen.findings.append(result.finding(self.names[0], of))
            return seen
        out, cache, has_cache = self._unpacked(result, seen, of)
        try:
            pieces = self.layer.pieces(in_dtype(case, np.float64), out)  # what is right, precisely
        except NoDerivativeError as error:
            sentence, hint = "its derivative cannot be taken", "it may use its arguments, and give one array of numbers"
            seen.findings.append(Finding(self.names[0], "no-derivative", sentence, f"{error}, on {of}", hint))
            return seen
        pieces.rtol = self.rtol or pieces.rtol
        if not self.layer.own:
            self._add(seen, case, number, "out", out, pieces, of)
        for name, value in self.layer.also(case, args, out).items():
            self._add(seen, case, number, name, array(value), pieces, of)
        if written := _written(case, args, self.layer):
            seen.findings.append(_overwritten(self.names[0], written, of))
        if out is not None:
            seen.findings += self.layer.probe(case, args, out)
        if has_cache and out is not None and any(name in pieces.right for name in self.layer.gradients):
            self._back(seen, case, number, out, cache, pieces, of)
            if not written and (now := _written(case, args, self.layer)):
                seen.findings.append(_overwritten(self.names[1], now, of))
        return seen

    def _unpacked(self, result: Any, seen: Observation, of: str) -> tuple[np.ndarray | None, Any, bool]:
        if isinstance(result, tuple | list) and len(result) == 2:
            return array(result[0]), result[1], True
        what = f"a tuple of {len(result)}" if isinstance(result, tuple) else f"one {type(result).__name__}"
        hint = "end with: return out, cache. What backward needs goes into the cache, as a tuple"
        sentence = "it does not return the pair (out, cache)"
        seen.findings.append(Finding(self.names[0], "no-cache", sentence, f"on {of} it returns {what}", hint))
        return array(result[0] if isinstance(result, tuple) and result else result), None, False

    def _add(self, seen: Observation, case: Case, number: int, name: str, value: Any, pieces: Pieces, of: str) -> None:
        seen.samples[case.named(name)] = Sample(name, value, pieces, of, case, number)

    def _back(self, seen: Observation, case: Case, number: int, out: Any, cache: Any, pieces: Pieces, of: str) -> None:
        dtype = next((a.dtype for a in case.args if isinstance(a, np.ndarray)), np.float64)
        pieces.dout = pieces.dout.astype(dtype)
        dout = pieces.dout.copy()
        kept = _snapshot(cache)
        first = call(self.backward, dout, cache)
        if isinstance(first, Raised):
            seen.findings.append(first.finding(self.names[1], of))
            return
        if not np.array_equal(dout, pieces.dout, equal_nan=True):
            sentence, hint = "it writes into dout, which belongs to the caller", "begin with a copy: dx = dout.copy()"
            evidence = f"dout before and after the call, on {of}, differ"
            seen.findings.append(Finding(self.names[1], "upstream-overwritten", sentence, evidence, hint))
        gradients = self._gradients(first, seen, of)
        if gradients is None:
            return
        gradients = [None if g is None else g.copy() for g in gradients]
        trouble = next(self._behaviours(case, number, out, cache, kept, gradients, pieces, of), None)
        if trouble is not None:
            seen.findings.append(trouble)
            seen.spoiled = True
            return
        for name, value in zip(self.layer.gradients, gradients):
            if name in pieces.right:
                self._add(seen, case, number, name, value, pieces, of)

    def _gradients(self, result: Any, seen: Observation, of: str) -> list[np.ndarray | None] | None:
        names = self.layer.gradients
        if len(names) == 1 and not isinstance(result, tuple | list):
            return [array(result)]
        count = len(result) if isinstance(result, tuple | list) else 1
        if count == len(names):
            return list(map(array, result))
        what = f"{count} result{'s' if count > 1 else ''}" if result is not None else "None"
        sentence = f"it returns {what} where {len(names)} are expected"
        hint = f"end with: return {', '.join(names)}"
        evidence = f"on {of}"
        seen.findings.append(Finding(self.names[1], "wrong-number-of-results", sentence, evidence, hint))
        return None

    def _again(self, cache: Any, pieces: Pieces, seed: int | None = None) -> list[np.ndarray | None] | None:
        result = call(self.backward, pieces.dout.copy(), cache, seed=seed)
        return None if isinstance(result, Raised) else self._gradients(result, Observation(), "")

    def _behaviours(
        self, case: Case, number: int, out: Any, cache: Any, kept: Any, first: list, pieces: Pieces, of: str
    ) -> Iterator[Finding]:
        """What a second call of backward shows, and a call after another forward."""
        name = self.names[1]
        second = self._again(cache, pieces)
        if not _equal(first, second, pieces.rtol):
            evidence = f"two calls with the same dout and cache give different gradients, on {of}"
            if self._draws(cache, pieces):
                sentence, hint = "it draws random numbers: a new mask, not the forward's", "keep the mask in the cache"
                yield Finding(name, "mask-drawn-again", sentence, evidence, hint)
            elif second is not None and _adds_up(first, second, pieces, self.layer):
                sentence = "gradients pile up from call to call: a global, or a default argument, remembers them"
                evidence = f"the second of two equal calls gives what the first gave, and once more that, on {of}"
                yield Finding(name, "accumulates", sentence, evidence, "make the arrays of gradients inside backward")
            elif not _alike(kept, _snapshot(cache)):
                sentence, hint = "it writes into the cache", "compute into new arrays: a = a * b in place of a *= b"
                yield Finding(name, "cache-overwritten", sentence, evidence, hint)
            else:
                sentence, hint = "it gives something else each time", "it may use dout and cache, nothing else"
                yield Finding(name, "not-repeatable", sentence, evidence, hint)
            return
        args = copied(case.args)
        result = call(self.forward, *args, seed=number)
        if isinstance(result, Raised) or not _equal([array(result[0])], [out], pieces.rtol):
            return  # a forward with a random generator of its own: nothing to compare
        call(self.forward, *_moved(case.args), seed=number + 1)
        later = self._again(result[1], pieces)
        if not _equal(first, later, pieces.rtol):
            yield Finding(
                name, "cache-of-the-last-call",
                "it uses what the last forward call left behind, not the cache that it is given",
                f"with another forward call between the two, the gradients are others, on {of}",
                "return everything that backward needs in the cache; a net calls the forward many times before it",
            )  # fmt: skip

    def _draws(self, cache: Any, pieces: Pieces) -> bool:
        """Whether backward repeats itself once the random generators are where they were."""
        runs = [self._again(cache, pieces, seed=1) for _ in range(2)]
        return runs[0] is not None and _equal(runs[0], runs[1], pieces.rtol)


def _written(case: Case, args: tuple, layer: Layer) -> list[str]:
    """The names of the arrays among the arguments that are not what they were."""
    pairs = zip(layer.inputs, case.args, args)
    return [n for n, a, b in pairs if isinstance(a, np.ndarray) and not np.array_equal(a, b, equal_nan=True)]


def _overwritten(where: str, names: list[str], of: str) -> Finding:
    what = " and ".join(names)
    return Finding(
        where, "input-overwritten", f"it writes into {what}, which belongs to the caller",
        f"{what} before and after the call, on {of}, differ",
        f"compute into new arrays: {names[0]} = {names[0]} - ... in place of -=, and .copy() before indices are set",
    )  # fmt: skip


def _snapshot(cache: Any) -> Any:
    try:
        return copy.deepcopy(cache)
    except Exception:  # a cache may hold anything, also what cannot be copied: a lambda is not copied, a lock raises
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


def _equal(first: list, second: list | None, rtol: float) -> bool:
    if second is None or len(first) != len(second):
        return False
    pairs = list(zip(first, second))
    return all((a is None) == (b is None) and (a is None or same(b, a, rtol)) for a, b in pairs)


def _adds_up(first: list, second: list, pieces: Pieces, layer: Layer) -> bool:
    """Whether each gradient that changed grew by what is right."""
    for name, a, b in zip(layer.gradients, first, second):
        if a is None or b is None or a.shape != b.shape:
            return False
        if not same(b, a, pieces.rtol) and not same(b - a, pieces.right[name], 10 * pieces.rtol):
            return False
    return True


def _moved(args: tuple) -> tuple:
    """Arguments of the same shapes with other values."""
    return tuple([a + 1 if isinstance(a, np.ndarray) and a.dtype.kind == "f" else copy.deepcopy(a) for a in args])


def observe_loss(layer: Layer, function: Callable, case: Case, number: int, rtol: float | None) -> Observation:
    """Run a batch through a loss function, which gives its gradient as well."""
    seen = Observation()
    name, of = getattr(function, "__name__", layer.name), case.words(layer.inputs)
    args = copied(case.args)
    result = call(function, *args, seed=number)
    if isinstance(result, Raised):
        seen.findings.append(result.finding(name, of))
        return seen
    if written := _written(case, args, layer):
        seen.findings.append(_overwritten(name, written, of))
    if not isinstance(result, tuple | list) or len(result) != 2:
        sentence, hint = "it does not return the pair (loss, dx)", "end with: return loss, dx"
        what = f"{len(result)} results" if isinstance(result, tuple | list) else f"one {type(result).__name__}"
        seen.findings.append(Finding(name, "wrong-number-of-results", sentence, f"on {of} it returns {what}", hint))
        return seen
    pieces = layer.pieces(in_dtype(case, np.float64), None)
    pieces.rtol = rtol or pieces.rtol
    for what, value in zip(("loss", *layer.gradients), result):
        seen.samples[case.named(what)] = Sample(what, array(value), pieces, of, case, number)
    return seen
