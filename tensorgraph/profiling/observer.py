"""The observer that takes the times. It notes little while the program runs; what that means is worked out later."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import get_ident
from time import perf_counter
from typing import Any

from numpy import ndarray

from ..config import Observer, current, observing
from ..core import Node, Tensor
from ..files import atomic_write
from ..places import caller
from ..tables import Table, print_table
from .calibration import Costs, measure
from .spans import FORWARD, RESULT, RULE, UPDATE, Span, read
from .summary import ModuleRow, Row, closing_line, module_rows, op_rows, tables
from .trace import to_json


class Profile(Observer):
    """Times, calls and bytes of what ran between entering and leaving ``profile()``. ``print`` shows them as tables.

    places   note the line that called each op
    clock    gives seconds
    seconds  from entering to leaving
    costs    what the profile itself adds to a forward and to a rule
    """

    def __init__(self, places: bool = False, clock: Callable[[], float] = perf_counter) -> None:
        self.places, self._clock = places, clock
        self._log: list[Any] = []  # flat: the garbage collector would visit each tuple of a list of them
        self._note = self._log.extend
        self._read: tuple[int, list[Span]] = 0, []  # how much of the log was read, and what it says
        self.seconds, self.costs = 0.0, Costs(0.0, 0.0)
        self.began = clock()

    def finish(self) -> None:
        """Stop the time, and measure what the profile itself costs."""
        self.seconds = self._clock() - self.began
        self.costs = measure(lambda: Profile(self.places))

    # What the engine tells. This is what profiling costs, so it only takes notes, and keeps no array alive.

    def run(self, what: Any, function: Callable, args: Any) -> Any:
        clock = self._clock
        begin = clock()
        result = function(*args)
        end = clock()
        if what.__class__ is Node:
            made = result.nbytes if result.__class__ is ndarray else _bytes(result)
            note = RULE, get_ident(), begin, end, what.plan.op, function, what.shape, made, what.scope, what.serial
            self._note(note)
        else:
            shapes: tuple = ()
            for value in args:  # a comprehension would be a call more
                if value.__class__ is ndarray:
                    shapes += (value.shape,)
            self._note((FORWARD, get_ident(), begin, end, what, shapes))
        return result

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        node = result.node if result.__class__ is Tensor else None
        place = caller() if self.places else None
        if node is None:
            made = result.data if result.__class__ is Tensor else result
            shape, size = getattr(made, "shape", ()), getattr(made, "nbytes", 0)
            self._note((RESULT, get_ident(), shape, size, 0, current().scope, 0, place))
        else:
            saved = 0
            for value in node.saved:
                if value.__class__ is ndarray:
                    saved += value.nbytes
            size = result.data.nbytes
            self._note((RESULT, get_ident(), node.shape, size, saved, node.scope, node.serial, place))

    def update(self, optimizer: Any, parameters: list, apply: Callable[[], None]) -> None:
        begin = self._clock()
        apply()
        end = self._clock()
        arrays = [p.data for p in parameters]
        shapes, written = tuple([a.shape for a in arrays]), sum([a.nbytes for a in arrays])
        place = caller() if self.places else None
        notes = type(optimizer).__name__, shapes, written, current().scope, place
        self._note((UPDATE, get_ident(), begin, end, *notes))

    # What came of it

    @property
    def spans(self) -> list[Span]:
        """Everything that ran, as it ended: each forward of an op, each backward rule, each step of an optimizer."""
        if self._read[0] != len(self._log):
            log = self._log.copy()
            self._read = len(log), read(log)
        return self._read[1]

    @property
    def rows(self) -> list[Row]:
        """A record for each op and phase, the longest time first."""
        return op_rows(self.spans)

    @property
    def modules(self) -> list[ModuleRow]:
        """A record for each module or scope, with everything inside it, in order of its first op."""
        return module_rows(self.spans)

    @property
    def overhead(self) -> float:
        """Seconds that the profile itself took: what it adds to one run, measured at the end, times the runs.

        It makes the program's own code a little slower as well, which comes on top.
        """
        forwards = sum(span.phase == FORWARD for span in self.spans)
        return forwards * self.costs.forward + (len(self.spans) - forwards) * self.costs.rule

    def save_trace(self, path: str | os.PathLike) -> Path:
        """Write what ran, and when, in Chrome's trace format, which ui.perfetto.dev and chrome://tracing open.

        Each forward, rule, step and module is a complete event, within what it ran in. An unbroken run of ops of one
        module is one event of that module. Raises FileError when the file cannot be written.
        """
        return atomic_write(path, to_json(self.spans, self.began))

    def show(self) -> None:
        """Print the tables: by rich where it is installed and someone watches, else the text that ``print`` gives."""
        for header, rows in tables(self.rows, self.modules):
            print_table(header, rows)
            print()
        print(self._closing())

    def __str__(self) -> str:
        parts = [Table(header, rows).text(ruled=False) for header, rows in tables(self.rows, self.modules)]
        return "\n\n".join([*parts, self._closing()])

    def _closing(self) -> str:
        return closing_line(self.spans, self.seconds, self.overhead)


@contextlib.contextmanager
def profile(*, places: bool = False) -> Iterator[Profile]:
    """Inside, take the time of each forward, backward rule and optimizer's step, and count calls and bytes.

    places  note the line that called each op as well, for the trace; costs nearly twice as much

    The time of a thing is its own: what ran inside it is counted there. Keeps a note of each of them, so profile some
    steps, not a whole training.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> with tg.profile() as p:
    ...     np.sum(np.sin(x) * 2).backward()
    >>> sorted((row.phase, row.op, row.calls, row.made, row.saved) for row in p.rows)[:3]
    [('backward', 'multiply', 1, 16, 0), ('backward', 'sin', 1, 16, 0), ('backward', 'sum', 1, 16, 0)]
    """
    observer = Profile(places)
    try:
        with observing(observer):
            yield observer
    finally:
        observer.finish()


def _bytes(result: Any) -> int:
    """Of what a rule gave: an array, a tensor, or a tuple of them."""
    if isinstance(result, tuple | list):
        return sum(map(_bytes, result))
    return getattr(result.data if isinstance(result, Tensor) else result, "nbytes", 0)
