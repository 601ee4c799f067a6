"""Everything in a student's file that can be graded."""

from __future__ import annotations

import ast
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from ...errors import ArgumentError, FileError
from .batchnorm import mode_as_key
from .grade import LAYERS, LOSSES, RULES, grade, name_of
from .report import Finding, GradeReport
from .student import contained, raised

_MODULE = "_graded_file"


def grade_file(path: str | os.PathLike, *, dtype: Any = float, seed: int = 0) -> list[GradeReport]:
    """Grade what a file defines: pairs ``*_forward`` and ``*_backward``, losses, and update rules.

    path         a Python file; it is run as a module, with its own folder on the path
    dtype, seed  as for ``grade``

    An exception while the file runs is a finding, under the name of the file. Raises FileError when it cannot be read,
    and ArgumentError when there is nothing in it to grade.
    """
    path = Path(path)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error
    with contained(), _as_module(path) as names:
        if isinstance(names, Finding):
            return [_of_the_file(path, names)]
        reports = [grade(*functions, layer=layer, dtype=dtype, seed=seed) for functions, layer in list(_pairs(names))]
    reports += [_half(name, function) for name, function in _halves(names)]
    reports += [_of_the_file(path, finding) for finding in _modes_as_keys(path, source)]
    if not reports:
        raise ArgumentError(
            f"grade: there is nothing to grade in {path}: no pair *_forward and *_backward, none of "
            f"{', '.join([*LOSSES, *RULES])}"
        )
    return reports


@contextlib.contextmanager
def _as_module(path: Path) -> Iterator[dict[str, Any] | Finding]:
    """The names that a file defines; or the finding that it cannot be run."""
    folder = path.resolve().parent
    before, wrote, known = sys.path[:], sys.dont_write_bytecode, set(sys.modules)
    spec = spec_from_file_location(_MODULE, path)
    if spec is None or spec.loader is None:
        raise ArgumentError(f"grade: {path} is no Python file; its name must end in .py")
    module = module_from_spec(spec)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    sys.modules[_MODULE] = module
    try:
        try:
            spec.loader.exec_module(module)
            names: dict[str, Any] | Finding = vars(module)
        except (Exception, SystemExit) as error:
            names = _load_error(error, path)
        yield names
    finally:
        sys.path[:], sys.dont_write_bytecode = before, wrote
        for name in set(sys.modules) - known:  # a neighbour of this file is not that of the next one
            if (file := getattr(sys.modules[name], "__file__", None)) and Path(file).resolve().parent == folder:
                del sys.modules[name]


def _load_error(error: BaseException, path: Path) -> Finding:
    if isinstance(error, SyntaxError):
        place = f"line {error.lineno}: {(error.text or '').strip()}"
        return Finding(path.name, "raises", "it is no valid Python", f"SyntaxError: {error.msg}; {place}", "repair it")
    what = raised(error, os.path.abspath(path))
    hint = "run it by itself: python " + path.name
    return Finding(path.name, "raises", "it raises an exception when it is run", f"{what.text}; {what.place}", hint)


def _pairs(names: dict[str, Any]) -> Iterator[tuple[tuple[Callable, ...], str | None]]:
    """The functions to grade together, in the order of the file, and which layer they are if that is known."""
    for name, function in names.items():
        if not callable(function):
            continue
        if name.endswith("_forward") and callable(backward := names.get(_partner(name))):
            layer = _known(name)
            yield (function, backward), layer if layer in LAYERS else None
        elif name in LOSSES or name in RULES:
            yield (function,), name


def _partner(name: str) -> str:
    return name.removesuffix("_forward") + "_backward"


def _known(name: str) -> str:
    def named() -> None: ...

    named.__name__ = name
    return name_of(named)


def _halves(names: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Half a pair of a layer that is known, and the name of the half that is missing."""
    for name, function in names.items():
        if name.endswith("_forward") and callable(function) and _known(name) in LAYERS and _partner(name) not in names:
            yield name, _partner(name)


def _half(name: str, missing: str) -> GradeReport:
    finding = Finding(
        missing, "function-missing", f"there is a {name}, but no {missing}", "it is not in the file",
        f"write {missing}(dout, cache)",
    )  # fmt: skip
    return GradeReport(name, (name,), "its partner", 0, (), (finding,))


def _of_the_file(path: Path, finding: Finding) -> GradeReport:
    return GradeReport(path.name, (path.name,), "what runs", 0, (), (finding,))


def _modes_as_keys(path: Path, source: bytes) -> Iterator[Finding]:
    """The slip ``bn_param[mode] = mode``, which a net's loss makes outside every layer."""
    for part in ast.walk(ast.parse(source)):
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Name) and len(part.targets) == 1:
            target = part.targets[0]
            key = target.slice.id if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Name) else None
            if key == part.value.id == "mode":
                yield mode_as_key(path.name, f"line {part.lineno}: {ast.unparse(part)}")
