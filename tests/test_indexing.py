"""Every form of index that NumPy takes, its gradient, and what it refuses."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, IndexingError, NotDifferentiableError

X = np.arange(60.0).reshape(3, 4, 5)
MASK = X % 7 < 3

FORMS = [
    0, -1, np.int64(2), np.uint8(1), np.array(1), True, False, np.True_, None, ..., (),
    slice(None, None, -2), slice(5, 1, -1), slice(0, 0), range(2),
    (1, 2), (1, 2, 3), (..., 0), (0, ...), (1, ..., 2), (None, 1, None, ..., None), (slice(1, None), None, 2),
    [], [0], [2, 0, 2], [-1, -1], [[0, 1], [2, 2]], np.array([1, 0], np.uint8), np.array([], int),
    np.zeros((0, 2), int),
    [True, False, True], np.array([False, False, False]), MASK, MASK[:, :, 0],
    (slice(None), [True, False, True, True]), (slice(None), MASK[0]), (MASK[:, 0, 0], slice(None), [1]),
    ([0, 1], [1, 3]), ([0, 1, 1], slice(None), [4, 4, 4]), (0, [1, 2], slice(None)), ([0, 1], slice(None), 2),
    (slice(None), [0, 3, 3], [1, 1, 1]), (None, [0, 2], ..., [1, 1]), (np.array([[0], [2]]), np.array([1, 1, 3])),
    ([[0], [2]], slice(1, 3), [[1, 2]]), (True, [0, 1]), (False, 0), (np.array(True), 1), (..., np.array([[0, 4]])),
]  # fmt: skip


def reference(index, weights):
    gradient = np.zeros_like(X)
    np.add.at(gradient, index, weights)
    return gradient


@pytest.mark.parametrize("index", FORMS, ids=repr)
def test_forms_of_index(index):
    x = Tensor(X, requires_grad=True)
    part = x[index]
    np.testing.assert_array_equal(part.numpy(), X[index])
    assert part.shape == X[index].shape
    weights = np.random.default_rng(0).standard_normal(part.shape)
    (part * weights).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), reference(index, weights), rtol=1e-15)


@pytest.mark.parametrize("index", FORMS, ids=repr)
def test_second_derivatives(index):
    """Of sum(w * x[index]**3), 6 w x on the elements that were picked."""

    def total(x):
        return np.sum(x[index] ** 3 * weights)

    weights = np.random.default_rng(0).standard_normal(X[index].shape)
    direction = np.random.default_rng(1).standard_normal(X.shape)
    expected = reference(index, 6 * weights * X[index] * direction[index])
    np.testing.assert_allclose(tg.hvp(total, (X,), (direction,)), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("index", "plain"),
    [
        (Tensor(1), 1),
        (Tensor([0, 2, 2]), [0, 2, 2]),
        (Tensor(MASK), MASK),
        ((slice(None), Tensor([1, 1])), (slice(None), [1, 1])),
        ((Tensor([0, 1]), ..., Tensor([[3], [4]])), ([0, 1], ..., [[3], [4]])),
        ([Tensor(0), Tensor(2)], [0, 2]),
        (slice(Tensor(1), None), slice(1, None)),
    ],
    ids=repr,
)
def test_tensors_as_indices(index, plain):
    x = Tensor(X, requires_grad=True)
    part = x[index]
    np.testing.assert_array_equal(part.numpy(), X[plain])
    part.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), reference(plain, 1.0))


@pytest.mark.parametrize(
    "index",
    [
        3, -4, (0, 4), [0, 3], (slice(None), [0, -5]), (0, 0, 0, 0), (..., ...), 1.5, "a", np.array([0.0]),
        MASK[:2], np.ones((3, 5), bool), ([0, 1], [0, 1, 2]), [0, 1, 7], np.array(["a"]),
    ],
    ids=repr,
)  # fmt: skip
def test_what_numpy_refuses_is_refused_in_its_words(index):
    with pytest.raises(IndexError) as of_numpy:
        X[index]
    with pytest.raises(IndexingError) as ours:
        Tensor(X, requires_grad=True)[index]
    assert str(ours.value).startswith(f"getitem: {of_numpy.value}\n  x      (3, 4, 5) float64")


def test_an_index_that_requires_gradients_is_refused():
    index = Tensor([0.0, 1.0], requires_grad=True)
    with pytest.raises((IndexingError, NotDifferentiableError)):
        Tensor(X, requires_grad=True)[index]


def test_a_step_of_zero_is_refused():
    with pytest.raises(ArgumentError, match="getitem: slice step cannot be zero"):
        Tensor(X, requires_grad=True)[::0]


def test_basic_indices_give_views():
    x = Tensor(X, requires_grad=True)
    assert np.shares_memory(x[1:, None, ::2].numpy(), X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.longdouble])
def test_scatter_adds_where_an_index_repeats(dtype):
    index = ([0, 0, 1], slice(None), [1, 1, 4])
    values = np.ones((3, 4), dtype)
    found = tg.scatter(values, index, (3, 4, 5))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, reference(index, 1).astype(dtype))


def test_scatter_spreads_one_value_over_all_places():
    x = Tensor(2.0, requires_grad=True)
    placed = tg.scatter(x, ([0, 0, 1], [1, 1, 4]), (3, 5))
    assert placed.numpy()[0, 1] == 4
    placed.sum().backward()
    assert x.grad.item() == 3


# where


def test_where_with_one_argument_gives_places():
    x = Tensor([[0.0, 2.0], [3.0, 0.0]], requires_grad=True)
    for found, expected in zip(np.where(x), np.where(x.numpy()), strict=True):
        assert type(found) is Tensor
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "condition", [Tensor([0.0, 2.0], requires_grad=True), Tensor([0, 2]), [0, 2], np.array([0, 2])]
)
def test_where_takes_anything_that_is_true_or_false_as_a_condition(condition):
    x = Tensor([1.0, 1.0], requires_grad=True)
    y = Tensor(5.0, requires_grad=True)
    found = np.where(condition, x, y)
    assert found.tolist() == [5, 1]
    found.sum().backward()
    assert x.grad.tolist() == [0, 1]
    assert y.grad.item() == 1


def test_where_of_tensors_that_require_no_gradients():
    found = np.where(Tensor([True, False]), np.ones(2, np.float32), 2.0)
    assert type(found) is Tensor
    assert found.dtype == np.float32
    assert found.tolist() == [1, 2]


def test_where_needs_both_choices():
    with pytest.raises(ArgumentError, match="^np.where: give both x and y, or neither$"):
        np.where(Tensor([True]), Tensor([1.0]))
