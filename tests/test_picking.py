"""Taking, deleting, inserting, repeating, choosing: forms of calls beyond the samples, and what is refused."""

import numpy as np
import pytest
from linear import check_linear

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, DTypeError, IndexingError, NotDifferentiableError, ShapeError

X = np.random.default_rng(0).standard_normal((3, 4))
LINE = np.array([0.0, 0.0, 1.5, 0.0, -2.0, 0.0])

LINEAR = {
    "take along a negative axis": lambda x: np.take(x, [[3, -1], [0, 0]], -1),
    "take one": lambda x: np.take(x, 5),
    "take with a scalar array": lambda x: np.take(x, np.array(2), 1),
    "take, wrapped": lambda x: np.take(x, [-9, 9, 4], 0, mode="wrap"),
    "take, clipped": lambda x: np.take(x, np.array([-9, 9, 1], np.int16), 1, mode="clip"),
    "take_along_axis of all": lambda x: np.take_along_axis(x, np.array([11, -1, 0, 0]), None),
    "take_along_axis where one is broadcast": lambda x: np.take_along_axis(x, np.array([[1], [0], [-1]]), 1),
    "insert before a slice": lambda x: np.insert(x, slice(None, None, 2), [[7], [8], [9]], 1),
    "insert where a mask holds": lambda x: np.insert(x, np.array([True, False, True, False]), 0.5, 1),
    "insert several in one place": lambda x: np.insert(x[0], 2, [7.0, 8.0]),
    "insert at the end": lambda x: np.insert(x, 4, x[:, 0], axis=1),
    "insert in several places": lambda x: np.insert(x, [3, 0, 3], x[:, :3], axis=1),
    "insert nothing": lambda x: np.insert(x, [], [], axis=None),
    "insert in all": lambda x: np.insert(x, [0, 12, -1], x[0, :3]),
    "insert a row": lambda x: np.insert(x, -1, x[0], axis=0),
    "delete a slice": lambda x: np.delete(x, slice(1, 12, 3)),
    "delete what a mask holds for": lambda x: np.delete(x, np.array([True, False, True]), 0),
    "delete nothing": lambda x: np.delete(x, [], 1),
    "repeat each differently": lambda x: np.repeat(x, np.array([2, 0, 1]), 0),
    "repeat each equally": lambda x: np.repeat(x, np.array([2]), 1),
    "repeat all": lambda x: np.repeat(x, np.arange(12)),
    "tile to more axes": lambda x: np.tile(x, (2, 1, 2)),
    "tile with fewer": lambda x: np.tile(x, [3]),
    "resize to more": lambda x: np.resize(x, (5, 3)),
    "resize to less": lambda x: np.resize(x, 4),
    "resize to nothing": lambda x: np.resize(x, (0, 2)),
    "windows of windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2), (1, 1)),
    "compress": lambda x: np.compress([False, True], x, -1),
    "extract": lambda x: np.extract(np.arange(12).reshape(3, 4) % 3, x),
    "choose beside numbers": lambda x: np.choose([[0], [1], [0]], [x, 7.0]),
    "choose rows": lambda x: np.choose(np.array([0, 2, 1, 1]), x),
    "select with a tensor as default": lambda x: np.select([x * 0 > 1], [x], x[0]),
}  # fmt: skip


@pytest.mark.parametrize("name", LINEAR)
def test_linear(name):
    check_linear(LINEAR[name], X)


@pytest.mark.parametrize("trim", ["fb", "f", "b", "FB", "bf"])
def test_trim_zeros(trim):
    x = Tensor(LINE, requires_grad=True)
    found = np.trim_zeros(x, trim)
    np.testing.assert_array_equal(found.numpy(), np.trim_zeros(LINE, trim))
    (found * np.arange(1, 1 + len(found))).sum().backward()
    expected = np.zeros(6)
    first = 2 if "f" in trim.lower() else 0
    expected[first : first + len(found)] = np.arange(1, 1 + len(found))
    np.testing.assert_array_equal(x.grad.numpy(), expected)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), ()])
@pytest.mark.parametrize("trim", ["fb", "b"])
def test_trim_zeros_of_more_axes(axis, trim):
    box = np.zeros((5, 4))
    box[1, 2] = box[3, 1] = np.nan
    for x in (box, np.zeros((2, 3)), np.zeros((0, 3))):
        expected = np.trim_zeros(x, trim, axis)
        np.testing.assert_array_equal(np.trim_zeros(Tensor(x), trim, axis).numpy(), expected)


def test_windows_are_views():
    windows = np.lib.stride_tricks.sliding_window_view(Tensor(X), 2, 1)
    assert np.shares_memory(windows.numpy(), X)
    assert not windows.numpy().flags.writeable


