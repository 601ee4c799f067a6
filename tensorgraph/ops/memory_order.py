"""``order=``, ``copy=`` and ``casting=``: how NumPy's functions and methods read elements, and lay results out."""

from __future__ import annotations

import numpy as np

from ..core import Tensor, implements, method, plain, samples_of
from ..errors import ArgumentError, DTypeError
from .shaping import astype, reshape, transpose
from .shaping import copy as copied


@implements(np.reshape)
def numpy_reshape(a, /, shape, order="C", *, copy=None):
    order = _order_of_reading(a, order, "CFA")
    if copy is False:
        _refuse_to_copy(a, shape, order)
    result = reshape(a, shape) if order == "C" else _reshape_in_fortrans_order(a, shape)
    return copied(result) if copy else result


def _reshape_in_fortrans_order(a, shape):
    shape = tuple(shape) if np.ndim(shape) else (shape,)
    return transpose(reshape(transpose(a), shape[::-1]))


def _order_of_reading(a, order, allowed):
    """'C' or 'F' for what ``order`` means for ``a``: 'A' is 'F' where the memory is in Fortran's order only."""
    if order not in (*allowed,):
        raise ArgumentError(f"order must be one of {', '.join(map(repr, allowed))}; got {order!r}")
    flags = getattr(plain(a), "flags", None)
    return order if order != "A" else "F" if flags is not None and flags.fnc else "C"


def _refuse_to_copy(a, shape, order):
    try:
        plain(a).reshape(shape, order=order, copy=False)
    except ValueError as error:
        raise ArgumentError(f"reshape: {error} Leave out copy=False") from error


@samples_of(numpy_reshape)
def _(n, draw):
    yield draw(n, 6), (n, 2, 3)
    yield draw(n, 3, 2), (2, n, 3), "F"
    yield draw(n, 3), 3 * n, {"order": "F"}
    yield draw(n + 1, 6), (3, -1), "F"
    yield draw(n, 6), (2, 3, n), {"copy": True}
    yield draw(n, 6), (2, n, 3), {"copy": True, "order": "F"}
    yield draw(), (1, 1), "F"


@implements(np.ravel)
@method
def ravel(a, order="C"):
    """All elements in one axis, in the order given: 'C', 'F', 'A' or 'K', the order in memory."""
    if order == "K":
        return reshape(transpose(a, _axes_in_memory(plain(a))), -1)
    order = _order_of_reading(a, order, "CFA")
    return reshape(a if order == "C" else transpose(a), -1)


def _axes_in_memory(array):
    """The axes of an array from the longest stride to the shortest."""
    strides = getattr(array, "strides", (0,) * array.ndim)
    return tuple(sorted(range(array.ndim), key=lambda axis: -abs(strides[axis])))


@method
def flatten(self, order="C"):
    """All elements in one axis, in memory of their own."""
    return copied(ravel(self, order))


@implements(np.copy)
def numpy_copy(a, order="K", subok=False):
    return copied(a, order)


for each in (ravel, numpy_copy):

    @samples_of(each)
    def _(n, draw):
        yield (draw(n, 2, 3),)
        yield draw(n, 2, 3), "F"
        yield draw(n, 2, 3), {"order": "C"}
        yield (draw(),)


@implements(np.astype)
def numpy_astype(x, dtype, /, *, copy=True, device=None):
    if device not in (None, "cpu"):
        raise ArgumentError(f"np.astype: device must be 'cpu' or None; got {device!r}")
    return _astype(x, dtype, copy=copy)


@samples_of(numpy_astype)
def _(n, draw):
    yield draw(n, 3), np.float64
    yield draw(n, 3), np.longdouble, {"copy": False, "device": "cpu"}


def _astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    """The values in another dtype. With ``copy=False``, the tensor itself where it has that dtype already."""
    dtype = np.dtype(dtype)
    if not np.can_cast(self.dtype, dtype, casting):
        raise DTypeError(f"astype: {self.dtype} cannot be cast to {dtype} according to the rule {casting!r}")
    if not copy and self.dtype == dtype:
        return self
    return astype(self, dtype) if order == "K" else copied(astype(self, dtype), order)


def _reshape(self, *shape, order="C", copy=None):
    """The same elements in another shape: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``."""
    shape = shape[0] if len(shape) == 1 else shape
    return reshape(self, shape) if order == "C" and copy is None else numpy_reshape(self, shape, order, copy=copy)


def _transpose(self, *axes):
    """The axes in another order: ``t.transpose(1, 0)``, ``t.transpose((1, 0))``, or reversed."""
    return transpose(self, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None)


def _copy(self, order="C"):
    """The same values in memory of their own; gradients flow through."""
    return copied(self, order)


Tensor.reshape, Tensor.transpose, Tensor.astype, Tensor.copy = _reshape, _transpose, _astype, _copy
