"""Who holds an object: the chain of references that leads from a variable of the program to it."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from types import AsyncGeneratorType, CellType, CoroutineType, FrameType, FunctionType, GeneratorType, ModuleType
from typing import Any, NamedTuple

from ...core import Node, Tensor
from .variables import (
    Variable,
    attribute_place,
    closure_variable,
    global_variable,
    local_variable,
    locals_of,
    running_frames,
)

FARTHEST = 20  # references from a variable to what it leads to
Step = str | int | None
"""How an object is held: an index, the text of another access such as ``.losses``, or None for what needs no word."""


class Holder(NamedTuple):
    """A variable, the steps from it to the object that it leads to, and the line that made it hold that object."""

    variable: Variable
    steps: tuple[Step, ...]
    place: tuple[str | None, int | None]

    def text(self, each: bool = True) -> str:
        """As it would be written in the program; with ``each`` false, one text for all indices."""
        words = ["" if s is None else s if isinstance(s, str) else f"[{s if each else '...'}]" for s in self.steps]
        return self.variable.name + "".join(words)


class Holders:
    """The references that lead to some objects, looked up once for all of them, backwards.

    objects  everything that Python's collector tracked before the search, whose own lists are of no interest
    """

    def __init__(self, targets: list[Any], objects: list[Any]) -> None:
        self.known = {id(thing) for thing in objects}
        self.objects = objects  # alive, so that no identity is used again
        self.named: dict[int, Variable] = {}
        for frame in running_frames():
            for name, value in locals_of(frame):
                if id(value) not in self.named and not isinstance(value, int | str | float | None | type):
                    self.named[id(value)] = local_variable(frame, name)
        self.holders: dict[int, list[Any]] = {}
        self._search(targets)

    def _search(self, targets: list[Any]) -> None:
        front = {id(target): target for target in targets}
        seen = set(front)
        for _ in range(FARTHEST):
            if not front:
                break
            further: dict[int, Any] = {}
            for holder in gc.get_referrers(*front.values()):
                if id(holder) not in self.known:
                    continue
                for key in {id(held) for held in gc.get_referents(holder)} & front.keys():
                    self.holders.setdefault(key, []).append(holder)
                if id(holder) not in seen and not self._ends(holder):
                    seen.add(id(holder))
                    further[id(holder)] = holder
            front = further

    def _ends(self, holder: Any) -> bool:
        """Whether a chain of references needs to go no further, because this has a name in the program."""
        computed = isinstance(holder, Tensor) and not holder.is_leaf  # others may hold it as well
        return id(holder) in self.named and not computed or isinstance(holder, _NAMED) or _is_namespace(holder)

    def of(self, target: Any) -> Iterator[Holder]:
        """Every variable that leads to one of the targets, by its shortest chain."""
        seen = {id(target)}
        waiting: deque[tuple[Any, _Chain]] = deque([(target, _Chain((), None))])
        while waiting:
            held, chain = waiting.popleft()
            if id(held) in self.named:
                yield chain.from_variable(self.named[id(held)])
                if self._ends(held):
                    continue
            for holder in self.holders.get(id(held), ()):
                if id(holder) in seen:
                    continue
                if (variable := _variable(holder, held, chain)) is not None:
                    seen.add(id(holder))
                    yield variable
                elif not isinstance(holder, _NAMED):
                    seen.add(id(holder))
                    waiting.append((holder, chain.through(holder, held)))


class _Chain(NamedTuple):
    """The steps from some holder to the target, and the line that assigns it, when it is an attribute."""

    steps: tuple[Step, ...]
    place: tuple[str, int] | None

    def through(self, holder: Any, held: Any) -> _Chain:
        """One reference longer: from ``holder``, which holds what this chain begins at."""
        steps = _stepped(holder, held, self.steps)
        first = steps[0] if len(steps) == 1 else None
        if isinstance(first, str) and first.startswith(".") and not isinstance(holder, _SEE_THROUGH):
            return _Chain(steps, attribute_place(type(holder), first[1:]))
        return _Chain(steps, self.place)

    def from_variable(self, variable: Variable) -> Holder:
        return Holder(variable, self.steps, self.place or (variable.file, variable.line))


_NAMED = (FunctionType, ModuleType, type, GeneratorType, CoroutineType, AsyncGeneratorType, FrameType)


_SEE_THROUGH = (Tensor, Node, CellType)  # what they hold is called as they are


def _is_namespace(thing: Any) -> bool:
    return type(thing) is dict and "__builtins__" in thing


def _variable(holder: Any, held: Any, chain: _Chain) -> Holder | None:
    """The holder that is a variable by itself, or has one: a module, a closure, a class, a suspended frame."""
    if _is_namespace(holder):
        name = next((name for name, value in holder.items() if value is held), None)
        return None if name is None else chain.from_variable(global_variable(holder, str(name)))
    if isinstance(holder, FunctionType):
        first, *rest = chain.steps or (None,)
        if held is holder.__closure__ and isinstance(first, int):
            return chain._replace(steps=tuple(rest)).from_variable(closure_variable(holder, first))
        code = holder.__code__
        own = Variable("function", holder.__qualname__, holder.__module__, code.co_filename, code.co_firstlineno)
        default = held is holder.__defaults__
        steps = (".__defaults__", *chain.steps) if default else _as_attribute(chain.steps)
        return chain._replace(steps=steps).from_variable(own)
    if isinstance(holder, type):
        own = Variable("class attribute", holder.__qualname__, holder.__module__, None, None)
        return chain._replace(steps=_as_attribute(chain.steps)).from_variable(own)
    for kind, attribute, word in _SUSPENDED:
        if isinstance(holder, kind):
            frame: Any = getattr(holder, attribute) if attribute else holder
            names = [name for name, value in locals_of(frame) if value is held] if frame is not None else []
            return chain.from_variable(local_variable(frame, names[0], word)) if names else None
    return None


_SUSPENDED = (
    (GeneratorType, "gi_frame", "variable of a suspended generator"),
    (CoroutineType, "cr_frame", "variable of a suspended coroutine"),
    (AsyncGeneratorType, "ag_frame", "variable of a suspended generator"),
    (FrameType, "", "variable of a call that an exception keeps"),
)


def _stepped(holder: Any, held: Any, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps from ``holder`` on, which holds what the steps begin at."""
    if isinstance(holder, _SEE_THROUGH):
        return steps
    if isinstance(holder, list | deque):
        return next(i for i, value in enumerate(holder) if value is held), *steps
    if isinstance(holder, tuple):
        i = next(i for i, value in enumerate(holder) if value is held)
        return (f".{holder._fields[i]}" if hasattr(holder, "_fields") else i), *steps
    if isinstance(holder, dict):
        key = next((key for key, value in holder.items() if value is held), None)
        return (key if isinstance(key, int) else f"[{key!r}]"), *steps
    own = getattr(holder, "__dict__", None)
    if own is held:
        return _as_attribute(steps)
    name = next((name for name, value in (own or {}).items() if value is held), None)
    if name is None:
        names = [*[name for kind in type(holder).__mro__ for name in _slots(kind)], *_OF_CALLABLES]
        name = next((name for name in names if getattr(holder, name, None) is held), None)
    return (f".{name}" if name is not None else f"<{type(holder).__name__}>"), *steps


_OF_CALLABLES = ("__self__", "args", "keywords")  # of bound methods and partials, which list no slots


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _as_attribute(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What is an item of an object's ``__dict__`` is an attribute of the object."""
    first = steps[0] if steps else None
    if isinstance(first, str) and first.startswith("['") and first.endswith("']"):
        return f".{first[2:-2]}", *steps[1:]
    return steps
