"""Ops that move elements without changing them. Each one's rule is another of them."""

from __future__ import annotations

import numpy as np

from ..core import Tensor, implements, method, op
from ..errors import ArgumentError, UnsupportedFunctionError
from .indexing import getitem


@op()
def identity(x):
    """The same values as a new node of the graph; no copy."""
    return x


identity.grad("x")(lambda g: g)


@identity.samples
def _(n, draw):
    yield (draw(n, 3),)


@op(np.reshape)
def reshape(a, shape):
    """The same elements, in C order, in another shape."""
    return a.reshape(shape)


reshape.grad("a")(lambda g, a_shape: g.reshape(a_shape))


@reshape.samples
def _(n, draw):
    yield draw(n, 6), (n, 2, 3)
    yield draw(n, 2, 3), (6, n)
    yield draw(), (1, 1)
    if n:
        yield draw(n, 4), -1


@op(np.transpose)
def transpose(a, axes=None):
    """The axes in another order; by default reversed."""
    return a.transpose(axes)


@transpose.grad("a")
def transpose_da(g, axes):
    return g.transpose(None if axes is None else _inverse(axes, g.ndim))


def _inverse(axes, ndim):
    inverse = [0] * ndim
    for place, axis in enumerate(axes):
        inverse[axis % ndim] = place
    return tuple(inverse)


@transpose.samples
def _(n, draw):
    yield (draw(n, 3, 2),)
    yield draw(n, 3, 2), (1, 2, 0)
    yield draw(n, 3, 2), (-1, 0, 1)
    yield (draw(),)


@op(np.broadcast_to)
def broadcast_to(array, shape):
    """Repeat along new and length-1 axes, without copying. The engine's summation over broadcast axes is its rule."""
    return np.broadcast_to(array, shape)


broadcast_to.grad("array")(lambda g: g)


@broadcast_to.samples
def _(n, draw):
    yield draw(3), (n, 3)
    yield draw(n, 1, 2), (4, n, 3, 2)
    yield draw(), (2, n)


@op(np.astype)
def astype(x, dtype):
    """The values in another dtype. The engine casts the gradient back."""
    return x.astype(dtype)


astype.grad("x")(lambda g: g)


@astype.samples
def _(n, draw):
    yield draw(n, 3), np.float64
    yield draw(n, 3), np.longdouble


@op()
def concatenate(*arrays, axis=0):
    """Join arrays along an existing axis."""
    return np.concatenate(arrays, axis)


@concatenate.grad("arrays")
def concatenate_grad(g, arrays_shape, axis):
    before = (slice(None),) * (axis % g.ndim)
    ends = np.cumsum([shape[axis] for shape in arrays_shape]).tolist()
    return [g[(*before, slice(end - shape[axis], end))] for shape, end in zip(arrays_shape, ends)]


@concatenate.samples
def _(n, draw):
    yield draw(n, 3), draw(2, 3), draw(1, 3)
    yield draw(n, 3), draw(n, 2), {"axis": -1}
    yield (draw(n, 3),)


@op()
def pad(array, widths, value=0):
    """Put ``value`` around an array: ``widths`` is a pair (before, after) for each axis."""
    return np.pad(array, widths, constant_values=value)


@pad.grad("array")
def pad_darray(g, array_shape, widths):
    return g[tuple([slice(before, before + length) for (before, _), length in zip(widths, array_shape)])]


@pad.samples
def _(n, draw):
    yield draw(n, 3), ((1, 2), (0, 1))
    yield draw(n), ((2, 0),), 7.0


# Compositions: NumPy's functions and Tensor's methods that are programs of the ops above


@implements(np.concatenate)
def numpy_concatenate(arrays, axis=0, **options):
    refuse_options("np.concatenate", options)
    arrays = [as_operand(a) for a in arrays]
    return concatenate(*[reshape(a, -1) for a in arrays], axis=0) if axis is None else concatenate(*arrays, axis=axis)


@implements(np.stack)
def stack(arrays, axis=0, **options):
    refuse_options("np.stack", options)
    return concatenate(*[expand_dims(as_operand(a), axis) for a in arrays], axis=axis)


