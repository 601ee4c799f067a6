"""Decompositions of matrices into factors: singular values, QR, Cholesky."""

from __future__ import annotations

import numpy as np

from ..core import implements, op, plain, samples_of
from ..errors import ArgumentError, MatrixError, UnsupportedFunctionError
from .matrices import (
    adjoint,
    diagonal_of,
    eye_like,
    hermitian_part,
    inverse_gaps,
    lower_half,
    pack,
    refuse_phases,
    refuse_rest,
    transposed,
    unpack,
)
from .rearranging import as_operand
from .spectra import eigh, eigvalsh, symmetric

# Singular values

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
    u, gu = _without_rest(u, gu, k)
    v, gv = _without_rest(v, gv, k)
    of_u, of_v = adjoint(u) @ gu, adjoint(v) @ gv
    refuse_phases("svd", diagonal_of(of_u + of_v).imag, of_u)
    both, apart = of_u + of_v, of_u - of_v
    both, apart = both - adjoint(both), apart - adjoint(apart)
    gaps = inverse_gaps("svd", s, abs(of_u) + abs(of_v) + transposed(abs(of_u) + abs(of_v)), EQUAL)
    sums = _inverse_sums(s, apart)
    inside = gs[..., None] * eye_like(of_u) + 0.5 * (gaps * both + sums * apart)
    left, right = gu - u @ of_u, gv - v @ of_v  # what is outside the spaces of the k vectors
    d = u @ inside @ vh[..., :k, :]
    if a_shape[-2] > k:
        d = d + _divided(left, s) @ adjoint(v)
    if a_shape[-1] > k:
        d = d + u @ adjoint(_divided(right, s))
    return d.conj()


def _without_rest(vectors, g, k):
    """The first k vectors and their gradient. The other vectors of a full basis turn only as the first do."""
    rest, g_of_rest = vectors[..., k:], g[..., k:]
    first, g_of_first = vectors[..., :k], g[..., :k]
    if not rest.shape[-1]:
        return vectors, g
    refuse_rest("svd", adjoint(rest) @ g_of_rest)
    return first, g_of_first - rest @ (adjoint(g_of_rest) @ first)


def _inverse_sums(s, used):
    sums = s[..., None, :] + s[..., :, None]
    zero = plain(sums) == 0
    if (zero & (plain(used) != 0)).any():
        raise MatrixError(f"svd: {ZERO}")
    return np.where(zero, 0, 1 / np.where(zero, 1, sums))


def _divided(x, s):
    zero = plain(s) == 0
    if (zero[..., None, :] & (plain(x) != 0)).any():
        raise MatrixError(f"svd: {ZERO}")
    return x / np.where(zero, 1, s)[..., None, :]


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


# QR


@op()
def qr_factors(a, mode="reduced"):
    """The factors of each matrix, side by side: an orthonormal basis of its columns, and an upper triangle."""
    q, r = np.linalg.qr(a, mode)
    return pack((q, 2), (r, 2))


def _qr_shapes(m, n, mode):
    inner = m if mode == "complete" else min(m, n)
    return (m, inner), (inner, n)


@qr_factors.grad("a")
def qr_factors_da(g, a, out, mode):
    """Source: Roberts and Roberts, QR and LQ decomposition matrix backpropagation algorithms, 2020."""
    m, n = a.shape[-2:]
    k = min(m, n)
    q, r = unpack(out, *_qr_shapes(m, n, mode))
    gq, gr = unpack(g.conj(), *_qr_shapes(m, n, mode))
    q, gq = _without_rest(q, gq, k)
    r, gr = r[..., :k, :], gr[..., :k, :]
    square, g_square = r[..., :k], gr[..., :k]
    if n > k:  # the columns after the first k are a[:, k:] = q @ r[:, k:]
        gq = gq + a[..., k:] @ adjoint(gr[..., k:])
    skew = lower_half(square @ adjoint(g_square) - adjoint(gq) @ q)
    d = gq + q @ (skew + adjoint(skew))
    d = adjoint(np.linalg.solve(square, adjoint(d)))
    return (d if n == k else np.concatenate([d, q @ gr[..., k:]], axis=-1)).conj()


@implements(np.linalg.qr)
def qr(a, mode="reduced"):
    a = as_operand(a)
    if mode not in ("reduced", "complete", "r"):
        raise UnsupportedFunctionError(
            f"np.linalg.qr: mode={mode!r} is not supported on tensors. Use 'reduced', 'complete' or 'r'"
        )
    q, r = unpack(qr_factors(a, "reduced" if mode == "r" else mode), *_qr_shapes(*a.shape[-2:], mode))
    return r if mode == "r" else QRResult(q, r)


QRResult = type(np.linalg.qr(np.eye(1)))


def _qr_samples(n, draw):
    yield (draw(n, 3, 3),)
    yield (draw(n, 4, 2),)
    yield draw(n, 2, 4), "reduced"
    yield draw(n, 3, 3), "complete"
    yield draw(2, 4), {"mode": "complete"}


qr_factors.samples(_qr_samples)


@samples_of(qr)
def _(n, draw):
    yield from _qr_samples(n, draw)
    yield draw(n, 4, 2), "r"


# Cholesky


@op(np.linalg.cholesky)
def cholesky(a, upper=False):
    """The triangle whose product with its adjoint is ``a``, Hermitian and positive definite, for each matrix."""
    return np.linalg.cholesky(a, upper=upper)


@cholesky.grad("a")
def cholesky_da(g, out, upper):
    """Source: Murray, Differentiation of the Cholesky decomposition, 2016."""
    g = g.conj()
    lower, g = (adjoint(out), adjoint(g)) if upper else (out, g)
    inside = lower_half(adjoint(lower) @ g)
    half = np.linalg.solve(adjoint(lower), inside)
    d = adjoint(np.linalg.solve(adjoint(lower), adjoint(half)))
    return hermitian_part(d).conj()


def positive_definite(x):
    """A positive definite matrix."""
    return x @ adjoint(x) + eye_like(x)


@cholesky.samples
def _(n, draw):
    yield (draw.made(positive_definite, draw(n, 3, 3)),)
    yield draw.made(positive_definite, draw(2, n, n)), {"upper": True}
