"""The course's layers, update rules and net, written out once more in plain NumPy: what the package must agree with.

Every layer is a pair: ``x_forward`` gives ``(out, cache)``, and ``x_backward(dout, cache)`` the gradients of its
inputs, each derived by hand. Nothing here uses the package.
"""

import numpy as np

# Layers


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def relu_forward(x):
    return np.where(x > 0, x, 0.0), x


def relu_backward(dout, x):
    return np.where(x > 0, dout, 0.0)


def batchnorm_forward(x, gamma, beta, bn_param):
    """``bn_param`` has a mode, and keeps running_mean and running_var, which start at 0."""
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running = [bn_param.get(name, np.zeros(x.shape[1])) for name in ("running_mean", "running_var")]
    if bn_param["mode"] == "test":
        mean, var = running
        return gamma * (x - mean) / np.sqrt(var + eps) + beta, None
    mean, var = np.mean(x, axis=0), np.var(x, axis=0)
    bn_param["running_mean"] = momentum * running[0] + (1 - momentum) * mean
    bn_param["running_var"] = momentum * running[1] + (1 - momentum) * var
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (mean, var, x_hat, x, gamma, eps)


def batchnorm_backward(dout, cache):
    """x reaches the output by three roads: itself, the batch's variance, and the batch's mean."""
    mean, var, x_hat, x, gamma, eps = cache
    n = len(x)
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * (x - mean), axis=0) * -0.5 * (var + eps) ** -1.5
    dmean = -np.sum(dx_hat, axis=0) / np.sqrt(var + eps) - dvar * 2 * np.sum(x - mean, axis=0) / n
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / n + dmean / n
    return dx, np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)


def dropout_forward(x, keep, kept):
    """Inverted, with ``kept`` in place of drawn ``rand(*x.shape) < keep``."""
    mask = kept / keep
    return x * mask, mask


def dropout_backward(dout, mask):
    return dout * mask


def affine_relu_forward(x, w, b):
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (fc_cache, relu_cache)


def affine_relu_backward(dout, cache):
    fc_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), fc_cache)


def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
    a, fc_cache = affine_forward(x, w, b)
    normed, bn_cache = batchnorm_forward(a, gamma, beta, bn_param)
    out, relu_cache = relu_forward(normed)
    return out, (fc_cache, bn_cache, relu_cache)


def affine_batchnorm_relu_backward(dout, cache):
    fc_cache, bn_cache, relu_cache = cache
    da, dgamma, dbeta = batchnorm_backward(relu_backward(dout, relu_cache), bn_cache)
    return (*affine_backward(da, fc_cache), dgamma, dbeta)


def softmax_loss(scores, y):
    """Mean cross-entropy, and its gradient with respect to the scores."""
    n = len(scores)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[np.arange(n), y] -= 1
    return -log_p[np.arange(n), y].sum() / n, dscores / n


def svm_loss(scores, y):
    """Mean multiclass hinge loss, and its gradient with respect to the scores."""
    n = len(scores)
    right = scores[np.arange(n), y]
    margins = np.maximum(0, scores - right[:, None] + 1.0)
    margins[np.arange(n), y] = 0
    dscores = (margins > 0).astype(float)
    dscores[np.arange(n), y] -= (margins > 0).sum(axis=1)
    return margins.sum() / n, dscores / n


# Update rules: (w, dw, config) -> (next_w, config)


def sgd(w, dw, config):
    return w - config.setdefault("learning_rate", 1e-2) * dw, config


def sgd_momentum(w, dw, config):
    rate, momentum = config.setdefault("learning_rate", 1e-2), config.setdefault("momentum", 0.9)
    config["velocity"] = momentum * config.get("velocity", np.zeros_like(w)) - rate * dw
    return w + config["velocity"], config


def sgd_nesterov_momentum(w, dw, config):
    rate, momentum = config.setdefault("learning_rate", 1e-2), config.setdefault("momentum", 0.9)
    old = config.get("velocity", np.zeros_like(w))
    config["velocity"] = new = momentum * old - rate * dw
    return w + new + momentum * (new - old), config


def rmsprop(w, dw, config):
    rate, decay = config.setdefault("learning_rate", 1e-2), config.setdefault("decay_rate", 0.99)
    config["a"] = decay * config.get("a", np.zeros_like(w)) + (1 - decay) * dw**2
    return w - rate * dw / (np.sqrt(config["a"]) + config.setdefault("epsilon", 1e-8)), config


def adam(w, dw, config):
    rate, eps = config.setdefault("learning_rate", 1e-3), config.setdefault("epsilon", 1e-8)
    b1, b2 = config.setdefault("beta1", 0.9), config.setdefault("beta2", 0.999)
    config["t"] = t = config.get("t", 0) + 1
    config["v"] = b1 * config.get("v", np.zeros_like(w)) + (1 - b1) * dw
    config["a"] = b2 * config.get("a", np.zeros_like(w)) + (1 - b2) * dw**2
    return w - rate * (config["v"] / (1 - b1**t)) / (np.sqrt(config["a"] / (1 - b2**t)) + eps), config


# The net


class FullyConnectedNet:
    """{affine - [batchnorm] - relu - [dropout]} x (L - 1) - affine - softmax, on a dict of parameters."""

    def __init__(self, params, use_batchnorm, keep, reg):
        self.params, self.use_batchnorm, self.keep, self.reg = dict(params), use_batchnorm, keep, reg
        self.num_layers = sum(name.startswith("W") for name in params)
        self.bn_params = [{} for _ in range(self.num_layers - 1)]

    def loss(self, X, y=None, masks=None):
        """Scores in test mode, or in training mode ``(loss, grads)`` with the masks of what dropout keeps."""
        p, last = self.params, self.num_layers
        h, caches, drops = X, [], []
        for i in range(1, last):
            if self.use_batchnorm:
                self.bn_params[i - 1]["mode"] = "test" if y is None else "train"
                h, cache = affine_batchnorm_relu_forward(
                    h, p[f"W{i}"], p[f"b{i}"], p[f"gamma{i}"], p[f"beta{i}"], self.bn_params[i - 1]
                )
            else:
                h, cache = affine_relu_forward(h, p[f"W{i}"], p[f"b{i}"])
            caches.append(cache)
            if self.keep < 1 and y is not None:
                h, drop = dropout_forward(h, self.keep, masks[i - 1])
                drops.append(drop)
        scores, cache = affine_forward(h, p[f"W{last}"], p[f"b{last}"])
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        grads = {}
        dh, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dscores, cache)
        for i in range(last - 1, 0, -1):
            if self.keep < 1:
                dh = dropout_backward(dh, drops[i - 1])
            backward = affine_batchnorm_relu_backward if self.use_batchnorm else affine_relu_backward
            names = ("W", "b", "gamma", "beta") if self.use_batchnorm else ("W", "b")
            dh, *found = backward(dh, caches[i - 1])
            grads |= {f"{name}{i}": g for name, g in zip(names, found)}
        for i in range(1, last + 1):
            loss += 0.5 * self.reg * np.sum(p[f"W{i}"] ** 2)
            grads[f"W{i}"] = grads[f"W{i}"] + self.reg * p[f"W{i}"]
        return loss, grads
