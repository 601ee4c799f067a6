"""Losses: scalars that measure how far scores or predictions are from their targets, as means over the batch."""

from __future__ import annotations

import numpy as np

from ..core import op, plain
from ..errors import ArgumentError, DTypeError, ShapeError


def check_labels(name, scores, y):
    """Refuse labels that are not one class index for each row of scores."""
    if len(scores.shape) != 2 or y.shape != scores.shape[:1]:
        raise ShapeError(f"{name}: takes scores (N, C) and labels (N,)")
    if y.dtype.kind not in "iu":
        raise DTypeError(f"{name}: labels are class indices and must be integers; got {y.dtype}")
    if not len(y):
        raise ShapeError(f"{name}: the batch is empty, so the mean over it is not defined")
    labels = plain(y)
    if labels.view(f"u{labels.itemsize}").max() >= scores.shape[1]:  # as unsigned numbers, negative ones are huge
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise ArgumentError(f"{name}: label {wrong} is not a class: scores have {scores.shape[1]} columns")


def one_hot(y, scores):
    """A mask of the shape of ``scores`` that is true at each row's label."""
    return y[:, None] == _count_to(scores.shape[1], y)


def of_labels(scores, y):
    """Each row's score at its label."""
    return scores[_count_to(len(y), y), y]


def _count_to(n, y):
    """0, 1, ... n - 1, as an array of the kind of ``y``."""
    return np.arange(n, like=plain(y))


@op(saves="probabilities", fused=True)
def softmax_loss(scores, y):
    """Mean cross-entropy of integer labels under the softmax of scores. Finite for scores of any finite size.

    scores (N, C), y (N,) integers in [0, C); gives a scalar. Raises ShapeError, DTypeError, ArgumentError.
    Source: the course's ``softmax_loss``; PyTorch's ``cross_entropy``.
    """
    check_labels("softmax_loss", scores, y)
    shifted = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    return (np.log(total[:, 0]) - of_labels(shifted, y)).sum() / len(scores), e / total


@softmax_loss.grad("scores")
def softmax_loss_dscores(g, probabilities, y):
    return (probabilities - one_hot(y, probabilities)) * (g / len(probabilities))


@op(saves="margins", fused=True)
def svm_loss(scores, y):
    """Mean multiclass hinge loss: how far wrong scores come within 1 of the right one, summed over classes.

    scores (N, C), y (N,) integers in [0, C); gives a scalar. Raises ShapeError, DTypeError, ArgumentError.
    Source: the course's ``svm_loss`` (C times PyTorch's ``multi_margin_loss``).
    """
    check_labels("svm_loss", scores, y)
    margins = np.maximum(scores - of_labels(scores, y)[:, None] + 1, 0) * np.logical_not(one_hot(y, scores))
    return margins.sum() / len(scores), margins


@svm_loss.grad("scores")
def svm_loss_dscores(g, margins, y):
    violated = (margins > 0).astype(g.dtype)
    return (violated - one_hot(y, margins) * violated.sum(axis=1, keepdims=True)) * (g / len(margins))


@svm_loss.branches
def _(scores, y):
    return scores - of_labels(scores, y)[:, None] + 1 > 0


def _label_samples(n, draw):
    if n:
        yield draw.distinct(n, 4), draw.integers(4, n)
        yield 100 * draw.distinct(n, 4), draw.integers(4, n)


softmax_loss.samples(_label_samples)
svm_loss.samples(_label_samples)


@op(fused=True)
def mse_loss(prediction, target):
    """Mean square difference over all elements.

    prediction and target have the same shape, which is not empty; gives a scalar. Raises ShapeError.
    """
    if np.shape(prediction) != np.shape(target):  # beside a tensor, an array without axes is a number
        raise ShapeError("mse_loss: prediction and target must have the same shape")
    difference = prediction - target
    if not difference.size:
        raise ShapeError("mse_loss: there are no elements to take a mean of")
    return (difference * difference).sum() / difference.size


@mse_loss.grad("prediction", "target")
def mse_loss_grad(g, prediction, target):
    difference = prediction - target
    d = difference * (g * 2 / difference.size)
    return d, -d


@mse_loss.samples
def _(n, draw):
    if n:
        yield draw(n, 3), draw(n, 3)
        yield draw(), draw()
