"""Mistakes in the affine layer and in relu."""

import numpy as np

from . import wrong


@wrong({"db": "not-summed"})
class BiasGradientNotSummed:
    def affine_forward(x, w, b):
        out = x.reshape(x.shape[0], -1).dot(w) + b
        cache = (x, w, b)
        return out, cache

    def affine_backward(dout, cache):
        x, w, b = cache
        dx = dout.dot(w.T).reshape(x.shape)
        dw = x.reshape(x.shape[0], -1).T.dot(dout)
        db = dout
        return dx, dw, db


@wrong({"db": "wrong-axis"})
class BiasGradientSummedOverTheWrongAxis:
    def affine_forward(x, w, b):
        N = x.shape[0]
        out = x.reshape(N, -1) @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        N = x.shape[0]
        dx = (dout @ w.T).reshape(x.shape)
        dw = x.reshape(N, -1).T @ dout
        db = np.sum(dout, axis=1)
        return dx, dw, db


@wrong({"dw": "extra-1/N", "db": "extra-1/N"})
class GradientsAveragedOverTheBatch:
    def affine_forward(x, w, b):
        N = x.shape[0]
        out = x.reshape(N, -1) @ w + b
        cache = (x, w, b)
        return out, cache

    def affine_backward(dout, cache):
        x, w, b = cache
        N = x.shape[0]
        x_rows = np.reshape(x, (N, -1))
        dx = np.reshape(dout @ w.T, x.shape)
        dw = (x_rows.T @ dout) / N
        db = np.mean(dout, axis=0)
        return dx, dw, db


@wrong({"dw": "transposed"})
class WeightGradientTransposed:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        x_flat = x.reshape(len(x), -1)
        dx = (dout @ w.T).reshape(x.shape)
        dw = dout.T @ x_flat
        db = dout.sum(axis=0)
        return dx, dw, db


@wrong({"dx": "shape-not-restored"})
class ImagesStayFlat:
    def affine_forward(x, w, b):
        x = x.reshape(x.shape[0], -1)
        out = np.dot(x, w) + b
        cache = (x, w, b)
        return out, cache

    def affine_backward(dout, cache):
        x, w, b = cache
        dx = np.dot(dout, w.T)
        dw = np.dot(x.T, dout)
        db = np.sum(dout, axis=0)
        return dx, dw, db


@wrong({"dx": "wrong-order", "dw": "wrong-order"})
class ReturnedInTheWrongOrder:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        dx = (dout @ w.T).reshape(x.shape)
        dw = x.reshape(len(x), -1).T @ dout
        db = dout.sum(axis=0)
        return dw, dx, db


@wrong({"out": "bias-forgotten"})
class BiasForgotten:
    def affine_forward(x, w, b):
        N = x.shape[0]
        out = x.reshape(N, -1).dot(w)
        cache = (x, w, b)
        return out, cache

    def affine_backward(dout, cache):
        x, w, b = cache
        N = x.shape[0]
        dx = dout.dot(w.T).reshape(x.shape)
        dw = x.reshape(N, -1).T.dot(dout)
        db = dout.sum(axis=0)
        return dx, dw, db


@wrong({"out": "wrong-reshape-order"})
class ImagesFlattenedInFortranOrder:
    def affine_forward(x, w, b):
        rows = x.reshape((x.shape[0], -1), order="F")
        out = rows @ w + b
        return out, (x, rows, w)

    def affine_backward(dout, cache):
        x, rows, w = cache
        dx = (dout @ w.T).reshape(x.shape, order="F")
        dw = rows.T @ dout
        db = dout.sum(axis=0)
        return dx, dw, db


@wrong({"affine_forward": "raises"})
class ImagesNotFlattened:
    def affine_forward(x, w, b):
        out = x @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)


@wrong({"dx": "missing-gradient"})
class GradientOfTheInputForgotten:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        dx, dw, db = None, None, None
        dw = x.reshape(len(x), -1).T @ dout
        db = dout.sum(axis=0)
        return dx, dw, db


@wrong({"dw": "not-accumulated"})
class LoopKeepsTheLastExample:
    def affine_forward(x, w, b):
        N = x.shape[0]
        out = np.zeros((N, w.shape[1]))
        for i in range(N):
            out[i] = x[i].ravel() @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        dx = np.zeros_like(x)
        dw = np.zeros_like(w)
        db = np.zeros_like(b)
        for i in range(x.shape[0]):
            dx[i] = (w @ dout[i]).reshape(x[i].shape)
            dw = np.outer(x[i].ravel(), dout[i])
            db += dout[i]
        return dx, dw, db


