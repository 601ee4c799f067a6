"""Transforms: grad, vjp, jvp, hvp, jacobian, hessian, nested in each other, over trees, closures, in threads."""

import threading
from collections import namedtuple
from dataclasses import dataclass, field

import numpy as np
import pytest
from visits import visits

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, BackwardError, DTypeError, ShapeError

RNG = np.random.default_rng(7)
X = RNG.normal(size=4)
V = RNG.normal(size=4)
A = RNG.normal(size=(4, 4))
Pair = namedtuple("Pair", "left right")


def quartic(x):
    """Smooth, not separable, its derivatives known: ``(x.A x)² + sum x³``."""
    return (x @ (A @ x)) ** 2 + (x**3).sum()


def quartic_gradient(x):
    return 2 * (x @ A @ x) * ((A + A.T) @ x) + 3 * x**2


def quartic_hessian(x):
    s = (A + A.T) @ x
    return 2 * np.outer(s, s) + 2 * (x @ A @ x) * (A + A.T) + np.diag(6 * x)


def same(result, expected, **tolerance):
    """Plain arrays, of these values."""
    assert isinstance(result, np.ndarray)
    np.testing.assert_allclose(result, expected, **{"rtol": 1e-12, "atol": 1e-12, **tolerance})


# Each against values by hand


def test_grad_and_value():
    same(tg.grad(quartic)(X), quartic_gradient(X))
    value, gradient = tg.value_and_grad(quartic)(X)
    same(value, quartic(X))
    same(gradient, quartic_gradient(X))


def test_argnums_and_keywords():
    def f(a, b, c=1.0, *, power=2):
        return (c * a**power * b).sum()

    same(tg.grad(f, 1)(X, V, power=3), X**3)
    same(tg.grad(f, -1)(X, V), X**2)
    both = tg.grad(f, (1, 0))(X, V, 2.0)
    assert type(both) is tuple
    same(both[0], 2 * X**2)
    same(both[1], 4 * X * V)
    with pytest.raises(ArgumentError, match="argnums names argument 2, but 2 positional arguments were given"):
        tg.grad(f, 2)(X, V)


def test_vjp_and_its_pullback_as_often_as_wanted():
    y, pullback = tg.vjp(lambda x: np.sin(x) * x, X)
    same(y, np.sin(X) * X)
    for v in (V, 2 * V, V):
        (found,) = pullback(v)
        same(found, v * (np.cos(X) * X + np.sin(X)))


def test_jvp():
    y, dy = tg.jvp(lambda x: A @ np.exp(x), (X,), (V,))
    same(y, A @ np.exp(X))
    same(dy, A @ (np.exp(X) * V))


def test_jvp_of_several_inputs_and_outputs():
    (product, total), (dproduct, dtotal) = tg.jvp(lambda a, b: (a * b, a + 2 * b), (X, V), (V, X))
    same(product, X * V)
    same(total, X + 2 * V)
    same(dproduct, V * V + X * X)
    same(dtotal, V + 2 * X)


def test_jvp_and_vjp_are_transposed():
    f = lambda x: np.tanh(A @ x)[:3]  # noqa: E731
    u = RNG.normal(size=3)
    _, pushed = tg.jvp(f, (X,), (V,))
    _, pullback = tg.vjp(f, X)
    assert u @ pushed == pytest.approx(pullback(u)[0] @ V, rel=1e-12)


def test_linearize():
    calls = []

    def f(x):
        calls.append(1)
        return A @ np.exp(x)

    x = X.copy()
    y, derivative = tg.linearize(f, x)
    x *= 0  # what the caller does with his array afterwards changes nothing
    same(y, A @ np.exp(X))
    for v in (V, 2 * V, X):
        same(derivative(v), A @ (np.exp(X) * v))
    assert len(calls) == 1
    _, derivative = tg.linearize(lambda a, b: {"p": a * b, "constant": np.ones(2)}, X, V)
    found = derivative(V, X)
    same(found["p"], V * V + X * X)
    same(found["constant"], np.zeros(2))
    same(tg.grad(lambda x: (tg.linearize(np.sin, x)[1](V) ** 2).sum())(X), -2 * np.cos(X) * np.sin(X) * V**2)


