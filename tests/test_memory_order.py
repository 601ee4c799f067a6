"""``order=``, ``copy=`` and ``casting=`` of the functions and methods that read memory in some order."""

import itertools

import numpy as np
import pytest
from linear import check_linear

from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, DTypeError

CUBE = np.random.default_rng(0).standard_normal((2, 3, 4))

LAYOUTS = {
    "in C order": CUBE,
    "in Fortran's order": np.asfortranarray(CUBE),
    **{f"transposed {axes}": CUBE.transpose(axes) for axes in itertools.permutations(range(3)) if axes != (0, 1, 2)},
    "backwards": CUBE[::-1, :, ::-1],
    "with gaps": np.repeat(CUBE, 2, axis=1)[:, ::2],
    "a line": CUBE[0, 0],
    "one element": CUBE[:1, :1, :1].transpose(2, 0, 1),
    "empty": np.asfortranarray(CUBE[:, :0]),
}


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_ravel_reads_memory_as_numpy_does(layout, order):
    x = LAYOUTS[layout]
    for function in (lambda x: np.ravel(x, order), lambda x: x.ravel(order), lambda x: x.flatten(order=order)):
        tensor = Tensor(x, requires_grad=True)
        found = function(tensor)
        np.testing.assert_array_equal(found.numpy(), function(x))
        places = function(np.arange(x.size).reshape(x.shape) if order == "C" else _numbered_like(x))
        weights = np.random.default_rng(1).standard_normal(x.size)
        (found * weights).sum().backward()
        np.testing.assert_array_equal(tensor.grad.numpy().reshape(-1)[places], weights)


def _numbered_like(x):
    """The places of the elements of ``x`` in C order, laid out in memory as ``x`` is."""
    numbers = np.empty_like(x, dtype=int)
    numbers[...] = np.arange(x.size).reshape(x.shape)
    return numbers


@pytest.mark.parametrize("order", ["C", "F", "A"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_reshape_reads_memory_as_numpy_does(layout, order):
    x = LAYOUTS[layout]
    shape = (2, -1) if x.size > 1 else (1, x.size)
    for function in (
        lambda x: np.reshape(x, shape, order),
        lambda x: x.reshape(shape, order=order),
        lambda x: x.reshape(*shape, order=order, copy=True),
    ):
        np.testing.assert_array_equal(function(Tensor(x)).numpy(), function(x))


def test_reshape_in_fortrans_order_has_its_gradient():
    check_linear(lambda x: np.reshape(x, (4, -1), order="F"), CUBE)
    check_linear(lambda x: x.reshape(24, order="F"), CUBE)
    check_linear(lambda x: np.reshape(x, [3, 8], copy=True), CUBE)


def test_copy_of_reshape():
    x = Tensor(CUBE)
    assert np.shares_memory(np.reshape(x, -1).numpy(), CUBE)
    assert np.shares_memory(np.reshape(x, -1, copy=False).numpy(), CUBE)
    assert not np.shares_memory(np.reshape(x, -1, copy=True).numpy(), CUBE)
    message = r"reshape: Unable to avoid creating a copy while reshaping\. Leave out copy=False"
    with pytest.raises(ArgumentError, match=message):
        np.reshape(x, -1, order="F", copy=False)


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_copies_are_laid_out_as_asked(layout, order):
    x = LAYOUTS[layout]
    for function in (
        lambda x: np.copy(x, order),
        lambda x: x.copy(order),
        lambda x: x.astype(np.longdouble, order=order),
    ):
        assert function(Tensor(x)).numpy().strides == function(x).strides
    assert Tensor(x).copy().numpy().strides == x.copy().strides
    check_linear(lambda x: x.copy(order), CUBE)


def test_copies_of_all_dtypes():
    for dtype in (bool, np.uint8, np.complex64, np.float16):
        assert Tensor(np.ones(2, dtype)).copy().dtype == dtype


def test_astype_without_a_copy_is_the_tensor_itself():
    x = Tensor(CUBE, requires_grad=True)
    assert x.astype(float, copy=False) is x
    assert np.astype(x, float, copy=False) is x
    assert x.astype(np.float32, copy=False).dtype == np.float32
    assert not np.shares_memory(x.astype(float).numpy(), CUBE)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: x.astype(int, casting="safe"),
            DTypeError,
            "astype: float64 cannot be cast to int64 according to the rule 'safe'",
        ),
        (lambda x: np.ravel(x, "X"), ArgumentError, "order must be one of 'C', 'F', 'A'; got 'X'"),
        (lambda x: np.reshape(x, -1, "K"), ArgumentError, "order must be one of 'C', 'F', 'A'; got 'K'"),
        (
            lambda x: np.astype(x, float, device="gpu"),
            ArgumentError,
            "np.astype: device must be 'cpu' or None; got 'gpu'",
        ),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises((ValueError, TypeError)):
        call(CUBE)
    with pytest.raises(error) as found:
        call(Tensor(CUBE, requires_grad=True))
    assert str(found.value) == message
