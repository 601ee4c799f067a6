"""Plan: what one op keeps and which rules it runs, worked out once for each set of inputs that need gradients."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from copy import copy
from operator import itemgetter
from typing import Any, NamedTuple

from ..errors import NotDifferentiableError

UNKNOWN, IN_C_ORDER = -1, -2


class Shape(NamedTuple):
    """In place of a frame index: the shape of the value there."""

    of: int


class Step(NamedTuple):
    """One backward rule to run: on what, and where its results go."""

    rule: Callable
    fetch: Callable | None  # picks the rule's arguments from the saved values; None: all of them, in order
    targets: tuple[tuple[int, int], ...]  # (input, place in the rule's result)
    joint: int  # how many gradients the rule returns together, one for each of its inputs; 0: it returns one array
    owning: Owning | None  # for a rule that changes gradients in place


class Owning(NamedTuple):
    """What a rule does in place."""

    consumes: bool  # it writes into g
    adds: Callable | None  # its second form, which adds to the gradient that the input has so far


class Plan:
    """The frame of a call is ``[*arguments, out, *residuals]``; a plan is a selection from it.

    keep     picks from the frame (grown by ``shapes``) the values to save; None when nothing is saved
    shapes   frame indices whose shapes are saved
    sources  for each saved value, the frame index or ``Shape`` it came from
    steps    the rules to run
    view_of  the input that the output shares its memory with; None where its memory is its own; ``UNKNOWN`` or
             ``IN_C_ORDER`` where it is a view of an array that no one else has, in the latter case of all of it
    view     the same plan for calls whose output is a view of the first input, once there was one
    """

    __slots__ = ("op", "keep", "shapes", "sources", "steps", "view_of", "view", "_views")

    def __init__(self, op: Any, live: list[bool]) -> None:
        where = op.frame_slots(len(live))
        index = {name: [i] if isinstance(i, int) else list(i) for name, i in where.items()}
        needs_gradient = {i for i, alive in enumerate(live) if alive}
        chosen = [
            (inputs, rule, names)
            for inputs, (rule, names) in sorted(op.rules.items(), key=lambda entry: entry[0] in op.consuming)
            if any(i in needs_gradient for name in inputs for i in index[name])
        ]
        covered = {i for inputs, _, _ in chosen for name in inputs for i in index[name]}
        if missing := needs_gradient - covered:
            names = [name for name in op.params if missing & set(index[name])]
            advice = next(
                (op.reasons[name] for name in names if name in op.reasons),
                f"Pass {'it' if len(names) == 1 else 'them'} detached (t.detach()), or add a rule with {op.name}.grad",
            )
            raise NotDifferentiableError(
                f"{op.name}: there is no gradient with respect to {' and '.join(names)}, which requires one. {advice}"
            )

        sources: dict[int | Shape, int] = {}  # in order, with their places among what is saved

        def saved(source: int | Shape) -> int:
            return sources.setdefault(source, len(sources))

        wanted = []
        for inputs, rule, names in chosen:
            needs: list[int | list[int]] = []
            for name in names:
                of_shape = name not in where
                places = where[name.removesuffix("_shape") if of_shape else name]
                wrap = Shape if of_shape else int
                needs.append(saved(wrap(places)) if isinstance(places, int) else [saved(wrap(i)) for i in places])
            targets, place = [], 0
            for name in inputs:
                for i in index[name]:
                    if i in needs_gradient:
                        targets.append((i, place))
                    place += 1
            joint = place if len(inputs) > 1 or op.variadic in inputs else 0
            consumes, adds = inputs in op.consuming, op.adders.get(inputs)
            owning = Owning(consumes, adds) if consumes or adds else None
            wanted.append((rule, needs, tuple(targets), joint, owning))
        if op.saves:  # residuals are derived again from all inputs when the backward itself is recorded
            for i in range(len(live)):
                saved(i)

        self.op = op
        self.view_of: int | None = None
        self.view: Plan | None = None
        self._views: dict[int, Plan] = {}
        self.sources = list(sources)
        self.shapes = [source.of for source in sources if isinstance(source, Shape)]
        place_of_shape = itertools.count(op.frame_size(len(live))).__next__
        self.keep = _picker([place_of_shape() if isinstance(s, Shape) else s for s in sources])
        self.steps = [
            Step(rule, None if needs == list(range(len(sources))) else _gather(needs), targets, joint, owning)
            for rule, needs, targets, joint, owning in wanted
        ]

    def for_view_of(self, source: int) -> Plan:
        """The same plan for a call whose output is a view of input ``source``."""
        plan = self._views.get(source)
        if plan is None:
            plan = self._views[source] = copy(self)
            plan.view_of = source
            if not source:
                self.view = plan
        return plan


def _picker(indices: list[int]) -> Callable | None:
    """Pick these items of a sequence, as a sequence: ``itemgetter``, made uniform for zero and one item."""
    if not indices:
        return None
    return itemgetter(*indices) if len(indices) > 1 else itemgetter(slice(indices[0], indices[0] + 1))


def _gather(needs: list) -> Callable:
    """Pick a rule's arguments: an index gives a value, a list of indices (a variadic input) a tuple of values."""
    if all(isinstance(need, int) for need in needs):
        return _picker(needs) or (lambda saved: ())
    return lambda saved: [saved[n] if isinstance(n, int) else tuple([saved[i] for i in n]) for n in needs]
