"""Values at ties, bounds and singular points: where a rule decides what finite differences cannot tell."""

from contextlib import nullcontext

import numpy as np
import pytest

import tensorgraph as tg

nan, inf = np.nan, np.inf
zero = 0.0


def clip(a, low, high):
    return np.clip(a, low, high)


def safe_log(x):
    """The form to use in place of ``np.where(x > 0, np.log(x), 0)``: both branches finite."""
    positive = x > 0
    return np.where(positive, np.log(np.where(positive, x, 1)), 0)


def affine_batchnorm_relu(*inputs):
    return tg.affine_batchnorm_relu(*inputs)[0]


MATRIX_ORDERS = ("fro", "nuc", 1, -1, 2, -2, inf, -inf)


def all_but_the_last_of_det(x):
    """The derivative of determinants along each element of the diagonal in turn, but the last."""
    derivative = lambda x: np.linalg.det(x).sum()  # noqa: E731
    for i in range(x.shape[-1] - 1):
        derivative = along_the_diagonal(derivative, i)
    return derivative(x)


def along_the_diagonal(f, i):
    return lambda x: tg.grad(f)(x)[..., i, i].sum()


def last_of_diagonal(*shape):
    matrices = np.zeros(shape)
    matrices[..., -1, -1] = 1
    return matrices


