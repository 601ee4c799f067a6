"""What fused ops compute, as textbooks write it: NumPy code that is read as formulas, like the engine's own rules.

The op's forward is written for speed and range (no overflow, no division by 0); here is what it means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ... import ops
from ...core import Op
from ...ops.affine import rows
from ...ops.losses import of_labels, one_hot


class Textbook(NamedTuple):
    """What an op means. Functions take, by name, the op's arguments, its residuals, and what is in ``parts`` before.

    out    the output
    parts  values on the way that have a name of their own; a residual of the op must have its name
    """

    out: Callable
    parts: dict[str, Callable] = {}


def _normalized(x: Any, inv_std: Any) -> Any:
    return (x - np.mean(x, 0)) * inv_std


def _inverse_deviation(x: Any, eps: Any) -> Any:
    return 1 / np.sqrt(np.var(x, 0) + eps)


TEXTBOOK: dict[Op, Textbook] = {
    ops.affine: Textbook(lambda x, weight, bias: rows(x) @ weight + bias),
    ops.relu: Textbook(lambda x: np.maximum(x, 0)),
    ops.affine_relu: Textbook(lambda x, weight, bias: np.maximum(rows(x) @ weight + bias, 0)),
    ops.leaky_relu: Textbook(lambda x, slope: np.where(x > 0, x, slope * x)),
    ops.sigmoid: Textbook(lambda x: 1 / (1 + np.exp(-x))),
    ops.log_softmax: Textbook(lambda x, axis: np.log(ops.softmax(x, axis))),
    ops.logsumexp: Textbook(lambda a, axis, keepdims: np.log(np.sum(np.exp(a), axis, keepdims=keepdims))),
    ops.dropout: Textbook(lambda x, mask: x * mask),
    ops.batchnorm: Textbook(
        lambda xhat, gamma, beta: gamma * xhat + beta,
        {"inv_std": _inverse_deviation, "xhat": _normalized},
    ),
    ops.batchnorm_test: Textbook(
        lambda x, gamma, beta, mean, var, eps: gamma * ((x - mean) / np.sqrt(var + eps)) + beta
    ),
    ops.affine_batchnorm_relu: Textbook(
        lambda xhat, gamma, beta: np.maximum(gamma * xhat + beta, 0),
        {
            "z": lambda x, weight, bias: rows(x) @ weight + bias,
            "inv_std": lambda z, eps: _inverse_deviation(z, eps),
            "xhat": lambda z, inv_std: _normalized(z, inv_std),
        },
    ),
    ops.mse_loss: Textbook(lambda prediction, target: np.mean((prediction - target) ** 2)),
    ops.softmax_loss: Textbook(
        lambda probabilities, y: -np.sum(np.log(of_labels(probabilities, y))) / len(y),
        {"probabilities": lambda scores: ops.softmax(scores)},
    ),
    ops.svm_loss: Textbook(
        lambda margins: np.sum(margins) / len(margins),
        {
            "margins": lambda scores, y: (
                np.maximum(scores - of_labels(scores, y)[:, None] + 1, 0) * np.logical_not(one_hot(y, scores))
            )
        },
    ),
}
