"""Sorting. Where elements tie, they keep their order, and each keeps its own gradient."""

from __future__ import annotations

import numpy as np

from ..core import constant, implements, op, plain, samples_of
from ..errors import ArgumentError
from .operands import refuse_options

constant(np.argpartition, np.lexsort)


@op()
def arrange(a, order, axis):
    """The elements along an axis in another order: the indices of all of them, for each line its own."""
    return np.take_along_axis(a, order, axis)


@arrange.grad("a")
def arrange_da(g, order, axis):
    return arrange(g, np.argsort(order, axis=axis), axis)


@arrange.samples
def _(n, draw):
    yield draw(n, 4), np.argsort(draw(n, 4), axis=1), 1
    yield draw(n, 2, 3), np.argsort(draw(n, 2, 3), axis=0), 0
    yield draw(2, 5), np.argsort(draw(2, 5)), -1


@implements(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    if order is not None:
        refuse_options("np.sort", ["order"])
    if kind is not None and stable is not None:
        raise ArgumentError("np.sort: kind= and stable= say the same. Give one of them")
    if axis is None:
        a, axis = a.reshape(-1), 0
    return arrange(a, plain(np.argsort(a, axis=axis, stable=True)), axis)


@samples_of(sort)
def _(n, draw):
    yield (draw.distinct(n, 4),)
    yield draw.distinct(n, 4), 0
    yield draw.distinct(n, 2, 3), None
    yield draw.distinct(2, n, 3), -2, {"kind": "stable"}
    yield draw.distinct(n, 4), {"stable": True}


@implements(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    if order is not None:
        refuse_options("np.partition", ["order"])
    if axis is None:
        a, axis = a.reshape(-1), 0
    values = np.partition(plain(a), kth, axis, kind)  # np.argpartition may leave the rest in another order
    ranks = np.argsort(np.argsort(values, axis=axis, stable=True), axis=axis)
    order = plain(np.argsort(a, axis=axis, stable=True))
    return arrange(a, np.take_along_axis(order, ranks, axis), axis)


@samples_of(partition)
def _(n, draw):
    yield draw.distinct(n, 5), 2
    yield draw.distinct(5, n), [1, -2], 0
    yield draw.distinct(n + 1, 3), n, None


@implements(np.sort_complex)
def sort_complex(a):
    a = sort(a)
    return a if a.dtype.kind == "c" else a.astype(np.result_type(a.dtype, np.complex64))


@samples_of(sort_complex)
def _(n, draw):
    yield (draw.distinct(n, 4),)
