"""``diff``: the first node that differs between two runs, what introduced it, and differences of structure."""

import json
from dataclasses import replace

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, CheckpointError, FileError
from tensorgraph.explain import diff, load_run, save_run
from tensorgraph.explain.runs.align import REACH
from tensorgraph.explain.runs.compare import compare, tolerance
from tensorgraph.explain.runs.run import run_of


def leaf(*values, name=None, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True, name=name)


def here(text):
    """The number of the line of this file that ends with this mark."""
    with open(__file__, encoding="utf-8") as file:
        return next(i for i, line in enumerate(file, 1) if line.rstrip().endswith(f"# {text}"))


def recorded(program, *args, **kwargs):
    with tg.record() as recording:
        program(*args, **kwargs)
    return recording


def train(steps=2, lr=0.1, seed=0, nudge=0.0, dtype=np.float32):
    """A small net with everything in it, always the same."""
    net = tg.nn.FullyConnectedNet([6, 5], 4, 3, dropout=0.8, use_batchnorm=True, reg=0.1, seed=seed, dtype=dtype)
    net.params["W2"] = net.params["W2"].numpy() + dtype(nudge)
    optimizer = tg.optim.Adam(net.parameters(), lr=lr)
    X, y = np.random.default_rng(0).standard_normal((8, 4)), np.arange(8) % 3
    for _ in range(steps):
        optimizer.zero_grad()
        net.objective(X, y).backward()
        optimizer.step()


# Nothing differs


def test_the_same_program_twice():
    found = diff(recorded(train), recorded(train))
    assert not found
    assert found.first is None
    assert found.compared > 100
    assert str(found) == f"no difference in {found.compared} arrays"


def test_rounding_is_no_difference():
    """Sums in another order, as another BLAS makes them, are alike in every dtype."""
    rng = np.random.default_rng(0)

    def program(dtype, order):
        x = Tensor(values[:, order].astype(dtype), requires_grad=True)
        w = Tensor(weights[order].astype(dtype), requires_grad=True)
        (np.tanh(x @ w) ** 2.0).sum().backward()

    values, weights = rng.standard_normal((20, 300)), rng.standard_normal((300, 5)) / 20
    for dtype in (np.float32, np.float64):
        run = run_of(recorded(program, dtype, np.arange(300)))
        product = run.steps[0]
        x, w = (run.array(ref) for _, ref in product.inputs)
        other = np.zeros_like(product.value)
        for k in range(300):  # one term after the other
            other += x[:, k : k + 1] * w[k]
        assert product.op == "matmul" and not (other == product.value).all()
        product.value = other
        found = diff(recorded(program, dtype, np.arange(300)), run)
        assert not found
        assert found.compared > 8


# Planted differences


def chain(x, factor=2.0):
    with tg.scope("net"):
        y = np.sin(x)  # the sine
        z = np.exp(y * factor)  # the exponential
    return z.sum()


def test_a_value_that_differs():
    """A forward that gives another value, as a wrong implementation would: it is the first, and introduced there."""
    a, b = (run_of(recorded(lambda: chain(leaf(0.5, 1.0, 1.5)).backward())) for _ in range(2))
    (exp,) = (step for step in b.steps if step.op == "exp")
    exp.value = exp.value * np.array([1.0, 1.0, 1.001])
    found = diff(a, b)
    assert (found.structure, found.before) == ([], [])
    first = found.first
    assert (first.what, first.scope, first.cause) == ("the value of exp", ("net",), "introduced")
    assert (first.compared.index, first.compared.count, first.compared.size) == ((2,), 1, 3)
    assert first.compared.b == first.compared.a * 1.001
    assert first.compared.ulps == pytest.approx(0.001 * first.compared.a / np.spacing(first.compared.b), rel=1e-3)
    assert [place.line for place in first.places] == [here("the exponential")] * 2
    assert [name for name, _ in first.inputs] == ["x"]
    assert [d.what for d in found.values] == ["the value of exp"], "sum was computed before the value was changed"


def test_what_follows_is_passed_on():
    def program(nudge):
        x = leaf(0.5, 1.0)
        y = np.sin(x)
        if nudge:
            y.data = y.data + nudge  # past the recording: what is computed from it differs
        (np.exp(y) * x).sum().backward()

    found = diff(recorded(program, 0.0), recorded(program, 1e-3))
    assert found.structure == ["exp: x is the result of sin at {} here and an input there".format(
        next(call.place for call in recorded(program, 0.0).calls if call.name == "sin")
    )]  # fmt: skip
    causes = {d.what: d.cause for d in [*found.values, *found.gradients]}
    assert causes["the value of exp"] == "passed on"
    assert causes["the value of sum"] == "passed on"
    assert causes["the gradient of x of exp"] == "passed on"
    assert "the gradient of x of sin" in causes


