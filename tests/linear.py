"""The gradient of a function that is linear but for a constant, without any rule: NumPy on one basis vector each."""

import numpy as np

from tensorgraph import Tensor


def check_linear(function, x, rounding=0.0):
    """Values on a tensor are NumPy's, bit for bit or up to ``rounding``; gradients, the transpose of the function."""
    expected, at_zero = function(x), function(np.zeros_like(x))
    tensor = Tensor(x, requires_grad=True)
    result = function(tensor)
    assert type(result) is Tensor
    assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(result.numpy(), expected, rtol=0, atol=rounding)
    weights = np.random.default_rng(0).standard_normal(expected.shape)
    (result * weights).sum().backward()
    gradient = [((function(e.reshape(x.shape)) - at_zero) * weights).sum() for e in np.eye(x.size)]
    np.testing.assert_allclose(tensor.grad.numpy().reshape(-1), gradient, rtol=1e-12, atol=1e-12)
