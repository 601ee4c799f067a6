"""``numeric_op``: functions of which only values are known, and how accurate their derivatives are."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import DTypeError, ShapeError
from tensorgraph.testing import check_op

RNG = np.random.default_rng(4)
A = RNG.normal(size=(3, 4))
X = RNG.normal(size=4)


def opaque(x):
    """Through strings: nothing can be followed."""
    return np.array([float(str(v)) for v in np.sin(A @ x) * np.exp(x[:3])])


def known(x):
    return np.sin(A @ x) * np.exp(x[:3])


def off(found, expected):
    return np.max(abs(np.asarray(found) - expected)) / max(1, np.max(abs(expected)))


def test_derivatives_of_every_order():
    f = tg.numeric_op(opaque)
    total = lambda f: lambda x: (f(x) ** 2).sum()  # noqa: E731
    np.testing.assert_array_equal(f(X), known(X))
    assert off(tg.jacobian(f)(X), tg.jacobian(known)(X)) < 1e-11
    assert off(tg.grad(total(f))(X), tg.grad(total(known))(X)) < 1e-11
    assert off(tg.jvp(f, (X,), (X,))[1], tg.jvp(known, (X,), (X,))[1]) < 1e-11
    assert off(tg.hessian(total(f))(X), tg.hessian(total(known))(X)) < 1e-9
    third = [tg.jvp(tg.hessian(total(g)), (X,), (X,))[1] for g in (f, known)]
    assert off(*third) < 5e-8


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e5])
def test_elementwise(scale):
    calls = []

    def f(x, y):
        calls.append(x.shape)
        return np.tanh(x / scale) * y

    g = tg.numeric_op(f, elementwise=True)
    x, y = RNG.normal(size=(5, 1)) * scale, RNG.normal(size=3)
    by_x, by_y = tg.grad(lambda x, y: g(x, y).sum(), (0, 1))(x, y)
    assert len(calls) == 1 + 2 * (1 + 4), "one forward; for each input, one more value and four around it"
    exact_x, exact_y = tg.grad(lambda x, y: (np.tanh(x / scale) * y).sum(), (0, 1))(x, y)
    if scale >= 1:
        assert off(by_x * scale, exact_x * scale) < 1e-10
    assert off(by_y, exact_y) < 1e-10
    if scale == 1:
        curvature = tg.elementwise_grad(tg.elementwise_grad(lambda x: g(x, 2.0)))(X)
        exact = tg.elementwise_grad(tg.elementwise_grad(lambda x: 2 * np.tanh(x)))(X)
        assert off(curvature, exact) < 1e-8


def test_several_inputs_settings_and_constants():
    def f(a, b, power=2):
        return np.asarray(a) ** power @ b

    g = tg.numeric_op(f)
    assert g.params == ["a", "b", "power"]
    a, b = RNG.normal(size=(2, 3)), RNG.normal(size=3)
    by_a, by_b = tg.jacobian(lambda a, b: g(a, b, power=3), (0, 1))(a, b)
    exact_a, exact_b = tg.jacobian(lambda a, b: a**3 @ b, (0, 1))(a, b)
    assert off(by_a, exact_a) < 1e-10
    assert off(by_b, exact_b) < 1e-10
    t = tg.Tensor(b, requires_grad=True)
    g(a, t).sum().backward()
    assert off(t.grad, (a**2).sum(axis=0)) < 1e-10


@pytest.mark.parametrize("f", [max, lambda *xs: xs[0] * xs[1], lambda x, **options: x * 2], ids=["builtin", "*", "**"])
def test_functions_whose_parameters_have_no_names(f):
    g = tg.numeric_op(f)
    x = tg.Tensor(3.0, requires_grad=True)
    g(*[x, 2.0][: 1 + (f.__name__ != "<lambda>" or "xs" in f.__code__.co_varnames)]).backward()
    assert x.grad.item() == pytest.approx(1.0 if f is max else 2.0, rel=1e-11)


def test_numbers_come_out_as_arrays():
    g = tg.numeric_op(lambda x: float(x[0]) * 2.0)
    assert g(X).shape == ()
    np.testing.assert_allclose(tg.grad(g)(X), [2, 0, 0, 0], atol=1e-11)


def test_float32_goes_in_as_float64_and_its_gradient_comes_out_as_float32():
    seen = set()

    def f(x):
        seen.add(x.dtype)
        return np.sin(x)

    x = X.astype(np.float32)
    found = tg.elementwise_grad(tg.numeric_op(f, elementwise=True))(x)
    assert found.dtype == np.float32
    assert seen == {np.dtype(np.float32), np.dtype(np.float64)}
    np.testing.assert_allclose(found, np.cos(x), rtol=1e-6)
    rough = tg.elementwise_grad(tg.numeric_op(lambda x: np.sin(x.astype(np.float32)), elementwise=True))(X)
    assert off(rough, np.cos(X)) < 1e-5


def test_inputs_are_not_written_into():
    def greedy(x):
        x *= 2
        return x

    x = X.copy()
    np.testing.assert_allclose(tg.jacobian(tg.numeric_op(greedy))(x), 2 * np.eye(4), atol=1e-10)
    np.testing.assert_array_equal(x, X)


def test_empty_inputs_and_outputs():
    g = tg.numeric_op(lambda x: x * 2)
    assert tg.grad(lambda x: g(x).sum())(np.zeros((0, 3))).shape == (0, 3)
    h = tg.numeric_op(lambda x: x[:0])
    np.testing.assert_array_equal(tg.grad(lambda x: h(x).sum())(X), np.zeros(4))


def test_it_is_an_op_like_any_other():
    g = tg.numeric_op(opaque)
    g.samples(lambda n, draw: iter([(draw(4),)]))
    kinds = ["values", "first order", "second order", "forward mode", "inputs untouched", "layouts"]
    assert check_op(g, kinds).error < 1e-6
    y = g(tg.Tensor(X, requires_grad=True))
    assert y.node.op.name == "opaque"
    assert g.__doc__ == "Through strings: nothing can be followed."


def test_refusals():
    g = tg.numeric_op(opaque)
    with pytest.raises(DTypeError, match="opaque: the differences of a numeric_op are those of real numbers; an input"):
        g(X * 1j)
    with pytest.raises(DTypeError, match="h: a numeric_op gives real floating point numbers; this function gave int64"):

        def h(x):
            return np.argmax(x)

        tg.numeric_op(h)(tg.Tensor(X, requires_grad=True))
    shapes = iter([3, 3, 3, 2])

    def uneven(x):
        return x[: next(shapes)]

    with pytest.raises(ShapeError, match=r"uneven: a numeric_op has outputs of one shape; it gave \(3,\) and \(2,\)"):
        tg.grad(lambda x: tg.numeric_op(uneven)(x).sum())(X)
