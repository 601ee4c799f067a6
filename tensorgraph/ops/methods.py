"""The methods and attributes of ndarray that Tensor has besides those that ops attach, and those that it refuses."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Tensor
from ..errors import UnsupportedAttributeError


def says(function: Callable) -> Callable[[Callable], Callable]:
    """Make a method of Tensor that calls NumPy's function on it. What is decorated gives name, signature and doc."""

    def attach(declared: Callable) -> Callable:
        @functools.wraps(declared)
        def call(self: Tensor, *args: Any, **kwargs: Any) -> Any:
            return function(self, *args, **kwargs)

        setattr(Tensor, declared.__name__, call)
        return call

    return attach


# What NumPy functions say


@says(np.take)
def take(self, indices, axis=None, out=None, mode="raise"):
    """The elements at these indices along an axis, or of all elements in one axis."""


@says(np.repeat)
def repeat(self, repeats, axis=None):
    """Each element as often as ``repeats`` says."""


@says(np.diagonal)
def diagonal(self, offset=0, axis1=0, axis2=1):
    """The diagonals of the matrices that two axes span."""


@says(np.trace)
def trace(self, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    """The sums of these diagonals."""


@says(np.choose)
def choose(self, choices, out=None, mode="raise"):
    """For each element, an integer, the element at the same place of the choice that it numbers."""


@says(lambda self, condition, *args, **kwargs: np.compress(condition, self, *args, **kwargs))
def compress(self, condition, axis=None, out=None):
    """The slices along an axis for which a condition holds."""


@says(np.cumsum)
def cumsum(self, axis=None, dtype=None, out=None):
    """Sums of the elements so far, along an axis or of all in one axis."""


@says(np.cumprod)
def cumprod(self, axis=None, dtype=None, out=None):
    """Products of the elements so far, along an axis or of all in one axis."""


@says(np.round)
def round(self, decimals=0, out=None) -> Tensor:
    """The elements rounded to so many decimals: a step, through which no gradient flows."""


@says(np.conjugate)
def conjugate(self):
    """The complex conjugate."""


@says(np.divmod)
def __divmod__(self, other):
    """The quotient rounded down, without a gradient, and the remainder."""


@says(lambda self, other: np.divmod(other, self))
def __rdivmod__(self, other):
    """The same of another number or array by this tensor."""


# Questions: no gradient flows through the answers


@says(np.all)
def all(self, axis=None, out=None, keepdims=False, *, where=True) -> Tensor:
    """Whether every element is not zero, of all or along axes."""


@says(np.any)
def any(self, axis=None, out=None, keepdims=False, *, where=True) -> Tensor:
    """Whether an element is not zero, of all or along axes."""


@says(np.argmax)
def argmax(self, axis=None, out=None, *, keepdims=False) -> Tensor:
    """Index of the largest element, of all or along an axis."""


@says(np.argmin)
def argmin(self, axis=None, out=None, *, keepdims=False) -> Tensor:
    """Index of the smallest element, of all or along an axis."""


@says(np.argsort)
def argsort(self, axis=-1, kind=None, order=None, *, stable=None) -> Tensor:
    """Indices that sort the elements along an axis."""


@says(np.argpartition)
def argpartition(self, kth, axis=-1, kind="introselect", order=None) -> Tensor:
    """Indices that bring the element ``kth`` to its place in the order, with smaller ones before it."""


@says(np.nonzero)
def nonzero(self) -> tuple[Tensor, ...]:
    """The places of the elements that are not zero: an array for each axis."""


@says(np.searchsorted)
def searchsorted(self, v, side="left", sorter=None) -> Tensor:
    """Where elements would go in a sorted tensor."""


# Writing in place


@says(np.put)
def put(self, indices, values, mode="raise") -> None:
    """Write values at these places of all elements in one axis."""


@says(lambda self, value: self.__setitem__(..., value))
def fill(self, value) -> None:
    """Write one value everywhere."""


@says(lambda self, *args, **kwargs: self.__setitem__(..., np.sort(self, *args, **kwargs)))
def sort(self, axis=-1, kind=None, order=None, *, stable=None) -> None:
    """Sort the elements along an axis, in place."""


@says(lambda self, *args, **kwargs: self.__setitem__(..., np.partition(self, *args, **kwargs)))
def partition(self, kth, axis=-1, kind="introselect", order=None) -> None:
    """Bring the element ``kth`` to its place in the order along an axis, in place."""


# Memory and its facts

for _name, _doc in {
    "itemsize": "Length of an element in bytes.",
    "nbytes": "Length of all elements in bytes.",
    "strides": "Bytes from an element to the next, along each axis.",
    "flags": "How the elements are laid out in memory.",
}.items():
    setattr(Tensor, _name, property(lambda self, _name=_name: getattr(self.data, _name), doc=_doc))


def _tobytes(self, order="C"):
    """The values as bytes."""
    return self._leaving("t.tobytes()", self.data.tobytes(order))


Tensor.tobytes = _tobytes

REFUSED_ATTRIBUTES = {
    "base": "a tensor has no base. For the array that its memory is a view of, use t.numpy().base",
    "byteswap": "bytes have no gradient. Use t.numpy().byteswap()",
    "ctypes": "a pointer would write past the graph. Use t.numpy().ctypes",
    "dump": "tensors are not pickled into files. Use np.save(file, t.numpy()) or tensorgraph.io",
    "dumps": "tensors are not pickled into strings. Use t.tobytes(), or tensorgraph.io",
    "flat": "an iterator over numbers has no gradient. Use t.ravel() to read, and t[index] = value to write",
    "getfield": "fields of bytes have no gradient. Use t.numpy().getfield(...)",
    "resize": "a tensor does not change its size. Use np.resize(t, shape), np.pad or t[...], which give a new one",
    "setfield": "fields of bytes have no gradient. Use t.astype(dtype)",
    "setflags": "flags belong to the array. Use t.numpy().setflags(...)",
    "tofile": "bytes in a file have no gradient. Use t.numpy().tofile(...), or tensorgraph.io",
    "view": "the same bytes read as another dtype have no gradient. Use t.astype(dtype), t.reshape(shape), t[...], "
    "or t.numpy().view(dtype)",
}  # fmt: skip
"""What ndarray has and Tensor has not: why, and what to use instead."""


def _getattr(self, name: str) -> Any:
    if why := REFUSED_ATTRIBUTES.get(name):
        raise UnsupportedAttributeError(f"t.{name}: {why}", name=name, obj=self)
    raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)


Tensor.__getattr__ = _getattr