def test_elementwise_grad():
    f = lambda x: np.tanh(x) * x  # noqa: E731
    slope = lambda x: np.tanh(x) + x / np.cosh(x) ** 2  # noqa: E731
    same(tg.elementwise_grad(f)(A), slope(A))
    same(tg.elementwise_grad(lambda a, b: a * b**2, (0, 1))(X, V)[1], 2 * X * V)
    same(tg.elementwise_grad(f, argnums=-1)(X), slope(X))
    third = tg.elementwise_grad(tg.elementwise_grad(tg.elementwise_grad(lambda x: x**4)))
    same(third(X), 24 * X)
    found = tg.elementwise_grad(lambda p: {"s": p["a"] ** 2, "t": (p["b"] * 3,)})({"a": X, "b": V})
    same(found["a"], 2 * X)
    same(found["b"], np.full(4, 3.0))


def test_gnvp():
    model = lambda x: np.sin(A @ x)  # noqa: E731
    j = np.cos(A @ X)[:, None] * A
    same(tg.gnvp(model, (X,), (V,)), j.T @ j @ V)
    loss = lambda y: np.exp(y).sum()  # noqa: E731
    h = np.diag(np.exp(model(X)))
    same(tg.gnvp(model, (X,), (V,), loss), j.T @ h @ j @ V)
    residuals = lambda a, b: {"first": a * b["c"], "second": (a - b["c"],)}  # noqa: E731
    by_a, by_b = tg.gnvp(residuals, (X, {"c": V}), (V, {"c": X}))
    moved = V * V + X * X
    same(by_a, moved * V + (V - X))
    same(by_b["c"], moved * X - (V - X))
    curved = lambda x: tg.gnvp(lambda y: y * y * x, (x,), (V,), lambda y: (y**3).sum()).sum()  # noqa: E731
    step = 1e-6
    numeric = [(curved(X + e) - curved(X - e)) / (2 * step) for e in step * np.eye(4)]
    same(tg.grad(curved)(X), numeric, rtol=1e-6)


def test_jacobian_and_hessian():
    same(tg.jacobian(lambda x: A @ x * x)(X), A * X[:, None] + np.diag(A @ X))
    same(tg.hessian(quartic)(X), quartic_hessian(X))
    assert tg.jacobian(lambda x: x.sum(axis=0))(np.ones((2, 3))).shape == (3, 2, 3)
    assert tg.jacobian(lambda x: x[:0])(X).shape == (0, 4)


def test_jacobian_of_several_arguments():
    left, right = tg.jacobian(lambda a, b: a * b, (0, 1))(X, V)
    same(left, np.diag(V))
    same(right, np.diag(X))
    blocks = tg.hessian(lambda a, b: (a * b).sum(), (0, 1))(X, V)
    same(blocks[0][1], np.eye(4))
    same(blocks[0][0], np.zeros((4, 4)))


def test_hvp():
    same(tg.hvp(quartic, (X,), (V,)), quartic_hessian(X) @ V)
    by_a, by_b = tg.hvp(lambda a, b: (a * a * b).sum(), (X, V), (V, X))
    same(by_a, 2 * V * V + 2 * X * X)
    same(by_b, 2 * X * V)


def test_complex_values_follow_the_engines_convention():
    z, v = np.array([1 + 2j, 3 - 1j]), np.array([1j, 2.0])
    _, dw = tg.jvp(lambda z: z * z, (z,), (v,))
    same(dw, 2 * z * v)  # forward is the plain derivative
    _, pullback = tg.vjp(lambda z: z * z, z)
    same(pullback(v)[0], np.conj(2 * z) * v)
    same(tg.grad(lambda z: (np.abs(z) ** 2).sum())(z), 2 * z)


