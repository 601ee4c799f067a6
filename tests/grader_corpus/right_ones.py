"""Right layers and rules, each written in another way: none may be called wrong."""

import course
import numpy as np

from . import right


@right
class TheHomeworkRepaired:
    """The course's own code, with its slips of the pen put right."""

    def affine_forward(x, w, b):
        N = x.shape[0]
        out = (x.reshape(N, -1) @ w) + b
        cache = (x, w, b)
        return out, cache

    def affine_backward(dout, cache):
        x, w, b = cache
        N = x.shape[0]
        new_x = x.reshape(N, -1)
        dx = (dout @ w.T).reshape(x.shape)
        dw = new_x.T @ dout
        db = np.sum(dout.T, axis=1)
        return dx, dw, db

    def relu_forward(x):
        out = np.maximum(0, x)
        cache = x
        return out, cache

    def relu_backward(dout, cache):
        x = cache
        dx = (x > 0) * dout
        return dx

    def batchnorm_forward(x, gamma, beta, bn_param):
        mode = bn_param["mode"]
        eps = bn_param.get("eps", 1e-5)
        momentum = bn_param.get("momentum", 0.9)
        N, D = x.shape
        running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
        running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
        out, cache = None, None
        if mode == "train":
            sample_mean = np.mean(x, axis=0)
            sample_var = np.var(x, axis=0)
            running_mean = momentum * running_mean + (1 - momentum) * sample_mean
            running_var = momentum * running_var + (1 - momentum) * sample_var
            x_hat = (x - sample_mean) / np.sqrt(sample_var + eps)
            out = gamma * x_hat + beta
            cache = sample_mean, sample_var, x_hat, x, gamma, eps
        elif mode == "test":
            x_hat = (x - running_mean) / np.sqrt(running_var + eps)
            out = gamma * x_hat + beta
        else:
            raise ValueError(f'Invalid forward batchnorm mode "{mode}"')
        bn_param["running_mean"] = running_mean
        bn_param["running_var"] = running_var
        return out, cache

    def batchnorm_backward(dout, cache):
        sample_mean, sample_var, x_hat, x, gamma, eps = cache
        N, D = dout.shape
        dbeta = np.sum(dout, axis=0)
        dgamma = np.sum(dout * x_hat, axis=0)
        dl_dxhat = dout * gamma
        b = 1 / np.sqrt(sample_var + eps)
        a = x - sample_mean
        e = sample_var + eps
        dl_da = dl_dxhat * b
        dl_db = dl_dxhat * a
        dl_de = -0.5 * dl_db / e ** (3 / 2)
        dl_dvar = np.sum(dl_de, axis=0)
        dl_dmu = -b * np.sum(dl_dxhat, axis=0) - dl_dvar * 2 * np.sum(x - sample_mean) / N
        dx = dl_da + 2 * (x - sample_mean) * dl_dvar / N + dl_dmu / N
        return dx, dgamma, dbeta

    def dropout_forward(x, dropout_param):
        p, mode = dropout_param["p"], dropout_param["mode"]
        if "seed" in dropout_param:
            np.random.seed(dropout_param["seed"])
        mask = None
        out = None
        if mode == "train":
            mask = (np.random.rand(*x.shape) < p) / p
            out = x * mask
        elif mode == "test":
            out = x
        cache = (dropout_param, mask)
        out = out.astype(x.dtype, copy=False)
        return out, cache

    def dropout_backward(dout, cache):
        dropout_param, mask = cache
        mode = dropout_param["mode"]
        dx = None
        if mode == "train":
            dx = dout * mask
        elif mode == "test":
            dx = dout
        return dx

    def svm_loss(x, y):
        N = x.shape[0]
        correct_class_scores = x[np.arange(N), y]
        margins = np.maximum(0, x - correct_class_scores[:, np.newaxis] + 1.0)
        margins[np.arange(N), y] = 0
        loss = np.sum(margins) / N
        num_pos = np.sum(margins > 0, axis=1)
        dx = np.zeros_like(x)
        dx[margins > 0] = 1
        dx[np.arange(N), y] -= num_pos
        dx /= N
        return loss, dx

    def softmax_loss(x, y):
        probs = np.exp(x - np.max(x, axis=1, keepdims=True))
        probs /= np.sum(probs, axis=1, keepdims=True)
        N = x.shape[0]
        loss = -np.sum(np.log(probs[np.arange(N), y])) / N
        dx = probs.copy()
        dx[np.arange(N), y] -= 1
        dx /= N
        return loss, dx


