"""Determinants. The gradient of a determinant is the matrix of cofactors, which singular matrices have too."""

from __future__ import annotations

import numpy as np

from ..core import implements, op, plain, samples_of
from .matrices import adjoint, diagonal_of, eye_like, transposed
from .operands import as_operand


@op(np.linalg.det)
def det(a):
    """The determinant of each matrix. Its gradient is exact where the matrix is singular, at every order."""
    return np.linalg.det(a)


det.grad("a")(lambda g, a, out: g[..., None, None] * cofactors(a, out))


def cofactors(a, determinant):
    """The derivative of the determinant: by the inverse, or without it where some matrix is near a singular one."""
    try:
        inverse = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return _by_blocks(a)
    sizes = [np.linalg.norm(plain(x), axis=(-2, -1)) for x in (a, inverse)]
    if (sizes[0] * sizes[1] * _cutoff(a) > 1).any():
        return _by_blocks(a)
    return determinant[..., None, None] * transposed(inverse)


def _cutoff(a):
    """Singular values that are smaller than the largest by this are not inverted, or second and third derivatives
    would lose too many digits."""
    return float(np.finfo(a.dtype).eps) ** (1 / 3)


def _by_blocks(a):
    """As its singular vectors see it, a matrix is nearly diagonal. Only the block of its large singular values is
    inverted; the cofactors and the determinant of what that leaves of the others are polynomials of its elements.
    """
    u, s, vh = np.linalg.svd(plain(a))
    small = s <= _cutoff(a) * s.max(axis=-1, keepdims=True, initial=0)
    k = a.shape[-1] - int(small.sum(axis=-1).max(initial=0))  # one size of block for the whole batch
    m = adjoint(u) @ a @ adjoint(vh)
    block, right, left, rest = m[..., :k, :k], m[..., :k, k:], m[..., k:, :k], m[..., k:, k:]
    inverse = np.linalg.inv(block)
    of_rest, determinant = _by_polynomials(rest - left @ inverse @ right)
    left, right = transposed(left @ inverse), transposed(inverse @ right)
    corner = determinant[..., None, None] * transposed(inverse) + left @ of_rest @ right
    upper = np.concatenate([corner, -left @ of_rest], axis=-1)
    lower = np.concatenate([-of_rest @ right, of_rest], axis=-1)
    scale = np.linalg.det(u) * np.linalg.det(vh) * np.linalg.det(block)
    return scale[..., None, None] * (u.conj() @ np.concatenate([upper, lower], axis=-2) @ vh.conj())


def _by_polynomials(x):
    """Cofactors and determinant, without an inverse: of at most three rows their cross products, of more by traces.

    Source: Faddeev and LeVerrier; Householder, The Theory of Matrices in Numerical Analysis, section 6.7.
    """
    n = x.shape[-1]
    if n <= 3:
        beside = np.eye(3, 3 - n, -n, dtype=x.dtype, like=plain(x))  # a matrix of three rows with the same cofactors
        rows = np.concatenate([x, np.zeros_like(x, shape=(*x.shape[:-2], 3 - n, n))], axis=-2)
        rows = np.concatenate([rows, np.broadcast_to(beside, (*x.shape[:-2], 3, 3 - n))], axis=-1)
        one, two, three = (rows[..., i, :] for i in range(3))
        found = np.stack([np.cross(two, three), np.cross(three, one), np.cross(one, two)], axis=-2)
        return found[..., :n, :n], (one * found[..., 0, :]).sum(axis=-1)
    eye = eye_like(x)
    power = eye + 0 * x
    for k in range(1, n):
        product = x @ power
        power = product - diagonal_of(product).sum(axis=-1)[..., None, None] * (eye / k)
    sign = -1 if n % 2 == 0 else 1
    return sign * transposed(power), sign * diagonal_of(x @ power).sum(axis=-1) / n


@det.samples
def _(n, draw):
    yield (draw(n, 3, 3),)
    yield (draw(2, n, n),)
    yield (draw(4, 4),)
    for rank in (3, 2, 1):  # the first derivative is not zero, the second is not, the third is not
        yield (draw(n, 4, rank) @ draw(n, rank, 4),)
    yield (np.concatenate([draw(1, 3, 3), np.zeros((2, 3, 3), draw.dtype)]),)


@op()
def signed_log_of_det(a):
    """The sign of each determinant, and the logarithm of its absolute value, along a new last axis."""
    sign, log = np.linalg.slogdet(a)
    return np.stack([sign, log.astype(sign.dtype)], axis=-1)


@signed_log_of_det.grad("a")
def signed_log_of_det_da(g, a, out):
    of_log = g[..., 1].real
    if a.dtype.kind == "c":  # the sign turns with the determinant
        of_log = of_log + 1j * (g[..., 0] * out[..., 0]).imag
    return of_log[..., None, None] * transposed(np.linalg.inv(a))


@implements(np.linalg.slogdet)
def slogdet(a):
    both = signed_log_of_det(as_operand(a))
    return SlogdetResult(both[..., 0], np.real(both[..., 1]))


SlogdetResult = type(np.linalg.slogdet(np.eye(1)))


@signed_log_of_det.samples
def _(n, draw):
    yield (draw(n, 3, 3),)
    yield (draw(2, n, n),)
    yield (draw(4, 4),)


samples_of(slogdet)(signed_log_of_det.sampler)
