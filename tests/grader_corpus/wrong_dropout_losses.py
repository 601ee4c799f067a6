"""Mistakes in dropout and in the losses."""

import numpy as np

from . import wrong


@wrong({"out": "mask-not-scaled"})
class MaskNotScaled:
    def dropout_forward(x, dropout_param):
        p, mode = dropout_param["p"], dropout_param["mode"]
        if "seed" in dropout_param:
            np.random.seed(dropout_param["seed"])
        mask = None
        if mode == "train":
            mask = np.random.rand(*x.shape) < p
            out = x * mask
        elif mode == "test":
            out = x
        return out, (dropout_param, mask)

    def dropout_backward(dout, cache):
        dropout_param, mask = cache
        if dropout_param["mode"] == "train":
            return dout * mask
        return dout


@wrong({"dx": "scaled-twice"})
class MaskScaledAgainInBackward:
    def dropout_forward(x, dropout_param):
        p, mode = dropout_param["p"], dropout_param["mode"]
        if "seed" in dropout_param:
            np.random.seed(dropout_param["seed"])
        mask = None
        if mode == "train":
            mask = (np.random.rand(*x.shape) < p) / p
            out = x * mask
        else:
            out = x
        return out, (dropout_param, mask)

    def dropout_backward(dout, cache):
        dropout_param, mask = cache
        dx = dout
        if dropout_param["mode"] == "train":
            dx = dout * mask / dropout_param["p"]
        return dx


@wrong({"dropout_backward": "mask-drawn-again"})
class MaskDrawnAgain:
    def dropout_forward(x, dropout_param):
        p, mode = dropout_param["p"], dropout_param["mode"]
        if "seed" in dropout_param:
            np.random.seed(dropout_param["seed"])
        if mode == "train":
            mask = (np.random.rand(*x.shape) < p) / p
            return x * mask, dropout_param
        return x, dropout_param

    def dropout_backward(dout, cache):
        p, mode = cache["p"], cache["mode"]
        if mode == "train":
            mask = (np.random.rand(*dout.shape) < p) / p
            return dout * mask
        return dout


@wrong({"out": "p-and-1-p-swapped"})
class KeepsWithOneMinusP:
    def dropout_forward(x, dropout_param):
        p, mode = dropout_param["p"], dropout_param["mode"]
        if "seed" in dropout_param:
            np.random.seed(dropout_param["seed"])
        mask, out = None, x
        if mode == "train":
            mask = (np.random.rand(*x.shape) > p) / (1 - p + 1e-12)
            out = x * mask
        return out, (dropout_param, mask)

    def dropout_backward(dout, cache):
        dropout_param, mask = cache
        return dout * mask if dropout_param["mode"] == "train" else dout


@wrong({"dx": "mask-forgotten"})
class MaskForgottenInBackward:
    def dropout_forward(x, dropout_param):
        if dropout_param["mode"] == "test":
            return x, (dropout_param, None)
        mask = (np.random.random_sample(x.shape) < dropout_param["p"]) / dropout_param["p"]
        return x * mask, (dropout_param, mask)

    def dropout_backward(dout, cache):
        dropout_param, mask = cache
        dx = dout
        return dx


@wrong({"out in test mode": "scaled-in-test-mode"})
class ScaledInTestModeToo:
    def dropout_forward(x, dropout_param):
        p = dropout_param["p"]
        if dropout_param["mode"] == "train":
            mask = (np.random.rand(*x.shape) < p) / p
            out = x * mask
        else:
            mask = None
            out = x * p
        return out, (dropout_param, mask)

    def dropout_backward(dout, cache):
        dropout_param, mask = cache
        return dout * mask if mask is not None else dout


@wrong({"out in test mode": "test-mode-ignored"})
class DropsInTestMode:
    def dropout_forward(x, dropout_param):
        p = dropout_param["p"]
        mask = (np.random.rand(*x.shape) < p) / p
        return x * mask, mask

    def dropout_backward(dout, mask):
        return dout * mask


@wrong({"out": "one-mask-for-the-batch"})
class OneMaskForTheBatch:
    def dropout_forward(x, dropout_param):
        p = dropout_param["p"]
        if dropout_param["mode"] == "test":
            return x, None
        mask = (np.random.rand(x.shape[1]) < p) / p
        return x * mask, mask

    def dropout_backward(dout, cache):
        return dout if cache is None else dout * cache


@wrong({"dx": "missing-1/N"})
class SoftmaxGradientNotAveraged:
    def softmax_loss(x, y):
        probs = np.exp(x - np.max(x, axis=1, keepdims=True))
        probs /= np.sum(probs, axis=1, keepdims=True)
        N = x.shape[0]
        loss = -np.sum(np.log(probs[np.arange(N), y])) / N
        dx = probs.copy()
        dx[np.arange(N), y] -= 1
        return loss, dx


@wrong({"dx": "missing-minus-one"})
class SoftmaxGradientWithoutTheLabels:
    def softmax_loss(x, y):
        N = x.shape[0]
        shifted = x - np.max(x, axis=1, keepdims=True)
        probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        loss = np.mean(-np.log(probs[range(N), y]))
        dx = probs / N
        return loss, dx


@wrong({"dx": "divided-before-minus-one"})
class SoftmaxDividesTooEarly:
    def softmax_loss(x, y):
        N = x.shape[0]
        e = np.exp(x - x.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(N), y]).mean()
        dx = probs / N
        dx[np.arange(N), y] -= 1
        return loss, dx


@wrong({"loss of large scores": "overflow", "dx of large scores": "overflow"})
class SoftmaxOverflows:
    def softmax_loss(x, y):
        N = x.shape[0]
        e = np.exp(x)
        probs = e / np.sum(e, axis=1, keepdims=True)
        loss = -np.sum(np.log(probs[np.arange(N), y])) / N
        dx = probs
        dx[np.arange(N), y] -= 1
        dx /= N
        return loss, dx


@wrong({"loss": "missing-1/N"})
class SoftmaxLossSummed:
    def softmax_loss(x, y):
        N = len(x)
        logits = x - x.max(axis=1, keepdims=True)
        log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        loss = -log_probs[np.arange(N), y].sum()
        dx = np.exp(log_probs)
        dx[np.arange(N), y] -= 1
        return loss, dx / N


@wrong({"loss": "right-class-counted"})
class SvmCountsTheRightClass:
    def svm_loss(x, y):
        N = x.shape[0]
        correct = x[np.arange(N), y]
        margins = np.maximum(0, x - correct[:, np.newaxis] + 1.0)
        loss = np.sum(margins) / N
        margins[np.arange(N), y] = 0
        num_pos = np.sum(margins > 0, axis=1)
        dx = np.zeros_like(x)
        dx[margins > 0] = 1
        dx[np.arange(N), y] -= num_pos
        dx /= N
        return loss, dx


@wrong({"dx": "label-column-missing"})
class SvmForgetsTheLabelColumn:
    def svm_loss(x, y):
        N = x.shape[0]
        correct = x[np.arange(N), y]
        margins = np.maximum(0, x - correct[:, None] + 1.0)
        margins[np.arange(N), y] = 0
        loss = margins.sum() / N
        dx = np.zeros_like(x)
        dx[margins > 0] = 1
        dx /= N
        return loss, dx
