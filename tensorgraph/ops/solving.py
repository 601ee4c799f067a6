"""Linear equations: inverses, solutions, pseudo-inverses, least squares."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import implements, op, plain, samples_of, wrap
from ..errors import ArgumentError, ShapeError
from .matrices import adjoint, hermitian_part, transposed
from .operands import as_operand


@op(np.linalg.inv)
def inv(a):
    """The inverse of each matrix."""
    return np.linalg.inv(a)


inv.grad("a")(lambda g, out: -transposed(out) @ g @ transposed(out))


def _regular(n, draw, size=3):
    """Matrices far from singular."""
    return draw(n, size, size) + 4 * np.eye(size, dtype=draw.dtype)


@inv.samples
def _(n, draw):
    yield (_regular(n, draw),)
    yield (_regular(2, draw, n),)


@op()
def solve(a, b):
    """x with a @ x = b, for each matrix ``a``; one axis of ``b`` is a vector."""
    return np.linalg.solve(a, b)


@solve.grad("a", "b")
def solve_grad(g, a, out, b_shape):
    if len(b_shape) == 1:
        db = np.linalg.solve(transposed(a), g[..., None])
        return -db * out[..., None, :], db[..., 0]
    db = np.linalg.solve(transposed(a), g)
    return -db @ transposed(out), db


@implements(np.linalg.solve)
def numpy_solve(a, b):
    return solve(as_operand(a), as_operand(b))


@solve.samples
def _(n, draw):
    yield _regular(n, draw), draw(n, 3, 2)
    yield _regular(n, draw), draw(3)
    yield _regular(1, draw)[0], draw(n, 3, 2)
    yield _regular(n, draw), draw(2, 1, 3, 2)
    yield _regular(2, draw, n), draw(n, 1)


samples_of(numpy_solve)(solve.sampler)


@implements(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    a = as_operand(a)
    rows, columns = a.shape[:ind], a.shape[ind:]
    if ind <= 0 or not columns or math.prod(rows) != math.prod(columns):
        raise ShapeError(f"np.linalg.tensorinv: the first {ind} axes and the others of {a.shape} are not equally many")
    return inv(a.reshape((math.prod(rows), -1))).reshape((*columns, *rows))


@samples_of(tensorinv)
def _(n, draw):
    yield (_regular(1, draw, 6).reshape(2, 3, 6, 1),)
    yield _regular(1, draw, 6).reshape(6, 3, 2), {"ind": 1}


@implements(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    a, b = as_operand(a), as_operand(b)
    if axes is not None:  # as NumPy does it: one after the other, to the end
        last = normalize_axis_tuple(axes, a.ndim)
        a = a.transpose((*[i for i in range(a.ndim) if i not in last], *last))
    unknown = a.shape[b.ndim :]
    if math.prod(unknown) != math.prod(a.shape[: b.ndim]):
        raise ShapeError(f"np.linalg.tensorsolve: {a.shape} is not a square matrix for b of shape {b.shape}")
    size = math.prod(unknown)
    return solve(a.reshape((size, size)), b.reshape(size)).reshape(unknown)


@samples_of(tensorsolve)
def _(n, draw):
    yield _regular(1, draw, 6).reshape(2, 3, 6), draw(2, 3)
    yield _regular(1, draw, 6).reshape(2, 3, 3, 2), draw(3, 2), {"axes": (0, 1)}


# Where there is no inverse


@op()
def pinv(a, rcond=None, hermitian=False):
    """The Moore-Penrose inverse of each matrix; singular values up to ``rcond`` times the largest count as zero."""
    return np.linalg.pinv(a, rcond, hermitian)


@pinv.grad("a")
def pinv_da(g, a, out, hermitian):
    """For a rank that stays as it is. Source: Golub and Pereyra, The differentiation of pseudo-inverses, 1973."""
    h, inverse = transposed(g), adjoint(out)
    left, right = h @ out @ inverse, inverse @ out @ h
    d = left - a @ (out @ left) + right - (right @ out) @ a - adjoint(out @ h @ out)
    return (hermitian_part(d) if hermitian else d).conj()


def gram(x):
    """x @ x^H: Hermitian, and of no higher rank than x has columns."""
    return x @ x.swapaxes(-1, -2).conj()


@pinv.samples
def _(n, draw):
    yield (draw(n, 4, 2),)
    yield (draw(n, 2, 3),)
    yield _regular(n, draw), 1e-12
    yield draw.made(gram, draw(n, 3, 2)), 1e-6, True
    yield (draw(0, n),)


@implements(np.linalg.pinv)
def numpy_pinv(a, rcond=None, hermitian=False, *, rtol=np._NoValue):
    a = as_operand(a)
    if rtol is np._NoValue:
        return pinv(a, rcond, hermitian)
    if rcond is not None:
        raise ArgumentError("np.linalg.pinv: rtol and rcond mean the same; give one of them")
    return pinv(a, max(a.shape[-2:]) * float(np.finfo(a.dtype).eps) if rtol is None else plain(rtol), hermitian)


@samples_of(numpy_pinv)
def _(n, draw):
    yield from pinv.sampler(n, draw)
    yield draw.made(gram, draw(n, 3, 2)), {"rtol": 1e-6}
    yield draw(n, 4, 2), {"rtol": None}


@op()
def least_squares(a, b, rcond=None):
    """The x of least length with the least |b - a @ x|, for one matrix ``a``."""
    return np.linalg.lstsq(a, b, rcond)[0]


@least_squares.grad("a", "b")
def least_squares_grad(g, a, b, out, rcond):
    """For a rank that stays as it is, as for ``pinv``."""
    if b.ndim == 1:
        g, b, out = g[:, None], b[:, None], out[:, None]
        da, db = least_squares_grad(g, a, b, out, rcond)
        return da, db[:, 0]
    inverse = np.linalg.pinv(a, rtol=rcond)
    g = g.conj()
    db = adjoint(inverse) @ g
    outside = g - inverse @ (a @ g)  # what of g is not in the row space
    da = (b - a @ out) @ adjoint(inverse @ db) + adjoint(inverse) @ out @ adjoint(outside) - db @ adjoint(out)
    return da.conj(), db.conj()


@implements(np.linalg.lstsq)
def lstsq(a, b, rcond=None):
    a, b = as_operand(a), as_operand(b)
    x, s = least_squares(a, b, rcond), np.linalg.svdvals(a)
    cutoff = max(a.shape) * float(np.finfo(float).eps) if rcond is None else rcond  # as NumPy, in double precision
    rank = int((plain(s) > cutoff * plain(s).max(initial=0)).sum())
    rest = b - a @ x
    if rank < a.shape[1] or a.shape[0] <= a.shape[1]:
        residuals = np.real(rest).reshape(-1)[:0]
    else:
        residuals = np.real(rest * rest.conj()).reshape((a.shape[0], -1)).sum(axis=0)
    return x, residuals, wrap(np.array(rank, np.int32)), s


@least_squares.samples
def least_squares_samples(n, draw):
    yield draw(5, 3), draw(5)
    yield draw(5, 3), draw(5, n)
    yield draw(2, 4), draw(2, n), 1e-10
    yield draw(2, 4), draw(2)
    yield draw.made(gram, draw(4, 2)), draw(4, 2), 1e-6


@samples_of(lstsq)
def _(n, draw):
    for sample in least_squares_samples(n, draw):
        if isinstance(sample[0], np.ndarray):  # a singular value of zero has no second derivative
            yield sample
    yield draw(5, 3), draw(5, 2), {"rcond": None}
