"""SciPy's optimizers on nested parameters: value, gradient and products with the Hessian as functions of one vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import plain
from ..errors import ArgumentError, DTypeError, MissingDependencyError
from ..nesting import flatten, matching, paths
from .derivatives import grad, value_and_grad
from .jacobians import hessian
from .run import Run

WITHOUT_GRADIENT = {"nelder-mead", "powell", "cobyla", "cobyqa"}
WITH_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}
WITH_HESSIAN = {"dogleg", "trust-exact"}


class VectorProblem:
    """A scalar function of nested parameters, as a function of one vector of float64: what optimizers take.

    f     a scalar function of ``x0`` and of ``args``
    x0    arrays and numbers, nested as one likes
    args  what ``f`` takes besides, not differentiated

    >>> import numpy as np, tensorgraph as tg
    >>> start = {"a": np.array([1.0, 2.0]), "b": 3.0}
    >>> problem = tg.transforms.VectorProblem(lambda p: (p["a"] ** 2).sum() * p["b"], start)
    >>> problem.x0
    array([1., 2., 3.])
    >>> problem.fun(problem.x0), problem.jac(problem.x0).tolist()
    (15.0, [6.0, 12.0, 5.0])
    >>> problem.nested(np.array([5.0, 6.0, 7.0]))
    {'a': array([5., 6.]), 'b': array(7.)}

    Raises DTypeError for parameters that are not real numbers, and what ``grad`` raises.
    """

    def __init__(self, f: Callable, x0: Any, args: tuple = ()) -> None:
        leaves, self._rebuild = flatten(x0)
        arrays = [np.asarray(plain(x)) for x in leaves]
        for path, array in zip(paths(x0, "x0"), arrays):
            if array.dtype.kind not in "iuf":
                raise DTypeError(f"VectorProblem: parameters are real numbers; {path} is of {array.dtype}")
        self.like, self.args = x0, args
        self._shapes = [array.shape for array in arrays]
        self._ends = np.cumsum([array.size for array in arrays]).tolist()
        self.x0 = np.concatenate([np.zeros(0), *[array.astype(np.float64).reshape(-1) for array in arrays]])
        self._f = lambda x: f(x, *args)
        self._value_and_grad, self._hessian = value_and_grad(self._f), hessian(self._of_vector)
        self._at: np.ndarray | None = None

    def nested(self, vector: np.ndarray) -> Any:
        """The parameters that a vector holds, nested like ``x0``, in memory of their own."""
        parts = np.split(np.array(vector, np.float64), self._ends[:-1])
        return self._rebuild([part.reshape(shape) for part, shape in zip(parts, self._shapes)])

    def vector(self, tree: Any) -> np.ndarray:
        """Arrays nested like ``x0`` as one vector."""
        leaves = matching(tree, self.like, "VectorProblem")
        return np.concatenate([np.zeros(0), *[np.asarray(x, np.float64).reshape(-1) for x in leaves]])

    def fun(self, vector: np.ndarray) -> float:
        """The value."""
        return float(plain(self._f(self.nested(vector))))

    def fun_and_jac(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        """The value and the gradient, by one run of the function."""
        value, gradient = self._value_and_grad(self.nested(vector))
        return float(value), self.vector(gradient)

    def jac(self, vector: np.ndarray) -> np.ndarray:
        """The gradient."""
        return self.fun_and_jac(vector)[1]

    def hessp(self, vector: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """The Hessian times a direction, without the Hessian. At one point, one run serves all directions."""
        if self._at is None or not np.array_equal(self._at, vector):
            self._run = Run(grad(self._f), (self.nested(vector),), "VectorProblem")
            self._at = np.array(vector)
        return self.vector(self._run.pull(self.nested(direction))[0])

    def hess(self, vector: np.ndarray) -> np.ndarray:
        """The Hessian."""
        return self._hessian(np.array(vector, np.float64))

    def _of_vector(self, vector: Any) -> Any:
        starts = [0, *self._ends]
        parts = [vector[start:end].reshape(s) for start, end, s in zip(starts, self._ends, self._shapes)]
        return self._f(self._rebuild(parts))


def scipy_minimize(
    f: Callable,
    x0: Any,
    args: tuple = (),
    *,
    method: str | None = None,
    bounds: tuple[Any, Any] | None = None,
    tol: float | None = None,
    callback: Callable[[Any], Any] | None = None,
    options: dict | None = None,
) -> Any:
    """Minimize a scalar function of nested parameters with ``scipy.optimize.minimize``, which is given exact gradients,
    and products with the Hessian or the Hessian where its method uses them. All in float64.

    f         a scalar function of parameters nested like ``x0``, and of ``args``
    x0        where to start
    method    one of SciPy's names; by default SciPy chooses
    bounds    a pair (low, high), each nested like ``x0`` or one number for all; None is no bound
    tol, options  as SciPy takes them
    callback  called with the parameters after each iteration; may raise StopIteration

    Gives SciPy's result, with ``x`` nested like ``x0``, and ``jac`` likewise.

    >>> import numpy as np, tensorgraph as tg
    >>> found = tg.scipy_minimize(lambda p: ((p["w"] - 3) ** 2).sum() + p["b"] ** 2, {"w": np.zeros(2), "b": 1.0})
    >>> found.x["w"].round(6).tolist(), found.success
    ([3.0, 3.0], True)

    Raises MissingDependencyError without SciPy, and what ``grad`` raises.
    """
    try:
        from scipy import optimize
    except ImportError as error:
        raise MissingDependencyError("scipy_minimize: needs SciPy: pip install 'tensorgraph[scipy]'") from error
    problem, given = VectorProblem(f, x0, args), (method or "").lower()
    if given in WITHOUT_GRADIENT:
        how: dict[str, Any] = {"fun": problem.fun}
    else:
        how = {"fun": problem.fun_and_jac, "jac": True}
    if given in WITH_PRODUCTS:
        how["hessp"] = problem.hessp
    if given in WITH_HESSIAN:
        how["hess"] = problem.hess
    if callback is not None:
        how["callback"] = lambda x, *_: callback(problem.nested(x))
    if bounds is not None:
        how["bounds"] = optimize.Bounds(*_limits(problem, bounds))
    found = optimize.minimize(x0=problem.x0, method=method, tol=tol, options=options, **how)
    for name in ("x", "jac"):
        if isinstance(found.get(name), np.ndarray):
            found[name] = problem.nested(found[name])
    return found


def _limits(problem: VectorProblem, bounds: Any) -> list[np.ndarray]:
    if not isinstance(bounds, tuple | list) or len(bounds) != 2:
        raise ArgumentError(
            "scipy_minimize: bounds is a pair (low, high), each nested like x0, one number for all, or None"
        )
    limits = []
    for bound, none in zip(bounds, (-np.inf, np.inf)):
        if bound is None or np.ndim(bound) == 0 and not isinstance(bound, dict):
            limits.append(np.full_like(problem.x0, none if bound is None else bound))
        else:
            limits.append(problem.vector(bound))
    return limits
