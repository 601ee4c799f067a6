"""Mistakes in update rules."""

import numpy as np

from . import wrong


@wrong({"next_w": "velocity-sign"})
class VelocityAddsTheGradient:
    def sgd_momentum(w, dw, config=None):
        if config is None:
            config = {}
        config.setdefault("learning_rate", 1e-2)
        config.setdefault("momentum", 0.9)
        v = config.get("velocity", np.zeros_like(w))
        v = config["momentum"] * v + config["learning_rate"] * dw
        next_w = w + v
        config["velocity"] = v
        return next_w, config


@wrong({"next_w": "velocity-not-stored"})
class VelocityNotStored:
    def sgd_momentum(w, dw, config=None):
        if config is None:
            config = {}
        config.setdefault("learning_rate", 1e-2)
        config.setdefault("momentum", 0.9)
        v = config.get("velocity", np.zeros_like(w))
        v = config["momentum"] * v - config["learning_rate"] * dw
        next_w = w + v
        return next_w, config


@wrong({"next_w": "plain-momentum"})
class NesterovIsPlainMomentum:
    def sgd_nesterov_momentum(w, dw, config=None):
        if config is None:
            config = {}
        config.setdefault("learning_rate", 1e-2)
        config.setdefault("momentum", 0.9)
        v = config.get("velocity", np.zeros_like(w))
        v = config["momentum"] * v - config["learning_rate"] * dw
        next_w = w + v
        config["velocity"] = v
        return next_w, config


def rmsprop_settings(w, config):
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("a", np.zeros_like(w))
    return config


@wrong({"next_w": "epsilon-inside-root"})
class EpsilonInsideTheRoot:
    def rmsprop(w, dw, config=None):
        config = rmsprop_settings(w, config)
        config["a"] = config["decay_rate"] * config["a"] + (1 - config["decay_rate"]) * dw * dw
        next_w = w - config["learning_rate"] * dw / np.sqrt(config["a"] + config["epsilon"])
        return next_w, config


@wrong({"next_w": "decay-swapped"})
class DecaySwapped:
    def rmsprop(w, dw, config=None):
        config = rmsprop_settings(w, config)
        config["a"] = (1 - config["decay_rate"]) * config["a"] + config["decay_rate"] * dw**2
        next_w = w - config["learning_rate"] * dw / (np.sqrt(config["a"]) + config["epsilon"])
        return next_w, config


@wrong({"next_w": "square-missing"})
class GradientNotSquared:
    def rmsprop(w, dw, config=None):
        config = rmsprop_settings(w, config)
        config["a"] = config["decay_rate"] * config["a"] + (1 - config["decay_rate"]) * dw
        next_w = w - config["learning_rate"] * dw / (np.sqrt(config["a"]) + config["epsilon"])
        return next_w, config


def adam_settings(w, config):
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("v", np.zeros_like(w))
    config.setdefault("a", np.zeros_like(w))
    config.setdefault("t", 0)
    return config


@wrong({"next_w": "t-not-incremented"})
class StepsNotCounted:
    def adam(w, dw, config=None):
        config = adam_settings(w, config)
        b1, b2, t = config["beta1"], config["beta2"], config["t"] + 1
        config["v"] = b1 * config["v"] + (1 - b1) * dw
        config["a"] = b2 * config["a"] + (1 - b2) * dw * dw
        v_u = config["v"] / (1 - b1**t)
        a_u = config["a"] / (1 - b2**t)
        next_w = w - config["learning_rate"] * v_u / (np.sqrt(a_u) + config["epsilon"])
        return next_w, config


@wrong({"next_w": "t-is-zero"})
class StepsCountedTooLate:
    def adam(w, dw, config=None):
        config = adam_settings(w, config)
        b1, b2, t = config["beta1"], config["beta2"], config["t"]
        config["v"] = b1 * config["v"] + (1 - b1) * dw
        config["a"] = b2 * config["a"] + (1 - b2) * dw**2
        v_u = config["v"] / (1 - b1**t)
        a_u = config["a"] / (1 - b2**t)
        next_w = w - config["learning_rate"] * v_u / (np.sqrt(a_u) + config["epsilon"])
        config["t"] += 1
        return next_w, config


@wrong({"next_w": "bias-correction-missing"})
class BiasCorrectionMissing:
    def adam(w, dw, config=None):
        config = adam_settings(w, config)
        config["t"] += 1
        config["v"] = config["beta1"] * config["v"] + (1 - config["beta1"]) * dw
        config["a"] = config["beta2"] * config["a"] + (1 - config["beta2"]) * dw * dw
        next_w = w - config["learning_rate"] * config["v"] / (np.sqrt(config["a"]) + config["epsilon"])
        return next_w, config


@wrong({"next_w": "corrected-moments-stored"})
class CorrectedMomentsStored:
    def adam(w, dw, config=None):
        config = adam_settings(w, config)
        b1, b2 = config["beta1"], config["beta2"]
        config["t"] += 1
        config["v"] = (b1 * config["v"] + (1 - b1) * dw) / (1 - b1 ** config["t"])
        config["a"] = (b2 * config["a"] + (1 - b2) * dw * dw) / (1 - b2 ** config["t"])
        next_w = w - config["learning_rate"] * config["v"] / (np.sqrt(config["a"]) + config["epsilon"])
        return next_w, config


@wrong({"next_w": "moments-swapped"})
class MomentsSwapped:
    def adam(w, dw, config=None):
        config = adam_settings(w, config)
        b1, b2 = config["beta1"], config["beta2"]
        config["t"] += 1
        config["a"] = b1 * config["a"] + (1 - b1) * dw
        config["v"] = b2 * config["v"] + (1 - b2) * dw * dw
        v_u = config["v"] / (1 - b1 ** config["t"])
        a_u = config["a"] / (1 - b2 ** config["t"])
        next_w = w - config["learning_rate"] * v_u / (np.sqrt(a_u) + config["epsilon"])
        return next_w, config


@wrong({"sgd_momentum": "result-missing"})
class NextWeightsForgotten:
    def sgd_momentum(w, dw, config=None):
        if config is None:
            config = {}
        config.setdefault("learning_rate", 1e-2)
        config.setdefault("momentum", 0.9)
        next_w = None
        v = config.get("velocity", np.zeros_like(w))
        v = config["momentum"] * v - config["learning_rate"] * dw
        config["velocity"] = v
        return next_w, config
