"""What goes wrong in update rules. Each suspect is the whole rule with one mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Config = dict[str, Any]


class RuleSuspect(NamedTuple):
    """A mistake in an update rule, as a rule that has it."""

    mistake: str
    sentence: str
    hint: str
    rule: Callable[[Any, Any, Config], tuple[Any, Config]]


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
        "plain-momentum", "this is plain momentum",
        "next_w = w + v + momentum * (v - v_old)", _momentum(),
    ),
    RuleSuspect(
        "velocities-swapped", "the old and the new velocity have each other's place",
        "next_w = w + v + momentum * (v - v_old)", _nesterov(lambda old, new, c: new + c["momentum"] * (old - new)),
    ),
    RuleSuspect(
        "old-velocity", "v_old is the new velocity as well, so their difference is 0",
        "keep v_old = v before v is computed anew", _nesterov(lambda old, new, c: new),
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
    RuleSuspect("average-not-stored", "the average is forgotten after each step", "config['a'] = a", _rms(stored=False)),
    RuleSuspect(
        "old-average", "the average of before this gradient is used",
        "first the new average, then the step", lambda w, dw, c: _rms_with_old(w, dw, c),
    ),
)  # fmt: skip


def _rms_with_old(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
    a = c.get("a", np.zeros_like(w))
    after = c["decay_rate"] * a + (1 - c["decay_rate"]) * dw**2
    return w - c["learning_rate"] * dw / (np.sqrt(a) + c["epsilon"]), {**c, "a": after}


# Adam


class _Moments(NamedTuple):
    """Both moments, plain and corrected, the step counted from 1, and the settings."""

    v: Any
    a: Any
    v_hat: Any
    a_hat: Any
    dw: Any
    t: int
    c: Config

    def by(self, v: Any, a: Any) -> Any:
        """The step that these two moments give."""
        return v / (np.sqrt(a) + self.c["epsilon"])


def _adam(
    step: Callable[[_Moments], Any] = lambda m: m.by(m.v_hat, m.a_hat),
    clock: Callable[[int], int] = lambda t: t,
    keep: Callable[[_Moments], tuple[Any, Any]] = lambda m: (m.v, m.a),
    betas: Callable[[Config], tuple[float, float, float, float]] = lambda c: (
        c["beta1"], 1 - c["beta1"], c["beta2"], 1 - c["beta2"]
    ),
    power: int = 2,
) -> Callable[[Any, Any, Config], tuple[Any, Config]]:  # fmt: skip
    """Adam, wrong in one place: the step, the count of steps, what is kept, the shares, or the square."""

    def rule(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
        taken = c.get("taken", 0) + 1
        t = clock(taken)
        b1, new1, b2, new2 = betas(c)
        v = b1 * c.get("v", np.zeros_like(w)) + new1 * dw
        a = b2 * c.get("a", np.zeros_like(w)) + new2 * dw**power
        v_hat, a_hat = (
            x / np.float64(1 - beta**t) for x, beta in ((v, c["beta1"]), (a, c["beta2"]))
        )  # of float64, so that a division by 0 gives what it gives to students' arrays
        m = _Moments(v, a, v_hat, a_hat, dw, t, c)
        kept = dict(zip(("v", "a"), keep(m)))
        return w - c["learning_rate"] * step(m), {**c, **kept, "taken": taken}

    return rule


_STEP = "learning_rate * v_hat / (np.sqrt(a_hat) + epsilon)"
_COUNT = "config['t'] += 1 before t is used, and it stays in config"
_CORRECTION = "v_hat = v / (1 - beta1 ** t), a_hat = a / (1 - beta2 ** t)"

_ADAM = (
    RuleSuspect("t-not-incremented", "t is not counted: it is 1 in every step", _COUNT, _adam(clock=lambda t: 1)),
    RuleSuspect(
        "t-incremented-late", "t is 0 in the first step, which divides by 1 - beta ** 0 = 0",
        _COUNT, _adam(clock=lambda t: t - 1),
    ),
    RuleSuspect("t-not-incremented", "t stays 0, which divides by 1 - beta ** 0 = 0", _COUNT, _adam(clock=lambda t: 0)),
    RuleSuspect("t-off-by-one", "t is 2 in the first step", "t starts at 0", _adam(clock=lambda t: t + 1)),
    RuleSuspect(
        "bias-correction-missing", "the moments are not corrected for their start at 0",
        _CORRECTION, _adam(lambda m: m.by(m.v, m.a)),
    ),
    RuleSuspect(
        "bias-correction-missing", "the second moment is not corrected for its start at 0",
        _CORRECTION, _adam(lambda m: m.by(m.v_hat, m.a)),
    ),
    RuleSuspect(
        "bias-correction-missing", "the first moment is not corrected for its start at 0",
        _CORRECTION, _adam(lambda m: m.by(m.v, m.a_hat)),
    ),
    RuleSuspect(
        "bias-correction-without-t", "the moments are divided by 1 - beta, without the power t",
        _CORRECTION, _adam(lambda m: m.by(m.v / (1 - m.c["beta1"]), m.a / (1 - m.c["beta2"]))),
    ),
    RuleSuspect(
        "corrected-moments-stored", "the corrected moments are stored, so each step corrects them again",
        "store v and a themselves; v_hat and a_hat are for this step only", _adam(keep=lambda m: (m.v_hat, m.a_hat)),
    ),
    RuleSuspect(
        "moments-swapped", "the first and the second moment have each other's place in the step",
        _STEP, _adam(lambda m: m.by(m.a_hat, m.v_hat)),
    ),
    RuleSuspect(
        "moments-swapped", "the first and the second moment have each other's place, also in their correction",
        _STEP, _adam(lambda m: m.by(m.a / (1 - m.c["beta1"] ** m.t), m.v / (1 - m.c["beta2"] ** m.t))),
    ),
    RuleSuspect(
        "moments-swapped", "v and a have each other's meaning: the step divides by the root of the first moment",
        "v is the moving average of the gradient, a that of its square",
        lambda w, dw, c: _adam_crossed(w, dw, c),
    ),
    RuleSuspect(
        "epsilon-inside-root", "epsilon is under the root",
        _STEP, _adam(lambda m: m.v_hat / np.sqrt(m.a_hat + m.c["epsilon"])),
    ),
    RuleSuspect("epsilon-missing", "epsilon is left out", _STEP, _adam(lambda m: m.v_hat / np.sqrt(m.a_hat))),
    RuleSuspect("root-missing", "the root is missing", _STEP, _adam(lambda m: m.v_hat / (m.a_hat + m.c["epsilon"]))),
    RuleSuspect(
        "first-moment-unused", "the step is along the gradient, not along its average",
        _STEP, _adam(lambda m: m.by(m.dw, m.a_hat)),
    ),
    RuleSuspect(
        "betas-swapped", "beta1 and beta2 have each other's place",
        "beta1 belongs to the gradient, beta2 to its square",
        lambda w, dw, c: _with_betas(w, dw, c),
    ),
    RuleSuspect(
        "decay-swapped", "beta and 1 - beta have each other's place",
        "v = beta1 * v + (1 - beta1) * dw",
        _adam(betas=lambda c: (1 - c["beta1"], c["beta1"], 1 - c["beta2"], c["beta2"])),
    ),
    RuleSuspect(
        "square-missing", "the second moment averages the gradient, not its square",
        "a = beta2 * a + (1 - beta2) * dw ** 2", _adam(power=1),
    ),
    RuleSuspect(
        "moments-not-stored", "the moments are forgotten after each step",
        "config['v'] = v, config['a'] = a", _adam(keep=lambda m: (np.zeros_like(m.v), np.zeros_like(m.a))),
    ),
)  # fmt: skip


def _adam_crossed(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
    """With a as the average of the gradient, and v as that of its square, in the formula for the opposite."""
    t = c.get("taken", 0) + 1
    a = c["beta1"] * c.get("a", np.zeros_like(w)) + (1 - c["beta1"]) * dw
    v = c["beta2"] * c.get("v", np.zeros_like(w)) + (1 - c["beta2"]) * dw**2
    v_hat, a_hat = v / (1 - c["beta1"] ** t), a / (1 - c["beta2"] ** t)
    after = w - c["learning_rate"] * v_hat / (np.sqrt(a_hat) + c["epsilon"])
    return after, {**c, "v": v, "a": a, "taken": t}


def _with_betas(w: Any, dw: Any, c: Config) -> tuple[Any, Config]:
    swapped = {**c, "beta1": c["beta2"], "beta2": c["beta1"]}
    after, config = _adam()(w, dw, swapped)
    return after, {**config, "beta1": c["beta1"], "beta2": c["beta2"]}


_SGD = (
    RuleSuspect(
        "learning-rate-missing", "the learning rate is left out",
        "next_w = w - learning_rate * dw", lambda w, dw, c: (w - dw, c),
    ),
)  # fmt: skip

SUSPECTS = {
    "sgd": _SGD, "sgd_momentum": _MOMENTUM, "sgd_nesterov_momentum": _NESTEROV, "rmsprop": _RMSPROP, "adam": _ADAM
}  # fmt: skip
