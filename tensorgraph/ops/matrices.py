"""What rules for matrices are written with. Matrices are the last two axes; those before are a batch."""

from __future__ import annotations

import math

import numpy as np

from ..core import plain
from ..errors import MatrixError


def transposed(x):
    """Each matrix transposed."""
    return x.swapaxes(-1, -2)


def adjoint(x):
    """Each matrix transposed and conjugated."""
    return x.swapaxes(-1, -2).conj()


def eye_like(x):
    """The identity, of the dtype of ``x`` and the length of its last axis."""
    return np.eye(x.shape[-1], dtype=x.dtype, like=plain(x))


def diagonal_of(x):
    """The diagonal of each square matrix."""
    return np.diagonal(x, 0, -2, -1)


def lower_half(x):
    """What is below the diagonal of each square matrix, and half of the diagonal."""
    return x * (np.tri(x.shape[-1], k=-1, dtype=x.dtype, like=plain(x)) + 0.5 * eye_like(x))


def hermitian_part(x):
    """The mean of each matrix and its adjoint."""
    return (x + adjoint(x)) * 0.5


# Several results of one function, side by side in one array, which is what gradients flow through


def pack(*parts):
    """Arrays of one batch, flat and side by side along one axis: pairs of an array, and how many axes it has itself."""
    flat = [x.reshape((*x.shape[: x.ndim - own], math.prod(x.shape[x.ndim - own :]))) for x, own in parts]
    return np.concatenate(flat, axis=-1)


def unpack(packed, *shapes):
    """The parts of ``pack``, of these shapes without those of the batch."""
    parts, start = [], 0
    for shape in shapes:
        end = start + math.prod(shape)
        parts.append(packed[..., start:end].reshape((*packed.shape[:-1], *shape)))
        start = end
    return parts


# Where there is no gradient


def inverse_gaps(name, values, used, advice):
    """1 / (v[j] - v[i]) of each pair of values, and 0 where they are equal to within rounding.

    used  whether the gradient that comes in depends on the vectors of the pair. Where equal values have no vectors of
          their own, but only a space of them, no derivative exists: raises MatrixError
    """
    gaps = values[..., None, :] - values[..., :, None]
    found = plain(gaps)
    eye = eye_like(abs(found))
    largest = abs(plain(values)).max(axis=-1, initial=0)[..., None, None]
    equal = abs(found) <= largest * (found.shape[-1] * np.finfo(found.dtype).eps)
    if (equal & (plain(used) != 0) & (eye == 0)).any():
        raise MatrixError(f"{name}: {advice}")
    return np.where(equal, 0, 1 / np.where(equal, 1, gaps))


def refuse_phases(name, turning, size):
    """Refuse a gradient that depends on the phase of complex vectors, which nothing determines."""
    turning, size = abs(plain(turning)), plain(size)
    tolerance = np.finfo(turning.dtype).eps ** 0.5
    if (turning > tolerance * (1 + abs(size).max(initial=0))).any():
        raise MatrixError(
            f"{name}: the gradient depends on the phases of complex vectors, which nothing determines: each may be "
            "multiplied by any number of absolute value 1. Make the loss independent of them: use abs, or v * v.conj()"
        )


def refuse_rest(name, turning):
    """Refuse a gradient that depends on how the vectors which complete a basis lie among themselves."""
    turning = plain(turning)
    skew = abs(turning - adjoint(turning))
    if (skew > np.finfo(skew.dtype).eps ** 0.5 * (1 + abs(turning).max(initial=0))).any():
        raise MatrixError(
            f"{name}: the gradient depends on vectors that only complete the basis, which nothing determines but the "
            "space of them. Ask for the reduced form"
        )