grads = {}


@wrong({"affine_backward": "accumulates"})
class GradientsAccumulateInAGlobal:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        dx = (dout @ w.T).reshape(x.shape)
        grads.setdefault("dw", 0)
        grads.setdefault("db", 0)
        grads["dw"] = grads["dw"] + x.reshape(len(x), -1).T @ dout
        grads["db"] = grads["db"] + dout.sum(axis=0)
        return dx, grads["dw"], grads["db"]


last = {}


@wrong({"affine_backward": "cache-of-the-last-call"})
class CacheInAGlobal:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        last["x"], last["w"] = x, w
        return out, None

    def affine_backward(dout, cache):
        x, w = last["x"], last["w"]
        dx = (dout @ w.T).reshape(x.shape)
        return dx, x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


@wrong({"dw": "truncated"})
class WeightGradientOfIntegers:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        rows = x.reshape(len(x), -1)
        dw = np.zeros(w.shape, dtype=int)
        for j in range(w.shape[1]):
            dw[:, j] = rows.T @ dout[:, j]
        return (dout @ w.T).reshape(x.shape), dw, dout.sum(axis=0)


@wrong({"dx": "precision-lost", "dw": "precision-lost"})
class GradientsInSinglePrecision:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out, (x.astype(np.float32), w.astype(np.float32))

    def affine_backward(dout, cache):
        x, w = cache
        dx = (dout @ w.T).reshape(x.shape)
        dw = x.reshape(len(x), -1).T @ dout
        return dx, dw, dout.sum(axis=0)


@wrong({"affine_forward": "no-cache"})
class CacheNotReturned:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out

    def affine_backward(dout, cache):
        x, w, b = cache
        return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


@wrong({"affine_backward": "wrong-number-of-results"})
class ResultForgotten:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, b = cache
        dx = (dout @ w.T).reshape(x.shape)
        dw = x.reshape(len(x), -1).T @ dout
        return dx, dw


@wrong({"affine_backward": "raises"})
class CacheUnpackedWrongly:
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w = cache
        return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


@wrong({"dx": "passes-at-zero"})
class ReluPassesAtZero:
    def relu_forward(x):
        out = np.maximum(0, x)
        cache = x
        return out, cache

    def relu_backward(dout, cache):
        x = cache
        dx = dout * (x >= 0)
        return dx


@wrong({"dx": "upstream-ignored"})
class ReluIgnoresUpstream:
    def relu_forward(x):
        out = x * (x > 0)
        return out, x

    def relu_backward(dout, cache):
        x = cache
        dx = np.zeros_like(x)
        dx[x > 0] = 1
        return dx


@wrong({"relu_forward": "input-overwritten"})
class ReluOverwritesItsInput:
    def relu_forward(x):
        x[x < 0] = 0
        out = x
        cache = x
        return out, cache

    def relu_backward(dout, cache):
        return dout * (cache > 0)


@wrong({"relu_backward": "upstream-overwritten"})
class ReluOverwritesUpstream:
    def relu_forward(x):
        return np.maximum(x, 0), x

    def relu_backward(dout, cache):
        x = cache
        dx = dout
        dx[x <= 0] = 0
        return dx


@wrong({"dx": "mask-of-the-gradient"})
class ReluMasksByTheGradient:
    def relu_forward(x):
        return np.maximum(x, 0), x

    def relu_backward(dout, cache):
        dx = np.maximum(dout, 0)
        return dx


@wrong({"dx": "multiplied-by-the-value"})
class ReluMultipliesByItsOutput:
    def relu_forward(x):
        out = np.maximum(0, x)
        cache = out
        return out, cache

    def relu_backward(dout, cache):
        out = cache
        return dout * out


@wrong({"dx": "constant-factor"})
class GradientDoubled:
    def relu_forward(x):
        return np.maximum(x, 0), x

    def relu_backward(dout, cache):
        return 2 * dout * (cache > 0)


@wrong({"dx": "sign-flipped"})
class GradientOfTheWrongSign:
    def relu_forward(x):
        return np.where(x < 0, 0, x), x

    def relu_backward(dout, cache):
        return -np.where(cache > 0, dout, 0)
