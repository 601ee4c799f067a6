"""Decompositions of matrices: what is unique in them, so that signs and phases of vectors do not matter."""

from ..drawing import matrices
from ..rows import BOTH, Row


def hermitian(m, x):
    return x + m.conj(x).swapaxes(-1, -2)


def eigh(m, x):
    values, vectors = m.linalg.eigh(hermitian(m, x))
    return [values, m.abs(vectors) ** 2]


def eig(m, x):
    """In the order of the real parts; real matrices have pairs of conjugates."""
    values, vectors = m.linalg.eig(x)
    return [m.sum(values**2), m.sum(values**3), m.sum(m.abs(vectors) ** 2 * 1.0)]


def svd(m, x):
    u, s, v = m.linalg.svd(x, full_matrices=False)
    return [m.abs(u) ** 2, s, m.abs(v) ** 2, (u * s[..., None, :]) @ v]


def qr(m, x):
    q, r = m.linalg.qr(x)
    return [q @ r, m.abs(q) ** 2, m.abs(r) ** 2]


def cholesky(m, x):
    return m.linalg.cholesky(x @ m.conj(x).swapaxes(-1, -2) + m.eye(x.shape[-1], dtype=x.dtype))


ROWS = [
    Row("linalg.eigh", matrices(), "hermitian", call=eigh, complex=BOTH),
    Row("linalg.eigvalsh", matrices(), "hermitian", call=lambda m, x: m.linalg.eigvalsh(hermitian(m, x)), complex=BOTH),
    Row("linalg.eig", matrices(), "hermitian", call=eig, jax=None, complex="torch"),
    Row("linalg.eigvals", matrices(), "hermitian", call=lambda m, x: m.sum(m.linalg.eigvals(x) ** 3), complex=BOTH,
        second="torch"),
    Row("linalg.svd", matrices(rows=3, columns=2), call=svd, complex=BOTH),
    Row("linalg.svd", matrices(rows=2, columns=3), call=svd, complex=BOTH),
    Row("linalg.svdvals", matrices(columns=3), "normal", complex=BOTH),
    Row("linalg.qr", matrices(), "invertible", call=qr, complex=BOTH),
    Row("linalg.qr", matrices(rows=4, columns=3), call=qr, complex=BOTH),
    Row("linalg.cholesky", matrices(), call=cholesky, complex=BOTH),
]  # fmt: skip
