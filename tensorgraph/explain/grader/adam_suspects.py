"""What goes wrong in Adam. Each suspect is the whole rule with one mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .layer import Config, RuleSuspect


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


ADAM = (
    RuleSuspect(
        "t-not-incremented", "t is 1 in every step: it is not kept in config, or 1 - beta lacks the power t",
        _COUNT, _adam(clock=lambda t: 1),
    ),
    RuleSuspect(
        "t-is-zero", "t is 0 in the first step, which divides by 1 - beta ** 0 = 0: it is counted too late, or never",
        _COUNT, _adam(clock=lambda t: t - 1),
    ),
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
