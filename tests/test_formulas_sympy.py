"""Derivatives that ``explain`` writes are those of SymPy: in all three styles, read back and compared."""

import ast

import numpy as np
import pytest
import sympy
from written import value_of_latex, value_of_unicode

import tensorgraph as tg
from tensorgraph import Tensor, explain
from tensorgraph.core import OPS, Op


class SymPy:
    """NumPy's functions for SymPy's symbols."""

    pi, e = sympy.pi, sympy.E
    add, subtract, multiply, divide = (staticmethod(f) for f in (
        lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x / y
    ))  # fmt: skip
    negative, positive = staticmethod(lambda x: -x), staticmethod(lambda x: x)
    reciprocal, square = staticmethod(lambda x: 1 / x), staticmethod(lambda x: x**2)
    power, conj, conjugate = staticmethod(lambda x, y: x**y), staticmethod(lambda x: x), staticmethod(lambda x: x)
    sqrt, cbrt, sign, abs = sympy.sqrt, staticmethod(lambda x: x ** sympy.Rational(1, 3)), sympy.sign, sympy.Abs
    absolute = fabs = sympy.Abs
    hypot, arctan2 = staticmethod(lambda x, y: sympy.sqrt(x**2 + y**2)), sympy.atan2
    exp, log, exp2 = sympy.exp, sympy.log, staticmethod(lambda x: 2**x)
    expm1, log1p = staticmethod(lambda x: sympy.exp(x) - 1), staticmethod(lambda x: sympy.log(1 + x))
    log2, log10 = staticmethod(lambda x: sympy.log(x, 2)), staticmethod(lambda x: sympy.log(x, 10))
    logaddexp = staticmethod(lambda x, y: sympy.log(sympy.exp(x) + sympy.exp(y)))
    logaddexp2 = staticmethod(lambda x, y: sympy.log(2**x + 2**y, 2))
    sin, cos, tan, sinh, cosh, tanh = sympy.sin, sympy.cos, sympy.tan, sympy.sinh, sympy.cosh, sympy.tanh
    arcsin, arccos, arctan, arcsinh = sympy.asin, sympy.acos, sympy.atan, sympy.asinh
    arccosh, arctanh = sympy.acosh, sympy.atanh
    deg2rad = radians = staticmethod(lambda x: x * sympy.pi / 180)
    rad2deg = degrees = staticmethod(lambda x: x * 180 / sympy.pi)
    maximum, minimum, fmax, fmin = sympy.Max, sympy.Min, sympy.Max, sympy.Min

    sigmoid = staticmethod(lambda x: 1 / (1 + sympy.exp(-x)))
    isinf = staticmethod(lambda x: sympy.S.false)

    @staticmethod
    def where(condition, x, y):
        return sympy.Piecewise((x, condition), (y, True))