def test_auxiliary_results_of_every_transform():
    f = lambda x: (x * x, {"twice": 2 * x, "n": 3})  # noqa: E731
    y, pullback, first = tg.vjp(f, X, has_aux=True)
    z, derivative, second = tg.linearize(f, X, has_aux=True)
    w, dw, third = tg.jvp(f, (X,), (V,), has_aux=True)
    for value in (y, z, w):
        same(value, X * X)
    for product in (pullback(V)[0], derivative(V), dw):
        same(product, 2 * X * V)
    for aux in (first, second, third):
        same(aux["twice"], 2 * X)
        assert aux["n"] == 3
    with pytest.raises(
        ArgumentError, match=r"^vjp: with has_aux=True the function must return a pair \(output, aux\)$"
    ):
        tg.vjp(np.sin, X, has_aux=True)


# Nesting in any order


ONE = 0.7


@pytest.mark.parametrize("order", range(1, 6))
def test_grad_of_grad(order):
    f = np.sin
    for _ in range(order):
        f = tg.grad(f)
    cycle = [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)]
    same(f(ONE), cycle[order % 4](ONE))


SECOND = {
    "jacobian of grad": lambda f: tg.jacobian(tg.grad(f)),
    "hessian": tg.hessian,
    "rows by vjp of grad": lambda f: lambda x: np.stack([tg.vjp(tg.grad(f), x)[1](e)[0] for e in np.eye(4)]),
    "columns by jvp of grad": lambda f: lambda x: np.stack([tg.jvp(tg.grad(f), (x,), (e,))[1] for e in np.eye(4)]),
    "columns by hvp": lambda f: lambda x: np.stack([tg.hvp(f, (x,), (e,)) for e in np.eye(4)]),
    "grad of jvp": lambda f: (
        lambda x: np.stack([tg.grad(lambda y, e=e: tg.jvp(f, (y,), (e,))[1])(x) for e in np.eye(4)])
    ),
    "grad of vjp": lambda f: (
        lambda x: np.stack([tg.grad(lambda y, e=e: (tg.vjp(f, y)[1](1.0)[0] * e).sum())(x) for e in np.eye(4)])
    ),
    "jvp of jvp": lambda f: (
        lambda x: np.array(
            [[tg.jvp(lambda y, d=d: tg.jvp(f, (y,), (d,))[1], (x,), (e,))[1] for d in np.eye(4)] for e in np.eye(4)]
        )
    ),
    "jvp of vjp": lambda f: (
        lambda x: np.stack([tg.jvp(lambda y: tg.vjp(f, y)[1](1.0)[0], (x,), (e,))[1] for e in np.eye(4)])
    ),
    "backward of grad": lambda f: lambda x: np.stack([by_backward(tg.grad(f), x, e) for e in np.eye(4)]),
}


def by_backward(f, x, v):
    x = Tensor(x, requires_grad=True)
    (f(x) * v).sum().backward()
    return x.grad.numpy()


@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND)
def test_second_derivatives_by_any_two_transforms(second):
    same(second(quartic)(X), quartic_hessian(X))


THIRD = {
    "grad grad grad": lambda f: tg.grad(tg.grad(tg.grad(f))),
    "grad hvp": lambda f: tg.grad(lambda x: tg.hvp(f, (x,), (1.0,))),
    "hvp of grad": lambda f: lambda x: tg.hvp(tg.grad(f), (x,), (1.0,)),
    "jvp of hvp": lambda f: lambda x: tg.jvp(lambda y: tg.hvp(f, (y,), (1.0,)), (x,), (1.0,))[1],
    "hessian of jvp": lambda f: tg.hessian(lambda x: tg.jvp(f, (x,), (1.0,))[1]),
    "jacobian of hessian": lambda f: tg.jacobian(tg.hessian(f)),
    "jvp jvp jvp": lambda f: along(along(along(f))),
    "vjp of vjp of vjp": lambda f: pulled(pulled(pulled(f))),
    "jvp of grad of vjp": lambda f: along(tg.grad(pulled(f))),
}


