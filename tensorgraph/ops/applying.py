"""NumPy's functions that apply a user's function along axes. What it does with tensors is recorded as usual."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import implements, samples_of
from ..errors import ShapeError
from .joining import stack
from .operands import as_operand
from .rearranging import expand_dims, moveaxis
from .shaping import reshape


@implements(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    arr = as_operand(arr)
    axis = normalize_axis_index(axis, arr.ndim)
    moved = moveaxis(arr, axis, -1)
    others = moved.shape[:-1]
    if 0 in others:
        raise ShapeError(f"np.apply_along_axis: there is nothing along axis {axis} of an array of shape {arr.shape}")
    results = [as_operand(func1d(moved[index], *args, **kwargs)) for index in np.ndindex(others)]
    joined = stack(results)
    joined = reshape(joined, (*others, *joined.shape[1:]))
    inner = range(len(others), joined.ndim)  # the axes of one result go where the axis was
    return moveaxis(joined, tuple(inner), tuple(range(axis, axis + len(inner))))


@samples_of(apply_along_axis)
def _(n, draw):
    yield np.sum, 0, draw(n + 1, 3)
    yield np.flip, 0, draw(n + 1, 3)
    yield lambda v: np.outer(v, v), 1, draw(2, 3, n + 1)
    yield lambda v, power, *, scale: v**power * scale, -1, draw(n + 1, 3), 2, {"scale": 0.5}


@implements(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    result = a = as_operand(a)
    for axis in axes if np.ndim(axes) else (axes,):
        axis = axis + a.ndim if axis < 0 else axis
        found = func(result, axis)
        result = found if found.ndim == a.ndim else expand_dims(found, axis)
        if result.ndim != a.ndim:
            raise ShapeError(f"np.apply_over_axes: the function took {a.ndim - found.ndim} axes away; it may take one")
    return result


@samples_of(apply_over_axes)
def _(n, draw):
    yield np.sum, draw(n, 3, 2), (0, -1)
    yield np.sum, draw(n, 3), [1]
    yield np.flip, draw(n, 3), 0
