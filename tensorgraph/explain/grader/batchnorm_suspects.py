"""What goes wrong in batch normalization.

Pieces: ``x``, ``gamma``, ``beta``; ``centred``, ``std`` and ``xhat`` by the statistics ``used``; the batch's ``mean``
and ``var``; ``running`` mean and variance as given; ``dout`` and ``dxhat``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .batchnorm_columns import OF_MANY_FORMS
from .layer import Pieces, Suspect

BOTH = "out, out in test mode"


def _out(p: Pieces, xhat: Any) -> Any:
    return p.gamma * xhat + p.beta


def _unbiased(p: Pieces) -> Any:
    return p.var * p.n / (p.n - 1)


def _by_batch(p: Pieces) -> Any:
    return (p.x - p.mean) / np.sqrt(p.var + p.eps)


def _by_running(p: Pieces, momentum: float = 1.0) -> Any:
    mean = momentum * p.running[0] + (1 - momentum) * p.mean
    var = momentum * p.running[1] + (1 - momentum) * p.var
    return (p.x - mean) / np.sqrt(var + p.eps)


def _updated(p: Pieces, which: int, batch: Any, momentum: float | None = None) -> Any:
    m = p.momentum if momentum is None else momentum
    return m * p.running[which] + (1 - m) * batch


def _along_rows(p: Pieces) -> Any:
    mean, var = p.x.mean(axis=1, keepdims=True), p.x.var(axis=1, keepdims=True)
    return (p.x - mean) / np.sqrt(var + p.eps)


def _of_everything(p: Pieces) -> Any:
    return (p.x - p.x.mean()) / np.sqrt(p.x.var() + p.eps)


# The three roads by which x reaches the output


def _direct(p: Pieces) -> Any:
    return p.dxhat / p.std


def _by_mean(p: Pieces) -> Any:
    return -p.dxhat.sum(axis=0) / p.std / p.n


def _by_variance(p: Pieces) -> Any:
    return -p.xhat * (p.dxhat * p.xhat).sum(axis=0) / p.std / p.n


_FORWARD = (
    Suspect(
        BOTH, "eps-outside-root", "eps is added to the root, not under it",
        "np.sqrt(var + eps)", lambda p: _out(p, p.centred / (np.sqrt(p.used[1]) + p.eps)),
    ),
    Suspect(
        BOTH, "eps-missing", "eps is left out",
        "np.sqrt(var + eps): a column that is constant has variance 0", lambda p: _out(p, p.centred / p.used[1] ** 0.5),
    ),
    Suspect(
        BOTH, "root-missing", "it is divided by the variance, not by its root",
        "the standard deviation is np.sqrt(var + eps)", lambda p: _out(p, p.centred / (p.used[1] + p.eps)),
    ),
    Suspect(
        BOTH, "mean-not-subtracted", "the mean is not subtracted",
        "x_hat = (x - mean) / np.sqrt(var + eps)", lambda p: _out(p, p.x / p.std),
    ),
    Suspect(
        BOTH, "not-divided", "it is centred, but not divided by the standard deviation",
        "x_hat = (x - mean) / np.sqrt(var + eps)", lambda p: _out(p, p.centred),
    ),
    Suspect(
        BOTH, "gamma-forgotten", "gamma is left out",
        "out = gamma * x_hat + beta", lambda p: p.xhat + p.beta,
    ),
    Suspect(
        BOTH, "beta-forgotten", "beta is left out",
        "out = gamma * x_hat + beta", lambda p: p.gamma * p.xhat,
    ),
    Suspect(
        BOTH, "scale-and-shift-forgotten", "x_hat is returned without gamma and beta",
        "out = gamma * x_hat + beta", lambda p: p.xhat,
    ),
    Suspect(
        BOTH, "gamma-and-beta-swapped", "gamma and beta have each other's place",
        "out = gamma * x_hat + beta", lambda p: p.beta * p.xhat + p.gamma,
    ),
    Suspect(
        "out", "unbiased-variance", "the variance is divided by N - 1",
        "batch normalization takes the biased variance: np.var(x, axis=0), without ddof",
        lambda p: _out(p, p.centred / np.sqrt(_unbiased(p) + p.eps)),
    ),
    Suspect(
        "out", "statistics-of-everything", "mean and variance are those of the whole array",
        "each column has its own: axis=0", lambda p: _out(p, _of_everything(p)),
    ),
    Suspect(
        "out", "wrong-axis", "mean and variance are those of each example, not of each column",
        "statistics are taken over the batch: axis=0", lambda p: _out(p, _along_rows(p)),
    ),
    Suspect(
        "out", "running-statistics-in-training", "training normalizes by the running statistics",
        "in training mode use the mean and the variance of this batch", lambda p: _out(p, _by_running(p)),
    ),
    Suspect(
        "out", "running-statistics-in-training", "training normalizes by the running statistics, just updated",
        "in training mode use the mean and the variance of this batch", lambda p: _out(p, _by_running(p, p.momentum)),
    ),
    Suspect(
        "out in test mode", "test-mode-ignored", "test mode normalizes by this batch, as training does",
        "in test mode use running_mean and running_var from bn_param", lambda p: _out(p, _by_batch(p)),
    ),
    Suspect(
        "out in test mode", "updated-in-test-mode", "test mode updates the running statistics, and then uses them",
        "in test mode the running statistics are read, never written", lambda p: _out(p, _by_running(p, p.momentum)),
    ),
    Suspect(
        "out in test mode", "test-mode-copies", "test mode returns x as it is",
        "normalize by running_mean and running_var, then scale and shift", lambda p: p.x,
    ),
)  # fmt: skip

_RUNNING = (
    Suspect(
        "running_mean, running_var", "never-updated", "the running statistics are as before the call",
        "store them: bn_param['running_mean'] = momentum * running_mean + (1 - momentum) * mean", lambda p: p.running,
    ),
    Suspect(
        "running_mean, running_var", "momentum-swapped", "momentum and 1 - momentum have each other's place",
        "momentum is the share of the old: momentum * running + (1 - momentum) * new",
        lambda p: (_updated(p, 0, p.mean, 1 - p.momentum), _updated(p, 1, p.var, 1 - p.momentum)),
    ),
    Suspect(
        "running_mean, running_var", "statistics-of-everything", "they are updated by one number for all columns",
        "each column has its own: axis=0", lambda p: (_updated(p, 0, p.x.mean()), _updated(p, 1, p.x.var())),
    ),
    Suspect(
        "running_mean, running_var", "start-ignored", "the running statistics that bn_param holds are not read",
        "begin with bn_param.get('running_mean', zeros)",
        lambda p: ((1 - p.momentum) * p.mean, (1 - p.momentum) * p.var),
    ),
    Suspect(
        "running_mean, running_var", "not-averaged", "they are those of this batch alone",
        "running = momentum * running + (1 - momentum) * new", lambda p: (p.mean, p.var),
    ),
    Suspect(
        "running_mean, running_var", "running-statistics-swapped", "mean and variance have each other's name",
        "running_mean holds the mean", lambda p: (_updated(p, 1, p.var), _updated(p, 0, p.mean)),
    ),
    Suspect(
        "running_var", "unbiased-variance", "the variance is divided by N - 1",
        "the course's running variance is the biased one, like the batch's", lambda p: _updated(p, 1, _unbiased(p)),
    ),
    Suspect(
        "running_var", "deviation-for-variance", "the standard deviation is averaged, not the variance",
        "average np.var(x, axis=0), and take the root when it is used", lambda p: _updated(p, 1, np.sqrt(p.var)),
    ),
    Suspect(
        "running_mean in test mode, running_var in test mode", "updated-in-test-mode",
        "test mode updates the running statistics", "in test mode they are read, never written",
        lambda p: (_updated(p, 0, p.mean), _updated(p, 1, p.var)),
    ),
)  # fmt: skip

_BACKWARD = (
    Suspect(
        "dx", "statistics-as-constants", "mean and variance are treated as constants",
        "x reaches the output by three roads: itself, the batch's variance, and the batch's mean", _direct,
    ),
    Suspect(
        "dx", "mean-path-missing", "the road over the batch's mean is missing",
        "every x moves the mean, which moves every x_hat of its column: add dmean / N",
        lambda p: _direct(p) + _by_variance(p),
    ),
    Suspect(
        "dx", "variance-path-missing", "the road over the batch's variance is missing",
        "every x moves the variance: add dvar * 2 * (x - mean) / N", lambda p: _direct(p) + _by_mean(p),
    ),
    Suspect(
        "dx", "missing-1/N-in-path", "the road over the mean lacks its division by N",
        "the mean is a sum divided by N, so each x has the share dmean / N",
        lambda p: _direct(p) + p.n * _by_mean(p) + _by_variance(p),
    ),
    Suspect(
        "dx", "missing-1/N-in-path", "the road over the variance lacks its division by N",
        "the variance is a sum divided by N: dvar * 2 * (x - mean) / N",
        lambda p: _direct(p) + _by_mean(p) + p.n * _by_variance(p),
    ),
    Suspect(
        "dx", "missing-1/N-in-path", "the roads over mean and variance lack their division by N",
        "both are sums divided by N", lambda p: _direct(p) + p.n * (_by_mean(p) + _by_variance(p)),
    ),
    Suspect(
        "dx", "missing-2-in-path", "the road over the variance lacks the 2 of the square",
        "the derivative of (x - mean) ** 2 is 2 * (x - mean)", lambda p: _direct(p) + _by_mean(p) + _by_variance(p) / 2,
    ),
    Suspect(
        "dx", "sign-in-path", "the road over the variance has the wrong sign",
        "a larger variance makes x_hat smaller: -0.5 * (var + eps) ** -1.5",
        lambda p: _direct(p) + _by_mean(p) - _by_variance(p),
    ),
    Suspect(
        "dx", "sign-in-path", "the road over the mean has the wrong sign",
        "a larger mean makes x_hat smaller: dmean = -sum(dx_hat / std)",
        lambda p: _direct(p) - _by_mean(p) + _by_variance(p),
    ),
    Suspect(
        "dx", "unbiased-variance", "the variance is divided by N - 1 here, but by N in the forward pass",
        "dvar * 2 * (x - mean) / N", lambda p: _direct(p) + _by_mean(p) + _by_variance(p) * p.n / (p.n - 1),
    ),
    Suspect(
        "dx", "gamma-forgotten", "gamma is left out",
        "out = gamma * x_hat + beta, so dx_hat = dout * gamma",
        lambda p: (p.dout - p.dout.mean(axis=0) - p.xhat * (p.dout * p.xhat).mean(axis=0)) / p.std,
    ),
    Suspect(
        "dx", "not-divided", "the division by the standard deviation is left out",
        "x_hat = (x - mean) / std, so its derivative has 1 / std", lambda p: p.right["dx"] * p.std,
    ),
    Suspect(
        "dx", "root-missing", "it is divided by the variance, not by its root",
        "1 / np.sqrt(var + eps)", lambda p: p.right["dx"] / p.std,
    ),
    Suspect(
        "dx", "eps-missing", "eps is left out",
        "use the same np.sqrt(var + eps) as the forward pass: keep it in the cache", lambda p: _without_eps(p),
    ),
    Suspect(
        "dgamma", "not-normalized", "it is the sum of dout * x, with x as it came in",
        "gamma multiplies x_hat: dgamma = sum(dout * x_hat). Keep x_hat in the cache",
        lambda p: (p.dout * p.x).sum(axis=0),
    ),
    Suspect(
        "dgamma", "not-normalized", "it is the sum of dout * (x - mean), which is not divided by the deviation",
        "gamma multiplies x_hat: dgamma = sum(dout * x_hat)", lambda p: (p.dout * p.centred).sum(axis=0),
    ),
    Suspect(
        "dgamma", "wrong-cache", "it is the sum of dout * out: the cache holds the output in place of x_hat",
        "gamma multiplies x_hat: dgamma = sum(dout * x_hat)", lambda p: (p.dout * p.right["out"]).sum(axis=0),
    ),
    Suspect(
        "dgamma", "multiplied-by-gamma", "it has gamma as a factor",
        "the derivative of gamma * x_hat by gamma is x_hat", lambda p: p.right["dgamma"] * p.gamma,
    ),
    Suspect(
        "dbeta", "multiplied-by-gamma", "it has gamma as a factor",
        "beta is added at the very end: dbeta = sum(dout)", lambda p: p.right["dbeta"] * p.gamma,
    ),
)  # fmt: skip


def _without_eps(p: Pieces) -> Any:
    std = np.sqrt(p.var)
    xhat = p.centred / std
    return (p.dxhat - p.dxhat.mean(axis=0) - xhat * (p.dxhat * xhat).mean(axis=0)) / std


def _each(suspects: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Of suspects that give a pair for mean and variance, one for each of the two."""
    single = []
    for s in suspects:
        names = s.where.split(", ")
        if len(names) == 1:
            single.append(s)
        else:
            single += [s._replace(where=n, predict=_part(s, i)) for i, n in enumerate(names)]
    return tuple(single)


def _part(suspect: Suspect, i: int) -> Any:
    return lambda p: suspect.predict(p)[i]


SUSPECTS = (*_FORWARD, *_each(_RUNNING), *_BACKWARD, *OF_MANY_FORMS)
