"""What goes wrong in update rules. Each suspect is the whole rule with one mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .adam_suspects import ADAM
from .layer import Config, RuleSuspect

# Momentum


def _velocity(c: Config, w: Any) -> Any:
    return c.get("velocity", np.zeros_like(w))


def _momentum(
    sign: float = -1, step: float = 1, rate: bool = True, rest: float = 1, stored: bool = True
) -> Callable[[Any, Any, Config], tuple[Any, Config]]:
    def rule(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
        v = rest * c["momentum"] * _velocity(c, w) + sign * (c["learning_rate"] if rate else 1) * dw
        return w + step * v, {**c, "velocity": v} if stored else c

    return rule


def _averaged(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
    v = c["momentum"] * _velocity(c, w) - (1 - c["momentum"]) * c["learning_rate"] * dw
    return w + v, {**c, "velocity": v}


def _twice(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
    v = c["momentum"] * _velocity(c, w) - c["learning_rate"] * dw
    return w + v - c["learning_rate"] * dw, {**c, "velocity": v}


def _old_velocity(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
    before = _velocity(c, w)
    return w + before, {**c, "velocity": c["momentum"] * before - c["learning_rate"] * dw}


_MOMENTUM = (
    RuleSuspect(
        "velocity-sign", "the velocity goes up along the gradient",
        "v = momentum * v - learning_rate * dw, then next_w = w + v", _momentum(sign=1),
    ),
    RuleSuspect(
        "velocity-sign", "the velocity is subtracted, but it has the minus in it already",
        "v = momentum * v - learning_rate * dw, then next_w = w + v", _momentum(step=-1),
    ),
    RuleSuspect(
        "velocity-not-stored", "the velocity is forgotten after each step",
        "store it: config['velocity'] = v", _momentum(stored=False),
    ),
    RuleSuspect(
        "learning-rate-missing", "the learning rate is left out",
        "v = momentum * v - learning_rate * dw", _momentum(rate=False),
    ),
    RuleSuspect(
        "momentum-missing", "the velocity is carried on without the factor momentum",
        "v = momentum * v - learning_rate * dw",
        lambda w, dw, c: _momentum(rest=1 / c["momentum"])(w, dw, c),
    ),
    RuleSuspect(
        "momentum-sign", "the old velocity is subtracted",
        "v = momentum * v - learning_rate * dw", _momentum(rest=-1),
    ),
    RuleSuspect(
        "averaged-velocity", "the gradient is multiplied by 1 - momentum",
        "the course's velocity is no average: v = momentum * v - learning_rate * dw", _averaged,
    ),
    RuleSuspect(
        "gradient-twice", "the step holds learning_rate * dw twice: it is in the velocity already",
        "next_w = w + v", _twice,
    ),
    RuleSuspect(
        "old-velocity", "the step is the old velocity",
        "first the new velocity, then next_w = w + v", _old_velocity,
    ),
)  # fmt: skip


# Nesterov's momentum


def _nesterov(with_old: Callable[[Any, Any, Config], Any]) -> Callable[[Any, Any, Config], tuple[Any, Config]]:
    """From what the step is, given the old velocity and the new."""

    def rule(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
        old = _velocity(c, w)
        new = c["momentum"] * old - c["learning_rate"] * dw
        return w + with_old(old, new, c), {**c, "velocity": new}

    return rule


_NESTEROV = (
    RuleSuspect(
        "plain-momentum", "this is plain momentum: v_old is left out, or it is the new velocity as well",
        "keep v_old = v before v is computed anew; next_w = w + v + momentum * (v - v_old)", _momentum(),
    ),
    RuleSuspect(
        "velocities-swapped", "the old and the new velocity have each other's place",
        "next_w = w + v + momentum * (v - v_old)", _nesterov(lambda old, new, c: new + c["momentum"] * (old - new)),
    ),
    RuleSuspect(
        "momentum-missing", "the difference of the velocities lacks its factor momentum",
        "next_w = w + v + momentum * (v - v_old)", _nesterov(lambda old, new, c: 2 * new - old),
    ),
    RuleSuspect(
        "velocity-forgotten", "the new velocity itself is left out of the step",
        "next_w = w + v + momentum * (v - v_old)", _nesterov(lambda old, new, c: c["momentum"] * (new - old)),
    ),
    RuleSuspect(
        "old-velocity", "the step begins with the old velocity",
        "next_w = w + v + momentum * (v - v_old)", _nesterov(lambda old, new, c: old + c["momentum"] * (new - old)),
    ),
    *_MOMENTUM,
)  # fmt: skip


# RMSProp


def _rms(
    average: Callable[[Any, Any, Config], Any] = lambda a, dw, c: c["decay_rate"] * a + (1 - c["decay_rate"]) * dw**2,
    root: Callable[[Any, Config], Any] = lambda a, c: np.sqrt(a) + c["epsilon"],
    sign: float = -1,
    stored: bool = True,
) -> Callable[[Any, Any, Config], tuple[Any, Config]]:
    def rule(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
        a = average(c.get("a", np.zeros_like(w)), dw, c)
        return w + sign * c["learning_rate"] * dw / root(a, c), {**c, "a": a} if stored else c

    return rule


_AVERAGE = "a = decay_rate * a + (1 - decay_rate) * dw ** 2"
_ROOT = "learning_rate * dw / (np.sqrt(a) + epsilon)"

_RMSPROP = (
    RuleSuspect(
        "epsilon-inside-root", "epsilon is under the root",
        _ROOT, _rms(root=lambda a, c: np.sqrt(a + c["epsilon"])),
    ),
    RuleSuspect("epsilon-missing", "epsilon is left out", _ROOT, _rms(root=lambda a, c: np.sqrt(a))),
    RuleSuspect("root-missing", "the root is missing", _ROOT, _rms(root=lambda a, c: a + c["epsilon"])),
    RuleSuspect(
        "decay-swapped", "decay_rate and 1 - decay_rate have each other's place",
        _AVERAGE, _rms(lambda a, dw, c: (1 - c["decay_rate"]) * a + c["decay_rate"] * dw**2),
    ),
    RuleSuspect(
        "square-missing", "the gradient is averaged, not its square",
        _AVERAGE, _rms(lambda a, dw, c: c["decay_rate"] * a + (1 - c["decay_rate"]) * dw),
    ),
    RuleSuspect(
        "decay-missing", "the squares are summed up, not averaged: this is AdaGrad",
        _AVERAGE, _rms(lambda a, dw, c: a + dw**2),
    ),
    RuleSuspect(
        "decay-missing", "the new square lacks its factor 1 - decay_rate",
        _AVERAGE, _rms(lambda a, dw, c: c["decay_rate"] * a + dw**2),
    ),
    RuleSuspect(
        "average-not-stored", "the average is forgotten after each step",
        "store it: config['a'] = a", _rms(stored=False),
    ),
    RuleSuspect(
        "old-average", "the average of before this gradient is used",
        "first the new average, then the step", lambda w, dw, c: _rms_with_old(w, dw, c),
    ),
)  # fmt: skip


def _rms_with_old(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
    a = c.get("a", np.zeros_like(w))
    after = c["decay_rate"] * a + (1 - c["decay_rate"]) * dw**2
    return w - c["learning_rate"] * dw / (np.sqrt(a) + c["epsilon"]), {**c, "a": after}


_SGD = (
    RuleSuspect(
        "learning-rate-missing", "the learning rate is left out",
        "next_w = w - learning_rate * dw", lambda w, dw, c: (w - dw, c),
    ),
)  # fmt: skip

SUSPECTS = {
    "sgd": _SGD, "sgd_momentum": _MOMENTUM, "sgd_nesterov_momentum": _NESTEROV, "rmsprop": _RMSPROP, "adam": ADAM
}  # fmt: skip
