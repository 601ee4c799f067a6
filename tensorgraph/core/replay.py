"""What a program does besides computing, when ``checkpoint`` runs it a second time: draw random numbers, update what it
keeps. The first time is written down, and the second time goes by what is written.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ..config import current


class Journal:
    """What happened in a run besides computing, in order; ``again()`` is a journal that gives it in that order.

    outer  the journal of the run that this run is a part of
    """

    def __init__(self, outer: Journal | None) -> None:
        self.outer = outer
        self.entries: list = []

    def entry(self, make: Callable[[], Any]) -> Any:
        """What ``make`` gives now, and what it gave then when this is, or is inside, a run that is repeated."""
        value = make() if self.outer is None else self.outer.entry(make)
        self.entries.append(value)
        return value

    def again(self) -> Journal:
        """A journal to run by once more."""
        return _Read(self.entries)


class _Read(Journal):
    def __init__(self, entries: list) -> None:
        super().__init__(None)
        self.entries, self._next = entries, iter(entries).__next__

    def entry(self, make: Callable[[], Any]) -> Any:
        return self._next()


def once(action: Callable[[], Any]) -> Any:
    """Do something that must not be done twice, such as an update of running statistics, and give its result; when
    ``checkpoint`` runs a program again, only give the result of the first time.

    >>> import tensorgraph as tg
    >>> calls = []
    >>> def f(x):
    ...     tg.transforms.once(lambda: calls.append("counted"))
    ...     return x * x
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> tg.checkpoint(f)(x).backward()
    >>> calls
    ['counted']
    """
    journal = current().journal
    return action() if journal is None else journal.entry(action)


def generator(rng: np.random.Generator) -> np.random.Generator:
    """``rng``; when ``checkpoint`` runs a program again, a generator in the state that ``rng`` had the first time."""
    journal = current().journal
    if journal is None:
        return rng
    taken = []

    def state() -> np.random.Generator:
        taken.append(True)
        return copy.deepcopy(rng)

    before = journal.entry(state)
    return rng if taken else copy.deepcopy(before)
