"""Layers that often come together, as one op with one rule. Source: the course's ``layer_utils``."""

from __future__ import annotations

import numpy as np

from ..core import op
from .affine import affine_samples, check_affine, rows
from .batchnorm import batchnorm, batchnorm_grad


@op(fused=True)
def affine_relu(x, weight, bias):
    """``relu(affine(x, weight, bias))``: x (N, d1, ..., dk), weight (D, M), bias (M,); gives (N, M)."""
    check_affine("affine_relu", x, weight, bias)
    return np.maximum(rows(x) @ weight + bias, 0)


affine_relu.grad("x")(lambda g, weight, out, x_shape: ((g * (out > 0)) @ weight.T).reshape(x_shape))


@affine_relu.grad("weight", "bias")
def affine_relu_dparameters(g, x, out):
    g = g * (out > 0)
    return rows(x).T @ g, g


affine_relu.samples(affine_samples)
affine_relu.branches(lambda x, weight, bias: rows(x) @ weight + bias > 0)


@op(saves="xhat inv_std", aux="mean var", fused=True)
def affine_batchnorm_relu(x, weight, bias, gamma, beta, eps=1e-5):
    """``relu(batchnorm(affine(x, weight, bias), gamma, beta))`` in training mode; gives ``(out, mean, var)``."""
    check_affine("affine_batchnorm_relu", x, weight, bias)
    out, xhat, inv_std, mean, var = batchnorm.forward(rows(x) @ weight + bias, gamma, beta, eps)
    return np.maximum(out, 0), xhat, inv_std, mean, var


@affine_batchnorm_relu.grad("x")
def affine_batchnorm_relu_dx(g, weight, gamma, xhat, inv_std, out, x_shape):
    dz, _, _ = batchnorm_grad(g * (out > 0), gamma, xhat, inv_std)
    return (dz @ weight.T).reshape(x_shape)


@affine_batchnorm_relu.grad("weight", "bias", "gamma", "beta")
def affine_batchnorm_relu_dparameters(g, x, gamma, xhat, inv_std, out):
    dz, dgamma, dbeta = batchnorm_grad(g * (out > 0), gamma, xhat, inv_std)
    return rows(x).T @ dz, dz, dgamma, dbeta


@affine_batchnorm_relu.branches
def _(x, weight, bias, gamma, beta, eps):
    return batchnorm.forward(rows(x) @ weight + bias, gamma, beta, eps)[0] > 0


@affine_batchnorm_relu.samples
def _(n, draw):
    if n > 1:
        yield draw(n, 4), draw(4, 3), draw(3), draw(3), draw(3)
        yield draw(n, 2, 2), draw(4, 2), draw(2), draw(2), draw(2)