def along(f):
    return lambda x: tg.jvp(f, (x,), (1.0,))[1]


def pulled(f):
    return lambda x: tg.vjp(f, x)[1](1.0)[0]


@pytest.mark.parametrize("third", THIRD.values(), ids=THIRD)
def test_third_derivatives_by_any_three_transforms(third):
    same(third(lambda x: np.exp(2 * x) + x**4)(ONE), 8 * np.exp(2 * ONE) + 24 * ONE)


def test_inner_variable_and_outer_variable_are_kept_apart():
    """The confusion of perturbations: d/dx [ x * d/dy (x + y) ] is 1, not 2."""
    same(tg.grad(lambda x: x * tg.grad(lambda y: x + y)(1.0))(3.0), 1.0)
    same(tg.jvp(lambda x: x * tg.jvp(lambda y: x * y, (2.0,), (1.0,))[1], (3.0,), (1.0,))[1], 6.0)
    same(tg.grad(lambda x: tg.grad(lambda y: (x * y) ** 2)(x))(3.0), 6 * 3.0**2)


def test_a_gradient_as_a_step_inside_a_differentiated_program():
    """Learning to learn: the derivative of the loss after one step of gradient descent with respect to the rate."""

    def after_one_step(rate):
        return quartic(X - rate * tg.grad(quartic)(X))

    g = quartic_gradient(X)
    same(tg.grad(after_one_step)(0.01), -g @ quartic_gradient(X - 0.01 * g))


# Trees


def test_trees_in_and_trees_of_the_same_kind_out():
    def f(tree):
        return (tree["pair"].left * tree["pair"].right).sum() + tree["list"][0] ** 2 * tree["list"][1]["b"]

    tree = {"pair": Pair(X, V), "list": [3.0, {"b": 2.0}]}
    found = tg.grad(f)(tree)
    assert list(found) == ["pair", "list"]
    assert type(found["pair"]) is Pair
    same(found["pair"].left, V)
    same(found["pair"].right, X)
    same(found["list"][0], 12.0)
    same(found["list"][1]["b"], 9.0)


@dataclass
class Layer:
    weight: np.ndarray
    bias: object
    name: str = field(default="layer", metadata={"static": True})

    def __post_init__(self):
        self.weight = np.asarray(self.weight)  # which a tensor on a graph refuses


@dataclass(frozen=True, slots=True)
class Frozen:
    layers: list
    scale: float


def test_dataclasses():
    def f(p):
        first, second = p.layers
        assert (first.name, second.name) == ("in", "layer")
        return (first.weight * second.weight).sum() * p.scale + (first.bias["b"] ** 2).sum()

    p = Frozen([Layer(X, {"b": V}, "in"), Layer(V, ())], 2.0)
    found = tg.grad(f)(p)
    assert type(found) is Frozen
    assert [type(layer) for layer in found.layers] == [Layer, Layer]
    assert found.layers[0].name == "in"
    same(found.layers[0].weight, 2 * V)
    same(found.layers[0].bias["b"], 2 * V)
    same(found.layers[1].weight, 2 * X)
    same(found.scale, (X * V).sum())
    same(tg.jvp(f, (p,), (found,))[1], sum((2 * V) ** 2 + (2 * X) ** 2 + (2 * V) ** 2) + (X * V).sum() ** 2)
    same(tg.hessian(f)(p).scale.layers[0].weight, V)
    same(tg.jacobian(lambda x: Frozen([x * x], x.sum()))(X).layers[0], np.diag(2 * X))
    with pytest.raises(ArgumentError, match="jvp: tangents: expected a Frozen; got a list"):
        tg.jvp(f, (p,), ([X],))


