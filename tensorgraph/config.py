"""How ops behave in the running thread or asyncio task: do they record, and who observes.

The mode is a ContextVar, never process-global state: ``no_grad()`` in one thread or task is not seen by another.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import ContextDecorator
from contextvars import ContextVar
from typing import Any

from .errors import ArgumentError


class Observer:
    """Who is told what the engine does, while ``observing(...)``. Here every event is passed over; a subclass takes
    those that it is interested in.
    """

    def run(self, what: Any, function: Callable, args: Any) -> Any:
        """Run the forward of an op (``what``) or a backward rule of a node (``what``), and give its result."""
        return function(*args)

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        """An op or a NumPy function was applied to tensors: its arguments as given, and the result."""

    def refused(self, op: Any, args: tuple, error: Exception) -> None:
        """An op was applied, and an argument that requires a gradient has no rule: ``error`` is about to be raised."""

    def backward(self, tensor: Any, inputs: list | None) -> None:
        """``backward`` was asked of a tensor, for these inputs only, or (None) for all leaves."""

    def gradient(self, node: Any, i: int, g: Any, d: Any) -> None:
        """A backward rule of ``node`` made of ``g``, the gradient of its output, ``d``, the gradient of input ``i``."""

    def cleared(self, tensor: Any) -> None:
        """The ``grad`` of a tensor, which had one, was set to None."""

    def left(self, tensor: Any, how: str, to: Any) -> None:
        """The values of a tensor left the graph: how, and for what."""

    def update(self, optimizer: Any, parameters: list, apply: Callable[[], None]) -> None:
        """An optimizer is to change these parameters, which have gradients: ``apply()`` does it."""
        apply()


class _Both(Observer):
    """Two observers, one inside the other."""

    def __init__(self, outer: Observer, inner: Observer) -> None:
        self.outer, self.inner = outer, inner

    def run(self, what: Any, function: Callable, args: Any) -> Any:
        return self.outer.run(what, lambda *given: self.inner.run(what, function, given), args)

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        self.outer.operation(op, args, result)
        self.inner.operation(op, args, result)

    def refused(self, op: Any, args: tuple, error: Exception) -> None:
        self.outer.refused(op, args, error)
        self.inner.refused(op, args, error)

    def backward(self, tensor: Any, inputs: list | None) -> None:
        self.outer.backward(tensor, inputs)
        self.inner.backward(tensor, inputs)

    def gradient(self, node: Any, i: int, g: Any, d: Any) -> None:
        self.outer.gradient(node, i, g, d)
        self.inner.gradient(node, i, g, d)

    def cleared(self, tensor: Any) -> None:
        self.outer.cleared(tensor)
        self.inner.cleared(tensor)

    def left(self, tensor: Any, how: str, to: Any) -> None:
        self.outer.left(tensor, how, to)
        self.inner.left(tensor, how, to)

    def update(self, optimizer: Any, parameters: list, apply: Callable[[], None]) -> None:
        self.outer.update(optimizer, parameters, lambda: self.inner.update(optimizer, parameters, apply))


MOST_KEPT = 1000  # modes that one mode remembers, derived from it


class Mode:
    """One immutable setting of the engine. ``current()`` is the one in force."""

    __slots__ = ("recording", "observer", "scope", "symbolic", "journal", "_derived")

    def __init__(
        self,
        recording: bool = True,
        observer: Observer | None = None,
        scope: tuple = (),
        symbolic: bool = False,
        journal: Any = None,
    ) -> None:
        self.recording = recording  # do ops on tensors that require gradients record nodes?
        self.observer = observer  # who is told what the engine does
        self.scope = scope  # names of the modules that are running, outermost first
        self.symbolic = symbolic  # are constants that rules see tensors too, so that an observer can follow them?
        self.journal = journal  # what is done besides computing, by which a checkpoint runs again (see core/replay.py)

        self._derived: dict[str | bool, Mode] = {}

    def but(self, **changes: Any) -> Mode:
        """This mode with some fields changed."""
        fields = ("recording", "observer", "scope", "symbolic", "journal")
        return Mode(**{name: changes.get(name, getattr(self, name)) for name in fields})

    # Modules enter the same scopes on every call, and backward switches recording every time: these modes are kept.

    def within(self, name: str) -> Mode:
        """This mode inside the scope ``name``."""
        inner = self._derived.get(name)
        if inner is None:
            if len(self._derived) >= MOST_KEPT:  # names may be made up without end: step1, step2, ...
                self._derived.clear()
            inner = self._derived[name] = self.but(scope=(*self.scope, name))
        return inner

    def that_records(self, recording: bool) -> Mode:
        """This mode with recording on or off."""
        switched = self._derived.get(recording)
        if switched is None:
            switched = self._derived[recording] = self.but(recording=recording)
        return switched


_MODE: ContextVar[Mode] = ContextVar("tensorgraph_mode", default=Mode())  # noqa: B039 - a Mode never changes
current, enter, leave = _MODE.get, _MODE.set, _MODE.reset


class _Changed(ContextDecorator):
    """A mode with some change: a context manager that may be entered again, also inside itself, and a decorator."""

    def __init__(self, change: Callable[[Mode], Mode]) -> None:
        self._change = change
        self._tokens: list[Any] = []

    def _recreate_cm(self) -> _Changed:  # a decorated function may run in several threads at once
        return _Changed(self._change)

    def __enter__(self) -> None:
        self._tokens.append(enter(self._change(current())))

    def __exit__(self, *error: object) -> None:
        leave(self._tokens.pop())

    def __call__(self, function: Callable) -> Any:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ArgumentError(f"{function.__name__} is a generator, which runs after its call. Use `with` inside it")
        if not inspect.iscoroutinefunction(function):
            return super().__call__(function)

        @functools.wraps(function)
        async def changed(*args: Any, **kwargs: Any) -> Any:
            with self._recreate_cm():
                return await function(*args, **kwargs)

        return changed


def no_grad() -> _Changed:
    """Run ops without recording them: a context manager, and a decorator.

    >>> import tensorgraph as tg
    >>> w = tg.Tensor([1.0], requires_grad=True)
    >>> with tg.no_grad():
    ...     y = 2 * w
    >>> y.requires_grad
    False
    """
    return _Changed(lambda mode: mode.that_records(False))


def enable_grad() -> _Changed:
    """Record ops again inside ``no_grad()``: a context manager, and a decorator."""
    return _Changed(lambda mode: mode.that_records(True))


class scope(ContextDecorator):
    """Everything recorded inside belongs to the group ``name`` in pictures and messages. Scopes nest.

    >>> import tensorgraph as tg
    >>> x = tg.Tensor(1.0, requires_grad=True)
    >>> with tg.scope("block"):
    ...     y = 2 * x
    >>> y.node.scope
    ('block',)
    """

    __slots__ = ("name", "_token")

    def __init__(self, name: str) -> None:
        self.name = name

    def _recreate_cm(self) -> scope:
        return scope(self.name)

    def __enter__(self) -> None:
        self._token = enter(current().within(self.name))

    def __exit__(self, *error: object) -> None:
        leave(self._token)


def observing(observer: Observer, *, symbolic: bool = False, alone: bool = False) -> _Changed:
    """Tell ``observer`` what the engine does inside, after any observer that already watches.

    symbolic  arrays that ops saved come to rules as tensors, also those that require no gradient, so that nothing
              escapes the observer
    alone     others are not told: of work that is no part of the user's program
    """

    def change(mode: Mode) -> Mode:
        both = observer if alone or mode.observer is None else _Both(mode.observer, observer)
        return mode.but(observer=both, symbolic=symbolic or mode.symbolic)

    return _Changed(change)


def is_grad_enabled() -> bool:
    """Whether ops on tensors that require gradients are recorded here and now."""
    return current().recording
