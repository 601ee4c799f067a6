"""Evenly and geometrically spaced numbers between two ends that may be tensors."""

from __future__ import annotations

import math
import operator

import numpy as np

from ..core import implements, plain, samples_of
from ..errors import ArgumentError
from .operands import as_operands, refuse_options
from .shaping import broadcast_to


def _first_axis_to(x, axis):
    return np.moveaxis(x, 0, axis) if axis else x


def _line(start, stop, num, endpoint):
    """``num`` evenly spaced places along a new first axis, and the step between them."""
    num = operator.index(num)
    if num < 0:
        raise ArgumentError(f"the number of samples must not be negative; got {num}")
    start, stop = (x if x.dtype.kind in "fc" else x.astype(np.float64) for x in as_operands([start, stop]))
    delta = stop - start
    steps = np.arange(num, dtype=delta.dtype, like=plain(delta)[None]).reshape((-1, *[1] * delta.ndim))
    parts = num - 1 if endpoint else num
    if parts > 0:
        step = delta / parts
        # a step that is rounded to 0 would lose everything between the ends
        line = steps / parts * delta if (plain(step) == 0).any() else steps * step
    else:
        step, line = math.nan, steps * delta
    line = line + start
    if endpoint and num > 1:  # the end itself, not what rounding makes of it
        line = np.concatenate([line[:-1], broadcast_to(stop, (1, *delta.shape)).astype(line.dtype)])
    return line, step


@implements(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    if device not in (None, "cpu"):
        refuse_options("np.linspace", ["device"])
    line, step = _line(start, stop, num, endpoint)
    line = _first_axis_to(line, axis)
    if dtype is not None:
        line = np.floor(line).astype(dtype) if np.dtype(dtype).kind in "iu" else line.astype(dtype)
    return (line, step) if retstep else line


def _ends(n, draw):
    yield draw(n), draw(2, n), 4
    yield draw(), 2.5, 3, False
    yield 1, draw(n), {"num": 1}
    yield draw(n), draw(n), {"num": 3, "axis": -1}
    yield draw(n, 2), draw(2), 0


@samples_of(linspace)
def _(n, draw):
    yield from _ends(n, draw)
    yield draw(n), draw(n), 4, True, True
    yield draw(n), draw(n), {"num": 3, "dtype": np.longdouble}


@implements(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    if np.ndim(base):  # a base of its own for each line
        ends = as_operands([start, stop, base])
        most = max([x.ndim for x in ends])
        start, stop, base = (x.reshape((*[1] * (most - x.ndim), *x.shape)) for x in ends)
        base = np.expand_dims(base, axis)
    line = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return line if dtype is None else line.astype(dtype)


@samples_of(logspace)
def _(n, draw):
    yield from _ends(n, draw)
    yield draw(n), draw(n), 4, True, 2.0, np.longdouble
    yield draw(n), 1.5, {"num": 3, "base": draw.positive()}
    yield draw(n), draw(n), {"num": 3, "base": draw.positive(2, n), "axis": 1}


@implements(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    start, stop = as_operands([start, stop])
    if plain(np.any(start == 0)) or plain(np.any(stop == 0)):
        raise ArgumentError("np.geomspace: a geometric row does not reach 0")
    if start.dtype.kind not in "fc":
        start, stop = start.astype(np.float64), stop.astype(np.float64)
    sign = np.sign(start)  # turned to positive numbers and back, so that real ends of one sign give real numbers
    start, stop = start / sign, stop / sign
    line = logspace(np.log10(start), np.log10(stop), num, endpoint)
    num, shape = line.shape[0], (1, *line.shape[1:])
    first = [broadcast_to(start, shape)][:num]
    last = [broadcast_to(stop, shape)] if endpoint and num > 1 else []
    line = np.concatenate([*first, line[1 : num - len(last)], *last]) * sign
    line = _first_axis_to(line, axis)
    return line if dtype is None else line.astype(dtype)


@samples_of(geomspace)
def _(n, draw):
    for start, stop, *rest in _ends(n, draw.positive):
        yield start, stop, *rest
    yield -draw.positive(n), -draw.positive(n), 4, True, np.longdouble
