"""Write ``docs/ops.md``: every op with its signature, the source of its rules, and what each rule keeps alive.

Run it after adding or changing an op: python docs/make_ops.py
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import numpy as np
import scipy.special  # noqa: F401 - so that its functions are among the ops

import tensorgraph
from tensorgraph.core import NUMPY, OPS, Op, Tensor
from tensorgraph.core.registry import numpy_name

TARGET = Path(__file__).parent / "ops.md"

INTRO = """\
<!-- Made by docs/make_ops.py from the registry: do not edit. -->

# Ops

Every op that gradients flow through, with the source of its backward rules. In a rule `g` is the gradient of the op's
output; the other parameters name what the rule uses, and that is exactly what the engine keeps alive for it. Summing
over axes that were broadcast, and casting back after a promotion, is done by the engine and in no rule.
[Adding an op](adding_an_op.md) explains how these are written.

Each op runs on plain arrays too, as the function that it is. Ops that are named without `np` or `tensorgraph` are
reached through tensors' operators and methods, and through the NumPy functions that are listed at the end.
"""

COMPOSED = """\
## NumPy functions made of these ops

These take tensors as they take arrays. What they have no meaning for on tensors (`out=`, for example) raises an error
that names the argument.
"""

CONSTANT = """\
## NumPy functions through which no gradient flows

Their results are masks, indices, shapes or steps: on tensors they give tensors on no graph.
"""


def text() -> str:
    """The text of the page."""
    parts = [INTRO]
    for module, ops in by_module().items():
        title, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n\n")
        parts.append(f"## {module.__name__.rpartition('.')[2]}\n")
        parts.append(_markdown(f"{title}\n\n{rest}".strip()) + "\n")
        rows = [op for op in ops if _fits_a_row(op)]
        if rows:
            parts.append(table(rows))
        parts += [section(op) for op in ops if op not in rows]
    functions = [f for f in NUMPY if f not in OPS and getattr(f, "__module__", "scipy") is not None]
    parts.append(COMPOSED + "\n" + _listed([f for f in functions if not _is_constant(NUMPY[f])]))
    constants = [f for f in (*OPS, *functions) if callable(f) and _is_constant(OPS.get(f) or NUMPY[f])]
    parts.append(CONSTANT + "\n" + _listed(constants))
    return "\n".join(parts)


def by_module() -> dict[ModuleType, list[Op]]:
    """The ops of each file of ``tensorgraph/ops``, in the order in which they are defined."""
    found: dict[str, list[Op]] = {}
    for op in OPS.values():
        if isinstance(op, Op) and op.rules:
            a_rule, _ = next(iter(op.rules.values()))
            if str(a_rule.__module__).startswith("tensorgraph.ops."):
                found.setdefault(a_rule.__module__, []).append(op)
    return {sys.modules[name]: ops for name, ops in sorted(found.items())}


def table(ops: list[Op]) -> str:
    """Elementwise functions: a row for each, with the rule of each input that has one."""
    lines = ["| function | gradients | keeps |", "|---|---|---|"]
    for op in ops:
        rules = []
        for (name,), (rule, _) in op.rules.items():
            body = " ".join(source_of(rule).partition(": ")[2].split()).replace("|", chr(92) + "|")
            rules.append(f"{name}: `{body}`")
        kept = dict.fromkeys(name for _, needs in op.rules.values() for name in needs)
        usage = repr(op).removeprefix(f"<Op {op.name}").removesuffix(">")
        columns = [f"`{numpy_name(op.forward)}{usage}`", "<br>".join(rules), _names(kept)]
        lines.append(f"| {' | '.join(columns)} |".replace("  ", " "))
    return "\n".join(lines) + "\n"


def section(op: Op) -> str:
    """One op: how to call it, what it does, and its rules."""
    summary = (op.__doc__ or "").strip().splitlines()[0] if not isinstance(op.forward, np.ufunc) else ""
    lines = [f"### {op.name}\n", f"{_calls(op)}\n"]
    if summary:
        lines.append(_markdown(summary) + "\n")
    if op.saves:
        lines.append(f"The forward also returns {_names(op.saves)} for the rules.\n")
    for inputs, (rule, needs) in op.rules.items():
        kept = _names(needs)
        lines.append(f"Gradient of {_names(inputs)}, keeps {kept or 'nothing'}:\n")
        lines.append(f"```python\n{source_of(rule)}\n```\n")
    return "\n".join(lines)


def source_of(rule: Callable) -> str:
    """The source of a rule: of a lambda that expression alone, of a function its definition without decorators."""
    if rule.__name__ == "<lambda>":
        path = inspect.getsourcefile(rule)
        spans = set(rule.__code__.co_positions())  # of its instructions; the last returns the whole body
        return next(
            ast.get_source_segment(_source(path), part)
            for part in ast.walk(_tree(path))
            if isinstance(part, ast.Lambda)
            and part.lineno == rule.__code__.co_firstlineno
            and _span(part.body) in spans
        )
    lines = textwrap.dedent(inspect.getsource(rule)).rstrip().splitlines()
    return "\n".join(lines[next(i for i, line in enumerate(lines) if line.startswith("def ")) :])


def _span(part: ast.expr) -> tuple:
    return part.lineno, part.end_lineno, part.col_offset, part.end_col_offset


@functools.cache
def _tree(path: str) -> ast.Module:
    return ast.parse(_source(path))


@functools.cache
def _source(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _fits_a_row(op: Op) -> bool:
    return isinstance(op.forward, np.ufunc) and all(
        rule.__name__ == "<lambda>" and len(inputs) == 1 for inputs, (rule, _) in op.rules.items()
    )


def _calls(op: Op) -> str:
    """The ways to call an op: NumPy's function, tensorgraph's, the method of a tensor."""
    key = next(key for key, value in OPS.items() if value is op)
    usage = repr(op).removeprefix(f"<Op {op.name}").removesuffix(">")
    forms = []
    if callable(key):
        forms.append(f"`{numpy_name(key)}{usage}`")
    elif op.name in tensorgraph.__all__:
        forms.append(f"`tensorgraph.{op.name}{usage}`")
    else:
        forms.append(f"`{op.name}{usage}`")
    if callable(getattr(Tensor, op.name, None)):
        forms.append(f"`t.{op.name}(...)`")
    return ", ".join(forms)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"the shape of `{n.removesuffix('_shape')}`" if n.endswith("_shape") else f"`{n}`" for n in names)


def _is_constant(function: Callable) -> bool:
    return getattr(function, "constant", False)


def _listed(functions: list[Callable]) -> str:
    return textwrap.fill(", ".join(f"`{name}`" for name in sorted(map(numpy_name, functions))), 118) + ".\n"


def _markdown(text: str) -> str:
    return text.replace("``", "`")


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"wrote {TARGET}")
