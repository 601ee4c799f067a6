"""NumPy's functions that repeat elements or whole arrays."""

from __future__ import annotations

import math

import numpy as np

from ..core import implements, op, plain, samples_of
from ..errors import ShapeError
from .indexing import scatter
from .operands import as_operand, beside
from .picking import take
from .shaping import pad, reshape


@op(np.repeat)
def repeat(a, repeats, axis=None):
    """Each element as often as ``repeats`` says, for all alike or for each place along an axis."""
    return np.repeat(a, repeats, axis)


@repeat.grad("a")
def repeat_da(g, repeats, a_shape, axis):
    shape, axis = ((math.prod(a_shape),), 0) if axis is None or not a_shape else (a_shape, axis % len(a_shape))
    if np.size(repeats) == 1:
        count = int(np.reshape(repeats, ()))
        return g.reshape((*shape[: axis + 1], count, *shape[axis + 1 :])).sum(axis=axis + 1).reshape(a_shape)
    places = np.repeat(np.arange(shape[axis], like=plain(g)), repeats)
    return scatter(g, (slice(None),) * axis + (places,), shape).reshape(a_shape)


@repeat.samples
def _(n, draw):
    yield draw(n, 3), 2
    yield draw(n, 3), 3, 0
    yield draw(n, 3), [2], {"axis": -1}
    yield draw(n, 3), [2, 0, 3], 1
    yield draw(n, 3, 2), np.array([1, 3, 2]), {"axis": 1}
    yield draw(n, 3), [2, 1, 1] * n
    yield draw(n, 3), 0, 0
    yield draw(), 3


@op(np.tile)
def tile(A, reps):
    """The whole array, side by side with itself ``reps`` times along each axis."""
    return np.tile(A, reps)


@tile.grad("A")
def tile_dA(g, A_shape, reps):
    reps = reps if np.ndim(reps) else [reps]
    ndim = max(len(A_shape), len(reps))
    shape, reps = (*(1,) * (ndim - len(A_shape)), *A_shape), (*(1,) * (ndim - len(reps)), *reps)
    apart = [length for pair in zip(reps, shape) for length in pair]
    return g.reshape(apart).sum(axis=tuple(range(0, 2 * ndim, 2)))


@tile.samples
def _(n, draw):
    yield draw(n, 3), 2
    yield draw(n, 3), (2, 1)
    yield draw(n, 3), (2, 1, 3)
    yield draw(2, n, 3), [3, 2]
    yield draw(n, 2), np.array([3, 1])
    yield draw(n), (1,)
    yield draw(n, 2), (0, 1)
    yield draw(), 3


@implements(np.resize)
def resize(a, new_shape):
    a = reshape(as_operand(a), -1)
    shape = tuple(plain(new_shape)) if np.ndim(new_shape) else (plain(new_shape),)
    if any(length < 0 for length in shape):
        raise ShapeError(f"np.resize: lengths cannot be negative; got {shape}")
    size = math.prod(shape)
    if not len(a):  # there is nothing to repeat: NumPy gives zeros
        return reshape(pad(a, ((0, size),)), shape)
    return reshape(take(a, beside(np.arange(size) % len(a), a)), shape)


@samples_of(resize)
def _(n, draw):
    yield draw(n, 3), (2, 4)
    yield draw(n, 3), 5
    yield draw(4, n), (2, n)
    yield draw(), (3,)
