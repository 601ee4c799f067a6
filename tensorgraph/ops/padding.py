"""``np.pad`` with all of its modes: along one axis after the other, something is joined to both ends."""

from __future__ import annotations

import numpy as np

from ..core import implements, plain, samples_of
from ..errors import ArgumentError, DTypeError, IndexingError, ShapeError
from .indexing import getitem
from .joining import stack
from .operands import as_operand, as_operands
from .rearranging import moveaxis
from .shaping import astype, broadcast_to, concatenate, copy, pad, reshape


@implements(np.pad)
def numpy_pad(array, pad_width, mode="constant", **kwargs):
    widths = _widths(pad_width, array.ndim)
    if callable(mode):
        return _by_function(array, widths, mode, kwargs)
    if mode not in MODES:
        raise ArgumentError(f"np.pad: there is no mode {mode!r}; there are {', '.join(MODES)}, and functions")
    ends, options = MODES[mode]
    if unknown := kwargs.keys() - options.keys():
        raise ArgumentError(f"np.pad: mode={mode!r} does not take {min(unknown)}=")
    if not array.ndim:
        return copy(array)
    value = kwargs.get("constant_values", 0)
    if mode == "empty" or mode == "constant" and isinstance(value, int | float | complex):
        return pad(array, widths, value)
    if mode != "constant" and not array.size:
        if any(not length and max(width) for length, width in zip(array.shape, widths)):
            raise ShapeError(f"np.pad: mode={mode!r} has nothing to fill shape {array.shape} with; use mode='constant'")
        return pad(array, widths)
    pairs = {name: _pairs(kwargs.get(name, default), array.ndim) for name, default in options.items()}
    for axis, (before, after) in enumerate(widths):
        if before or after:
            given = {name: pair[axis] for name, pair in pairs.items()}
            array = concatenate(*ends(array, axis, before, after, **given), axis=axis)
    return copy(array) if not any(map(any, widths)) else array


def _widths(pad_width, ndim):
    """How much to put before and after each axis, from all forms in which NumPy takes it."""
    if isinstance(pad_width, dict):
        if beyond := [axis for axis in pad_width if not -ndim <= axis < ndim]:
            raise IndexingError(f"np.pad: axis {beyond[0]} is out of bounds for an array of {ndim} axes")
        by_axis = {axis % ndim: width for axis, width in pad_width.items()}
        pad_width = [np.broadcast_to(by_axis.get(axis, 0), 2) for axis in range(ndim)]
    given = np.asarray(pad_width)
    if given.dtype.kind != "i":
        raise DTypeError(f"np.pad: pad_width must be integers; got {given.dtype}")
    if (given < 0).any():
        raise ArgumentError(f"np.pad: pad_width cannot be negative; got {pad_width}")
    return tuple([(int(before), int(after)) for before, after in _pairs(given, ndim)])


def _pairs(given, ndim):
    """For each axis a pair of values, for its beginning and its end: one for all, a pair for all, or a row for each."""
    if given is None or isinstance(given, str):
        return [(given, given)] * ndim
    given = as_operand(given)
    if given.size <= 2 and given.shape != (2, 1):
        given = reshape(given, -1)
    both = broadcast_to(given, (ndim, 2))
    return [(both[axis, 0], both[axis, 1]) for axis in range(ndim)]


# What the modes join: an array, with what comes before and after it along an axis


def _constant(a, axis, before, after, constant_values):
    first, last = [_fitting(as_operands([a, value])[1], a, np.trunc) for value in constant_values]
    return _spread(first, a, axis, before), a, _spread(last, a, axis, after)


def _edge(a, axis, before, after):
    return _spread(_part(a, axis, 0, 1), a, axis, before), a, _spread(_part(a, axis, -1, None), a, axis, after)


def _linear_ramp(a, axis, before, after, end_values):
    left = _ramp(a, axis, before, _part(a, axis, 0, 1), end_values[0])
    right = _ramp(a, axis, after, _part(a, axis, -1, None), end_values[1])
    return left, a, _part(right, axis, None, None, -1)


def _ramp(a, axis, width, edge, end):
    """From ``end`` towards an edge of ``a``, in double precision, as ``np.linspace`` computes it."""
    steps = np.arange(width, like=plain(a)).reshape([-1 if i == axis else 1 for i in range(a.ndim)])
    edge = astype(edge, np.result_type(a.dtype, float))
    end = as_operands([edge, end])[1]
    return _fitting(steps * ((edge - end) / max(width, 1)) + end, a, np.floor)


def _statistic(function):
    def ends(a, axis, before, after, stat_length):
        length = a.shape[axis]
        first, last = [length if n is None else min(int(n), length) for n in stat_length]
        chunks = _part(a, axis, 0, first), _part(a, axis, length - last, length)
        first, last = [_fitting(function(chunk, axis=axis, keepdims=True), a, np.rint) for chunk in chunks]
        return _spread(first, a, axis, before), a, _spread(last, a, axis, after)

    return ends


