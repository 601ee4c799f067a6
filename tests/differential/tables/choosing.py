"""Functions that pick elements, and indexing."""

import numpy as np

from ..drawing import alike, along, matrices, one, products, several
from ..rows import BOTH, Row

INDEX = [1, 0, 1]
GRID = np.array([[1, 0], [0, 0], [1, 1]])


def of(name, draws, call, torch="same", **more):
    return Row(name, draws, call=call, torch=torch, complex=BOTH, **more)


def torch_where_first(t, x, y):
    return t.where(t.real(x) > 0, x, t.where(t.real(y) > 0, y, 0))


def select(m, x, y):
    return m.select([x.real > 0, y.real > 0], [x, y], 0)


def piecewise(m, x):
    return m.piecewise(x, [x < 0, x > 0.5], [lambda v: v * v, lambda v: v**3, lambda v: 2 * v])


ROWS = [
    of("take", along(2), lambda m, x, axis: m.take(x, m.asarray(INDEX), axis=axis),
       torch=lambda t, x, axis: t.index_select(x, axis, t.tensor(INDEX))),
    of("take_along_axis", products("ij"),
       lambda m, x: m.take_along_axis(x, m.argsort(m.abs(x), axis=1), axis=1),
       torch=lambda t, x: t.take_along_dim(x, t.argsort(t.abs(x), 1), 1)),
    of("compress", matrices(rows=3, columns=2, batch=False),
       lambda m, x: m.compress(np.array([True, False, True]), x, axis=0), torch=lambda t, x: x[::2]),
    of("extract", one(), lambda m, x: m.extract(m.asarray(x.real > 0), x), torch=lambda t, x: x[t.real(x) > 0],
       jax=None),
    of("choose", alike(2), lambda m, x, y: m.choose(mask_of(x), [x, y]), torch=lambda t, x, y: t.where(
        t.tensor(mask_of(x) == 0), x, y), jax=None),
    of("select", several(), select, torch=torch_where_first),
    Row("piecewise", one(1, 1), call=piecewise,
        torch=lambda t, x: t.where(x < 0, x * x, t.where(x > 0.5, x**3, 2 * x))),
    of("getitem of slices", matrices(rows=4, columns=3), lambda m, x: x[..., 1::2, ::-1],
       torch=lambda t, x: t.flip(x[..., 1::2, :], (-1,))),
    of("getitem of integers", matrices(rows=4, columns=3, batch=False), lambda m, x: x[m.asarray([3, 0, 3]), 1]),
    of("getitem of grids", matrices(rows=2, columns=3, batch=False), lambda m, x: x[m.asarray(GRID)]),
    of("getitem of masks", matrices(rows=3, columns=2, batch=False), lambda m, x: x[np.array([True, False, True])]),
    of("trace", matrices(), lambda m, x: m.trace(x, axis1=-2, axis2=-1),
       torch=lambda t, x: t.sum(t.diagonal(x, 0, -2, -1), -1)),
    of("linalg.trace", matrices(), lambda m, x: m.linalg.trace(x),
       torch=lambda t, x: t.sum(t.diagonal(x, 0, -2, -1), -1)),
]  # fmt: skip


def mask_of(x):
    return (np.arange(int(np.prod(x.shape))) % 2).reshape(tuple(x.shape))
