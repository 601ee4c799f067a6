"""Convolution and correlation of two rows of numbers."""

from __future__ import annotations

import numpy as np

from ..core import implements, op, samples_of
from ..errors import ArgumentError, ShapeError
from .operands import as_operand


@op()
def convolve(a, v, mode):
    """The convolution of two vectors, all of it ("full"), or what uses all of ``v``, the shorter one ("valid")."""
    for x in (a, v):
        if x.ndim != 1 or not x.shape[0]:
            raise ShapeError("both arguments are vectors of at least one element")
    return np.convolve(a, v, mode)


@convolve.grad("a")
def convolve_da(g, v, mode):
    return convolve(g, v[::-1], "valid" if mode == "full" else "full")


@convolve.grad("v")
def convolve_dv(g, a, mode):
    return convolve(g, a[::-1], "valid") if mode == "full" else convolve(a, g[::-1], "valid")[::-1]


@convolve.samples
def _(n, draw):
    if n:
        yield draw(n), draw(3), "full"
        yield draw(4), draw(n), "full"
        yield draw(5), draw(n), "valid"
        yield draw(n), draw(1), "valid"


def _part(a, v, mode, start):
    """What a mode of NumPy's gives; "same" is as long as the longer one, from ``start`` in the whole convolution."""
    if mode == "full":
        return convolve(a, v, mode)
    if mode == "valid":  # convolution does not care which of its arguments comes first
        return convolve(v, a, mode) if a.size < v.size else convolve(a, v, mode)
    if mode != "same":
        raise ArgumentError(f"np.convolve and np.correlate: mode is 'full', 'same' or 'valid'; got {mode!r}")
    return convolve(a, v, "full")[start : start + max(a.size, v.size)]


@implements(np.convolve)
def numpy_convolve(a, v, mode="full"):
    a, v = np.atleast_1d(as_operand(a), as_operand(v))
    return _part(a, v, mode, (min(a.size, v.size) - 1) // 2)


@implements(np.correlate)
def correlate(a, v, mode="valid"):
    a, v = as_operand(a), as_operand(v)
    start = (v.size - 1) // 2 if v.size <= a.size else a.size // 2  # NumPy goes from the other end where v is longer
    return _part(a, v[::-1].conj(), mode, start)


@samples_of(correlate)
def correlate_samples(n, draw):
    if n:
        yield draw(n + 2), draw(n)
        for mode in ("full", "same", "valid"):
            yield draw(n), draw(4), mode
            yield draw(5), draw(n), mode
            yield draw(n + 1), draw(5), mode


@samples_of(numpy_convolve)
def _(n, draw):
    yield from correlate_samples(n, draw)
    if n:
        yield draw(), draw(n), "full"
