"""Elementwise nonlinearities of neural networks, and softmax."""

from __future__ import annotations

import numpy as np

from ..core import method, op
from ..errors import DTypeError


@op(fused=True)
def relu(x):
    """max(x, 0). Its gradient at 0 is 0. Source: the course's ``relu_forward`` and ``relu_backward``."""
    return np.maximum(x, 0)


relu.grad("x")(lambda g, out: g * (out > 0))
relu.branches(lambda x: x > 0)


@op(fused=True)
def leaky_relu(x, slope=0.01):
    """x where it is positive, slope * x elsewhere. Source: Maas, Hannun and Ng (2013)."""
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


@leaky_relu.grad("x")
def leaky_relu_dx(g, x, slope):
    positive = x > 0
    return g * positive + slope * (g * np.logical_not(positive))


leaky_relu.branches(lambda x, slope: x > 0)


@op(fused=True)
def sigmoid(x):
    """1 / (1 + exp(-x)), accurate at both ends and without overflow. Raises DTypeError for complex numbers."""
    if np.iscomplexobj(x):
        raise DTypeError("sigmoid: takes real numbers")
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


sigmoid.grad("x")(lambda g, out: g * (out * (1 - out)))


@op(fused=True)
def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) over an axis, without overflow: positive numbers that sum to 1."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


softmax.grad("x")(lambda g, out, axis: out * (g - (g * out).sum(axis=axis, keepdims=True)))


@op(fused=True)
def log_softmax(x, axis=-1):
    """log(softmax(x)) over an axis, accurate where softmax underflows."""
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


log_softmax.grad("x")(lambda g, out, axis: g - np.exp(out) * g.sum(axis=axis, keepdims=True))


def _elementwise_samples(n, draw):
    yield (draw.nonzero(n, 3),)
    yield (draw.nonzero(),)


def _axis_samples(n, draw):
    yield (draw.distinct(n, 4),)
    yield draw.distinct(2, 3, n + 1), 1


for each in (relu, leaky_relu, sigmoid):
    each.samples(_elementwise_samples)
for each in (softmax, log_softmax):
    each.samples(_axis_samples)


@method
def tanh(self):
    """Hyperbolic tangent."""
    return np.tanh(self)


@method
def exp(self):
    """Exponential."""
    return np.exp(self)


@method
def log(self):
    """Natural logarithm."""
    return np.log(self)


@method
def sqrt(self):
    """Square root."""
    return np.sqrt(self)
