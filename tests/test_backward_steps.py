"""``backward_steps``: a backward that can be watched, and that changes nothing until it has come to its end."""

import ast
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import OPS, Op, Tensor
from tensorgraph.core import reachable
from tensorgraph.errors import BackwardError, FreedGraphError, MissingDependencyError, OverwrittenError
from tensorgraph.explain import backward_steps, why_no_grad
from tensorgraph.explain.steps.page import MOST_STEPS
from tensorgraph.explain.steps.step import shown
from tensorgraph.rule_source import rule_source


def leaf(*values, name=None, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True, name=name)


# Programs: each gives a loss, and the tensors whose gradients are looked at


def shared_weights():
    rng = np.random.default_rng(0)
    x, w, b = (Tensor(rng.standard_normal(s), requires_grad=True) for s in ((4, 3), (3, 3), (3,)))
    h = np.tanh(tg.affine(x, w, b))
    return np.sum(tg.affine(h, w, b) * h), [x, w, b]


def net():
    model = tg.nn.FullyConnectedNet([5, 4], input_dim=3, num_classes=3, use_batchnorm=True, dropout=0.8, seed=0)
    return model.objective(np.eye(3), np.array([0, 1, 2])), list(model.parameters())


def complex_numbers():
    rng = np.random.default_rng(0)
    z = Tensor(rng.standard_normal(3) + 1j * rng.standard_normal(3), requires_grad=True)
    return np.sum(np.abs(z * z + np.exp(z))), [z]


def pinned():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h, k = x * w, np.sin(w)
    h.retain_grad()
    k.register_hook(lambda g: 2 * g)
    k.retain_grad()
    x.register_hook(lambda g: g + 1)
    return np.sum(h * h * k), [x, w, h, k]


def used_before():
    x = leaf(1.0, 2.0)
    np.sum(x**3).backward()
    return np.sum(np.exp(x) * x), [x]


def one_array_for_two_leaves():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    return np.sum(x + w), [x, w]


def a_leaf():
    x = leaf(2.0)[0]
    y = Tensor(3.0, requires_grad=True)
    return y, [x, y]


PROGRAMS = [shared_weights, net, complex_numbers, pinned, used_before, one_array_for_two_leaves, a_leaf]


def state(loss, tensors):
    grads = [None if t.grad is None else t.grad.numpy().copy() for t in tensors]
    return grads, [node.saved is None for node in reachable(loss.node)]


