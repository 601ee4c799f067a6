"""Singular values and singular vectors.

Singular values have gradients everywhere but at zero; singular vectors only where no two singular values are equal.
"""

from __future__ import annotations

import numpy as np

from ..core import implements, op, plain, samples_of
from ..errors import ArgumentError, MatrixError
from .matrices import (
    adjoint,
    eye_like,
    hermitian_part,
    inverse_gaps,
    pack,
    refuse_phases,
    rounding_of,
    unpack,
    without_rest,
)
from .operands import as_operand
from .spectra import eigh, eigvalsh, symmetric

EQUAL = (
    "two singular values are equal, so their singular vectors are not determined, and no gradient flows through these. "
    "If the loss needs singular values only, use np.linalg.svdvals"
)
ZERO = (
    "a singular value is zero, so its singular vectors are not determined by each other, and no gradient flows through "
    "these. If the loss needs singular values only, use np.linalg.svdvals"
)


def _shapes(m, n, full):
    k = min(m, n)
    return (m, m if full else k), (k,), (n if full else k, n)


@op()
def singular(a, full_matrices=True):
    """Left vectors, singular values in falling order, and the adjoint of the right vectors, side by side."""
    u, s, vh = np.linalg.svd(a, full_matrices)
    return pack((u, 2), (s.astype(u.dtype), 1), (vh, 2))


@singular.grad("a")
def singular_da(g, out, a_shape, full_matrices):
    """Source: Townsend, Differentiating the singular value decomposition, 2016."""
    shapes = _shapes(*a_shape[-2:], full_matrices)
    k = min(a_shape[-2:])
    u, s, vh = unpack(out, *shapes)
    gu, gs, gvh = unpack(g.conj(), *shapes)
    s, gs, v, gv = s.real, gs.real, adjoint(vh), adjoint(gvh)
    u, gu = without_rest("svd", u, gu, k)
    v, gv = without_rest("svd", v, gv, k)
    of_u, of_v = adjoint(u) @ gu, adjoint(v) @ gv
    refuse_phases("svd", of_u + of_v, np.concatenate([gu, gv], axis=-2))
    both, apart = of_u + of_v, of_u - of_v
    gaps = inverse_gaps("svd", s, abs(plain(of_u)) + abs(plain(of_v)), EQUAL)
    both, apart = both - adjoint(both), apart - adjoint(apart)
    inside = gaps * both + _divided(apart, s, s[..., None, :] + s[..., None])
    inside = gs[..., None] * eye_like(of_u) + 0.5 * inside
    left, right = gu - u @ of_u, gv - v @ of_v  # what is outside the spaces of the k vectors
    d = u @ inside @ vh[..., :k, :]
    if a_shape[-2] > k:
        d = d + _divided(left, s, s[..., None, :]) @ adjoint(v)
    if a_shape[-1] > k:
        d = d + u @ adjoint(_divided(right, s, s[..., None, :]))
    return d.conj()


def _divided(x, s, sizes):
    """``x`` divided by sums or single ones of the singular values, and 0 where these are 0 to within rounding."""
    zero = plain(sizes) <= rounding_of(s)[..., None, None]
    if (zero & (plain(x) != 0)).any():
        raise MatrixError(f"svd: {ZERO}")
    return np.where(zero, 0, x / np.where(zero, 1, sizes))


@implements(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    a = as_operand(a)
    if hermitian:
        return _svd_of_hermitian(a) if compute_uv else _svdvals_of_hermitian(a)
    if not compute_uv:
        return svdvals(a)
    u, s, vh = unpack(singular(a, full_matrices), *_shapes(*a.shape[-2:], full_matrices))
    return SVDResult(u, np.real(s), vh)


SVDResult = type(np.linalg.svd(np.eye(1)))


def _svd_of_hermitian(a):
    """As NumPy does it: the absolute eigenvalues in falling order, their signs with the right vectors."""
    values, vectors = eigh(a)
    order = np.argsort(abs(values))[..., ::-1]
    sign = np.take_along_axis(np.sign(values), order, axis=-1)
    u = np.take_along_axis(vectors, order[..., None, :], axis=-1)
    return SVDResult(u, np.take_along_axis(abs(values), order, axis=-1), adjoint(u * sign[..., None, :]))


def _svdvals_of_hermitian(a):
    sizes = abs(eigvalsh(a))
    return np.take_along_axis(sizes, np.argsort(sizes)[..., ::-1], axis=-1)


def real_only(x):
    """x, of real numbers only: complex singular vectors have phases that nothing determines."""
    if x.dtype.kind == "c":
        raise ArgumentError("real_only: of real matrices only")
    return x


def _svd_samples(n, draw):
    yield draw.made(real_only, draw(n, 3, 3)), True
    yield draw.made(real_only, draw(n, 4, 2)), False
    yield draw.made(real_only, draw(2, 4)), {"full_matrices": False}
    yield draw.made(real_only, draw(2, n, 4)), False


singular.samples(_svd_samples)


@samples_of(svd)
def _(n, draw):
    yield from _svd_samples(n, draw)
    yield draw(n, 3, 2), {"compute_uv": False}
    yield draw.made(symmetric, draw(n, 3, 3)), {"hermitian": True}
    yield draw.made(hermitian_part, draw(n, 3, 3)), {"compute_uv": False, "hermitian": True}


@op(np.linalg.svdvals)
def svdvals(x):
    """Singular values of each matrix, in falling order. At a singular value of zero the gradient is 0."""
    return np.linalg.svdvals(x)


@svdvals.grad("x")
def svdvals_dx(g, x, out):
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return ((u * (g * np.sign(out))[..., None, :]) @ vh).conj()


@svdvals.samples
def _(n, draw):
    yield (draw(n, 3, 2),)
    yield (draw(n, 2, 4),)
    yield (draw(2, n, 3),)
