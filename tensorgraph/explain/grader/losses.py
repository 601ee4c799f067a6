"""The losses: ``softmax_loss(x, y)`` and ``svm_loss(x, y)``, each to ``loss, dx``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...testing import Draw
from .layer import Case, Layer, Pieces, Suspect

LARGE = "of large scores"


def _batches(draw: Draw) -> list[Case]:
    return [Case((draw.distinct(*shape), draw.integers(shape[1], shape[0]))) for shape in ((6, 4), (5, 3), (9, 7))]


def softmax_cases(draw: Draw) -> list[Case]:
    """Scores near 0; scores that exp overflows and underflows for, in all rows and in some."""
    rows = np.array([[0.0], [-800.0], [0.0], [-800.0], [0.0]], draw.dtype)
    return [
        *_batches(draw),
        Case((draw.distinct(6, 4) + 800, draw.integers(4, 6)), LARGE),
        Case((draw.distinct(5, 3) + rows, draw.integers(3, 5)), LARGE),
    ]


def _one_hot(case: Case) -> Any:
    x, y = case.args
    return np.eye(x.shape[1], dtype=bool)[y]


def softmax_pieces(case: Case, out: Any) -> Pieces:
    """The engine's softmax loss, and the probabilities."""
    x, y = case.args
    return Pieces.of(lambda x: ops.softmax_loss(x, y), "x", x, hot=_one_hot(case), probabilities=ops.softmax(x))


def svm_pieces(case: Case, out: Any) -> Pieces:
    """The engine's hinge loss; the margins, that of the right class among them; which of the others count."""
    x, y = case.args
    hot = _one_hot(case)
    margins = np.maximum(0, x - x[hot][:, None] + 1)
    return Pieces.of(lambda x: ops.svm_loss(x, y), "x", x, hot=hot, margins=margins, counted=(margins > 0) & ~hot)


def _naive_dx(p: Pieces, largest: Any) -> Any:
    e = np.exp(p.x - largest)
    return (e / e.sum(axis=1, keepdims=True) - p.hot) / p.n


def _naive_loss(p: Pieces, largest: Any) -> Any:
    e = np.exp(p.x - largest)
    return -np.log((e / e.sum(axis=1, keepdims=True))[p.hot]).mean()


def _normalized_over_the_batch(p: Pieces, largest: Any) -> Any:
    e = np.exp(p.x - largest)
    return -np.log((e / e.sum(axis=0))[p.hot]).mean()


_SHIFT = "subtract each row's largest score first: x - x.max(axis=1, keepdims=True) changes no probability"

_EXTREME = (
    Suspect(
        f"loss {LARGE}", "overflow", "exp overflows or underflows: the loss is nan or inf for scores of a few hundred",
        _SHIFT, lambda p: _naive_loss(p, 0),
    ),
    Suspect(
        f"dx {LARGE}", "overflow", "exp overflows or underflows: there is nan for scores of a few hundred",
        _SHIFT, lambda p: _naive_dx(p, 0),
    ),
    Suspect(
        f"loss {LARGE}", "maximum-of-the-batch", "the largest score of the whole batch is subtracted, not of each row",
        _SHIFT, lambda p: _naive_loss(p, p.x.max()),
    ),
    Suspect(
        f"dx {LARGE}", "maximum-of-the-batch", "the largest score of the whole batch is subtracted, not of each row",
        _SHIFT, lambda p: _naive_dx(p, p.x.max()),
    ),
)  # fmt: skip

