"""Decompositions of matrices into a basis and a triangle: QR and Cholesky."""

from __future__ import annotations

import numpy as np

from ..core import implements, op, samples_of
from ..errors import UnsupportedFunctionError
from .matrices import adjoint, eye_like, hermitian_part, lower_half, pack, unpack, without_rest
from .operands import as_operand

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
    q, gq = without_rest("qr", q, gq, k)
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
    return hermitian_part(np.linalg.solve(adjoint(lower), adjoint(half))).conj()


def positive_definite(x):
    """A positive definite matrix."""
    return x @ adjoint(x) + eye_like(x)


@cholesky.samples
def _(n, draw):
    yield (draw.made(positive_definite, draw(n, 3, 3)),)
    yield draw.made(positive_definite, draw(2, n, n)), {"upper": True}