class Holds(ast.NodeTransformer):
    """A comparison among numbers is 1 or 0; SymPy has no such sum."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        for side in ("left", "right"):
            part = getattr(node, side)
            if isinstance(part, ast.Compare) and not isinstance(node.op, ast.BitAnd | ast.BitOr):
                setattr(node, side, ast.Call(ast.Name("holds", ast.Load()), [part], []))
        return node


def holds(condition):
    return sympy.Piecewise((1, condition), (0, True))


SYMBOLS = {name: sympy.Symbol(name, positive=True) for name in "xyz"}
NUMBERS = {"x": 0.7, "y": 0.4, "z": 1.6}


def at(expression, scale="1"):
    """The value of a SymPy expression, to 30 digits, at the numbers times ``scale``."""
    point = {SYMBOLS[name]: sympy.Rational(str(number)) * sympy.Rational(scale) for name, number in NUMBERS.items()}
    return sympy.N(expression.subs(point).doit(), 30)


def right(equation):
    return equation.partition(" = ")[2]


def of_code(code):
    """The right side of a line of NumPy code, in SymPy."""
    tree = ast.fix_missing_locations(Holds().visit(ast.parse(right(code), mode="eval")))
    scope = {"np": SymPy, "sigmoid": SymPy.sigmoid, "tg": SymPy, "holds": holds, **SYMBOLS}
    return exact(eval(compile(tree, "<formula>", "eval"), scope))


def exact(expression):
    return sympy.nsimplify(sympy.sympify(expression), rational=True)


ELEMENTWISE = {
    "sqrt": "x", "cbrt": "x", "exp": "x", "exp2": "x", "expm1": "x", "log": "x", "log2": "x", "log10": "x",
    "log1p": "x", "sin": "x", "cos": "x", "tan": "x", "arcsin": "x", "arccos": "x", "arctan": "x", "sinh": "x",
    "cosh": "x", "tanh": "x", "arcsinh": "x", "arctanh": "x", "arccosh": "x + 1", "deg2rad": "x", "radians": "x",
    "rad2deg": "x", "degrees": "x", "square": "x", "reciprocal": "x", "negative": "x", "positive": "x",
    "absolute": "x - y", "fabs": "x - y", "sign": "x - y", "conjugate": "x", "add": "x, y", "subtract": "x, y",
    "multiply": "x, y", "divide": "x, y", "power": "x, y", "hypot": "x, y", "arctan2": "x, y", "logaddexp": "x, y",
    "logaddexp2": "x, y", "maximum": "x, y", "minimum": "x, y", "fmax": "x, y", "fmin": "x, y",
}  # fmt: skip
STEPS = {  # SymPy takes no derivative of floor, and does not know neighbours; test_formulas.py runs their code
    "remainder", "fmod", "copysign", "frexp", "heaviside", "ldexp", "modf", "nextafter",
}  # fmt: skip

COMPOSED = """
x**2 + 3*x + 1
x**3 - 2*x**2*y
x**0.5
x**-1
x**-2.5
x**0 + x
x**1
2**x
x**x
x**(y + z)
(x + y)**2
(x*y)**3
(x/y)**2
(-x)**2
-x**2
-(x + y)
-(-x)
x - (y - z)
x - (y + z)
x - -y
x / (y*z)
x / y / z
x / (y / z)
(x + y) / (x - 2*y)
(x + 1)*(y + 2)
x*(y + z)*x
x*y*z
x*x*x
1 / (1 + np.exp(-x))
1 / x
2 / (3*x)
np.sin(x*y) + x**2
np.sin(x)*np.cos(x)
np.sin(x)**2 + np.cos(x)**2
np.sin(np.cos(np.exp(x)))
np.exp(-x**2 / 2)
np.exp(x)*np.exp(-y)
np.exp(np.sin(x)) / np.exp(y)
np.log(x) / x
np.log(x**2 + y**2)
np.log(1 + np.exp(x - y))
np.log(np.log(x + 3))
np.sqrt(x**2 + y**2)
np.sqrt(x)*np.sqrt(y + x)
1 / np.sqrt(x + 1)
(2 - np.sqrt(x))**3
np.tanh(2*x + y)*z
np.tanh(x)**2
np.arctan(x / y)
np.arcsin(x*y)
np.sinh(x) - np.cosh(y*x)
np.abs(x - 2*y)*x
np.maximum(x, y*x)
np.maximum(x, 1)*x
np.minimum(np.sin(x), y) + x
np.where(x > y, x*y, x + y)
np.hypot(x, y)*x
np.arctan2(x*y, y)
x*np.pi + np.e**x
x*1e-5 + 2.5e3*x**2
x + x
x + x + x*y
(x - 1)*(x - 1)
0*x + y*x
x*0.5 + y*-2
-x*-y
""".strip().split("\n")
SHARED = {
    "several uses of one value": lambda np, x, y, z: (lambda v: v * v + np.sin(v) / v)(x * y),
    "a value used twice, nested": lambda np, x, y, z: (lambda u: (lambda v: u * v + v)(np.exp(u)))(np.tanh(x * z)),
    "a chain": lambda np, x, y, z: (lambda u: u * (1 - u))(1 / (1 + np.exp(-(x * y + z)))),
    "newton's step": lambda np, x, y, z: x - (x**2 - y) / (2 * x),
}
CALLS = [f"np.{name}({args})" for name, args in ELEMENTWISE.items()]


def case(text):
    return lambda np, x, y, z: eval(text)


CASES = {text: case(text) for text in CALLS + COMPOSED} | SHARED


def computed(function):
    leaves = {name: Tensor(value, requires_grad=True, name=name) for name, value in NUMBERS.items()}
    with tg.record():
        return function(np, **leaves), leaves


def used(function):
    """The letters that the value of a function depends on."""
    return {str(symbol) for symbol in sympy.sympify(function(SymPy, **SYMBOLS)).free_symbols}


@pytest.mark.parametrize("title", CASES)
def test_formula(title):
    out, _ = computed(CASES[title])
    written, theirs = explain.formula(out), exact(CASES[title](SymPy, **SYMBOLS))
    assert abs(at(of_code(written.code) - theirs)) < 1e-15
    assert value_of_latex(right(written.latex), **NUMBERS) == pytest.approx(out.item(), rel=1e-12)
    assert value_of_unicode(right(written.text), **NUMBERS) == pytest.approx(out.item(), rel=1e-12)


@pytest.mark.parametrize("title", CASES)
def test_derivative(title):
    out, leaves = computed(CASES[title])
    forward = exact(CASES[title](SymPy, **SYMBOLS))
    for name in sorted(used(CASES[title])):
        found, theirs = explain.derivation(out, leaves[name]), sympy.diff(forward, SYMBOLS[name])
        ours = of_code(found.result.code)
        rest = ours - theirs
        for scale in ("1", "0.9", "1.1", "1.3"):
            assert abs(at(rest, scale)) <= 1e-15 * max(1, abs(at(theirs, scale))), (name, scale)
        if not rest.has(sympy.Piecewise, sympy.Max, sympy.Min, sympy.Heaviside, sympy.DiracDelta):
            assert sympy.simplify(rest) == 0, name
        expected = float(at(theirs))
        result = found.result
        assert value_of_latex(right(result.latex), **NUMBERS) == pytest.approx(expected, rel=1e-12, abs=1e-14)
        assert value_of_unicode(right(result.text), **NUMBERS) == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_all_elementwise_functions_are_here():
    ops = [op for op in OPS.values() if isinstance(op, Op)]
    ufuncs = {op.name for op in ops if getattr(np, op.name, None) is op.forward and isinstance(op.forward, np.ufunc)}
    assert ufuncs - {"matmul", "matvec", "vecdot", "vecmat"} == {*ELEMENTWISE, *STEPS}
    assert len(CASES) >= 100
