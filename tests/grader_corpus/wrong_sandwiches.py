"""Mistakes in layers that are made of others, and in layers that the grader does not know."""

import numpy as np
from course import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_forward,
    relu_backward,
    relu_forward,
)

from . import wrong


@wrong({"dx": "relu-skipped", "dw": "relu-skipped", "db": "relu-skipped"})
class ReluSkippedInBackward:
    def affine_relu_forward(x, w, b):
        a, fc_cache = affine_forward(x, w, b)
        out, relu_cache = relu_forward(a)
        return out, (fc_cache, relu_cache)

    def affine_relu_backward(dout, cache):
        fc_cache, relu_cache = cache
        dx, dw, db = affine_backward(dout, fc_cache)
        return dx, dw, db


@wrong({"dx": "passes-at-zero", "dw": "passes-at-zero", "db": "passes-at-zero"})
class ReluOfASandwichPassesAtZero:
    def affine_relu_forward(x, w, b):
        a = x.reshape(len(x), -1) @ w + b
        return np.maximum(a, 0), (x, w, a)

    def affine_relu_backward(dout, cache):
        x, w, a = cache
        da = dout * (a >= 0)
        return (da @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ da, da.sum(axis=0)


@wrong({"dx": "statistics-as-constants", "dw": "statistics-as-constants", "db": "statistics-as-constants"})
class BatchnormOfASandwichWithConstantStatistics:
    def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
        a, fc_cache = affine_forward(x, w, b)
        a, bn_cache = batchnorm_forward(a, gamma, beta, bn_param)
        out, relu_cache = relu_forward(a)
        return out, (fc_cache, bn_cache, relu_cache)

    def affine_batchnorm_relu_backward(dout, cache):
        fc_cache, bn_cache, relu_cache = cache
        dz = relu_backward(dout, relu_cache)
        _, dgamma, dbeta = batchnorm_backward(dz, bn_cache)
        mean, var, x_hat, a, gamma, eps = bn_cache
        da = dz * gamma / np.sqrt(var + eps)
        dx, dw, db = affine_backward(da, fc_cache)
        return dx, dw, db, dgamma, dbeta


@wrong({"dgamma": "wrong-order", "dbeta": "wrong-order"})
class GammaAndBetaSwapped:
    def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
        a, fc_cache = affine_forward(x, w, b)
        a, bn_cache = batchnorm_forward(a, gamma, beta, bn_param)
        out, relu_cache = relu_forward(a)
        return out, (fc_cache, bn_cache, relu_cache)

    def affine_batchnorm_relu_backward(dout, cache):
        fc_cache, bn_cache, relu_cache = cache
        da = relu_backward(dout, relu_cache)
        da, dgamma, dbeta = batchnorm_backward(da, bn_cache)
        dx, dw, db = affine_backward(da, fc_cache)
        return dx, dw, db, dbeta, dgamma


@wrong({"dx": "upstream-ignored"})
class SwishIgnoresUpstream:
    def swish_forward(x):
        s = 1 / (1 + np.exp(-x))
        return x * s, (x, s)

    def swish_backward(dout, cache):
        x, s = cache
        return s + x * s * (1 - s)


@wrong({"dx": "differs"})
class SwishForgetsTheProductRule:
    def swish_forward(x):
        s = 1 / (1 + np.exp(-x))
        return x * s, (x, s)

    def swish_backward(dout, cache):
        x, s = cache
        return dout * x * s * (1 - s)


@wrong({"dgamma": "wrong-axis", "dv": "transposed"})
class ScaledTanhOfAProduct:
    def scaled_tanh_forward(x, v, gamma):
        t = np.tanh(x @ v)
        return t * gamma, (x, v, gamma, t)

    def scaled_tanh_backward(dout, cache):
        x, v, gamma, t = cache
        dgamma = (dout * t).sum(axis=1)
        dt = dout * gamma * (1 - t**2)
        return dt @ v.T, dt.T @ x, dgamma
