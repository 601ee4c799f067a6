"""Mistakes in batch normalization that have many forms: which part of a column is wrong, whatever is wrong with it.

Each column of ``dx`` is the sum of three parts: ``dout`` with a factor, a constant (the road over the mean), and
``x_hat`` with a factor (the road over the variance). So an error that is constant in every column sits in the first
road, and one that is a multiple of ``x_hat`` in the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .compare import same
from .layer import Pieces, Suspect


def _in_span(columns: Any, parts: list, rtol: float) -> bool:
    """Whether each column is a combination of the same columns of the parts."""
    if not np.isfinite(columns).all():
        return False
    parts = [np.broadcast_to(part, columns.shape) for part in parts]
    for k in range(columns.shape[1]):
        basis = np.stack([part[:, k] for part in parts], axis=1)
        coefficients = np.linalg.lstsq(basis, columns[:, k])[0]
        if not same(basis @ coefficients, columns[:, k], rtol):
            return False
    return True


def _is_scaled_and_shifted(p: Pieces, yours: Any) -> bool:
    return yours.shape == p.x.shape and _in_span(yours, [p.xhat, 1.0], p.rtol)


def _is_wrong_by_a_constant(p: Pieces, yours: Any) -> bool:
    return yours.shape == p.x.shape and _in_span(yours - p.right["dx"], [1.0], p.rtol)


def _is_wrong_by_xhat(p: Pieces, yours: Any) -> bool:
    return yours.shape == p.x.shape and _in_span(yours - p.right["dx"], [p.xhat], p.rtol)


def _has_the_three_parts(p: Pieces, yours: Any) -> bool:
    return yours.shape == p.x.shape and _in_span(yours, [p.dout, p.xhat, 1.0], p.rtol)


def _is_a_mix(which: int) -> Any:
    def fits(p: Pieces, yours: Any) -> bool:
        batch = (p.mean, p.var)[which]
        parts = [p.running[which][:, None], batch[:, None]]
        return yours.shape == batch.shape and _in_span(yours[:, None], parts, p.rtol)

    return fits


_SHARES = "running = momentum * running + (1 - momentum) * new"

OF_MANY_FORMS = (
    Suspect(
        "out, out in test mode", "scale-or-shift", "each column is what is right with a wrong factor and a wrong shift",
        "look at what it is divided by, at gamma, and at beta", lambda p: 2 * p.gamma * p.xhat - p.beta,
        _is_scaled_and_shifted,
    ),
    Suspect(
        "running_mean", "wrong-shares", "it is a mix of the old and the new, in wrong shares",
        _SHARES, lambda p: p.running[0] + p.mean, _is_a_mix(0),
    ),
    Suspect(
        "running_var", "wrong-shares", "it is a mix of the old and the new, in wrong shares",
        _SHARES, lambda p: p.running[1] + p.var, _is_a_mix(1),
    ),
    Suspect(
        "dx", "error-in-mean-path", "the road over the mean is wrong: in each column all rows are off by the same",
        "dmean = -sum(dx_hat / std) over the batch, and each x has the share dmean / N of it",
        lambda p: p.right["dx"] + p.dxhat.sum(axis=0), _is_wrong_by_a_constant,
    ),
    Suspect(
        "dx", "error-in-variance-path", "the road over the variance is wrong: the error is a multiple of x - mean",
        "dvar = sum(dx_hat * (x - mean)) * -0.5 * (var + eps) ** -1.5, and each x has dvar * 2 * (x - mean) / N of it",
        lambda p: p.right["dx"] + 3 * p.xhat * (p.dxhat * p.xhat).sum(axis=0), _is_wrong_by_xhat,
    ),
    Suspect(
        "dx", "factors-of-paths", "the three roads (x itself, mean, variance) are there, but with wrong factors",
        "work out each road by itself, and check it with the other two left out",
        lambda p: 3 * p.dout + 2 * p.xhat + 1, _has_the_three_parts,
    ),
)  # fmt: skip