def test_a_rule_that_differs():
    """The values agree, the gradient does not: the rule is to blame."""

    def program():
        chain(leaf(0.5, 1.0, 1.5)).backward()

    a = recorded(program)
    right = tg.OPS[np.exp].rules["x",]
    tg.OPS[np.exp].grad("x")(lambda g, out: 0.5 * g * out)
    try:
        b = recorded(program)
    finally:
        tg.OPS[np.exp].grad("x")(right[0])
    found = diff(a, b)
    assert (found.structure, found.before, found.values, found.after) == ([], [], [], [])
    assert (found.first.what, found.first.cause) == ("the gradient of x of exp", "introduced")
    assert [name for name, _ in found.first.inputs] == ["g", "out"]
    assert [d.what for d in found.gradients] == [
        "the gradient of x of exp", "the gradient of x of multiply", "the gradient of x of sin"
    ]  # fmt: skip
    assert [d.cause for d in found.gradients[1:]] == ["passed on", "passed on"]


def test_a_rule_with_residuals_is_given_all_inputs():
    recording = recorded(train, steps=1)
    found = diff(recording, recorded(train, steps=1, nudge=1e-2))
    rule = next(d for d in found.gradients if d.what.endswith("of batchnorm"))
    assert [name for name, _ in rule.inputs] == ["g", "x", "gamma", "beta"]


def test_a_parameter_that_differs():
    found = diff(recorded(train, steps=1), recorded(train, steps=1, nudge=1e-3))
    assert found.structure == []
    assert [d.what for d in found.before] == ["W2"]
    assert (found.first.what, found.first.cause) == ("W2", "given")
    assert found.first.compared.count == 30
    assert (found.values[0].what, found.values[0].scope) == ("the value of affine", ("FullyConnectedNet", "layer2"))
    assert found.values[0].cause == "passed on"
    assert "W2 after the step of Adam" in [d.what for d in found.after]


def test_a_step_that_differs():
    found = diff(recorded(train, steps=1, lr=0.1), recorded(train, steps=1, lr=0.2))
    assert (found.structure, found.before, found.values, found.gradients) == ([], [], [], [])
    assert len(found.after) == 10
    assert (found.first.what, found.first.cause) == ("W1 after the step of Adam", "introduced")
    assert [name for name, _ in found.first.inputs] == ["gradient", "value before"]


def test_the_next_step_begins_with_other_parameters():
    found = diff(recorded(train, steps=2, lr=0.1), recorded(train, steps=2, lr=0.2))
    assert {"W1", "b3", "gamma2"} <= {d.what for d in found.before}
    assert found.structure == []


def test_rounding_that_is_amplified():
    """Inputs that agree within the tolerance, and a difference of large numbers that does not."""

    def program(nudge):
        x = leaf(1e8 + nudge)
        x - 1e8

    a, b = recorded(program, 1.0), recorded(program, 1.0 + 1e-5)
    found = diff(a, b)
    assert found.before == []
    assert (found.first.what, found.first.cause) == ("the value of subtract", "rounding")
    assert str(found.first).endswith(
        "These agree within the tolerance: the difference was introduced here, or rounding was amplified"
    )


def test_nan_is_equal_to_nan():
    def program(value):
        leaf(1.0, value) * 2.0

    assert not diff(recorded(program, np.nan), recorded(program, np.nan))
    assert not diff(recorded(program, np.inf), recorded(program, np.inf))
    first = diff(recorded(program, np.nan), recorded(program, 1.0)).first
    assert (first.compared.index, first.compared.error, first.compared.ulps) == ((1,), np.inf, np.inf)


# Structure


def test_one_op_more():
    def program(more):
        x = leaf(0.5, 1.0)
        y = np.sin(x)
        if more:
            y = y * 1.0  # one more
        np.exp(y).sum().backward()

    found = diff(recorded(program, False), recorded(program, True))
    place = f"{__file__}:{here('one more')} in program"
    assert found.structure[0] == f"multiply is only there, at {place}"
    assert found.structure[1].startswith("exp: x is the result of sin at ")
    assert found.structure[1].endswith(f"here and the result of multiply at {place} there")
    assert found.structure[2:] == ["the gradient of x of multiply is only there"]
    assert found.first is None
    mirrored = diff(recorded(program, True), recorded(program, False))
    assert mirrored.structure[0] == f"multiply is only here, at {place}"
    assert mirrored.structure[-1] == "the gradient of x of multiply is only here"


