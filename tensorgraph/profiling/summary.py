"""Sums over spans, by op and by module, and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..tables import in_bytes
from .spans import FORWARD, RULE, Span

Table = tuple[list[str], list[Sequence[str]]]


class Row(NamedTuple):
    """All that an op did in one phase.

    op       the name of the op, the NumPy function or the optimizer
    phase    forward, backward (its rules) or optimizer
    calls    how often it ran
    seconds  of its own
    made     bytes of its results
    saved    bytes that were kept for backward; an array that several ops keep is counted for each
    """

    op: str
    phase: str
    calls: int
    seconds: float
    made: int
    saved: int


class ModuleRow(NamedTuple):
    """All that ran in a module or scope, and in those inside it.

    path              names of the modules, outermost first
    calls             how many forwards, rules and steps ran
    forward_seconds   of forwards
    backward_seconds  of the rules of its ops
    made, saved       bytes of results, and of what was kept for backward
    """

    path: tuple[str, ...]
    calls: int
    forward_seconds: float
    backward_seconds: float
    made: int
    saved: int


def op_rows(spans: Sequence[Span]) -> list[Row]:
    """A row for each op and phase, the longest time first."""
    groups: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        groups.setdefault((span.name, span.phase), []).append(span)
    rows = [
        Row(name, phase, len(group), sum(s.own for s in group), sum(s.made for s in group), sum(s.saved for s in group))
        for (name, phase), group in groups.items()
    ]
    return sorted(rows, key=lambda row: -row.seconds)


def module_rows(spans: Sequence[Span]) -> list[ModuleRow]:
    """A row for each scope, in order of its first op."""
    groups: dict[tuple[str, ...], list[Span]] = {}
    for span in sorted(spans, key=lambda span: span.begin):
        for depth in range(1, len(span.scope) + 1):
            groups.setdefault(span.scope[:depth], []).append(span)
    return [
        ModuleRow(
            path,
            len(group),
            sum(s.own for s in group if s.phase == FORWARD),
            sum(s.own for s in group if s.phase == RULE),
            sum(s.made for s in group),
            sum(s.saved for s in group),
        )
        for path, group in groups.items()
    ]


def tables(rows: Sequence[Row], modules: Sequence[ModuleRow]) -> list[Table]:
    """The tables of ops and of modules, the second only when there are modules."""
    whole = sum(row.seconds for row in rows) or 1.0
    of_ops: list[Sequence[str]] = [
        (
            row.op, row.phase, f"{row.calls}", f"{row.seconds * 1e3:.3f}", f"{row.seconds / row.calls * 1e6:.1f}",
            f"{row.seconds / whole:.1%}", in_bytes(row.made), in_bytes(row.saved),
        )
        for row in rows
    ]  # fmt: skip
    of_modules: list[Sequence[str]] = [
        (
            f"{'  ' * (len(row.path) - 1)}{row.path[-1]}", f"{row.calls}", f"{row.forward_seconds * 1e3:.3f}",
            f"{row.backward_seconds * 1e3:.3f}", in_bytes(row.made), in_bytes(row.saved),
        )
        for row in modules
    ]  # fmt: skip
    found: list[Table] = [(["op", "phase", "calls", "ms", "us a call", "share", "made", "saved"], of_ops)]
    if of_modules:
        found.append((["module", "calls", "forward ms", "backward ms", "made", "saved"], of_modules))
    return found


def closing_line(spans: Sequence[Span], seconds: float, overhead: float) -> str:
    """How much of the whole time the spans are, and what the profile took."""
    inside = sum(span.own for span in spans)
    return (
        f"{inside * 1e3:.3f} of {seconds * 1e3:.3f} ms in {len(spans)} runs of ops, rules and optimizers; "
        f"the profile itself took at least {overhead * 1e3:.3f} ms"
    )
