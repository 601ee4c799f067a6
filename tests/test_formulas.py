"""``explain.formula`` and ``derivation``: what is written is what the engine computes, and reads like a textbook."""

import functools
import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor, explain
from tensorgraph.core import NUMPY, OPS, Op, reachable
from tensorgraph.core.registry import numpy_name
from tensorgraph.errors import ArgumentError, FreedGraphError
from tensorgraph.explain.formulas.notation import NOTATION
from tensorgraph.explain.formulas.simplify import NEVER_WRITTEN
from tensorgraph.explain.formulas.textbook import TEXTBOOK
from tensorgraph.testing.case import subject

ALL_OPS = [entry for entry in OPS.values() if isinstance(entry, Op)]
EVERYTHING = ALL_OPS + [function for function, entry in NUMPY.items() if hasattr(entry, "sampler")]


def names(of):
    return of.name if isinstance(of, Op) else numpy_name(of)


def leaf(name, *shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return Tensor(values, requires_grad=True, name=name)


def net():
    """A net of two layers, its parameters, and its loss."""
    parameters = [leaf("W1", 4, 3), leaf("b1", 3), leaf("W2", 3, 2), leaf("b2", 2)]
    w1, b1, w2, b2 = parameters
    x, y = np.random.default_rng(1).normal(size=(5, 4)), np.array([0, 1, 1, 0, 1])
    with tg.record():
        h = tg.relu(tg.affine(x, w1, b1))
        loss = tg.softmax_loss(tg.affine(h, w2, b2), y)
    return loss, parameters, h


def run(lines, inputs):
    scope = {name: op for name, op in OPS.items() if isinstance(name, str)}  # those that no module exports
    scope |= {"np": np, "tg": tg, **inputs}
    with np.errstate(all="ignore"):
        exec(lines, scope)
    return scope


# What is written is what the engine computes


def cases(of):
    """Each call of an op's samples, with a tensor that it gives and one that this was computed from."""
    for case in subject(of).cases(3, np.float64, 0):
        inputs = [Tensor(x, requires_grad=True) for x in case.inputs]
        with tg.record():
            outputs = case(*inputs)
        for out in outputs:
            for x in inputs:
                if getattr(out, "node", None) is not None and out.node is not x.node and x.node in reachable(out.node):
                    yield case.title, out, x


def derivation(out, x):
    """The derivation, or None where a rule is a long program, such as that of np.prod, or numbers are complex."""
    try:
        found = explain.derivation(out, x)
        assert found.result
        return found
    except ArgumentError as error:
        refusals = "the rule of '.*' for .* is a program of|only real numbers are explained|which nobody reads"
        assert re.search(f"{refusals}|ops lead to this tensor", str(error))
        return None


@pytest.mark.parametrize("of", EVERYTHING, ids=names)
def test_code_computes_what_the_engine_does(of):
    random = np.random.default_rng(0)
    count = 0
    for title, out, x in cases(of):
        count += 1
        if (found := derivation(out, x)) is None:
            continue
        upstream = random.normal(size=out.shape) if out.shape else np.ones(())
        x.grad = None
        out.backward(upstream, inputs=[x], retain_graph=True)
        value, gradient = found.definitions[-1].code.split(" = ")[0], found.steps[-1].code.split(" = ")[0]
        scope = run(found.code, {f"dL_d{value}": upstream, **found.inputs})
        np.testing.assert_allclose(scope[value], out.numpy(), rtol=1e-10, atol=1e-12, err_msg=title)
        np.testing.assert_allclose(scope[gradient], x.grad, rtol=1e-10, atol=1e-12, err_msg=title)
        assert np.shape(scope[gradient]) == x.shape, title
        scope = run(found.result.code, scope)
        np.testing.assert_allclose(scope[gradient], x.grad, rtol=1e-10, atol=1e-12, err_msg=title)
    assert count, "no sample was explained"


@pytest.mark.parametrize("op", TEXTBOOK, ids=names)
def test_textbooks_agree_with_forwards(op):
    """The formulas of fused ops, as NumPy code on arrays; residuals under their own names."""
    book = TEXTBOOK[op]
    for case in subject(op).cases(3, np.float64, 0):
        args = op._bind(*case._arguments(case.inputs))
        results = op.forward(*args)
        values = dict(zip(op.params, args))
        for name, part in (*book.parts.items(), ("out", book.out)):
            parameters = part.__code__.co_varnames[: part.__code__.co_argcount]
            values[name] = part(*[values[parameter] for parameter in parameters])
        saved = dict(zip(("out", *op.saves), results if isinstance(results, tuple) else (results,)))
        for name, value in saved.items():
            np.testing.assert_allclose(values[name], value, rtol=1e-10, atol=1e-12, err_msg=f"{case.title}: {name}")


def test_every_op_is_written_in_one_way():
    tables = {"row": NOTATION, "textbook": TEXTBOOK, "never": NEVER_WRITTEN}
    homes = {op.name: [table for table, ops in tables.items() if op in ops] for op in ALL_OPS}
    assert homes["exp"] == ["row"] and homes["scatter"] == []
    assert [name for name, found in homes.items() if len(found) > 1] == []


# It reads like a textbook


@pytest.mark.parametrize(
    "number, latex, text, code",
    [
        (3, "3", "3", "3"),
        (2.0, "2", "2", "2.0"),
        (0.5, r"\frac{1}{2}", "½", "0.5"),
        (np.sqrt(8), r"\sqrt{8}", "√8", "2.8284271247461903"),
        (2.83, "2.83", "2.83", "2.83"),
        (1e-5, "10^{-5}", "10⁻⁵", "1e-05"),
        (2.5e-7, r"2.5 \cdot 10^{-7}", "2.5 · 10⁻⁷", "2.5e-07"),
        (np.pi, r"\pi", "π", "np.pi"),
        (np.log(2), r"\log(2)", "log(2)", "np.log(2)"),
        (np.inf, r"\infty", "∞", "np.inf"),
        (np.float32(0.1), "0.1", "0.1", "0.1"),
    ],
)
def test_numbers(number, latex, text, code):
    x = leaf("x", 2)
    with tg.record():
        f, g = number + x, x + -number
    found = explain.formula(f)
    assert (found.latex, found.text, found.code) == (f"y = {latex} + x", f"y = {text} + x", f"y = {code} + x")
    assert explain.formula(g).text == f"y = x - {text}"


def test_a_net():
    loss, (w1, b1, _, b2), _ = net()
    assert str(explain.derivation(loss, w1)) == (
        """\
z₁ = x W₁ + b₁
h = max(z₁, 0)
z₂ = h W₂ + b₂
p = softmax(z₂)
L = -1/5 Σᵢ log(p[i, yᵢ])

∂L/∂z₂ = (p - [yᵢ = j]) / 5
∂L/∂h = ∂L/∂z₂ W₂ᵀ
∂L/∂z₁ = ∂L/∂h ⊙ [h > 0]
∂L/∂W₁ = xᵀ ∂L/∂z₁
       = xᵀ (((p - [yᵢ = j]) / 5) W₂ᵀ ⊙ [h > 0])"""
    )
    assert explain.derivation(loss, w1).latex == (
        r"""\begin{aligned}
z_{1} &= x \, W_{1} + b_{1} \\
h &= \max(z_{1}, 0) \\
z_{2} &= h \, W_{2} + b_{2} \\
p &= \operatorname{softmax}(z_{2}) \\
L &= -\frac{1}{5} \sum_{i} \log(p_{i, y_i}) \\[1ex]
\frac{\partial L}{\partial z_{2}} &= \frac{p - [y_i = j]}{5} \\[1ex]
\frac{\partial L}{\partial h} &= \frac{\partial L}{\partial z_{2}} \, W_{2}^{\top} \\[1ex]
\frac{\partial L}{\partial z_{1}} &= \frac{\partial L}{\partial h} \odot [h > 0] \\[1ex]
\frac{\partial L}{\partial W_{1}} &= x^{\top} \, \frac{\partial L}{\partial z_{1}} \\
 &= x^{\top} \, \left( \frac{p - [y_i = j]}{5} \, W_{2}^{\top} \odot [h > 0] \right)
\end{aligned}"""
    )
    assert explain.derivation(loss, b1).steps[-1].text == (
        "∂L/∂b₁ = Σᵢ ∂L/∂z₁\n       = Σᵢ ((p - [yᵢ = j]) / 5) W₂ᵀ ⊙ [h > 0]"
    )
    assert explain.derivation(loss, b2).result.text == "∂L/∂b₂ = Σᵢ (softmax(max(x W₁ + b₁, 0) W₂ + b₂) - [yᵢ = j]) / 5"


def test_a_net_as_code():
    loss, (w1, *_), _ = net()
    found = explain.derivation(loss, w1)
    assert found.code == (
        """\
z_1 = x @ W1 + b1
h = np.maximum(z_1, 0)
z_2 = h @ W2 + b2
p = tg.softmax(z_2)
L = -np.sum(np.log(p[np.arange(5), y])) / 5
dL_dz_2 = (p - (y[:, None] == np.arange(2))) / 5
dL_dh = dL_dz_2 @ W2.T
dL_dz_1 = dL_dh * (h > 0)
dL_dW1 = x.T @ dL_dz_1"""
    )
    assert sorted(found.inputs) == ["W1", "W2", "b1", "b2", "x", "y"]
    loss.backward()
    np.testing.assert_allclose(run(found.code, found.inputs)["dL_dW1"], w1.grad)


def test_modules_have_the_letters_of_textbooks():
    model = tg.nn.Sequential(tg.nn.Linear(4, 3, rng=0), tg.nn.BatchNorm1d(3), tg.nn.ReLU(), tg.nn.Linear(3, 2, rng=1))
    x, y = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32), np.array([0, 1, 1, 0, 1])
    with tg.record():
        loss = tg.softmax_loss(model(x), y)
    weight = next(iter(model.parameters()))
    assert explain.derivation(loss, weight).definitions[0].text == "z₁ = x W₁ + b₁"
    by_path = explain.derivation(loss, weight, names=model)
    assert set(by_path.inputs) > {re.sub(r"\W", "_", name) for name, _ in model.named_parameters()}


