"""What a grade says: findings, each a mistake with its name, its evidence and a hint."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from itertools import groupby

WIDTH = 110


@dataclass(frozen=True)
class Finding:
    """One mistake, or a note.

    where     the result it is in (``"dw"``, ``"out in test mode"``), or the function (``"affine_backward"``)
    mistake   its name, short and stable: ``"transposed"``, ``"missing-1/N"``; ``"differs"`` if none fits
    sentence  what was done, in words
    evidence  how that was seen: batch, index, values
    hint      what to look at next
    """

    where: str
    mistake: str
    sentence: str
    evidence: str
    hint: str


@dataclass(frozen=True)
class GradeReport:
    """What was found in one pair of functions, one loss, or one update rule.

    name       what was graded: ``"affine"``
    functions  the names of the student's functions
    reference  what they were compared with
    batches    on how many batches of inputs (for an update rule: steps)
    compared   the results that were compared
    findings   the mistakes; none when all is right
    notes      what is worth knowing but is no mistake
    """

    name: str
    functions: tuple[str, ...]
    reference: str
    batches: int
    compared: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()

    @property
    def right(self) -> bool:
        """Whether no mistake was found."""
        return not self.findings

    @property
    def verdict(self) -> str:
        """``"right"`` or ``"wrong"``."""
        return "right" if self.right else "wrong"

    def __str__(self) -> str:
        lines = [f"{' and '.join(self.functions)}: {self.verdict}, against {self.reference}"]
        wrong = {finding.where for finding in self.findings}
        if passed := [result for result in self.compared if result not in wrong]:
            lines += _wrapped(f"right: {', '.join(passed)}", "  ")
        for finding in (*_joined(self.findings), *_joined(self.notes, "note: ")):
            lines += ["", *_wrapped(f"{finding.where}: {finding.sentence} [{finding.mistake}]", "  ")]
            lines += [*_wrapped(f"seen:  {finding.evidence}", "      "), *_wrapped(f"hint:  {finding.hint}", "      ")]
        return "\n".join(lines)


def _joined(findings: tuple[Finding, ...], prefix: str = "") -> list[Finding]:
    """Neighbours that say the same of several results as one."""
    joined = []
    for _, group in groupby(findings, lambda f: (f.mistake, f.sentence, f.hint)):
        first, *others = group
        where = ", ".join([first.where, *[f.where for f in others]])
        joined.append(Finding(prefix + where, first.mistake, first.sentence, first.evidence, first.hint))
    return joined


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + "       ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
