"""The affine layer: ``affine_forward(x, w, b)``, ``affine_backward(dout, cache)`` to ``dx, dw, db``."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...testing import Draw
from .layer import Case, Layer, Pieces, Suspect


def cases(draw: Draw) -> list[Case]:
    """N, D and M differ, so a transpose shows; two batches of images, so a missing reshape does."""
    return [
        Case((draw(6, 4), draw(4, 3), draw(3))),
        Case((draw(5, 7), draw(7, 2), draw(2))),
        Case((draw(3, 2, 4), draw(8, 5), draw(5))),
        Case((draw(4, 2, 3, 2), draw(12, 3), draw(3))),
    ]


def pieces(case: Case, out: Any) -> Pieces:
    """The engine's affine."""
    x, w, b = case.args
    p = Pieces.of(ops.affine, "x w b", x, w, b)
    p.rows = x.reshape(len(x), -1)
    return p


def _fortran(p: Pieces) -> Any:
    return p.x.reshape((p.n, -1), order="F")


SUSPECTS = (
    Suspect(
        "out", "bias-forgotten", "the bias is not added",
        "out = x @ w + b", lambda p: p.rows @ p.w,
    ),
    Suspect(
        "out", "bias-subtracted", "the bias is subtracted",
        "out = x @ w + b", lambda p: p.rows @ p.w - p.b,
    ),
    Suspect(
        "out", "wrong-reshape-order", "the numbers of an image come in another order than in NumPy's own reshape",
        "x.reshape(N, -1), without order= and without a transpose before it", lambda p: _fortran(p) @ p.w + p.b,
    ),
    Suspect(
        "dx", "wrong-reshape-order", "the numbers go back into the image in another order than they came out of it",
        "dx.reshape(x.shape), without order=", lambda p: (p.dout @ p.w.T).reshape(p.x.shape, order="F"),
    ),
    Suspect(
        "dw", "wrong-reshape-order", "the rows of x are made in another order than in the forward pass",
        "x.reshape(N, -1) here as there", lambda p: _fortran(p).T @ p.dout,
    ),
    Suspect(
        "db", "wrong-cache", "this is the sum of the outputs, not of their gradients",
        "db = dout.sum(axis=0)", lambda p: p.right["out"].sum(axis=0),
    ),
)  # fmt: skip

AFFINE = Layer("affine", ("x", "w", "b"), ("dx", "dw", "db"), cases, pieces, SUSPECTS, reference="the engine's affine")
