"""The methods of ufuncs on tensors: ``reduce``, ``accumulate``, ``reduceat``, ``outer`` and ``at``.

A function that says the same may be registered for one, ``implements(np.add.reduce)``, and runs in its place. For every
other ufunc they are programs of the ufunc itself, so that its own rules give the gradients.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import ArgumentError, IndexingError, TrackedTensorError, UnsupportedFunctionError
from .define import constant
from .memory import WRITES
from .registry import NUMPY, OPS, numpy_function, numpy_name
from .tensor import Tensor, plain, wrap


def call_method(ufunc: np.ufunc, method: str, inputs: tuple, options: dict) -> Any:
    """Run a method of a ufunc on tensors, with any option but ``out``."""
    own = getattr(ufunc, method)
    if method == "at" and not isinstance(inputs[0], Tensor):
        return _at_array(ufunc, *inputs)
    if own in NUMPY:
        return NUMPY[own](*inputs, **options)
    if getattr(OPS.get(ufunc) or numpy_function(ufunc), "constant", False) and method != "at":
        constant(own)
        return NUMPY[own](*inputs, **options)
    return METHODS[method](ufunc, *inputs, **options)


def _reduce(
    ufunc: np.ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    """Combine the elements along axes, one after the other."""
    name = numpy_name(ufunc.reduce)
    array = array if dtype is None else np.astype(array, np.dtype(dtype))
    axes = tuple(range(array.ndim)) if axis is None else normalize_axis_tuple(axis, array.ndim)
    if len(axes) > 1 and ufunc.identity is None:
        raise ArgumentError(f"{name}: it matters in which order elements are taken; give one axis")
    if where is not True:
        if ufunc.identity is None:
            raise UnsupportedFunctionError(f"{name}: where= needs a function with an identity. Reduce a[mask]")
        array = np.where(where, array, ufunc.identity)
    first = [] if initial is np._NoValue or initial is None else [initial]
    for place in sorted(axes, reverse=True):
        parts = [*first, *_slices(array, place)]
        first = []
        if not parts and ufunc.identity is None:
            raise ArgumentError(f"{name}: there are no elements, and the function has no identity. Give initial=")
        rest = array.shape[:place] + array.shape[place + 1 :]
        array = functools.reduce(ufunc, parts or [wrap(np.full(rest, ufunc.identity, array.dtype))])
    return np.expand_dims(array, axes) if keepdims else array


def _accumulate(ufunc: np.ufunc, array: Any, axis: int = 0, dtype: Any = None) -> Any:
    """What ``reduce`` gives of the first element, of the first two, and so on."""
    array = array if dtype is None else np.astype(array, np.dtype(dtype))
    (axis,) = normalize_axis_tuple(axis, array.ndim)
    parts = list(itertools.accumulate(_slices(array, axis), ufunc))
    return np.stack(parts, axis) if parts else +array


def _reduceat(ufunc: np.ufunc, array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """What ``reduce`` gives from each index to the next one; the one element there, if that is not a larger one."""
    array = array if dtype is None else np.astype(array, np.dtype(dtype))
    (axis,) = normalize_axis_tuple(axis, array.ndim)
    length, starts = array.shape[axis], np.asarray(plain(indices)).tolist()
    if bad := [i for i in starts if not 0 <= i < length]:
        raise IndexingError(f"{numpy_name(ufunc.reduceat)}: index {bad[0]} is out of bounds for {length} elements")
    before = (slice(None),) * axis
    pieces = [array[(*before, slice(i, max(end, i + 1)))] for i, end in zip(starts, [*starts[1:], length])]
    return np.stack([ufunc.reduce(piece, axis=axis) for piece in pieces], axis)


def _outer(ufunc: np.ufunc, a: Any, b: Any, **options: Any) -> Any:
    """The function of every element of ``a`` with every element of ``b``."""
    a, b = (x if hasattr(x, "shape") else np.asarray(x) for x in (a, b))
    return ufunc(np.reshape(a, a.shape + (1,) * b.ndim), b, **options)


def _at(ufunc: np.ufunc, a: Any, indices: Any, *others: Any) -> None:
    """``a[indices] = ufunc(a[indices], other)``, where an index that comes twice is treated twice."""
    places = np.arange(a.size).reshape(a.shape)[plain(indices)]
    others = tuple([np.broadcast_to(other, places.shape).reshape(-1) for other in others])
    places = places.reshape(-1)
    turns = _occurrences(places)
    for turn in range(int(turns.max(initial=-1)) + 1):
        chosen = np.flatnonzero(turns == turn)
        where = np.unravel_index(places[chosen], a.shape)
        a[where] = ufunc(a[where], *[other[chosen] for other in others])


def _at_array(ufunc: np.ufunc, a: Any, indices: Any, *others: Any) -> None:
    if any(isinstance(other, Tensor) and other.node is not None for other in others):
        raise TrackedTensorError(
            f"{numpy_name(ufunc.at)}: a value that requires gradients would lose them in a plain array. "
            "Write into a tensor, or give other.numpy()"
        )
    ufunc.at(a, plain(indices), *map(plain, others))
    WRITES.written(a)


def _occurrences(values: np.ndarray) -> np.ndarray:
    """For each value, how many equal ones come before it."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(values) else order
    counts = np.empty_like(order)
    counts[order] = np.arange(len(values)) - np.repeat(starts, np.diff(np.r_[starts, len(values)]))
    return counts


def _slices(array: Any, axis: int) -> list:
    before = (slice(None),) * axis
    return [array[(*before, i)] for i in range(array.shape[axis])]


METHODS: dict[str, Callable] = {
    "reduce": _reduce, "accumulate": _accumulate, "reduceat": _reduceat, "outer": _outer, "at": _at
}  # fmt: skip
