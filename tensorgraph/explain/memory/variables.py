"""The variables of a running program: what each frame calls its values, and on which line it assigned them."""

from __future__ import annotations

import dis
import inspect
import sys
import threading
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

from ...places import frame_of_caller


class Variable(NamedTuple):
    """A name that leads to a value.

    kind  what it is: a local variable, a module global, ...
    name  as it is written in the program
    where the function or the module that it belongs to
    file, line  where it is assigned; None where that is not known
    """

    kind: str
    name: str
    where: str
    file: str | None
    line: int | None


def running_frames() -> Iterator[FrameType]:
    """The frames of all threads, those of the caller of this package first, and of each the innermost first."""
    others = sys._current_frames()
    del others[threading.get_ident()]
    for innermost in (frame_of_caller(), *others.values()):
        frame: FrameType | None = innermost
        while frame is not None:
            yield frame
            frame = frame.f_back


def locals_of(frame: FrameType) -> list[tuple[str, Any]]:
    """The local variables of a frame; none of a module, whose variables are its globals."""
    namespace = frame.f_locals
    if namespace is frame.f_globals:
        return []
    found = list(namespace.items())
    if sys.version_info < (3, 13) and frame.f_code.co_flags & inspect.CO_OPTIMIZED and frame.f_trace is None:
        namespace.clear()  # a copy that Python made for this look, and that would keep the values alive
    return found


def local_variable(frame: FrameType, name: str, kind: str = "local variable") -> Variable:
    """What a frame calls one of its values."""
    code = frame.f_code
    return Variable(kind, name, code.co_qualname, code.co_filename, assigned(code, name) or frame.f_lineno)


def global_variable(namespace: dict, name: str) -> Variable:
    """What a module calls one of its values."""
    module, file = str(namespace.get("__name__", "?")), namespace.get("__file__")
    line = None
    for frame in running_frames():
        if frame.f_globals is namespace and (line := assigned(frame.f_code, name, "STORE_NAME", "STORE_GLOBAL")):
            return Variable("module global", name, module, frame.f_code.co_filename, line)
    for function in namespace.values():
        if isinstance(function, FunctionType) and (line := assigned(function.__code__, name, "STORE_GLOBAL")):
            return Variable("module global", name, module, function.__code__.co_filename, line)
    return Variable("module global", name, module, None if file is None else str(file), None)


def closure_variable(function: FunctionType, i: int) -> Variable:
    """What a function calls one of the variables that it took from the functions around it."""
    code, name = function.__code__, function.__code__.co_freevars[i]
    line = assigned(code, name) or code.co_firstlineno
    return Variable("closure variable", name, function.__qualname__, code.co_filename, line)


def attribute_place(kind: type, name: str) -> tuple[str, int] | None:
    """The last line in the methods of a class that assigns an attribute."""
    for each in kind.__mro__:
        codes = [value.__code__ for value in vars(each).values() if isinstance(value, FunctionType)]
        places = [(line, code.co_filename) for code in codes if (line := assigned(code, name, "STORE_ATTR"))]
        if places:
            line, file = max(places)
            return file, line
    return None


NAMES = ("STORE_FAST", "STORE_DEREF", "STORE_NAME")


def assigned(code: CodeType, name: str, *how: str) -> int | None:
    """The last line of some code that assigns a name."""
    line = None
    for step in dis.get_instructions(code):
        stores = step.opname.startswith(how or NAMES)
        if stores and (step.argval == name or isinstance(step.argval, tuple) and name in step.argval):
            line = step.positions.lineno if step.positions else None
    return line
