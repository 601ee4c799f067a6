"""Gradient clipping: smaller gradients in place of large ones, between ``backward`` and ``step``."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..core import Tensor
from ..errors import ArgumentError, NonFiniteError
from .packing import row


def clip_grad_norm(params: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients by one factor, so that their norm is at most ``max_norm``; they keep their direction.

    The norm is that of all gradients together, as one long vector. Returns the norm before. Parameters without a
    gradient are passed over; clipped gradients are new arrays. Source: Pascanu, Mikolov and Bengio (2013).
    Raises NonFiniteError when a gradient holds NaN or Inf, which no factor would mend.

    >>> import tensorgraph as tg
    >>> w = tg.Tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w / 2).sum().backward()
    >>> clip_grad_norm([w], 1.0)
    5.0
    >>> w.grad.numpy().round(6).tolist()
    [0.6, 0.8]
    """
    total = 0.0
    found = _gradients("clip_grad_norm", params, max_norm)
    for p, grad in found:
        total += _square_norm(grad)
        if not math.isfinite(total):
            raise NonFiniteError(
                f"clip_grad_norm: the gradient of {p.name or 'a parameter'} {p.shape} holds NaN or Inf. "
                "Run the step inside tensorgraph.debug() to be told which op made the first"
            )
    norm = math.sqrt(total)
    if norm > max_norm:
        for p, grad in found:
            p.grad = grad * float(max_norm / norm)
    return norm


def clip_grad_value(params: Iterable[Tensor], max_value: float) -> None:
    """Bring every element of every gradient into ``[-max_value, max_value]``, or both parts of a complex one.

    Parameters without a gradient are passed over; clipped gradients are new arrays.

    >>> import tensorgraph as tg
    >>> w = tg.Tensor([3.0, -0.5], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value([w], 2.0)
    >>> w.grad.numpy().tolist()
    [2.0, -1.0]
    """
    most = float(max_value)
    for p, grad in _gradients("clip_grad_value", params, most):
        p.grad = np.clip(row(grad), -most, most).view(grad.dtype).reshape(grad.shape)


def _gradients(name: str, params: Iterable[Tensor], most: float) -> list[tuple[Tensor, np.ndarray]]:
    """The parameters that have gradients, and these."""
    if not most >= 0:
        raise ArgumentError(f"{name}: the bound is at least 0; got {most}")
    params = list(params)
    for p in params:
        if not isinstance(p, Tensor):
            raise ArgumentError(f"{name}: takes parameters, such as net.parameters() gives; got a {type(p).__name__}")
    return [(p, p.grad.numpy()) for p in params if p.grad is not None]


def _square_norm(grad: np.ndarray) -> float:
    """The sum of squares, in double precision: the square of a large float32 is no float32."""
    elements = row(grad)
    return float(np.einsum("i,i->", elements, elements, dtype=np.result_type(elements, np.float64)))
