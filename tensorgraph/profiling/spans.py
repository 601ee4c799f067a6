"""From the notes that a profile takes to spans of time: what ran inside what, and what took how long by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..core import op_name
from ..places import Place

FORWARD, RULE, UPDATE, RESULT = "forward", "backward", "optimizer", "result"

FIELDS = {FORWARD: 6, RESULT: 8, RULE: 10, UPDATE: 9}
"""How many entries of the log a note takes, by its first one. Notes come as things end:

FORWARD, thread, begin, end, op, shapes of the arrays among its arguments; after it
RESULT, thread, shape and bytes of the result, bytes saved, scope, serial of the node, place
RULE, thread, begin, end, op, rule, shape of the gradient, bytes of the result, scope, serial of the node
UPDATE, thread, begin, end, name, shapes, bytes, scope, place
"""


class Span(NamedTuple):
    """Something that ran.

    name          of the op, the NumPy function or the optimizer
    phase         forward, backward or optimizer
    begin, end    on the clock of the profile
    own           seconds without those of spans inside it
    depth         how many spans it is inside of
    scope         names of the modules it belongs to, outermost first
    inputs        of a forward: the shapes of the arrays among its arguments; of a step: those of the parameters; of a
                  rule: names of the inputs whose gradient it gives
    shape         of a forward's result, and of the gradient that a rule takes; None for a step
    made, saved   bytes of what it gave; of what was kept for backward
    place         the line that called it; for a rule, the line that called its op; None when that is not known
    thread        in which it ran
    """

    name: str
    phase: str
    begin: float
    end: float
    own: float
    depth: int
    scope: tuple[str, ...]
    inputs: tuple
    shape: tuple[int, ...] | None
    made: int
    saved: int
    place: Place | None
    thread: int


def read(log: Sequence[Any]) -> list[Span]:
    """The spans of a log, in the order in which they ended."""
    spans: list[Span] = []
    parents: dict[int, int] = {}
    last_forward: dict[int, int] = {}  # of each thread: where in spans
    outermost: dict[int, list[int]] = {}  # of each thread: spans that are in no other one so far
    places: dict[int, Place | None] = {}  # of each node
    for kind, thread, *facts in _notes(log):
        if kind is RESULT:
            shape, made, saved, scope, serial, place = facts
            places[serial] = place
            at = last_forward[thread]
            spans[at] = spans[at]._replace(shape=shape, made=made, saved=saved, scope=scope, place=place)
            continue
        begin, end, *details = facts
        at, inside, waiting = len(spans), 0.0, outermost.setdefault(thread, [])
        while waiting and spans[waiting[-1]].begin >= begin:
            child = waiting.pop()
            parents[child] = at
            inside += spans[child].end - spans[child].begin
        waiting.append(at)
        time = begin, end, end - begin - inside, 0
        if kind is FORWARD:
            last_forward[thread] = at
            what, shapes = details
            name = op_name(what)
            spans.append(Span(name, kind, *time, (), tuple(shapes), None, 0, 0, None, thread))
        elif kind is RULE:
            op, rule, shape, made, scope, serial = details
            inputs = next((names for names, (own, _) in op.rules.items() if own is rule), ())
            spans.append(Span(op.name, kind, *time, scope, inputs, shape, made, 0, places.get(serial), thread))
        else:
            name, shapes, made, scope, place = details
            spans.append(Span(name, kind, *time, scope, tuple(shapes), None, made, 0, place, thread))
    return _with_depths(spans, parents)


def _notes(log: Sequence[Any]) -> Iterator[Sequence[Any]]:
    at = 0
    while at < len(log):
        start, at = at, at + FIELDS[log[at]]
        yield log[start:at]


def _with_depths(spans: list[Span], parents: dict[int, int]) -> list[Span]:
    """A parent ends after its children, so from the back each one's depth is known before theirs."""
    depths = [0] * len(spans)
    for at in reversed(range(len(spans))):
        if at in parents:
            depths[at] = depths[parents[at]] + 1
    return [span._replace(depth=depth) for span, depth in zip(spans, depths)]


def scope_runs(spans: Iterable[Span]) -> list[tuple[Any, ...]]:
    """Unbroken runs of spans of one scope: (path, begin, end, thread). A scope holds those of its parts."""
    runs: list[tuple[Any, ...]] = []
    open_runs: dict[int, list[tuple[str, float]]] = {}  # of each thread: name and begin, outermost first
    ended: dict[int, float] = {}

    def close(thread: int, keep: int) -> None:
        around = open_runs[thread]
        while len(around) > keep:
            path = tuple([name for name, _ in around])
            _, begin = around.pop()
            runs.append((path, begin, ended[thread], thread))

    for span in sorted(spans, key=lambda span: span.begin):
        if span.depth:
            continue
        around = open_runs.setdefault(span.thread, [])
        shared = 0
        for (name, _), other in zip(around, span.scope):
            if name != other:
                break
            shared += 1
        close(span.thread, shared)
        around += [(name, span.begin) for name in span.scope[shared:]]
        ended[span.thread] = span.end
    for thread in open_runs:
        close(thread, 0)
    return runs
