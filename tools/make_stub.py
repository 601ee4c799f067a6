"""Write ``tensorgraph/core/attached.pyi``: the operators, and the methods that ops attach to Tensor.

They exist only once the package has been imported, so mypy and editors cannot see them in the source.
Run it after giving Tensor a method: python tools/make_stub.py
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import tensorgraph
from tensorgraph.core import Tensor
from tensorgraph.core.operators import BINARY, COMPARISONS, UNARY

TARGET = Path(tensorgraph.__file__).parent / "core" / "attached.pyi"

HEADER = '''\
"""Made by tools/make_stub.py, do not edit: the operators of Tensor, and the methods that ops attach to it."""

from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from .tensor import Tensor

class Attached:
'''

TYPES = {
    "axis": "int | tuple[int, ...] | None", "axis1": "int", "axis2": "int", "ddof": "int", "dtype": "DTypeLike",
    "keepdims": "bool", "order": "str",
}  # fmt: skip
"""What the methods of ops take, by the parameter's name; everything else is Any."""


def text() -> str:
    """The text of the stub."""
    lines = [HEADER]
    for name in BINARY:
        lines.append(f"    def __{name}__(self, other: Any) -> Tensor: ...\n")
        lines.append(f"    def __r{name}__(self, other: Any) -> Tensor: ...\n")
        lines.append(f"    def __i{name}__(self, other: Any) -> Self: ...\n")
    for name in COMPARISONS:
        remark = "  # type: ignore[override]" if name in ("eq", "ne") else ""
        lines.append(f"    def __{name}__(self, other: Any) -> Tensor: ...{remark}\n")
    lines += [f"    def __{name}__(self) -> Tensor: ...\n" for name in UNARY]
    for name, value in sorted(vars(Tensor).items()):
        if isinstance(value, property) and name not in _written():
            lines.append(f'    @property\n    def {name}(self) -> Any:\n        """{value.__doc__}"""\n')
    for name, function in sorted(attached().items()):
        lines += _method(name, function)
    return "".join(lines)


def attached() -> dict[str, Callable]:
    """The functions in Tensor that its class statement does not define, without the operators.

    ``__getattr__`` is left out too: with it, mypy would find every attribute that there is not.
    """
    functions = {name: value for name, value in vars(Tensor).items() if inspect.isfunction(value)}
    operators = {f"__{kind}{name}__" for name in BINARY for kind in ("", "r", "i")}
    operators |= {f"__{name}__" for name in (*COMPARISONS, *UNARY)}
    return {name: value for name, value in functions.items() if name not in _written() | operators | {"__getattr__"}}


def _written() -> set[str]:
    """What the class statement of Tensor defines."""
    parts = [*ast.walk(ast.parse(inspect.getsource(Tensor)))]
    functions = {part.name for part in parts if isinstance(part, ast.FunctionDef)}
    return functions | {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _method(name: str, function: Callable) -> Iterator[str]:
    signature = inspect.signature(function)
    given = list(signature.parameters.values())[1:]
    parameters = ["self", *map(_parameter, given)]
    kinds = [parameter.kind for parameter in given]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parameters.insert(1 + kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    result = "Tensor" if signature.return_annotation is signature.empty else signature.return_annotation
    yield f"    def {name}({', '.join(parameters)}) -> {result}:"
    yield f'\n        """{inspect.cleandoc(function.__doc__).splitlines()[0]}"""\n' if function.__doc__ else " ...\n"


def _parameter(parameter: inspect.Parameter) -> str:
    star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    kind = parameter.annotation
    if kind is parameter.empty:
        kind = "Any" if star else TYPES.get(parameter.name, "Any")
    if parameter.default is None and kind != "Any" and "None" not in kind:
        kind = f"{kind} | None"
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{star}{parameter.name}: {kind}{default}"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"wrote {TARGET}")
