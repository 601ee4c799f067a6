"""Stochastic gradient descent, as an optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .optimizer import Group, Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum or Nesterov momentum.

    lr            learning rate
    momentum      share of the velocity that is kept; the velocity carries the learning rate
    nesterov      take the gradient where the momentum is about to lead
    weight_decay  strength of an L2 penalty on every parameter

    >>> import numpy as np, tensorgraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = tg.optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6).tolist()
    [0.8, 1.6]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)

    def _check(self, settings: Mapping[str, Any]) -> None:
        super()._check(settings)
        if settings["nesterov"] and not settings["momentum"]:
            raise ArgumentError("SGD: nesterov needs a momentum above 0")

    def slots(self, group: Group) -> tuple[str, ...]:
        """The velocity, when there is momentum."""
        return ("velocity",) if group["momentum"] else ()

    def change(self, g: np.ndarray, out: np.ndarray, state: dict[str, np.ndarray], t: int, group: Group) -> np.ndarray:
        """See ``rules.sgd``, ``rules.sgd_momentum`` and ``rules.sgd_nesterov_momentum``."""
        lr, momentum = group["lr"], group["momentum"]
        np.multiply(g, -lr, out=out)
        if not momentum:
            return out
        velocity = state["velocity"]
        velocity *= momentum
        velocity += out
        if not group["nesterov"]:
            return velocity
        np.multiply(g, -lr / momentum, out=out)  # momentum * velocity - lr * g, without room for a product
        out += velocity
        out *= momentum
        return out
