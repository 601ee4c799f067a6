"""StrictArray: an array type that is not an ndarray, and meets none. What runs on it runs on CuPy arrays as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class StrictArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that works with its own kind and with numbers only, through NumPy's protocols.

    It refuses, with TypeError, to meet an ndarray and to become one, as an array on a device does. ``unwrap`` gives
    the ndarray inside.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor(StrictArray(np.array([1.0, 2.0])), requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad.data.unwrap()
    array([2., 4.])
    >>> x.data + np.ones(2)
    Traceback (most recent call last):
    TypeError: add: a StrictArray meets an ndarray of shape (2,)
    """

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = np.asarray(array)

    def unwrap(self) -> np.ndarray:
        """The ndarray inside."""
        return self._array

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        return np

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise TypeError("a StrictArray is about to become an ndarray")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if not all(map(_is_known, inputs)):
            return NotImplemented
        return _call(getattr(ufunc, method), inputs, options, ufunc.__name__)

    def __array_function__(self, function: Callable, types: Any, args: tuple, options: dict) -> Any:
        if not all(issubclass(t, StrictArray | np.ndarray) for t in types):
            return NotImplemented
        return _call(function, args, options, function.__name__)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("data", "base", "ctypes", "flat"):  # doors to the memory
            raise AttributeError(f"a StrictArray has no {name!r}")
        value = getattr(self._array, name)
        return (lambda *args, **options: _call(value, args, options, name)) if callable(value) else _wrapped(value)

    def __getitem__(self, index: Any) -> StrictArray:
        return _call(self._array.__getitem__, (index,), {}, "indexing")

    def __setitem__(self, index: Any, value: Any) -> None:
        _call(self._array.__setitem__, (index, value), {}, "indexing")

    def __len__(self) -> int:
        return len(self._array)

    def __bool__(self) -> bool:
        return bool(self._array)

    def __int__(self) -> int:
        return int(self._array)

    def __float__(self) -> float:
        return float(self._array)

    def __repr__(self) -> str:
        return f"StrictArray({self._array!r})"


def _is_known(value: Any) -> bool:
    """Whether a value may be handed on: not an array type that has its own idea of what a ufunc does."""
    return isinstance(value, StrictArray | np.ndarray | np.generic) or not hasattr(value, "__array_ufunc__")


def _call(function: Callable, args: tuple, options: dict, name: str) -> Any:
    return _wrapped(function(*_unwrapped(args, name), **_unwrapped(options, name)))


def _unwrapped(value: Any, name: str) -> Any:
    if isinstance(value, StrictArray):
        return value.unwrap()
    if isinstance(value, np.ndarray):
        raise TypeError(f"{name}: a StrictArray meets an ndarray of shape {value.shape}")
    if isinstance(value, dict):
        return {key: _unwrapped(part, name) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return type(value)([_unwrapped(part, name) for part in value])
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):  # results without axes are arrays too, as on a device
        return StrictArray(value)
    if isinstance(value, tuple | list):
        make = getattr(value, "_make", type(value))  # a named tuple is made of its parts by another function
        return make([_wrapped(part) for part in value])
    return value