POINTS = [  # function, its arguments, and the gradient of the sum of its result with respect to each of them
    # ties: relu and abs give 0, a shared extreme is split evenly
    (tg.relu, [[0.0, -0.0, 1.0]], [[0, 0, 1]]),
    (tg.leaky_relu, [[0.0, -1.0]], [[0.01, 0.01]]),
    (tg.affine_relu, [[[0.0]], [[1.0]], [0.0]], [[[0]], [[0]], [0]]),
    (tg.affine_relu, [[[2.0]], [[0.0]], [0.0]], [[[0]], [[0]], [0]]),
    (affine_batchnorm_relu, [[[1.0], [2.0]], [[1.0]], [0.0], [0.0], [0.0]], [[[0], [0]], [[0]], [0], [0], [0]]),
    (np.abs, [[0.0, -2.0]], [[0, -1]]),
    (np.fabs, [[0.0, -2.0]], [[0, -1]]),
    (np.sign, [[0.0, -2.0]], [[0, 0]]),
    (np.max, [[1.0, 1.0, 0.0]], [[0.5, 0.5, 0]]),
    (np.min, [[1.0, 0.0, 0.0]], [[0, 0.5, 0.5]]),
    (lambda x: np.max(x, axis=1), [[[1.0, 1.0], [2.0, 1.0]]], [[[0.5, 0.5], [1, 0]]]),
    (lambda x: np.min(x, axis=0), [[[1.0, 1.0], [2.0, 1.0]]], [[[1, 0.5], [0, 0.5]]]),
    (np.ptp, [[3.0, 3.0, 1.0, 0.0]], [[0.5, 0.5, 0, -1]]),
    (np.maximum, [[1.0, 2.0], 1.0], [[0.5, 1], 0.5]),
    (np.minimum, [[1.0, 2.0], 1.0], [[0.5, 0], 1.5]),
    (np.fmax, [[1.0, 2.0], 1.0], [[0.5, 1], 0.5]),
    (np.fmin, [[1.0, 2.0], 1.0], [[0.5, 0], 1.5]),
    # NaN: maximum and minimum hand it on, fmax and fmin pass over it
    (np.maximum, [nan, 1.0], [1, 0]),
    (np.maximum, [1.0, nan], [0, 1]),
    (np.minimum, [nan, 1.0], [1, 0]),
    (np.minimum, [1.0, nan], [0, 1]),
    (np.fmax, [nan, 1.0], [0, 1]),
    (np.fmax, [1.0, nan], [1, 0]),
    (np.fmin, [nan, 1.0], [0, 1]),
    (np.fmin, [1.0, nan], [1, 0]),
    # clip: the gradient is 1 at a bound, and goes to a bound beyond it; a crossed pair of bounds gives the upper one
    (clip, [[0.0, 1.0, 0.5], 0.0, 1.0], [[1, 1, 1], 0, 0]),
    (clip, [[-1.0, 2.0], 0.0, 1.0], [[0, 0], 1, 1]),
    (clip, [[0.0, 3.0], 2.0, 1.0], [[0, 0], 0, 2]),
    (clip, [[5.0], 10.0, 20.0], [[0], 1, 0]),
    (clip, [0.0, 1.0, 1.0], [0, 1, 0]),
    (clip, [2.0, 1.0, 1.0], [0, 0, 1]),
    (lambda a: np.clip(a, 0.0, None), [[0.0, -1.0]], [[1, 0]]),
    (lambda a: np.clip(a, None, 0.0), [[0.0, 1.0]], [[1, 0]]),
    (lambda a, low: np.clip(a, low, None), [[0.0, -1.0], 0.0], [[1, 0], 1]),
    (lambda a, high: np.clip(a, None, high), [[0.0, 1.0], 0.0], [[1, 0], 1]),
    (lambda a: tg.svm_loss(a, np.array([0])), [[[1.0, 0.0]]], [[[0, 0]]]),  # a margin of exactly 0
    # the origin: distances and spreads have gradient 0 there
    (np.std, [[2.0, 2.0, 2.0]], [[0, 0, 0]]),
    (lambda x: np.std(x, axis=0), [[[2.0, 1.0], [2.0, 3.0]]], [[[0, -0.5], [0, 0.5]]]),
    (np.var, [[2.0, 2.0]], [[0, 0]]),
    (np.hypot, [zero, zero], [0, 0]),
    (np.arctan2, [zero, zero], [0, 0]),
    (np.abs, [[0j, 3 + 4j]], [[0, 0.6 + 0.8j]]),
    (np.sign, [[0j, 3 + 4j]], [[0, 0.128 - 0.096j]]),
    (np.linalg.norm, [[0.0, 0.0]], [[0, 0]]),
    (np.linalg.norm, [[0j, 0.0]], [[0, 0]]),
    (lambda x: np.linalg.norm(x, 3), [[0.0, 0.0]], [[0, 0]]),
    (lambda x: np.linalg.norm(x, 3), [[0.0, 2.0]], [[0, 1]]),
    (lambda x: np.linalg.norm(x, 0.5), [[0.0, 2.0]], [[0, 1]]),
    (lambda x: np.linalg.norm(x, 1), [[0.0, -2.0]], [[0, -1]]),
    (lambda x: np.linalg.norm(x, inf), [[2.0, -2.0]], [[0.5, -0.5]]),
    (lambda x: np.linalg.norm(x, -inf), [[0.0, 2.0]], [[0, 0]]),
    *[(lambda x, p=p: np.linalg.norm(x, p), [np.zeros((2, 2))], [np.zeros((2, 2))]) for p in MATRIX_ORDERS],
    (lambda x: np.linalg.norm(x, "nuc"), [[[2.0, 0.0], [0.0, 0.0]]], [[[1, 0], [0, 0]]]),
    (lambda x: tg.grad(np.linalg.norm)(x), [[0.0, 0.0]], [[0, 0]]),
    # equal values, singular matrices
    (np.linalg.eigvalsh, [np.eye(2)], [np.eye(2)]),
    (np.linalg.svdvals, [np.eye(2)], [np.eye(2)]),
    (lambda x: np.linalg.eigvals(x).real, [np.eye(2)], [np.eye(2)]),
    (lambda x: np.linalg.norm(x, 2), [np.eye(2)], [np.eye(2) / 2]),
    (np.linalg.det, [[[1.0, 2.0], [2.0, 4.0]]], [[[4, -2], [-2, 1]]]),
    (np.linalg.det, [np.zeros((2, 2))], [np.zeros((2, 2))]),
    (all_but_the_last_of_det, [np.zeros((4, 4))], [last_of_diagonal(4, 4)]),
    (all_but_the_last_of_det, [np.zeros((2, 4, 4))], [last_of_diagonal(2, 4, 4)]),
    (all_but_the_last_of_det, [np.zeros((5, 5))], [last_of_diagonal(5, 5)]),
    # products and powers with zeros are exact
    (np.prod, [[0.0, 2.0, 3.0]], [[6, 0, 0]]),
    (np.prod, [[0.0, 0.0, 3.0]], [[0, 0, 0]]),
    (np.prod, [[5.0]], [[1]]),
    (np.power, [0.0, 0.0], [0, 0]),
    (np.power, [0.0, 1.0], [1, 0]),
    (np.power, [0.0, 2.0], [0, 0]),
    (np.power, [0.0, 0.5], [inf, 0]),
    (np.power, [0.0, -1.0], [-inf, -inf]),
    (np.power, [-2.0, 3.0], [12, nan]),
    (lambda x: x**0, [0.0], [0]),
    (lambda x: x**2, [-3.0], [-6]),
    (lambda y: 0**y, [2.0], [0]),
    # poles and ends of domains
    (np.sqrt, [0.0], [inf]),
    (np.log, [0.0], [inf]),
    (np.log1p, [-1.0], [inf]),
    (np.cbrt, [0.0], [inf]),
    (np.arcsin, [[1.0, -1.0]], [[inf, inf]]),
    (np.arccos, [[1.0, -1.0]], [[-inf, -inf]]),
    (np.reciprocal, [0.0], [-inf]),
    (np.divide, [1.0, 0.0], [inf, -inf]),
    # steps: the quotient is rounded down by remainder, towards 0 by fmod
    (np.remainder, [-3.0, 2.0], [1, 2]),
    (np.remainder, [4.0, 2.0], [1, -2]),
    (np.fmod, [-3.0, 2.0], [1, 1]),
    (np.fmod, [4.0, 2.0], [1, -2]),
    # far out: finite, without overflow
    (tg.sigmoid, [[1000.0, -1000.0]], [[0, 0]]),
    (np.tanh, [[1000.0, -1000.0]], [[0, 0]]),
    (tg.softmax, [[1e4, -1e4]], [[0, 0]]),
    (tg.log_softmax, [[1e4, -1e4]], [[-1, 1]]),
    (tg.logsumexp, [[1e4, 1e4, -1e4]], [[0.5, 0.5, 0]]),
    (tg.logsumexp, [[-inf, 0.0]], [[0, 1]]),
    (np.logaddexp, [-1e4, -1e4], [0.5, 0.5]),
    (np.logaddexp2, [1e4, -1e4], [1, 0]),
    (lambda a: tg.softmax_loss(a, np.array([1])), [[[1e4, -1e4]]], [[[1, -1]]]),
    (lambda a: tg.svm_loss(a, np.array([1])), [[[1e4, -1e4]]], [[[1, -1]]]),
    # a choice stops a value, but not a NaN that the path not taken makes; the safe form has none
    (lambda x: np.where(x > 0, np.log(x), 0), [[0.0, 1.0]], [[nan, 1]]),
    (safe_log, [[0.0, 1.0]], [[0, 1]]),
]


def check_point(function, arguments, expected):
    """Refuse gradients that differ from ``expected``, and warnings where those are finite."""
    singular = not all(np.isfinite(wanted).all() for wanted in expected)
    with np.errstate(all="ignore") if singular else nullcontext():
        _, pullback = tg.vjp(lambda *xs: np.sum(function(*xs)), *[np.array(a) for a in arguments])
        found = pullback(1.0)
    for gradient, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(gradient, np.array(wanted, gradient.dtype), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0].__name__}-{point[1]}".replace(" ", ""))
def test_gradient(point):
    check_point(*point)


@pytest.mark.parametrize("step", [np.floor, np.ceil, np.trunc, np.rint])
def test_steps_leave_the_graph(step):
    """Their derivative is 0 wherever there is one: the result is a plain array."""
    assert type(step(tg.Tensor([0.5, 1.0], requires_grad=True))) is np.ndarray
