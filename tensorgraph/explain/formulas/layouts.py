"""Ways of writing that depend on what an op is applied to: on axes, shapes, indices and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .forms import Notation, every, mixed, relation, superscript
from .simplify import DIVIDE, GETITEM, MATMUL, MULTIPLY, POWER, SUM, TRANSPOSE, is_apply
from .tree import Apply, Literal, Tree

AXES = "ijklmn"
_SUBSCRIPTS = str.maketrans(AXES, "ᵢⱼₖₗₘₙ")


def multiply(tree: Apply) -> Notation:
    x, y = tree.args
    if x.shape and y.shape:
        sign = (r" \odot ", " ⊙ ")
    else:
        sign = (" ", " ") if isinstance(x, Literal) and not _starts_with_number(y) else (r" \cdot ", " · ")
    latex, unicode = [f"<x:modular>{each}<y:product>" for each in sign]
    return every("product", "<x:modular> * <y:product>", latex, unicode)


def _starts_with_number(tree: Tree) -> bool:
    while isinstance(tree, Apply) and tree.op in (MULTIPLY, POWER, MATMUL, DIVIDE, TRANSPOSE):
        tree = tree.args[0]
    return isinstance(tree, Literal)


def divide(tree: Apply) -> Notation:
    code = ("product", "<x:modular> / <y:factor>")
    if is_apply(tree.args[0], SUM):  # the factor before the sign reads better than a fraction below it
        return mixed(("term", r"\frac{1}{<y:sum>} <x:term>"), ("term", "1/<y:factor> <x:term>"), code)
    return mixed(("factor", r"\frac{<x:sum>}{<y:sum>}"), code, code)


def power(tree: Apply) -> Notation:
    exponent = tree.args[1]
    raised = ("power", "<x:atom>^<y:atom>")
    if isinstance(exponent, Literal) and isinstance(exponent.value, int) and not isinstance(exponent.value, bool):
        raised = ("power", "<x:atom>" + superscript(exponent.value))
    return mixed(("power", "<x:atom>^{<y:sum>}"), raised, ("power", "<x:atom>**<y:atom>"))


def transpose(tree: Apply) -> Notation:
    axes = tree.args[1]
    n = len(tree.shape)
    plain = isinstance(axes, Literal) and axes.value is None
    if plain and n == 2 or isinstance(axes, Literal) and axes.value == (*range(n - 2), n - 1, n - 2):
        code = "<a:atom>.T" if n == 2 else f"np.swapaxes(<a:sum>, {n - 2}, {n - 1})"
        return mixed(("power", r"<a:atom>^{\top}"), ("power", "<a:atom>ᵀ"), ("atom", code))
    shown = "" if plain else ", <axes>"
    return every(
        "atom",
        f"np.transpose(<a:sum>{shown})",
        rf"\operatorname{{transpose}}(<a:sum>{shown})",
        f"transpose(<a:sum>{shown})",
    )


def reshape(tree: Apply) -> Notation:
    code = ("atom", "<a:atom>.reshape(<shape>)")
    if [n for n in tree.shape if n != 1] == [n for n in tree.args[0].shape if n != 1]:
        return mixed(("atom", "<a:same>"), ("atom", "<a:same>"), code)
    return mixed(
        ("atom", rf"\operatorname{{reshape}}(<a:sum>, \, {tree.shape})"),
        ("atom", f"reshape(<a:sum>, {tree.shape})"),
        code,
    )


def _axes(tree: Apply) -> str:
    """The letters of the axes that a reduction reduces: i for the first, j for the second."""
    axis, n = tree.args[1], len(tree.args[0].shape)
    value = axis.value if isinstance(axis, Literal) else None
    reduced = range(n) if value is None else [i % n for i in (value if isinstance(value, tuple) else (value,))]
    return ",".join([AXES[i] if i < len(AXES) else str(i) for i in sorted(reduced)])


def _settings(tree: Apply, code: str) -> str:
    """A reduction as code, with the settings that are not the defaults."""
    params, defaults = tree.op.params, tree.op.defaults
    shown = [
        f", {name}=<{name}>"
        for name, arg in zip(params[1:], tree.args[1:])
        if not isinstance(arg, Literal) or arg.value is not defaults[name]
    ]
    return f"{code}(<a:sum>{''.join(shown)})"


def summation(latex: str, unicode: str, code: str) -> Callable[[Apply], Notation]:
    """A large sign with the letters of the axes below it."""

    def write(tree: Apply) -> Notation:
        axes = _axes(tree)
        below, small = (f"_{{{axes}}}", axes.replace(",", "").translate(_SUBSCRIPTS)) if axes else ("", "")
        return mixed(
            ("term", f"{latex}{below} <a:product>"),
            ("term", f"{unicode}{small} <a:product>"),
            ("atom", _settings(tree, code)),
        )

    return write


def statistic(latex: str, unicode: str, code: str) -> Callable[[Apply], Notation]:
    """A function with the letters of the axes as a subscript."""

    def write(tree: Apply) -> Notation:
        axes = _axes(tree) if any(n > 1 for n in tree.shape) else ""
        below, small = (f"_{{{axes}}}", axes.replace(",", "").translate(_SUBSCRIPTS)) if axes else ("", "")
        return mixed(
            ("atom", f"{latex}{below}<a:call>"),
            ("atom", f"{unicode}{small}<a:call>"),
            ("atom", _settings(tree, code)),
        )

    return write


def softmax(tree: Apply) -> Notation:
    axis = tree.args[1]
    last = isinstance(axis, Literal) and axis.value in (-1, len(tree.shape) - 1)
    axes = "" if last else _axes(tree)
    return mixed(
        ("atom", r"\operatorname{softmax}" + (f"_{{{axes}}}" if axes else "") + "<x:call>"),
        ("atom", "softmax" + axes.translate(_SUBSCRIPTS) + "<x:call>"),
        ("atom", "tg.softmax(<x:sum>, axis=<axis>)"),
    )


def getitem(tree: Apply) -> Notation:
    index = tree.args[1]
    code = ("atom", f"<x:atom>[{_subscript(index)}]")
    parts = index.args if isinstance(index, Apply) else ()
    if len(parts) == 2 and _is_count(parts[0]) and len(parts[1].shape) == 1:  # of each row the element at its label
        return mixed(("atom", "<x:letter>_{i, <1>_i}"), ("atom", "<x:atom>[i, <1>ᵢ]"), code)
    if isinstance(index, Literal) and all(
        part is None or part is ... or part == slice(None)
        for part in (index.value if isinstance(index.value, tuple) else (index.value,))
        if not isinstance(part, np.ndarray)
    ):  # new axes only, which broadcasting needs and formulas do not
        return mixed(("atom", "<x:same>"), ("atom", "<x:same>"), code)
    shown = _subscript(index)
    return mixed(
        ("atom", f"<x:letter>_{{{shown.replace('...', chr(92) + 'ldots')}}}"), ("atom", f"<x:atom>[{shown}]"), code
    )


def _is_count(tree: Tree) -> bool:
    return isinstance(tree, Literal) and isinstance(tree.value, np.ndarray)


def _subscript(index: Tree) -> str:
    """What stands between the brackets of x[...]; arrays as fields."""
    if isinstance(index, Apply) and index.op is tuple:
        return ", ".join([_part(arg.value) if _is_plain(arg) else f"<{i}>" for i, arg in enumerate(index.args)])
    if not _is_plain(index):
        return "<index>"
    value = index.value  # type: ignore[union-attr]
    return ", ".join(map(_part, value)) if isinstance(value, tuple) and value else _part(value)


def _is_plain(tree: Tree) -> bool:
    return isinstance(tree, Literal) and not isinstance(tree.value, np.ndarray)


def _part(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
        return ":".join(ends if part.step is None else [*ends, str(part.step)])
    return "..." if part is ... else str(part)


def equality(code: str, latex: str, unicode: str) -> Callable[[Apply], Notation]:
    def write(tree: Apply) -> Notation:
        x, y = tree.args
        if is_apply(x, GETITEM) and _is_count(y):  # is the label of row i the class j?
            return mixed(
                ("relation", f"<label>_i {latex} j"),
                ("relation", f"<label>ᵢ {unicode} j"),
                ("relation", f"<x:sum> {code} <y:sum>"),
            )
        return relation(code, latex, unicode)

    return write


def einsum(tree: Apply) -> Notation:
    subscripts, _ = [arg.value for arg in tree.args[-2:]]  # type: ignore[union-attr]
    operands = ", ".join([f"<{i}>" for i in range(len(tree.args) - 2)])
    latex = subscripts.replace("->", r" \to ")
    return every(
        "atom",
        f'np.einsum("{subscripts}", {operands})',
        rf"\operatorname{{einsum}}_{{{latex}}}({operands})",
        f'einsum("{subscripts}", {operands})',
    )


def concatenate(tree: Apply) -> Notation:
    operands = ", ".join([f"<{i}>" for i in range(len(tree.args) - 1)])
    axis = tree.args[-1].value  # type: ignore[union-attr]
    return every(
        "atom",
        f"np.concatenate(({operands},), axis={axis})",
        rf"\operatorname{{concatenate}}_{{{AXES[axis % len(tree.shape)]}}}({operands})",
        f"concatenate({operands})",
    )
