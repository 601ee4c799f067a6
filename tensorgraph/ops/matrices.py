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


def without_rest(name, vectors, g, k):
    """The first k vectors and their gradient. The other vectors of a full basis turn only as the first do."""
    rest, g_of_rest = vectors[..., k:], g[..., k:]
    first, g_of_first = vectors[..., :k], g[..., :k]
    if not rest.shape[-1]:
        return vectors, g
    refuse_rest(name, adjoint(rest) @ g_of_rest, g)
    return first, g_of_first - rest @ (adjoint(g_of_rest) @ first)


# Where there is no gradient


def inverse_gaps(name, values, turned, advice):
    """1 / (v[j] - v[i]) for each pair of values, and 0 where they are equal to within rounding.

    Equal values have no vectors of their own, only a space of them. Raises MatrixError where the gradient that comes
    in, ``turned`` into the basis of the vectors, depends on how the vectors of such a pair lie in that space.
    """
    gaps = values[..., None, :] - values[..., :, None]
    equal = abs(plain(gaps)) <= rounding_of(values)[..., None, None]
    used = abs(plain(turned))
    if (equal & (used + transposed(used) > 0) & (eye_like(used) == 0)).any():
        raise MatrixError(f"{name}: {advice}")
    return np.where(equal, 0, 1 / np.where(equal, 1, gaps))


def rounding_of(values):
    """How far eigenvalues or singular values may be off by rounding: about that of the largest."""
    values = plain(values)
    return np.linalg.norm(values, axis=-1) * (values.shape[-1] * np.finfo(values.dtype).eps)


def refuse_phases(name, turned, gradient):
    """Refuse a gradient of complex vectors that depends on their phases, which nothing determines."""
    if turned.dtype.kind == "c" and _beyond_rounding(plain(turned).imag * eye_like(plain(turned).imag), gradient):
        raise MatrixError(
            f"{name}: the gradient depends on the phases of complex vectors, which nothing determines: each may be "
            "multiplied by any number of absolute value 1. Make the loss independent of them: use abs(v)"
        )


def refuse_rest(name, turned, gradient):
    """Refuse a gradient that depends on how the vectors that only complete a basis lie among themselves."""
    turned = plain(turned)
    if _beyond_rounding(turned - adjoint(turned), gradient):
        raise MatrixError(
            f"{name}: the gradient depends on vectors that only complete the basis, of which nothing is determined but "
            "the space that they span. Ask for the reduced form"
        )


def _beyond_rounding(part, gradient):
    """Whether a part is larger than rounding in the gradient that it belongs to explains."""
    part, size = (np.linalg.norm(plain(x), axis=(-2, -1)) for x in (part, gradient))
    return (part > size * np.finfo(size.dtype).eps ** 0.5).any()
