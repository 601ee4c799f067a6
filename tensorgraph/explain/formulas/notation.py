"""How each op is written: this room's own table, keyed by op. What has no row is written by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...core import OPS, Op
from ...core.registry import numpy_name
from .simplify import DIVIDE, GETITEM, MATMUL, MULTIPLY, POWER, TRANSPOSE, is_apply
from .styles import Form, Notation, superscript
from .tree import Apply, Literal, Tree

AXES = "ijklmn"
_SUBSCRIPTS = str.maketrans(AXES, "ᵢⱼₖₗₘₙ")


def every(level: str, template: str, latex: str | None = None, unicode: str | None = None) -> Notation:
    """Written alike in every style, or but for the sign."""
    return Notation(Form(level, latex or template), Form(level, unicode or latex or template), Form(level, template))


def function(latex: str, unicode: str, code: str, *names: str) -> Notation:
    """A function of arguments in brackets."""
    args = f"<{','.join(names or ('x',))}:call>"
    return Notation(Form("atom", latex + args), Form("atom", unicode + args), Form("atom", code + args))


def mixed(latex: tuple[str, str], unicode: tuple[str, str], code: tuple[str, str]) -> Notation:
    """Written in a way of its own in each style."""
    return Notation(Form(*latex), Form(*unicode), Form(*code))


SAME = ("atom", "<x:same>")


def relation(code: str, latex: str, unicode: str) -> Notation:
    """A comparison; among numbers it is 1 where it holds and 0 elsewhere, and stands in square brackets."""
    return every("relation", f"<x:sum> {code} <y:sum>", f"<x:sum> {latex} <y:sum>", f"<x:sum> {unicode} <y:sum>")


def _multiply(tree: Apply) -> Notation:
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


def _divide(tree: Apply) -> Notation:
    code = ("product", "<x:modular> / <y:factor>")
    if is_apply(tree.args[0], SUM):  # the factor before the sign reads better than a fraction below it
        return mixed(("term", r"\frac{1}{<y:sum>} <x:term>"), ("term", "1/<y:factor> <x:term>"), code)
    return mixed(("factor", r"\frac{<x:sum>}{<y:sum>}"), code, code)


def _power(tree: Apply) -> Notation:
    exponent = tree.args[1]
    raised = ("power", "<x:atom>^<y:atom>")
    if isinstance(exponent, Literal) and isinstance(exponent.value, int) and not isinstance(exponent.value, bool):
        raised = ("power", "<x:atom>" + superscript(exponent.value))
    return mixed(("power", "<x:atom>^{<y:sum>}"), raised, ("power", "<x:atom>**<y:atom>"))


def _transpose(tree: Apply) -> Notation:
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


def _reshape(tree: Apply) -> Notation:
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


def _softmax(tree: Apply) -> Notation:
    axis = tree.args[1]
    last = isinstance(axis, Literal) and axis.value in (-1, len(tree.shape) - 1)
    axes = "" if last else _axes(tree)
    return mixed(
        ("atom", r"\operatorname{softmax}" + (f"_{{{axes}}}" if axes else "") + "<x:call>"),
        ("atom", "softmax" + axes.translate(_SUBSCRIPTS) + "<x:call>"),
        ("atom", "tg.softmax(<x:sum>, axis=<axis>)"),
    )


def _getitem(tree: Apply) -> Notation:
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


def _equality(code: str, latex: str, unicode: str) -> Callable[[Apply], Notation]:
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


def _where() -> Notation:
    cases = r"\begin{cases} <x:sum> & \text{if } <condition:logic> \\ <y:sum> & \text{otherwise} \end{cases}"
    return mixed(
        ("factor", cases),
        ("logic", "<x:sum> if <condition:logic> else <y:sum>"),
        ("atom", "np.where(<condition:logic>, <x:logic>, <y:logic>)"),
    )


def _einsum(tree: Apply) -> Notation:
    subscripts, _ = [arg.value for arg in tree.args[-2:]]  # type: ignore[union-attr]
    operands = ", ".join([f"<{i}>" for i in range(len(tree.args) - 2)])
    latex = subscripts.replace("->", r" \to ")
    return every(
        "atom",
        f'np.einsum("{subscripts}", {operands})',
        rf"\operatorname{{einsum}}_{{{latex}}}({operands})",
        f'einsum("{subscripts}", {operands})',
    )


def _concatenate(tree: Apply) -> Notation:
    operands = ", ".join([f"<{i}>" for i in range(len(tree.args) - 1)])
    axis = tree.args[-1].value  # type: ignore[union-attr]
    return every(
        "atom",
        f"np.concatenate(({operands},), axis={axis})",
        rf"\operatorname{{concatenate}}_{{{AXES[axis % len(tree.shape)]}}}({operands})",
        f"concatenate({operands})",
    )


_NOTATION: dict[Any, Notation | Callable[[Apply], Notation]] = {
    # Arithmetic
    np.add: every("sum", "<x:sum> + <y:sum>"),
    np.subtract: every("sum", "<x:sum> - <y:term>"),
    np.negative: every("negative", "-<x:product>"),
    np.multiply: _multiply,
    np.divide: _divide,
    np.power: _power,
    np.matmul: mixed(
        ("matrix", r"<x:matrix> \, <y:factor>"),
        ("matrix", "<x:matrix> <y:factor>"),
        ("modular", "<x:modular> @ <y:factor>"),
    ),
    np.outer: mixed(
        ("matrix", r"<a:matrix> \, <b:atom>^{\top}"), ("matrix", "<a:matrix> <b:atom>ᵀ"), ("atom", "np.outer<a,b:call>")
    ),
    np.remainder: every(
        "modular", "<x:modular> % <y:factor>", r"<x:factor> \bmod <y:factor>", "<x:factor> mod <y:factor>"
    ),
    np.fmod: function(r"\operatorname{fmod}", "fmod", "np.fmod", "x", "y"),
    np.positive: every("atom", "<x:same>"),
    np.reciprocal: mixed(
        ("factor", r"\frac{1}{<x:sum>}"), ("product", "1 / <x:factor>"), ("product", "1 / <x:factor>")
    ),
    np.square: mixed(("power", "<x:atom>^{2}"), ("power", "<x:atom>²"), ("power", "<x:atom>**2")),
    np.sqrt: mixed(("factor", r"\sqrt{<x:sum>}"), ("factor", "√<x:atom>"), ("atom", "np.sqrt<x:call>")),
    np.cbrt: mixed(("factor", r"\sqrt[3]{<x:sum>}"), ("factor", "∛<x:atom>"), ("atom", "np.cbrt<x:call>")),
    np.absolute: mixed(("atom", r"\left| <x:sum> \right|"), ("atom", "|<x:sum>|"), ("atom", "np.abs<x:call>")),
    np.fabs: mixed(("atom", r"\left| <x:sum> \right|"), ("atom", "|<x:sum>|"), ("atom", "np.fabs<x:call>")),
    np.sign: function(r"\operatorname{sign}", "sign", "np.sign"),
    np.conjugate: mixed(("atom", r"\overline{<x:sum>}"), ("atom", "conj<x:call>"), ("atom", "np.conj<x:call>")),
    np.real: function(r"\operatorname{Re}", "Re", "np.real", "val"),
    np.imag: function(r"\operatorname{Im}", "Im", "np.imag", "val"),
    np.hypot: mixed(
        ("factor", r"\sqrt{<x:atom>^{2} + <y:atom>^{2}}"),
        ("factor", "√(<x:atom>² + <y:atom>²)"),
        ("atom", "np.hypot<x,y:call>"),
    ),
    # Exponentials and logarithms
    np.exp: mixed(("power", "e^{<x:sum>}"), ("atom", "exp<x:call>"), ("atom", "np.exp<x:call>")),
    np.exp2: mixed(("power", "2^{<x:sum>}"), ("power", "2^<x:atom>"), ("atom", "np.exp2<x:call>")),
    np.expm1: mixed(("sum", "e^{<x:sum>} - 1"), ("sum", "exp<x:call> - 1"), ("atom", "np.expm1<x:call>")),
    np.log: function(r"\log", "log", "np.log"),
    np.log2: function(r"\log_{2}", "log₂", "np.log2"),
    np.log10: function(r"\log_{10}", "log₁₀", "np.log10"),
    np.log1p: mixed(("atom", r"\log(1 + <x:sum>)"), ("atom", "log(1 + <x:sum>)"), ("atom", "np.log1p<x:call>")),
    np.logaddexp: mixed(
        ("atom", r"\log(e^{<x:sum>} + e^{<y:sum>})"),
        ("atom", "log(exp<x:call> + exp<y:call>)"),
        ("atom", "np.logaddexp<x,y:call>"),
    ),
    np.logaddexp2: mixed(
        ("atom", r"\log_{2}(2^{<x:sum>} + 2^{<y:sum>})"),
        ("atom", "log₂(2^<x:atom> + 2^<y:atom>)"),
        ("atom", "np.logaddexp2<x,y:call>"),
    ),
    # Trigonometric and hyperbolic
    np.sin: function(r"\sin", "sin", "np.sin"),
    np.cos: function(r"\cos", "cos", "np.cos"),
    np.tan: function(r"\tan", "tan", "np.tan"),
    np.arcsin: function(r"\arcsin", "arcsin", "np.arcsin"),
    np.arccos: function(r"\arccos", "arccos", "np.arccos"),
    np.arctan: function(r"\arctan", "arctan", "np.arctan"),
    np.arctan2: function(r"\operatorname{arctan2}", "arctan2", "np.arctan2", "x", "y"),
    np.sinh: function(r"\sinh", "sinh", "np.sinh"),
    np.cosh: function(r"\cosh", "cosh", "np.cosh"),
    np.tanh: function(r"\tanh", "tanh", "np.tanh"),
    np.arcsinh: function(r"\operatorname{arsinh}", "arsinh", "np.arcsinh"),
    np.arccosh: function(r"\operatorname{arcosh}", "arcosh", "np.arccosh"),
    np.arctanh: function(r"\operatorname{artanh}", "artanh", "np.arctanh"),
    **{
        key: mixed(
            ("product", r"\frac{\pi}{180} \cdot <x:product>"),
            ("product", "π / 180 · <x:product>"),
            ("atom", f"np.{key.__name__}<x:call>"),
        )
        for key in (np.deg2rad, np.radians)
    },
    **{
        key: mixed(
            ("product", r"\frac{180}{\pi} \cdot <x:product>"),
            ("product", "180 / π · <x:product>"),
            ("atom", f"np.{key.__name__}<x:call>"),
        )
        for key in (np.rad2deg, np.degrees)
    },
    # Choices and steps
    np.maximum: function(r"\max", "max", "np.maximum", "x", "y"),
    np.minimum: function(r"\min", "min", "np.minimum", "x", "y"),
    np.fmax: function(r"\max", "max", "np.fmax", "x", "y"),
    np.fmin: function(r"\min", "min", "np.fmin", "x", "y"),
    np.floor: mixed(
        ("atom", r"\left\lfloor <x:sum> \right\rfloor"), ("atom", "⌊<x:sum>⌋"), ("atom", "np.floor<x:call>")
    ),
    np.ceil: mixed(("atom", r"\left\lceil <x:sum> \right\rceil"), ("atom", "⌈<x:sum>⌉"), ("atom", "np.ceil<x:call>")),
    np.trunc: function(r"\operatorname{trunc}", "trunc", "np.trunc"),
    np.greater: relation(">", r"\gt", ">"),
    np.greater_equal: relation(">=", r"\ge", "≥"),
    np.less: relation("<", r"\lt", "<"),
    np.less_equal: relation("<=", r"\le", "≤"),
    np.equal: _equality("==", "=", "="),
    np.not_equal: _equality("!=", r"\ne", "≠"),
    np.bitwise_and: every(
        "logic", "<x:sum> & <y:sum>", r"<x:relation> \land <y:relation>", "<x:relation> ∧ <y:relation>"
    ),
    np.bitwise_or: every(
        "logic", "<x:sum> | <y:sum>", r"<x:relation> \lor <y:relation>", "<x:relation> ∨ <y:relation>"
    ),
    ops.where: _where(),
    # Sums and statistics
    np.sum: summation(r"\sum", "Σ", "np.sum"),
    np.prod: summation(r"\prod", "Π", "np.prod"),
    np.mean: statistic(r"\operatorname{mean}", "mean", "np.mean"),
    np.var: statistic(r"\operatorname{var}", "var", "np.var"),
    np.std: statistic(r"\operatorname{std}", "std", "np.std"),
    np.max: statistic(r"\max", "max", "np.max"),
    np.min: statistic(r"\min", "min", "np.min"),
    "softmax": _softmax,
    "clip": mixed(
        ("atom", r"\operatorname{clip}<a,a_min,a_max:call>"),
        ("atom", "clip<a,a_min,a_max:call>"),
        ("atom", "np.clip<a,a_min,a_max:call>"),
    ),
    # Matrices and elements
    np.transpose: _transpose,
    np.reshape: _reshape,
    np.broadcast_to: mixed(
        ("atom", "<array:same>"), ("atom", "<array:same>"), ("atom", "np.broadcast_to<array,shape:call>")
    ),
    np.astype: mixed(("atom", "<x:same>"), ("atom", "<x:same>"), ("atom", "<x:atom>.astype(<dtype>)")),
    "identity": every("atom", "<x:same>"),
    "getitem": _getitem,
    "einsum": _einsum,
    "concatenate": _concatenate,
}

NOTATION = {OPS[key] if isinstance(OPS.get(key), Op) else key: row for key, row in _NOTATION.items()}
"""How ops are written, by ``Op``, and by NumPy function for those through which no gradient flows."""

BY_NAME = {"pad", "scatter"}
"""The ops of the package that have neither a row here nor a textbook formula: ``name(arguments)`` says it best."""


def notation(tree: Apply, column: str) -> tuple[Form, dict[str, Tree]]:
    """How an application is written in a style, and what its fields are."""
    row = NOTATION.get(tree.op)
    if row is None:
        return _by_name(tree, column), _fields(tree)
    return getattr(row if isinstance(row, Notation) else row(tree), column), _fields(tree)


def _fields(tree: Apply) -> dict[str, Tree]:
    """The arguments by their names and by their places; the parts of an index by their places in it."""
    op, args = tree.op, tree.args
    fields = {str(i): arg for i, arg in enumerate(args)}
    if isinstance(op, Op) and not op.variadic:
        fields |= zip(op.params, args)
    else:
        fields |= zip("ab" if op is np.outer else "xy", args)
    if op is GETITEM and isinstance(args[1], Apply):
        fields |= {str(i): arg for i, arg in enumerate(args[1].args)}
    if op in (np.equal, np.not_equal) and isinstance(args[0], Apply):
        fields["label"] = args[0].args[0]
    return fields


def _by_name(tree: Apply, column: str) -> Form:
    op, defaults, params = tree.op, {}, []
    if op is tuple:
        return Form("atom", f"({', '.join([f'<{i}>' for i in range(len(tree.args))])})")
    if isinstance(op, Op):
        name, code = op.name, f"tg.{op.name}" if getattr(ops, op.name, None) is op else op.name
        params, defaults = op.params, op.defaults
    else:
        name, code = op.__name__, numpy_name(op)
    shown = []
    for i, arg in enumerate(tree.args):
        param = params[i] if i < len(params) and not getattr(op, "variadic", None) else None
        if param in defaults and isinstance(arg, Literal) and arg.value is defaults[param]:
            continue
        shown.append(f"{param}=<{i}>" if column == "code" and param in defaults else f"<{i}>")
    shown += [f"{key}={value!r}" for key, value in tree.keywords if column == "code"]
    title = {"latex": rf"\operatorname{{{name.replace('_', chr(92) + '_')}}}", "unicode": name, "code": code}[column]
    return Form("atom", f"{title}({', '.join(shown)})")
