"""What profiling itself costs, measured on a forward and a rule that do nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np

from ..config import Observer
from ..core import Tensor
from ..ops import identity, relu

ROUNDS = 25


class Costs(NamedTuple):
    """Seconds that an observer adds to one forward, and to one backward rule."""

    forward: float
    rule: float


def measure(make: Callable[[], Observer]) -> Costs:
    """The costs here and now: the median time with a new observer, less the median time without one.

    Before each event something else works on arrays, as in a program. Right after each other, with all they touch in
    the cache, the same events would take half the time.
    """
    return Context().run(_measure, make())  # where no other observer is


def _measure(observer: Observer) -> Costs:
    x = Tensor(np.ones(8), requires_grad=True)
    y = identity(x)
    forward, (rule, *_), g = identity.forward, y.node.plan.steps[0], np.ones(8)

    def watched_forward() -> None:
        observer.run(identity, forward, [x.data])
        observer.operation(identity, (x,), y)

    def watched_rule() -> None:
        observer.run(y.node, rule, (g,))
        observer.gradient(y.node, 0, g, g)

    events = [lambda: forward(x.data), watched_forward, lambda: rule(g), watched_rule]
    seconds: list[list[float]] = [[] for _ in events]
    for _ in range(ROUNDS):
        for event, measured in zip(events, seconds):
            _work()
            begin = perf_counter()
            event()
            measured.append(perf_counter() - begin)
    bare_forward, with_forward, bare_rule, with_rule = map(median, seconds)
    return Costs(max(0.0, with_forward - bare_forward), max(0.0, with_rule - bare_rule))


def _work() -> None:
    """What a program does between the events of a profile. No matrix product: it may wait for other threads."""
    square = np.ones((100, 100), np.float32)
    relu(Tensor(square, requires_grad=True) * square + square[0]).sum().backward()
