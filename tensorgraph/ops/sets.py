"""Sets of numbers: what is in an array, once each. Of equal elements, the first one gets the gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core import constant, implements, plain, samples_of, wrap
from ..core.define import on_values
from .indexing import getitem
from .operands import as_operand

constant(np.isin)


def _places(ar, return_inverse, return_counts, axis, equal_nan):
    """Where each element is first, and what else NumPy says of them."""
    return np.unique(ar, True, return_inverse, return_counts, axis, equal_nan=equal_nan)[1:]


_find = on_values(_places)


@implements(np.unique)
def unique(
    ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True
):
    ar = as_operand(ar)
    first, *rest = _find(ar, return_inverse, return_counts, axis, equal_nan)
    if axis is None:
        values = getitem(ar.reshape(-1), first)
    else:
        values = getitem(ar, (*[slice(None)] * (axis % ar.ndim), first))
    rest = [first, *rest] if return_index else rest
    return (values, *rest) if rest else values


@samples_of(unique)
def _(n, draw):
    yield (draw.distinct(n, 3),)
    yield draw.distinct(n, 3), True, True, True
    yield draw.distinct(n, 3), {"return_counts": True, "equal_nan": False}
    yield draw.distinct(n, 3), False, True, False, 1


class UniqueAll(NamedTuple):
    """The elements of an array, once each; where each is first, where each element is found, and how often each is."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """The elements of an array, once each, and how often each is in it."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """The elements of an array, once each, and where each element of the array is found among them."""

    values: Any
    inverse_indices: Any


@implements(np.unique_all)
def unique_all(x, /):
    return UniqueAll(*unique(x, True, True, True, equal_nan=False))


@implements(np.unique_counts)
def unique_counts(x, /):
    return UniqueCounts(*unique(x, return_counts=True, equal_nan=False))


@implements(np.unique_inverse)
def unique_inverse(x, /):
    return UniqueInverse(*unique(x, return_inverse=True, equal_nan=False))


@implements(np.unique_values)
def unique_values(x, /):
    return unique(x, equal_nan=False)


for each in (unique_all, unique_counts, unique_inverse, unique_values):

    @samples_of(each)
    def _(n, draw):
        yield (draw.distinct(n, 3),)


@implements(np.union1d)
def union1d(ar1, ar2):
    return unique(np.concatenate([ar1, ar2], axis=None))


@implements(np.intersect1d)
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    ar1 = as_operand(ar1).reshape(-1)
    _, at1, at2 = np.intersect1d(plain(ar1), plain(as_operand(ar2)), assume_unique, True)
    values = getitem(ar1, at1)
    return (values, wrap(at1), wrap(at2)) if return_indices else values


@implements(np.setdiff1d)
def setdiff1d(ar1, ar2, assume_unique=False):
    ar1 = as_operand(ar1).reshape(-1) if assume_unique else unique(ar1)
    return getitem(ar1, plain(~np.isin(ar1, ar2)))


@implements(np.setxor1d)
def setxor1d(ar1, ar2, assume_unique=False):
    both = [as_operand(ar1).reshape(-1), as_operand(ar2).reshape(-1)]
    both = np.concatenate(both if assume_unique else [unique(each) for each in both])
    both = np.sort(both)
    differs = plain(both[1:] != both[:-1])
    edge = np.ones_like(differs, shape=1)
    return getitem(both, np.concatenate([edge, differs])[: both.size] & np.concatenate([differs, edge])[: both.size])


@samples_of(intersect1d)
@samples_of(setdiff1d)
@samples_of(setxor1d)
def _apart(n, draw):
    numbers = draw.distinct(n + 3)  # moved by a finite difference, equal numbers would no longer be so
    yield numbers[1:], numbers[:1]
    yield draw.distinct(n, 2), draw.constant([50.0, 60.0])
    yield draw.distinct(n, 2), draw.constant([60.0, 50.0]), True


@samples_of(union1d)
def _(n, draw):
    for ar1, ar2, *_ in _apart(n, draw):
        yield ar1, ar2
