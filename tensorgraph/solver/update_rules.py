"""The course's names of update rules and of their settings, as optimizers that do the same arithmetic in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..errors import ArgumentError
from ..optim import SGD, Adam, Optimizer, RMSProp


class _Rule(NamedTuple):
    optimizer: type[Optimizer]
    settings: dict[str, Any]  # where the rule's defaults differ from the class's
    keys: tuple[str, ...]  # what optim_config may hold


_RULES = {
    "sgd": _Rule(SGD, {}, ("learning_rate",)),
    "sgd_momentum": _Rule(SGD, {"momentum": 0.9}, ("learning_rate", "momentum")),
    "sgd_nesterov_momentum": _Rule(SGD, {"momentum": 0.9, "nesterov": True}, ("learning_rate", "momentum")),
    "rmsprop": _Rule(RMSProp, {}, ("learning_rate", "decay_rate", "epsilon")),
    "adam": _Rule(Adam, {}, ("learning_rate", "beta1", "beta2", "epsilon")),
}

UPDATE_RULES = tuple(_RULES)


def make_optimizer(update_rule: str, params: Iterable[Any], optim_config: Mapping[str, Any]) -> Optimizer:
    """The optimizer of an update rule of the course. Raises ArgumentError for unknown rules and settings."""
    if update_rule not in _RULES:
        raise ArgumentError(f"there is no update rule {update_rule!r}; there are {', '.join(_RULES)}")
    rule = _RULES[update_rule]
    if unknown := [key for key in optim_config if key not in rule.keys]:
        raise ArgumentError(f"optim_config: {update_rule} has no setting {unknown[0]!r}; it has {', '.join(rule.keys)}")
    given = {"lr" if key == "learning_rate" else key: value for key, value in optim_config.items()}
    return rule.optimizer(params, **{**rule.settings, **given})