@implements(np.split, np.array_split)
def split(ary, indices_or_sections, axis=0):
    length = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        sections = int(indices_or_sections)
        if sections <= 0 or length % sections:
            raise ArgumentError(f"split: an axis of length {length} does not divide into {sections} equal parts")
        bounds = list(range(0, length + 1, length // sections)) if length else [0] * (sections + 1)
    else:
        bounds = [0, *indices_or_sections, length]
    before = (slice(None),) * (axis % ary.ndim)
    return [getitem(ary, (*before, slice(start, stop))) for start, stop in zip(bounds[:-1], bounds[1:])]


@implements(np.pad)
def numpy_pad(array, pad_width, mode="constant", **options):
    if mode != "constant":
        raise UnsupportedFunctionError(f"np.pad: mode={mode!r} is not supported on tensors; only 'constant' is")
    value = options.pop("constant_values", 0)
    refuse_options("np.pad", options)
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    return pad(array, tuple(map(tuple, widths)), value)


@implements(np.expand_dims)
def expand_dims(a, axis):
    axes = axis if isinstance(axis, tuple) else (axis,)
    ndim = len(a.shape) + len(axes)
    places = {i % ndim if -ndim <= i < ndim else _bad_axis(i, ndim) for i in axes}
    lengths = iter(a.shape)
    return reshape(a, tuple([1 if i in places else next(lengths) for i in range(ndim)]))


def _bad_axis(axis, ndim):
    raise np.exceptions.AxisError(axis, ndim)


@implements(np.squeeze)
@method
def squeeze(a, axis=None):
    """Drop axes of length 1: all of them, or those named."""
    if axis is None:
        return reshape(a, tuple([n for n in a.shape if n != 1]))
    axes = {i % a.ndim for i in (axis if isinstance(axis, tuple) else (axis,))}
    if any(a.shape[i] != 1 for i in axes):
        raise ArgumentError(f"squeeze: only axes of length 1 can go; axis={axis} of shape {a.shape}")
    return reshape(a, tuple([n for i, n in enumerate(a.shape) if i not in axes]))


@implements(np.swapaxes)
@method
def swapaxes(a, axis1, axis2):
    """Exchange two axes."""
    axes = list(range(a.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(a, tuple(axes))


@implements(np.moveaxis)
def moveaxis(a, source, destination):
    sources, destinations = ([i % a.ndim for i in np.atleast_1d(axes).tolist()] for axes in (source, destination))
    order = [i for i in range(a.ndim) if i not in sources]
    for place, axis in sorted(zip(destinations, sources)):
        order.insert(place, axis)
    return transpose(a, tuple(order))


@implements(np.ravel)
@method
def ravel(a, order="C"):
    """All elements in one axis, in C order."""
    if order != "C":
        raise UnsupportedFunctionError(f"ravel: only order='C' is supported on tensors; got {order!r}")
    return reshape(a, -1)


@implements(np.copy)
@method
def copy(a, order="K"):
    """The same values in memory of their own; gradients flow through."""
    return +a


@implements(np.atleast_1d)
def atleast_1d(*tensors):
    results = [t if len(t.shape) >= 1 else reshape(t, 1) for t in map(as_operand, tensors)]
    return results[0] if len(results) == 1 else tuple(results)


@implements(np.broadcast_arrays)
def broadcast_arrays(*tensors):
    tensors = [as_operand(t) for t in tensors]
    shape = np.broadcast_shapes(*[t.shape for t in tensors])
    return tuple([broadcast_to(t, shape) for t in tensors])


@implements(np.flip)
def flip(m, axis=None):
    axes = range(m.ndim) if axis is None else [i % m.ndim for i in np.atleast_1d(axis).tolist()]
    return getitem(m, tuple([slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim)]))


@method
def flatten(self):
    """All elements in one axis."""
    return reshape(self, -1)


def as_operand(value):
    """A tensor or an array of any kind as it is, anything else as an ndarray."""
    return value if isinstance(value, Tensor) or hasattr(value, "__array_namespace__") else np.asarray(value)


def refuse_options(name, options):
    """Refuse arguments of a NumPy function that have no meaning for tensors, by name."""
    for option in options:
        raise UnsupportedFunctionError(f"{name}: {option}= is not supported on tensors")


def _reshape_method(self, *shape):
    """The same elements in another shape: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``."""
    return reshape(self, shape[0] if len(shape) == 1 else shape)


def _transpose_method(self, *axes):
    """The axes in another order: ``t.transpose(1, 0)``, ``t.transpose((1, 0))``, or reversed."""
    return transpose(self, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None)


def _astype_method(self, dtype):
    """The values in another dtype."""
    return astype(self, np.dtype(dtype))


Tensor.reshape, Tensor.transpose, Tensor.astype = _reshape_method, _transpose_method, _astype_method
