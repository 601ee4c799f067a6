"""Optimization: the course's update rules as pure functions, optimizers that apply them in place, and what goes with
them: learning-rate schedules and gradient clipping."""

from .adaptive import Adam, AdamW, RMSProp
from .clip import clip_grad_norm, clip_grad_value
from .descent import SGD
from .optimizer import Optimizer
from .rules import adam, rmsprop, sgd, sgd_momentum, sgd_nesterov_momentum
from .schedules import Schedule, cosine_decay, exponential_decay, linear_decay, step_decay, warmup

__all__ = [
    "SGD", "Adam", "AdamW", "Optimizer", "RMSProp", "Schedule", "adam", "clip_grad_norm", "clip_grad_value",
    "cosine_decay", "exponential_decay", "linear_decay", "rmsprop", "sgd", "sgd_momentum", "sgd_nesterov_momentum",
    "step_decay", "warmup",
]  # fmt: skip
