"""``check_op``: each kind of check finds the fault that it is there for, and says where."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.core import NUMPY, OPS
from tensorgraph.errors import ArgumentError, GradientCheckError
from tensorgraph.testing import KINDS, check_op


@pytest.fixture(autouse=True)
def forget_ops():
    """The ops that a test defines are forgotten after it."""
    ops, functions = dict(OPS), dict(NUMPY)
    yield
    for table, before in ((OPS, ops), (NUMPY, functions)):
        table.clear()
        table.update(before)


def make(forward=lambda x: x * x, rule=lambda g, x: 2 * g * x, sampler=None, **options):
    """An op of one input, by default a sound one: the square."""
    op = tg.op(**options)(forward)
    op.name = "square"
    op.grad("x")(rule)
    op.samples(sampler or (lambda n, draw: iter([(draw(n, 3),)])))
    return op


def cut(x):
    return x.numpy() if isinstance(x, tg.Tensor) else x


def different_from_numpy():
    def sinc(x):
        return np.sin(x) / x

    return make(sinc, lambda g, x: g * (np.cos(x) - np.sin(x) / x) / x, key=np.sinc)


def needs_two_tensors():
    op = make(lambda x, y: x * y.reshape(y.shape), lambda g, y: g * y, lambda n, draw: iter([(draw(), draw())]))
    op.grad("y")(lambda g, x: g * x)
    return op


def writes_into_the_gradient():
    def rule(g, x):
        g *= 2 * x
        return g

    return make(rule=rule)


FAULTS = {
    "values": (different_from_numpy, "the value, beside that of NumPy's function, is off by"),
    "first order": (lambda: make(rule=lambda g, x: 2.001 * g * x), r"x \(1, 3\) float64 at index \(0, 0\): analytic"),
    "second order": (lambda: make(rule=lambda g, x: 2 * g * cut(x)), r"x \(1, 3\) float64"),
    "forward mode": (lambda: make(rule=lambda g, x: 2 * cut(g) * x), "the pushforward is off by"),
    "each input alone": (needs_two_tensors, "y must be an array or a tensor"),
    "dtypes": (lambda: make(rule=lambda g, x: np.full(x.shape, 2.0) * g * x), "returned float64 for a"),
    "inputs untouched": (writes_into_the_gradient, "read-only"),
    "without axes": (lambda: make(rule=lambda g, x: (2 if x.ndim else 3) * g * x), r"x \(\) float64"),
    "complex numbers": (lambda: make(rule=lambda g, x: 2 * g * x.conj()), r"x \(1, 3\) complex128 at index"),
    "layouts": (lambda: make(rule=lambda g, x: 2 * g * x.ravel("K").reshape(x.shape)), "laid out in fortrans order"),
    "strict arrays": (lambda: make(rule=lambda g, x: 2 * g * x * np.ones(x.shape)), "a StrictArray meets an ndarray"),
    "rules equal forward": (lambda: make(rule=lambda g, x: (2 + 1e-9) * g * x, fused=True), "gradient is off by"),
    "batched": (
        lambda: make(rule=lambda g, x: (2 if isinstance(g, np.ndarray | tg.Tensor) else 3) * g * x),
        "the pullback of a batch is off by",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_finds_its_fault(kind):
    make_faulty, message = FAULTS[kind]
    op = make_faulty()
    with pytest.raises(GradientCheckError, match=message) as caught:
        check_op(op, kind)
    assert str(caught.value).startswith(f"square: {kind}: sample 0 of batch size ")


def test_a_sound_op_passes_and_is_reported():
    report = check_op(make(fused=True))
    assert report.name == "square"
    assert [check.kind for check in report.checks] == list(KINDS)
    assert all(check.cases == 3 and check.seconds > 0 for check in report.checks)
    assert report.cases == 3 * len(KINDS)
    assert report.skipped == 0
    assert 0 < report.error < 1e-7
    assert report.seconds == pytest.approx(sum(check.seconds for check in report.checks))


def test_coordinates_at_kinks_are_counted():
    at_zero = make(lambda x: np.maximum(x, 0), lambda g, x: g * (x > 0), lambda n, draw: iter([(0 * draw(n, 2),)]))
    at_zero.branches(lambda x: x > 0)
    assert check_op(at_zero, "first order").skipped == 8


def test_an_input_without_a_rule_must_be_a_constant():
    def scaled(x, mask):
        return x * mask

    op = make(scaled, lambda g, mask: g * mask, lambda n, draw: iter([(draw(n), draw(n))]))
    with pytest.raises(GradientCheckError, match="NotDifferentiableError: square: .* with respect to mask"):
        check_op(op, "first order")
    op.samples(lambda n, draw: iter([(draw(n), draw.constant(draw(n)))]))
    assert check_op(op).cases


def test_numpy_functions_are_checked_through_numpy():
    assert check_op(np.sin, "values").name == "sin"
    assert check_op(np.stack, "first order").name == "np.stack"


def test_what_cannot_be_checked():
    with pytest.raises(ArgumentError, match=r"np.argmax has no samples .* give an op, or a function with a rule"):
        check_op(np.argmax)
    with pytest.raises(ArgumentError, match="there is no check 'third order'; there are values, first order"):
        check_op(make(), "third order")
    op = make()
    op.sampler = None
    with pytest.raises(ArgumentError, match=r"square has no samples .* register them with square\.samples"):
        check_op(op)
    with pytest.raises(GradientCheckError, match="nothing is checked"):
        check_op(make(sampler=lambda n, draw: iter([(draw.integers(3, n),)])))
    with pytest.raises(ArgumentError, match="a sampler yields tuples of arguments; got ndarray"):
        check_op(make(sampler=lambda n, draw: iter([draw(n)])))
