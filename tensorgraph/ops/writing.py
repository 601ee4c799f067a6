"""NumPy's functions that write into an array: each works out an index and a value, and ``write`` does the rest."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import implements, plain, samples_of, write
from ..errors import ArgumentError, DTypeError, IndexingError
from .operands import as_operand
from .shaping import broadcast_to, reshape


def writes(function):
    """The decorated function is what runs when this NumPy function, which writes into its first argument, meets a
    tensor."""

    def register(composed):
        composed.writes = True
        return implements(function)(composed)

    return register


def _cycled(values, places):
    """The elements of ``values``, all in one axis and repeated without end, at these places."""
    if isinstance(values, int | float | complex):
        return values
    flat = reshape(as_operand(values), -1)
    return flat[_index_for(flat, places % flat.size)]


def _write_flat(a, places, values):
    """Write into these places of all elements of ``a`` in one axis."""
    if a.shape:
        write(a, values, tuple([_index_for(a, along) for along in np.unravel_index(places, a.shape)]))
    elif places.size:
        write(a, values[-1] if np.ndim(plain(values)) else values)


def _index_for(a, places):
    """These places as an index that an array of another library takes too."""
    return places.tolist() if isinstance(places, np.ndarray) and not isinstance(plain(a), np.ndarray) else places


@writes(np.put)
def put(a, ind, v, mode="raise"):
    places = plain(ind) if hasattr(ind, "shape") else np.array(ind, np.intp)
    places = places.reshape(-1)
    size = plain(a).size
    if mode == "raise":
        if (outside := places[(places < -size) | (places >= size)]).size:
            raise IndexingError(f"np.put: there is no element {outside[0]} of {size}")
        places = places % max(size, 1)
    elif mode == "wrap":
        places = places % size
    elif mode == "clip":
        places = np.clip(places, 0, size - 1)
    else:
        raise ArgumentError(f"np.put: mode is 'raise', 'wrap' or 'clip'; got {mode!r}")
    if np.size(plain(v)):
        _write_flat(a, places, _cycled(v, np.arange(places.size)))


@samples_of(put)
def _(n, draw):
    yield draw(n + 1, 3), [0, -1, 1, 0], draw(4)
    yield draw(n + 1, 3), [[7, 1], [-5, 1]], draw(3), "wrap"
    yield draw(n + 1, 3), [-2, 100, 1], draw(), {"mode": "clip"}
    yield draw(n + 1), 0, 2.5


@writes(np.copyto)
def copyto(dst, src, casting="same_kind", where=True):
    src = as_operand(src)
    if not np.can_cast(src.dtype, dst.dtype, casting):
        raise DTypeError(f"np.copyto: cannot cast from {src.dtype} to {dst.dtype} with casting={casting!r}")
    if where is True:
        write(dst, src)
    else:
        chosen = np.broadcast_to(plain(where), dst.shape)
        write(dst, broadcast_to(src, dst.shape)[chosen], chosen)


@samples_of(copyto)
def _(n, draw):
    yield draw(n, 3), draw(n, 3)
    yield draw(n, 3), draw(3)
    yield draw(n, 3), draw(n, 1), {"where": draw.mask(n, 3)}
    yield draw(n, 3), draw(n, 3), {"where": draw.mask(3), "casting": "unsafe"}
    yield draw(), draw()


@writes(np.place)
def place(arr, mask, vals):
    places = np.flatnonzero(plain(mask))
    if np.size(plain(mask)) != plain(arr).size:
        raise ArgumentError(f"np.place: mask has {np.size(plain(mask))} elements and arr {plain(arr).size}")
    if places.size:
        if not np.size(plain(vals)):
            raise ArgumentError("np.place: there are elements to fill, and vals is empty")
        _write_flat(arr, places, _cycled(vals, np.arange(places.size)))


@samples_of(place)
def _(n, draw):
    yield draw(n, 3), draw.mask(n, 3), draw(2)
    yield draw(n, 3), draw.mask(n, 3), draw(3 * n + 1)


@writes(np.putmask)
def putmask(a, mask, values):
    places = np.flatnonzero(plain(mask))
    if np.size(plain(mask)) != plain(a).size:
        raise ArgumentError(f"np.putmask: mask has {np.size(plain(mask))} elements and a {plain(a).size}")
    if places.size and np.size(plain(values)):
        _write_flat(a, places, _cycled(values, places))


@samples_of(putmask)
def _(n, draw):
    yield draw(n, 3), draw.mask(n, 3), draw(n, 3)
    yield draw(n, 3), draw.mask(n, 3), draw(2)
    yield draw(n, 3), draw.mask(n, 3), 1.5


@writes(np.put_along_axis)
def put_along_axis(arr, indices, values, axis):
    indices = plain(indices)
    ndim = 1 if axis is None else arr.ndim
    if indices.ndim != ndim:
        raise ArgumentError(f"np.put_along_axis: indices must have {ndim} axes; got {indices.ndim}")
    if axis is None:
        return put(arr, indices, values)
    axis = normalize_axis_index(axis, arr.ndim)
    along = [np.arange(n).reshape([-1 if i == k else 1 for i in range(arr.ndim)]) for k, n in enumerate(arr.shape)]
    along = [_index_for(arr, each) for each in along]
    return write(arr, values, (*along[:axis], indices, *along[axis + 1 :]))


@samples_of(put_along_axis)
def _(n, draw):
    yield draw(n + 1, 3), draw.integers(3, n + 1, 2), draw(n + 1, 2), 1
    yield draw(n + 1, 3), draw.integers(n + 1, 1, 3), draw(), 0
    yield draw(n + 1, 2, 3), draw.integers(2, n + 1, 1, 3), draw(n + 1, 1, 3), -2
    yield draw(n + 1, 3), draw.integers(3, 4), draw(4), None


@writes(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    if a.ndim < 2:
        raise ArgumentError(f"np.fill_diagonal: takes at least two axes; got {a.ndim}")
    if a.ndim > 2 and len(set(a.shape)) > 1:
        raise ArgumentError(f"np.fill_diagonal: of more than two axes all must have one length; got {a.shape}")
    step = 1 + sum(int(np.prod(a.shape[axis:])) for axis in range(1, a.ndim))
    end = a.shape[1] * a.shape[1] if a.ndim == 2 and not wrap else plain(a).size
    places = np.arange(0, min(end, plain(a).size), step)
    _write_flat(a, places, _cycled(val, np.arange(places.size)))


@samples_of(fill_diagonal)
def _(n, draw):
    yield draw(n, 3), draw()
    yield draw(3, n), draw(2)
    yield draw(n + 4, 2), draw(5), True
    yield draw(2, 2, 2), draw(2), {"wrap": False}
