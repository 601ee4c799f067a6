"""Update rules, ``rule(w, dw, config) -> next_w, config``: several steps, beside the engine's rule and wrong ones.

A mistake is a whole rule with that mistake in it: it is named when its weights are the student's in every step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from ...optim import rules
from .compare import difference, factor, same
from .layer import DOUBLE, Config
from .report import Finding, GradeReport
from .rule_suspects import SUSPECTS
from .student import Raised, array, call, copied

STEPS = 4
SMALL = 1e-8  # gradients with which a default epsilon shows
RULES: dict[str, Callable] = {
    name: getattr(rules, name) for name in ("sgd", "sgd_momentum", "sgd_nesterov_momentum", "rmsprop", "adam")
}
_SETTINGS: dict[str, Config] = {  # values with which each setting shows, unlike a default epsilon of 1e-8
    "sgd": {"learning_rate": 0.3},
    "sgd_momentum": {"learning_rate": 0.3, "momentum": 0.8},
    "sgd_nesterov_momentum": {"learning_rate": 0.3, "momentum": 0.8},
    "rmsprop": {"learning_rate": 0.3, "decay_rate": 0.7, "epsilon": 0.05},
    "adam": {"learning_rate": 0.3, "beta1": 0.8, "beta2": 0.9, "epsilon": 0.05},
}
_STATES = {
    "sgd": (), "sgd_momentum": ("velocity",), "sgd_nesterov_momentum": ("velocity",), "rmsprop": ("a",),
    "adam": ("v", "a", "t"),
}  # fmt: skip


class _Trace(NamedTuple):
    """The weights before the first step and after each, and the config after the last; or the finding that ended it."""

    weights: list[np.ndarray]
    config: Any
    trouble: Finding | None = None


def grade_rule(name: str, function: Callable) -> GradeReport:
    """Grade an update rule: with settings, without any, and with a state to go on from."""
    where = getattr(function, "__name__", name)
    settings = _SETTINGS[name]
    findings: list[Finding] = []
    notes: list[Finding] = []
    yours = _trace(function, where, settings)
    if yours.trouble is not None:
        findings.append(yours.trouble)
    else:
        findings += _judged(name, yours, _trace(RULES[name], where, settings))
    if not findings:
        findings += _defaults(name, function, where)
    if not findings:
        notes += _resumed(name, function, where)
    reference = f"tensorgraph.optim.rules.{name}"
    compared = () if yours.trouble is not None else ("next_w",)
    return GradeReport(name, (where,), reference, STEPS, compared, tuple(findings), tuple(notes))


def _trace(function: Callable, where: str, config: Config, steps: int = STEPS, small: float = 1.0) -> _Trace:
    """Run a rule for some steps; the gradients of the second column of w are ``small``."""
    draw = np.random.default_rng(5)
    w, config = draw.standard_normal((3, 2)), copied((config,))[0]
    weights = [w]
    for step in range(1, steps + 1):
        dw = draw.standard_normal(w.shape) * np.array([1.0, small])
        given = dw.copy()
        result = call(function, w.copy(), dw, config, seed=step)
        of = f"w {w.shape}, step {step}"
        if isinstance(result, Raised):
            return _Trace(weights, config, result.finding(where, of))
        if not isinstance(result, tuple | list) or len(result) != 2:
            sentence, hint = "it does not return the pair (next_w, config)", "end with: return next_w, config"
            return _Trace(weights, config, Finding(where, "wrong-number-of-results", sentence, f"on {of}", hint))
        after = array(result[0])
        if after is None or after.shape != w.shape:
            what = "no array of numbers" if after is None else f"shape {after.shape}"
            trouble = Finding(
                where, "result-missing", "the next weights are missing", f"{what} where {w.shape} is right, on {of}",
                "assign next_w before it is returned: in the template it starts as None",
            )  # fmt: skip
            return _Trace(weights, config, trouble)
        if not np.array_equal(dw, given):
            sentence, hint = "it writes into dw, which belongs to the caller", "compute into new arrays"
            return _Trace(weights, config, Finding(where, "input-overwritten", sentence, f"on {of}", hint))
        w, config = np.array(after, np.float64), result[1]
        weights.append(w)
    return _Trace(weights, config)


def _agree(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return len(a) == len(b) and all(same(x, y, DOUBLE) for x, y in zip(a, b))


def _judged(name: str, yours: _Trace, right: _Trace) -> Iterable[Finding]:
    if _agree(yours.weights, right.weights):
        return
    step = next(i for i, (a, b) in enumerate(zip(yours.weights, right.weights)) if not same(a, b, DOUBLE))
    evidence = f"next_w of step {step}: {difference(yours.weights[step], right.weights[step], DOUBLE)}"
    for suspect in SUSPECTS[name]:
        if _agree(yours.weights, _trace(suspect.rule, name, _SETTINGS[name]).weights):
            yield Finding("next_w", suspect.mistake, suspect.sentence, evidence, suspect.hint)
            return
    yield _by_its_steps(yours, right, evidence, step)


def _by_its_steps(yours: _Trace, right: _Trace, evidence: str, step: int) -> Finding:
    """A mistake seen in the steps themselves: a factor, or the step that is the first to be wrong."""
    ours, theirs = (np.diff(np.stack(trace.weights), axis=0) for trace in (yours, right))
    if not ours.any():
        return Finding(
            "next_w", "no-step", "the weights do not change", evidence, "next_w = w + step, and return next_w"
        )
    c = factor(ours, theirs, DOUBLE)
    if c is not None and abs(c + 1) < 1e-6:
        hint = "gradient descent goes against the gradient: w - learning_rate * ..."
        return Finding("next_w", "sign-flipped", "it goes up along the gradient", evidence, hint)
    if c is not None:
        sentence, hint = f"each step is {c:.6g} times what is right", "compare how often learning_rate is multiplied in"
        return Finding("next_w", "constant-factor", sentence, evidence, hint)
    hint = "no known mistake gives these values. Compute one number by hand, and print each intermediate value"
    when = "from the first step on" if step == 1 else f"from step {step} on: look at what is kept in config"
    return Finding("next_w", "differs", f"it differs {when}", evidence, hint)


def _defaults(name: str, function: Callable, where: str) -> Iterable[Finding]:
    yours, right = (_trace(f, where, {}, small=SMALL) for f in (function, RULES[name]))
    if yours.trouble is not None:
        yield yours.trouble
    elif not _agree(yours.weights, right.weights):
        evidence = f"called with an empty config, after {STEPS} steps: {_last(yours, right)}"
        keep = {key: value for key, value in right.config.items() if np.ndim(value) == 0 and key != "t"}
        sentence = "its default settings are others"
        yield Finding("next_w", "default-settings", sentence, evidence, f"the defaults are {keep}")


def _last(yours: _Trace, right: _Trace) -> str:
    return difference(yours.weights[-1], right.weights[-1], DOUBLE)


def _resumed(name: str, function: Callable, where: str) -> Iterable[Finding]:
    """A note, if the state that the config holds under the course's names is not the one the rule goes on from."""
    if not _STATES[name]:
        return
    _, config, _ = _trace(RULES[name], where, _SETTINGS[name], steps=2)
    yours, right = _trace(function, where, config), _trace(RULES[name], where, config)
    if yours.trouble is None and not _agree(yours.weights, right.weights):
        names = ", ".join(_STATES[name])
        sentence = f"it does not go on from a state that config holds as {names}: it has names or signs of its own"
        hint = "a test that hands in a state, and a rule that takes over from another, need the course's names"
        yield Finding("config", "state-names", sentence, f"with a state given: {_last(yours, right)}", hint)
