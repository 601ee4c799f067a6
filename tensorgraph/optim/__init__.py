"""Optimization: the course's update rules as pure functions, and optimizers that apply them in place."""

from .optimizer import SGD, Adam, AdamW, Optimizer, RMSProp
from .rules import adam, rmsprop, sgd, sgd_momentum, sgd_nesterov_momentum

__all__ = [
    "SGD", "Adam", "AdamW", "Optimizer", "RMSProp", "adam", "rmsprop", "sgd", "sgd_momentum", "sgd_nesterov_momentum",
]  # fmt: skip
