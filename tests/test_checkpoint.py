"""``checkpoint``: what is inside is computed again for backward, and nobody notices but the memory."""

import threading

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.core.capture import capture
from tensorgraph.errors import BackwardError, OverwrittenError

RNG = np.random.default_rng(2)
X, V = RNG.normal(size=4), RNG.normal(size=4)


def f(x):
    return np.sin(x * x) * np.exp(x)


def same_gradients(plain, checked, *inputs):
    """Values, gradients and their derivatives along a direction."""
    results = []
    for run in (plain, checked):
        tensors = [Tensor(x.copy(), requires_grad=True) for x in inputs]
        y = run(*tensors)
        y.sum().backward(create_graph=True)
        first = [t.grad for t in tensors]
        for t in tensors:
            t.grad = None
        sum([(g * np.cos(np.arange(g.size).reshape(g.shape))).sum() for g in first]).backward()
        results.append([y, *first, *[t.grad for t in tensors]])
        for t in tensors:
            t.grad = None
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-13, atol=1e-15)


def test_values_and_gradients_to_second_order():
    same_gradients(f, tg.checkpoint(f), X)
    same_gradients(lambda a, b: a * np.exp(b), tg.checkpoint(lambda a, b: a * np.exp(b)), X, V)
    y = tg.checkpoint(f)(Tensor(X, requires_grad=True))
    assert y.node.op.name == "checkpoint"


def test_it_is_called_as_often_as_it_must_be():
    calls = []

    def counted(x):
        calls.append(tg.is_grad_enabled())
        return f(x)

    x = Tensor(X, requires_grad=True)
    y = tg.checkpoint(counted)(x)
    assert calls == [False]
    y.sum().backward()
    assert calls == [False, True]
    tg.checkpoint(counted)(Tensor(X))
    with tg.no_grad():
        tg.checkpoint(counted)(x)
    assert calls == [False, True, False, False]


def test_nothing_inside_is_kept():
    """Between forward and backward nodes hold, of a hundred arrays inside, none."""

    def deep(x):
        for _ in range(100):
            x = np.sin(x)
        return x

    def held(run):
        x = Tensor(np.ones(777), requires_grad=True)
        y = run(x)
        nodes, stack = set(), [y.node]
        while stack:
            node = stack.pop()
            if node is not None and node not in nodes:
                nodes.add(node)
                stack.extend(node.parents)
        return {id(a) for node in nodes for a in node.saved or () if getattr(a, "shape", ()) == (777,)}

    assert len(held(deep)) == 100
    assert len(held(tg.checkpoint(deep))) == 1 + 1  # the input, and the output


def test_gradients_flow_to_what_is_used_besides_the_arguments():
    w = Tensor(V, requires_grad=True)
    same_gradients(lambda x: f(x * w), tg.checkpoint(lambda x: f(x * w)), X)
    w.grad = None
    tg.checkpoint(lambda: (w * w).sum())().backward()
    np.testing.assert_allclose(w.grad, 2 * V)


def test_an_input_behind_another_input():
    """What is used inside may itself be computed from what is used inside: no path is taken twice."""
    for run in (lambda g: g, tg.checkpoint):
        w = Tensor(V, requires_grad=True)
        y = np.sin(w)
        run(lambda y, w=w: y * w)(y).sum().backward()
        np.testing.assert_allclose(w.grad, np.cos(V) * V + np.sin(V))


def test_hooks_of_inputs_run_once_on_the_whole_gradient():
    w = Tensor(V, requires_grad=True)
    seen = []
    w.register_hook(lambda g: seen.append(g.numpy().copy()))
    y = np.sin(w)
    y.register_hook(lambda g: seen.append(g.numpy().copy()))
    (tg.checkpoint(lambda: y * w)() + w).sum().backward()
    np.testing.assert_allclose(seen, [V, np.cos(V) * V + np.sin(V) + 1])


def test_nestings_in_and_out():
    def g(tree, *, power):
        return {"a": tree["a"] ** power, "rest": [tree["b"][0].sum(), 3, tree["a"] > 0, tree["c"]]}

    tree = {"a": Tensor(X, requires_grad=True), "b": (Tensor(V.astype(np.float32), requires_grad=True),), "c": "text"}
    out = tg.checkpoint(g)(tree, power=3)
    assert out["rest"][1] == 3
    assert out["rest"][3] == "text"
    assert out["rest"][2].tolist() == (X > 0).tolist()
    assert out["rest"][0].dtype == np.float32
    ((out["a"] * V).sum() + 2 * out["rest"][0]).backward()
    np.testing.assert_allclose(tree["a"].grad, 3 * X**2 * V)
    np.testing.assert_array_equal(tree["b"][0].grad, np.full(4, 2, np.float32))


def test_real_and_complex_outputs_together():
    def g(x):
        z = x * np.exp(1j * x)
        return z, np.abs(z)

    for run in (g, tg.checkpoint(g)):
        x = Tensor(X, requires_grad=True)
        z, r = run(x)
        ((z * (1 + 2j)).real.sum() + (r * V).sum()).backward()
        expected = (np.exp(1j * X) * (1 + 1j * X) * (1 + 2j)).real + np.sign(X) * V
        np.testing.assert_allclose(x.grad, expected)


def test_complex_inputs():
    g = lambda z: np.exp(z) * z  # noqa: E731
    z, v = X + 1j * V, V - 2j * X
    for f_ in (g, lambda z: (np.abs(g(z)), z)):
        y, pullback = tg.vjp(f_, z)
        _, checked = tg.vjp(tg.checkpoint(f_), z)
        u = v if f_ is g else (V, v)
        np.testing.assert_allclose(checked(u)[0], pullback(u)[0], rtol=1e-13)


