"""From what a student computed on several batches to the mistake behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .compare import difference, factor, same
from .generic import GENERIC
from .layer import Case, Pieces, Suspect
from .report import Finding


class Sample(NamedTuple):
    """One result on one batch: what the student has, and the pieces of the batch; ``of`` is the batch in words.

    ``case`` and ``number`` are the batch itself, and what the random generators were seeded with for it.
    """

    result: str
    yours: np.ndarray | None
    pieces: Pieces
    of: str
    case: Case
    number: int

    @property
    def right(self) -> Any:
        """What is right here."""
        return self.pieces.right[self.result]

    def is_right(self) -> bool:
        """Whether the student has that."""
        return self.yours is not None and same(self.yours, self.right, self.pieces.rtol)

    def evidence(self, name: str) -> str:
        """The difference in words."""
        return f"{name}, on {self.of}: {difference(self.yours, self.right, self.pieces.rtol)}"


def judge(
    name: str, samples: list[Sample], suspects: Iterable[Suspect], others: Iterable[Finding] = ()
) -> Finding | None:
    """The mistake in one result, called ``name``, that explains it on every batch; None when it is right on all.

    Where several do, it is one that is among ``others``, the findings in other results.
    """
    wrong = [sample for sample in samples if not sample.is_right()]
    if not wrong:
        return None
    if (first := next((s for s in wrong if s.yours is None), None)) is not None:
        return _missing(name, first)
    evidence = _weight(wrong[0].evidence(name), len(wrong), len(samples))
    known = {finding.mistake for finding in others}
    own = [suspect for suspect in suspects if suspect.may_be_in(name)]
    own.sort(key=lambda suspect: suspect.mistake not in known)
    exact, fitted = [s for s in own if s.fits is None], [s for s in own if s.fits is not None]
    for suspect in exact:
        if all(suspect.explains(s.pieces, s.yours) for s in samples):
            return Finding(name, suspect.mistake, suspect.sentence, evidence, suspect.hint)
    for generic in GENERIC:
        if all(generic.explains(s.pieces, s.result, _array(s)) for s in wrong):
            return Finding(name, generic.mistake, generic.sentence, evidence, generic.hint)
    if (found := _by_a_factor(name, samples, evidence)) is not None:
        return found
    for suspect in exact:
        factors = _factors(samples, [suspect.predict(s.pieces) for s in samples])
        if factors and _equal(factors):
            also = f"{suspect.sentence}; besides, it is {_times(factors[0])} what that gives"
            return Finding(name, suspect.mistake, also, evidence, suspect.hint)
    for suspect in fitted:
        if all(suspect.explains(s.pieces, s.yours) for s in samples):
            return Finding(name, suspect.mistake, suspect.sentence, evidence, suspect.hint)
    return _unexplained(name, wrong, evidence)


def _array(sample: Sample) -> np.ndarray:
    assert sample.yours is not None  # the missing ones were dealt with
    return sample.yours


def _weight(evidence: str, wrong: int, all_: int) -> str:
    return f"{evidence} (wrong on {wrong} of {all_} batches)" if all_ > 1 else evidence


def _missing(name: str, sample: Sample) -> Finding:
    if sample.result == sample.pieces.result:
        sentence, hint = "it is missing: the function returns no array of numbers here", "assign it in every branch"
    else:
        sentence = "the gradient is missing: the function returns no array of numbers in its place"
        hint = "compute it before it is returned; in the template it starts as None"
    mistake = "missing-result" if sample.result == sample.pieces.result else "missing-gradient"
    return Finding(name, mistake, sentence, f"{name}, on {sample.of}: None, right is shape {sample.right.shape}", hint)


def _factors(samples: list[Sample], against: list[Any]) -> list[float]:
    """By which factor the student's results are multiples of ``against``; none when one of them is no multiple."""
    factors = [factor(s.yours, value, s.pieces.rtol) for s, value in zip(samples, against) if np.any(s.right)]
    found = [c for c in factors if c is not None]
    return found if len(found) == len(factors) else []


def _by_a_factor(name: str, samples: list[Sample], evidence: str) -> Finding | None:
    factors = _factors(samples, [s.right for s in samples])
    if not factors:
        return None
    counts = [s.pieces.n for s in samples if np.any(s.right)]
    if len(set(counts)) > 1 or counts[0] not in (1, 2):  # otherwise a factor of 2 could be anything
        if _equal([c / n for c, n in zip(factors, counts)], 1.0):
            hint = "the loss is a mean over the batch: divide by N = x.shape[0]"
            return Finding(name, "missing-1/N", "it is N times too large: the division by N is missing", evidence, hint)
        if _equal([c * n for c, n in zip(factors, counts)], 1.0):
            hint = "the mean over the batch is taken once, in the loss: what comes in is divided by N already"
            return Finding(name, "extra-1/N", "it is divided by N once too often", evidence, hint)
    if _equal(factors, -1.0):
        hint = "find the minus that is missing or too many; d(-x) = -dx, and log p has the derivative 1/p"
        return Finding(name, "sign-flipped", "it has the wrong sign everywhere", evidence, hint)
    if _equal(factors):
        hint = f"look for a factor of {_number(factors[0])} or {_number(1 / factors[0])}, such as the 2 of a square"
        return Finding(name, "constant-factor", f"it is {_times(factors[0])} what is right", evidence, hint)
    for what in samples[0].pieces.sizes:
        sizes = [s.pieces.sizes.get(what, math.nan) for s in samples if np.any(s.right)]
        if _equal([c / size for c, size in zip(factors, sizes)], 1.0):
            return Finding(name, "off-by-a-size", f"it is too large by {what}", evidence, "a mean became a sum")
        if _equal([c * size for c, size in zip(factors, sizes)], 1.0):
            return Finding(name, "off-by-a-size", f"it is too small by {what}", evidence, "a sum became a mean")
    return None


def _unexplained(name: str, wrong: list[Sample], evidence: str) -> Finding:
    sample = wrong[0]
    if _array(sample).shape != sample.right.shape:
        hint = (
            "a gradient has the shape of what it belongs to"
            if sample.result != sample.pieces.result
            else ("write the shape of each intermediate value beside it")
        )
        return Finding(name, "wrong-shape", "it has the wrong shape", evidence, hint)
    hint = "no known mistake gives these values. Derive it on paper for one example, and print each intermediate value"
    return Finding(name, "differs", "it differs from what is right", evidence, hint)


def _equal(values: list[float], to: float | None = None) -> bool:
    to = values[0] if to is None else to
    return all(abs(v - to) <= 1e-6 * abs(to) for v in values)


def _times(c: float) -> str:
    return f"{_number(c)} times"


def _number(c: float) -> str:
    return f"{c:.6g}"
