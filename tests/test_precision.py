"""``precision``: which op loses digits, and by how much, in float16, float32 and float64."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.explain import precision
from tensorgraph.explain.numbers.replay import rerun
from tensorgraph.recording import call_of

EPS = {name: float(np.finfo(name).eps) for name in ("float16", "float32", "float64")}


def leaf(values, dtype=np.float32, name=None):
    return Tensor(np.array(values, dtype), requires_grad=True, name=name)


def recorded(program):
    with tg.record(), np.errstate(all="ignore"):
        return program()


def here(text):
    """The number of the line of this file that ends with this mark."""
    with open(__file__, encoding="utf-8") as file:
        return next(i for i, line in enumerate(file, 1) if line.rstrip().endswith(f"# {text}"))


def by_name(report):
    return {node.name: node for node in report.nodes}


# Planted


def test_naive_variance():
    """E[x^2] - E[x]^2 of numbers around 3000 with variance 1: all digits of float32 cancel."""
    x = leaf(np.random.default_rng(0).standard_normal(1000) + 3000)
    report = precision(recorded(lambda: (x * x).mean() - x.mean() ** 2))  # cancels
    worst, *others = report.nodes
    assert (worst.name, worst.place.line) == ("subtract", here("cancels"))
    assert worst.errors["float32"].adds > 0.01
    assert 1e-12 < worst.errors["float64"].total < 1e-6
    assert worst.advice.startswith("its operands, up to 9e+06, cancel to ")
    assert all(node.errors["float32"].adds < 4 * EPS["float32"] and not node.advice for node in others)


def test_nothing_but_rounding_is_left():
    x = leaf([1e8, 1.0, -1e8, -1.0])
    (node,) = precision(recorded(lambda: x.sum())).nodes
    assert node.growth == np.inf
    assert node.advice == "its operands, up to 1e+08, cancel to 0"


def test_the_variance_op_keeps_its_digits():
    x = leaf(np.random.default_rng(0).standard_normal(1000) + 3000)
    (node,) = precision(recorded(lambda: np.var(x))).nodes
    assert node.errors["float32"].adds < 1e-3 and not node.advice


def test_log_of_1_plus_a_little():
    x = leaf([1e-6, 3e-6])
    log, add = precision(recorded(lambda: np.log(1 + x))).nodes
    assert (log.name, add.name) == ("log", "add")
    assert log.errors["float32"].adds > 1e-3 and add.errors["float32"].adds < EPS["float32"]
    assert log.growth == log.errors["float32"].adds / EPS["float32"]
    assert log.advice == "near 1 the log has only what 1 + x has kept of x: use np.log1p(x)"
    (right,) = precision(recorded(lambda: np.log1p(x))).nodes
    assert right.errors["float32"].adds < 2 * EPS["float32"]


def test_softmax_without_the_maximum_in_float16():
    scores = leaf([[1.0, 12.0, 3.0]], np.float16)

    def program():
        e = np.exp(scores)
        return e / e.sum(axis=1, keepdims=True)

    report = precision(recorded(program))
    exp, divide, total = report.nodes
    assert report.dtype == "float16"
    assert (exp.name, exp.growth, exp.errors["float16"]) == ("exp", np.inf, (np.inf, np.inf, ""))
    assert exp.advice == "its result, 1.63e+05, is beyond 65504, the largest float16"
    assert exp.errors["float32"].adds < 2 * EPS["float32"]
    for node in (total, divide):  # they are not to blame: what they are given does not fit
        assert node.errors["float16"] == (None, np.inf, "an input is out of range")
        assert node.growth is None
    (softmax,) = precision(recorded(lambda: tg.softmax(scores))).nodes
    assert softmax.errors["float16"].adds < 2 * EPS["float16"]


def test_overflow_inside_an_op():
    @tg.op()
    def length(x):
        return np.sqrt((x * x).sum())

    length.grad("x")(lambda g, x, out: g * x / out)
    try:
        (node,) = precision(recorded(lambda: length(leaf([300.0, 400.0], np.float16)))).nodes
        assert node.errors["float16"].adds == np.inf
        assert node.advice == "it overflows inside in float16"
    finally:
        del tg.OPS["length"]


def test_underflow():
    x = leaf([3e-4], np.float16)
    (product,) = precision(recorded(lambda: x * x)).nodes
    assert product.errors["float16"].adds > 0.01
    assert product.advice == "its result, 9e-08, is below 6.1e-05, the smallest float16 of full precision"


def test_an_ill_conditioned_op():
    """A relative change of x is x * (1 + tan(x)**2) / tan(x) times as large in tan(x), some 1e4 here."""
    x = leaf([1.5707], np.float64)
    (node,) = precision(recorded(lambda: np.tan(x)), np.float32).nodes
    assert 100 < node.growth < 2e4
    assert node.advice == f"it makes the rounding of its inputs {node.growth:.2g} times as large"
    assert node.errors["float64"].adds < 1e-11


def test_errors_pass_through_and_are_not_blamed():
    x = leaf([1e-6])
    nodes = by_name(precision(recorded(lambda: np.log(1 + x) * 3.0)))
    product = nodes["multiply"].errors["float32"]
    assert product.adds < EPS["float32"]
    assert product.total == pytest.approx(nodes["log"].errors["float32"].total, rel=1e-3)


# What is replayed


def test_the_replay_gives_the_same_bits():
    """Arrays beside tensors, scalars, indices, masks, settings, several arguments; in the recorded precision."""
    x = leaf(np.arange(12.0).reshape(3, 4), np.float64)
    constant, mask = np.linspace(0, 1, 4), np.array([True, False, True])

    def program():
        y = np.concatenate([x * constant, x[::-1], np.where(mask[:, None], x, 0.5)], axis=1)
        y = y.astype(np.float64) + np.float64(2.5)
        z = np.einsum("ij,kj->ik", y, y) / np.array(3.0)
        return tg.softmax_loss(z, np.array([0, 1, 2])) + y.max(axis=0).sum() + (x[mask] @ constant).sum()

    loss = recorded(program)
    values = {x.node: x.data}
    nodes = [node for node in reversed(tg.core.reachable(loss.node)) if node.plan is not None]
    for node in nodes:
        values[node] = call_of(node).value
        assert (rerun(call_of(node), node, np.float64, values.__getitem__) == values[node]).all(), node
    report = precision(loss)
    assert len(report.nodes) == len(nodes) > 14
    assert report.not_available == []
    assert all(node.errors["float64"].total < 100 * EPS["float64"] for node in report.nodes)


def test_every_value_is_in_the_precision():
    """Also behind a conversion to another dtype, and beside scalars and constants of a wider one."""
    x = leaf([0.1, 0.2], np.float32)

    def program():
        return (x.astype(np.float64) * np.array([0.3, 0.7]) + np.float64(0.9)) / np.array(3.0)

    loss = recorded(program)
    for dtype in (np.float16, np.float32, np.longdouble):
        values = {x.node: x.data}
        for node in reversed(tg.core.reachable(loss.node)):
            if node.plan is not None:
                values[node] = rerun(call_of(node), node, dtype, values.__getitem__)
                assert values[node].dtype == dtype
    narrowed = recorded(lambda: x.astype(np.float16))
    right = rerun(call_of(narrowed.node), narrowed.node, np.longdouble, lambda node: x.data)
    assert (right == x.data).all(), "a narrow dtype in the program does not make its right values narrow"
    rounded = (x.data.astype(np.float16) * np.array([0.3, 0.7], np.float16) + np.float16(0.9)) / np.float16(3.0)
    total = next(node for node in precision(loss, np.float16).nodes if node.name == "divide").errors["float16"].total
    right = program().data
    wanted = np.sqrt(np.square(rounded - right).mean() / np.square(right).mean())
    assert total == pytest.approx(wanted, rel=1e-6)


def test_the_net():
    net = tg.nn.FullyConnectedNet([6, 5], 4, 3, dropout=0.8, use_batchnorm=True, reg=0.1, seed=0)
    loss = recorded(lambda: net.objective(np.eye(4), np.array([0, 1, 2, 0])))
    report = precision(loss)
    assert len(report.nodes) == sum(node.plan is not None for node in tg.core.reachable(loss.node))
    assert report.not_available == []
    assert all(node.errors["float32"].total < 1e-4 for node in report.nodes)
    assert any(node.scope == ("FullyConnectedNet", "layer1") and node.name == "batchnorm" for node in report.nodes)


def test_what_does_not_run_is_said():
    @tg.op()
    def inverse(x):
        return np.linalg.inv(x)

    inverse.grad("x")(lambda g, out: -out.T @ g @ out.T)
    try:
        report = precision(recorded(lambda: inverse(leaf(np.eye(2) * 3.0)).sum()))  # no float16
        place = f"at {__file__}:{here('no float16')} in <lambda>"
        assert report.not_available == [f"inverse in longdouble, {place}", f"inverse in float16, {place}"]
        nodes = by_name(report)
        assert nodes["inverse"].errors["float16"] == (None, None, "not available")
        assert 0 < nodes["inverse"].errors["float32"].adds < 4 * EPS["float32"]
        assert nodes["sum"].errors["float16"].adds is not None
        assert str(report).endswith(f"not available: inverse in float16, {place}")
    finally:
        del tg.OPS["inverse"]


def test_complex_numbers():
    z = leaf([1 + 2j, 3j], complex)
    report = precision(recorded(lambda: np.abs(z * (0.1 + 0.2j)).sum()))
    assert report.dtype == "float64"
    assert [text.partition(",")[0] for text in report.not_available] == ["multiply in float16", "absolute in float16"]
    assert 0 < by_name(report)["multiply"].errors["float32"].adds < 4 * EPS["float32"]


def test_inf_that_is_right_is_no_error():
    x = leaf([0.0, 1.0])
    (node,) = precision(recorded(lambda: np.log(x))).nodes
    assert node.errors["float32"] == (0.0, 0.0, "")


def test_nothing_to_run():
    x = leaf([1.0])
    assert precision(x).nodes == []


# Ranking, refusals, text


def test_the_dtype_to_rank_by():
    x = leaf([300.0])
    loss = recorded(lambda: np.log(x * x + 1.0))
    assert precision(loss).dtype == "float32"
    assert precision(loss, np.float16).dtype == "float16"
    assert precision(loss, "float16").nodes[0].growth == np.inf
    with pytest.raises(DTypeError) as caught:
        precision(loss, np.int64)
    assert str(caught.value) == "precision: ranks by float16, float32 or float64; got int64"


def test_what_was_written_into_is_refused():
    w = leaf([1.0], name="w")
    loss = recorded(lambda: w * 2.0)
    w.grad = np.ones(1, np.float32)
    tg.optim.SGD([w], lr=0.1).step()
    with pytest.raises(ArgumentError) as caught:
        precision(loss)
    assert str(caught.value) == (
        "precision: x of multiply was written into after it was recorded, so what it held is lost. "
        "Ask before you write into it, as before the step of the optimizer"
    )


def test_what_was_not_recorded_is_refused():
    x = leaf([1.0])
    y = np.sin(x)
    with pytest.raises(ArgumentError) as caught:
        precision(recorded(lambda: y * 2.0))
    assert str(caught.value) == (
        "precision: 'sin', on the way to this tensor, was not recorded. Compute all of it inside "
        "`with tensorgraph.record():`"
    )
    with pytest.raises(ArgumentError, match="precision: the values on the way to this tensor were not kept"):
        precision(y)


def test_the_text():
    x = leaf([1.0, 2.0])

    def program():
        with tg.scope("net"):
            y = x * 2.0  # doubled
        return y

    loss = recorded(program)
    assert str(precision(loss)) == (
        "relative errors, ranked by what an op adds in float32\n"
        "op                             line  float16 adds  float16 total  float32 adds  float32 total  "
        "float64 adds  float64 total\n"
        f"net/multiply  test_precision.py:{here('doubled')}       0.0e+00        0.0e+00       0.0e+00        0.0e+00  "
        "     0.0e+00        0.0e+00"
    )


def test_a_long_graph():
    def program():
        x = leaf([1.0])
        for _ in range(50):
            x = x * 1.5
        return x

    text = str(precision(recorded(program)))
    assert "\nand 30 more" in text