def same(a, b):
    (grads, freed), (others, others_freed) = a, b
    return freed == others_freed and all(
        g is h is None or (g.dtype == h.dtype and np.array_equal(g, h)) for g, h in zip(grads, others)
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_end_is_that_of_backward(program):
    loss, tensors = program()
    for _ in backward_steps(loss):
        pass
    other, others = program()
    other.backward()
    assert same(state(loss, tensors), state(other, others))
    assert any(t.grad is not None for t in tensors)


@pytest.mark.parametrize("program", PROGRAMS)
def test_to_leave_early_or_only_look_changes_nothing(program):
    loss, tensors = program()
    before = state(loss, tensors)
    steps = backward_steps(loss)
    for step in steps:
        if step.number == len(steps):
            break
    else:
        assert not len(steps)  # a leaf has no steps, so its loop ends at once
        return
    str(steps), steps.to_html(), steps._repr_html_(), steps.table(), len(steps), steps[-1], steps[:2]
    assert not steps.done
    assert same(state(loss, tensors), before)
    other, others = program()
    other.backward()
    loss.backward()
    assert same(state(loss, tensors), state(other, others))


def test_hooks_run_once():
    x = leaf(1.0, 2.0)
    h = x * 3
    ran = []
    h.register_hook(lambda g: ran.append("h"))
    x.register_hook(lambda g: ran.append("x"))
    steps = backward_steps(np.sum(h))
    assert ran == ["h", "x"]
    list(steps)
    list(steps)
    assert ran == ["h", "x"]


def test_a_second_loop_shows_the_same_and_changes_nothing():
    x = leaf(1.0, 2.0)
    steps = backward_steps(np.sum(x * x))
    first = list(steps)
    assert steps.done and x.grad.tolist() == [2.0, 4.0]
    assert all(a is b for a, b in zip(first, steps))
    assert x.grad.tolist() == [2.0, 4.0]


def test_the_gradients_of_leaves_are_memory_of_their_own():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    for program, wanted in ((x + w, [1.0, 1.0]), (x * w, [3.0, 4.0])):
        x.grad = w.grad = None
        steps = backward_steps(np.sum(program))
        list(steps)
        before = w.grad.numpy().copy()
        x.grad[...] = 9.0
        np.testing.assert_array_equal(w.grad.numpy(), before)
        assert steps[1].contributions[0].value.tolist() == wanted
        assert steps.leaves[0][1].tolist() == wanted


def test_what_a_step_tells():
    x, w = leaf(1.0, 2.0, name="x"), leaf(3.0, 4.0, name="w")
    with tg.record(), tg.scope("block"):
        h = x * w  # the product
        h.name = "h"
        loss = np.sum(h * h)
    total, square, product = steps = backward_steps(loss)
    assert [step.number for step in steps] == [1, 2, 3]
    assert [step.op for step in steps] == ["sum", "multiply", "multiply"]
    assert (product.name, product.scope, product.shape, square.name) == ("h", ("block",), (2,), None)
    assert product.place.source == "h = x * w  # the product"
    assert total.gradient == 1.0 and square.gradient.tolist() == [1.0, 1.0] and product.gradient.tolist() == [6.0, 16.0]
    for_x, for_w = product.rules
    assert list(for_x.saw) == ["g", "y"] and for_x.saw["y"] is w.data and for_w.saw["x"] is x.data
    assert (for_x.source, for_w.source) == ("lambda g, y: g * y", "lambda g, x: g * x")
    left, right = square.contributions
    assert (left.argument, right.argument) == ("x", "y")
    assert left.target is right.target is h.node and left.step == right.step == 3
    assert left.value.tolist() == right.value.tolist() == [3.0, 8.0]
    assert (left.first, right.first) == (True, False)
    assert left.so_far.tolist() == [3.0, 8.0] and right.so_far.tolist() == [6.0, 16.0]
    assert product.contributions[0].target is x.node and product.contributions[0].step is None
    assert [(node, g.tolist()) for node, g in steps.leaves] == [(x.node, [18.0, 64.0]), (w.node, [6.0, 32.0])]
    assert x.grad.tolist() == [18.0, 64.0]


def test_contributions_are_those_after_broadcasting_is_undone():
    x, b = leaf(1.0, 2.0), Tensor(1.0, requires_grad=True)
    steps = backward_steps(np.sum(x + b))
    assert steps[1].contributions[1].value == 2.0
    assert steps[1].contributions[1].value.shape == ()


def test_a_joint_rule_runs_once():
    model, x = leaf(1.0, 1.0), np.array([[1.0, 2.0], [3.0, 5.0]])
    out, *_ = tg.batchnorm(x, model, model)
    step = backward_steps(out, np.array([[1.0, 0.0], [0.0, 0.0]]))[0]
    (run,) = step.rules
    assert run.names == "gamma and beta"
    assert list(run.saw) == ["g", "gamma", "xhat", "inv_std"]
    assert run.source.startswith(
        '@batchnorm.grad("x", "gamma", "beta")\ndef batchnorm_grad(g, gamma, xhat, inv_std):\n'
    )
    assert run.source.endswith("return dx, dgamma, dbeta")
    assert [c.first for c in run.contributions] == [True, False]
    np.testing.assert_allclose(run.contributions[1].so_far, [1 + run.saw["xhat"][0, 0], 0.0])


def test_hooks_are_seen_in_the_gradients():
    x = leaf(1.0, 2.0)
    h = np.exp(x * 1)
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g * 100)
    steps = backward_steps(np.sum(h))
    assert steps[0].contributions[0].so_far.tolist() == [1.0, 1.0]
    assert steps[1].gradient.tolist() == [10.0, 10.0]
    np.testing.assert_allclose(steps.leaves[0][1], 1000 * np.exp([1.0, 2.0]))


def test_complex_gradients_are_those_that_a_user_sees():
    z = leaf(1 + 2j, dtype=complex)
    w = z * 1j
    w.retain_grad()
    steps = backward_steps(np.sum(np.abs(w * w)))
    list(steps)
    (last,) = [step for step in steps if step.node is w.node]
    np.testing.assert_array_equal(last.gradient, w.grad.numpy())
    np.testing.assert_array_equal(last.rules[0].saw["g"], w.grad.numpy().conj())
    np.testing.assert_array_equal(last.contributions[0].so_far, z.grad.numpy())
    assert f"    g = {shown(w.grad.numpy().conj())}\n" in str(last)


