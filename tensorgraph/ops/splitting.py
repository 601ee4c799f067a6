"""NumPy's functions that take arrays apart. Their parts are views."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..core import implements, samples_of
from ..errors import ArgumentError, ShapeError
from .indexing import getitem


@implements(np.split)
def split(ary, indices_or_sections, axis=0):
    length, sections = ary.shape[axis], indices_or_sections
    if np.ndim(sections) == 0 and (sections <= 0 or length % sections):
        raise ArgumentError(f"np.split: an axis of length {length} does not divide into {sections} equal parts")
    return array_split(ary, sections, axis)


@samples_of(split)
def _(n, draw):
    yield draw(2 * n, 3), 2
    yield draw(n, 6), 3, -1
    yield from _split_at_indices(n, draw)


@implements(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    length = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise ArgumentError(f"np.array_split: the number of parts must be positive; got {sections}")
        least, longer = divmod(length, sections)  # the first parts are one longer
        bounds = [i * least + min(i, longer) for i in range(sections + 1)]
    else:
        bounds = [0, *indices_or_sections, length]
    before = (slice(None),) * (axis % ary.ndim)
    return [getitem(ary, (*before, slice(start, stop))) for start, stop in pairwise(bounds)]


@samples_of(array_split)
def _(n, draw):
    yield draw(n, 2), 2
    yield draw(n, 5), 3, {"axis": 1}
    yield from _split_at_indices(n, draw)


def _split_at_indices(n, draw):
    yield draw(n + 3, 2), [1, n + 1]
    yield draw(n, 4), (1, -1), 1
    yield draw(n, 2), [2]


@implements(np.vsplit)
def vsplit(ary, indices_or_sections):
    return split(_with_axes(ary, 2, "np.vsplit"), indices_or_sections, 0)


@implements(np.hsplit)
def hsplit(ary, indices_or_sections):
    return split(_with_axes(ary, 1, "np.hsplit"), indices_or_sections, min(ary.ndim, 2) - 1)


@implements(np.dsplit)
def dsplit(ary, indices_or_sections):
    return split(_with_axes(ary, 3, "np.dsplit"), indices_or_sections, 2)


def _with_axes(ary, least, name):
    if ary.ndim < least:
        raise ShapeError(f"{name}: needs an array of at least {least} axes; got shape {ary.shape}")
    return ary


@samples_of(vsplit)
def _(n, draw):
    yield draw(2 * n, 3), 2
    yield draw(n + 3, 2), [1, n + 1]


@samples_of(hsplit)
def _(n, draw):
    yield draw(n, 4), 2
    yield draw(n, 4, 2), (1, -1)
    yield draw(2 * n), 2


@samples_of(dsplit)
def _(n, draw):
    yield draw(n, 1, 4), 2
    yield draw(2, n, 4, 1), (1, -1)


@implements(np.unstack)
def unstack(x, /, *, axis=0):
    if not x.ndim:
        raise ShapeError("np.unstack: an array without axes has no parts")
    return tuple(np.moveaxis(x, axis, 0))


@samples_of(unstack)
def _(n, draw):
    yield (draw(n, 3),)
    yield draw(n, 3), {"axis": -1}