def test_one_op_instead_of_another():
    def program(op):
        (op(leaf(0.5)) * 2.0).sum()

    found = diff(recorded(program, np.sin), recorded(program, np.cos))
    assert [text.partition(",")[0] for text in found.structure[:2]] == ["sin is only here", "cos is only there"]
    assert [d.what for d in found.values] == ["the value of multiply", "the value of sum"]


def test_another_shape():
    def program(n):
        (leaf(*range(n), name="x") * 2.0).sum().backward()

    found = diff(recorded(program, 3), recorded(program, 4))
    assert found.structure == [
        "x has shape (3,) here and (4,) there",
        "the value of multiply has shape (3,) here and (4,) there",
        "the gradient of a of sum has shape (3,) here and (4,) there",
        "the gradient of x of multiply has shape (3,) here and (4,) there",
    ]
    assert found.first.what == "the value of sum"
    assert found.first.cause == "passed on"


def test_another_dtype():
    def program(dtype):
        (np.sin(leaf(0.5, 1.0, name="x", dtype=dtype)) * 3.0).sum().backward()

    found = diff(recorded(program, np.float32), recorded(program, np.float64))
    assert found.structure == [
        f"{what} is float32 here and float64 there"
        for what in (
            "x", "the value of sin", "the value of multiply", "the value of sum", "the gradient of a of sum",
            "the gradient of x of multiply", "the gradient of x of sin",
        )
    ]  # fmt: skip
    assert found.first is None, "the values agree within the tolerance of float32"


def test_other_settings_modules_and_names():
    def program(axis, module, name, keys):
        x = Tensor(np.arange(9.0).reshape(3, 3), requires_grad=True, name=name)
        with tg.scope(module):
            x.sum(axis=axis)
            x[keys]
            x.astype(np.float32)
            np.concatenate([x, x])

    a = recorded(program, 0, "one", "x", (slice(0, 2), np.array([0, 1])))
    b = recorded(program, 1, "two", "y", (slice(0, 3), np.array([0, 1, 2])))
    found = diff(a, b)
    assert found.structure == [
        "sum is in one here and in two there",
        "sum: axis is 0 here and 1 there",
        "a of sum is x here and y there",
        "getitem is in one here and in two there",
        "getitem: index is (slice(0, 2, None), array) here and (slice(0, 3, None), array) there",
        "index of getitem has shape (2,) here and (3,) there",
        "the value of getitem has shape (2, 2) here and (3, 3) there",
        "astype is in one here and in two there",
        "concatenate is in one here and in two there",
    ]


def test_programs_that_part():
    def program(ops):
        x = leaf(0.5)
        for op in ops:
            x = op(x)

    same = [np.sin, np.exp]
    found = diff(recorded(program, [*same, *[np.tanh] * 40]), recorded(program, [*same, *[np.cos] * 40]))
    assert len(found.structure) == 1
    assert found.structure[0].startswith("from here on the programs differ: tanh at ")
    assert "; cos at " in found.structure[0]


@pytest.mark.parametrize("more, parts", [(REACH, False), (REACH + 1, True)])
def test_how_far_it_looks_ahead(more, parts):
    def program(n):
        x = np.sin(leaf(0.5))
        for _ in range(n):
            x = np.tanh(x)
        np.exp(np.cos(np.sin(x)))

    found = diff(recorded(program, 0), recorded(program, more))
    assert any("from here on" in text for text in found.structure) == parts
    assert sum("tanh is only there" in text for text in found.structure) == (0 if parts else more)


def test_other_gradients_are_structure():
    def program(both):
        x = leaf(2.0, name="x")
        y = Tensor(np.array([3.0]), requires_grad=both)
        (x * y).sum().backward()

    found = diff(recorded(program, True), recorded(program, False))
    assert found.structure == ["the gradient of y of multiply is only here"]


def test_recorded_backwards():
    def program(scale):
        x = leaf(0.5)
        np.sin(x).sum().backward(create_graph=True)
        (x.grad * scale).sum()
        x.grad = None

    assert not diff(recorded(program, 2.0), recorded(program, 2.0))
    found = diff(recorded(program, 2.0), recorded(program, 3.0))
    assert found.structure == ["multiply: y is 2.0 here and 3.0 there"]
    assert found.first.cause == "introduced"


# Tolerances


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, np.complex64])
def test_tolerances_by_dtype(dtype):
    rtol = tolerance(np.dtype(dtype))
    ones = np.ones(4, dtype)
    assert not compare(ones, ones * dtype(1 + rtol)).differs
    assert compare(ones, ones * dtype(1 + 3 * rtol)).differs


def test_small_elements_may_round_like_large_ones():
    a, b = np.array([1.0, 1e-20]), np.array([1.0, 3e-20])
    assert not compare(a, b).differs
    assert compare(a, b, atol=0.0).differs
    assert not compare(a, b, atol=1e-19).differs
    assert not compare(a, a * 1.5, rtol=0.5, atol=0.0).differs


