"""Mistakes in batch normalization."""

import numpy as np

from . import wrong


def settings(bn_param, D):
    """The lines that the homework gives."""
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))
    return bn_param["mode"], eps, momentum, running_mean, running_var


def good_forward(x, gamma, beta, bn_param):
    mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
    if mode == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        x_hat = (x - mean) / np.sqrt(var + eps)
        out = gamma * x_hat + beta
        cache = (mean, var, x_hat, x, gamma, eps)
    else:
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        cache = None
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def good_backward(dout, cache):
    mean, var, x_hat, x, gamma, eps = cache
    N = len(dout)
    dx_hat = dout * gamma
    inv_std = 1 / np.sqrt(var + eps)
    dx = inv_std / N * (N * dx_hat - dx_hat.sum(axis=0) - x_hat * (dx_hat * x_hat).sum(axis=0))
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@wrong({"out": "eps-outside-root"})
class EpsOutsideTheRoot:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
        if mode == "train":
            mean = np.mean(x, axis=0)
            var = np.var(x, axis=0)
            x_hat = (x - mean) / (np.sqrt(var) + eps)
            out = gamma * x_hat + beta
            bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
            bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
            return out, (mean, var, (x - mean) / np.sqrt(var + eps), x, gamma, eps)
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        return out, None

    batchnorm_backward = good_backward


@wrong({"out": "unbiased-variance", "running_var": "unbiased-variance"})
class UnbiasedVariance:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
        cache = None
        if mode == "train":
            mean = np.mean(x, axis=0)
            var = np.var(x, axis=0, ddof=1)
            running_mean = momentum * running_mean + (1 - momentum) * mean
            running_var = momentum * running_var + (1 - momentum) * var
            x_hat = (x - mean) / np.sqrt(var + eps)
            out = gamma * x_hat + beta
            cache = (mean, var, x_hat, x, gamma, eps)
        elif mode == "test":
            x_hat = (x - running_mean) / np.sqrt(running_var + eps)
            out = gamma * x_hat + beta
        bn_param["running_mean"] = running_mean
        bn_param["running_var"] = running_var
        return out, cache

    def batchnorm_backward(dout, cache):
        mean, var, x_hat, x, gamma, eps = cache
        N = len(x)
        dx_hat = dout * gamma
        inv_std = 1 / np.sqrt(var + eps)
        dvar = np.sum(dx_hat * (x - mean) * -0.5 * inv_std**3, axis=0)
        dx = dx_hat * inv_std + dvar * 2 * (x - mean) / (N - 1) - np.sum(dx_hat * inv_std, axis=0) / N
        return dx, np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)


@wrong({"out": "root-missing", "out in test mode": "root-missing"})
class DividedByTheVariance:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
        cache = None
        if mode == "train":
            mean, var = np.mean(x, axis=0), np.var(x, axis=0)
            bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
            bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
            x_hat = (x - mean) / (var + eps)
            out = gamma * x_hat + beta
            cache = (mean, var, (x - mean) / np.sqrt(var + eps), x, gamma, eps)
        else:
            x_hat = (x - running_mean) / (running_var + eps)
            out = gamma * x_hat + beta
        return out, cache

    batchnorm_backward = good_backward


@wrong({"dx": "mean-path-missing"})
class MeanPathMissing:
    batchnorm_forward = good_forward

    def batchnorm_backward(dout, cache):
        mean, var, x_hat, x, gamma, eps = cache
        N, D = dout.shape
        dbeta = np.sum(dout, axis=0)
        dgamma = np.sum(dout * x_hat, axis=0)
        dx_hat = dout * gamma
        dvar = np.sum(dx_hat * (x - mean), axis=0) * -0.5 * (var + eps) ** (-3 / 2)
        dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / N
        return dx, dgamma, dbeta


@wrong({"dx": "variance-path-missing"})
class VariancePathMissing:
    batchnorm_forward = good_forward

    def batchnorm_backward(dout, cache):
        mean, var, x_hat, x, gamma, eps = cache
        N, D = dout.shape
        dbeta = np.sum(dout, axis=0)
        dgamma = np.sum(dout * x_hat, axis=0)
        dx_hat = dout * gamma
        dmean = -np.sum(dx_hat / np.sqrt(var + eps), axis=0)
        dx = dx_hat / np.sqrt(var + eps) + dmean / N
        return dx, dgamma, dbeta


@wrong({"dx": "statistics-as-constants"})
class StatisticsAsConstants:
    batchnorm_forward = good_forward

    def batchnorm_backward(dout, cache):
        mean, var, x_hat, x, gamma, eps = cache
        dx = dout * gamma / np.sqrt(var + eps)
        dgamma = (dout * x_hat).sum(axis=0)
        dbeta = dout.sum(axis=0)
        return dx, dgamma, dbeta


@wrong({"dx": "gamma-forgotten"})
class GammaForgottenInBackward:
    batchnorm_forward = good_forward

    def batchnorm_backward(dout, cache):
        mean, var, x_hat, x, gamma, eps = cache
        N = dout.shape[0]
        dgamma = np.sum(dout * x_hat, axis=0)
        dbeta = np.sum(dout, axis=0)
        dx = (N * dout - dbeta - x_hat * dgamma) / (N * np.sqrt(var + eps))
        return dx, dgamma, dbeta


