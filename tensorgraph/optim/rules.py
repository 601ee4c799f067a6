"""The course's update rules as pure functions: ``rule(w, dw, config=None) -> (next_w, config)``.

They are the definitions: plain NumPy, so they run on arrays of any dtype and on tensors. The optimizers ``SGD``,
``RMSProp`` and ``Adam`` do the same arithmetic in place. ``config`` holds settings and state; it is never changed, a
new one is returned. Source: the course's ``optim.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Config = dict[str, Any]


def sgd(w: Any, dw: Any, config: Config | None = None) -> tuple[Any, Config]:
    """Stochastic gradient descent: ``w - learning_rate * dw``.

    Config: learning_rate (1e-2).

    >>> import numpy as np
    >>> sgd(np.array([1.0]), np.array([0.5]), {"learning_rate": 0.1})[0]
    array([0.95])
    """
    c = {"learning_rate": 1e-2, **(config or {})}
    return w - c["learning_rate"] * dw, c


def sgd_momentum(w: Any, dw: Any, config: Config | None = None) -> tuple[Any, Config]:
    """Gradient descent with momentum: the velocity carries the learning rate.

    Config: learning_rate (1e-2), momentum (0.9), velocity (0).
    """
    c = {"learning_rate": 1e-2, "momentum": 0.9, **(config or {})}
    c["velocity"] = c["momentum"] * c.get("velocity", np.zeros_like(w)) - c["learning_rate"] * dw
    return w + c["velocity"], c


def sgd_nesterov_momentum(w: Any, dw: Any, config: Config | None = None) -> tuple[Any, Config]:
    """Gradient descent with Nesterov momentum: the gradient is taken where the momentum is about to lead.

    Config: learning_rate (1e-2), momentum (0.9), velocity (0).
    """
    c = {"learning_rate": 1e-2, "momentum": 0.9, **(config or {})}
    before = c.get("velocity", np.zeros_like(w))
    c["velocity"] = c["momentum"] * before - c["learning_rate"] * dw
    return w + c["velocity"] + c["momentum"] * (c["velocity"] - before), c


def rmsprop(w: Any, dw: Any, config: Config | None = None) -> tuple[Any, Config]:
    """Steps scaled by a moving average ``a`` of squared gradients. Source: Tieleman and Hinton (2012).

    Config: learning_rate (1e-2), decay_rate (0.99), epsilon (1e-8), a (0).
    """
    c = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, **(config or {})}
    c["a"] = c["decay_rate"] * c.get("a", np.zeros_like(w)) + (1 - c["decay_rate"]) * dw * dw
    return w - c["learning_rate"] * dw / (np.sqrt(c["a"]) + c["epsilon"]), c


def adam(w: Any, dw: Any, config: Config | None = None) -> tuple[Any, Config]:
    """Moving averages of the gradient ``v`` and of its square ``a``, both corrected for their start at 0.

    Config: learning_rate (1e-3), beta1 (0.9), beta2 (0.999), epsilon (1e-8), v (0), a (0), t (0, the steps so far).
    Source: Kingma and Ba (2015).
    """
    c = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "t": 0, **(config or {})}
    c["t"] = c["t"] + 1
    c["v"] = c["beta1"] * c.get("v", np.zeros_like(w)) + (1 - c["beta1"]) * dw
    c["a"] = c["beta2"] * c.get("a", np.zeros_like(w)) + (1 - c["beta2"]) * dw * dw
    v_hat = c["v"] / (1 - c["beta1"] ** c["t"])
    a_hat = c["a"] / (1 - c["beta2"] ** c["t"])
    return w - c["learning_rate"] * v_hat / (np.sqrt(a_hat) + c["epsilon"]), c
