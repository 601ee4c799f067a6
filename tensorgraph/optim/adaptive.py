"""Optimizers whose steps adapt to the size of past gradients, element by element."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .optimizer import Group, Optimizer
from .packing import Block


class RMSProp(Optimizer):
    """Steps scaled by a moving average of squared gradients. See ``rules.rmsprop``.

    lr            learning rate
    decay_rate    share of the moving average that is kept
    epsilon       added to the root of the average
    weight_decay  strength of an L2 penalty on every parameter
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        decay_rate: float = 0.99,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, decay_rate=decay_rate, epsilon=epsilon, weight_decay=weight_decay)

    def slots(self, group: Group) -> tuple[str, ...]:
        """The moving average of squared gradients."""
        return ("a",)

    def change(self, g: np.ndarray, out: np.ndarray, state: dict[str, np.ndarray], t: int, group: Group) -> np.ndarray:
        """See ``rules.rmsprop``."""
        a = state["a"]
        np.multiply(g, g, out=out)
        out *= 1 - group["decay_rate"]
        a *= group["decay_rate"]
        a += out
        np.sqrt(a, out=out)
        out += group["epsilon"]
        np.divide(g, out, out=out)
        out *= -group["lr"]
        return out


class Adam(Optimizer):
    """Moving averages of the gradient and of its square, corrected for their start at 0. See ``rules.adam``.

    lr            learning rate
    beta1, beta2  shares of the two moving averages that are kept
    epsilon       added to the root of the second average
    weight_decay  strength of an L2 penalty on every parameter, which passes through the averages

    >>> import tensorgraph as tg
    >>> w = tg.Tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = tg.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6).tolist()
    [0.9, -0.9]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, beta1=beta1, beta2=beta2, epsilon=epsilon, weight_decay=weight_decay)

    def slots(self, group: Group) -> tuple[str, ...]:
        """The first moment v and the second moment a."""
        return ("v", "a")

    def change(self, g: np.ndarray, out: np.ndarray, state: dict[str, np.ndarray], t: int, group: Group) -> np.ndarray:
        """See ``rules.adam``. The corrections of both averages are moved into two numbers, to save two passes."""
        v, a, beta1, beta2 = state["v"], state["a"], group["beta1"], group["beta2"]
        np.multiply(g, 1 - beta1, out=out)
        v *= beta1
        v += out
        np.multiply(g, g, out=out)
        out *= 1 - beta2
        a *= beta2
        a += out
        np.sqrt(a, out=out)
        correction = math.sqrt(1 - beta2**t)
        out += group["epsilon"] * correction
        np.divide(v, out, out=out)
        out *= -group["lr"] * correction / (1 - beta1**t)
        return out


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: ``w -= lr * weight_decay * w``.

    Source: Loshchilov and Hutter (2019).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, beta1, beta2, epsilon, weight_decay)

    def _decay(self, block: Block, g: np.ndarray, group: Group) -> None:
        for piece in block.pieces:
            piece.weight[...] *= 1 - group["lr"] * group["weight_decay"]
