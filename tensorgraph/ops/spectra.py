"""Eigenvalues and eigenvectors.

A symmetric or Hermitian matrix is given by one of its triangles, which is all that NumPy reads; its gradient is
Hermitian as it is. Eigenvalues alone have gradients everywhere; eigenvectors only where no two eigenvalues are equal.
"""

from __future__ import annotations

import numpy as np

from ..core import implements, op, plain, samples_of
from ..errors import ArgumentError
from .matrices import (
    adjoint,
    diagonal_of,
    eye_like,
    hermitian_part,
    inverse_gaps,
    pack,
    refuse_phases,
    unpack,
)
from .operands import as_operand

EQUAL = (
    "two eigenvalues are equal, so their eigenvectors are not determined, and no gradient flows through these. If the "
    "loss needs eigenvalues only, use {values}"
)


def parts_of_eigh(packed):
    """Eigenvalues and eigenvectors, from where they are side by side."""
    n = _size_of(packed)
    values, vectors = unpack(packed, (n,), (n, n))
    return values.real, vectors


def _size_of(packed):
    return int((packed.shape[-1] + 0.25) ** 0.5)  # n * n + n elements


@op()
def eigen_of_hermitian(a, UPLO="L"):
    """Eigenvalues in rising order, and then the eigenvectors, of each Hermitian matrix, side by side."""
    values, vectors = np.linalg.eigh(a, UPLO)
    return pack((values.astype(vectors.dtype), 1), (vectors, 2))


@eigen_of_hermitian.grad("a")
def eigen_of_hermitian_da(g, out):
    values, v = parts_of_eigh(out)
    of_values, of_vectors = parts_of_eigh(g.conj())
    turned = adjoint(v) @ of_vectors
    refuse_phases("eigh", turned, of_vectors)
    gaps = inverse_gaps("eigh", values, turned, EQUAL.format(values="np.linalg.eigvalsh"))
    inside = of_values[..., None] * eye_like(turned) + hermitian_part(turned * gaps)
    return (v @ inside @ adjoint(v)).conj()


@implements(np.linalg.eigh)
def eigh(a, UPLO="L"):
    return EighResult(*parts_of_eigh(eigen_of_hermitian(as_operand(a), UPLO)))


EighResult = type(np.linalg.eigh(np.eye(1)))


@op(np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    """Eigenvalues of each Hermitian matrix, in rising order."""
    return np.linalg.eigvalsh(a, UPLO)


@eigvalsh.grad("a")
def eigvalsh_da(g, a, UPLO):
    _, v = np.linalg.eigh(a, UPLO)
    return ((v * g[..., None, :]) @ adjoint(v)).conj()


def hermitian(x):
    """The Hermitian part of x."""
    return hermitian_part(x)


def symmetric(x):
    """The symmetric part of real x: complex eigenvectors have phases that nothing determines."""
    if x.dtype.kind == "c":
        raise ArgumentError("symmetric: of real matrices only")
    return hermitian_part(x)


def _eigh_samples(n, draw):
    yield (draw.made(symmetric, draw(n, 3, 3)),)
    yield draw.made(symmetric, draw(2, n, n)), "U"
    yield draw.made(symmetric, draw(4, 4)), {"UPLO": "L"}


eigen_of_hermitian.samples(_eigh_samples)
samples_of(eigh)(_eigh_samples)


@eigvalsh.samples
def _(n, draw):
    yield (draw.made(hermitian, draw(n, 3, 3)),)
    yield draw.made(hermitian, draw(2, n, n)), "U"


# Of any square matrix


@op()
def eigen(a):
    """Eigenvalues, and then the eigenvectors of length 1, of each matrix, side by side."""
    values, vectors = np.linalg.eig(a)
    return pack((values, 1), (vectors, 2))


@eigen.grad("a")
def eigen_da(g, a_shape, out):
    """Source: Boeddeker et al., On the computation of complex-valued gradients with application to statistically
    optimum beamforming, 2017, section 4.17, with eigenvectors of length 1."""
    n = a_shape[-1]
    values, v = unpack(out, (n,), (n, n))
    of_values, of_vectors = unpack(g.conj(), (n,), (n, n))
    turned = adjoint(v) @ of_vectors
    refuse_phases("eig", turned, of_vectors)
    sideways = turned - adjoint(v) @ v * diagonal_of(turned).real[..., None, :]
    gaps = inverse_gaps("eig", values.conj(), sideways, EQUAL.format(values="np.linalg.eigvals"))
    inside = of_values[..., None] * eye_like(turned) + sideways * gaps
    return np.linalg.solve(adjoint(v), inside @ adjoint(v)).conj()


@implements(np.linalg.eig)
def eig(a):
    n = a.shape[-1]
    return EigResult(*unpack(eigen(as_operand(a)), (n,), (n, n)))


EigResult = type(np.linalg.eig(np.eye(1)))


@implements(np.linalg.eigvals)
def eigvals(a):
    return eig(a)[0]


def spread_out(x):
    """A matrix whose eigenvalues are far from each other, and real if it is."""
    steps = np.arange(x.shape[-1], dtype=x.dtype, like=plain(x))
    return 0.2 * x + eye_like(x) * (2 * steps)


def spread_out_and_real(x):
    """The same of real numbers only: complex eigenvectors have phases, as above."""
    if x.dtype.kind == "c":
        raise ArgumentError("spread_out_and_real: of real matrices only")
    return spread_out(x)


def _eig_samples(n, draw, make=spread_out_and_real):
    yield (draw.made(make, draw(n, 3, 3)),)
    yield (draw.made(make, draw(2, n, n)),)


eigen.samples(_eig_samples)
samples_of(eig)(_eig_samples)


@samples_of(eigvals)
def _(n, draw):
    yield from _eig_samples(n, draw, spread_out)
