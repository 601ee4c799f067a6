"""How each op is written: this room's own table, keyed by op. What has no row is written by its name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...core import OPS, Op
from ...core.registry import numpy_name
from . import layouts
from .forms import Form, Notation, every, function, mixed, relation
from .names import escaped
from .simplify import GETITEM, is_apply
from .tree import Apply, Literal, Tree

_NOTATION: dict[Any, Notation | Callable[[Apply], Notation]] = {
    # Arithmetic
    np.add: every("sum", "<x:sum> + <y:sum>"),
    np.subtract: every("sum", "<x:sum> - <y:term>"),
    np.negative: every("negative", "-<x:term>"),
    np.multiply: layouts.multiply,
    np.divide: layouts.divide,
    np.power: layouts.power,
    np.matmul: layouts.matmul,
    np.outer: mixed(
        ("matrix", r"<a:matrix> \, <b:atom>^{\top}"), ("matrix", "<a:matrix> <b:atom>ᵀ"), ("atom", "np.outer<a,b:call>")
    ),
    np.remainder: mixed(
        ("choice", r"<x:factor> \bmod <y:factor>"),
        ("choice", "<x:factor> mod <y:factor>"),
        ("choice", "<x:factor> % <y:factor>"),
    ),
    np.fmod: function(r"\operatorname{fmod}", "fmod", "np.fmod", "x", "y"),
    np.reciprocal: mixed(
        ("factor", r"\frac{1}{<x:sum>}"), ("product", "1 / <x:factor>"), ("product", "1 / <x:factor>")
    ),
    np.square: mixed(("power", "<x:atom>^{2}"), ("power", "<x:atom>²"), ("power", "<x:atom>**2")),
    np.sqrt: mixed(("factor", r"\sqrt{<x:sum>}"), ("factor", "√<x:atom>"), ("atom", "np.sqrt<x:call>")),
    np.cbrt: mixed(("factor", r"\sqrt[3]{<x:sum>}"), ("factor", "∛<x:atom>"), ("atom", "np.cbrt<x:call>")),
    np.absolute: mixed(("atom", r"\left| <x:sum> \right|"), ("atom", "|<x:sum>|"), ("atom", "np.abs<x:call>")),
    np.fabs: mixed(("atom", r"\left| <x:sum> \right|"), ("atom", "|<x:sum>|"), ("atom", "np.fabs<x:call>")),
    np.sign: function(r"\operatorname{sign}", "sign", "np.sign"),
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
    np.log1p: mixed(
        ("atom", r"\log\left(1 + <x:sum>\right)"), ("atom", "log(1 + <x:sum>)"), ("atom", "np.log1p<x:call>")
    ),
    np.logaddexp: mixed(
        ("atom", r"\log\left(e^{<x:sum>} + e^{<y:sum>}\right)"),
        ("atom", "log(exp<x:call> + exp<y:call>)"),
        ("atom", "np.logaddexp<x,y:call>"),
    ),
    np.logaddexp2: mixed(
        ("atom", r"\log_{2}\left(2^{<x:sum>} + 2^{<y:sum>}\right)"),
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
    np.greater: relation(">", ">", ">"),
    np.greater_equal: relation(">=", r"\geq", "≥"),
    np.less: relation("<", "<", "<"),
    np.less_equal: relation("<=", r"\leq", "≤"),
    np.equal: layouts.equality("==", "=", "="),
    np.not_equal: layouts.equality("!=", r"\neq", "≠"),
    np.bitwise_and: every(
        "logic", "<x:sum> & <y:sum>", r"<x:relation> \wedge <y:relation>", "<x:relation> ∧ <y:relation>"
    ),
    np.bitwise_or: every(
        "logic", "<x:sum> | <y:sum>", r"<x:relation> \vee <y:relation>", "<x:relation> ∨ <y:relation>"
    ),
    ops.where: mixed(
        ("factor", r"\begin{cases} <x:sum> & \text{if } <condition:logic> \\ <y:sum> & \text{otherwise} \end{cases}"),
        ("choice", "<x:sum> if <condition:logic> else <y:sum>"),
        ("atom", "np.where(<condition:logic>, <x:logic>, <y:logic>)"),
    ),
    # Sums and statistics
    np.sum: layouts.summation(r"\sum", "Σ", "np.sum"),
    np.prod: layouts.summation(r"\prod", "Π", "np.prod"),
    np.mean: layouts.statistic(r"\operatorname{mean}", "mean", "np.mean"),
    np.var: layouts.statistic(r"\operatorname{var}", "var", "np.var"),
    np.std: layouts.statistic(r"\operatorname{std}", "std", "np.std"),
    np.max: layouts.statistic(r"\max", "max", "np.max"),
    np.min: layouts.statistic(r"\min", "min", "np.min"),
    "softmax": layouts.softmax,
    "clip": mixed(
        ("atom", r"\operatorname{clip}<a,a_min,a_max:call>"),
        ("atom", "clip<a,a_min,a_max:call>"),
        ("atom", "np.clip<a,a_min,a_max:call>"),
    ),
    # Matrices and elements
    np.transpose: layouts.transpose,
    np.reshape: layouts.reshape,
    np.broadcast_to: mixed(
        ("atom", "<array:same>"), ("atom", "<array:same>"), ("atom", "np.broadcast_to<array,shape:call>")
    ),
    np.astype: mixed(("atom", "<x:same>"), ("atom", "<x:same>"), ("atom", "<x:atom>.astype(<dtype>)")),
    "getitem": layouts.getitem,
    "einsum": layouts.einsum,
    "concatenate": layouts.concatenate,
    "pad": mixed(
        ("atom", r"\operatorname{pad}<array,widths,value:call>"),
        ("atom", "pad<array,widths,value:call>"),
        ("atom", "np.pad(<array>, <widths>, constant_values=<value>)"),
    ),
}

NOTATION = {OPS[key] if key in OPS and isinstance(OPS[key], Op) else key: row for key, row in _NOTATION.items()}
"""How ops are written, by ``Op``, and by NumPy function for those through which no gradient flows."""


def notation(tree: Apply, column: str) -> tuple[Form, dict[str, Tree]]:
    """How an application is written in a style, and what its fields are: without a row, ``name(arguments)``."""
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
    if op is GETITEM:
        index = args[1]
        fields |= {str(i): arg for i, arg in enumerate(index.args if is_apply(index, tuple) else (index,))}
    if op in (np.equal, np.not_equal) and isinstance(args[0], Apply):
        fields["label"] = args[0].args[0]
    return fields


def _by_name(tree: Apply, column: str) -> Form:
    op = tree.op
    defaults: dict[str, Any] = {}
    params: list[str] = []
    by_keyword: set[str] = set()
    if op is tuple:
        name = code = ""
    elif isinstance(op, Op):
        name = re.sub(r"\W", "", op.name)
        key = next((key for key, value in OPS.items() if value is op), name)
        code = f"tg.{name}" if getattr(ops, name, None) is op else numpy_name(key) if callable(key) else name
        params, defaults = op.frame_names(len(tree.args))[: len(tree.args)], op.defaults
        by_keyword = {*defaults} if not op.variadic else {*op.params} - {op.variadic}
    else:
        name, code = op.__name__, numpy_name(op)
    shown = [
        str(i)
        for i, (arg, param) in enumerate(itertools.zip_longest(tree.args, params))
        if param not in defaults or not isinstance(arg, Literal) or arg.value is not defaults[param]
    ]
    if column == "code":
        named = [
            f"{param}=<{i}>" if param in by_keyword else f"<{i}>"
            for i, param in itertools.zip_longest(shown, [params[int(i)] for i in shown if params])
        ]
        named += [f"{key}={value!r}" for key, value in tree.keywords]
        first = "[0]" if isinstance(op, Op) and op.aux else ""  # of several results, the one with a gradient
        return Form("atom", f"{code}({', '.join(named)}){first}")
    title = rf"\operatorname{{{escaped(name)}}}" if column == "latex" and name else name
    return Form("atom", f"{title}<{','.join(shown)}:call>")
