"""Batch normalization. Source: Ioffe and Szegedy (2015), and the course's ``batchnorm_forward``."""

from __future__ import annotations

import numpy as np

from ..core import op
from ..errors import ShapeError


def check_batchnorm(name, x, gamma, beta):
    """Refuse shapes that do not fit, also those that NumPy would broadcast."""
    if len(x.shape) != 2 or gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ShapeError(f"{name}: takes x (N, D), gamma (D,) and beta (D,)")


@op(saves="xhat inv_std", aux="mean var", fused=True)
def batchnorm(x, gamma, beta, eps=1e-5):
    """Normalize each column over the batch, then scale and shift: training mode.

    x (N, D) with N > 1, gamma and beta (D,). Gives ``(out, mean, var)``: the output (N, D), and the batch's mean and
    biased variance (D,) for running statistics, as plain arrays. Raises ShapeError.
    """
    check_batchnorm("batchnorm", x, gamma, beta)
    n = len(x)
    if n < 2:
        raise ShapeError(f"batchnorm: training needs at least 2 examples to take statistics of; got a batch of {n}")
    mean = x.sum(axis=0) / n
    centred = x - mean
    var = (centred * centred).sum(axis=0) / n
    inv_std = 1 / np.sqrt(var + eps)
    xhat = centred * inv_std
    return xhat * gamma + beta, xhat, inv_std, mean, var


@batchnorm.grad("x", "gamma", "beta")
def batchnorm_grad(g, gamma, xhat, inv_std):
    n = len(g)
    dgamma, dbeta = (g * xhat).sum(axis=0), g.sum(axis=0)
    dx = (gamma * inv_std) * (g - dbeta / n - xhat * (dgamma / n))
    return dx, dgamma, dbeta


@batchnorm.samples
def _(n, draw):
    if n > 1:
        yield draw(n, 3), draw(3), draw(3)
        yield draw(n + 4, 2) * 3 + 10, draw(2), draw(2), 1e-3


@op(fused=True)
def batchnorm_test(x, gamma, beta, mean, var, eps=1e-5):
    """Normalize each column by given statistics, then scale and shift: test mode.

    x (N, D); gamma, beta, mean and var (D,); gives (N, D). Raises ShapeError.
    """
    check_batchnorm("batchnorm_test", x, gamma, beta)
    return (x - mean) * (gamma / np.sqrt(var + eps)) + beta


batchnorm_test.grad("x")(lambda g, gamma, var, eps: g * (gamma / np.sqrt(var + eps)))
batchnorm_test.grad("gamma")(lambda g, x, mean, var, eps: g * ((x - mean) / np.sqrt(var + eps)))
batchnorm_test.grad("beta")(lambda g: g)
batchnorm_test.grad("mean")(lambda g, gamma, var, eps: -g * (gamma / np.sqrt(var + eps)))


@batchnorm_test.grad("var")
def batchnorm_test_dvar(g, x, gamma, mean, var, eps):
    spread = var + eps
    return g * (x - mean) * (-0.5 * gamma / (spread * np.sqrt(spread)))


@batchnorm_test.samples
def _(n, draw):
    yield draw(n, 3), draw(3), draw(3), draw(3), draw.positive(3)
