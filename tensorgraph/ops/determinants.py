"""Determinants. The gradient of a determinant is the matrix of cofactors, which singular matrices have too."""

from __future__ import annotations

import numpy as np

from ..core import implements, op, plain, samples_of
from .matrices import adjoint, diagonal_of, eye_like, transposed
from .rearranging import as_operand


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
        return _cofactors_without_inverse(a)
    if (_size(a) * _size(inverse) * _cutoff(a.dtype) > 1).any():  # second derivatives would lose too many digits
        return _cofactors_without_inverse(a)
    return determinant[..., None, None] * transposed(inverse)


def _size(a):
    return abs(plain(a)).sum(axis=-1).max(axis=-1, initial=0)


def _cutoff(dtype):
    return float(np.finfo(dtype).eps) ** (1 / 3)


def _cofactors_without_inverse(a):
    """As singular vectors see it, a matrix is nearly diagonal. Only its block of large singular values is inverted; the
    cofactors and the determinant of what is left, a small matrix, are polynomials of its elements.
    """
    u, s, vh = np.linalg.svd(plain(a))
    small = s <= _cutoff(a.dtype) * s.max(axis=-1, keepdims=True, initial=0)
    k = a.shape[-1] - int(small.sum(axis=-1).max(initial=0))  # one size of block for the whole batch
    turn = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    m = adjoint(u) @ a @ adjoint(vh)
    m11, m12, m21, m22 = m[..., :k, :k], m[..., :k, k:], m[..., k:, :k], m[..., k:, k:]
    left, right = m21 @ np.linalg.inv(m11), np.linalg.solve(m11, m12)
    schur, rest = _adjugate(m22 - left @ m12)
    minors = transposed(schur)
    upper = np.concatenate([_blocks(m11, rest, left, minors, right), -transposed(left) @ minors], axis=-1)
    lower = np.concatenate([-minors @ transposed(right), minors], axis=-1)
    of_m = np.linalg.det(m11)[..., None, None] * np.concatenate([upper, lower], axis=-2)
    return turn * (u.conj() @ of_m @ vh.conj())


def _blocks(m11, rest, left, minors, right):
    return rest[..., None, None] * transposed(np.linalg.inv(m11)) + transposed(left) @ minors @ transposed(right)


def _adjugate(x):
    """The adjugate and the determinant of each matrix, as polynomials of its elements, which need no inverse.

    Source: Faddeev and LeVerrier; Householder, The Theory of Matrices in Numerical Analysis, section 6.7.
    """
    n = x.shape[-1]
    eye = eye_like(x)
    power = eye + 0 * x
    for k in range(1, n):
        product = x @ power
        power = product - diagonal_of(product).sum(axis=-1)[..., None, None] * (eye / k)
    sign = -1 if n % 2 == 0 else 1
    if not n:
        return power, np.ones_like(x, shape=x.shape[:-2])
    return sign * power, sign * diagonal_of(x @ power).sum(axis=-1) / n


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
