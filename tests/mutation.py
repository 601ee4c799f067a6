"""Mutation testing of the backward rules: break each of them in every way, and see that the checks notice.

Run it as a program: ``python tests/mutation.py``, with names of ops to look at those only. Each rule's source is found
through its code object and changed in one place at a time: a sign, a factor, a term dropped, operands swapped, another
axis, another comparison ... The changed rule takes the place of the right one while ``check_op`` runs on the op, and
then those points of ``test_singular_points`` that the op has a part in. A mutant that no check notices survives. The
helpers that rules call, and the engine's own treatment of gradients, are broken in the same way.
"""

import ast
import copy
import dis
import inspect
import sys
import textwrap
import time
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from os.path import commonprefix
from pathlib import Path
from typing import Any

import pytest
import scipy.special  # noqa: F401 - so that its functions are among the ops
from test_linalg import PROOFS
from test_singular_points import POINTS, check_point

import tensorgraph.ops  # noqa: F401 - fills the registry
from tensorgraph.config import Observer, observing
from tensorgraph.core import OPS, Op
from tensorgraph.errors import GradientCheckError
from tensorgraph.testing import KINDS, check_op

ALL_OPS = [entry for entry in OPS.values() if isinstance(entry, Op)]
ENOUGH = 0.99


# Finding sources