def test_the_text_reads_well():
    x = leaf(1.0, 2.0, name="x")
    with tg.record():
        loss = np.sum(x * x)  # the loss
    steps = backward_steps(loss)
    at = f"test_backward_steps.py:{steps[0].place.line}  loss = np.sum(x * x)  # the loss"
    assert str(steps) == (
        "backward from sum in 2 steps\n"
        "step 1: sum () float64\n"
        f"  {at}\n"
        "  gradient of its output: 1.\n"
        "  rule for a: lambda g, a_shape, axis: np.broadcast_to(kept(g, a_shape, axis), a_shape)\n"
        "    a_shape = (2,)\n"
        "    axis = None\n"
        "    gives a: [1. 1.]\n"
        "      added to the gradient of multiply, for step 2: the first\n"
        "step 2: multiply (2,) float64\n"
        f"  {at}\n"
        "  gradient of its output: [1. 1.]\n"
        "  rule for x: lambda g, y: g * y\n"
        "    y = [1. 2.]\n"
        "    gives x: [1. 2.]\n"
        "      added to the gradient of x: the first\n"
        "  rule for y: lambda g, x: g * x\n"
        "    x = [1. 2.]\n"
        "    gives y: [1. 2.]\n"
        "      added to the gradient of x: so far [2. 4.]\n"
        "the gradient of x: [2. 4.]"
    )


def test_large_values_are_abbreviated():
    assert shown(np.arange(12.0).reshape(3, 4)) == "[[0. 1. 2. 3.] [4. 5. 6. 7.] [8. 9. 10. 11.]]"
    assert shown(np.zeros((100, 100), np.float32)) == (
        "[[0. 0. ... 0. 0.] [0. 0. ... 0. 0.] ... [0. 0. ... 0. 0.] [0. 0. ... 0. 0.]] (100, 100) float32"
    )
    assert shown((np.ones(2), np.zeros(1))) == "([1. 1.], [0.])"
    assert shown((np.ones(1),) * 20).endswith("[1.], ...)")
    assert shown("a" * 200) == "'" + "a" * 76 + "..."
    assert shown((2, 3)) == "(2, 3)"


# The text of rules


def rules():
    ops = {id(op): op for op in OPS.values() if isinstance(op, Op) and op.rules}
    return [
        pytest.param(rule, names, id=f"{op.name}-{'-'.join(inputs)}")
        for op in ops.values()
        for inputs, (rule, names) in op.rules.items()
    ]


@pytest.mark.parametrize(("rule", "names"), rules())
def test_every_rule_of_the_package_has_its_text(rule, names):
    source = rule_source(rule)
    if rule.__name__ == "<lambda>":
        part = ast.parse(source, mode="eval").body
        text, code = eval(source).__code__, rule.__code__
        assert (text.co_names, text.co_varnames, text.co_consts) == (code.co_names, code.co_varnames, code.co_consts)
    else:
        part = ast.parse(source).body[0]
        assert part.name == rule.__name__
    assert [a.arg for a in part.args.args] == ["g", *names]


def test_lambdas_that_share_a_line_are_told_apart():
    pair = [lambda g: g * 1, lambda g: g * 2]
    assert list(map(rule_source, pair)) == ["lambda g: g * 1", "lambda g: g * 2"]
    inner = (lambda g: lambda h: g + h)(1)
    assert rule_source(inner) == "lambda h: g + h"
    long = lambda g, x: (  # noqa: E731
        g
        * x
    )  # fmt: skip
    assert rule_source(long).replace(" ", "") == "lambdag,x:(#noqa:E731\ng\n*x\n)"


def test_rules_without_a_file_have_no_text():
    names = {}
    exec("rule = lambda g: g\ndef other(g): return g", names)
    assert rule_source(names["rule"]) == rule_source(names["other"]) == ""
    assert rule_source(max) == ""

    @tg.op()
    def typed(x):
        return x * 1.0

    typed.grad("x")(names["rule"])
    try:
        steps = backward_steps(np.sum(typed(leaf(1.0))))
        assert "  rule for x: (its source cannot be read)\n" in str(steps)
        assert "cannot be read" in steps.to_html()
    finally:
        del OPS["typed"]


# HTML and tables


