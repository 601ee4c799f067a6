"""SciPy's optimizers on nested parameters."""

import sys
from dataclasses import dataclass, field

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, BackwardError, DTypeError, MissingDependencyError
from tensorgraph.transforms import VectorProblem

RNG = np.random.default_rng(8)


@dataclass
class Curve:
    scale: np.ndarray
    parts: dict
    degree: int = field(default=2, metadata={"static": True})


T = np.linspace(-1, 1, 20)
Y = 2 * np.exp(0.5 * T) + 1


def misfit(curve, targets=Y):
    predicted = curve.scale * np.exp(curve.parts["rate"] * T) + curve.parts["offsets"].sum() ** (curve.degree - 1)
    return ((predicted - targets) ** 2).sum()


START = Curve(np.float32(1.0), {"rate": 0, "offsets": np.zeros((2, 1), np.float32)})
METHODS = [
    None, "BFGS", "L-BFGS-B", "CG", "TNC", "SLSQP", "Newton-CG", "trust-ncg", "trust-krylov", "trust-constr",
    "trust-exact", "Nelder-Mead", "Powell",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_kind_of_method(method):
    pytest.importorskip("scipy")
    options = {"maxiter": 2000} if method in ("Nelder-Mead", "Powell") else None
    tol = 1e-12 if method in ("Nelder-Mead", "Powell", "SLSQP", "CG") else None
    found = tg.scipy_minimize(misfit, START, method=method, options=options, tol=tol)
    curve = found.x
    assert type(curve) is Curve
    assert curve.degree == 2
    assert curve.scale.dtype == curve.parts["offsets"].dtype == np.float64
    assert curve.parts["offsets"].shape == (2, 1)
    assert found.fun < 1e-5
    values = [curve.scale, curve.parts["rate"], curve.parts["offsets"].sum()]
    np.testing.assert_allclose(values, [2, 0.5, 1], atol=0.02)


def test_a_hessian_where_it_must_be_convex():
    pytest.importorskip("scipy")
    found = tg.scipy_minimize(lambda p: ((p["x"] - 1) ** 4 + p["x"] ** 2).sum(), {"x": np.zeros(3)}, method="dogleg")
    np.testing.assert_allclose(4 * (found.x["x"] - 1) ** 3 + 2 * found.x["x"], 0, atol=1e-4)
    np.testing.assert_allclose(found.jac["x"], 0, atol=1e-4)


def test_arguments_bounds_and_callback():
    pytest.importorskip("scipy")
    seen = []

    def f(p, targets):
        return ((p["a"] - targets) ** 2).sum() + (p["b"] + 2) ** 2

    start = {"a": np.zeros(3), "b": 0.0}
    targets = np.array([0.5, 2.0, -3.0])
    limits = ({"a": np.array([-1.0, -1.0, -1.0]), "b": -1.0}, 1)
    found = tg.scipy_minimize(f, start, (targets,), bounds=limits, callback=seen.append)
    np.testing.assert_allclose(found.x["a"], [0.5, 1, -1], atol=1e-6)
    np.testing.assert_allclose(found.x["b"], -1, atol=1e-6)
    assert len(seen) == found.nit
    np.testing.assert_array_equal(seen[-1]["a"], found.x["a"])
    found = tg.scipy_minimize(f, start, (targets,), bounds=(None, 0.0))
    np.testing.assert_allclose(found.x["a"], [0, 0, -3], atol=1e-5)


@pytest.mark.parametrize("method", ["BFGS", "trust-constr", "SLSQP"])
def test_a_callback_may_stop(method):
    pytest.importorskip("scipy")

    def stop(x):
        raise StopIteration

    found = tg.scipy_minimize(lambda x: ((x - 3) ** 4).sum(), np.zeros(2), method=method, callback=stop)
    assert found.nit <= 2


def test_the_vector_problem():
    problem = VectorProblem(misfit, START)
    x = RNG.normal(size=4)
    v = RNG.normal(size=4)
    assert problem.x0.tolist() == [1, 0, 0, 0]
    np.testing.assert_array_equal(problem.vector(problem.nested(x)), x)
    value, gradient = problem.fun_and_jac(x)
    assert value == problem.fun(x) == misfit(problem.nested(x))
    step = 1e-6
    np.testing.assert_allclose(
        gradient, [(problem.fun(x + e) - problem.fun(x - e)) / (2 * step) for e in step * np.eye(4)], rtol=1e-5
    )
    np.testing.assert_array_equal(problem.jac(x), gradient)
    hessian = problem.hess(x)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-12)
    for direction in (v, 2 * v):
        np.testing.assert_allclose(problem.hessp(x, direction), hessian @ direction, rtol=1e-10)
    np.testing.assert_allclose(problem.hessp(2 * x, v), problem.hess(2 * x) @ v, rtol=1e-10)


def test_one_run_serves_all_directions_at_a_point():
    runs = []

    def f(x):
        runs.append(1)
        return (x**4).sum()

    problem = VectorProblem(f, np.ones(3))
    x = np.array([1.0, 2.0, 3.0])
    for v in np.eye(3):
        np.testing.assert_allclose(problem.hessp(x, v), 12 * x**2 * v)
    assert len(runs) == 1
    x[0] = 5.0  # in place: another point
    np.testing.assert_allclose(problem.hessp(x, np.ones(3)), 12 * x**2)
    assert len(runs) == 2


def test_refusals(monkeypatch):
    with pytest.raises(DTypeError, match=r"VectorProblem: parameters are real numbers; x0\['a'\] is of complex128"):
        VectorProblem(lambda p: p, {"a": np.ones(2) * 1j})
    with pytest.raises(DTypeError, match=r"x0\[1\] is of <U4"):
        VectorProblem(lambda p: p, [1.0, "text"])
    with pytest.raises(BackwardError, match=r"must return a scalar; it returned shape \(2,\)"):
        VectorProblem(lambda x: x, np.ones(2)).jac(np.ones(2))
    with pytest.raises(ArgumentError, match="bounds is a pair"):
        tg.scipy_minimize(lambda x: (x * x).sum(), np.ones(3), bounds=[(0, 1)] * 3)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(MissingDependencyError) as caught:
        tg.scipy_minimize(lambda x: (x * x).sum(), np.ones(3))
    assert str(caught.value) == "scipy_minimize: needs SciPy: pip install 'tensorgraph[scipy]'"
