"""Elementwise layers: ``relu_forward(x)``, ``relu_backward(dout, cache)`` to ``dx``; likewise sigmoid and tanh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...testing import Draw
from .layer import Case, Layer, Pieces, Suspect


def cases(draw: Draw) -> list[Case]:
    """Rows, images, and numbers among which many are exactly 0."""
    ties = np.round(draw(6, 5))
    return [Case((draw.nonzero(5, 4),)), Case((draw.nonzero(3, 2, 4),)), Case((ties.astype(draw.dtype),))]


def _pieces(op: Callable) -> Callable[[Case, Any], Pieces]:
    def pieces(case: Case, out: Any) -> Pieces:
        return Pieces.of(op, "x", *case.args)

    return pieces


RELU_SUSPECTS = (
    Suspect(
        "dx", "passes-at-zero", "the gradient passes where x is exactly 0",
        "relu is flat at 0 and below: dout * (x > 0), not >=", lambda p: p.dout * (p.x >= 0),
    ),
    Suspect(
        "dx", "mask-forgotten", "the gradient passes everywhere, also where x is negative",
        "multiply by the mask x > 0", lambda p: p.dout,
    ),
    Suspect(
        "dx", "mask-inverted", "the gradient passes where x is negative, and not where it is positive",
        "the mask is x > 0", lambda p: p.dout * (p.x < 0),
    ),
    Suspect(
        "dx", "mask-inverted", "the gradient passes where x is not positive",
        "the mask is x > 0", lambda p: p.dout * (p.x <= 0),
    ),
    Suspect(
        "dx", "mask-of-the-gradient", "the mask is that of dout, not of x",
        "dout may be negative: what counts is whether x was positive", lambda p: np.maximum(p.dout, 0),
    ),
    Suspect(
        "dx", "mask-of-the-gradient", "the gradient passes where both x and dout are positive",
        "dout may be negative: what counts is whether x was positive", lambda p: np.maximum(p.dout, 0) * (p.x > 0),
    ),
    Suspect(
        "dx", "multiplied-by-the-value", "dout is multiplied by the output instead of by where it is positive",
        "the slope of relu is 1 where x > 0, whatever x is", lambda p: p.dout * np.maximum(p.x, 0),
    ),
    Suspect(
        "dx", "multiplied-by-the-value", "dout is multiplied by x",
        "the slope of relu is 1 where x > 0, whatever x is", lambda p: p.dout * p.x,
    ),
    Suspect(
        "out", "identity", "x comes back as it is",
        "np.maximum(0, x)", lambda p: p.x,
    ),
    Suspect(
        "out", "absolute-value", "this is the absolute value of x",
        "relu is 0 for negative numbers: np.maximum(0, x)", lambda p: np.abs(p.x),
    ),
    Suspect(
        "out", "minimum", "this is the smaller of x and 0",
        "np.maximum(0, x)", lambda p: np.minimum(p.x, 0),
    ),
)  # fmt: skip

_SIGMOID_SUSPECTS = (
    Suspect(
        "dx", "wrong-cache", "the derivative s * (1 - s) is taken of x where it is meant of the output",
        "s is sigmoid(x): keep the output in the cache", lambda p: p.dout * p.x * (1 - p.x),
    ),
    Suspect(
        "dx", "derivative-forgotten", "dout is multiplied by the output, not by the derivative",
        "the derivative is s * (1 - s)", lambda p: p.dout * p.right["out"],
    ),
)  # fmt: skip

_TANH_SUSPECTS = (
    Suspect(
        "dx", "wrong-cache", "the derivative 1 - t ** 2 is taken of x where it is meant of the output",
        "t is tanh(x): keep the output in the cache", lambda p: p.dout * (1 - p.x**2),
    ),
    Suspect(
        "dx", "square-missing", "the derivative is 1 - t ** 2, here it is 1 - t",
        "square the output", lambda p: p.dout * (1 - p.right["out"]),
    ),
)  # fmt: skip


def _layer(name: str, op: Callable, suspects: tuple[Suspect, ...]) -> Layer:
    return Layer(name, ("x",), ("dx",), cases, _pieces(op), suspects, reference=f"the engine's {name}")


RELU = _layer("relu", ops.relu, RELU_SUSPECTS)
SIGMOID = _layer("sigmoid", ops.sigmoid, _SIGMOID_SUSPECTS)
TANH = _layer("tanh", np.tanh, _TANH_SUSPECTS)
