"""``bad_values``: what made a NaN or an Inf, in the forward pass, the backward pass, a step, or the data."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError
from tensorgraph.explain import bad_values
from tensorgraph.explain.numbers.origin import _list

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy says that it divides by zero, and the like


def leaf(*values, name=None, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True, name=name)


def here(text):
    """The number of the line of this file that ends with this mark."""
    with open(__file__, encoding="utf-8") as file:
        return next(i for i, line in enumerate(file, 1) if line.rstrip().endswith(f"# {text}"))


def names(spots):
    return [spot.what for spot in spots]


# Planted: a program, and what must be said of its origin (what, phase, value, index, the marked line, a hint)


def log_of_0():
    x = leaf(2.0, 0.0, 1.0)
    np.log(x).sum().backward()  # log of 0


def root_of_a_negative():
    np.sqrt(leaf(1.0, -4.0))  # root of a negative


def exp_overflow():
    x = leaf(1.0, 100.0, dtype=np.float32)
    e = np.exp(x)  # exp overflow
    (e / e.sum()).sum().backward()


def zero_by_zero():
    x = leaf(0.0, 1.0)
    x / np.array([0.0, 2.0])  # zero by zero


def by_a_std_of_0():
    x = leaf(3.0, 3.0, 3.0)
    (x - x.mean()) / x.std()  # by a std of 0


def negative_power():
    np.power(leaf(1.0, 0.0), -2.0)  # negative power


def broken_power():
    np.power(leaf(1.0, -3.0), 0.5)  # broken power


def slope_of_a_root():
    x = leaf(4.0, 0.0)
    np.sqrt(x).sum().backward()  # slope of a root


def norm_at_0():
    x = leaf(0.0, 0.0, name="x")
    np.sqrt((x * x).sum()).backward()  # norm at 0


def where_trap():
    x = leaf(1.0, 0.0, name="x")
    y = np.where(x.data > 0, np.log(x), 0.0)  # where trap
    y.sum().backward()


def float16_overflow():
    x = leaf(300.0, 2.0, dtype=np.float16)
    x * x  # float16 overflow


def step_overflow():
    w = leaf(1.0, 2.0, name="w", dtype=np.float32)
    optimizer = tg.optim.SGD([w], lr=1e30)
    (w * w * 1e10).sum().backward()
    optimizer.step()  # step overflow


def float16_gradient():
    x = leaf(1.0, dtype=np.float16)
    y = x * 300.0  # float16 gradient
    y.backward(np.array([300.0], np.float16))


def sum_of_gradients():
    x = leaf(1.0, name="x", dtype=np.float16)
    y = x * 1.0
    (y * 200.0 + y * 200.0).backward(np.array([250.0], np.float16))


def product_overflow():
    x = leaf(1e200, 1.0)
    x * x  # product overflow


PLANTED = {
    log_of_0: (
        "log", "forward", -np.inf, (1,), "log of 0",
        "log(0) is -inf. Keep the argument above 0, as in np.log(x + eps), or use log_softmax or softmax_loss",
    ),
    root_of_a_negative: (
        "sqrt", "forward", np.nan, (1,), "root of a negative",
        "The root of a negative number is nan. Look at what makes it negative",
    ),
    exp_overflow: (
        "exp", "forward", np.inf, (1,), "exp overflow",
        "exp overflows float32 above 88.72. Subtract the maximum first, or use logsumexp, softmax or softmax_loss",
    ),
    zero_by_zero: (
        "divide", "forward", np.nan, (0,), "zero by zero",
        "The denominator has 1 zero. Add a small number to it, or make it safe before dividing: "
        "x / np.where(y == 0, 1, y)",
    ),
    by_a_std_of_0: (
        "divide", "forward", np.nan, (0,), "by a std of 0",
        "The denominator has 1 zero. Add a small number to it, or make it safe before dividing: "
        "x / np.where(y == 0, 1, y)",
    ),
    negative_power: (
        "power", "forward", np.inf, (1,), "negative power", "A negative power of 0 is inf. Keep the base above 0",
    ),
    broken_power: (
        "power", "forward", np.nan, (1,), "broken power",
        "A broken power of a negative number is nan. Keep the base above 0",
    ),
    slope_of_a_root: (
        "the rule of sqrt for x", "backward", np.inf, (1,), "slope of a root",
        "The slope of sqrt at 0 is infinite. Keep the argument away from 0, as in np.sqrt(x + eps)",
    ),
    norm_at_0: (
        "the rule of sqrt for x", "backward", np.inf, (), "norm at 0",
        "The slope of sqrt at 0 is infinite. Keep the argument away from 0, as in np.sqrt(x + eps)",
    ),
    float16_overflow: (
        "multiply", "forward", np.inf, (0,), "float16 overflow",
        "It is beyond 65504, the largest float16: compute it in float32, or scale it down",
    ),
    step_overflow: (
        "the step of SGD on w", "optimizer", -np.inf, (0,), "step overflow",
        "The step is too large. Lower the learning rate, or clip gradients with optim.clip_grad_norm",
    ),
    float16_gradient: (
        "the rule of multiply for x", "backward", np.inf, (0,), "float16 gradient",
        "It is beyond 65504, the largest float16: compute it in float32, or scale it down",
    ),
    product_overflow: (
        "multiply", "forward", np.inf, (0,), "product overflow",
        "It is beyond 1.79769e+308, the largest float64: scale it down",
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", PLANTED, ids=lambda program: program.__name__)
def test_planted(program):
    with tg.record() as recording:
        program()
    found = bad_values(recording)
    what, phase, value, index, line, hint = PLANTED[program]
    origin = found.first
    assert len(found) == 1
    assert (origin.what, origin.phase, origin.index, origin.hint) == (what, phase, index, hint)
    np.testing.assert_equal(float(origin.value), value)
    assert (origin.place.file, origin.place.line) == (__file__, here(line))


def test_the_where_trap():
    """The forward is fine, for np.where drops the -inf; but its gradient there is 0, and 0 times the slope is nan."""
    with tg.record() as recording:
        where_trap()
    forward, backward = bad_values(recording).origins
    assert (forward.what, forward.phase, names(forward.stopped)) == ("log", "forward", ["where"])
    assert (forward.passed_on, forward.gradients) == ([], [])
    assert (backward.what, backward.phase, backward.index) == ("the rule of log for x", "backward", (1,))
    assert np.isnan(backward.value)
    assert backward.place.line == here("where trap")
    assert backward.gradients == ["x"]
    assert backward.hint == (
        "The gradient is 0 here, as behind np.where, and the slope of log at 0 is infinite: 0 * inf is nan. Make the "
        "argument safe before log: np.log(np.where(x > 0, x, 1)), then choose"
    )


def test_how_far_it_spread():
    """The Inf of an exp becomes NaN, and reaches the gradient, the parameter, and the next forward."""
    w = leaf(1.0, 100.0, name="w", dtype=np.float32)
    other = leaf(1.0, name="other", dtype=np.float32)
    optimizer = tg.optim.SGD([w, other], lr=0.1)
    with tg.record() as recording:
        for _ in range(2):
            e = np.exp(w)
            share = e / e.sum()  # becomes nan
            (share.sum() + other.sum()).backward()
            optimizer.step()
    found = bad_values(recording)
    (origin,) = found.origins
    assert (origin.what, origin.phase) == ("exp", "forward")
    assert names(origin.passed_on)[:4] == ["sum", "divide", "sum", "add"]
    assert "the rule of divide for x" in names(origin.passed_on)
    assert names(origin.passed_on).count("exp") == 1, "in the second step, from the parameter"
    assert origin.became_nan.what == "divide" and origin.became_nan.place.line == here("becomes nan")
    assert (origin.became_nan.index, origin.became_hint) == ((1,), "inf / inf is nan")
    assert (origin.gradients, origin.parameters) == (["w"], ["w"])


def test_inf_minus_inf_of_the_data():
    x = Tensor(np.array([1.0, np.inf]), requires_grad=True, name="x")
    with tg.record() as recording:
        x - x * 2.0  # the difference
    (origin,) = bad_values(recording).origins
    assert (origin.what, origin.phase, origin.index) == ("x, x of multiply,", "data", (1,))
    assert names(origin.passed_on) == ["multiply", "subtract"]
    assert (origin.became_nan.what, origin.became_nan.index) == ("subtract", (1,))
    assert origin.became_hint == "inf - inf is nan"
    assert origin.became_nan.place.line == here("the difference")


def test_zero_times_inf():
    x = Tensor(np.array([0.0, np.inf]), requires_grad=True)
    with tg.record() as recording:
        x * np.array([1.0, 0.0])
    origin = bad_values(recording).first
    assert (origin.became_nan.what, origin.became_hint) == ("multiply", "0 * inf is nan")


def test_data_with_nan():
    X = np.ones((4, 3))
    X[2, 1] = np.nan
    net = tg.nn.TwoLayerNet(3, 5, 2, seed=0)
    with tg.record() as recording:
        net.objective(X, np.array([0, 1, 0, 1])).backward()  # the net
    (origin,) = bad_values(recording).origins
    assert (origin.what, origin.phase, origin.index, origin.count) == ("x of affine", "data", (2, 1), 1)
    assert origin.place.line == here("the net")
    assert origin.hint == "No op made it: look at the data, or at the weights that were loaded"
    assert names(origin.passed_on)[:4] == ["affine", "relu", "affine", "softmax_loss"]
    assert sorted(origin.gradients) == ["W1", "W2", "b1", "b2"]


def test_a_parameter_that_was_bad_before():
    w = leaf(1.0, np.inf, name="w")
    with tg.record() as recording:
        np.tanh(w).sum().backward()
        tg.optim.SGD([w], lr=0.1).step()
    (origin,) = bad_values(recording).origins
    assert (origin.what, origin.phase) == ("the parameter w", "data"), "for the tanh of inf is 1"
    assert names(origin.passed_on) == ["the step of SGD on w"]


def test_a_step_on_a_parameter_that_was_bad_before():
    w = leaf(1.0, np.inf, name="w")
    w.grad = np.ones(2)
    with tg.record() as recording:
        tg.optim.SGD([w], lr=0.1).step()
    (origin,) = bad_values(recording).origins
    assert (origin.what, origin.phase, origin.parameters) == ("the parameter w", "data", ["w"])
    assert names(origin.passed_on) == ["the step of SGD on w"]


def test_a_gradient_that_was_given():
    x = leaf(1.0, 2.0, name="x")
    with tg.record() as recording:
        (x * 2.0).backward(np.array([1.0, np.nan]))
    (origin,) = bad_values(recording).origins
    assert (origin.what, origin.phase, origin.index) == ("the gradient of multiply", "data", (1,))
    assert origin.hint == "No rule made it: it was given to backward or to grad, or a hook replaced it"
    assert origin.gradients == ["x"]


def test_a_gradient_that_only_the_optimizer_saw():
    w = leaf(1.0, name="w")
    w.grad = np.array([np.nan])
    with tg.record() as recording:
        tg.optim.SGD([w], lr=0.1).step()
    (origin,) = bad_values(recording).origins
    assert (origin.what, origin.phase, origin.parameters) == ("the gradient of w", "data", ["w"])


def test_a_sum_of_gradients_that_overflows():
    with tg.record() as recording:
        sum_of_gradients()
    (origin,) = bad_values(recording).origins
    assert (origin.what, origin.phase) == ("the sum of 2 gradients of multiply", "backward")
    assert origin.hint == "The sum is beyond the range of float16: scale the loss down, or compute in a wider dtype"
    assert origin.gradients == ["x"]


def test_two_origins():
    x = leaf(0.0)
    with tg.record() as recording:
        np.log(x)
        1.0 / x
    assert [origin.what for origin in bad_values(recording).origins] == ["log", "divide"]


def test_a_recorded_backward():
    """With create_graph rules are made of ops: the op is named, and the rule passed it on."""
    x = leaf(0.0, name="x")
    with tg.record() as recording:
        np.sqrt(x).sum().backward(create_graph=True)
    (origin,) = bad_values(recording).origins
    assert (origin.what, origin.phase) == ("divide", "backward")
    assert names(origin.passed_on) == ["the rule of sqrt for x"]
    assert origin.gradients == ["x"]
    x.grad = None


def test_all_is_finite():
    with tg.record() as recording:
        (leaf(1.0, 2.0) * 2.0).sum().backward()
    found = bad_values(recording)
    assert not found and found.first is None
    assert str(found) == "every recorded value is finite"


def test_operands():
    x = leaf(2.0, 0.0, 0.0)
    with tg.record() as recording:
        np.divide(np.array([[1.0, 3.0, 0.0]]), x)
    numerator, denominator = bad_values(recording).first.operands
    assert denominator == ("y", (3,), np.float64, 0.0, 2.0, 2, 0, 0, 0.0)
    assert numerator.at == 3.0
    assert str(denominator) == "y (3,) float64: in [0, 2], 2 zeros, 0 there"


def test_an_optimizer_step_does_not_change_the_past():
    """A view of a parameter is judged by what it held, though the step has written into it since."""
    w = leaf(1.0, 2.0, 0.0, 4.0, name="w")
    with tg.record() as recording:
        y = np.log(w.reshape(2, 2)[1:])
        y.sum().backward()
        tg.optim.SGD([w], lr=1.0).step()
    assert not np.isfinite(w.data).all()
    origin = bad_values(recording).first
    assert (origin.what, origin.index, origin.phase) == ("log", (0, 0), "forward")
    assert [str(operand) for operand in origin.operands] == ["x (1, 2) float64: in [0, 4], 1 zero, 0 there"]
    assert len(bad_values(recording)) == 1


def test_what_was_lost_is_refused():
    x = leaf(1.0, name="x")
    with tg.record() as recording:
        np.log(x * 0.0)
        y = x * np.inf
    del y
    with tg.no_grad():
        x[...] = np.nan
    with pytest.raises(ArgumentError) as caught:
        bad_values(recording)
    assert str(caught.value) == (
        "bad_values: an array (1,) was written into after it was recorded, so what it held is lost. "
        "Ask before you write into it, or record the steps of the optimizer as well"
    )


def test_the_text():
    w = leaf(0.0, 4.0, name="w")
    with tg.record() as recording, tg.scope("net"), tg.scope("layer"):
        y = np.log(w) * 2.0  # the text
        y.sum().backward()
    assert str(bad_values(recording)) == (
        "log made -inf, at index (0,), from finite values, in the forward pass\n"
        f"  called at {__file__}:{here('the text')} in test_the_text: y = np.log(w) * 2.0  # the text\n"
        "  net/layer is the module\n"
        "  x (2,) float64: in [0, 4], 1 zero, 0 there\n"
        "  log(0) is -inf. Keep the argument above 0, as in np.log(x + eps), or use log_softmax or softmax_loss\n"
        "  passed on by multiply, sum, the rule of log for x\n"
        "  reached the gradients of w"
    )


def test_long_lists():
    assert _list(["a", "b", "a"]) == "a (2 times), b"
    assert _list(list("abcdefghij")) == "a, b, c, d, e, f, g, h and 2 more"