def test_an_argument_that_is_returned():
    x = Tensor(X, requires_grad=True)
    a, b = tg.checkpoint(lambda x: (x, 2 * x))(x)
    (a * b).sum().backward()
    np.testing.assert_allclose(x.grad, 4 * X)


def test_checkpoints_inside_checkpoints():
    calls = []

    def inner(x):
        calls.append("inner")
        return np.sin(x)

    def outer(x):
        return tg.checkpoint(inner)(tg.checkpoint(inner)(x)) * x

    same_gradients(lambda x: np.sin(np.sin(x)) * x, tg.checkpoint(outer), X)
    calls.clear()
    tg.checkpoint(outer)(Tensor(X, requires_grad=True)).sum().backward()
    assert len(calls) == 2 + 2 + 2  # first run, second run of the outer, second runs of the inner ones


@pytest.mark.parametrize(
    "transform", [tg.jacobian, lambda g: tg.hessian(lambda x: g(x).sum())], ids=["first", "second"]
)
def test_inside_transforms(transform):
    np.testing.assert_allclose(transform(tg.checkpoint(f))(X), transform(f)(X), rtol=1e-13)
    _, pushed = tg.jvp(tg.checkpoint(f), (X,), (V,))
    np.testing.assert_allclose(pushed, tg.jvp(f, (X,), (V,))[1], rtol=1e-13)


def test_transforms_inside():
    g = lambda x: tg.grad(lambda y: f(y * x).sum())(x)  # noqa: E731
    same_gradients(g, tg.checkpoint(g), X)


# What is done besides computing


def net(seed=0):
    return tg.nn.Sequential(
        tg.nn.Linear(3, 5, rng=seed, dtype=np.float64), tg.nn.BatchNorm1d(5, dtype=np.float64), tg.nn.ReLU(),
        tg.nn.Dropout(keep=0.5, rng=seed), tg.nn.Linear(5, 2, rng=seed, dtype=np.float64),
    )  # fmt: skip


@pytest.mark.parametrize("wrap", [tg.checkpoint, lambda m: tg.checkpoint(tg.checkpoint(m))], ids=["one", "nested"])
def test_modules_with_dropout_and_batch_normalization(wrap):
    batch = RNG.normal(size=(6, 3))
    plain, checked = net(), net()
    for _ in range(3):
        for module, run in ((plain, plain), (checked, wrap(checked))):
            module.zero_grad()
            (run(batch) ** 2).sum().backward()
        for a, b in zip(plain.parameters(), checked.parameters(), strict=True):
            np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())
    for (name, a), (_, b) in zip(plain.state_dict().items(), checked.state_dict().items(), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize("nest", [1, 2, 3])
def test_generators_given_as_arguments_are_replayed(nest):
    def noisy(x, settings):
        return x * settings["rng"].normal(size=4) * settings["rng"].normal(size=4)

    run = noisy
    for _ in range(nest):
        run = tg.checkpoint(run)
    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(2):
        x = Tensor(X, requires_grad=True)
        run(x, {"rng": ours}).sum().backward()
        expected = theirs.normal(size=4) * theirs.normal(size=4)
        np.testing.assert_array_equal(x.grad.numpy(), expected)
    assert ours.bit_generator.state == theirs.bit_generator.state


def test_what_must_not_be_done_twice():
    done = []

    def counting(x):
        return x * tg.transforms.once(lambda: done.append(1) or len(done))

    x = Tensor(X, requires_grad=True)
    first, second = tg.checkpoint(counting)(x), tg.checkpoint(tg.checkpoint(counting))(x)
    (first + second).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full(4, 3.0))
    assert len(done) == 2
    assert tg.transforms.once(lambda: 5) == 5


def test_several_backward_passes_through_one_checkpoint():
    net_ = net()
    x = Tensor(RNG.normal(size=(6, 3)), requires_grad=True)
    y = tg.checkpoint(net_)(x).sum()
    y.backward(retain_graph=True)
    once = x.grad.numpy().copy()
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * once)


def test_in_threads():
    """Each thread has its own journal; one graph may be gone through by several at once."""
    y, pullback = tg.vjp(lambda x: tg.checkpoint(net().forward)(x), RNG.normal(size=(6, 3)))
    (expected,) = pullback(np.ones_like(y))
    wrong = []

    def work():
        wrong.extend([1 for _ in range(30) if not np.array_equal(pullback(np.ones_like(y))[0], expected)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# Errors


def test_a_second_run_that_gives_something_else_is_refused():
    rng = np.random.default_rng(0)

    def noisy(x):
        return x * rng.normal(size=4)

    y = tg.checkpoint(noisy)(Tensor(X, requires_grad=True)).sum()
    with pytest.raises(BackwardError) as caught:
        y.backward()
    assert str(caught.value) == (
        "checkpoint: noisy gave something else when it ran again for the backward. Give a random generator that it "
        "draws from as an argument, do what must not be done twice in tensorgraph.transforms.once, and leave modes and "
        "arrays that it uses as they were"
    )


def test_inputs_that_were_written_into_are_refused():
    x = Tensor(X.copy(), requires_grad=True)
    y = tg.checkpoint(f)(x).sum()
    with tg.no_grad():
        x += 1
    with pytest.raises(OverwrittenError, match="'checkpoint' saved inputs for its gradient, and it was written into"):
        y.backward()


def test_a_captured_program_has_all_of_it():
    """An observer that follows a whole computation sees what is inside, and can run it again."""
    x = Tensor(X, requires_grad=True)
    with capture() as tape:
        y = tg.checkpoint(f)(x)
    assert [step.function.name for step in tape.steps] == ["multiply", "sin", "exp", "multiply"]
    np.testing.assert_array_equal(tape.replay({x: V}, [y])[0], f(V))
