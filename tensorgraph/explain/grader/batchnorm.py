"""Batch normalization: ``batchnorm_forward(x, gamma, beta, bn_param)``, ``batchnorm_backward(dout, cache)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ... import ops
from ...testing import Draw
from .batchnorm_suspects import SUSPECTS
from .layer import TEST, Case, Layer, Pieces
from .report import Finding

STATISTICS = ("running_mean", "running_var")


def cases(draw: Draw) -> list[Case]:
    """Training with eps and momentum given and not, far from 0, without running statistics; and test mode."""
    spread = np.array([0.1, 1.0, 2.0, 0.5], draw.dtype)
    return [
        Case((draw(6, 4) * spread, draw(4), draw(4), param(draw, 4, eps=1e-2, momentum=0.7))),
        Case((draw(5, 3) + 10, draw(3), draw(3), param(draw, 3))),
        Case((draw(7, 2) * 3, draw(2), draw(2), {"mode": "train", "eps": 1e-3})),
        Case((draw(6, 4), draw(4), draw(4), param(draw, 4, mode="test", eps=1e-2, momentum=0.7)), TEST),
        Case((draw(5, 3) + 10, draw(3), draw(3), param(draw, 3, mode="test", momentum=0.9)), TEST),
    ]


def param(draw: Draw, features: int, mode: str = "train", **settings: float) -> dict[str, Any]:
    """A ``bn_param`` with running statistics."""
    return {"mode": mode, **settings, "running_mean": draw(features), "running_var": draw.positive(features)}


def pieces(case: Case, out: Any) -> Pieces:
    """The engine's batchnorm, and what the running statistics become."""
    x, gamma, beta, bn_param = case.args
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running = [bn_param.get(name, np.zeros(x.shape[1])) for name in STATISTICS]
    mean, var = x.mean(axis=0), x.var(axis=0)
    testing = bn_param["mode"] == "test"
    used = running if testing else (mean, var)

    def op(x: Any, gamma: Any, beta: Any) -> Any:
        return ops.batchnorm_test(x, gamma, beta, *running, eps) if testing else ops.batchnorm(x, gamma, beta, eps)[0]

    p = Pieces.of(
        op, "x gamma beta", x, gamma, beta, eps=eps, momentum=momentum, mean=mean, var=var, running=running,
        centred=x - used[0], std=np.sqrt(used[1] + eps), used=used,
    )  # fmt: skip
    p.xhat, p.dxhat = p.centred / p.std, p.dout * gamma
    if testing:
        p.right = {"out": p.right["out"]}  # the course's backward is that of training
    share = 1.0 if testing else momentum
    p.right["running_mean"] = share * running[0] + (1 - share) * mean
    p.right["running_var"] = share * running[1] + (1 - share) * var
    return p


def running_statistics(case: Case, args: tuple, out: Any) -> dict[str, Any]:
    """What the forward left in ``bn_param``. Where it was given none, only the mean: variances start at 0 or at 1."""
    before, after = case.args[-1], args[-1]
    zeros = np.zeros(case.args[0].shape[1])
    return {name: after.get(name, zeros) for name in STATISTICS if name in before or name == "running_mean"}


def probe(case: Case, args: tuple, out: Any) -> Iterable[Finding]:
    """The slip ``bn_param[mode] = mode``."""
    for key, value in args[-1].items():
        if key not in case.args[-1] and isinstance(value, str) and key == value:
            yield mode_as_key(
                "batchnorm_forward", f"after the call bn_param has a key {key!r} with the value {value!r}"
            )


def mode_as_key(where: str, evidence: str) -> Finding:
    """The finding that the mode is stored under itself."""
    return Finding(
        where, "mode-as-key", "the mode is stored under itself, bn_param[mode] = mode, so it never changes",
        evidence, 'the key is a string: bn_param["mode"] = mode',
    )  # fmt: skip


BATCHNORM = Layer(
    "batchnorm", ("x", "gamma", "beta", "bn_param"), ("dx", "dgamma", "dbeta"), cases, pieces, SUSPECTS,
    "the engine's batchnorm", running_statistics, probe,
)  # fmt: skip