def test_the_less_precise_dtype_counts():
    third = np.array([1 / 3])
    compared = compare(third.astype(np.float32), third)
    assert not compared.differs and not compared.identical
    assert compared.ulps == pytest.approx(1 / 3, abs=0.1)
    assert compare(np.array([1, 2]), np.array([1, 3])).index == (1,)
    assert not compare(np.array([True]), np.array([True])).differs


def test_no_overflow_in_the_comparison():
    assert not compare(np.array([1e200, 1e200]), np.array([1e200, 1e200 * (1 + 1e-15)])).differs
    assert compare(np.array([1e200]), np.array([2e200])).differs
    assert compare(np.zeros(2), np.array([0.0, 5e-324])).ulps == 1.0


def test_tolerances_can_be_given():
    a, b = recorded(train, steps=1), recorded(train, steps=1, nudge=1e-3)
    assert diff(a, b).first is not None
    assert not diff(a, b, rtol=0.5, atol=0.5)
    assert diff(a, b, rtol=0.0, atol=0.0).first.what == "W2"


# Files


def test_runs_in_files(tmp_path):
    a, b = recorded(train), recorded(train, nudge=1e-3)
    path = save_run(a, tmp_path / "a.npz")
    assert path == tmp_path / "a.npz"
    assert not diff(path, a)
    assert not diff(str(path), load_run(path))
    for found in (diff(path, b), diff(load_run(path), b), diff(path, save_run(b, tmp_path / "b.npz"))):
        assert str(found) == str(diff(a, b))
    again = save_run(load_run(path), tmp_path / "again.npz")
    assert again.read_bytes() == path.read_bytes()


def test_an_array_is_written_once(tmp_path):
    x = leaf(*np.arange(10000.0))

    def program():
        for _ in range(20):
            x * 1.0
            x.sum()

    size = save_run(recorded(program), tmp_path / "run.npz").stat().st_size
    assert 21 * 80000 < size < 22 * 80000


def test_what_optimizers_wrote_since_is_undone():
    run = run_of(recorded(train, steps=3))
    weights = [leaf.value for leaf in run.leaves if leaf.name == "W1"]
    assert len(weights) == 3
    before = [change.before for change in run.changes if change.parameter == "W1"]
    assert all((a == b).all() for a, b in zip(weights, before))
    assert not (weights[0] == weights[1]).all()


def test_files_that_are_no_runs(tmp_path):
    with pytest.raises(FileError, match="cannot read"):
        load_run(tmp_path / "none.npz")
    tg.io.save_arrays(tmp_path / "arrays.npz", {"x": np.ones(2)})
    with pytest.raises(CheckpointError) as caught:
        load_run(tmp_path / "arrays.npz")
    assert str(caught.value) == (
        f"{tmp_path / 'arrays.npz'} holds arrays but is no run. Write one with tensorgraph.explain.save_run"
    )
    tg.io.save_arrays(tmp_path / "later.npz", {}, {"run": json.dumps({"version": 9})})
    with pytest.raises(CheckpointError) as caught:
        load_run(tmp_path / "later.npz")
    assert str(caught.value) == f"{tmp_path / 'later.npz'} holds a run of version 9, and this one reads 1"


def test_what_was_lost_is_refused():
    x = leaf(1.0)
    recording = recorded(lambda: x * 2.0)
    with tg.no_grad():
        x[...] = 3.0
    with pytest.raises(ArgumentError) as caught:
        diff(recording, recording)
    assert str(caught.value) == (
        "this run: an array (1,) was written into after it was recorded, so what it held is lost. "
        "Ask before you write into it, or record the steps of the optimizer as well"
    )


# The text


def test_the_text():
    a, b = (run_of(recorded(lambda: chain(leaf(0.5, 1.0)).backward())) for _ in range(2))
    (exp,) = (step for step in b.steps if step.op == "exp")
    exp.value = exp.value + np.array([0.0, 0.5])
    found = diff(a, b)
    value = found.first.compared
    line = here("the exponential")
    assert str(found) == (
        f"first difference: the value of exp in net: {value.a} and {value.b} at index (1,), 0.5 or {value.ulps:.4g} "
        "ulps apart, 1 of 2 elements beyond the tolerance\n"
        f"  at {__file__}:{line} in chain: z = np.exp(y * factor)  # the exponential\n"
        "  its x: identical\n"
        "  All of these are identical: the difference was introduced here\n"
        f"1 values of {found.compared} arrays differ"
    )
    many = replace(found, structure=[f"difference {k}" for k in range(10)])
    assert str(many).splitlines()[7:9] == ["structure: difference 7", "structure: and 2 more"]
