"""Mistakes that can be made in any layer. Each looks at one result, beside what the engine finds for the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .compare import same
from .layer import Pieces

_SINGLE = 2e-5  # what is right to this and no further went through float32


class Generic(NamedTuple):
    """A mistake of any layer: ``explains(pieces, result, yours)`` says whether it gives what the student has."""

    mistake: str
    sentence: str
    hint: str
    explains: Callable[[Pieces, str, np.ndarray], bool]


def _another_result(p: Pieces, result: str, yours: np.ndarray) -> bool:
    others = [name for name in p.gradients if name != result and name in p.right]
    return result in p.gradients and any(same(yours, p.right[name], p.rtol) for name in others)


def _transposed(p: Pieces, result: str, yours: np.ndarray) -> bool:
    right = p.right[result]
    return right.ndim > 1 and right.shape != right.T.shape and same(yours, right.T, p.rtol)


def _reshaped(p: Pieces, result: str, yours: np.ndarray) -> bool:
    right = p.right[result]
    return yours.size == right.size and same(yours.reshape(right.shape), right, p.rtol)


def _truncated(p: Pieces, result: str, yours: np.ndarray) -> bool:
    right = p.right[result]
    return any(same(yours, cut(right), p.rtol) for cut in (np.trunc, np.floor, np.rint))


def _rounded(p: Pieces, result: str, yours: np.ndarray) -> bool:
    return p.rtol < _SINGLE and same(yours, p.right[result], _SINGLE)


def _zero(p: Pieces, result: str, yours: np.ndarray) -> bool:
    return yours.shape == p.right[result].shape and not yours.any()


def _not_finite(p: Pieces, result: str, yours: np.ndarray) -> bool:
    return not np.isfinite(yours).all() and bool(np.isfinite(p.right[result]).all())


def _of(pulled: Callable[[Pieces, str], Any]) -> Callable[[Pieces, str, np.ndarray], bool]:
    """For mistakes in gradients: the student has what ``pulled`` gives."""

    def explains(p: Pieces, result: str, yours: np.ndarray) -> bool:
        return result in p.gradients and p.dout.ndim > 0 and p.dout.size > 0 and same(yours, pulled(p, result), p.rtol)

    return explains


def _of_each_example(p: Pieces, result: str) -> np.ndarray:
    """What each example of the batch adds to a gradient: the engine's pullback, of one row at a time."""
    parts = []
    for i in range(len(p.dout)):
        row = np.zeros_like(p.dout)
        row[i] = p.dout[i]
        parts.append(p.pull(row)[result])
    return np.stack(parts)


def _wrong_axis(p: Pieces, result: str) -> Any:
    parts = _of_each_example(p, result)
    return parts.sum(axis=1) if parts.ndim > 1 else parts


GENERIC = (
    Generic(
        "wrong-order", "this is another of the results: they come back in the wrong order",
        "return them in the order of the forward's inputs", _another_result,
    ),
    Generic(
        "transposed", "this is the transpose of what is right",
        "a gradient has the shape of what it belongs to; (A B).T is B.T A.T", _transposed,
    ),
    Generic(
        "not-summed", "the part of each example is returned, not their sum over the batch",
        "one parameter serves all examples, so their parts add up: sum over axis 0", _of(_of_each_example),
    ),
    Generic(
        "wrong-axis", "it is summed over the wrong axis",
        "the batch is axis 0; sum over that, and the shape of the parameter is left", _of(_wrong_axis),
    ),
    Generic(
        "summed-over-everything", "it is summed over all axes into one number",
        "name the axis: sum(axis=0)", _of(lambda p, result: p.right[result].sum()),
    ),
    Generic(
        "not-accumulated", "only the last example counts: each one overwrites what the others gave",
        "in the loop write += where = is written", _of(lambda p, result: _of_each_example(p, result)[-1]),
    ),
    Generic(
        "not-accumulated", "only the first example counts",
        "does the loop end after its first turn? Look where return is",
        _of(lambda p, result: _of_each_example(p, result)[0]),
    ),
    Generic(
        "upstream-ignored", "the gradient that comes in, dout, is ignored: this is right for a dout of ones",
        "by the chain rule the local derivative is multiplied by dout",
        _of(lambda p, result: p.pull(np.ones_like(p.dout))[result]),
    ),
    Generic(
        "upstream-twice", "the gradient that comes in, dout, is multiplied in twice",
        "by the chain rule dout is a factor once", _of(lambda p, result: p.pull(p.dout**2)[result]),
    ),
    Generic(
        "truncated", "the values are right but for what comes after the decimal point: they went through integers",
        "look for an array made with dtype int, np.zeros_like of integers, int() and //", _truncated,
    ),
    Generic(
        "shape-not-restored", "the values are right, their shape is not",
        "a gradient has the shape of what it belongs to: end with .reshape of that shape", _reshaped,
    ),
    Generic(
        "precision-lost", "it is right to about 6 digits only: the values went through float32",
        "look for np.float32 and astype; let arrays take the dtype of the inputs (np.zeros_like)", _rounded,
    ),
    Generic(
        "all-zeros", "it is all zeros",
        "the array that is returned is never written into; or it is, under another name", _zero,
    ),
    Generic(
        "not-finite", "it has nan or inf in it where the right values are finite",
        "look for a division by 0, the log of 0, the root of a negative number, exp of a large one", _not_finite,
    ),
)  # fmt: skip
