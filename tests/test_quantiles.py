"""Sorting, medians and quantiles beside NumPy's."""

import warnings

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, DTypeError, UnsupportedFunctionError
from tensorgraph.ops.quantiles import METHODS

QS = (0, 1.0, 0.25, 1 / 3, [0.1, 0.9], np.linspace(0, 1, 7), np.array([[0.2], [0.8]]))


def rows(n, with_nan=True):
    a = np.random.default_rng(n).normal(size=(3, n))
    if n > 2 and with_nan:
        a[1, 1] = np.nan
    return a


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("function", [np.quantile, np.nanquantile])
@pytest.mark.parametrize("n", [1, 2, 5, 11, 300])
def test_values_of_every_method(function, method, n):
    a = rows(n)
    for q in QS:
        for axis in (None, 0, 1, (0, 1)):
            for keepdims in (False, True):
                expected = function(a, q, axis=axis, method=method, keepdims=keepdims)
                found = function(Tensor(a), q, axis=axis, method=method, keepdims=keepdims)
                np.testing.assert_allclose(found.numpy(), expected, rtol=1e-14, atol=1e-15)
                assert found.shape == expected.shape


def test_every_method_of_numpy_is_known():
    with pytest.raises(ValueError, match="is not a valid method") as caught:
        np.quantile(np.ones(3), 0.5, method="none")
    assert all(f"'{method}'" in str(caught.value) for method in METHODS)
    assert str(caught.value).count("'") == 2 * len(METHODS) + 2


@pytest.mark.parametrize("q", [0.3, [0.3, 0.9], np.array(0.3)])
@pytest.mark.parametrize("method", ["linear", "hazen", "lower", "midpoint", "averaged_inverted_cdf"])
def test_numbers_leave_float32_as_it_is(method, q):
    a = rows(6, False).astype(np.float32)
    assert np.quantile(Tensor(a), q, method=method).dtype == np.float32


def test_weights_count_as_repetitions():
    a, repeats = np.array([3.0, 1.0, 2.0]), np.array([2, 1, 3])
    for q in (0.0, 0.2, 0.5, 0.7, 1.0):
        x = Tensor(a, requires_grad=True)
        found = np.quantile(x, q, weights=repeats, method="inverted_cdf")
        assert found.item() == np.quantile(np.repeat(a, repeats), q, method="inverted_cdf")
        found.backward()
        np.testing.assert_array_equal(x.grad.numpy(), a == found.item())


def test_weights_of_nan_do_not_count():
    a, weights = np.array([[np.nan, 1.0, 2.0, 3.0]]), np.array([[9.0, 1.0, 1.0, 3.0]])
    for q in (0.1, 0.3, 0.9):
        found = np.nanquantile(Tensor(a), q, axis=1, weights=weights, method="inverted_cdf")
        np.testing.assert_array_equal(
            found.numpy(), np.nanquantile(a, q, axis=1, weights=weights, method="inverted_cdf")
        )


def test_a_quantile_can_be_fitted_through_q():
    a = np.array([1.0, 2.0, 4.0, 8.0])
    assert tg.grad(lambda q: np.quantile(a, q))(0.5) == 3 * (4 - 2)
    assert tg.grad(lambda q: np.percentile(a, q))(50.0) == pytest.approx(3 * (4 - 2) / 100)
    assert tg.grad(lambda q: np.quantile(a, q, method="weibull"))(0.5) == 5 * (4 - 2)
    assert tg.grad(lambda q: np.quantile(a, q, method="lower"))(0.5) == 0  # a step


@pytest.mark.parametrize("function", [np.median, np.nanmedian])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 300])
def test_medians(function, n):
    a = rows(n)
    for axis in (None, 0, 1, (1, 0)):
        np.testing.assert_array_equal(function(Tensor(a), axis=axis).numpy(), function(a, axis=axis))


def test_a_median_of_nothing_is_nan_and_warns():
    with pytest.warns(RuntimeWarning):
        assert np.isnan(np.median(Tensor(np.ones(0))).item())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [6, 200, 1000])
def test_partitions_lie_as_numpys(n, dtype):
    a = np.random.default_rng(n).normal(size=(2, n)).astype(dtype)
    for kth in (0, n // 3, n - 1, [1, n // 2]):
        x = Tensor(a, requires_grad=True)
        found = np.partition(x, kth)
        np.testing.assert_array_equal(found.numpy(), np.partition(a, kth))
        (found * found).sum().backward()  # each element gets the gradient of its own square
        np.testing.assert_array_equal(x.grad.numpy(), 2 * a)


def test_sorting_with_nan_and_infinity():
    a = np.array([np.nan, 2.0, -np.inf, np.inf, 1.0])
    np.testing.assert_array_equal(np.sort(Tensor(a)).numpy(), np.sort(a))
    z = np.array([1 + 2j, 1 - 1j, 0 + 5j])
    np.testing.assert_array_equal(np.sort(Tensor(z)).numpy(), np.sort(z))
    assert np.sort_complex(Tensor(a)).dtype == np.complex128
    assert np.sort_complex(Tensor(z)).tolist() == np.sort(z).tolist()


def test_order_is_constant():
    x = Tensor([3.0, 1.0, 2.0], requires_grad=True)
    for found in (
        np.argsort(x),
        np.argpartition(x, 1),
        np.lexsort((x,)),
        np.searchsorted([1.5, 2.5], x),
        np.digitize(x, [2]),
    ):
        assert type(found) is Tensor
        assert not found.requires_grad


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (lambda x: np.quantile(x, 1.5), ArgumentError, "np.quantile: q must be in [0, 1]"),
        (lambda x: np.percentile(x, -1), ArgumentError, "np.percentile: q must be in [0, 100]"),
        (lambda x: np.nanquantile(x, np.nan), ArgumentError, "np.nanquantile: q must be in [0, 1]"),
        (lambda x: np.quantile(x, 0.5, weights=[1, 1]), ArgumentError,
         "np.quantile: only method='inverted_cdf' takes weights; got 'linear'"),
        (lambda x: np.quantile(x * 1j, 0.5), DTypeError,
         "np.quantile: complex numbers have no order; take quantiles of np.abs, or of their parts"),
        (lambda x: np.quantile(x[:0], 0.5), ArgumentError,
         "np.quantile: there is nothing to choose from in shape (0,) over axis=None"),
        (lambda x: np.sort(x, order="f"), UnsupportedFunctionError, "np.sort: order= is not supported on tensors"),
    ],
)  # fmt: skip
def test_errors(call, kind, message):
    with warnings.catch_warnings(), pytest.raises(kind) as caught:
        warnings.simplefilter("error")
        call(Tensor([1.0, 2.0], requires_grad=True))
    assert str(caught.value) == message


def test_an_unknown_method_is_named_with_those_that_are_known():
    with pytest.raises(
        ArgumentError, match="^np.quantile: there is no method 'best'; there are linear, interpolated_inv"
    ):
        np.quantile(Tensor([1.0]), 0.5, method="best")
