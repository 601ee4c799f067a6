"""Discrete Fourier transforms: four ops of one axis, and NumPy's other transforms as programs of them.

A transform of n points has a symmetric matrix, so its transpose is itself; of real numbers, or to real numbers, the
transpose is the transform that goes the other way, as in ``rfft`` and ``irfft``.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core import constant, implements, op, samples_of
from ..errors import ArgumentError
from .indexing import getitem
from .operands import as_operand
from .shaping import pad

SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""How the transform the other way is scaled when its factor is to be the same."""


def _fitted(x, length, axis):
    """``x`` cut to ``length`` on an axis, or padded with zeros at its end."""
    more = length - x.shape[axis]
    if more == 0:
        return x
    axis = normalize_axis_index(axis, x.ndim)
    if more < 0:
        return getitem(x, (slice(None),) * axis + (slice(length),))
    return pad(x, tuple([(0, more if i == axis else 0) for i in range(x.ndim)]))


def _inner_times(x, factor, points, axis):
    """``x``, half a spectrum of so many points, with the frequencies that it stands for twice times ``factor``."""
    before = (slice(None),) * normalize_axis_index(axis, x.ndim)
    first, inner, last = [getitem(x, (*before, part)) for part in _parts(points)]
    return np.concatenate([first, inner * factor, last], axis=axis)


def _parts(points):
    middle = (points + 1) // 2  # where the frequencies begin that are their own mirror images; before 1 is one, too
    return slice(1), slice(1, middle), slice(middle, None)


@op(np.fft.fft)
def fft(a, n=None, axis=-1, norm=None):
    """Fourier transform along an axis, of ``n`` points: cut, or padded with zeros."""
    return np.fft.fft(a, n, axis, norm)


@op(np.fft.ifft)
def ifft(a, n=None, axis=-1, norm=None):
    """Inverse Fourier transform along an axis, of ``n`` points."""
    return np.fft.ifft(a, n, axis, norm)


@op(np.fft.rfft)
def rfft(a, n=None, axis=-1, norm=None):
    """Fourier transform of real numbers along an axis: the frequencies from 0 to n // 2."""
    return np.fft.rfft(a, n, axis, norm)


@op(np.fft.irfft)
def irfft(a, n=None, axis=-1, norm=None):
    """The ``n`` real numbers, by default an even count of them, whose ``rfft`` is ``a``."""
    return np.fft.irfft(a, n, axis, norm)


fft.grad("a")(lambda g, a_shape, axis, norm: _fitted(np.fft.fft(g, None, axis, norm), a_shape[axis], axis))
ifft.grad("a")(lambda g, a_shape, axis, norm: _fitted(np.fft.ifft(g, None, axis, norm), a_shape[axis], axis))


@rfft.grad("a")
def rfft_da(g, a_shape, n, axis, norm):
    points = a_shape[axis] if n is None else n
    halved = _inner_times(g.conj(), 0.5, points, axis)
    return _fitted(np.fft.irfft(halved, points, axis, SWAPPED[norm]), a_shape[axis], axis)


@irfft.grad("a")
def irfft_da(g, a, axis, norm):
    spectrum = np.fft.rfft(g, None, axis, SWAPPED[norm]).conj()
    d = _fitted(_inner_times(spectrum, 2, g.shape[axis], axis), a.shape[axis], axis)
    return d if a.dtype.kind == "c" else d.real


def _one_axis(n, draw):
    for norm in (None, "ortho", "forward"):
        yield draw(n, 4), None, -1, norm
        yield draw(5, n), None, 0, norm
    yield draw(n, 3, 2), 5, 1  # padded, to an odd and an even count
    yield draw(n, 3, 2), 6, -2, "backward"
    yield draw(n, 7), 4  # and cut
    yield draw(n, 7), {"n": 3, "norm": "ortho"}
    yield draw(n, 3), 1
    yield draw(n, 2), 2


for each in (fft, ifft, rfft):
    each.samples(_one_axis)


@irfft.samples
def _(n, draw):
    yield from _one_axis(n, draw)
    yield draw(n, 4), 7
    yield draw(n, 1), 1