def test_a_layer_inside_of_anything():
    """Of an output that is no scalar, the upstream gradient is a letter."""
    x, w, b = leaf("X", 5, 4), leaf("W", 4, 3), leaf("b", 3)
    with tg.record():
        y = tg.sigmoid(tg.affine(x, w, b))
    assert [step.text for step in explain.derivation(y, w).steps] == [
        "∂L/∂z = ∂L/∂y ⊙ y ⊙ (1 - y)",
        "∂L/∂W = Xᵀ ∂L/∂z\n      = Xᵀ (∂L/∂y ⊙ y ⊙ (1 - y))",
    ]


@pytest.mark.parametrize(
    "function, forward, step",
    [
        (lambda a, b, v: a @ b, "y = A B", "∂L/∂A = ∂L/∂y Bᵀ"),
        (lambda a, b, v: a @ v, "y = A v", "∂L/∂A = ∂L/∂y vᵀ"),
        (lambda a, b, v: v @ (a @ v), "L = vᵀ v₁", "∂L/∂A = ∂L/∂v₁ vᵀ\n      = v vᵀ"),
        (lambda a, b, v: np.trace(a @ b), None, None),
        (lambda a, b, v: (a * b).sum(), "L = Σᵢⱼ A ⊙ B", "∂L/∂A = B"),
        (lambda a, b, v: a.sum(axis=0) @ v, "L = v₁ᵀ v", "∂L/∂A = ∂L/∂v₁\n      = v"),
        (lambda a, b, v: np.mean(a**2), "L = mean(A²)", "∂L/∂A = 2 A / 9"),
        (lambda a, b, v: (a.T @ b).T, "y = v₂ᵀ", None),
        (lambda a, b, v: a - a.mean(axis=1, keepdims=True), None, None),
        (lambda a, b, v: np.exp(a) / np.exp(a).sum(axis=1, keepdims=True), None, None),
        (lambda a, b, v: a[0] + a[:, 1], "y = A[0] + A[:, 1]", None),
        (lambda a, b, v: np.where(np.arange(3) > 0, a, -a), "y = A if c else v", None),
        (lambda a, b, v: np.concatenate([a, b], axis=1), "y = concatenateⱼ(A, B)", "∂L/∂A = (∂L/∂y)[:, 0:3]"),
        (lambda a, b, v: tg.logsumexp(a, axis=1), "y = log(Σⱼ exp(A))", "∂L/∂A = ∂L/∂y ⊙ exp(A - y)"),
        (lambda a, b, v: np.max(a, axis=1), "y = maxⱼ(A)", "∂L/∂A = ∂L/∂y ⊙ [A = y] / (Σⱼ [A = y])"),
    ],
)
def test_matrices(function, forward, step):
    a, b, v = leaf("A", 3, 3), leaf("B", 3, 3, seed=1), leaf("v", 3, seed=2)
    with tg.record():
        out = function(a, b, v)
    found = explain.derivation(out, a)
    assert forward in (None, found.definitions[-1].text)
    assert step in (None, found.steps[-1].text)
    upstream = np.random.default_rng(3).normal(size=out.shape) if out.shape else np.ones(())
    out.backward(upstream)
    name = found.definitions[-1].code.split(" = ")[0]
    scope = run(found.code, {f"dL_d{name}": upstream, **found.inputs})
    np.testing.assert_allclose(scope[found.steps[-1].code.split(" = ")[0]], a.grad, rtol=1e-12, atol=1e-14)