@right
class TheTestsReference:
    affine_forward, affine_backward = course.affine_forward, course.affine_backward
    relu_forward, relu_backward = course.relu_forward, course.relu_backward
    batchnorm_forward, batchnorm_backward = course.batchnorm_forward, course.batchnorm_backward
    affine_relu_forward, affine_relu_backward = course.affine_relu_forward, course.affine_relu_backward
    affine_batchnorm_relu_forward = course.affine_batchnorm_relu_forward
    affine_batchnorm_relu_backward = course.affine_batchnorm_relu_backward
    softmax_loss, svm_loss = course.softmax_loss, course.svm_loss
    sgd, sgd_momentum, sgd_nesterov_momentum = course.sgd, course.sgd_momentum, course.sgd_nesterov_momentum
    rmsprop, adam = course.rmsprop, course.adam


@right
class Einsum:
    def affine_forward(x, w, b):
        rows = x.reshape(x.shape[0], -1)
        return np.einsum("nd,dm->nm", rows, w) + b, {"shape": x.shape, "rows": rows, "w": w}

    def affine_backward(dout, cache):
        dx = np.einsum("nm,dm->nd", dout, cache["w"]).reshape(cache["shape"])
        dw = np.einsum("nd,nm->dm", cache["rows"], dout)
        db = np.einsum("nm->m", dout)
        return dx, dw, db


@right
class Loops:
    def affine_forward(x, w, b):
        N, M = x.shape[0], w.shape[1]
        out = np.zeros((N, M))
        for i in range(N):
            for j in range(M):
                out[i, j] = sum(x[i].flatten() * w[:, j]) + b[j]
        return out, (x, w)

    def affine_backward(dout, cache):
        x, w = cache
        dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(w.shape[1])
        for i in range(len(x)):
            for j in range(w.shape[1]):
                dx[i] += (dout[i, j] * w[:, j]).reshape(x.shape[1:])
                dw[:, j] += dout[i, j] * x[i].flatten()
                db[j] += dout[i, j]
        return dx, dw, db

    def relu_forward(x):
        out = np.zeros_like(x)
        for index, value in np.ndenumerate(x):
            out[index] = value if value > 0 else 0
        return out, out

    def relu_backward(dout, out):
        dx = np.zeros_like(dout)
        for index in np.ndindex(*dout.shape):
            if out[index] > 0:
                dx[index] = dout[index]
        return dx

    def softmax_loss(x, y):
        N = len(x)
        loss, dx = 0.0, np.zeros_like(x)
        for i in range(N):
            e = np.exp(x[i] - max(x[i]))
            p = e / e.sum()
            loss -= np.log(p[y[i]])
            dx[i] = p
            dx[i, y[i]] -= 1
        return loss / N, dx / N


@right
class NpDotAndLists:
    def affine_forward(x, w, b):
        flat = np.reshape(x, (x.shape[0], int(np.prod(x.shape[1:]))))
        return np.add(np.dot(flat, w), b), [x.shape, flat, w]

    def affine_backward(dout, cache):
        shape, flat, w = cache
        return [
            np.dot(dout, np.transpose(w)).reshape(*shape),
            np.dot(np.transpose(flat), dout),
            np.ones(len(dout)) @ dout,
        ]


@right
class WrittenIntoOutputs:
    """out= and in-place arithmetic, on arrays of one's own."""

    def affine_forward(x, w, b):
        out = np.empty((len(x), w.shape[1]), x.dtype)
        np.matmul(x.reshape(len(x), -1), w, out=out)
        out += b
        return out, (x, w)

    def affine_backward(dout, cache):
        x, w = cache
        dw = np.empty_like(w)
        np.matmul(x.reshape(len(x), -1).T, dout, out=dw)
        return np.matmul(dout, w.T).reshape(x.shape), dw, np.add.reduce(dout, axis=0)

    def relu_forward(x):
        out = x.copy()
        out[out < 0] = 0
        return out, x > 0

    def relu_backward(dout, mask):
        dx = np.array(dout)
        dx[~mask] = 0
        return dx


