"""Reductions with all of NumPy's keywords, running ones, and those that pass over NaN."""

import tracemalloc
import warnings

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

nan, inf = np.nan, np.inf


def leaf(values):
    return Tensor(np.array(values), requires_grad=True)


@pytest.mark.parametrize(
    "function, expected", [(np.sum, 1.0), (np.prod, 6.0), (np.max, 0.0), (np.min, 0.0), (np.nansum, 1.0)]
)
def test_a_start_has_a_gradient(function, expected):
    start = leaf(2.5)
    function(leaf([1.0, 2.0, 3.0]), initial=start).backward()
    assert start.grad.item() == expected


@pytest.mark.parametrize(
    "function", [np.sum, np.prod, np.cumsum, np.cumprod, np.trace, np.linalg.trace, np.nansum, np.cumulative_sum]
)
@pytest.mark.parametrize("dtype", [None, np.uint8, np.int16, np.float32])
def test_small_integers_are_summed_in_the_dtype_that_is_asked_for(function, dtype):
    x, options = np.array([[200, 100], [90, 3]], np.uint8), {"axis": 0} if function is np.cumulative_sum else {}
    expected, found = (function(of, dtype=dtype, **options) for of in (x, Tensor(x)))
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.numpy(), expected)


def test_a_start_beyond_all_elements_takes_the_whole_gradient():
    x, start = leaf([1.0, 2.0]), leaf(5.0)
    np.max(x, initial=start).backward()
    assert (x.grad.tolist(), start.grad.item()) == ([0.0, 0.0], 1.0)


@pytest.mark.parametrize("function", [np.sum, np.prod, np.max, np.min, np.mean, np.var, np.std, np.ptp])
def test_arguments_by_position_as_in_numpy(function):
    x = np.array([[1.0, 4.0, 2.0], [3.0, 0.5, 6.0]])
    more = {
        np.sum: (None, None),
        np.prod: (None, None),
        np.mean: (None, None),
        np.var: (None, None, 1),
        np.std: (None, None, 1),
    }
    args = (1, *more.get(function, (None,)), True)
    found = function(leaf(x), *args)
    np.testing.assert_allclose(found.numpy(), function(x, *args), rtol=1e-15)
    method = getattr(leaf(x), function.__name__)
    np.testing.assert_array_equal(method(*args).numpy(), found.numpy())


def test_a_mask_of_fewer_axes_reaches_over_all_rows():
    x = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    mask = np.array([True, False, True])
    assert x.sum(axis=1, where=mask).tolist() == [4.0, 10.0]
    assert np.mean(x, axis=1, where=[[True], [True]]).tolist() == [2.0, 5.0]
    x.mean(where=mask).backward()
    assert x.grad.tolist() == [[0.25, 0, 0.25], [0.25, 0, 0.25]]


def test_a_mean_of_nothing_is_nan_and_warns():
    with pytest.warns(RuntimeWarning, match="invalid value"):
        found = np.mean(leaf([1.0, 2.0]), where=[False, False])
    assert np.isnan(found.item())


def test_sums_in_an_integer_dtype_are_on_no_graph():
    total = np.sum(leaf([1.5, 2.5]), dtype=int)
    assert (total.item(), total.requires_grad) == (3, False)


def test_half_precision_may_add_up_in_another():
    x = Tensor(np.full(1000, 0.1, np.float16), requires_grad=True)
    total = x.sum(dtype=np.float64)
    assert total.dtype == np.float64
    assert total.item() == pytest.approx(1000 * float(np.float16(0.1)))
    total.backward()
    assert x.grad.dtype == np.float16


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (lambda x: np.max(x, where=x > 1), ArgumentError,
         "np.max: with where= there may be nothing to choose from. Give initial= as well"),
        (lambda x: np.min(x, where=[True, False]), ArgumentError,
         "np.min: with where= there may be nothing to choose from. Give initial= as well"),
        (lambda x: np.var(x, ddof=1, correction=1), ArgumentError,
         "np.var: ddof and correction are one thing under two names; give one of them"),
        (lambda x: np.clip(x, 0, max=1), ArgumentError,
         "np.clip: give either a_min and a_max, or min and max"),
        (lambda x: np.cumulative_sum(x.reshape(1, 2)), ArgumentError,
         "np.cumulative_sum: x has 2 axes; say with axis= along which to go"),
        (lambda x: np.average(x, weights=[1.0, -1.0]), ArgumentError, "np.average: the weights sum to zero"),
        (lambda x: np.average(x, weights=[1.0]), ShapeError,
         "np.average: weights of shape (1,) for a of shape (2,) need axis="),
        (lambda x: np.average(x, 0, [1.0]), ShapeError,
         "np.average: weights of shape (1,) do not fit a of shape (2,) along axis=(0,)"),
        (lambda x: np.cov(x, ddof=0.5), ArgumentError, "np.cov: ddof must be an integer; got 0.5"),
        (lambda x: np.cov(x, aweights=[1.0]), ShapeError, "np.cov: aweights of shape (1,) for 2 observations"),
        (lambda x: np.cov(x, aweights=[1.0, -1.0]), ArgumentError, "np.cov: aweights must not be negative"),
        (lambda x: np.cov(x, fweights=[1.0, 1.5]), ArgumentError,
         "np.cov: fweights are how often each observation was made: whole numbers"),
        (lambda x: np.cov(x.reshape(1, 2, 1)), ShapeError,
         "np.cov: m has 3 axes; it may have one for variables and one for observations"),
    ],
)  # fmt: skip
def test_errors(call, kind, message):
    with pytest.raises(kind) as caught:
        call(leaf([1.0, 2.0]))
    assert str(caught.value) == message


