"""Ways of writing that depend on what an op is applied to: on axes, shapes, indices and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import OPS
from .forms import Notation, every, mixed, relation, superscript
from .simplify import COLUMN, DIVIDE, MATMUL, MULTIPLY, POWER, SUM, TRANSPOSE, is_apply, vector_of
from .tree import Apply, Gradient, Literal, Tree

AXES = "ijklmn"
EXP2 = OPS[np.exp2]
_SUBSCRIPTS = str.maketrans(AXES, "ᵢⱼₖₗₘₙ")


def multiply(tree: Apply) -> Notation:
    x, y = tree.args
    if x.shape and y.shape:
        sign = (r" \odot ", " ⊙ ")
    else:
        sign = (r" \, ", " ") if isinstance(x, Literal) and not _starts_with_number(y) else (r" \cdot ", " · ")
    latex, unicode = [f"<x:modular>{each}<y:product>" for each in sign]
    return every("product", "<x:modular> * <y:product>", latex, unicode)


def _starts_with_number(tree: Tree) -> bool:
    while isinstance(tree, Apply) and tree.op in (MULTIPLY, POWER, MATMUL, DIVIDE, TRANSPOSE):
        tree = tree.args[0]
    return isinstance(tree, Literal) or is_apply(tree, EXP2)


def divide(tree: Apply) -> Notation:
    """A factor before a sum, or after a derivative, reads better than a fraction of fractions."""
    x, y = tree.args
    code = ("product", "<x:modular> / <y:factor>")
    if is_apply(x, SUM) and isinstance(y, Literal):
        return mixed(("term", r"\frac{1}{<y:sum>} <x:term>"), ("term", "1/<y:factor> <x:term>"), code)
    if isinstance(x, Gradient):
        sign = r"\odot" if x.shape and y.shape else r"\cdot"
        return mixed(("product", rf"<x> {sign} \frac{{1}}{{<y:sum>}}"), code, code)
    return mixed(("factor", r"\frac{<x:sum>}{<y:sum>}"), code, code)


def matmul(tree: Apply) -> Notation:
    row = len(tree.args[0].shape) == 1  # textbooks have columns only
    return mixed(
        ("matrix", r"<x:atom>^{\top} \, <y:factor>" if row else r"<x:matrix> \, <y:factor>"),
        ("matrix", "<x:atom>ᵀ <y:factor>" if row else "<x:matrix> <y:factor>"),
        ("modular", "<x:modular> @ <y:factor>"),
    )


def power(tree: Apply) -> Notation:
    exponent = tree.args[1]
    raised = ("power", "<x:atom>^<y:atom>")
    if isinstance(exponent, Literal) and isinstance(exponent.value, int) and not isinstance(exponent.value, bool):
        raised = ("power", "<x:atom>" + superscript(exponent.value))
    return mixed(("power", "<x:atom>^{<y:sum>}"), raised, ("power", "<x:atom>**<y:atom>"))


def transpose(tree: Apply) -> Notation:
    axes, n = tree.args[1], len(tree.shape)
    order = axes.value if isinstance(axes, Literal) else None
    if order is None and n == 2 or order == (*range(n - 2), n - 1, n - 2):
        code = "<a:atom>.T" if n == 2 else f"np.swapaxes(<a:sum>, {n - 2}, {n - 1})"
        return mixed(("power", r"<a:atom>^{\top}"), ("power", "<a:atom>ᵀ"), ("atom", code))
    args = "<a:call>" if order is None else "<a,axes:call>"
    return every("atom", f"np.transpose{args}", rf"\operatorname{{transpose}}{args}", f"transpose{args}")


def reshape(tree: Apply) -> Notation:
    code = ("atom", "<a:atom>.reshape(<shape>)")
    if [n for n in tree.shape if n != 1] == [n for n in tree.args[0].shape if n != 1]:
        return mixed(("atom", "<a:same>"), ("atom", "<a:same>"), code)
    return mixed(("atom", r"\operatorname{reshape}<a,shape:call>"), ("atom", "reshape<a,shape:call>"), code)


def summation(latex: str, unicode: str, code: str) -> Callable[[Apply], Notation]:
    """A large sign with the letters of the axes below it."""

    def write(tree: Apply) -> Notation:
        below, small = _below(_axes(tree))
        return mixed(
            ("term", f"{latex}{below} <a:product>"),
            ("term", f"{unicode}{small} <a:product>"),
            ("atom", _with_settings(tree, code)),
        )

    return write


def statistic(latex: str, unicode: str, code: str) -> Callable[[Apply], Notation]:
    """A function, with the letters of the axes as a subscript if there are others."""

    def write(tree: Apply) -> Notation:
        below, small = _below(_axes(tree) if any(n > 1 for n in tree.shape) else [])
        return mixed(
            ("atom", f"{latex}{below}<a:call>"),
            ("atom", f"{unicode}{small}<a:call>"),
            ("atom", _with_settings(tree, code)),
        )

    return write


def softmax(tree: Apply) -> Notation:
    axes = _axes(tree)
    below, small = _below([] if axes == [len(tree.shape) - 1] else axes)
    return mixed(
        ("atom", rf"\operatorname{{softmax}}{below}<x:call>"),
        ("atom", f"softmax{small}<x:call>"),
        ("atom", _with_settings(tree, "tg.softmax")),
    )


def _axes(tree: Apply) -> list[int]:
    """The axes that an op goes over."""
    axis, n = tree.args[1], len(tree.args[0].shape)
    value = axis.value if isinstance(axis, Literal) else None
    return sorted([i % n for i in (range(n) if value is None else value if isinstance(value, tuple) else (value,))])


def _below(axes: list[int]) -> tuple[str, str]:
    """Letters of axes as a subscript, in LaTeX and in Unicode: i for the first, j for the second."""
    letters = [AXES[i] if i < len(AXES) else str(i) for i in axes]
    return f"_{{{','.join(letters)}}}" if letters else "", "".join(letters).translate(_SUBSCRIPTS)


def _with_settings(tree: Apply, code: str) -> str:
    """An op as code, with the settings that are not the defaults."""
    first, *settings = tree.op.params
    shown = [
        f", {name}=<{name}>"
        for name, arg in zip(settings, tree.args[1:])
        if not isinstance(arg, Literal) or arg.value is not tree.op.defaults[name]
    ]
    return f"{code}(<{first}>{''.join(shown)})"


def getitem(tree: Apply) -> Notation:
    index = tree.args[1]
    parts = index.args if is_apply(index, tuple) else (index,)
    texts = [f"<{i}>" if _is_array(part) else _subscript(part) for i, part in enumerate(parts)]
    shown = ", ".join(texts)
    code = ("atom", f"<x:atom>[{shown}]")
    if len(parts) == 2 and _is_count(parts[0]) and len(parts[1].shape) == 1:  # of each row the element at its label
        return mixed(("atom", "<x:letter>_{i, <1:letter>_i}"), ("atom", "<x:atom>[i, <1:letter>ᵢ]"), code)
    if not set(shown) - set(":., None"):  # new axes only, which broadcasting needs and formulas do not
        return mixed(("atom", "<x:same>"), ("atom", "<x:same>"), code)
    latex = shown.replace("...", r"\ldots")
    return mixed(("atom", f"<x:letter>_{{{latex}}}"), ("atom", f"<x:atom>[{shown}]"), code)


def _is_array(tree: Tree) -> bool:
    return not isinstance(tree, Literal) or isinstance(tree.value, np.ndarray)


def _is_count(tree: Tree) -> bool:
    return isinstance(tree, Literal) and isinstance(tree.value, np.ndarray)


def _subscript(index: Tree) -> str:
    """What stands between the brackets of x[...]."""
    value = index.value if isinstance(index, Literal) else None
    return ", ".join(map(_part, value)) if isinstance(value, tuple) and value else _part(value)


def _part(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
        return ":".join(ends if part.step is None else [*ends, str(part.step)])
    return "..." if part is ... else str(part)


def equality(code: str, latex: str, unicode: str) -> Callable[[Apply], Notation]:
    """A comparison; that of labels with all classes is written as one of a label with one class."""
    plain = relation(code, latex, unicode)

    def write(tree: Apply) -> Notation:
        x, y = tree.args
        if vector_of(x, COLUMN) is None or not _is_count(y):
            return plain
        return mixed(
            ("relation", f"<label:letter>_i {latex} j"), ("relation", f"<label:letter>ᵢ {unicode} j"), plain.code
        )

    return write


def einsum(tree: Apply) -> Notation:
    *operands, subscripts, _optimize, _order = tree.args
    text = subscripts.value if isinstance(subscripts, Literal) else ""
    args = ",".join(map(str, range(len(operands))))
    latex = rf"\operatorname{{einsum}}_{{{text.replace('->', chr(92) + 'to ')}}}<{args}:call>"
    return every("atom", f'np.einsum("{text}", <{args}>)', latex, f'einsum("{text}", <{args}>)')


def concatenate(tree: Apply) -> Notation:
    *arrays, axis, dtype, _ = tree.args
    count = len(arrays)
    args = ",".join(map(str, range(count)))
    cast = "" if isinstance(dtype, Literal) and dtype.value is None else f", dtype=<{count + 1}>, casting=<{count + 2}>"
    along = axis.value % len(tree.shape) if isinstance(axis, Literal) else 0
    below, small = _below([along])
    return every(
        "atom",
        f"np.concatenate([<{args}>], axis={along}{cast})",
        rf"\operatorname{{concatenate}}{below}<{args}:call>",
        f"concatenate{small}<{args}:call>",
    )
