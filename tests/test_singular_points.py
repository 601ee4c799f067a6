"""Values at ties, bounds and singular points: where a rule decides what finite differences cannot tell."""

from contextlib import nullcontext

import numpy as np
import pytest
import scipy.special as special

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
    (lambda x: np.max(x, initial=1.0), [[1.0, 0.5, 1.0]], [[1 / 3, 0, 1 / 3]]),
    (lambda x, start: np.min(x, initial=start), [[1.0, 1.5], 1.0], [[0.5, 0], 0.5]),
    (lambda x: np.max(x, initial=0.0, where=[True, False, True]), [[2.0, 2.0, 1.0]], [[1, 0, 0]]),
    (np.nanmax, [[nan, 2.0, 2.0]], [[0, 0.5, 0.5]]),
    (np.nanmin, [[2.0, nan, 2.0, 3.0]], [[0.5, 0, 0.5, 0]]),
    # order: equal elements keep their order, and a quantile on an element is that element
    (lambda x: np.sort(x) * np.array([1, 10, 100]), [[2.0, 2.0, 1.0]], [[10, 100, 1]]),
    (np.maximum.accumulate, [[1.0, 1.0, 0.0, 2.0, 2.0]], [[3, 0, 0, 2, 0]]),
    (np.minimum.accumulate, [[1.0, nan, 0.0, nan]], [[1, 3, 0, 0]]),
    (lambda x: np.partition(x, 1) * np.array([1, 10, 100]), [[1.0, 1.0, 1.0]], [[1, 10, 100]]),
    (np.median, [[4.0, 1.0, 3.0, 2.0]], [[0, 0, 0.5, 0.5]]),
    (np.median, [[3.0, 2.0, 2.0, 1.0]], [[0, 0.5, 0.5, 0]]),
    (np.median, [[3.0, 1.0, 2.0]], [[0, 0, 1]]),
    (np.median, [[nan, 1.0, 2.0]], [[1, 0, 0]]),
    (np.nanmedian, [[nan, 1.0, 2.0, 4.0, nan]], [[0, 0, 1, 0, 0]]),
    (np.quantile, [[1.0, 2.0, 4.0], 0.5], [[0, 1, 0], 4]),
    (np.quantile, [[1.0, 2.0, 4.0], 0.0], [[1, 0, 0], 2]),
    (np.quantile, [[1.0, 2.0, 4.0], 1.0], [[0, 0, 1], 0]),
    (lambda x: np.quantile(x, 0.5, method="midpoint"), [[1.0, 2.0, 4.0, 5.0]], [[0, 0.5, 0.5, 0]]),
    (lambda x: np.quantile(x, 0.5, method="lower"), [[1.0, 2.0, 4.0, 5.0]], [[0, 1, 0, 0]]),
    (lambda x: np.nanpercentile(x, 50), [[nan, 1.0, 2.0, 3.0]], [[0, 0, 1, 0]]),
    (np.unique, [[2.0, 1.0, 2.0]], [[1, 1, 0]]),
    (np.intersect1d, [[1.0, 2.0], [2.0, 3.0]], [[0, 1], [0, 0]]),
    (np.union1d, [[1.0, 2.0], [2.0, 3.0]], [[1, 1], [0, 1]]),
    (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), [[-1.0, 0.0, 1.0, 2.0, 3.0]], [[0, 1, 2, 0, 0]]),
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
    (lambda x: np.std(x, where=[True, True, False]), [[2.0, 2.0, 5.0]], [[0, 0, 0]]),
    (lambda x, m: np.std(x, mean=m), [[2.0, 2.0], [2.0]], [[0, 0], [0]]),
    (np.nanstd, [[2.0, nan, 2.0]], [[0, 0, 0]]),
    (np.var, [[2.0, 2.0]], [[0, 0]]),
    (np.nanmean, [[nan, 1.0, 3.0]], [[0, 0.5, 0.5]]),
    (np.corrcoef, [[[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]], [[[0, 0, 0], [0, 0, 0]]]),
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
    (np.arctan2, [1e-200, 1e-200], [0.5e200, -0.5e200]),
    (np.sinc, [zero], [0]),
    (np.angle, [[0.0, -2.0, 3.0]], [[0, 0, 0]]),
    (np.angle, [[0j, 2j]], [[0, -0.5]]),
    (np.i0, [zero], [0]),
    # signs, steps and neighbours; what replaces NaN and infinity has no gradient
    (np.copysign, [[0.0, -2.0, 3.0], -1.0], [[0, 1, -1], 0]),
    (np.heaviside, [[0.0, -2.0, 3.0], 0.5], [[0, 0, 0], 1]),
    (np.nextafter, [1.0, 2.0], [1, 0]),
    (lambda x: np.frexp(x)[0], [[0.0, 4.0]], [[1, 0.125]]),
    (lambda x: np.modf(x)[0], [[2.0, -2.5]], [[1, 1]]),
    (np.nan_to_num, [[nan, inf, -inf, 2.0]], [[0, 0, 0, 1]]),
    (lambda x: np.divmod(x, 2.0)[1], [4.0], [1]),
    (lambda y: np.divmod(1.0, y)[1], [0.1], [-9]),  # 9 and a rest, though 1.0 / 0.1 is 10 in floating point
    (np.remainder, [1.0, 0.1], [1, -9]),
    (np.fmod, [1.0, 0.1], [1, -9]),
    # products and powers with zeros are exact
    (np.prod, [[0.0, 2.0, 3.0]], [[6, 0, 0]]),
    (np.prod, [[0.0, 0.0, 3.0]], [[0, 0, 0]]),
    (np.prod, [[5.0]], [[1]]),
    (np.cumprod, [[0.0, 2.0, 3.0]], [[9, 0, 0]]),
    (np.cumprod, [[2.0, 0.0, 3.0, 0.0]], [[1, 8, 0, 0]]),
    (np.nancumprod, [[0.0, nan, 3.0]], [[5, 0, 0]]),
    (lambda x: np.vander(x, 3), [[0.0]], [[1]]),
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
    (np.logaddexp, [-inf, -inf], [0.5, 0.5]),
    (np.logaddexp, [inf, inf], [0.5, 0.5]),
    (np.logaddexp, [-inf, 0.0], [0, 1]),
    (np.logaddexp2, [inf, 1.0], [1, 0]),
    (np.logaddexp2, [-inf, -inf], [0.5, 0.5]),
    # beside the ends of a domain: with all digits
    (np.arccosh, [1 + 2.0**-40], [1 / np.sqrt(2.0**-39 + 2.0**-80)]),
    (np.arcsin, [1 - 2.0**-40], [1 / np.sqrt(2.0**-39 - 2.0**-80)]),
    (np.arctanh, [1 - 2.0**-40], [1 / (2.0**-39 - 2.0**-80)]),
    (lambda a: tg.softmax_loss(a, np.array([1])), [[[1e4, -1e4]]], [[[1, -1]]]),
    (lambda a: tg.svm_loss(a, np.array([1])), [[[1e4, -1e4]]], [[[1, -1]]]),
    # SciPy's functions: no share in a logarithm that is not there, limits at 0, series far out
    (special.xlogy, [0.0, 0.0], [0, 0]),
    (special.xlogy, [0.0, 2.0], [np.log(2), 0]),
    (special.xlogy, [0.0, -1.0], [0, 0]),
    (special.xlogy, [2.0, 0.0], [-inf, inf]),
    (special.xlogy, [0j, -1 + 1j], [np.conj(np.log(-1 + 1j)), 0]),
    (special.xlog1py, [0.0, -1.0], [0, 0]),
    (special.xlog1py, [0.0, 2.0], [np.log(3), 0]),
    (special.xlog1py, [0.0, -3.0], [0, 0]),
    (special.xlog1py, [2.0, -1.0], [-inf, inf]),
    (special.xlog1py, [0j, -2 + 1j], [np.conj(np.log(-1 + 1j)), 0]),
    (special.entr, [0.0], [inf]),
    (special.rel_entr, [0.0, 2.0], [-inf, 0]),
    (special.rel_entr, [0.0, 0.0], [nan, 0]),
    (special.kl_div, [0.0, 2.0], [-inf, 1]),
    (special.kl_div, [0.0, 0.0], [nan, 1]),
    (special.huber, [1.0, 1.0], [0, 1]),
    (special.huber, [1.0, [2.0, -3.0]], [3, [1, -1]]),
    (special.pseudo_huber, [1.0, 0.0], [0, 0]),
    (special.berp, [zero], [0]),
    (special.beip, [zero], [0.5]),
    (special.i0e, [zero], [0]),
    (lambda x: special.expn(0.0, x), [1.0], [-2 / np.e]),
    (lambda x: special.expn(1.0, x), [1.0], [-1 / np.e]),
    (lambda x: 1e12 * special.erfcx(x), [61.0], [-151562026.75289729]),
    (lambda x: 1e12 * special.dawsn(x), [[61.0, -61.0]], [[-134426684.83419281, -134426684.83419281]]),
    (special.radian, [1.0, 2.0, 3.0], [np.pi / 180, np.pi / 10800, np.pi / 648000]),
    (special.log_ndtr, [[-1e4, 100.0]], [[1e4 * (1 + 1e-8 - 2e-16), 0]]),
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


@pytest.mark.parametrize(
    ("function", "argument", "expected"),
    [
        (lambda x: np.arctan2(x, 1e200), 1e200, 0.5e-200),
        (np.arccosh, 1e200, 1e-200),
        (np.sinc, 1e-9, -1e-9 * np.pi**2 / 3),
    ],
)
def test_small_gradients_have_all_digits(function, argument, expected):
    np.testing.assert_allclose(tg.grad(function)(argument), expected, rtol=1e-12)


@pytest.mark.parametrize("step", [np.floor, np.ceil, np.trunc, np.rint])
def test_steps_leave_the_graph(step):
    """Their derivative is 0 wherever there is one: the result is on no graph."""
    assert not step(tg.Tensor([0.5, 1.0], requires_grad=True)).requires_grad