def test_trees_out_of_vjp_and_jvp():
    f = lambda p: {"sum": p[0] + p[1], "product": (p[0] * p[1],)}  # noqa: E731
    y, pullback = tg.vjp(f, [X, V])
    assert list(y) == ["sum", "product"]
    ((da, db),) = pullback({"product": (np.ones(4),), "sum": 10 * np.ones(4)})
    same(da, 10 + V)
    same(db, 10 + X)
    _, dy = tg.jvp(f, ([X, V],), ([V, X],))
    same(dy["product"][0], V * V + X * X)


def test_dicts_are_matched_by_key_not_by_order():
    primal = {"a": 1.0, "b": 2.0}
    same(tg.jvp(lambda d: d["a"] * 10 + d["b"], (primal,), ({"b": 0.0, "a": 1.0},))[1], 10.0)
    same(tg.hvp(lambda d: d["a"] ** 2 + d["b"], (primal,), ({"b": 5.0, "a": 1.0},))["a"], 2.0)


def test_jacobian_and_hessian_of_trees():
    found = tg.jacobian(lambda d: {"p": d["a"] * d["b"], "s": (d["a"].sum(),)})({"a": X, "b": V})
    same(found["p"]["a"], np.diag(V))
    same(found["p"]["b"], np.diag(X))
    same(found["s"][0]["a"], np.ones(4))
    second = tg.hessian(lambda d: (d["a"] * d["b"]).sum())({"a": X, "b": V})
    same(second["a"]["b"], np.eye(4))
    same(second["b"]["b"], np.zeros((4, 4)))


@pytest.mark.parametrize(
    ("tangents", "message"),
    [
        (({"a": X},), r"jvp: tangents: expected a dict of \['a', 'b'\]; got a dict of \['a'\]"),
        (({"a": X, "c": X},), r"got a dict of \['a', 'c'\]"),
        (([X, X],), r"expected a dict of \['a', 'b'\]; got a list"),
        (({"a": X, "b": X}, X), "jvp: tangents: expected a tuple of 1; got 2"),
        (X, "jvp: tangents is a tuple, one part for each argument; got a ndarray"),
    ],
)
def test_trees_that_do_not_match_are_refused(tangents, message):
    with pytest.raises(ArgumentError, match=message):
        tg.jvp(lambda d: d["a"] * d["b"], ({"a": X, "b": V},), tangents)


def test_gradients_that_do_not_match_are_refused():
    _, pullback = tg.vjp(lambda x: (x, x), X)
    with pytest.raises(ArgumentError, match="vjp: the gradient: expected a tuple of 2; got a ndarray"):
        pullback(X)
    with pytest.raises(ShapeError, match=r"a gradient has the shape of what it belongs to, \(4,\); got \(3,\)"):
        pullback((X, X[:3]))
    with pytest.raises(ArgumentError, match="the dtype of what it belongs to, float64; got complex128"):
        pullback((X, X * 1j))


# What goes in and what comes out


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_are_kept(dtype):
    x, v = X.astype(dtype), V.astype(dtype)
    f = lambda x: (x * x * 0.5).sum()  # noqa: E731
    for result in (tg.grad(f)(x), tg.hessian(f)(x), tg.hvp(f, (x,), (v,)), *tg.jvp(f, (x,), (v,)), tg.vjp(f, x)[0]):
        assert result.dtype == dtype
    assert tg.jvp(f, (x,), (V,))[1].dtype == dtype


def test_arrays_give_arrays_and_tensors_give_tensors():
    assert type(tg.grad(quartic)(X)) is np.ndarray
    found = tg.grad(quartic)(Tensor(X))
    assert type(found) is Tensor
    assert not found.requires_grad


def test_an_input_that_nothing_depends_on_gets_zeros():
    same(tg.grad(lambda x, y: (y * y).sum(), 0)(X, V), np.zeros(4))
    same(tg.grad(lambda x: 5.0)(X), np.zeros(4))
    same(tg.hessian(lambda x: x.sum())(X), np.zeros((4, 4)))
    same(tg.jvp(lambda x: np.ones(3), (X,), (V,))[1], np.zeros(3))