def test_batchnorm_has_names_for_its_parts():
    x, gamma, beta = leaf("x", 5, 4), leaf("gamma", 4), leaf("beta", 4)
    with tg.record():
        z, _, _ = tg.batchnorm(x, gamma, beta)
    assert str(explain.derivation(z, x)) == (
        """\
r = 1 / √(varᵢ(x) + 10⁻⁵)
x̂ = (x - meanᵢ(x)) ⊙ r
y = γ ⊙ x̂ + β

∂L/∂x = γ ⊙ r ⊙ (∂L/∂y - 1/5 Σᵢ ∂L/∂y - x̂ ⊙ (1/5 Σᵢ ∂L/∂y ⊙ x̂))"""
    )


def test_an_op_of_the_user_is_written_by_its_name():
    @tg.op(saves="length", fused=True)
    def unit_rows(x, floor=0.0):
        length = np.sqrt((x * x).sum(axis=1, keepdims=True)) + floor
        return x / length, length

    @unit_rows.grad("x")
    def _(g, out, length):
        return g / length - out * ((g * out).sum(axis=1, keepdims=True) / length)

    x = leaf("x", 3, 2)
    with tg.record():
        y = unit_rows(x)
    found = explain.derivation(y, x)
    assert [each.text for each in (*found.definitions, *found.steps)] == [
        "y = unit_rows(x)",
        "length = √(Σⱼ x²)",
        "∂L/∂x = ∂L/∂y / length - y ⊙ (Σⱼ ∂L/∂y ⊙ y) / length",
    ]
    assert explain.formula(y).latex == r"y = \operatorname{unit\_rows}(x)"
    with tg.record():
        y = unit_rows(x, floor=0.5)
    assert explain.formula(y).code == "y = unit_rows(x, floor=0.5)"


