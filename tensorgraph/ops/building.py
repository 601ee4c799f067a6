"""NumPy's functions that build matrices and grids: diagonals, triangles, coordinates."""

from __future__ import annotations

import numpy as np

from ..core import NUMPY, constant, implements, plain, samples_of
from ..core.define import on_values
from ..errors import ArgumentError, ShapeError, TrackedTensorError
from .indexing import scatter, where
from .operands import as_operand
from .rearranging import broadcast_arrays
from .shaping import copy as copied
from .shaping import reshape


def _on_diagonal(rows, columns, offset):
    """Where a diagonal of a matrix lies among all its elements in C order: a slice."""
    first = offset if offset >= 0 else -offset * columns
    length = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    return slice(first, first + (length - 1) * (columns + 1) + 1, columns + 1) if length else slice(0, 0)


@implements(np.diag)
def diag(v, k=0):
    if v.ndim == 1:
        size = len(v) + abs(k)
        return reshape(scatter(v, _on_diagonal(size, size, k), (size * size,)), (size, size))
    if v.ndim != 2:
        raise ShapeError(f"np.diag: takes one axis or two; got shape {v.shape}")
    return np.diagonal(v, k)


@samples_of(diag)
def _(n, draw):
    yield (draw(n, 3),)
    yield draw(3, n), -1
    for k in (0, 1, -2):
        yield draw(n), k


@implements(np.diagflat)
def diagflat(v, k=0):
    return diag(reshape(as_operand(v), -1), k)


@samples_of(diagflat)
def _(n, draw):
    yield (draw(n, 2),)
    yield draw(), -1


@implements(np.tril)
def tril(m, k=0):
    return _where_kept(np.tri, m, k)


@implements(np.triu)
def triu(m, k=0):
    return _where_kept(lambda *size, k, **options: ~np.tri(*size, k - 1, **options), m, k)


def _where_kept(mask, m, k):
    if not m.ndim:
        raise ShapeError("np.tril, np.triu: a number has no triangle; needs at least one axis")
    values = plain(m)
    rows, columns = (*m.shape, *m.shape)[-2:]  # of an array of one axis, NumPy makes a square
    return where(mask(rows, columns, k=k, dtype=bool, like=values), m, np.zeros_like(values, shape=(1,)))


for each in (tril, triu):

    @samples_of(each)
    def _(n, draw):
        yield (draw(n, 3),)
        yield draw(3, n), 1
        yield draw(n, 3), {"k": -1}
        yield (draw(n, 2, 3),)
        yield (draw(n),)


@implements(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"np.meshgrid: indexing must be 'xy' or 'ij'; got {indexing!r}")
    axes = list(range(len(xi)))
    if indexing == "xy":
        axes[:2] = axes[1::-1]  # the first coordinate goes along the second axis
    grids = [reshape(x, [-1 if i == axis else 1 for i in range(len(xi))]) for axis, x in zip(axes, map(as_operand, xi))]
    if not sparse:
        grids = broadcast_arrays(*grids)
    return tuple([copied(grid) for grid in grids] if copy else grids)


@samples_of(meshgrid)
def _(n, draw):
    yield draw(n), draw(3)
    yield draw(n), draw(3), draw(2), {"indexing": "ij"}
    yield draw(n), draw(3), draw(), {"sparse": True}
    yield draw(n), draw(3), {"copy": False}
    yield (draw(n),)


_filled = on_values(np.full_like)


def full_like(a, fill_value, *args, **kwargs):
    if getattr(fill_value, "node", None) is not None:
        raise TrackedTensorError(
            "np.full_like: the value would lose its gradient. Use np.broadcast_to(t, shape), or t * np.ones(shape)"
        )
    return _filled(a, fill_value, *args, **kwargs)


full_like.constant = True
NUMPY[np.full_like] = full_like


@implements(np.ix_)
def ix_(*args):
    places = [_places(a) for a in args]
    return tuple([reshape(a, [-1 if i == k else 1 for i in range(len(args))]) for k, a in enumerate(places)])


def _places(given):
    a = as_operand(given)
    if a.ndim != 1:
        raise ShapeError(f"np.ix_: takes arrays of one axis; got shape {a.shape}")
    if a.dtype == bool:
        return np.flatnonzero(a)
    return a if len(a) or hasattr(given, "dtype") else a.astype(np.intp)


@samples_of(ix_)
def _(n, draw):
    yield draw(n), draw(3)


constant(
    np.tril_indices_from, np.triu_indices_from, np.diag_indices_from, np.unravel_index, np.ravel_multi_index,
    np.argwhere, np.array_equiv,
)  # fmt: skip
