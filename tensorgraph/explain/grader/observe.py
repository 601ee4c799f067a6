"""One batch through a student's functions: what they compute, and what they do besides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .compare import same
from .judge import Sample
from .layer import Case, Layer, Pieces, in_dtype
from .repeat import COMPUTE_ANEW, Calls, gradients_of, snapshot
from .report import Finding
from .student import Raised, array, call, copied
from .unknown import NoDerivativeError


@dataclass
class Observation:
    """What one batch showed.

    samples   the results to judge, by name
    findings  what the functions did besides: exceptions, arrays written into, a backward that cannot be repeated
    notes     what is worth knowing but is no mistake
    spoiled   whether later batches would tell nothing, since a call leaves something behind
    """

    samples: dict[str, Sample] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
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
            elif not same(array(result[0]), out, 0):
                sentence, hint = "it writes into the forward's output, which it has from the cache", COMPUTE_ANEW
                evidence = f"out before and after the call, on {of}, differ"
                seen.findings.append(Finding(self.names[1], "cache-overwritten", sentence, evidence, hint))
        return seen

    def _unpacked(self, result: Any, seen: Observation, of: str) -> tuple[np.ndarray | None, Any, bool]:
        if isinstance(result, tuple | list) and len(result) == 2:
            out = array(result[0])
            return None if out is None else out.copy(), result[1], True
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
        kept = snapshot(cache)
        first = call(self.backward, dout, cache)
        if isinstance(first, Raised):
            seen.findings.append(first.finding(self.names[1], of))
            return
        if not np.array_equal(dout, pieces.dout, equal_nan=True):
            sentence, hint = "it writes into dout, which belongs to the caller", "begin with a copy: dx = dout.copy()"
            evidence = f"dout before and after the call, on {of}, differ"
            seen.findings.append(Finding(self.names[1], "upstream-overwritten", sentence, evidence, hint))
        gradients = gradients_of(first, self.layer)
        if gradients is None:
            seen.findings.append(self._wrong_number(first, of))
            return
        if len(gradients) < len(self.layer.gradients):
            seen.notes.append(self._fewer(gradients, of))
        calls = Calls(self.layer, self.forward, self.backward, case, number, pieces)
        if (trouble := calls.trouble(out, cache, kept, gradients, self.names[1], of)) is not None:
            seen.findings.append(trouble)
            seen.spoiled = True
            return
        for name, value in zip(self.layer.gradients, gradients):
            if name in pieces.right:
                self._add(seen, case, number, name, value, pieces, of)

    def _wrong_number(self, result: Any, of: str) -> Finding:
        names = self.layer.gradients
        count = len(result) if isinstance(result, tuple | list) else 1
        what = "None" if result is None else "1 result" if count == 1 else f"{count} results"
        sentence = f"it returns {what} where {len(names)} {'are' if len(names) > 1 else 'is'} expected"
        return Finding(
            self.names[1], "wrong-number-of-results", sentence, f"on {of}", f"end with: return {', '.join(names)}"
        )

    def _fewer(self, gradients: list, of: str) -> Finding:
        missing = ", ".join(self.layer.gradients[len(gradients) :])
        hint = "if they are constants, all is well; else return their gradients too"
        return Finding(self.names[1], "fewer-results", f"it does not return {missing}", f"on {of}", hint)


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