def test_what_is_used_again_has_a_name():
    x = leaf("x")
    with tg.record():
        u = np.exp(x)
        f = u * np.sin(u) + x
    assert str(explain.derivation(f, x)) == (
        """\
v₁ = exp(x)
v₂ = sin(v₁)
f = v₁ · v₂ + x

∂f/∂v₂ = v₁
∂f/∂v₁ = v₂ + ∂f/∂v₂ · cos(v₁)
∂f/∂x = 1 + ∂f/∂v₁ · v₁
      = 1 + (v₂ + v₁ · cos(v₁)) · v₁
      = 1 + (sin(exp(x)) + exp(x) · cos(exp(x))) · exp(x)"""
    )


def test_with_respect_to_what_is_on_the_way():
    loss, _, h = net()
    found = explain.derivation(loss, h)
    assert [each.text for each in (*found.definitions, *found.steps)] == [
        "z = h W₂ + b₂",
        "p = softmax(z)",
        "L = -1/5 Σᵢ log(p[i, yᵢ])",
        "∂L/∂z = (p - [yᵢ = j]) / 5",
        "∂L/∂h = ∂L/∂z W₂ᵀ\n      = ((p - [yᵢ = j]) / 5) W₂ᵀ",
    ]
    assert explain.derivation(loss, loss).steps[-1].text == "∂f/∂f = 1"