@cache
def tree_of(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def source_of(function: types.FunctionType) -> ast.AST:
    """The part of its file's syntax tree that a function or a lambda was compiled from."""
    code = function.__code__
    extents = set(code.co_positions())  # of the expressions in it, the whole body of a lambda among them
    for part in ast.walk(tree_of(code.co_filename)):
        if isinstance(part, ast.FunctionDef) and part.name == code.co_name:
            first = min([part.lineno, *[d.lineno for d in part.decorator_list]])
            if first == code.co_firstlineno:
                return part
        elif isinstance(part, ast.Lambda) and code.co_name == "<lambda>" and _extent(part.body) in extents:
            return part
    raise LookupError(f"no source of {function.__qualname__} in {code.co_filename}")


def _extent(part: ast.expr) -> tuple:
    return part.lineno, part.end_lineno, part.col_offset, part.end_col_offset


def compiled(source: ast.AST, original: types.FunctionType) -> types.FunctionType:
    """A function from changed source, in the module of the original. If it calls itself, it calls the changed one."""
    closure = [cell.cell_contents for cell in original.__closure__ or ()]
    scope = dict(original.__globals__) | dict(zip(original.__code__.co_freevars, closure))
    if isinstance(source, ast.Lambda):
        tree = ast.fix_missing_locations(ast.Expression(source))
        return eval(compile(tree, "<mutant>", "eval"), scope)
    source.decorator_list = []
    exec(compile(ast.fix_missing_locations(ast.Module([source], [])), "<mutant>", "exec"), scope)
    return scope[source.name]


# Breaking them

OTHER_OPERATOR = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.Mod: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
OTHER_COMPARISONS = {
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
OTHER_FUNCTION = {
    "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "exp": "expm1", "exp2": "exp", "log": "log1p",
    "floor": "ceil", "trunc": "floor", "sign": "abs", "sqrt": "square", "max": "sum", "min": "sum", "sum": "mean",
    "maximum": "minimum", "minimum": "maximum", "ones_like": "zeros_like", "zeros_like": "ones_like",
}  # fmt: skip
DROPPED_METHODS = {"reshape", "transpose", "swapaxes", "conj", "sum", "astype"}


def changes(part: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    """What one expression can be replaced with; ``names`` are the parameters of the function that it is in."""
    match part:
        case ast.BinOp(left, operator, right):
            yield left
            yield right
            if type(operator) in OTHER_OPERATOR:
                yield ast.BinOp(left, OTHER_OPERATOR[type(operator)](), right)
            if isinstance(operator, ast.Sub | ast.Div | ast.Pow | ast.MatMult):
                yield ast.BinOp(right, operator, left)
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.Compare(left, [operator], right):
            for other in OTHER_COMPARISONS.get(type(operator), ()):
                yield ast.Compare(left, [other()], right)
        case ast.IfExp(_, body, otherwise):
            yield body
            yield otherwise
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Attribute(value, "T"):
            yield value
        case ast.Name(name, ast.Load()) if name in names:
            yield from (ast.Name(other, ast.Load()) for other in names if other != name)
        case ast.Tuple(parts, ast.Load()) if len(parts) > 1:
            yield ast.Tuple([*parts[1:], parts[0]], ast.Load())
        case ast.Call(function, arguments, keywords):
            yield from changed_calls(function, arguments, keywords)


def changed_calls(function: ast.expr, arguments: list, keywords: list) -> Iterator[ast.AST]:
    name = function.attr if isinstance(function, ast.Attribute) else ""
    if name in OTHER_FUNCTION:
        other = ast.Attribute(function.value, OTHER_FUNCTION[name], ast.Load())
        yield ast.Call(other, arguments, keywords)
    if name in DROPPED_METHODS:
        yield function.value
    else:
        yield from (a for a in arguments[:1] if not isinstance(a, ast.Starred))  # the function dropped
    if len(arguments) > 1:
        yield ast.Call(function, [*arguments[1:], arguments[0]], keywords)
    for i in range(len(keywords)):
        yield ast.Call(function, arguments, keywords[:i] + keywords[i + 1 :])


def changed_results(source: ast.FunctionDef | ast.Lambda) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each result with another sign, and with another factor."""
    results = [source.body] if isinstance(source, ast.Lambda) else [
        part.value for part in ast.walk(source) if isinstance(part, ast.Return)
    ]  # fmt: skip
    for result in results:
        for each in result.elts if isinstance(result, ast.Tuple | ast.List) else [result]:
            yield each, ast.UnaryOp(ast.USub(), each)
            yield each, ast.BinOp(each, ast.Mult(), ast.Constant(1.001))


@dataclass(frozen=True)
class Mutant:
    """A function changed in one place."""

    change: str
    function: types.FunctionType


def mutants_of(function: types.FunctionType, title: str) -> Iterator[Mutant]:
    """Every mutant of a function, each once."""
    source = source_of(function)
    names = [a.arg for a in source.args.args]
    statements = source.body if isinstance(source.body, list) else [source.body]
    computing = [part for s in statements if not _refuses(s) for part in ast.walk(s)]
    seen = {text := ast.unparse(source)}
    for old, new in [*((part, new) for part in computing for new in changes(part, names)), *changed_results(source)]:
        changed = _Replace(old, new).visit(copy.deepcopy(source, {id(old): old}))
        if (after := ast.unparse(changed)) in seen:
            continue
        seen.add(after)
        lines = [line for line in zip(text.splitlines(), after.splitlines(), strict=True) if line[0] != line[1]]
        yield Mutant(f"{title}: {_difference(*lines[0])}", compiled(changed, function))


def _difference(was: str, now: str) -> str:
    """How a line changed, between a little of what stands to either side."""
    start = len(commonprefix([was, now]))
    end = len(commonprefix([was[: start - 1 : -1], now[: start - 1 : -1]]))
    old, new = (line[start : len(line) - end] for line in (was, now))
    return f"{was[max(0, start - 20) : start].lstrip()}[{old} -> {new}]{was[len(was) - end :][:20]}"


def _refuses(statement: ast.AST) -> bool:
    """Whether a statement only raises an error, which says nothing of gradients."""
    return isinstance(statement, ast.If) and all(isinstance(part, ast.Raise) for part in statement.body)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, part: ast.AST) -> ast.AST:
        return copy.deepcopy(self.new) if part is self.old else self.generic_visit(part)


# Where to break them


@dataclass
class Target:
    """A function to break, and the rules that run it: ops, and the inputs that each rule is for."""

    title: str
    function: types.FunctionType
    uses: list[tuple[Op, tuple[str, ...]]] = field(default_factory=list)


def rules_of(op: Op) -> list[Target]:
    """The rules of an op."""
    return [
        Target(f"{op.name}: {' and '.join(inputs)}", rule, [(op, inputs)]) for inputs, (rule, _) in op.rules.items()
    ]


def helpers_of(ops: list[Op]) -> list[Target]:
    """The functions that rules call, each once, with all rules that reach it."""
    found: dict[types.FunctionType, Target] = {}
    for op in ops:
        for inputs, (rule, _) in op.rules.items():
            for helper in reached(rule) - {rule}:
                target = found.setdefault(helper, Target(helper.__name__, helper))
                target.uses.append((op, inputs))
    return list(found.values())


def callees(function: types.FunctionType) -> dict[str, types.FunctionType]:
    """The functions of ``tensorgraph.ops`` that a function names."""
    codes, names = [function.__code__], set()
    for code in codes:
        names.update(i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL")
        codes.extend(c for c in code.co_consts if isinstance(c, types.CodeType))
    named = {name: function.__globals__.get(name) for name in sorted(names)}
    return {
        name: value
        for name, value in named.items()
        if isinstance(value, types.FunctionType) and value.__module__.startswith("tensorgraph.ops")
    }


def reached(function: types.FunctionType) -> set[types.FunctionType]:
    """A function, and all that it calls, directly or not."""
    found, waiting = {function}, [function]
    while waiting:
        for callee in set(callees(waiting.pop()).values()) - found:
            found.add(callee)
            waiting.append(callee)
    return found


def with_callee(function: types.FunctionType, old: types.FunctionType, new: types.FunctionType) -> types.FunctionType:
    """The same function, where calls of ``old``, direct or not, are calls of ``new``."""
    if function is old:
        return new
    if old not in reached(function):
        return function
    scope = dict(function.__globals__)
    copied = types.FunctionType(
        function.__code__, scope, function.__name__, function.__defaults__, function.__closure__
    )
    for name, callee in callees(function).items():
        scope[name] = copied if callee is function else with_callee(callee, old, new)
    return copied


# Looking whether anyone notices


@contextmanager
def in_place(op: Op, inputs: tuple[str, ...], rule: Callable) -> Iterator[None]:
    """The op with another rule for these inputs."""
    right = op.rules[inputs]
    op.rules[inputs] = rule, right[1]
    op.plans.clear()
    try:
        yield
    finally:
        op.rules[inputs] = right
        op.plans.clear()


OF_MATRICES = {"decompositions", "determinants", "singular_values", "solving", "spectra"}  # files of ops


class _Met(Observer):
    """The ops that run."""

    def __init__(self) -> None:
        self.ops: set = set()

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        self.ops.add(op)


def points_by_op() -> dict[Any, list[tuple]]:
    """For each op, the singular points whose functions run it."""
    found: dict[Any, list[tuple]] = {}
    for point in POINTS:
        met = _Met()
        with observing(met):
            check_point(*point)
        for op in met.ops:
            found.setdefault(op, []).append(point)
    return found


POINTS_OF = points_by_op()


def noticed_by(op: Op) -> str | None:
    """The first check that finds fault with an op."""
    for kind in ("first order", "second order", *KINDS):
        try:
            check_op(op, kind)
        except GradientCheckError:
            return kind
    for point in POINTS_OF.get(op, ()):
        try:
            check_point(*point)
        except Exception:
            return "singular points"
    of_matrices = op.__module__.rpartition(".")[2] in OF_MATRICES
    for name, prove in PROOFS.items() if of_matrices else ():
        try:
            prove()
        except (Exception, pytest.fail.Exception):
            return name
    return None


def killer_of(mutant: Mutant, target: Target) -> str | None:
    """The check that notices a mutant of a target's function, in any op that runs it."""
    for op, inputs in target.uses:
        rule = with_callee(op.rules[inputs][0], target.function, mutant.function)
        with in_place(op, inputs, rule):
            if killer := noticed_by(op):
                return killer
    return None


# The engine's part, broken by hand

ENGINE = [  # where; what it says, and what it says instead; what that is
    ("propagate._fit", "if d.shape != shape:", "if False:", "no un-broadcasting"),
    ("propagate._fit", "stretched = [k for", "stretched = [0 * k for", "sums over the wrong axis"),
    ("propagate._fit", "d = d.sum(axis=0 if", "d = d.mean(axis=0 if", "averages over new axes"),
    ("propagate._fit", "if d.dtype != parent.dtype:", "if False:", "no cast back over a promotion"),
    ("propagate._propagate", "grads[parent] = grads[parent] + d", "grads[parent] = d", "no accumulation"),
    ("propagate._propagate", "(-parent.serial, parent)", "(parent.serial, parent)", "oldest nodes first"),
    ("propagate._as_tensors", "= wrap(value, origin)", "= wrap(value)", "constant inputs"),
    ("propagate._as_tensors", "= wrap(value, node)", "= wrap(value)", "constant outputs"),
    ("propagate._as_tensors", "*[values[i] for", "*[plain(values[i]) for", "constant residuals"),
    ("op.Op.__call__", "if odd:", "if False:", "NumPy scalars widen dtypes"),
    ("plan.Plan.__init__", "place += 1", "pass", "joint rules give every input the first gradient"),
]


@contextmanager
def broken(where: str, old: str, new: str) -> Iterator[None]:
    """The engine with one change in one function. Raises LookupError when the function does not read like that."""
    module, *path, name = where.split(".")
    owner = import_module(f"tensorgraph.core.{module}")
    scope = dict(vars(owner))
    for part in path:
        owner = getattr(owner, part)
    right = getattr(owner, name, None)
    source = textwrap.dedent(inspect.getsource(right)) if right else ""
    if source.count(old) != 1:
        raise LookupError(f"tensorgraph.core.{where} does not say {old!r} once: change the table ENGINE")
    exec(compile(source.replace(old, new), "<mutant>", "exec"), scope)
    setattr(owner, name, scope[name])
    for op in ALL_OPS:
        op.plans.clear()
    try:
        yield
    finally:
        setattr(owner, name, right)
        for op in ALL_OPS:
            op.plans.clear()


def killer_of_engine_mutant(where: str, old: str, new: str, ops: list[Op]) -> str | None:
    """The first of these ops whose checks notice a change in the engine, and the check."""
    with broken(where, old, new):
        return next((f"{op.name}: {killer}" for op in ops if (killer := noticed_by(op))), None)


# What cannot be noticed, because it computes the same

EQUIVALENT = {
    "two functions of the same sign": [
        "i1e: x: , x)) / 2 - np.sign([x -> out]) * out)",
    ],
    "leading axes of length one, which the engine takes off": [
        "setitem: value: part.reshape((1,) * [(len(value_shape) - part.ndim -> len(value_shape]) + part.shape)",
        "setitem: value: * (len(value_shape) [- -> +] part.ndim) + part.s",
    ],
    "a power series that starts from the identity, of the shape of x or of one matrix": [
        "_by_polynomials: power = eye[ + 0 * x -> ]",
        "_by_polynomials: power = eye [+ -> -] 0 * x",
        "_by_polynomials: power = eye + 0[ * x -> ]",
    ],
    "the matrices are square, or the axes change places": [
        "eigen: a: n = a_shape[[- -> ]1]",
        "eigen: a: n = a_shape[-[1 -> 2]]",
        "expm: a: n = a.shape[[- -> ]1]",
        "expm: a: n = a.shape[-[1 -> 2]]",
        "lower_half: x * (np.tri(x.shape[[- -> ]1], k=-1, dtype=x.dt",
        "lower_half: * (np.tri(x.shape[-[1 -> 2]], k=-1, dtype=x.dty",
        "eye_like: turn np.eye(x.shape[[- -> ]1], dtype=x.dtype, l",
        "eye_like: urn np.eye(x.shape[-[1 -> 2]], dtype=x.dtype, li",
        "_by_polynomials: n = x.shape[[- -> ]1]",
        "_by_polynomials: n = x.shape[-[1 -> 2]]",
        "_by_blocks: k = a.shape[[- -> ]1] - int(small.sum(a",
        "_by_blocks: k = a.shape[-[1 -> 2]] - int(small.sum(ax",
        "_beyond_rounding: rm(plain(x), axis=(-[2, -1 -> 1, -2])) for x in (part, g",
        "cofactors: rm(plain(x), axis=(-[2, -1 -> 1, -2])) for x in (a, inve",
        "cofactors: (-2, -1)) for x in ([a, inverse -> inverse, a])]",
        "cofactors: rse = np.linalg.inv([a -> determinant])",
    ],
    "both have the same length": [
        "batchnorm: x and gamma and beta: n = len([g -> xhat])",
        "batchnorm_grad: n = len([g -> xhat])",
        "softmax_loss: scores: lities)) * (g / len([probabilities -> y]))",
        "svm_loss: scores: s=True)) * (g / len([margins -> y]))",
    ],
    "both have the same dtype, and the shape that is needed": [
        "extreme_where: a and initial: rt = initial.astype([out -> g].dtype) if hasattr(i",
        "extreme_where: a and initial: rt = initial.astype([out -> a].dtype) if hasattr(i",
        "extreme_where: a and initial: eepdims=True, dtype=[g -> a].dtype) + of_initial",
        "extreme_where: a and initial: eepdims=True, dtype=[g -> out].dtype) + of_initial",
        "cumprod: a: x in (g, a.reshape([out -> g].shape), out))",
        "cumprod: a: enate([np.ones_like([out -> g][..., :1]), out[...,",
        "cumprod: a: enate([np.ones_like([out -> a][..., :1]), out[...,",
        "_discounted: n = [g -> a].shape[-1]",
        "itstruve0: x: cial.struve(like(0, [x -> g]), x)",
        "itmodstruve0: x: l.modstruve(like(0, [x -> g]), x)",
        "it2struve0: x: cial.struve(like(0, [x -> g]), x) / x)",
        "_last_written: er = np.empty_like(x[, dtype=np.int64 -> ])",
        "signed_log_of_det: a: if [a -> g].dtype.kind == 'c':",
        "signed_log_of_det: a: if [a -> out].dtype.kind == 'c':",
        "expm: a: n = [a -> g].shape[-1]",
        "expm: a: nate([np.zeros_like([a -> g]), a], axis=-1)",
        "least_squares: a and b: if [b -> g].ndim == 1:",
        "least_squares: a and b: if [b -> out].ndim == 1:",
        "refuse_rest: turned = [plain(turned) -> turned]",
        "_beyond_rounding: e = (np.linalg.norm([plain(x) -> x], axis=(-2, -1)) for",
        "cofactors: s = [np.linalg.norm([plain(x) -> x], axis=(-2, -1)) for",
        "inverse_gaps: equal = abs([plain(gaps) -> gaps]) <= rounding_of(val",
        "inverse_gaps: used = abs([plain(turned) -> turned])",
        "rounding_of: values = [plain(values) -> values]",
        "_divided: zero = [plain(sizes) -> sizes] <= rounding_of(s)[.",
        "singular: a: _gaps('svd', s, abs([plain(of_u) -> of_u]) + abs(plain(of_v))",
        "singular: a: (plain(of_u)) + abs([plain(of_v) -> of_v]), EQUAL)",
        "sign: x: eturn np.zeros_like([g -> x])",
        "sign: x: eturn np.zeros_like([g -> out])",
        "sign: x: if [x -> g].dtype.kind != 'c':",
        "sign: x: if [x -> out].dtype.kind != 'c':",
        "imag: val: else np.zeros_like([g -> val])",
        "i0: x: (POINTS, like=plain([x -> g])) + 0.5",
        "i0: x: TS * halves).astype([x -> g].dtype)",
        "power: y: = x + np.zeros_like([out -> g])",
        "power: y: = x + np.zeros_like([out -> y])",
        "svm_loss: scores: margins > 0).astype([g -> margins].dtype)",
        "max: a: hape, axis)).astype([g -> a].dtype)",
        "max: a: hape, axis)).astype([g -> out].dtype)",
        "min: a: hape, axis)).astype([g -> a].dtype)",
        "min: a: hape, axis)).astype([g -> out].dtype)",
    ],
    "zero times anything, added or taken off, is zero": [
        "xlogy: y: / np.where(x == 0, [1 -> 2], y))",
        "xlog1py: y: / np.where(x == 0, [1 -> 2], 1 + y))",
        "rel_entr: y: / np.where(x == 0, [1 -> 2], y))",
        "kl_div: y: / np.where(x == 0, [1 -> 2], y))",
        "p_norm: x: = (out != 0) / (out [+ -> -] (out == 0))",
        "sign: x: return [ -> -]np.zeros_like(g)",
        "sign: x: urn np.zeros_like(g)[ ->  * 1.001]",
        "copysign: y: lambda g: [ -> -]np.zeros_like(g)",
        "copysign: y: g: np.zeros_like(g)[ ->  * 1.001]",
        "heaviside: x: lambda g: [ -> -]np.zeros_like(g)",
        "heaviside: x: g: np.zeros_like(g)[ ->  * 1.001]",
        "nextafter: y: lambda g: [ -> -]np.zeros_like(g)",
        "nextafter: y: g: np.zeros_like(g)[ ->  * 1.001]",
        "radius: return distance [+ -> -] (distance == 0)",
        "radius: return [distance + (distance == 0 -> -(distance + (distance == 0)]",
        "apart: ite = np.where(tie, [0 -> 1], x)",
        "apart: ite = np.where(tie, [0 -> -1], x)",
        "sign: x: 0) * 0.5 / (radius [+ -> -] (radius == 0)))",
        "power: y: base = x [+ -> -] np.zeros_like(out)",
        "hypot: x: out: g * (x / (out [+ -> -] (out == 0)))",
        "hypot: x: t: g * (x / (out + ([out -> x] == 0)))",
        "hypot: y: out: g * (y / (out [+ -> -] (out == 0)))",
        "hypot: y: t: g * (y / (out + ([out -> y] == 0)))",
        "std: a: ed.conj() / (spread [+ -> -] (spread == 0)))",
    ],
    "the bias in front of a batch normalization has gradient 0": [
        "affine_batchnorm_relu: weight and bias and gamma and beta: rn (rows(x).T @ dz, [ -> -]dz, dgamma, dbeta)",
        "affine_batchnorm_relu: weight and bias and gamma and beta: (rows(x).T @ dz, dz[ ->  * 1.001], dgamma, dbeta)",
    ],
    "the shorter way for one number of repeats computes what the other one does": [
        "repeat: a: np.size(repeats) == [1 -> 2]:",
        "repeat: a: if np.size([repeats -> g]) == 1:",
        "repeat: a: if np.size([repeats -> a_shape]) == 1:",
    ],
    "symmetric in its arguments": [
        "kv: z: a g, v, z: -g * (kv([v - 1 -> 1 - v], z) + kv(v + 1, z))",
        "kn: x: a g, n, x: -g * (kv([n - 1 -> 1 - n], x) + kv(n + 1, x))",
        "kve: z: (out - (special.kve([v - 1 -> 1 - v], z) + special.kve(v",
        "huber: delta: , r: g * np.maximum([np.abs(r) - delta, 0 -> 0, np.abs(r) - delta])",
        "pseudo_huber: r: : g * (r / np.hypot([1, r / delta -> r / delta, 1]))",
        "radius: return [distance + (distance == 0 -> -(distance + (distance == 0)])",
        "arctan2: x: dius(x, y) / radius([x, y -> y, x]))",
        "arctan2: x: y: g * (y / radius([x, y -> y, x]) / radius(x, y))",
        "arctan2: y: dius(x, y) / radius([x, y -> y, x]))",
        "arctan2: y: y: -g * (x / radius([x, y -> y, x]) / radius(x, y))",
        "radius: distance = np.hypot([x, y -> y, x])",
        "apart: tie = np.isinf([x -> y]) & (x == y)",
        "i0: x: cosines = np.[cos -> sin](math.pi / 2 / POINT",
        "i0: x: = np.cos(math.pi / [2 /  -> ]POINTS * halves).ast",
        "i0: x: es = np.cos(math.pi [/ -> *] 2 / POINTS * halves",
        "i0: x: = np.cos(math.pi / [2 -> 1] / POINTS * halves).",
        "adjoint: return x.swapaxes(-[1, -2 -> 2, -1]).conj()",
        "transposed: return x.swapaxes(-[1, -2 -> 2, -1])",
        "qr_factors: a: k = min([m, n -> n, m])",
        "_qr_shapes: 'complete' else min([m, n -> n, m])",
        "_shapes: k = min([m, n -> n, m])",
        "_by_polynomials: product = [x @ power -> power @ x]",
        "_by_polynomials: sign * diagonal_of([x @ power -> power @ x]).sum(axis=-1) / n)",
        "clip: a_max: ne else np.maximum(a[, a_min -> _min, a])) > a_max)",
        "_t: 2 else x.swapaxes(-[1, -2 -> 2, -1])",
        "tile: A: ndim = max(len([A_shape), len(reps -> reps), len(A_shape]))",
    ],
    "two ways that agree to rounding, up to beyond where one takes over": [
        "fmod: y: g, x, y, out: -g * [np.rint -> ]((x - out) / y)",
        "sinc: x: near = np.abs(x) <[ -> =] 0.5",
        "sinc: x: near = np.abs(x) < [0 -> 1].5",
        "sinc: x: for k in range(1[2 -> 3], -1, -1):",
        "sinc: x: for k in range(1[2 -> 1], -1, -1):",
    ],
    "the number is overwritten, or not looked at": [
        "p_norm: x: inverse = ([out -> x] != 0) / (out + (out",
        "p_norm: x: out != 0) / (out + ([out -> x] == 0))",
        "p_norm: x: = np.where(x == 0, [1 -> 2], abs(x) * inverse)",
        "_last_written: return [winner[index] == number -> (winner[index] == number) * 1.001]",
        "sinc: x: (np.where(near, x, [0 -> 1]), np.where(near, 1,",
        "sinc: x: (np.where(near, x, [0 -> -1]), np.where(near, 1,",
        "sinc: x: 0), np.where(near, [1 -> 2], x))",
        "inverse_gaps: 1 / np.where(equal, [1 -> 2], gaps))",
        "_divided: x / np.where(zero, [1 -> 2], sizes))",
        "p_norm: x: share = np.where(x == 0, [1 -> 2], abs(x) * inverse)",
        "_size_of: return int([(packed.shape[-1] + 0.25) -> packed.shape[-1]] ** 0.5)",
        "power: y: .log(np.where(flat, [1 -> 2], base)))",
        "_inverse: inverse = [[0 -> 1]] * len(axes)",
        "_inverse: inverse = [[0 -> -1]] * len(axes)",
    ],
    "the axis has length 1": [
        "matvec: y: g[..., None])[..., [0 -> -1]]",
        "vecmat: x: g[..., None])[..., [0 -> -1]].conj()",
        "solve: a and b: , None, :], db[..., [0 -> -1]])",
        "least_squares: a and b: return (da, db[:, [0 -> -1]])",
        "matmul: x: e, :] @ _t(y))[..., [0 -> -1], :]",
        "matmul: y: g[..., None])[..., [0 -> -1]]",
    ],
    "a shortcut for speed: the general way gives the same": [
        "qr_factors: a: if n >[ -> =] k:",
        "qr_factors: a: return [(d if n == k else np.concatenate([d, q @ gr[..., k:]], axis=-1)"
        " -> np.concatenate([d, q @ gr[..., k:]], axis=-1]).conj()",
        "singular: a: if a_shape[-2] >[ -> =] k:",
        "singular: a: if a_shape[-1] >[ -> =] k:",
        "without_rest: if not rest.shape[[- -> ]1]:",
        "without_rest: if not rest.shape[-[1 -> 2]]:",
        "p_norm: x: if p == [2 -> 1]:",
        "p_norm: x: if [p -> axis] == 2:",
        "_fitted: if more == [0 -> 1]:",
        "_fitted: if more <[ -> =] 0:",
        "einsum: operands: np.broadcast_shapes([d.shape, operan -> operand.shape, ]d.shape)",
        "cofactors: es[1] * _cutoff(a) >[ -> =] 1).any():",
        "cofactors: s[1] * _cutoff(a) > [1 -> 2]).any():",
        "cofactors: s[1] * _cutoff(a) > [1 -> 0]).any():",
        "cofactors: sizes[1] * _cutoff([a -> determinant]) > 1).any():",
        "matmul: y: pe) == 2 and x.ndim [> -> <] 2:",
        "matmul: y: if [len(y_shape) -> y_shape] == 2 and x.ndim > 2",
        "matmul: y: if len(y_shape) == [2 -> 1] and x.ndim > 2:",
        "matmul: y: ) == 2 and x.ndim > [2 -> 3]:",
        "matmul: y: n(y_shape) == 2 and [x -> g].ndim > 2:",
        'einsum: operands: {found}", g, *others[, optimize=optimize -> ])',
        "rows: return x[ if x.ndim == 2 else x -> ].reshape((len(x), -1",
        "rows: turn x if x.ndim == [2 -> 1] else x.reshape((len",
        "_t: return x.[T if x.ndim == 2 else x. -> ]swapaxes(-1, -2)",
        "_t: rn x.T if x.ndim == [2 -> 1] else x.swapaxes(-1,",
    ],
    "NumPy takes one for the other: a list for a tuple, any negative length for -1": [
        "einsum: operands: alone = [tuple([i for i, c in enumerate(own) if c not in known])"
        " -> [i for i, c in enumerate(own) if c not in known]]",
        "_inverse: return [tuple(inverse) -> inverse]",
        "axes_of: return [tuple(range(ndim) -> range(ndim])",
        "axes_of: return [tuple([i % ndim for i in (axis if isinstance(axis, tuple) else (axis,))])"
        " -> [i % ndim for i in (axis if isinstance(axis, tuple) else (axis,))]]",
        "rows: -1) if len(x) else ([0 -> -1], _width(x)))",
        "rows: x.reshape((len(x), -[1 -> 2]) if len(x) else (0,",
    ],
    "arrays of one kind; a tensor only while a step is captured, which other tests look at": [
        "setitem: value: if not is_basic([plain(index) -> index]):",
        "setitem: value: where(_last_written([plain(g) -> g], plain(index)), par",
        "setitem: value: t_written(plain(g), [plain(index) -> index]), part, 0)",
        "_count_to: n np.arange(n, like=[plain(y) -> y])",
        "one_hot: to(scores.shape[1], [y -> scores])",
    ],
}
"""Mutants that no check could kill, by the reason. A change is shown as [was -> is] between what stands beside it."""

# The report


def survivors_of(target: Target) -> tuple[str, int, list[str]]:
    """The title of a target, how many mutants it has, and those that no check notices."""
    mutants = list(mutants_of(target.function, target.title))
    return target.title, len(mutants), [m.change for m in mutants if killer_of(m, target) is None]


def in_parallel(function: Callable, items: list) -> Iterator:
    """The function of each item, in processes of their own, in order. They are forked: nothing but results is sent."""

    def at(index: int) -> Any:
        return function(items[index])

    with get_context("fork").Pool(initializer=_take, initargs=(at,)) as pool:
        yield from pool.imap(_at, range(len(items)))


def _take(at: Callable) -> None:
    global _chosen
    _chosen = at


def _at(index: int) -> Any:
    return _chosen(index)


def main(names: list[str]) -> int:
    """Break everything, or the ops named; print what survived. Gives 0 when enough was noticed."""
    warnings.simplefilter("error")  # as in the tests
    start = time.perf_counter()
    ops = [op for op in ALL_OPS if not names or op.name in names]
    targets = [target for op in ops for target in rules_of(op)] + helpers_of(ops)
    for op, fault in zip(ops, in_parallel(noticed_by, ops)):
        assert fault is None, f"{op.name} fails a check as it is: {fault}"
    survivors, total, equivalent = [], 0, set()
    known = {change for group in EQUIVALENT.values() for change in group}
    print(f"{'rule or helper':<40} {'mutants':>8} {'killed':>7} {'equivalent':>11} {'survived':>9}")
    for title, count, alive in in_parallel(survivors_of, targets):
        same, survived = {c for c in alive if c in known}, [c for c in alive if c not in known]
        print(f"{title:<40} {count:>8} {count - len(alive):>7} {len(same):>11} {len(survived):>9}", flush=True)
        total += count
        equivalent |= same
        survivors += survived
    if not names:
        killers = in_parallel(lambda change: killer_of_engine_mutant(*change[:3], ALL_OPS), ENGINE)
        for (*_, title), killer in zip(ENGINE, killers):
            print(f"engine: {title:<50} {f'killed by {killer}' if killer else 'SURVIVED'}")
            total += 1
            survivors += [] if killer else [f"engine: {title}"]
    for survivor in survivors:
        print(f"SURVIVED  {survivor}")
    for entry in [] if names else sorted(known - equivalent):
        print(f"NOT EQUIVALENT, OR GONE  {entry}")
    share = 1 - len(survivors) / (total - len(equivalent))
    print(
        f"{total} mutants: {total - len(equivalent) - len(survivors)} killed, {len(equivalent)} equivalent, "
        f"{len(survivors)} survived; {share:.2%} of those that matter killed in {time.perf_counter() - start:.0f} s"
    )
    return 0 if share >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
