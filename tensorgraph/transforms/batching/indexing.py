"""Reading and placing elements of a batch of arrays at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core import Tensor, plain
from ...ops import scatter
from .array import ROWS, Batched, NotBatchedError, lengthened, size_of


def lifted(index: Any) -> tuple[tuple, int]:
    """An index of one array as one of a batch, and where in the result it has the batch: behind the axes of indices
    that are apart from each other, which NumPy moves to the front."""
    parts = plain(index) if isinstance(index, tuple) else (plain(index),)
    if size_of(parts) is not None:
        raise NotBatchedError("an index that is a batch itself")
    arrays = [k for k, part in enumerate(parts) if not isinstance(part, slice | None | type(Ellipsis))]
    whole = (slice(None), *parts)
    if all(type(parts[k]) is int or isinstance(parts[k], np.integer) for k in arrays):
        return whole, 0
    if arrays[-1] - arrays[0] + 1 == len(arrays):
        return whole, 0
    apart = [part for k in arrays for part in _without_masks(np.asarray(parts[k]))]
    return whole, len(np.broadcast_shapes(*[array.shape for array in apart]))


def _without_masks(index: np.ndarray) -> tuple:
    """A mask as the indices of what it lets through, which have one axis."""
    return np.nonzero(index) if index.dtype == bool and index.ndim else (index,)


def getitem(x: Batched, index: Any) -> Batched:
    where, place = lifted(index)
    found = x.data[where]
    return Batched(np.moveaxis(found, place, 0) if place else found)


def scattered(x: Batched, index: Any, shape: tuple) -> Batched:
    where, place = lifted(index)
    values = np.moveaxis(x.data, 0, place) if place else x.data
    return Batched(scatter(values, where, (len(x.data), *shape)))


def setitem(x: Batched, index: Any, value: Any) -> None:
    where, values = _written(x, index, value)
    x.data[where] = values


def at(x: Batched, index: Any, *value: Any, ufunc: np.ufunc) -> None:
    where, values = _written(x, index, *value)
    ufunc.at(x.data, where, values)


def _written(x: Batched, index: Any, value: Any) -> tuple[tuple, Any]:
    """Where in the data of ``x`` a value is written, and the value in that shape. Data takes in tensors as a tensor."""
    where, place = lifted(index)
    if isinstance(getattr(value, "data", None), Tensor) and not isinstance(x.data, Tensor):
        x.data = Tensor(x.data)
    if not isinstance(value, Batched):
        return where, value
    values = lengthened(value, plain(x.data)[where].ndim - 1)
    return where, np.moveaxis(values, 0, place) if place else values


ROWS |= {"getitem": getitem, "scatter": scattered, "setitem": setitem, "at": at}