def test_functions_that_return_their_input():
    y, pullback = tg.vjp(lambda x: x, X)
    same(pullback(V)[0], V)
    y[:] = 0
    assert X.any(), "the value is the caller's own"
    same(tg.jvp(lambda x: x, (X,), (V,))[1], V)
    same(tg.grad(lambda x: x)(2.0), 1.0)
    same(tg.jacobian(lambda x: x)(X), np.eye(4))


def test_the_same_input_given_twice_and_the_same_output_given_twice():
    by_first, by_second = tg.grad(lambda a, b: (a * b * b).sum(), (0, 1))(X, X)
    same(by_first, X**2)
    same(by_second, 2 * X**2)
    y, pullback = tg.vjp(lambda x: [x * 2] * 2, X)
    same(pullback([V, V])[0], 4 * V)


def test_gradients_are_memory_of_their_own():
    a, b = tg.grad(lambda a, b: (a + b).sum(), (0, 1))(X, V)
    a[:] = 9
    same(b, np.ones(4))


def test_writing_into_arrays_between_forward_and_pullback_changes_nothing():
    x = X.copy()
    y, pullback = tg.vjp(lambda x: np.exp(x) * x, x)
    expected = np.exp(X) * (X + 1)
    y *= 0
    x *= 0
    same(pullback(np.ones(4))[0], expected)


def test_has_aux():
    def f(x):
        return (x * x).sum(), {"x": x * 2, "n": 3}

    (value, aux), gradient = tg.value_and_grad(f, has_aux=True)(X)
    same(value, (X * X).sum())
    same(gradient, 2 * X)
    same(aux["x"], 2 * X)
    assert aux["n"] == 3
    gradient, aux = tg.grad(f, has_aux=True)(X)
    same(aux["x"], 2 * X)
    with pytest.raises(ArgumentError, match=r"must return a pair \(output, aux\)"):
        tg.grad(lambda x: x.sum(), has_aux=True)(X)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x, r"must return a scalar; it returned shape \(4,\).*vjp or jacobian"),
        (lambda x: (x.sum(), x), "must return a scalar; it returned a tuple.*has_aux=True"),
        (lambda x: {"loss": x.sum()}, "it returned a dict"),
        (lambda x: None, "it returned a NoneType"),
        (lambda x: (x * 1j).sum(), "must return a real scalar"),
    ],
)
def test_grad_wants_a_real_scalar(f, message):
    with pytest.raises(BackwardError, match=message):
        tg.grad(f)(X)


def test_jacobian_wants_real_outputs():
    with pytest.raises(BackwardError, match="jacobian: the function must return real arrays"):
        tg.jacobian(lambda x: x * 1j)(X)


@pytest.mark.parametrize("wrong", [3, np.arange(3), True])
def test_integers_are_refused(wrong):
    with pytest.raises(DTypeError, match="Give floats"):
        tg.grad(lambda x: (x * 1.0).sum())(wrong)


@pytest.mark.parametrize(
    ("run", "place"),
    [
        (lambda: tg.grad(lambda a, b: a, 1)(1.0, {"x": [2.0, 3]}), "grad: argument 1['x'][1]"),
        (lambda: tg.grad(lambda a, b: a, (0, -1))(1.0, Pair(2.0, 3)), "grad: argument 1.right"),
        (lambda: tg.jacobian(lambda a: a)(np.arange(3)), "jacobian: argument 0"),
        (lambda: tg.vjp(lambda a, b: a, 1.0, 3), "vjp: argument 1"),
        (lambda: tg.jvp(lambda a: a, (3,), (1.0,)), "jvp: argument 0"),
        (lambda: tg.linearize(lambda a: a, 3), "linearize: argument 0"),
        (lambda: tg.elementwise_grad(lambda a: a)(3), "elementwise_grad: argument 0"),
        (lambda: tg.gnvp(lambda a: a, (3,), (1.0,)), "gnvp: argument 0"),
        (lambda: tg.hvp(lambda a: a, (3,), (1.0,)), "hvp: argument 0"),
    ],
)
def test_the_integer_is_named(run, place):
    with pytest.raises(DTypeError) as caught:
        run()
    assert str(caught.value) == (
        f"{place}: Tensor: only floating point and complex tensors can require gradients; got int64. "
        "Give floats, or dtype=float"
    )


