"""Differences, convolution, interpolation, spacing and polynomials beside NumPy's."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, UnsupportedFunctionError

SIZES = range(1, 6)


def leaf(values):
    return Tensor(np.array(values), requires_grad=True)


def vector(n, seed=0):
    return np.random.default_rng(seed).normal(size=n)


@pytest.mark.parametrize("function", [np.convolve, np.correlate])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolutions_of_all_lengths(function, mode):
    for m in SIZES:
        for n in SIZES:
            a, v = vector(m), vector(n, 1) + 1j * vector(n, 2)
            np.testing.assert_allclose(function(leaf(a), v, mode).numpy(), function(a, v, mode), rtol=1e-13, atol=1e-14)
            np.testing.assert_allclose(function(a, leaf(v), mode).numpy(), function(a, v, mode), rtol=1e-13, atol=1e-14)


def test_what_overlaps_wholly_is_a_product_of_rows_and_so_is_its_gradient():
    """Two rows of n elements: the work is that of n products, not of n times n."""
    x, y = leaf(vector(100_000)), vector(100_000, 1)
    out = np.correlate(x, y)
    assert out.item() == pytest.approx(x.numpy() @ y)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_differences(n):
    a = vector(12).reshape(3, 4)
    for axis in (0, 1):
        np.testing.assert_array_equal(np.diff(leaf(a), n, axis).numpy(), np.diff(a, n, axis))
        for ends in ({"prepend": 2.0}, {"append": np.ones((3, 4)), "prepend": 0}):
            np.testing.assert_array_equal(np.diff(leaf(a), n, axis, **ends).numpy(), np.diff(a, n, axis, **ends))


@pytest.mark.parametrize("edge_order", [1, 2])
def test_slopes(edge_order):
    f = vector(20).reshape(4, 5)
    x, y = np.array([0.0, 1.0, 1.5, 4.0]), np.arange(5)
    for spacings in ((), (0.5,), (2.0, 3.0), (x, y), (x, 0.1)):
        for found, expected in zip(
            np.gradient(leaf(f), *spacings, edge_order=edge_order),
            np.gradient(f, *spacings, edge_order=edge_order),
            strict=True,
        ):
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-13)
    spacing = leaf(2.0)
    np.gradient(f, spacing, axis=0)[1, 1].backward()
    assert spacing.grad.item() == pytest.approx(-(f[2, 1] - f[0, 1]) / 8)


def test_areas():
    y, x = vector(12).reshape(3, 4), np.cumsum(np.abs(vector(4)))
    for args in ((), (x,), (None, 0.5), (np.stack([x, 2 * x, x**2]),)):
        np.testing.assert_allclose(np.trapezoid(leaf(y), *args).numpy(), np.trapezoid(y, *args), rtol=1e-14)
    assert np.trapezoid(leaf(y), axis=0).shape == (4,)


def test_interpolation_beyond_the_ends():
    x, left, right = leaf([-1.0, 0.5, 9.0]), leaf(7.0), leaf(8.0)
    found = np.interp(x, [0.0, 1.0], [2.0, 4.0], left, right)
    assert found.tolist() == [7, 3, 8]
    found.sum().backward()
    assert (x.grad.tolist(), left.grad.item(), right.grad.item()) == ([0, 2, 0], 1, 1)


def test_interpolation_as_numpys():
    xp, fp = np.array([0.0, 1.0, 1.5, 4.0]), np.array([1.0, -1.0, 2.0, 0.5])
    x = np.array([[-1.0, 0.0, 0.3], [1.5, 4.0, 5.0]])
    for fp_ in (fp, fp + 1j * fp[::-1]):
        np.testing.assert_allclose(np.interp(leaf(x), xp, fp_).numpy(), np.interp(x, xp, fp_), rtol=1e-15)
        found = np.interp(leaf(x), xp[::-1], fp_, period=3.0)
        np.testing.assert_allclose(found.numpy(), np.interp(x, xp[::-1], fp_, period=3.0), rtol=1e-14)
    assert np.isnan(np.interp(leaf([np.nan]), xp, fp).item())


def test_angles_without_jumps():
    p = np.array([0.0, 3.0, -3.0, -2.0, 9.0])
    np.testing.assert_array_equal(np.unwrap(leaf(p)).numpy(), np.unwrap(p))
    assert tg.grad(lambda p: (np.unwrap(p) * p).sum())(p) == pytest.approx(np.unwrap(p) + p)


# Spacing


@pytest.mark.parametrize("function", [np.linspace, np.logspace, np.geomspace])
@pytest.mark.parametrize("num", [0, 1, 2, 7])
@pytest.mark.parametrize("endpoint", [True, False])
def test_rows_of_numbers(function, num, endpoint):
    for start, stop in (
        (1.0, 3.0),
        ([0.5, 2.0], [[3.0, 1.0]]),
        (2.0, 2.0),
        (1, np.array([4.0, 5.0])),
        (1 + 1j, 2 - 1j),
    ):
        for axis in (0, -1):
            found = function(leaf(np.asarray(start) * 1.0), stop, num, endpoint, axis=axis)
            expected = function(np.asarray(start) * 1.0, stop, num, endpoint, axis=axis)
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-13)
            assert (found.shape, found.dtype) == (expected.shape, expected.dtype)


def test_the_ends_of_a_row_are_the_ends():
    start, stop = 0.1, 0.7
    for function in (np.linspace, np.geomspace):
        found = function(leaf(start), leaf(stop), 50)
        assert (found[0].item(), found[-1].item()) == (start, stop)
    assert np.geomspace(leaf(-1.0), -8.0, 4).tolist() == pytest.approx([-1, -2, -4, -8])


def test_the_step_of_a_row():
    found, step = np.linspace(leaf(0.0), 3.0, 4, retstep=True)
    assert (found.tolist(), step.item()) == ([0, 1, 2, 3], 1)
    assert np.isnan(np.linspace(leaf(0.0), 3.0, 1, retstep=True)[1])


def test_rows_of_integers_are_steps():
    assert np.linspace(leaf(-1.0), 1.5, 4, dtype=int).tolist() == np.linspace(-1.0, 1.5, 4, dtype=int).tolist()
    assert not np.linspace(leaf(-1.0), 1.5, 4, dtype=int).requires_grad


def test_steps_too_small_for_their_dtype():
    tiny = np.nextafter(0.0, 1.0)
    expected = np.linspace(0.0, tiny, 3)
    np.testing.assert_array_equal(np.linspace(Tensor(0.0), tiny, 3).numpy(), expected)


# Polynomials


def test_arithmetic_of_polynomials():
    u, v = np.array([2.0, -1.0, 0.0, 3.0]), np.array([4.0, 1.0])
    for function in (np.polyadd, np.polysub, np.polymul):
        for one, two in ((u, v), (v, u), (u, 3.0)):
            np.testing.assert_allclose(function(leaf(one), two).numpy(), function(one, two), rtol=1e-15)
    for one, two in ((u, v), (v, u), (u, u)):
        for found, expected in zip(np.polydiv(leaf(one), two), np.polydiv(one, two), strict=True):
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-14)


def test_products_drop_leading_zeros():
    for a in ([0.0, 0.0, 2.0, 1.0], [0.0, 0.0]):
        np.testing.assert_array_equal(np.polymul(leaf(a), [3.0, 1.0]).numpy(), np.polymul(a, [3.0, 1.0]))


def test_zeros_at_the_ends_of_coefficients_are_roots_at_0_or_nothing():
    p = np.array([0.0, 1.0, -3.0, 2.0, 0.0])
    np.testing.assert_allclose(np.sort(np.roots(leaf(p)).numpy()), [0, 1, 2], atol=1e-12)
    assert np.roots(leaf([0.0, 0.0])).size == 0
    assert np.roots(leaf([0.0, 2.0])).size == 0


def test_polynomials_of_their_zeros():
    for zeros in ([1.0, 2.0], [2 + 1j, 2 - 1j], [1j], [[2.0, 1.0], [1.0, 2.0]]):
        found = np.poly(leaf(zeros))
        np.testing.assert_allclose(found.numpy(), np.poly(np.array(zeros)), rtol=1e-13)
        assert found.dtype == np.poly(np.array(zeros)).dtype
    assert np.poly(Tensor(np.ones(0))) == 1.0


def test_fitted_polynomials():
    x, y = np.arange(6.0), np.array([1.0, 0.5, 2.0, 4.0, 3.5, 7.0])
    for options in ({}, {"w": np.arange(6.0) + 1}, {"cov": True}, {"full": True}, {"cov": "unscaled"}):
        found, expected = np.polyfit(leaf(x), y, 2, **options), np.polyfit(x, y, 2, **options)
        if not isinstance(expected, tuple):
            found, expected = (found,), (expected,)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a.numpy() if isinstance(a, Tensor) else a, b, rtol=1e-9, atol=1e-12)
    with pytest.warns(np.exceptions.RankWarning, match="Polyfit may be poorly conditioned"):
        np.polyfit(leaf([1.0, 1.0, 1.0]), [1.0, 2.0, 3.0], 2)


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (lambda x: np.convolve(x, []), ShapeError, "convolve: both arguments are vectors of at least one element"),
        (lambda x: np.convolve(x, x, "half"), ArgumentError,
         "np.convolve and np.correlate: mode is 'full', 'same' or 'valid'; got 'half'"),
        (lambda x: np.diff(x, -1), ArgumentError, "np.diff: n counts how often to take differences; got -1"),
        (lambda x: np.diff(x[0]), ShapeError,
         "np.diff: a number has no neighbours; give an array with at least one axis"),
        (lambda x: np.ediff1d(x, to_end=1j), DTypeError,
         "np.ediff1d: ends of complex128 do not go with differences of float64"),
        (lambda x: np.gradient(x, edge_order=2), ShapeError,
         "np.gradient: edge_order=2 needs 3 elements along axis 0, not 2"),
        (lambda x: np.gradient(x, edge_order=3), ArgumentError, "np.gradient: edge_order is 1 or 2; got 3"),
        (lambda x: np.gradient(x, 1.0, 2.0), ArgumentError,
         "np.gradient: 1 axes take one spacing each, or one for all; got 2"),
        (lambda x: np.gradient(x, [1.0, 2.0, 3.0]), ShapeError,
         "np.gradient: coordinates of shape (3,) for an axis of length 2"),
        (lambda x: np.interp(x, [0.0, 1.0], [1.0]), ShapeError,
         "np.interp: xp and fp are vectors of one length; got shapes (2,) and (1,)"),
        (lambda x: np.interp(x * 1j, [0.0], [1.0]), DTypeError,
         "np.interp: complex numbers have no order; x and xp must be real"),
        (lambda x: np.interp(x, [0.0], [1.0], period=0), ArgumentError, "np.interp: the period must not be 0"),
        (lambda x: np.linspace(x, 1, -2), ArgumentError, "the number of samples must not be negative; got -2"),
        (lambda x: np.geomspace(x, 0), ArgumentError, "np.geomspace: a geometric row does not reach 0"),
        (lambda x: np.vander(x.reshape(1, 2)), ShapeError, "np.vander: x must be a vector; got shape (1, 2)"),
        (lambda x: np.polyval(x.reshape(1, 2), 1.0), ShapeError,
         "np.polyval: coefficients are a vector; got shapes (1, 2)"),
        (lambda x: np.polyadd(x, np.poly1d([1.0])), UnsupportedFunctionError,
         "np.polyadd: np.poly1d holds plain arrays; give its coefficients instead: p.coeffs"),
        (lambda x: np.polyval(x, np.poly1d([1.0])), UnsupportedFunctionError,
         "np.polyval: np.poly1d holds plain arrays; compose polynomials by their values"),
        (lambda x: np.polyder(x, -1), ArgumentError,
         "np.polyder: m counts derivatives; got -1. np.polyint integrates"),
        (lambda x: np.polyint(x, -1), ArgumentError,
         "np.polyint: m counts integrals; got -1. np.polyder differentiates"),
        (lambda x: np.polyint(x, 3, [1.0, 2.0]), ShapeError,
         "np.polyint: 3 integrals take 3 constants, or one for all; got 2"),
        (lambda x: np.poly(x.reshape(1, 2)), ShapeError,
         "np.poly: zeros are a vector, or the eigenvalues of a square matrix; got shape (1, 2)"),
        (lambda x: np.polyfit(x, [1.0], 1), ShapeError,
         "np.polyfit: x is a vector, y has a value or a row for each; got shapes (2,), (1,)"),
        (lambda x: np.polyfit(x, x, -1), ArgumentError, "np.polyfit: deg is the degree of the polynomial; got -1"),
    ],
)  # fmt: skip
def test_errors(call, kind, message):
    with pytest.raises(kind) as caught:
        call(leaf([1.0, 2.0]))
    assert str(caught.value).partition("\n")[0] == message


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool])
@pytest.mark.parametrize("function", [np.linspace, np.logspace])
def test_spacing_between_small_integers_does_not_overflow(function, dtype):
    start, stop = np.array([0, 1, 1]).astype(dtype), np.array([1, 0, 1]).astype(dtype)
    expected = function(start, stop, 5)
    found = function(Tensor(start), stop, 5)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.numpy(), expected)


def test_only_the_base_or_the_number_of_samples_is_a_tensor():
    base = leaf(3.0)
    line = np.logspace(0, 2, 3, base=base)
    np.testing.assert_array_equal(line.numpy(), [1.0, 3.0, 9.0])
    line.sum().backward()
    assert base.grad.item() == 7.0  # of 1 + b + b ** 2
    np.testing.assert_array_equal(np.linspace(0, 1, Tensor(3)), [0.0, 0.5, 1.0])


def test_slopes_have_the_dtype_of_the_values():
    """NumPy's too, whatever the coordinates are."""
    f = np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 0.0]], np.float32)
    for coordinates in ([0, 1, 3], np.array([0.0, 1.0, 3.0])):
        found = np.gradient(Tensor(f, requires_grad=True), coordinates, axis=1)
        assert found.dtype == np.gradient(f, coordinates, axis=1).dtype == np.float32
