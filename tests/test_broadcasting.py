"""Gradients of two operands of all shapes that broadcast, up to three axes with sides 0, 1, 2 and 3."""

import itertools

import numpy as np
import pytest

from tensorgraph import Tensor
from tensorgraph.errors import ShapeError

SHAPES = [shape for rank in range(4) for shape in itertools.product(range(4), repeat=rank)]


def summed_to(values, shape):
    """What reaches each element of an operand of ``shape``: the sum over the places that it was broadcast to."""
    owner = np.broadcast_to(np.arange(np.prod(shape, dtype=int)).reshape(shape), values.shape)
    return np.bincount(owner.ravel(), values.ravel(), np.prod(shape, dtype=int)).reshape(shape)


@pytest.mark.parametrize(
    ("ufunc", "slopes"), [(np.add, lambda x, y: (1, 1)), (np.multiply, lambda x, y: (y, x))], ids=["add", "multiply"]
)
def test_all_pairs_of_shapes(ufunc, slopes):
    random = np.random.default_rng(0)
    arrays = {shape: random.standard_normal(shape) for shape in SHAPES}
    fitting = 0
    for left, right in itertools.product(SHAPES, repeat=2):
        x, y = Tensor(arrays[left], requires_grad=True), Tensor(arrays[right], requires_grad=True)
        try:
            shape = np.broadcast_shapes(left, right)
        except ValueError:
            with pytest.raises(ShapeError, match="broadcast"):
                ufunc(x, y)
            continue
        out = ufunc(x, y)
        assert out.shape == shape
        g = random.standard_normal(shape)
        out.backward(g)
        for operand, slope in zip((x, y), slopes(arrays[left], arrays[right]), strict=True):
            assert operand.grad.shape == operand.shape
            np.testing.assert_allclose(operand.grad.numpy(), summed_to(g * slope, operand.shape), rtol=0, atol=1e-12)
        fitting += 1
    assert fitting == 2479