def test_all_ways_of_showing_are_there():
    x = leaf("x")
    with tg.record():
        f = np.sin(x) / 2
    formula, found = explain.formula(f), explain.derivation(f, x)
    assert (str(formula), formula.code) == ("f = sin(x) / 2", "f = np.sin(x) / 2")
    assert formula._repr_latex_() == r"$$f = \frac{\sin(x)}{2}$$"
    assert found._repr_latex_() == f"$$\n{found.latex}\n$$"
    assert found.steps[-1].latex == r"\frac{\partial f}{\partial x} = \frac{\cos(x)}{2}"


# Names


@pytest.mark.parametrize(
    "name, latex, text, code",
    [
        ("W1", "W_{1}", "W₁", "W1"),
        ("W_12", "W_{12}", "W₁₂", "W_12"),
        ("gamma", r"\gamma", "γ", "gamma"),
        ("Omega2", r"\Omega_{2}", "Ω₂", "Omega2"),
        ("loss", r"\mathrm{loss}", "loss", "loss"),
        ("fc1.weight", r"\mathrm{fc1.weight}", "fc1.weight", "fc1_weight"),
        ("lambda", r"\lambda", "λ", "lambda_"),
        ("np", r"\mathrm{np}", "np", "np_"),
        ("2nd", r"\mathrm{2nd}", "2nd", "_2nd"),
        ("θ", "θ", "θ", "_"),
        ("é", r"\mathrm{\text{é}}", "é", "_"),
        ("", "x", "x", "x"),
        (r"\in{x}$&#%", r"\mathrm{\backslash{}in\{x\}\$\&\#\%}", r"\in{x}$&#%", "_in_x_____"),
        ("a_^~ <b>", r"\mathrm{a\_\wedge{}\sim{}\ \lt{}b\gt{}}", "a_^~ <b>", "a_____b_"),
        ("df_dx", r"\mathrm{df\_dx}", "df_dx", "df_dx_"),
        ("a\nb", r"\mathrm{a\backslash{}nb}", "a\\nb", "a_b"),
        ("x" * 50, rf"\mathrm{{{'x' * 39}\text{{…}}}}", "x" * 39 + "…", "x" * 50),
    ],
)  # fmt: skip
def test_names(name, latex, text, code):
    x = leaf(name)
    with tg.record():
        f = np.sin(x)
    found = explain.formula(f)
    assert (found.latex, found.text) == (rf"f = \sin({latex})", f"f = sin({text})")
    assert found.code == f"f = np.sin({code})"


def test_no_two_names_are_alike():
    twice = [leaf("weight", 2, seed=k) for k in range(2)]
    others = [leaf("W_1", 2, seed=2), leaf(None, 2, seed=3), leaf("x", 2, seed=4), leaf("f", 2, seed=5)]
    with tg.record():
        f = np.sum(np.sin(twice[0]) * twice[1] * others[0] * others[1] * others[2] * others[3])
    found = explain.derivation(f, twice[0])
    assert len(found.inputs) == 6
    assert sorted(found.inputs) == ["W_1", "W_2", "W_3", "f", "x", "y"]


def test_names_may_be_given():
    x, w = np.ones((2, 3)), leaf(None, 3)
    with tg.record():
        y = x @ w
    assert str(explain.formula(y, names={"X": x, "w": w})) == "y = X w"
    assert str(explain.formula(y)) == "y = c x"


# LaTeX

COMMANDS = """
    arccos arcsin arctan begin beta bmod cdot cos cosh end frac gamma geq hat ldots left leq lfloor log mathrm max min
    mu neq odot operatorname partial pi prod rfloor right sin sinh sqrt sum tan tanh text to top wedge
"""


@functools.cache
def latex_of_everything():
    return list(_latex_of_everything())


def _latex_of_everything():
    for of in EVERYTHING:
        for _, out, x in cases(of):
            if (found := derivation(out, x)) is not None:
                yield from (each.latex for each in found.steps)
                yield explain.formula(out).latex
    loss, (w1, *_), _ = net()
    yield from (each.latex for each in explain.derivation(loss, w1).definitions)


def test_latex_has_known_commands_and_closed_braces():
    used = set()
    for latex in latex_of_everything():
        used |= set(re.findall(r"\\([A-Za-z]+)", latex))
        plain = re.sub(r"\\[{}]", "", latex)
        assert plain.count("{") == plain.count("}"), latex
        assert len(re.findall(r"\\left\b", latex)) == len(re.findall(r"\\right\b", latex)), latex
    assert used <= set(COMMANDS.split())
    assert len(used) > 30


