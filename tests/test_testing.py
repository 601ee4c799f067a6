"""The gradient checks themselves: what they find, what they leave alone, and what they say."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.core import OPS
from tensorgraph.errors import ArgumentError, DTypeError, GradientCheckError, ShapeError
from tensorgraph.testing import (
    Draw,
    StrictArray,
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    gradcheck,
    gradgradcheck,
    numerical_gradient,
    rel_error,
)


@pytest.fixture
def define():
    """``tg.op``, and the ops that a test defines are forgotten after it."""
    before = set(OPS)
    yield tg.op
    for key in set(OPS) - before:
        del OPS[key]


def wrong_square(define, wrong_at=()):
    """x**2, with a gradient that is 1 too large, everywhere or at one index."""

    @define()
    def square(x):
        return x * x

    @square.grad("x")
    def square_dx(g, x):
        error = np.zeros(x.shape)
        error[wrong_at] = 1
        return g * (2 * x + error)

    return square


# Numerical gradients


@pytest.mark.parametrize("method", ["central", "complex"])
def test_numerical_gradient(method):
    x = np.array([[0.5, -1.0], [2.0, 0.0]])
    found = numerical_gradient(lambda x: (x**3 + np.exp(x)).sum(), x, method=method)
    np.testing.assert_allclose(found, 3 * x**2 + np.exp(x), rtol=1e-9 if method == "central" else 1e-15)


def test_numerical_gradient_of_lower_precision():
    x = np.array([1.0, 2.0], np.float32)
    found = numerical_gradient(lambda x: (x * x).sum(), x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 2 * x, rtol=1e-3)


def test_numerical_gradient_leaves_its_input_alone():
    x = np.ones(2)
    x.setflags(write=False)
    numerical_gradient(np.sum, x)


def test_numerical_gradient_refuses():
    with pytest.raises(ArgumentError, match="'central' or 'complex'; got 'forward'"):
        numerical_gradient(np.sum, np.ones(2), method="forward")
    with pytest.raises(ShapeError, match=r"gives shape \(2,\)"):
        numerical_gradient(np.sin, np.ones(2))
    with pytest.raises(DTypeError, match="got int64"):
        numerical_gradient(np.sum, np.arange(2))


def test_the_courses_numerical_gradients():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    df = np.array([[1.0, 10.0], [100.0, 1000.0]])
    np.testing.assert_allclose(eval_numerical_gradient(lambda x: (x**2).sum(), x), 2 * x, rtol=1e-8)
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda x: x**2, x, df), 2 * x * df, rtol=1e-8)
    assert x.tolist() == [[1, 2], [3, 4]]


def test_the_courses_numerical_gradient_of_a_parameter():
    """The function reads the parameter itself, as a net does."""
    w = tg.Tensor([1.0, 2.0], requires_grad=True)
    np.testing.assert_allclose(eval_numerical_gradient(lambda _: (w * w).sum(), w), [2, 4], rtol=1e-8)
    assert w.numpy().tolist() == [1, 2]


def test_a_failing_function_leaves_the_array_restored():
    x = np.ones(2)

    def fail(x):
        if x[1] != 1:
            raise KeyError
        return x.sum()

    with pytest.raises(KeyError):
        eval_numerical_gradient(fail, x)
    assert x.tolist() == [1, 1]


def test_the_courses_numerical_gradients_refuse():
    with pytest.raises(DTypeError, match="got list"):
        eval_numerical_gradient(np.sum, [1.0])
    with pytest.raises(ShapeError, match=r"f gives shape \(2,\) but df has \(3,\)"):
        eval_numerical_gradient_array(np.sin, np.ones(2), np.ones(3))


def test_rel_error():
    assert rel_error(np.array([1.0, 2.0]), tg.Tensor([1.0, 6.0])) == 0.5
    assert rel_error(np.zeros(2), np.zeros(2)) == rel_error(np.zeros(0), np.zeros(0)) == 0
    with pytest.raises(ShapeError):
        rel_error(np.zeros(2), np.zeros(3))


# gradcheck


def test_failure_names_input_index_values_and_step(define):
    square = wrong_square(define, (1, 0))
    with pytest.raises(GradientCheckError) as caught:
        gradcheck(lambda w, x: square(x) * w, (np.ones((2, 2)), np.arange(4.0).reshape(2, 2)), names=["w", "x"])
    text = str(caught.value)
    assert "x (2, 2) float64 at index (1, 0): analytic" in text
    analytic, numeric = (float(text.split(word)[1].split()[0].rstrip(",;")) for word in ("analytic", "numeric"))
    np.testing.assert_allclose(numeric / 4, analytic / 5, rtol=1e-6)  # 2 x is 4; the wrong rule says 5
    assert "(step 6e-06)" in text


def test_nested_inputs_have_names(define):
    square = wrong_square(define)
    with pytest.raises(GradientCheckError, match=r"input 0\['W'\]\[1\] \(3,\) float64 at index \(0,\)"):
        gradcheck(lambda p: p["b"] + square(p["W"][1]), {"b": np.ones(3), "W": [np.ones(2), np.ones(3)]})


def test_random_directions_find_the_culprit(define):
    square = wrong_square(define, (17, 3))
    with pytest.raises(GradientCheckError, match=r"input 0 \(40, 30\) float64 at index \(17, 3\)"):
        gradcheck(square, np.ones((40, 30)))


def test_inputs_of_all_sizes_and_kinds():
    random = np.random.default_rng(0)
    w, x, y = random.standard_normal((3, 2)), random.standard_normal((4, 3)), np.array([0, 1, 1, 0])
    assert gradcheck(lambda w, x, y: tg.softmax_loss(x @ w, y), (w, tg.Tensor(x), y)).checked == 18
    assert gradcheck(lambda x: tg.softmax(x).sum(axis=0), random.standard_normal((50, 20))).checked == 8
    assert gradcheck(lambda x: [x * x, {"cube": x**3}], np.ones(2)).checked == 2
    assert gradcheck(np.sum, np.zeros((0, 3))).checked == 0
    assert gradcheck(np.sin, np.array(0.5)).checked == 1
    assert gradcheck(lambda x: x * np.conj(x), np.array([1 + 2j, 3j])).checked == 4


def test_a_wrong_rule_for_complex_numbers_is_found(define):
    @define()
    def double(x):
        return 2j * x

    double.grad("x")(lambda g: -2j * g)
    with pytest.raises(GradientCheckError, match="complex128 at index"):
        gradcheck(double, np.array([1.0 + 1j]))


def test_parameters_outside_are_left_alone():
    w = tg.Tensor([2.0], requires_grad=True)
    assert gradcheck(lambda x: w * x, np.ones(1)).checked == 1
    assert w.grad is None


def test_low_precision_needs_tolerances():
    x = np.array([1.0, 2.0], np.float32)
    with pytest.raises(DTypeError, match="float32, whose rounding hides errors in gradients. Give float64, or rtol="):
        gradcheck(np.exp, x)
    assert gradcheck(np.exp, x, rtol=1e-2, atol=1e-2).checked == 2


def test_nothing_to_check():
    with pytest.raises(ArgumentError, match="no input is an array of floating point numbers"):
        gradcheck(np.sum, np.arange(3))


def test_random_functions_are_refused():
    random = np.random.default_rng(0)
    with pytest.raises(ArgumentError, match="different values for the same inputs"):
        gradcheck(lambda x: x * random.random(), np.ones(2))


def test_large_outputs_raise_no_alarm():
    """Rounding of a function that is large beside its changes is allowed for."""
    assert gradcheck(lambda x: x + 1e9, np.ones(3)).checked == 3


# gradgradcheck


def test_second_derivatives():
    random = np.random.default_rng(0)
    assert gradgradcheck(lambda w, x: np.tanh(x @ w), (random.standard_normal((3, 2)), np.ones((2, 3)))).checked == 16


def test_a_constant_that_should_not_be_one_is_found(define):
    """The first derivative is right and the second silently wrong, where a rule cuts an input off its graph."""

    @define()
    def cube(x):
        return x**3

    cube.grad("x")(lambda g, x: 3 * g * (x.numpy() if isinstance(x, tg.Tensor) else x) ** 2)
    gradcheck(cube, np.ones(2))
    with pytest.raises(GradientCheckError, match=r"input 0 \(2,\) float64 at index \(0,\): analytic 0,"):
        gradgradcheck(cube, np.ones(2))


# Kinks


def relu_net(random):
    """Inputs at the kink and just beside it, in two layers of relu."""
    x = random.standard_normal((1, 4))
    x[0, :2] = 0, 3e-7 * random.choice([-1, 1])
    return lambda x, w: tg.relu(tg.relu(x) @ w), (x, random.standard_normal((4, 2)))


def hinge_net(random):
    """Multiclass hinge losses, one of whose margins is 0, by the op and by hand."""
    scores, y = random.standard_normal((1, 4)), random.integers(4, size=1)
    scores[0, (y[0] + 1) % 4] = scores[0, y[0]] - 1
    return lambda s: tg.svm_loss(s, y) + np.maximum(1 - s, 0).mean(), (scores,)


def pool_net(random):
    """Maxima over windows, with ties in them."""
    x = random.standard_normal((2, 6))
    x[0, 0] = x[1, 1] = 3
    x[:, 2:4] = 0
    return lambda x: np.max(x.reshape(1, 2, 3, 2), axis=(1, 3)) ** 2, (x,)


@pytest.mark.parametrize("net", [relu_net, hinge_net, pool_net])
def test_no_false_alarm_at_kinks(net):
    for seed in range(1000):
        f, inputs = net(np.random.default_rng(seed))
        report = gradcheck(f, inputs, seed=seed)
        size = sum(x.size for x in inputs)
        assert report.checked + len(report.skipped) == size
        assert 0 < len(report.skipped) <= size / 2  # each has a kink in it


def test_a_wrong_relu_is_caught_every_time(define):
    wrong = define()(lambda x: np.maximum(x, 0))
    wrong.grad("x")(lambda g, out: g * (out > 0.1))
    wrong.branches(lambda x: x > 0)
    OPS["wrong"] = wrong
    for seed in range(1000):
        random = np.random.default_rng(seed)
        x = np.array([0.0, 3e-7, random.uniform(0.01, 0.09), *random.standard_normal(3)])
        with pytest.raises(GradientCheckError, match=r"input 0 \(6,\) float64 at index \(1,\)"):
            gradcheck(wrong, x, seed=seed)


def test_beside_a_kink_the_step_shrinks():
    report = gradcheck(tg.relu, np.array([3e-7, -3e-7, 0.0]))
    assert report.checked == 2
    assert [(skip.input, skip.index) for skip in report.skipped] == [("input 0", (2,))]


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (np.abs, 0.0),
        (np.sign, 0.0),
        (lambda x: np.maximum(x, 1), 1.0),
        (lambda x: np.clip(x, 0, 1), 1.0),
        (lambda x: np.where(x > 0, x, 2 * x), 0.0),
        (lambda x: x * np.floor(x), 1.0),
        (lambda x: x[np.argmax(x)], [1.0, 1.0]),
        (lambda x: x[np.argsort(x)] * np.arange(2), [1.0, 1.0]),
        (lambda x: np.remainder(x, 2), 4.0),
        (lambda x: x if x > 0 else 2 * x, 0.0),
        (lambda x: tg.affine_relu(x, np.ones((1, 1)), np.zeros(1)), [[0.0]]),
    ],
)
def test_every_kind_of_kink_is_seen(f, at):
    x = np.array(at)
    assert len(gradcheck(f, x).skipped) == x.size


def test_kinks_are_seen_in_random_directions():
    x = np.ones(320)
    x[70:80] = 0
    report = gradcheck(tg.relu, x, directions=3)
    assert len(report.skipped) == 3  # the part that is a sixteenth of each direction, and has the kink in it
    assert report.checked == 3 * 4  # the other halves, quarters, eighths and sixteenths


def test_a_wrong_rule_is_found_beside_a_kink_in_random_directions(define):
    @define()
    def ramp(x):
        return np.maximum(x, 0)

    ramp.grad("x")(lambda g, x: g * (x > 0.5))
    ramp.branches(lambda x: x > 0)
    x = np.ones(320)
    x[70], x[300] = 0, 0.3
    with pytest.raises(GradientCheckError, match=r"at index \(300,\): analytic 0,"):
        gradcheck(ramp, x)


# Draw and StrictArray


def test_draw_keeps_to_its_domains_and_dtype():
    draw = Draw(np.float32, seed=3)
    assert {draw(2, 3).dtype, draw.distinct(4).dtype, draw.unit().dtype, draw.constant([1]).dtype} == {np.dtype("f4")}
    assert draw.normal(0, 2).shape == (0, 2)
    assert (draw.positive(1000) >= 0.5).all()
    assert (draw.positive(1000) <= 2.5).all()
    assert (abs(draw.unit(1000)) < 0.9).all()
    assert (abs(draw.nonzero(1000)) >= 0.3).all()
    assert (draw.nonzero(100) < 0).any()
    assert (draw.large(1000) >= 1.2).all()
    assert set(draw.integers(3, 100).tolist()) == {0, 1, 2}
    assert set(draw.mask(100).tolist()) == {False, True}


@pytest.mark.parametrize("size", [1, 2, 7, 24])
def test_distinct_values_are_apart(size):
    values = np.sort(Draw(seed=size).distinct(size))
    assert (np.diff(values) > 0.1).all()
    assert (abs(values) >= 0.1).all()


def test_draw_repeats_itself():
    first, second = Draw(np.float64, seed=1), Draw(np.float32, seed=1)
    assert first(3).astype(np.float32).tolist() == second(3).tolist()
    assert first.positive(2).tolist() != first.positive(2).tolist()


@pytest.mark.parametrize(
    "meet",
    [
        lambda s, a: s + a,
        lambda s, a: a + s,
        lambda s, a: np.maximum(s, a),
        lambda s, a: np.concatenate([s, a]),
        lambda s, a: np.where(a > 0, s, 0),
        lambda s, a: s[a.astype(int)],
        lambda s, a: s.sum(out=a),
        lambda s, a: np.asarray(s),
        lambda s, a: np.stack([s, s], out=a),
        lambda s, a: a.__setitem__(slice(None), s),
        lambda s, a: np.frombuffer(s),
    ],
)
def test_strict_arrays_meet_no_ndarray(meet):
    with pytest.raises(TypeError):
        meet(StrictArray(np.ones(2)), np.ones(2))


def test_strict_arrays_work_with_their_own_kind():
    s = StrictArray(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert (s + s * 2).unwrap().tolist() == [[3, 6], [9, 12]]
    assert (s @ s.T).shape == (2, 2)
    assert isinstance(s.sum(), StrictArray)
    assert float(s.sum()) == 10
    assert np.where(s > 2, s, 0).unwrap().tolist() == [[0, 0], [3, 4]]
    assert [part.shape for part in np.split(s, 2)] == [(1, 2), (1, 2)]
    assert s[StrictArray(np.array([1]))].shape == (1, 2)
    assert not hasattr(s, "__array_interface__")


def test_strict_arrays_give_way_to_tensors():
    s, t = StrictArray(np.ones(2)), tg.Tensor(StrictArray(np.ones(2)), requires_grad=True)
    for result in (s + t, t + s, np.stack([s, t])):
        assert isinstance(result, tg.Tensor)
        assert isinstance(result.data, StrictArray)