def test_second_derivative_through_windows():
    def energy(x):
        return np.sum(np.lib.stride_tricks.sliding_window_view(x, 3).sum(axis=1) ** 2)

    kernel = np.array([np.convolve(e, np.ones(3), "valid") for e in np.eye(6)])
    np.testing.assert_allclose(tg.hessian(energy)(LINE), 2 * kernel @ kernel.T)


def test_choose_among_tensors_with_numbers_from_a_tensor():
    x, y = Tensor(X, requires_grad=True), Tensor(2 * X, requires_grad=True)
    found = Tensor([0, 1, 1, 0]).choose([x, y])
    np.testing.assert_array_equal(found.numpy(), X * [1, 2, 2, 1])
    found.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.broadcast_to([1, 0, 0, 1], X.shape))
    np.testing.assert_array_equal(y.grad.numpy(), np.broadcast_to([0, 1, 1, 0], X.shape))


# piecewise and select: only what is chosen is computed, or counts


def test_piecewise_computes_only_what_is_chosen():
    x = Tensor([0.0, 4.0], requires_grad=True)
    found = np.piecewise(x, [x > 0], [np.log, -1.0])
    assert found.tolist() == [-1, np.log(4)]
    found.sum().backward()
    assert x.grad.tolist() == [0, 0.25]  # np.where would give NaN at 0


def test_a_later_condition_of_piecewise_wins():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    conditions = [x > 0, x > 1, x > 2]
    found = np.piecewise(x, conditions, [lambda v: v, lambda v: 10 * v, 5])
    assert found.tolist() == [1, 20, 5]
    found.sum().backward()
    assert x.grad.tolist() == [1, 10, 0]


def test_piecewise_constant_functions_stay_on_the_graph():
    x = Tensor([1.0, 2.0], requires_grad=True)
    np.piecewise(x, [x > 1], [3.0, 4.0]).sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_piecewise_numbers_may_be_tensors():
    x, level = Tensor([1.0, 2.0]), Tensor(3.0, requires_grad=True)
    found = np.piecewise(x, [x > 1], [level, np.sin])
    found.sum().backward()
    assert level.grad.item() == 1


def test_piecewise_gives_the_dtype_of_x():
    x = Tensor(np.array([1, 2]))
    found = np.piecewise(x, [x > 1], [2.75, lambda v: v / 2])
    assert found.dtype == int
    assert found.tolist() == np.piecewise(x.numpy(), [x.numpy() > 1], [2.75, lambda v: v / 2]).tolist()


def test_the_first_condition_of_select_wins():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    found = np.select([x > 2, x > 1], [x * 10, x * 100], x)
    assert found.tolist() == [1, 200, 30]
    found.sum().backward()
    assert x.grad.tolist() == [1, 100, 10]


REFUSED = [
    (
        IndexingError,
        "take: index 9 is out of bounds for axis 0 with size 3\n  a        (3, 4) float64 from leaf",
        lambda x: np.take(x, 9, 0),
    ),
    (
        ShapeError,
        "np.take_along_axis: indices have 1 axes, and the array has 2",
        lambda x: np.take_along_axis(x, np.array([0]), 0),
    ),
    (
        ShapeError,
        "np.compress: the condition must have one axis; got shape (1, 2)",
        lambda x: np.compress([[True, False]], x),
    ),
    (ShapeError, "np.resize: lengths cannot be negative; got (-1,)", lambda x: np.resize(x, -1)),
    (
        ShapeError,
        "repeat: negative dimensions are not allowed\n  a        (3, 4) float64 from leaf",
        lambda x: np.repeat(x, -1),
    ),
    (ArgumentError, "np.trim_zeros: trim must be made of 'f' and 'b'; got 'x'", lambda x: np.trim_zeros(x, "x")),
    (ArgumentError, "np.select: got 1 conditions and 2 choices; give as many", lambda x: np.select([[True]], [x, x])),
    (DTypeError, "np.select: conditions must be booleans; got float64", lambda x: np.select([x], [x])),
    (
        ArgumentError,
        "np.piecewise: 1 conditions go with 1 or 2 functions",
        lambda x: np.piecewise(x, [x > 0], [1, 2, 3]),
    ),
    (
        ShapeError,
        "np.piecewise: a condition of shape (2,) does not index an array of shape (3, 4)",
        lambda x: np.piecewise(x, [[True, False]], [1]),
    ),
]


@pytest.mark.parametrize(("error", "message", "call"), REFUSED)
def test_what_numpy_refuses_is_refused(error, message, call):
    with pytest.raises((ValueError, TypeError, IndexError)):
        call(X)
    with pytest.raises(error) as found:
        call(Tensor(X, requires_grad=True))
    assert str(found.value) == message


def test_a_choice_that_requires_gradients_does_not_number_the_others():
    x = Tensor([0.0, 1.0], requires_grad=True)
    with pytest.raises((DTypeError, NotDifferentiableError)):
        np.choose(x, [x, x])
