"""Jacobians and Hessians: by rows and by columns, in batches and one by one, inside other transforms."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.transforms import jacobians

RNG = np.random.default_rng(5)
X = RNG.normal(size=6)
A, C = RNG.normal(size=(4, 6)), RNG.normal(size=(5, 4))


def net(x):
    return np.tanh(C @ np.sin(A @ x)) * x[:5]


def net_jacobian(x):
    inner = A @ x
    h = np.tanh(C @ np.sin(inner))
    slope = (1 - h**2)[:, None] * (C @ (np.cos(inner)[:, None] * A)) * x[:5, None]
    return slope + np.diag(h) @ np.eye(5, 6)


def by_vjp(f, x):
    """All derivatives, one row after the other."""
    y, pullback = tg.vjp(f, x)
    return np.stack([pullback(e.reshape(y.shape))[0] for e in np.eye(y.size)]).reshape((*y.shape, *x.shape))


@pytest.fixture(params=["backward", "forward"])
def mode(request, monkeypatch):
    """Both modes, whatever the shapes."""
    monkeypatch.setattr(jacobians, "FORWARD_PAYS", np.inf if request.param == "backward" else -np.inf)
    if request.param == "backward":
        monkeypatch.delattr(tg.transforms.run.Run, "pushed")
    else:
        monkeypatch.setattr(jacobians, "_pulled_back", None)


@pytest.fixture(params=[1, 17, 1 << 17])
def at_once(request, monkeypatch):
    """Batches of one, of few, and of all."""
    monkeypatch.setattr(jacobians, "AT_ONCE", request.param)


@pytest.mark.usefixtures("mode", "at_once")
class TestInBothModesAndInBatchesOfAnySize:
    def test_values(self):
        found = tg.jacobian(net)(X)
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, net_jacobian(X), rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("shape", [(), (1,), (2, 3), (3, 0)])
    def test_shapes(self, shape):
        f = lambda x: np.stack([x * 2, x * x, np.sin(x)], axis=-1)  # noqa: E731
        x = RNG.normal(size=shape)
        found = tg.jacobian(f)(x)
        assert found.shape == (*shape, 3, *shape)
        if x.size:
            np.testing.assert_allclose(found, by_vjp(f, x), rtol=1e-12)

    def test_several_inputs_and_outputs(self):
        def f(a, b):
            return {"product": a * b["c"], "rest": (np.exp(b["c"]).sum(), a[:2] * 3.0, np.ones(2))}

        (by_a, by_b) = tg.jacobian(f, (0, 1))(X, {"c": X + 1})["product"]
        np.testing.assert_allclose(by_a, np.diag(X + 1))
        np.testing.assert_allclose(by_b["c"], np.diag(X))
        total, some, ones = tg.jacobian(f, 1)(X, {"c": X + 1})["rest"]
        np.testing.assert_allclose(total["c"], np.exp(X + 1), rtol=1e-14)
        assert some["c"].shape == (2, 6)
        assert not some["c"].any()
        assert ones["c"].shape == (2, 6)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_dtype_is_that_of_the_input(self, dtype):
        wide = np.ones((3, 6), np.float64)
        found = tg.jacobian(lambda x: wide @ x)(X.astype(dtype))
        assert found.dtype == dtype
        np.testing.assert_allclose(found, wide)

    def test_dtype_inside_another_transform(self):
        x = Tensor(X.astype(np.float32), requires_grad=True)
        found = tg.jacobian(lambda x: np.ones((3, 6)) @ (x * x))(x)
        assert found.requires_grad
        assert found.dtype == np.float32

    def test_tensors_give_tensors(self):
        found = tg.jacobian(net)(Tensor(X))
        assert type(found) is Tensor
        assert not found.requires_grad
        np.testing.assert_allclose(found.numpy(), net_jacobian(X), rtol=1e-12, atol=1e-14)

    def test_derivatives_of_a_jacobian(self):
        """Its rows are weighted and summed, and the gradient of that is a product with second derivatives."""
        weights = RNG.normal(size=(5, 6))
        found = tg.grad(lambda x: (tg.jacobian(net)(x) * weights).sum())(X)
        expected = np.zeros(6)
        for i, e in enumerate(np.eye(5)):
            expected += tg.hvp(lambda x, e=e: net(x) @ e, (X,), (weights[i],))
        np.testing.assert_allclose(found, expected, rtol=1e-11)

    def test_jacobian_of_jacobian(self):
        found = tg.jacobian(tg.jacobian(net))(X)
        assert found.shape == (5, 6, 6)
        expected = [tg.hessian(lambda x, e=e: net(x) @ e)(X) for e in np.eye(5)]
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(found, found.transpose(0, 2, 1), rtol=1e-11, atol=1e-13)

    def test_closures_over_tracked_tensors_stay_on_the_graph(self):
        w = Tensor(RNG.normal(size=6), requires_grad=True)
        found = tg.jacobian(lambda x: (w * x) ** 2)(X)
        assert found.requires_grad
        found.sum().backward()
        np.testing.assert_allclose(w.grad, 4 * w.numpy() * X)

    def test_under_no_grad(self):
        x = Tensor(X, requires_grad=True)
        with tg.no_grad():
            found = tg.jacobian(net)(x)
        assert not found.requires_grad
        np.testing.assert_allclose(found.numpy(), net_jacobian(X), rtol=1e-12, atol=1e-14)

    def test_the_result_is_memory_of_its_own(self):
        x = X.copy()
        found = tg.jacobian(lambda x: (x, x))(x)
        found[0][0, 0] = 7
        np.testing.assert_array_equal(found[1], np.eye(6))
        np.testing.assert_array_equal(tg.jacobian(lambda x: x)(x), np.eye(6))

    def test_aux(self):
        found, aux = tg.jacobian(lambda x: (x * x, {"twice": 2 * x, "n": 3}), has_aux=True)(X)
        np.testing.assert_allclose(found, np.diag(2 * X))
        np.testing.assert_allclose(aux["twice"], 2 * X)
        assert type(aux["twice"]) is np.ndarray
        assert aux["n"] == 3


def in_order(x):
    """Written element by element, each from those before."""
    t = tg.Tensor(np.zeros(6))
    t[0] = x[0]
    for i in range(1, 6):
        t[i] = x[i] * t[i - 1] + t[i - 1] ** 2
    return t


def over_and_over(x):
    """Much of what is written is written over, in part where an index repeats."""
    t = np.sin(x)
    t[1:4] = x[:3] * t[2:5]
    t[[0, 2, 0]] = x[3:] ** 2
    t[x > 0] *= 2
    t *= x[1]
    return t + t[::-1]


def through_views(x):
    """Into rows and columns of a matrix."""
    m = tg.Tensor(np.ones((3, 4)))
    for k, row in enumerate(m):
        row[:] = x[2 * k] * x[:4]
    m.T[1] = np.exp(x[3:])
    np.fill_diagonal(m, x[5])
    return m @ m.T


WRITERS = [in_order, over_and_over, through_views]


@pytest.fixture
def never_one_by_one(monkeypatch):
    """Every pass takes a whole batch."""
    monkeypatch.setattr(jacobians, "NotBatchedError", ())


@pytest.mark.parametrize("f", WRITERS)
@pytest.mark.usefixtures("mode", "at_once", "never_one_by_one")
def test_jacobian_of_arrays_filled_by_writes(f):
    found = tg.jacobian(f)(X)
    step = 1e-6
    differences = [(np.asarray(f(Tensor(X + step * e))) - np.asarray(f(Tensor(X - step * e)))) for e in np.eye(6)]
    np.testing.assert_allclose(found, np.stack(differences, axis=-1) / (2 * step), rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(found, by_vjp(f, X), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("f", WRITERS)
@pytest.mark.usefixtures("at_once", "never_one_by_one")
def test_hessian_of_arrays_filled_by_writes(f):
    loss = lambda x: (f(x) ** 2).sum()  # noqa: E731
    found = tg.hessian(loss)(X)
    np.testing.assert_allclose(found, by_vjp(tg.grad(loss), X), rtol=1e-11, atol=1e-13)
    step = 1e-6
    differences = [(tg.grad(loss)(X + step * e) - tg.grad(loss)(X - step * e)) / (2 * step) for e in np.eye(6)]
    np.testing.assert_allclose(found, differences, rtol=1e-6, atol=1e-6 * abs(found).max())


@pytest.mark.parametrize("f", WRITERS)
@pytest.mark.usefixtures("at_once", "never_one_by_one")
def test_jacobian_of_a_jacobian_of_arrays_filled_by_writes(f):
    found = tg.jacobian(tg.jacobian(f))(X)
    each = [tg.hessian(lambda x, k=k: f(x).reshape(-1)[k])(X) for k in range(f(Tensor(X)).size)]
    np.testing.assert_allclose(found.reshape((-1, 6, 6)), each, rtol=1e-11, atol=1e-12)
    assert abs(found).max() > 0.1


@pytest.mark.usefixtures("at_once")
def test_hessian_in_batches_of_any_size():
    f = lambda x: (net(x) ** 2).sum()  # noqa: E731
    np.testing.assert_allclose(tg.hessian(f)(X), by_vjp(tg.grad(f), X), rtol=1e-11, atol=1e-13)


def test_hessian_with_aux():
    found, aux = tg.hessian(lambda x: ((x**3).sum(), x[0]), has_aux=True)(X)
    np.testing.assert_allclose(found, np.diag(6 * X))
    assert aux == X[0]


def passes(monkeypatch):
    """How many gradients of outputs were sent back, and how many tangents forward."""
    counts = {"gradients": 0, "pushed": 0}
    for name in counts:
        original = getattr(tg.transforms.run.Run, name)

        def counted(self, *args, name=name, original=original, **options):
            counts[name] += 1
            return original(self, *args, **options)

        monkeypatch.setattr(tg.transforms.run.Run, name, counted)
    return counts


def test_one_pass_for_all_rows(monkeypatch):
    counts = passes(monkeypatch)
    tg.jacobian(lambda x: np.sin(x) * 2)(np.ones(100))
    assert counts == {"gradients": 1, "pushed": 0}


def test_one_column_forward_instead_of_a_thousand_rows_back(monkeypatch):
    counts = passes(monkeypatch)
    found = tg.jacobian(lambda t: np.sin(t * np.arange(1000.0)))(0.5)
    assert counts == {"gradients": 1, "pushed": 1}  # forward mode records the backward first
    np.testing.assert_allclose(found, np.cos(0.5 * np.arange(1000.0)) * np.arange(1000.0))


def test_large_arrays_are_cut_into_batches(monkeypatch):
    counts = passes(monkeypatch)
    tg.jacobian(lambda x: np.sin(np.broadcast_to(x, (1 << 12, 100))).sum(axis=0))(np.ones(100))
    assert counts["gradients"] == 100
    tg.jacobian(lambda x: np.sin(x))(np.ones(1000))
    assert counts["gradients"] == 100 + 8  # 131 rows of 1,000 at a time


def test_gradients_of_large_parts_are_summed_and_those_of_small_ones_written():
    """A recorded backward adds up what comes for large parts of an array, since the rules of sums copy nothing; what
    comes for single elements it writes, since a sum would go through the whole array for each."""

    def ops(f):
        x = Tensor(np.ones(64), requires_grad=True)
        f(x).backward(create_graph=True)
        return [node.op.name for node in tg.core.reachable(x.grad.node) if node.op]

    of_large = ops(lambda x: (x[1:] ** 2 * x[:-1] * x[::2].sum()).sum())
    assert "setitem" not in of_large
    assert of_large.count("scatter") == 3
    of_small = ops(lambda x: sum(x[i] ** 2 for i in range(64)))
    assert of_small.count("setitem") == 63
    assert of_small.count("scatter") == 1


# Where a batch will not do


def test_hooks_see_one_gradient_at_a_time():
    shapes = []

    def f(x):
        y = np.sin(x)
        y.register_hook(lambda g: shapes.append(g.shape) or 2 * g)
        return y * y

    x = X[:3]
    np.testing.assert_allclose(tg.jacobian(f)(x), np.diag(2 * 2 * np.sin(x) * np.cos(x)))
    assert shapes == [(3,)] * 3


def test_observers_see_one_gradient_at_a_time():
    with tg.record() as run:
        tg.jacobian(np.sin)(X[:3])
    assert [pull.d.shape for pull in run.pulls] == [(3,)] * 3


def test_rules_that_ask_for_the_values_of_a_gradient_get_one():
    asked = []

    @tg.op()
    def cautious(x):
        return x * x

    try:

        @cautious.grad("x")
        def _(g, x):
            asked.append(type(g).__name__)
            return 2 * g * x if g[0] != 0 else 2 * x * g

        np.testing.assert_allclose(tg.jacobian(cautious)(X[:3]), np.diag(2 * X[:3]))
        assert asked == ["Batched", "ndarray", "ndarray", "ndarray"]
    finally:
        del tg.OPS["cautious"]


def test_what_a_rule_raises_is_raised():
    @tg.op()
    def broken(x):
        return x * x

    try:
        broken.grad("x")(lambda g, x: g @ np.ones(7))
        with pytest.raises(ValueError, match="matmul") as caught:
            tg.jacobian(broken)(X)
        assert caught.value.__notes__ == ["in the backward rule of broken (6,) float64"]
    finally:
        del tg.OPS["broken"]
