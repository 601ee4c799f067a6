"""What moves and repeats the elements of a batch of arrays at once, and joins and splits them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .array import ROWS, Batched, NotBatchedError, aligned, lengthened, ndim_of, row, size_of


@row(np.reshape)
def reshape(a: Batched, shape: Any, order: str = "C", **options: Any) -> Batched:
    if order != "C" or options:
        raise NotBatchedError("another order of elements")
    return a.reshape(shape)


@row(np.ravel)
def ravel(a: Batched, order: str = "C") -> Batched:
    return reshape(a, -1, order)


@row(np.copy)
def copy(a: Batched, *_: Any, **__: Any) -> Batched:
    return a.copy()


@row(np.astype)
def astype(x: Batched, dtype: Any, **_: Any) -> Batched:
    return x.astype(dtype)


@row(np.transpose)
def transpose(a: Batched, axes: Any = None) -> Batched:
    return a.transpose(axes) if axes is not None else a.transpose()


row(np.swapaxes)(Batched.swapaxes)
row(np.matrix_transpose, np.linalg.matrix_transpose)(lambda x: x.swapaxes(-1, -2))


@row(np.moveaxis)
def moveaxis(a: Batched, source: Any, destination: Any) -> Batched:
    places = [[i + 1 for i in normalize_axis_tuple(axes, a.ndim)] for axes in (source, destination)]
    return Batched(np.moveaxis(a.data, *places))


@row(np.rollaxis)
def rollaxis(a: Batched, axis: int, start: int = 0) -> Batched:
    return Batched(np.rollaxis(a.data, normalize_axis_index(axis, a.ndim) + 1, start % (a.ndim + 1) + 1))


@row(np.expand_dims)
def expand_dims(a: Batched, axis: Any) -> Batched:
    count = len(axis) if isinstance(axis, tuple | list) else 1
    return Batched(np.expand_dims(a.data, tuple([i + 1 for i in normalize_axis_tuple(axis, a.ndim + count)])))


@row(np.squeeze)
def squeeze(a: Batched, axis: Any = None) -> Batched:
    if axis is None:
        return a.reshape(tuple([n for n in a.shape if n != 1]))
    return Batched(np.squeeze(a.data, tuple([i + 1 for i in normalize_axis_tuple(axis, a.ndim)])))


@row(np.broadcast_to)
def broadcast_to(array: Batched, shape: Any, subok: bool = False) -> Batched:
    shape = shape if isinstance(shape, tuple | list) else (shape,)
    return Batched(np.broadcast_to(lengthened(array, len(shape)), (len(array.data), *shape)))


@row(np.tile)
def tile(A: Batched, reps: Any) -> Batched:
    reps = tuple(reps) if np.ndim(reps) else (reps,)
    longer = max(len(reps), A.ndim)
    return Batched(np.tile(lengthened(A, longer), (1, *[1] * (longer - len(reps)), *reps)))


@row(np.pad, "pad")
def pad(array: Batched, pad_width: Any, mode: Any = "constant", **options: Any) -> Batched:
    if not isinstance(mode, str):  # the op's third argument is the value
        mode, options = "constant", {"constant_values": mode}
    if isinstance(pad_width, dict) or any(np.ndim(value) for value in options.values()):
        raise NotBatchedError("widths or values of each axis")
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    return Batched(np.pad(array.data, [(0, 0), *map(tuple, widths)], mode, **options))


@row(np.diagonal)
def diagonal(a: Batched, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Batched:
    first, second = (normalize_axis_index(axis, a.ndim) + 1 for axis in (axis1, axis2))
    return Batched(np.diagonal(a.data, offset, first, second))


@row(np.trace)
def trace(a: Batched, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Batched:
    return Batched(diagonal(a, offset, axis1, axis2).data.sum(axis=-1))


@row(np.rot90)
def rot90(m: Batched, k: int = 1, axes: Any = (0, 1)) -> Batched:
    first, second = (normalize_axis_index(i, m.ndim) + 1 for i in axes)
    return Batched(np.rot90(m.data, k, (first, second)))


@row(np.take_along_axis)
def take_along_axis(arr: Batched, indices: Any, axis: int | None = -1) -> Batched:
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    return Batched(np.take_along_axis(arr.data, indices[None], normalize_axis_index(axis, arr.ndim) + 1))


# New arrays like one of the batch


def _new(like: Callable) -> Callable:
    def make(a: Batched, *args: Any, shape: Any = None, **options: Any) -> Batched:
        shape = a.shape if shape is None else shape if isinstance(shape, tuple | list) else (shape,)
        return Batched(like(a.data, *args, shape=(len(a.data), *shape), **options))

    return make


for _like in (np.zeros_like, np.ones_like, np.empty_like, np.full_like):
    row(_like)(_new(_like))

# What the shapes and dtypes of single arrays say

row(np.shape)(lambda a: a.shape)
row(np.ndim)(lambda a: a.ndim)
row(np.iscomplexobj)(lambda x: x.dtype.kind == "c")
row(np.isrealobj)(lambda x: x.dtype.kind != "c")


@row(np.size)
def size(a: Batched, axis: Any = None) -> int:
    return a.size if axis is None else np.size(a.data[0], axis)


def result_type(*values: Any) -> np.dtype:
    return np.result_type(*[value.dtype if isinstance(value, Batched) else value for value in values])


# Joining and splitting


def _all_batched(arrays: Sequence) -> list:
    """The data of arrays of which some are batches, all with the batch first."""
    count = size_of(arrays)
    return [
        a.data if isinstance(a, Batched) else np.broadcast_to(a, (count, *np.shape(a)))  # type: ignore[arg-type]
        for a in arrays
    ]


def concatenate(arrays: Any, axis: int | None = 0, **options: Any) -> Batched:
    if axis is None:
        arrays, axis = [np.reshape(a, -1) for a in arrays], 0
    axis = normalize_axis_index(axis, ndim_of(arrays[0]))
    return Batched(np.concatenate(_all_batched(arrays), axis + 1, **options))


def concatenate_op(*arrays_and_axis: Any) -> Batched:
    *arrays, axis = arrays_and_axis
    return concatenate(arrays, axis)


def stack(arrays: Any, axis: int = 0, **options: Any) -> Batched:
    arrays = list(arrays)
    return Batched(np.stack(_all_batched(arrays), normalize_axis_index(axis, ndim_of(arrays[0]) + 1) + 1, **options))


def append(arr: Any, values: Any, axis: int | None = None) -> Batched:
    return concatenate([arr, values], axis)


@row(np.split, np.array_split)
def split(ary: Batched, indices_or_sections: Any, axis: int = 0) -> list:
    parts = np.array_split(ary.data, indices_or_sections, normalize_axis_index(axis, ary.ndim) + 1)
    return [Batched(part) for part in parts]


def broadcast_arrays(*arrays: Any) -> tuple:
    shape = np.broadcast_shapes(*[np.shape(a) for a in arrays])
    return tuple([np.broadcast_to(a, shape) for a in arrays])


ROWS |= {  # batches may be among any of their arguments
    np.result_type: result_type, np.concatenate: concatenate, "concatenate": concatenate_op, np.stack: stack,
    np.append: append, np.broadcast_arrays: broadcast_arrays,
}  # fmt: skip

# Elementwise, but no ufuncs


def _elementwise(function: Callable) -> Callable:
    def run(*args: Any, **options: Any) -> Batched:
        if size_of(options) is not None:
            raise NotBatchedError("a batch given by name")
        return Batched(function(*aligned(args), **options))

    return run


for _function in (np.where, np.clip, np.nan_to_num, np.real, np.imag, np.angle, np.sinc, np.fix, np.round, np.isclose):
    ROWS[_function] = _elementwise(_function)
ROWS["where"] = _elementwise(np.where)