@wrong({"dx": "missing-1/N-in-path"})
class DivisionForgottenInTheMeanPath:
    batchnorm_forward = good_forward

    def batchnorm_backward(dout, cache):
        mean, var, x_hat, x, gamma, eps = cache
        N = dout.shape[0]
        dx_hat = dout * gamma
        std = np.sqrt(var + eps)
        dvar = np.sum(dx_hat * (x - mean) * -0.5 / std**3, axis=0)
        dmean = np.sum(-dx_hat / std, axis=0)
        dx = dx_hat / std + dvar * 2 * (x - mean) / N + dmean
        return dx, np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)


@wrong({"dgamma": "not-normalized"})
class GammaGradientOfTheRawInput:
    batchnorm_forward = good_forward

    def batchnorm_backward(dout, cache):
        dx, _, _ = good_backward(dout, cache)
        mean, var, x_hat, x, gamma, eps = cache
        dgamma = np.sum(dout * x, axis=0)
        dbeta = np.sum(dout, axis=0)
        return dx, dgamma, dbeta


@wrong({"dgamma": "not-summed", "dbeta": "not-summed"})
class GammaAndBetaGradientsNotSummed:
    batchnorm_forward = good_forward

    def batchnorm_backward(dout, cache):
        dx, _, _ = good_backward(dout, cache)
        mean, var, x_hat, x, gamma, eps = cache
        return dx, dout * x_hat, dout


@wrong(
    {
        "out in test mode": "test-mode-ignored",
        "running_mean in test mode": "updated-in-test-mode",
        "running_var in test mode": "updated-in-test-mode",
    }
)
class TestModeIgnored:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
        x_hat = (x - mean) / np.sqrt(var + eps)
        return gamma * x_hat + beta, (mean, var, x_hat, x, gamma, eps)

    batchnorm_backward = good_backward


@wrong({"running_mean in test mode": "updated-in-test-mode", "running_var in test mode": "updated-in-test-mode"})
class RunningStatisticsUpdatedInTestMode:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
        mean, var = x.mean(axis=0), x.var(axis=0)
        cache = None
        if mode == "train":
            x_hat = (x - mean) / np.sqrt(var + eps)
            cache = (mean, var, x_hat, x, gamma, eps)
        else:
            x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * x_hat + beta
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
        return out, cache

    batchnorm_backward = good_backward


@wrong({"running_mean": "never-updated", "running_var": "never-updated"})
class RunningStatisticsNeverStored:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
        if mode == "train":
            mean, var = x.mean(axis=0), x.var(axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * mean
            running_var = momentum * running_var + (1 - momentum) * var
            x_hat = (x - mean) / np.sqrt(var + eps)
            return gamma * x_hat + beta, (mean, var, x_hat, x, gamma, eps)
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        return gamma * x_hat + beta, None

    batchnorm_backward = good_backward


@wrong({"running_mean": "momentum-swapped", "running_var": "momentum-swapped"})
class MomentumSwapped:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
        cache = None
        if mode == "train":
            mean, var = x.mean(axis=0), x.var(axis=0)
            running_mean = (1 - momentum) * running_mean + momentum * mean
            running_var = (1 - momentum) * running_var + momentum * var
            x_hat = (x - mean) / np.sqrt(var + eps)
            cache = (mean, var, x_hat, x, gamma, eps)
        else:
            x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        bn_param["running_mean"] = running_mean
        bn_param["running_var"] = running_var
        return gamma * x_hat + beta, cache

    batchnorm_backward = good_backward


@wrong({"batchnorm_forward": "mode-as-key"})
class ModeAsKey:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode = bn_param["mode"]
        bn_param[mode] = mode
        return good_forward(x, gamma, beta, bn_param)

    batchnorm_backward = good_backward


@wrong({"batchnorm_forward": "input-overwritten"})
class BatchnormCentresInPlace:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
        if mode == "train":
            mean, var = x.mean(axis=0), x.var(axis=0)
            bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
            bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
            x -= mean
            x_hat = x / np.sqrt(var + eps)
            return gamma * x_hat + beta, (0, var, x_hat, x, gamma, eps)
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None

    batchnorm_backward = good_backward


@wrong(
    {
        "out": "statistics-of-everything",
        "running_mean": "statistics-of-everything",
        "running_var": "statistics-of-everything",
    }
)
class AxisForgotten:
    def batchnorm_forward(x, gamma, beta, bn_param):
        mode, eps, momentum, running_mean, running_var = settings(bn_param, x.shape[1])
        cache = None
        if mode == "train":
            mean, var = np.mean(x), np.var(x)
            running_mean = momentum * running_mean + (1 - momentum) * mean
            running_var = momentum * running_var + (1 - momentum) * var
            x_hat = (x - mean) / np.sqrt(var + eps)
            out = gamma * x_hat + beta
            cache = (x.mean(axis=0), x.var(axis=0), (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps), x, gamma, eps)
        else:
            out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
        return out, cache

    batchnorm_backward = good_backward
