"""NumPy's functions that join, split and rearrange: what they refuse, and the edges that samples do not reach."""

import numpy as np
import pytest

from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, TrackedTensorError

X = np.arange(6.0).reshape(1, 2, 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.squeeze(x, 3),
        lambda x: np.squeeze(x, 1),
        lambda x: np.squeeze(x, (0, 0)),
        lambda x: np.expand_dims(x, 4),
        lambda x: np.expand_dims(x, (0, 0)),
        lambda x: np.moveaxis(x, 3, 0),
        lambda x: np.moveaxis(x, (0, 0), (1, 2)),
        lambda x: np.moveaxis(x, (0, 1), 2),
        lambda x: np.flip(x, 3),
        lambda x: np.flip(x, (0, 0)),
        lambda x: np.swapaxes(x, 0, 3),
        lambda x: np.split(x, 2, 2),
        lambda x: np.split(x, 0, 2),
        lambda x: np.array_split(x, 0),
        lambda x: np.split(x, 1, 3),
        lambda x: np.stack([x, x], 4),
        lambda x: np.stack([x, x[0]]),
        lambda x: np.concatenate([x, x[0]]),
        lambda x: np.concatenate([x, x], 3),
    ],
)
def test_what_numpy_refuses_is_refused(call):
    with pytest.raises((ValueError, IndexError, ZeroDivisionError)):
        call(X)
    with pytest.raises((ValueError, IndexError)):
        call(Tensor(X))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.split(x, 2, 2), "np.split: an axis of length 3 does not divide into 2 equal parts"),
        (lambda x: np.array_split(x, 0), "np.array_split: the number of parts must be positive; got 0"),
        (lambda x: np.squeeze(x, 1), r"squeeze: only axes of length 1 can go; axis=1 of shape \(1, 2, 3\)"),
    ],
)
def test_messages(call, message):
    with pytest.raises(ArgumentError, match=message):
        call(Tensor(X))


@pytest.mark.parametrize("sections", [1, 2, 3, 5, 7])
def test_array_split_into_parts_of_unequal_length(sections):
    found = [part.numpy().tolist() for part in np.array_split(Tensor(np.arange(5.0)), sections)]
    assert found == [part.tolist() for part in np.array_split(np.arange(5.0), sections)]


def test_numbers_widen_no_dtype():
    x = Tensor(np.ones((), np.float32))
    for number in (2.5, np.float64(2.5), np.array(2.5)):
        assert np.stack([x, number]).dtype == np.float32
        assert np.outer(x.reshape(1), number).dtype == np.float32
    assert np.stack([x, np.ones((), int)]).tolist() == [1, 1]


def test_arrays_beside_tensors_count_in_full():
    assert np.stack([Tensor(np.ones(2, np.float32)), np.ones(2)]).dtype == np.float64
    assert np.concatenate([Tensor([1.0]), [2.0, 3.0]]).tolist() == [1, 2, 3]


def test_a_value_that_fills_does_not_lose_its_gradient():
    value, like = Tensor(2.0, requires_grad=True), Tensor(np.zeros((2, 3), np.float32))
    for call in (lambda: np.full_like(like, value), lambda: np.full_like(like, fill_value=value, dtype=float)):
        with pytest.raises(TrackedTensorError) as caught:
            call()
        assert str(caught.value) == (
            "np.full_like: the value would lose its gradient. Use np.broadcast_to(t, shape), or t * np.ones(shape)"
        )
    for number in (2.0, Tensor(2.0), value.detach()):
        np.testing.assert_array_equal(np.full_like(like, number), np.full((2, 3), 2.0, np.float32), strict=True)


def test_swapping_axes_that_are_not_there_says_so():
    for axes in ((0, -1), (0, 0)):
        with pytest.raises(np.exceptions.AxisError, match="axis 0 is out of bounds for array of dimension 0"):
            np.swapaxes(Tensor(1.0, requires_grad=True), *axes)
