"""Inverted dropout: ``dropout_forward(x, dropout_param)`` with ``p`` the probability to keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ... import ops
from ...testing import Draw
from .layer import TEST, Case, Layer, Pieces, Suspect
from .report import Finding


def cases(draw: Draw) -> list[Case]:
    """Batches large enough to count what is kept, without a seed and with one; p of 1; test mode."""
    return [
        Case((draw.nonzero(40, 30), {"mode": "train", "p": 0.8})),
        Case((draw.nonzero(30, 50), {"mode": "train", "p": 0.25, "seed": 123})),
        Case((draw.nonzero(20, 30), {"mode": "train", "p": 1.0})),
        Case((draw.nonzero(5, 4), {"mode": "test", "p": 0.8}), TEST),
        Case((draw.nonzero(4, 6), {"mode": "test", "p": 0.25, "seed": 123}), TEST),
    ]


def pieces(case: Case, out: Any) -> Pieces:
    """The engine's dropout, with the mask that the student drew: where the output is not 0."""
    x, param = case.args
    kept = out != 0 if np.shape(out) == x.shape else np.ones(x.shape, bool)
    testing = param["mode"] == "test"
    mask = np.ones(x.shape) if testing else kept / param["p"]
    p = Pieces.of(lambda x: ops.dropout(x, mask), "x", x, kept=kept, keep=param["p"])
    if not testing and np.shape(out) == x.shape:  # the gradient of what the student's forward does
        p.scale = out / x
        p.right["dx"] = p.dout * p.scale
    return p


SUSPECTS = (
    Suspect(
        "out", "mask-not-scaled", "what is kept is not divided by p",
        "inverted dropout divides by p in training, so that test mode need not know of it: mask = (... < p) / p",
        lambda p: p.x * p.kept,
    ),
    Suspect(
        "out", "scaled-the-wrong-way", "what is kept is multiplied by p, not divided by it",
        "fewer are kept, so each counts more: mask = (... < p) / p", lambda p: p.x * p.kept * p.keep,
    ),
    Suspect(
        "out", "scaled-twice", "what is kept is divided by p twice",
        "the mask is divided by p already", lambda p: p.x * p.kept / p.keep**2,
    ),
    Suspect(
        "dx", "mask-forgotten", "the gradient passes everywhere, also where the activation was dropped",
        "dx = dout * mask: keep the mask in the cache", lambda p: p.dout,
    ),
    Suspect(
        "dx", "scaled-twice", "the mask is divided by p already, and here it is again",
        "dx = dout * mask, with the very mask of the forward pass", lambda p: p.right["dx"] / p.keep,
    ),
    Suspect(
        "dx", "mask-not-scaled", "the gradient is not divided by p, but the output is",
        "dx = dout * mask, with the very mask of the forward pass", lambda p: p.dout * p.kept,
    ),
    Suspect(
        "dx", "scaled-the-wrong-way", "the gradient is multiplied by p, not divided by it",
        "dx = dout * mask, with the very mask of the forward pass", lambda p: p.dout * p.kept * p.keep,
    ),
    Suspect(
        "dx", "mask-inverted", "the gradient passes where the activation was dropped",
        "dx = dout * mask", lambda p: p.dout * ~p.kept / p.keep,
    ),
    Suspect(
        "dx", "wrong-cache", "dout is multiplied by the output, not by the mask",
        "dx = dout * mask: keep the mask in the cache", lambda p: p.dout * p.x * p.kept / p.keep,
    ),
    Suspect(
        f"out {TEST}", "scaled-in-test-mode", "test mode multiplies by p",
        "with inverted dropout the scaling is done in training: out = x", lambda p: p.x * p.keep,
    ),
    Suspect(
        f"out {TEST}", "scaled-in-test-mode", "test mode divides by p",
        "with inverted dropout the scaling is done in training: out = x", lambda p: p.x / p.keep,
    ),
    Suspect(
        f"out {TEST}", "test-mode-ignored", "test mode drops activations, as training does",
        "in test mode nothing is dropped: out = x", lambda p: p.x * p.kept / p.keep,
    ),
    Suspect(
        f"out {TEST}", "test-mode-ignored", "test mode drops activations, as training does, and does not scale them",
        "in test mode nothing is dropped: out = x", lambda p: p.x * p.kept,
    ),
    Suspect(
        f"dx {TEST}", "scaled-in-test-mode", "test mode multiplies the gradient by p",
        "in test mode out = x, so dx = dout", lambda p: p.dout * p.keep,
    ),
    Suspect(
        f"dx {TEST}", "scaled-in-test-mode", "test mode divides the gradient by p",
        "in test mode out = x, so dx = dout", lambda p: p.dout / p.keep,
    ),
)  # fmt: skip

_SWAPPED = "p is the probability to keep: mask = (np.random.rand(*x.shape) < p) / p"


def probe(case: Case, args: tuple, out: Any) -> Iterable[Finding]:
    """How many are kept, by what they are scaled, and whether each entry has a draw of its own."""
    x, param = case.args
    p = param["p"]
    if param["mode"] == "test" or p == 1 or np.shape(out) != x.shape:
        return
    kept = out != 0
    share = float(kept.mean())
    spread = float(np.sqrt(p * (1 - p) / kept.size))
    scales = (out / x)[kept]
    scale = float(scales[0]) if len(scales) and np.allclose(scales, scales[0], rtol=1e-4) else None
    seen = f"out, on {case.words(('x', 'dropout_param'))}: {share:.1%} are kept" + (
        f" and multiplied by {scale:.4g}; right is {p:.0%} and {1 / p:.4g}" if scale is not None else f", not {p:.0%}"
    )
    one_for_all = (kept == kept[:1]).all() or (kept == kept[:, :1]).all()
    if 0 < share < 1 and one_for_all:
        hint = "draw one number for each entry: np.random.rand(*x.shape)"
        sentence = "the same mask is used for every row, or for every column"
        yield Finding("out", "one-mask-for-the-batch", sentence, seen, hint)
    elif abs(share - p) > 6 * spread:
        if abs(share - (1 - p)) < 6 * spread:
            yield Finding("out", "p-and-1-p-swapped", "what is kept with probability 1 - p", seen, _SWAPPED)
        else:
            yield Finding("out", "wrong-share", "the share of what is kept is not p", seen, _SWAPPED)
    elif scale is not None and abs(scale - 1 / (1 - p)) < 1e-4:
        yield Finding("out", "p-and-1-p-swapped", "what is kept is divided by 1 - p, not by p", seen, _SWAPPED)


DROPOUT = Layer(
    "dropout", ("x", "dropout_param"), ("dx",), cases, pieces, SUSPECTS,
    "the engine's dropout with the same mask", probe=probe,
)  # fmt: skip