def test_latex_can_be_drawn():
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    drawn = {latex for latex in latex_of_everything() if r"\begin" not in latex and r"\bmod" not in latex}
    for latex in drawn:
        parser.parse(f"${latex}$")
    assert len(drawn) > 300


# What cannot be explained


def long_chain(n):
    x = leaf("x")
    y = x
    with tg.record():
        for _ in range(n):
            y = np.sin(y)
    return y, x


def test_too_many_ops():
    y, x = long_chain(41)
    message = (
        "derivation: 41 ops lead to this tensor, and at most 40 are explained at once. Explain a smaller part "
        "(of a tensor on the way, or with respect to one), or give a larger limit="
    )
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        explain.derivation(y, x)
    assert len(explain.derivation(y, x, limit=41).steps) == 41


def test_depth_needs_no_recursion():
    y, x = long_chain(3000)
    found = explain.derivation(y, x, limit=3000)
    assert len(found.definitions) == len(found.steps) == 3000
    assert found.steps[-1].text == "∂f/∂x = ∂f/∂v₁ · cos(x)"
    assert explain.formula(y, limit=3000).code == "f = " + "np.sin(" * 3000 + "x" + ")" * 3000


def test_formulas_that_nobody_reads():
    x = leaf("x")
    y = x
    with tg.record():
        for _ in range(30):
            y = y * np.sin(y)
    with pytest.raises(ArgumentError) as caught:
        explain.formula(y, limit=100)
    assert str(caught.value) == (
        "formula: written out, this has 1073741824 symbols, which nobody reads; at most 400 are written. "
        "Ask for the formula of a part, or for a derivation, which names what is between"
    )
    found = explain.derivation(y, x, limit=100)
    assert len(found.steps[-1].text.split("\n")) == 1
    with pytest.raises(ArgumentError, match=r"^derivation: written out, the derivative has \d+ symbols, which nobody"):
        _ = found.result


def test_errors():
    x, y = leaf("x"), leaf("other")
    outside = np.sin(x)
    with tg.record():
        f = np.sin(x)
        half = np.cos(outside)
        turned = np.exp(Tensor(1j, requires_grad=True))
    inside = "Compute it inside `with tensorgraph.record():`"
    for what, message in [
        (lambda: explain.formula(outside), f"formula: the values on the way to this tensor were not kept. {inside}"),
        (lambda: explain.derivation(f, y), "derivation: the output was not computed from 'other'"),
        (
            lambda: explain.derivation(f, 3.0),
            "derivation: wrt is a Tensor that the output was computed from; got float",
        ),
        (
            lambda: explain.derivation(f, Tensor(1.0)),
            "derivation: wrt does not require gradients, so there is no derivative with respect to it",
        ),
        (
            lambda: explain.derivation(half, x),
            "derivation: 'sin' was not recorded, so what it was applied to is not known. "
            "Compute all of it inside `with tensorgraph.record():`",
        ),
        (lambda: explain.formula(turned), "formula: 'exp' is complex; only real numbers are explained"),
        (lambda: explain.formula(f, names=3), "formula: names is a dict name -> Tensor or array, or a module; got int"),
        (lambda: explain.formula(f, names={"a": "b"}), "formula: names['a'] is neither Tensor nor array, but str"),
    ]:
        with pytest.raises(ArgumentError) as caught:
            what()
        assert str(caught.value) == message
    f.backward()
    with pytest.raises(FreedGraphError, match="compute the forward again"):
        explain.derivation(f, x)


def test_explaining_leaves_no_trace():
    loss, (w1, *_), _ = net()
    with tg.record() as recording:
        explain.derivation(loss, w1)
        explain.formula(loss)
    assert recording.events == []
    assert w1.grad is None
    loss.backward()
    assert w1.grad is not None


def test_a_leaf_has_no_formula():
    with pytest.raises(ArgumentError) as caught:
        explain.formula(Tensor(1.0, requires_grad=True, name="a"))
    assert str(caught.value) == ("formula: this tensor is a leaf: no op made it, so it is equal to nothing but itself")