# Running products


def products_without(a, k, i):
    return np.prod(np.delete(a[: k + 1], i)) if i <= k else 0.0


@pytest.mark.parametrize("n", range(1, 18))
def test_running_products_have_exact_gradients(n):
    random = np.random.default_rng(n)
    a = random.normal(size=n) * (random.random(n) < 0.7)
    found = tg.jacobian(np.cumprod)(a)
    expected = [[products_without(a, k, i) for i in range(n)] for k in range(n)]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_running_products_have_exact_second_derivatives_at_zeros():
    a = np.array([2.0, 0.0, 3.0, 0.0, 5.0])
    found = tg.hessian(lambda x: np.cumprod(x).sum())(a)
    sums = [np.prod(np.delete(a[: k + 1], [i, j])) for i, j in [(1, 3)] for k in (3, 4)]
    assert found[1, 3] == sum(sums) == 36.0
    assert np.array_equal(found, found.T)


def test_running_products_take_memory_in_proportion():
    def peak(n):
        x = Tensor(np.ones(n), requires_grad=True)
        tracemalloc.start()
        np.cumprod(x).sum().backward()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(2**16) < 10 * peak(2**13)


# NaN

EMPTY = np.array([[nan, nan], [1.0, nan]])


@pytest.mark.parametrize(
    "function", [np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmin, np.nanmedian, np.nansum, np.nanprod]
)
def test_rows_of_nan_give_and_warn_as_numpy(function):
    def run(x):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = function(x, axis=1)
        return result, [(str(each.message), each.category) for each in caught]

    found, warned = run(leaf(EMPTY))
    expected, wanted = run(EMPTY)
    np.testing.assert_array_equal(found.numpy(), expected)
    assert set(warned) == set(wanted)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(
    "function", [np.nanmean, np.nanvar, np.nanmax, np.nansum, np.nanprod, np.nanmedian, np.nancumsum]
)
def test_nan_gets_no_gradient_and_gives_none(function):
    x = leaf([[nan, 2.0, 5.0], [1.0, nan, 4.0]])
    function(x, axis=1).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    assert (x.grad.numpy()[np.isnan(x.numpy())] == 0).all()


def test_of_nan_and_infinity_infinity_is_the_largest():
    assert np.nanmax(leaf([nan, -inf])).item() == -inf
    assert np.nanargmax(leaf([nan, 1.0, 3.0])) == 2


def test_questions_take_a_mask():
    x = leaf([[0.0, 2.0], [0.0, 0.0]])
    mask = np.array([True, False])
    for function in (np.any, np.all):
        for options in ({}, {"where": mask}, {"keepdims": True, "where": ~mask}):
            expected = function(x.numpy(), axis=1, **options)
            np.testing.assert_array_equal(function(x, axis=1, **options), expected)
    assert np.count_nonzero(x, axis=1, keepdims=True).tolist() == [[1], [0]]


def test_extremes_of_integers_pass_over_no_nan():
    a = np.array([[3, 1], [2, 7]])
    for function in (np.nanmax, np.nanmin):
        for axis in (None, 0, -1):
            found, expected = function(Tensor(a), axis=axis), function(a, axis=axis)
            assert found.dtype == expected.dtype == a.dtype
            np.testing.assert_array_equal(found.numpy(), expected)
        assert function(Tensor(a), initial=2, where=a > 2).item() == function(a, initial=2, where=a > 2)


def test_extremes_of_nothing_raise():
    for function in (np.nanmax, np.nanmin, np.max):
        with pytest.raises(ValueError, match="zero-size array to reduction operation"):
            function(leaf(np.zeros((0, 3))))
        assert function(leaf(np.zeros((0, 3))), axis=1).shape == (0,)


def test_the_method_clip_takes_out():
    x, out = leaf([1.0, 2.0, 3.0]), Tensor(np.zeros(3))
    assert x.clip(1.5, 2.5, out=out) is out
    np.testing.assert_array_equal(out.numpy(), [1.5, 2.0, 2.5])
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0.0, 1.0, 0.0])


def test_a_spread_of_complex_numbers_is_not_computed_in_real_ones():
    x = leaf([1j, 2.0, 0.5])
    assert np.var(x, dtype=np.complex64).item() == pytest.approx(np.var(x.numpy()))
    for function in (np.var, np.std):
        with pytest.raises(DTypeError) as caught:
            function(x, dtype=np.float32)
        assert str(caught.value) == (
            f"np.{function.__name__}: dtype=float32 would lose the imaginary parts; give a complex one"
        )
