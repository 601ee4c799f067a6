"""Equations, inverses, determinants, norms of matrices."""

from hypothesis import strategies as st

from ..drawing import matrices, products
from ..rows import BOTH, Row

WELL = "invertible"
NORMS = st.sampled_from(["fro", "nuc", 2, -2, 1, -1, float("inf"), -float("inf")])


def shifted(m, x):
    """Invertible, of the last two axes of x."""
    return x + 4 * m.eye(x.shape[-1], dtype=x.dtype)


def solve(m, x, b):
    return m.linalg.solve(shifted(m, x), b)


def tensorinv(m, x):
    return m.linalg.tensorinv(shifted(m, x).reshape(x.shape[-1], 1, x.shape[-1]), 2)


def tensorsolve(m, x, b):
    n = x.shape[-1]
    return m.linalg.tensorsolve(shifted(m, x).reshape(n, 1, n), b.reshape(n, 1))


ROWS = [
    Row("linalg.inv", matrices(), WELL, complex=BOTH),
    Row("linalg.pinv", matrices(), WELL, complex=BOTH),
    Row("linalg.pinv", matrices(rows=4, columns=3), complex="torch", second="torch"),
    Row("linalg.pinv", matrices(rows=2, columns=4), complex="torch", second="torch"),
    Row("linalg.solve", products("ii", "ij", batch=True), call=solve, complex=BOTH),
    Row("linalg.solve", products("ii", "i"), call=solve, complex=BOTH),
    Row("linalg.det", matrices(), WELL, complex=BOTH),
    Row("linalg.slogdet", matrices(), WELL, call=lambda m, x: list(m.linalg.slogdet(x)), complex=BOTH),
    Row("linalg.matrix_power", matrices(n=st.integers(-2, 4)), WELL, complex=BOTH),
    Row("linalg.lstsq", products("ij", "ik"),
        call=lambda m, x, b: m.linalg.lstsq(tall(m, x), tall(m, b), rcond=None)[0],
        torch=lambda t, x, b: t.linalg.pinv(tall(t, x)) @ tall(t, b)),
    Row("linalg.matrix_norm", matrices(ord=NORMS), WELL, complex=BOTH),
    Row("linalg.norm", matrices(ord=NORMS, batch=False), WELL, complex=BOTH),
    Row("linalg.cond", matrices(p=st.sampled_from([None, 2, -2])), WELL, complex=BOTH),
    Row("linalg.cond", matrices(p=st.sampled_from(["fro", "nuc", 1, -1])), WELL, torch=None, complex="jax"),
    Row("linalg.tensorinv", products("ii"), call=tensorinv, complex=BOTH,
        torch=lambda t, x: t.linalg.tensorinv(shifted(t, x).reshape(x.shape[-1], 1, x.shape[-1]), 2)),
    Row("linalg.tensorsolve", products("ii", "i"), call=tensorsolve, complex=BOTH),
]  # fmt: skip


def tall(m, x):
    """More rows than columns, of full rank."""
    stacked = m.concatenate([x, 2 * x**2 - 1, x**3 + 0.5, m.ones_like(x)], 0)
    n = x.shape[-1]
    return stacked + m.concatenate([3 * m.eye(n, dtype=x.dtype), m.zeros((4 * len(x) - n, n), dtype=x.dtype)], 0)