@pytest.mark.parametrize(
    ("argnums", "message"),
    [
        (2, "argnums names argument 2, but 2 positional arguments were given"),
        ((0, -3), "argnums names argument -3, but 2 positional arguments were given"),
        ((0, -2), r"argnums names an argument twice: \(0, -2\)"),
        ((), r"argnums is the number of a positional argument, or a tuple of them; got \(\)"),
        ("x", "or a tuple of them; got 'x'"),
        (True, "or a tuple of them; got True"),
        ([0, 1], r"or a tuple of them; got \[0, 1\]"),
    ],
)
@pytest.mark.parametrize("transform", [tg.grad, tg.value_and_grad, tg.elementwise_grad, tg.jacobian, tg.hessian])
def test_argnums_that_name_no_argument(transform, argnums, message):
    with pytest.raises(ArgumentError, match=f"{message}$"):
        transform(lambda a, b: a * b, argnums)(1.0, 2.0)


@pytest.mark.parametrize("transform", [tg.jvp, tg.hvp, tg.gnvp])
def test_tuples_are_asked_for(transform):
    name = transform.__name__
    with pytest.raises(ArgumentError, match=f"^{name}: primals is a tuple, one part for each argument; got a ndarray$"):
        transform(lambda x: x, X, (V,))


@pytest.mark.parametrize("wrong", [None, "text"])
def test_leaves_that_are_no_numbers_are_refused(wrong):
    with pytest.raises(DTypeError, match="elements must be numbers"):
        tg.grad(lambda tree: tree["x"].sum())({"x": X, "other": wrong})


# Surroundings


def test_closures_over_tracked_tensors_stay_on_the_graph():
    w = Tensor(V, requires_grad=True)
    g = tg.grad(lambda x: (x * x * w).sum())(X)  # 2 x w
    assert g.requires_grad
    (g * g).sum().backward()
    same(w.grad.numpy(), 8 * X**2 * V)


def test_closures_over_constants_give_arrays():
    w = Tensor(V)
    same(tg.grad(lambda x: (x * w).sum())(X), V)


def test_tracked_inputs_stay_on_the_graph():
    x = Tensor(X, requires_grad=True)
    value, g = tg.value_and_grad(lambda x: (x**3).sum())(x)
    (value + (g * V).sum()).backward()
    same(x.grad.numpy(), 3 * X**2 + 6 * X * V)


def test_tracked_cotangents_and_tangents_stay_on_the_graph():
    v = Tensor(V, requires_grad=True)
    _, pullback = tg.vjp(np.sin, X)
    pullback(v)[0].sum().backward()
    same(v.grad.numpy(), np.cos(X))
    v.grad = None
    _, dy = tg.jvp(np.sin, (X,), (v,))
    dy.sum().backward()
    same(v.grad.numpy(), np.cos(X))


def test_transforms_leave_grad_alone():
    x = Tensor(X, requires_grad=True)
    tg.grad(quartic)(x)
    assert x.grad is None


def test_under_no_grad_transforms_work_and_their_results_are_constants():
    x = Tensor(X, requires_grad=True)
    with tg.no_grad():
        found = tg.grad(quartic)(x)
        same(tg.hessian(quartic)(X), quartic_hessian(X))
    assert not found.requires_grad
    same(found.numpy(), quartic_gradient(X))


def test_no_grad_inside_makes_constants():
    def f(x):
        with tg.no_grad():
            frozen = x * 3
        return (x * frozen).sum()

    same(tg.grad(f)(X), 3 * X)


def test_detach_inside_makes_constants():
    same(tg.grad(lambda x: (x * x.detach()).sum())(X), X)