class Reader(HTMLParser):
    """Collects the text, and checks that elements are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.words = [], set(), []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_needs_nothing_and_runs_nothing():
    x = leaf(1.0, 2.0, name="<script>alert('x & y')</script>")
    with tg.record(), tg.scope("<b>block</b>"):
        loss = np.sum(x * x)
    steps = backward_steps(loss)
    page = steps.to_html()
    assert page.startswith("<!doctype html>\n")
    read = Reader(page)
    assert "script" not in read.tags and "b" not in read.tags
    assert not {"link", "img", "iframe"} & read.tags and "http" not in page and "@import" not in page
    text = "".join(read.words)
    assert "added to the gradient of <script>alert('x & y')</script>: so far [2. 4.]" in text
    assert "2 multiply (2,) float64 in <b>block</b>" in text
    assert "lambda g, y: g * y" in text
    assert "loss = np.sum(x * x)" in text
    assert "color-scheme: light dark" in page and "@media print" in page and "break-inside: avoid" in page


def test_a_notebook_shows_a_part_of_the_page():
    y = leaf(1.0)
    for _ in range(MOST_STEPS + 20):
        y = y * 2
    steps = backward_steps(np.sum(y))
    shown_there = steps._repr_html_()
    assert shown_there.startswith('<div class="tg-steps">')
    assert Reader(shown_there).tags & {"html", "body", "head"} == set()
    assert shown_there.count("<section") == MOST_STEPS + 1
    assert "... 21 more steps; to_html() has them all" in shown_there
    assert steps.to_html().count("<section") == MOST_STEPS + 22


def test_a_notebook_is_told_what_cannot_be_shown():
    class Odd:
        def __repr__(self):
            raise KeyError("<odd>")

    @tg.op()
    def with_setting(x, how):
        return x * 1.0

    with_setting.grad("x")(lambda g, how: g)
    try:
        steps = backward_steps(np.sum(with_setting(leaf(1.0), Odd())))
        assert steps._repr_html_() == "<pre>backward from sum in 2 steps; KeyError: &#x27;&lt;odd&gt;&#x27;</pre>"
        with pytest.raises(KeyError):
            steps.to_html()
    finally:
        del OPS["with_setting"]


def test_the_table_of_rich():
    console = pytest.importorskip("rich.console")
    x = leaf(*range(1, 7), name="[bold]x", dtype=float)
    with tg.record():
        loss = np.sum(x * x)
    steps = backward_steps(loss)
    screen = console.Console(width=200, file=open("/dev/null", "w"), record=True)  # noqa: SIM115
    with screen.file:
        screen.print(steps)
        text = screen.export_text()
    assert "backward from sum in 2 steps" in text
    assert "lambda g, y: g * y" in text
    assert "the gradient of [bold]x, so far (6,), norm 19.08" in text
    assert f"test_backward_steps.py:{steps[0].place.line}" in text
    assert not steps.done


def test_a_missing_rich_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.table", None)
    with pytest.raises(MissingDependencyError) as caught:
        backward_steps(np.sum(leaf(1.0))).table()
    assert str(caught.value) == "a table of steps needs rich: pip install 'tensorgraph[train]'"


# Errors, and others that watch


def test_errors_are_those_of_backward():
    x = leaf(1.0, 2.0)
    with pytest.raises(BackwardError, match="only a scalar has a gradient by itself"):
        backward_steps(x * x)
    with pytest.raises(BackwardError, match="this tensor is on no graph"):
        backward_steps(x.detach())
    loss = np.sum(x * x)
    with tg.no_grad():
        x[0] = 3.0
    with pytest.raises(OverwrittenError):
        backward_steps(loss)
    loss = np.sum(x * x)
    loss.backward()
    with pytest.raises(FreedGraphError):
        backward_steps(loss)


def test_an_error_in_a_hook_leaves_all_as_it_was():
    x = leaf(1.0, 2.0)
    h = x * x
    h.retain_grad()
    k = np.exp(h)
    k.retain_grad()
    loss = np.sum(k)
    x.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        backward_steps(loss)
    assert h.grad is None and k.grad is None and x.grad is None


def test_a_backward_in_the_loop_is_found_out():
    x = leaf(1.0, 2.0)
    loss = np.sum(x * x)
    with pytest.raises(FreedGraphError) as caught:
        for step in backward_steps(loss):
            if step.number == 1:
                loss.backward()
    assert str(caught.value).startswith("backward: the graph behind 'sum' was freed by an earlier backward.")
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_recording_knows_of_it():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with tg.record() as recording:
        loss = np.sum(x * w)
        for step in backward_steps(loss):
            if step.number == 1:
                break
        assert recording.backwards == []
        assert why_no_grad(x, recording).cause == "backward_not_run"
        list(backward_steps(loss))  # the backward
        x.grad = None
    (backward,) = recording.backwards
    assert backward.tensor is loss and backward.place.source.endswith("# the backward")
    assert why_no_grad(x, recording).cause == "cleared"


def test_a_given_gradient():
    x = leaf(1.0, 2.0)
    g = np.array([10.0, 0.0])
    steps = backward_steps(x * x, g)
    assert steps[0].gradient.tolist() == [10.0, 0.0]
    list(steps)
    assert x.grad.tolist() == [20.0, 0.0]


def test_print_shows_the_first_of_very_many_steps():
    x = Tensor([1.0], requires_grad=True)
    for _ in range(1000):
        x = x * 1.0
    text = str(backward_steps(np.sum(x)))
    assert text.count("\nstep ") == MOST_STEPS
    assert "... 901 more steps; steps[k] is one of them, to_html() has them all" in text