_ORDINARY = (
    Suspect(
        "loss", "log-missing", "the log is missing: this is minus the mean probability of the right class",
        "the loss is -log p, averaged", lambda p: -p.probabilities[p.hot].mean(),
    ),
    Suspect(
        "loss", "normalization-missing", "the scores of the right classes are not normalized",
        "log p is the score less the log of the sum of exp over the row",
        lambda p: -(p.x - p.x.max(axis=1, keepdims=True))[p.hot].mean(),
    ),
    Suspect(
        "loss", "wrong-axis", "the probabilities are normalized over the batch, not over the classes",
        "each row sums to 1: axis=1", lambda p: _normalized_over_the_batch(p, p.x.max(axis=1, keepdims=True)),
    ),
    Suspect(
        "loss", "wrong-axis", "the largest score and the sum are those of each class, not of each example",
        "each row sums to 1: axis=1", lambda p: _normalized_over_the_batch(p, p.x.max(axis=0)),
    ),
    Suspect(
        "dx", "missing-minus-one", "the probabilities are there, the -1 at the labels is not",
        "dx[np.arange(N), y] -= 1, before the division by N", lambda p: p.probabilities / p.n,
    ),
    Suspect(
        "dx", "missing-minus-one", "the probabilities are there; the -1 at the labels is not, nor the division by N",
        "dx[np.arange(N), y] -= 1, then dx /= N", lambda p: p.probabilities,
    ),
    Suspect(
        "dx", "plus-one", "1 is added at the labels",
        "the gradient is p - 1 at the label: dx[np.arange(N), y] -= 1", lambda p: (p.probabilities + p.hot) / p.n,
    ),
    Suspect(
        "dx", "divided-before-minus-one", "the division by N comes before the -1 at the labels",
        "first dx[np.arange(N), y] -= 1, then dx /= N", lambda p: p.probabilities / p.n - p.hot,
    ),
    Suspect(
        "dx", "only-the-labels", "only the entries at the labels are filled",
        "every class has a gradient: its probability", lambda p: p.hot * (p.probabilities - 1) / p.n,
    ),
    Suspect(
        "dx", "minus-one-everywhere", "1 is subtracted from whole columns, not at each row's label",
        "index rows and columns together: dx[np.arange(N), y]",
        lambda p: (p.probabilities - p.hot.any(axis=0)) / p.n,
    ),
)  # fmt: skip

SOFTMAX_SUSPECTS = (*_EXTREME, *[s._replace(where=f"{s.where}, {s.where} {LARGE}") for s in _ORDINARY])


def _svm_dx(p: Pieces, counted: Any, labels: Any) -> Any:
    return (counted * 1.0 - p.hot * labels) / p.n


def _counts(p: Pieces) -> Any:
    return p.counted.sum(axis=1, keepdims=True)


SVM_SUSPECTS = (
    Suspect(
        "loss", "right-class-counted", "the margin of the right class, which is always 1, is counted",
        "margins[np.arange(N), y] = 0 before the sum", lambda p: p.margins.sum() / p.n,
    ),
    Suspect(
        "loss", "margin-missing", "the margin of 1 is missing",
        "max(0, score - right score + 1)",
        lambda p: np.maximum(0, p.x - p.x[p.hot][:, None]).sum() / p.n,
    ),
    Suspect(
        "loss", "maximum-missing", "negative margins are counted: max(0, ...) is missing",
        "max(0, score - right score + 1)", lambda p: ((p.x - p.x[p.hot][:, None] + 1) * ~p.hot).sum() / p.n,
    ),
    Suspect(
        "loss", "squared", "the margins are squared",
        "the course's hinge loss sums the margins themselves", lambda p: ((p.margins * ~p.hot) ** 2).sum() / p.n,
    ),
    Suspect(
        "loss", "largest-margin-only", "only the largest margin of each example counts",
        "sum over all wrong classes", lambda p: (p.margins * ~p.hot).max(axis=1).mean(),
    ),
    Suspect(
        "dx", "label-column-missing", "the entries at the labels are missing",
        "each margin holds the right score with a minus: subtract the number of positive margins at the label",
        lambda p: _svm_dx(p, p.counted, 0),
    ),
    Suspect(
        "dx", "right-class-counted", "the margin of the right class is counted among the positive ones",
        "margins[np.arange(N), y] = 0 before they are counted", lambda p: _svm_dx(p, p.counted, _counts(p) + 1),
    ),
    Suspect(
        "dx", "right-class-counted", "the margin of the right class adds 1 at the label",
        "margins[np.arange(N), y] = 0 before they are counted", lambda p: _svm_dx(p, p.counted, _counts(p) - 1),
    ),
    Suspect(
        "dx", "label-counted-once", "1 is subtracted at the label, not the number of positive margins",
        "the right score is in every margin: subtract their number", lambda p: _svm_dx(p, p.counted, 1),
    ),
    Suspect(
        "dx", "label-counted-with-plus", "the number of positive margins is added at the label",
        "the right score has a minus in every margin", lambda p: _svm_dx(p, p.counted, -_counts(p)),
    ),
    Suspect(
        "dx", "margins-for-counts", "the margins themselves are there, not 1 where they are positive",
        "the derivative of max(0, m) is 1 where m > 0",
        lambda p: _svm_dx(p, p.margins * ~p.hot, (p.margins * ~p.hot).sum(axis=1, keepdims=True)),
    ),
)  # fmt: skip

_BATCHED = ("x", "y"), ("dx",)

SOFTMAX = Layer("softmax_loss", *_BATCHED, softmax_cases, softmax_pieces, SOFTMAX_SUSPECTS, "the engine's softmax_loss")
SVM = Layer("svm_loss", *_BATCHED, _batches, svm_pieces, SVM_SUSPECTS, "the engine's svm_loss")
