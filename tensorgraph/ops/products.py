"""Products of matrices, vectors and tensors."""

from __future__ import annotations

import math

import numpy as np

from ..core import Tensor, implements, method, samples_of, ufunc
from .operands import as_operand

matmul = ufunc(np.matmul)


def _t(x):
    """Each matrix transposed."""
    return x.T if x.ndim == 2 else x.swapaxes(-1, -2)


@matmul.grad("x")
def matmul_dx(g, y, x_shape):
    if y.ndim == 1:
        return g[..., None] * y
    if len(x_shape) == 1:
        return (g[..., None, :] @ _t(y))[..., 0, :]
    return g @ _t(y)


@matmul.grad("y")
def matmul_dy(g, x, y_shape):
    if x.ndim == 1:
        return g * x if len(y_shape) == 1 else x[:, None] * g[..., None, :]
    if len(y_shape) == 1:
        return (_t(x) @ g[..., None])[..., 0]
    if len(y_shape) == 2 and x.ndim > 2:  # one matrix for the whole batch: one product instead of a batch and a sum
        rows = math.prod(x.shape[:-1])
        return x.reshape((rows, x.shape[-1])).T @ g.reshape((rows, g.shape[-1]))
    return _t(x) @ g


@matmul.samples
def _(n, draw):
    yield draw(n, 3), draw(3, 4)
    yield draw(3), draw(3)
    yield draw(n, 3), draw(3)
    yield draw(3), draw(3, n)
    yield draw(n, 2, 3), draw(3, 4)
    yield draw(2, 3), draw(n, 3, 2)
    yield draw(2, n, 3), draw(2, 3, 2)
    yield draw(n, 1, 2, 3), draw(4, 3, 2)
    yield draw(3), draw(n, 3, 2)
    yield draw(n, 2, 3), draw(3)
    yield draw(n, 2, 0), draw(0, 3)
    yield draw(2, 3, n), draw(n, 0)


def _contract(a, b, axis):
    """Sum products over the last axis of ``a`` and this axis of ``b``, as one matrix product."""
    a, b = as_operand(a), as_operand(b)
    if not a.ndim or not b.ndim:
        return a * b
    columns = np.moveaxis(b, axis, 0)
    product = a @ columns.reshape((len(columns), math.prod(columns.shape[1:])))
    return product.reshape((*a.shape[:-1], *columns.shape[1:]))


@implements(np.dot)
@method
def dot(a, b):
    """NumPy's dot: the last axis of ``a`` with the last axis but one of ``b`` (its only axis, if it has one)."""
    return _contract(a, b, -2 if np.ndim(b) > 1 else 0)


@samples_of(dot)
def _(n, draw):
    yield draw(n, 3), draw(3, 4)
    yield draw(3, n), draw(2, n, 4)
    yield draw(2, 3), draw(3)
    yield draw(n), draw(n)
    yield draw(n, 2), draw()
    yield 2.5, draw(n, 2)


@implements(np.outer)
def outer(a, b):
    return _flat(a, (-1, 1)) * _flat(b, (1, -1))


def _flat(x, shape):
    """A tensor or array in this shape; a number as it is, so that it widens no dtype."""
    x = as_operand(x)
    return x.reshape(shape) if isinstance(x, Tensor) or x.ndim else x


@samples_of(outer)
def _(n, draw):
    yield draw(n), draw(3)
    yield draw(2, n), draw(3, 1)
    yield draw(), draw(n)
    yield draw(n), 2.5


@implements(np.inner)
def inner(a, b):
    return _contract(a, b, -1)


@samples_of(inner)
def _(n, draw):
    yield draw(n), draw(n)
    yield draw(n, 3), draw(2, 4, 3)
    yield draw(3, n), draw(n)
    yield draw(n, 2), draw()


@implements(np.vdot)
def vdot(a, b):
    return as_operand(a).reshape(-1).conj() @ as_operand(b).reshape(-1)


@samples_of(vdot)
def _(n, draw):
    yield draw(n), draw(n)
    yield draw(n, 2), draw(2, n)
    yield draw(), draw()


# Vectors in stacks. As in NumPy, the first vector of vecdot and vecmat is conjugated.

vecdot = ufunc(np.vecdot)
vecdot.grad("x")(lambda g, y: (g[..., None] * y).conj())
vecdot.grad("y")(lambda g, x: g[..., None] * x.conj())

matvec = ufunc(np.matvec)
matvec.grad("x")(lambda g, y: g[..., None] * y[..., None, :])
matvec.grad("y")(lambda g, x: (_t(x) @ g[..., None])[..., 0])

vecmat = ufunc(np.vecmat)
vecmat.grad("x")(lambda g, y: (y @ g[..., None])[..., 0].conj())
vecmat.grad("y")(lambda g, x: x.conj()[..., None] * g[..., None, :])


@vecdot.samples
def _(n, draw):
    yield draw(n, 3), draw(n, 3)
    yield draw(3), draw(2, n, 3)
    yield draw(n, 1, 3), draw(2, 3)


@matvec.samples
def _(n, draw):
    yield draw(n, 2, 3), draw(n, 3)
    yield draw(2, 3), draw(n, 3)
    yield draw(n, 2, 3), draw(3)


@vecmat.samples
def _(n, draw):
    yield draw(n, 2), draw(n, 2, 3)
    yield draw(n, 2), draw(2, 3)
    yield draw(2), draw(n, 2, 3)


@implements(np.linalg.vecdot)
def linalg_vecdot(x1, x2, /, *, axis=-1):
    return vecdot(*[np.moveaxis(as_operand(x), axis, -1) for x in (x1, x2)])


@samples_of(linalg_vecdot)
def _(n, draw):
    yield draw(n, 3), draw(n, 3)
    yield draw(3, n), draw(3, 1), {"axis": 0}


@implements(np.linalg.matmul)
def linalg_matmul(x1, x2, /):
    return matmul(as_operand(x1), as_operand(x2))


@samples_of(linalg_matmul)
def _(n, draw):
    yield draw(n, 2, 3), draw(3, 4)