@right
class CompactBatchnorm:
    """Backward in one line, variance as the mean of squares less the square of the mean."""

    def batchnorm_forward(x, gamma, beta, bn_param):
        eps, m = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
        if bn_param["mode"] == "test":
            scale = gamma / np.sqrt(bn_param["running_var"] + eps)
            return scale * x + (beta - scale * bn_param["running_mean"]), ()
        mu = x.mean(0)
        v = (x**2).mean(0) - mu**2
        bn_param["running_mean"] = m * bn_param.get("running_mean", 0) + (1 - m) * mu
        bn_param["running_var"] = m * bn_param.get("running_var", 0) + (1 - m) * v
        r = (v + eps) ** -0.5
        h = (x - mu) * r
        return h * gamma + beta, dict(h=h, r=r, gamma=gamma)

    def batchnorm_backward(dout, cache):
        h, r, gamma, n = cache["h"], cache["r"], cache["gamma"], len(dout)
        dgamma, dbeta = (dout * h).sum(0), dout.sum(0)
        return gamma * r / n * (n * dout - dbeta - h * dgamma), dgamma, dbeta


@right
class StagedBatchnorm:
    """The computation graph in stages, each with its own backward line."""

    def batchnorm_forward(x, gamma, beta, bn_param):
        mode = bn_param["mode"]
        eps = bn_param.get("eps", 1e-5)
        momentum = bn_param.get("momentum", 0.9)
        N, D = x.shape
        running_mean = bn_param.get("running_mean", np.ones(D) * 0)
        running_var = bn_param.get("running_var", np.ones(D))
        if mode == "test":
            return gamma * ((x - running_mean) / np.sqrt(running_var + eps)) + beta, None
        mu = 1 / N * np.sum(x, axis=0)
        xmu = x - mu
        sq = xmu**2
        var = 1.0 / N * np.sum(sq, axis=0)
        sqrtvar = np.sqrt(var + eps)
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        gammax = gamma * xhat
        out = gammax + beta
        bn_param["running_mean"] = momentum * running_mean + (1.0 - momentum) * mu
        bn_param["running_var"] = momentum * running_var + (1.0 - momentum) * var
        return out, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)

    def batchnorm_backward(dout, cache):
        xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
        N, D = dout.shape
        dbeta = np.sum(dout, axis=0)
        dgammax = dout
        dgamma = np.sum(dgammax * xhat, axis=0)
        dxhat = dgammax * gamma
        divar = np.sum(dxhat * xmu, axis=0)
        dxmu1 = dxhat * ivar
        dsqrtvar = -1.0 / (sqrtvar**2) * divar
        dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
        dsq = 1.0 / N * np.ones((N, D)) * dvar
        dxmu2 = 2 * xmu * dsq
        dx1 = dxmu1 + dxmu2
        dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
        dx2 = 1.0 / N * np.ones((N, D)) * dmu
        return dx1 + dx2, dgamma, dbeta


@right
class BooleanMask:
    """The mask as booleans, divided by p at each use."""

    def dropout_forward(x, dropout_param):
        keep = dropout_param["p"]
        if dropout_param["mode"] != "train":
            return x.copy(), (None, keep)
        rng = np.random.default_rng(dropout_param.get("seed"))
        mask = rng.random(x.shape) < keep
        return x * mask / keep, (mask, keep)

    def dropout_backward(dout, cache):
        mask, keep = cache
        return dout if mask is None else np.where(mask, dout / keep, 0)


@right
class BinomialMask:
    def dropout_forward(x, dropout_param):
        if "seed" in dropout_param:
            np.random.seed(dropout_param["seed"])
        if dropout_param["mode"] == "test":
            return x, 1.0
        mask = np.random.binomial(1, dropout_param["p"], size=x.shape) / dropout_param["p"]
        return mask * x, mask

    def dropout_backward(dout, mask):
        return mask * dout