def _reflect(a, axis, before, after, reflect_type):
    return _mirrored(a, axis, before, after, reflect_type, 1)


def _symmetric(a, axis, before, after, reflect_type):
    return _mirrored(a, axis, before, after, reflect_type, 0)


def _mirrored(a, axis, before, after, reflect_type, skip):
    """Both ends seen in mirrors there, or turned around the edges, again and again until the widths are filled.

    skip  how many elements at an edge are not repeated: 1, or 0 where the mirror is beyond the edge
    """
    period = a.shape[axis] - skip
    if not period:  # one element alone has nothing to mirror: NumPy repeats it
        return _edge(a, axis, before, after)
    odd = reflect_type[0] == "odd"
    while before or after:
        length = a.shape[axis]
        most = (length - skip) // period * period
        first, last = min(most, before), min(most, after)
        left = _part(a, axis, skip, skip + first)
        right = _part(a, axis, length - skip - last, length - skip)
        left, right = (_part(part, axis, None, None, -1) for part in (left, right))
        if odd:
            left = _fitting(2 * _part(a, axis, 0, 1) - left, a, np.trunc)
            right = _fitting(2 * _part(a, axis, -1, None) - right, a, np.trunc)
        before, after = before - first, after - last
        if before or after:
            a = concatenate(left, a, right, axis=axis)
    return left, a, right


def _wrap(a, axis, before, after):
    length = a.shape[axis]
    whole = [a] * (before // length + 1 + after // length)
    return _part(a, axis, length - before % length, length), *whole, _part(a, axis, 0, after % length)


MODES = {
    "constant": (_constant, {"constant_values": 0}),
    "edge": (_edge, {}),
    "linear_ramp": (_linear_ramp, {"end_values": 0}),
    "maximum": (_statistic(np.max), {"stat_length": None}),
    "mean": (_statistic(np.mean), {"stat_length": None}),
    "median": (_statistic(np.median), {"stat_length": None}),
    "minimum": (_statistic(np.min), {"stat_length": None}),
    "reflect": (_reflect, {"reflect_type": "even"}),
    "symmetric": (_symmetric, {"reflect_type": "even"}),
    "wrap": (_wrap, {}),
    "empty": (None, {}),
}
"""For each mode, what it joins along an axis, and its options with what they are by default."""


def _part(a, axis, start, stop, step=None):
    return getitem(a, (*(slice(None),) * axis, slice(start, stop, step)))


def _spread(value, a, axis, width):
    """A value, or one for each place across the axis, as a block of this width beside ``a``."""
    return broadcast_to(value, (*a.shape[:axis], width, *a.shape[axis + 1 :]))


def _fitting(value, a, rounded):
    """A value in the dtype of ``a``; for integers it is ``rounded`` first, as NumPy does."""
    if a.dtype.kind in "iu" and value.dtype.kind in "f":
        value = rounded(value)
    return value if value.dtype == a.dtype else astype(value, a.dtype)


def _by_function(array, widths, function, options):
    """A function of the user's writes into each row, along each axis, of the array with zeros around it."""
    result = pad(array, widths)
    for axis in range(array.ndim):
        rows = moveaxis(result, axis, -1)
        written = []
        for index in np.ndindex(rows.shape[:-1]):
            row = copy(rows[index])
            function(row, widths[axis], axis, options)
            written.append(row)
        if written:
            result = moveaxis(reshape(stack(written), rows.shape), -1, axis)
    return result


@samples_of(numpy_pad)
def _(n, draw):
    yield draw(n, 3), 2
    yield draw(n, 3), (0, 1), "constant"
    yield draw(n, 3), ((1, 0), (2, 3)), {"constant_values": -1.5}
    yield draw(n, 3), {-1: (1, 2)}, {"constant_values": ((1.5, 2.5), (3.5, 4.5))}
    yield draw(), 3
    for mode in ("edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", "symmetric", "wrap"):
        yield draw.distinct(n, 4), ((0, 0), (2, 3)), mode
        if n:
            yield draw.distinct(n, 3), ((1, 0), (0, 5)), mode
    yield draw.distinct(n, 3), ((0, 0), (3, 2)), "linear_ramp", {"end_values": (1.5, -2.5)}
    for mode in ("maximum", "mean", "median", "minimum"):
        yield draw.distinct(n, 4), ((0, 0), (1, 2)), mode, {"stat_length": 2}
        yield draw.distinct(n, 4), ((0, 0), (1, 2)), mode, {"stat_length": ((1, 1), (3, 9))}
    for mode in ("reflect", "symmetric"):
        yield draw(n, 3), ((0, 0), (2, 9)), mode, {"reflect_type": "odd"}
        yield draw(n, 1), ((0, 0), (2, 2)), mode, {"reflect_type": "odd"}