# Hermitian symmetry in time: real spectra


@implements(np.fft.hfft)
def hfft(a, n=None, axis=-1, norm=None):
    return irfft(np.conjugate(as_operand(a)), n, axis, SWAPPED[_known(norm)])


@implements(np.fft.ihfft)
def ihfft(a, n=None, axis=-1, norm=None):
    return np.conjugate(rfft(as_operand(a), n, axis, SWAPPED[_known(norm)]))


def _known(norm):
    if norm not in SWAPPED:
        raise ArgumentError(f"np.fft: norm is None, 'backward', 'ortho' or 'forward'; got {norm!r}")
    return norm


for each in (hfft, ihfft):
    samples_of(each)(_one_axis)

# Several axes

SEVERAL = {  # what runs along the last of the axes, and along the others
    "fftn": (fft, fft), "fft2": (fft, fft), "ifftn": (ifft, ifft), "ifft2": (ifft, ifft),
    "rfftn": (rfft, fft), "rfft2": (rfft, fft), "irfftn": (irfft, ifft), "irfft2": (irfft, ifft),
}  # fmt: skip


def _over_axes(name, of_last, of_others):
    usual = (-2, -1) if name.endswith("2") else None

    @implements(getattr(np.fft, name))
    def transform(a, s=None, axes=usual, norm=None):
        a = as_operand(a)
        steps = [(of_others, *pair) for pair in _lengths_and_axes(name, a, s, axes, of_last is irfft)]
        if not steps:
            if of_last is not of_others:
                raise ArgumentError(f"np.fft.{name}: real numbers are transformed along one axis at least; got none")
            return +a
        *others, last = steps
        last = (of_last, *last[1:])
        for run, length, axis in (*others, last) if of_last is irfft else (last, *others[::-1]):
            a = run(a, length, axis, norm)
        return a

    return transform


def _lengths_and_axes(name, a, s, axes, to_real):
    """The number of points along each axis; of the last one None where a real result has its usual length."""
    if s is not None and axes is None or s is not None and None in s:
        raise ArgumentError(f"np.fft.{name}: with s, give axes, and a whole number for each: -1 is the whole axis")
    axes = range(a.ndim) if axes is None else axes
    if s is None:
        lengths = [a.shape[axis] for axis in axes]
        return [*zip(lengths[:-1], axes), (None if to_real else lengths[-1], axes[-1])] if lengths else []
    if len(s) != len(axes):
        raise ArgumentError(f"np.fft.{name}: s has {len(s)} lengths for {len(axes)} axes")
    return [(a.shape[axis] if length == -1 else length, axis) for length, axis in zip(s, axes)]


def _several_axes(n, draw):
    yield (draw(n + 2, 3),)
    yield draw(3, n, 4), None, (0, 2)
    yield draw(3, n, 4), (5, 3), (2, 0), "ortho"
    yield draw(3, n, 4), {"s": (2, -1), "axes": (-3, -1), "norm": "forward"}
    yield draw(n, 4), {"s": (5,), "axes": (1,)}
    yield draw(n, 3, 2, 2), {"axes": (3, 1, 2)}
    yield draw(n, 4), (3, 5), (1, 1)  # twice along one axis


for each, runs in SEVERAL.items():
    samples_of(_over_axes(each, *runs))(_several_axes)

# Shifts


@implements(np.fft.fftshift)
def fftshift(x, axes=None):
    return _rolled(as_operand(x), axes, lambda length: length // 2)


@implements(np.fft.ifftshift)
def ifftshift(x, axes=None):
    return _rolled(as_operand(x), axes, lambda length: -(length // 2))


def _rolled(x, axes, by):
    axes = range(x.ndim) if axes is None else normalize_axis_tuple(axes, x.ndim)
    return np.roll(x, [by(x.shape[axis]) for axis in axes], tuple(axes))


for each in (fftshift, ifftshift):

    @samples_of(each)
    def _(n, draw):
        yield (draw(n, 5, 4),)
        yield draw(n, 5, 4), 1
        yield draw(n, 5, 4), {"axes": (0, -1)}


constant(np.fft.fftfreq, np.fft.rfftfreq)
