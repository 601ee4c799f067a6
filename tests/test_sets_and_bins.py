"""Sets and histograms beside NumPy's, and where their gradients go."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

nan = np.nan


def leaf(values):
    return Tensor(np.array(values), requires_grad=True)


def same(found, expected):
    """Tensors and arrays, alone or in tuples, as NumPy gives them."""
    found, expected = (x if isinstance(x, tuple | list) else (x,) for x in (found, expected))
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        if isinstance(b, list):
            same(a, b)
        else:
            np.testing.assert_allclose(a.numpy() if isinstance(a, Tensor) else a, b, rtol=1e-14)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_unique_with_all_that_it_returns(axis):
    a = np.array([[3.0, 1.0, 3.0], [2.0, 2.0, 2.0], [3.0, 1.0, 3.0], [nan, 1.0, nan]])
    for options in ({}, {"return_index": True}, {"return_inverse": True, "return_counts": True}, {"equal_nan": False}):
        same(np.unique(leaf(a), axis=axis, **options), np.unique(a, axis=axis, **options))


def test_unique_rows_send_their_gradient_to_the_first():
    x = leaf([[1.0, 2.0], [0.0, 5.0], [1.0, 2.0]])
    (np.unique(x, axis=0) * np.array([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert x.grad.tolist() == [[3, 4], [1, 2], [0, 0]]


def test_named_results():
    a = np.array([2.0, 1.0, 2.0])
    found = np.unique_all(leaf(a))
    same(tuple(found), tuple(np.unique_all(a)))
    assert found._fields == np.unique_all(a)._fields == ("values", "indices", "inverse_indices", "counts")
    assert np.unique_counts(leaf(a)).counts.tolist() == [1, 2]
    assert np.unique_inverse(leaf(a)).inverse_indices.tolist() == [1, 0, 1]
    assert not found.counts.requires_grad


SETS = [
    ([1.0, 2.0, 2.0, 5.0], [2.0, 3.0]),
    ([[4.0, 1.0], [nan, 4.0]], [nan, 1.0, 7.0]),
    ([], [1.0, 1.0]),
    ([3.0], []),
]


@pytest.mark.parametrize("function", [np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d])
@pytest.mark.parametrize("ar1, ar2", SETS)
def test_sets(function, ar1, ar2):
    for one, two in ((leaf(ar1), ar2), (leaf(ar1), leaf(ar2)), (ar1, leaf(ar2))):
        same(function(one, two), function(ar1, ar2))


def test_common_elements_and_where_they_are():
    ar1, ar2 = np.array([5.0, 2.0, 3.0]), np.array([3.0, 5.0, 9.0])
    for unique in (False, True):
        same(np.intersect1d(leaf(ar1), ar2, unique, True), np.intersect1d(ar1, ar2, unique, True))
    assert np.isin(leaf(ar1), ar2).tolist() == [True, False, True]


# Bins

A = np.array([0.1, 0.5, 0.5, 1.0, 2.0, -1.0, 2.0, 1.25])
W = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
BINS = [3, 7, [-1.0, 0.0, 0.5, 2.0], "auto", "sturges", np.array([0.4, 0.6])]


@pytest.mark.parametrize("bins", BINS, ids=str)
@pytest.mark.parametrize("range", [None, (0.0, 2.0), (-1, 1)])
@pytest.mark.parametrize("density", [False, True])
def test_histograms(bins, range, density):
    same(np.histogram(leaf(A), bins, range, density), np.histogram(A, bins, range, density))
    if not isinstance(bins, str):
        same(np.histogram(leaf(A), bins, range, density, leaf(W)), np.histogram(A, bins, range, density, W))


def test_histograms_of_equal_elements_and_of_none():
    for a in ([2.0, 2.0], []):
        same(np.histogram(leaf(a), 4), np.histogram(np.array(a), 4))


def test_counts_are_constant_and_weights_are_not():
    counts, edges = np.histogram(leaf(A), 3)
    assert not counts.requires_grad
    assert edges.requires_grad
    w = leaf(W)
    counts, _ = np.histogram(A, [0.0, 1.0, 2.0], weights=w)
    (counts * np.array([1.0, 10.0])).sum().backward()
    assert w.grad.tolist() == [1, 1, 1, 10, 10, 0, 10, 10]


def test_edges_follow_the_ends():
    low, high = leaf(0.0), leaf(2.0)
    np.histogram_bin_edges(leaf(A), 4, (low, high))[1].backward()
    assert (low.grad.item(), high.grad.item()) == (0.75, 0.25)
    x = leaf([1.0, 5.0, 2.0])
    np.histogram_bin_edges(x, 4)[1].backward()
    assert x.grad.tolist() == [0.75, 0.25, 0]


@pytest.mark.parametrize("density", [False, True])
def test_histograms_of_several_axes(density):
    x, y = A, A[::-1] ** 2
    for bins in (3, [2, 4], [[0.0, 0.5, 2.0], 3], [-1.0, 0.0, 0.5, 2.0]):
        same(np.histogram2d(leaf(x), y, bins, density=density), np.histogram2d(x, y, bins, density=density))
        weighted = np.histogram2d(x, leaf(y), bins, density=density, weights=leaf(W))
        same(weighted, np.histogram2d(x, y, bins, density=density, weights=W))
    sample = np.stack([x, y, x + y], axis=1)
    same(np.histogramdd(leaf(sample), 2, density=density), np.histogramdd(sample, 2, density=density))
    ranges = [(0.0, 1.0), None, (0, 3)]
    same(np.histogramdd(leaf(sample), (2, 3, 1), ranges), np.histogramdd(sample, (2, 3, 1), ranges))


def test_counted_numbers():
    assert np.bincount(Tensor([1, 1, 3])).tolist() == [0, 2, 0, 1]
    w = leaf([0.5, 1.5, 2.0])
    np.bincount(Tensor([1, 1, 3]), w)[1].backward()
    assert w.grad.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (lambda x: np.bincount([0, 1, 2], x), ShapeError, "np.bincount: weights of shape (2,) for x of shape (3,)"),
        (lambda x: np.bincount([0, 1], x * 1j), DTypeError, "np.bincount: weights must be real; got complex128"),
        (lambda x: np.histogram(x, [1.0, 0.0]), ArgumentError, "np.histogram: the edges of bins must not decrease"),
        (lambda x: np.histogram(x * 1j), DTypeError,
         "np.histogram: complex numbers have no order; count np.abs of them, or their parts"),
        (lambda x: np.histogram(x, weights=[1.0]), ShapeError,
         "np.histogram: weights of shape (1,) for elements of shape (2,)"),
        (lambda x: np.histogram2d(x, [1.0]), ShapeError,
         "np.histogram2d: x and y are vectors of one length; got shapes (2,) and (1,)"),
        (lambda x: np.histogramdd([x, x], [1, 2, 3]), ArgumentError,
         "np.histogramdd: 2 columns take 2 bins and ranges; got 3 and 2"),
        (lambda x: np.histogramdd([x, x[:1]]), ShapeError,
         "np.histogramdd: columns are vectors of one length; got [(2,), (1,)]"),
    ],
)  # fmt: skip
def test_errors(call, kind, message):
    with pytest.raises(kind) as caught:
        call(leaf([1.0, 2.0]))
    assert str(caught.value) == message


def test_a_density_can_be_fitted():
    """The density's gradient through its edges is that of differences."""
    a = np.array([0.0, 0.4, 1.1, 2.0])
    w = np.array([1.0, -2.0, 0.5])

    def f(x):
        return (np.histogram(x, 3, density=True)[0] * w).sum()

    gradient = tg.grad(f)(a)
    step = 1e-6
    for i in range(4):
        move = step * (np.arange(4) == i)
        assert gradient[i] == pytest.approx((f(a + move) - f(a - move)) / (2 * step), abs=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_bins_of_integers_are_those_of_floats(dtype):
    a = np.array([0, 3, 17, 100, 101, 127]).astype(dtype)
    for expected, found in zip(np.histogram(a, 7), np.histogram(Tensor(a), 7)):
        assert found.dtype == expected.dtype
        same(found, expected)
    expected = np.histogram2d(a, a, 2, weights=a)
    found = np.histogram2d(Tensor(a), a, 2, weights=Tensor(a))
    assert [x.dtype for x in found] == [x.dtype for x in expected]
    same(found, expected)  # 100 + 101 + 127 is more than an int8 holds


def test_counts_and_places_are_tensors_on_no_graph():
    x, whole = leaf([1.0, 2.0, 2.0]), Tensor([0, 2, 2])
    for found in (np.histogram(x, 2)[0], np.bincount(whole), *np.intersect1d(x, x, return_indices=True)[1:]):
        assert type(found) is Tensor and not found.requires_grad