@right
class OneHotLosses:
    def softmax_loss(x, y):
        onehot = np.eye(x.shape[1])[y]
        x = x - x.max(axis=1, keepdims=True)
        logz = np.log(np.exp(x).sum(axis=1, keepdims=True))
        loss = (onehot * (logz - x)).sum(axis=1).mean()
        return float(loss), (np.exp(x - logz) - onehot) / len(y)

    def svm_loss(x, y):
        onehot = np.eye(x.shape[1], dtype=bool)[y]
        hinge = np.clip(x - x[onehot].reshape(-1, 1) + 1, 0, None)
        loss = hinge.sum(axis=1).mean() - 1
        active = (hinge > 0) & ~onehot
        return loss, (active - onehot * active.sum(axis=1, keepdims=True)) / len(x)


@right
class SwishByTheChainRule:
    def swish_forward(x):
        s = 1 / (1 + np.exp(-x))
        out = x * s
        return out, (s, out)

    def swish_backward(dout, cache):
        s, out = cache
        return dout * (s + out * (1 - s))


@right
class LayerNormByHand:
    """Unknown to the grader; its forward runs on tensors."""

    def layernorm_forward(x, gamma, beta, ln_param):
        eps = ln_param.get("eps", 1e-5)
        mean = x.mean(axis=1, keepdims=True)
        std = np.sqrt(((x - mean) ** 2).mean(axis=1, keepdims=True) + eps)
        x_hat = (x - mean) / std
        return gamma * x_hat + beta, (x_hat, std, gamma)

    def layernorm_backward(dout, cache):
        x_hat, std, gamma = cache
        g = dout * gamma
        centred = g - g.mean(axis=1, keepdims=True)
        dx = (centred - x_hat * (g * x_hat).mean(axis=1, keepdims=True)) / std
        return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@right
class CumulativeInPlace:
    """Unknown to the grader, and its forward writes into arrays: gradients by finite differences."""

    def smooth_forward(x):
        out = np.zeros_like(x)
        out[:, 0] = x[:, 0] ** 2
        for j in range(1, x.shape[1]):
            out[:, j] = 0.5 * out[:, j - 1] + x[:, j] ** 2
        return out, x

    def smooth_backward(dout, x):
        dx = np.zeros_like(x)
        carried = np.zeros(len(x))
        for j in reversed(range(x.shape[1])):
            carried = 0.5 * carried + dout[:, j]
            dx[:, j] = carried * 2 * x[:, j]
        return dx


@right
class RulesInPlace:
    """Velocity with the other sign, states of other names, weights written into, as some courses do."""

    def sgd(w, dw, config=None):
        if config is None:
            config = {}
        config.setdefault("learning_rate", 1e-2)
        w -= config["learning_rate"] * dw
        return w, config

    def sgd_momentum(w, dw, config=None):
        config = dict(config or {})
        lr, mu = config.setdefault("learning_rate", 1e-2), config.setdefault("momentum", 0.9)
        config["velocity"] = mu * config.get("velocity", 0) - lr * dw
        return w + config["velocity"], config

    def rmsprop(w, dw, config=None):
        if config is None:
            config = {}
        config.setdefault("learning_rate", 1e-2)
        config.setdefault("decay_rate", 0.99)
        config.setdefault("epsilon", 1e-8)
        config.setdefault("a", np.zeros_like(w))
        config["a"] *= config["decay_rate"]
        config["a"] += (1 - config["decay_rate"]) * np.square(dw)
        return w - config["learning_rate"] * dw / (config["a"] ** 0.5 + config["epsilon"]), config

    def adam(w, dw, config=None):
        if config is None:
            config = {}
        config.setdefault("learning_rate", 1e-3)
        config.setdefault("beta1", 0.9)
        config.setdefault("beta2", 0.999)
        config.setdefault("epsilon", 1e-8)
        m, v, t = config.get("m", 0), config.get("second", 0), config.get("t", 0)
        t += 1
        m = config["beta1"] * m + (1 - config["beta1"]) * dw
        v = config["beta2"] * v + (1 - config["beta2"]) * dw**2
        rate = config["learning_rate"] * np.sqrt(1 - config["beta2"] ** t) / (1 - config["beta1"] ** t)
        eps = config["epsilon"] * np.sqrt(1 - config["beta2"] ** t)
        config.update(m=m, second=v, t=t)
        return w - rate * m / (np.sqrt(v) + eps), config
