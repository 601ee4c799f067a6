"""A pair of functions, or a loss, over all its batches: from what was observed to a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .judge import Sample, judge
from .layer import SINGLE, TEST, Case, Layer, in_dtype
from .observe import Observation, Pair, observe_loss
from .report import Finding, GradeReport
from .unknown import NoDerivativeError, own_pieces


def grade_pair(layer: Layer, cases: list[Case], forward: Callable, backward: Callable, dtype: Any) -> GradeReport:
    """Grade a forward and a backward."""
    pair = Pair(layer, forward, backward, _rtol(dtype))
    return _graded(layer, cases, pair.names, forward, pair.observe, dtype)


def grade_loss(layer: Layer, cases: list[Case], function: Callable, dtype: Any) -> GradeReport:
    """Grade a function that gives a loss and its gradient."""
    names = (getattr(function, "__name__", layer.name),)

    def observe(case: Case, number: int) -> Observation:
        return observe_loss(layer, function, case, number, _rtol(dtype))

    return _graded(layer, cases, names, function, observe, dtype)


def _rtol(dtype: Any) -> float | None:
    """How far results may be off where that does not depend on how the right ones are found."""
    return SINGLE if np.dtype(dtype) == np.float32 else None


def _graded(
    layer: Layer, cases: list[Case], names: tuple, forward: Callable, observe: Callable, dtype: Any
) -> GradeReport:
    samples: dict[str, list[Sample]] = {}
    behaviour: dict[tuple[str, str], Finding] = {}
    remarks: dict[tuple[str, str], Finding] = {}
    for number, case in enumerate(cases):
        seen = observe(case, number)
        for finding in seen.findings:
            behaviour.setdefault((finding.where, finding.mistake), finding)
        for note in seen.notes:
            remarks.setdefault((note.where, note.mistake), note)
        for key, sample in seen.samples.items():
            samples.setdefault(key, []).append(sample)
        if seen.spoiled:
            break
    findings, notes = list(behaviour.values()), list(remarks.values())
    seen_already = {finding.where for finding in findings}
    for key, group in samples.items():
        if key in seen_already:
            continue
        found = judge(key, group, layer.suspects, findings)
        if found is not None and _forward_is_wrong(group[0], findings):
            found, follows = _beside_its_own_forward(found, group, samples, layer, forward)
            notes += follows
        if found is not None and not _said_already(found, group[0], findings):
            findings.append(found)
    if not findings and np.dtype(dtype) == np.float64:
        notes += _widened(observe, cases[0], names[0])
    return GradeReport(layer.name, names, layer.reference, len(cases), tuple(samples), tuple(findings), tuple(notes))


def _said_already(found: Finding, sample: Sample, findings: list[Finding]) -> bool:
    """Whether a mistake on extreme batches is the one found on the others; another mode is another branch of code."""
    return sample.case.kind != TEST and any((f.where, f.mistake) == (sample.result, found.mistake) for f in findings)


def _forward_is_wrong(sample: Sample, findings: list[Finding]) -> bool:
    """Whether this is a gradient, and the output it belongs to has been found wrong."""
    output = sample.case.named(sample.pieces.result)
    return sample.result.startswith("d") and any(f.where == output for f in findings)


def _beside_its_own_forward(
    found: Finding, group: list[Sample], samples: dict[str, list[Sample]], layer: Layer, forward: Callable
) -> tuple[Finding | None, list[Finding]]:
    """A wrong gradient of a wrong forward: it may be the right gradient of what the forward computes."""
    outputs = {s.number: s.yours for s in samples[group[0].case.named(group[0].pieces.result)]}
    own = []
    for sample in group:
        out = outputs.get(sample.number)
        if out is None or out.shape != sample.pieces.right[sample.pieces.result].shape:
            return found, []
        try:
            pieces = own_pieces(forward, sample.case, layer.inputs, out, sample.number)
        except NoDerivativeError:
            return found, []
        pieces.rtol = max(pieces.rtol, sample.pieces.rtol)
        own.append(sample._replace(pieces=pieces))
    if all(sample.is_right() for sample in own):
        sentence = "it is the right gradient of what the forward computes, which is wrong"
        hint = "repair the forward first, and then look again"
        return None, [Finding(found.where, "follows-the-forward", sentence, found.evidence, hint)]
    if found.mistake != "differs":
        return found, []
    beside = judge(found.where, own, ())
    if beside is None or beside.mistake == "differs":
        return found, []
    return beside, []


def _widened(observe: Callable, case: Case, where: str) -> list[Finding]:
    """A note, if float32 comes in and float64 goes out."""
    samples = observe(in_dtype(case, np.float32), 0).samples
    wide = [key for key, s in samples.items() if s.yours is not None and s.yours.shape and s.yours.dtype == np.float64]
    if not wide:
        return []
    sentence = "for inputs of float32 the result is float64, which takes twice the memory and time"
    hint = "np.zeros(shape), a mask divided by p, and np.float64 numbers are float64; np.zeros_like(x) is what x is"
    return [Finding(", ".join(wide), "widens-float32", sentence, f"{where} called on float32", hint)]