def test_inner_gradients_do_not_walk_the_outer_history():
    """A thousand steps, each with a gradient inside: work per step must not grow with the steps before it."""
    w, met = Tensor(X, requires_grad=True), []
    for _ in range(50):
        g = tg.grad(lambda w: (w * w * w).sum())(w)
        met.append(visits(lambda w=w: tg.grad(lambda v: (v * v * v).sum())(w)))
        w = w - 0.001 * g
    assert met[-1] == met[1]


def test_nested_derivatives_in_two_threads():
    """Third derivatives of different functions at once: neither thread sees anything of the other."""
    wrong, ready = [], threading.Barrier(2)

    def work(f, expected):
        ready.wait()
        for k in range(150):
            x = 0.5 + 0.01 * k
            if abs(float(tg.grad(tg.grad(tg.grad(f)))(x)) - expected(x)) > 1e-9:
                wrong.append(x)

    jobs = [(lambda x: x**4, lambda x: 24 * x), (lambda x: np.exp(2 * x), lambda x: 8 * np.exp(2 * x))]
    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# Against torch.func


def net(parameters, x, xp):
    h = xp.tanh(x @ parameters["W1"] + parameters["b1"])
    return ((h @ parameters["W2"]) ** 2).mean() + 0.1 * (parameters["W1"] ** 3).sum()


SHAPES = {"W1": (4, 5), "b1": (5,), "W2": (5, 2)}


quiet_torch = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")


@pytest.fixture
def both():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    ours = {name: rng.normal(size=shape) for name, shape in SHAPES.items()}
    theirs = {name: torch.tensor(value) for name, value in ours.items()}
    tangents = {name: rng.normal(size=shape) for name, shape in SHAPES.items()}
    return torch, ours, theirs, tangents, {name: torch.tensor(value) for name, value in tangents.items()}


BATCH = RNG.normal(size=(3, 4))


@quiet_torch
def test_grad_jvp_and_hvp_of_a_net_equal_torch_func(both):
    torch, ours, theirs, tangents, their_tangents = both
    f = lambda p: net(p, BATCH, np)  # noqa: E731
    g = lambda p: net(p, torch.tensor(BATCH), torch)  # noqa: E731
    expected = torch.func.grad(g)(theirs)
    value, slope = tg.jvp(f, (ours,), (tangents,))
    their_value, their_slope = torch.func.jvp(g, (theirs,), (their_tangents,))
    same(value, their_value.numpy())
    same(slope, their_slope.numpy())
    product = tg.hvp(f, (ours,), (tangents,))
    _, their_product = torch.func.jvp(torch.func.grad(g), (theirs,), (their_tangents,))
    for name, found in tg.grad(f)(ours).items():
        same(found, expected[name].numpy())
        same(product[name], their_product[name].numpy())


@quiet_torch
def test_hessian_of_a_net_equals_torch_func(both):
    torch, ours, theirs, _, _ = both
    found = tg.hessian(lambda p: net(p, BATCH, np))(ours)
    expected = torch.func.hessian(lambda p: net(p, torch.tensor(BATCH), torch))(theirs)
    for row in SHAPES:
        for column in SHAPES:
            same(found[row][column], expected[row][column].numpy())


@quiet_torch
def test_third_order_of_a_net_equals_torch_func(both):
    torch, ours, theirs, tangents, their_tangents = both

    def curvature(p):
        return tg.jvp(lambda q: tg.jvp(lambda r: net(r, BATCH, np), (q,), (tangents,))[1], (p,), (tangents,))[1]

    def their_curvature(p):
        inner = lambda q: torch.func.jvp(lambda r: net(r, torch.tensor(BATCH), torch), (q,), (their_tangents,))[1]  # noqa: E731
        return torch.func.jvp(inner, (p,), (their_tangents,))[1]

    found, expected = tg.grad(curvature)(ours), torch.func.grad(their_curvature)(theirs)
    for name in SHAPES:
        same(found[name], expected[name].numpy(), rtol=1e-10)
