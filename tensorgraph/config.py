"""How ops behave in the running thread or asyncio task: do they record, and who watches.

The mode is a ContextVar, never process-global state: ``no_grad()`` in one thread or task is not seen by another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from typing import Any

Observer = Callable[[Any, tuple, Any], None]
"""Called after each operation on tensors with the op (or NumPy function), its arguments as given, and the result."""

GradientObserver = Callable[[Any, str, Any, Any], None]
"""Called after each backward rule with the node, the input's name, the incoming gradient, and the input's gradient."""


class Mode:
    """One immutable setting of the engine. ``current()`` is the one in force."""

    __slots__ = ("recording", "observer", "on_gradient", "scope", "symbolic")

    def __init__(
        self,
        recording: bool = True,
        observer: Observer | None = None,
        on_gradient: GradientObserver | None = None,
        scope: tuple = (),
        symbolic: bool = False,
    ) -> None:
        self.recording = recording  # do ops on tensors that require gradients record nodes?
        self.observer = observer  # who is told about every operation on tensors
        self.on_gradient = on_gradient  # who is told about every gradient that a rule gives
        self.scope = scope  # names of the modules that are running, outermost first
        self.symbolic = symbolic  # do comparisons and the like give tensors too, so that an observer can follow them?

    def but(self, **changes: Any) -> Mode:
        """This mode with some fields changed."""
        return Mode(**{name: changes.get(name, getattr(self, name)) for name in self.__slots__})


_MODE: ContextVar[Mode] = ContextVar("tensorgraph_mode", default=Mode())  # noqa: B039 - a Mode never changes
current = _MODE.get


@contextmanager
def _mode(change: Callable[[Mode], Mode]) -> Iterator[None]:
    token = _MODE.set(change(current()))
    try:
        yield
    finally:
        _MODE.reset(token)


def no_grad():
    """Run ops without recording them: a context manager, and a decorator.

    >>> import tensorgraph as tg
    >>> w = tg.Tensor([1.0], requires_grad=True)
    >>> with tg.no_grad():
    ...     y = 2 * w
    >>> y.requires_grad
    False
    """
    return _mode(lambda mode: mode.but(recording=False))


def enable_grad():
    """Record ops again inside ``no_grad()``: a context manager, and a decorator."""
    return _mode(lambda mode: mode.but(recording=True))


class scope(ContextDecorator):  # noqa: N801 - used like a function, and a class because modules enter one on every call
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
        mode = current()
        self._token = _MODE.set(
            Mode(mode.recording, mode.observer, mode.on_gradient, (*mode.scope, self.name), mode.symbolic)
        )

    def __exit__(self, *error: object) -> None:
        _MODE.reset(self._token)


def observing(observer: Observer, *, on_gradient: GradientObserver | None = None, symbolic: bool = False):
    """Tell ``observer`` about every operation on tensors inside, after any observer that already watches.

    on_gradient  is told about every gradient that a backward rule gives
    symbolic     comparisons and other constant functions give tensors as well, so that nothing escapes the observer
    """

    def change(mode: Mode) -> Mode:
        return mode.but(
            observer=_both(mode.observer, observer),
            on_gradient=_both(mode.on_gradient, on_gradient),
            symbolic=symbolic or mode.symbolic,
        )

    return _mode(change)


def _both(first: Callable | None, second: Callable | None) -> Callable | None:
    if first is None or second is None:
        return first or second

    def both(*facts: Any) -> None:
        first(*facts)
        second(*facts)

    return both


def is_grad_enabled() -> bool:
    """Whether ops on tensors that require gradients are recorded here and now."""
    return current().recording
