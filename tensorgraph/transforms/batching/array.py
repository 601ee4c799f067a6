"""Batched: many arrays of one shape that pass for one of them, so that a backward rule runs on all of them at once.

A rule is linear in its gradient. Handed a ``Batched`` for it, the rule does with NumPy what it does with an array, and
``Batched`` does the same along one more axis. What NumPy cannot do along one more axis it does one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...core import Op, Tensor, plain
from ...errors import TensorGraphError

ROWS: dict[Any, Callable] = {}
"""What a NumPy function, a method of ufuncs or an op (by its name) does with batches among its arguments."""


class NotBatchedError(RuntimeError):
    """Something needs the values of one array, such as a branch on them: it must run on each by itself."""


class Batched(np.lib.mixins.NDArrayOperatorsMixin):
    """``data`` has the batch along its first axis, and may be a tensor; ``shape`` and the like are those of one.

    >>> g = Batched(np.eye(3))
    >>> g.shape, (g * np.array([1.0, 2.0, 3.0])).sum().data
    ((3,), array([1., 2., 3.]))
    """

    __slots__ = ("data",)
    __hash__ = object.__hash__

    def __init__(self, data: Any) -> None:
        self.data = data

    shape = property(lambda self: self.data.shape[1:], doc="Of one array.")
    ndim = property(lambda self: self.data.ndim - 1, doc="Of one array.")
    size = property(lambda self: self.data.size // len(self.data), doc="Of one array.")
    dtype = property(lambda self: self.data.dtype)
    real = property(lambda self: Batched(self.data.real))
    imag = property(lambda self: Batched(self.data.imag))
    T = property(lambda self: self.transpose())
    mT = property(lambda self: self.swapaxes(-1, -2))

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Batched]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"Batched({len(self.data)} of shape {self.shape}, {self.dtype})"

    # NumPy's protocols, and that of ops

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        return np

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method == "__call__" and ufunc.signature is None and "out" not in options:
            result = ufunc(*aligned(inputs), **options)
            return tuple(map(Batched, result)) if ufunc.nout > 1 else Batched(result)
        if "out" in options:
            raise NotBatchedError(f"writing the result of {ufunc.__name__} somewhere")
        row = ROWS.get(ufunc if method == "__call__" else method)
        if row is None:
            return one_by_one(getattr(ufunc, method), inputs, options)
        return row(*inputs, **options) if method == "__call__" else row(*inputs, ufunc=ufunc, **options)

    def __array_function__(self, function: Callable, types: Any, args: tuple, options: dict) -> Any:
        row = ROWS.get(function)
        return one_by_one(function, args, options) if row is None else row(*args, **options)

    def __apply_op__(self, op: Op, args: tuple) -> Any:
        """An op: as the ufunc that it is, by a row of its own, or as the program that its forward is."""
        if isinstance(op.forward, np.ufunc):
            return self.__array_ufunc__(op.forward, "__call__", *args)
        row = ROWS.get(op.name)
        try:
            return op._on_arrays(list(args)) if row is None else row(*args)
        except (NotBatchedError, TensorGraphError):  # of tensors, a forward may ask what they refuse
            inputs = len(args) - len(op._settings)
            return one_by_one(op, args[:inputs], dict(zip(op._settings, args[inputs:])))

    # Methods

    def reshape(self, *shape: Any) -> Batched:
        shape = shape[0] if len(shape) == 1 else shape
        return Batched(self.data.reshape((len(self.data), *(shape if isinstance(shape, tuple | list) else (shape,)))))

    def transpose(self, *axes: Any) -> Batched:
        axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        ndim = self.ndim
        order = [i % ndim + 1 for i in axes] if axes else range(ndim, 0, -1)
        return Batched(self.data.transpose((0, *order)))

    def swapaxes(self, first: int, second: int) -> Batched:
        return Batched(self.data.swapaxes(first % self.ndim + 1, second % self.ndim + 1))

    def sum(self, axis: Any = None, keepdims: bool = False) -> Batched:
        return Batched(self.data.sum(axis=shifted(axis, self.ndim), keepdims=keepdims))

    def astype(self, dtype: Any, copy: bool = True) -> Batched:
        return self if self.data.dtype == dtype else Batched(self.data.astype(dtype))

    def conj(self) -> Batched:
        return Batched(self.data.conj()) if self.data.dtype.kind == "c" else self

    def copy(self) -> Batched:
        return Batched(self.data.copy())

    def flatten(self) -> Batched:
        return self.reshape(-1)

    def __getattr__(self, name: str) -> Any:
        """Other methods are the functions of the same name."""
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a Batched has no {name!r}")
        if not callable(getattr(np.ndarray, name)) or not hasattr(np, name):
            raise NotBatchedError(f"{name!r} of a Batched")
        return partial(getattr(np, name), self)

    def __getitem__(self, index: Any) -> Batched:
        return ROWS["getitem"](self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        ROWS["setitem"](self, index, value)

    def _no_value(self, *_: Any, **__: Any) -> Any:
        raise NotBatchedError("a Batched has no single value")

    __array__ = __int__ = __float__ = __complex__ = __index__ = _no_value

    def __bool__(self) -> bool:
        """A branch, which all arrays of the batch take or none."""
        answers = set(map(bool, plain(self.data))) if self.size == 1 else ()
        return answers.pop() if len(answers) == 1 else self._no_value()


def aligned(values: Sequence) -> list:
    """Arguments that broadcast against each other, with the data of batches as broadcasts where the batch is first."""
    most = max([ndim_of(value) for value in values])
    return [lengthened(value, most) if isinstance(value, Batched) else value for value in values]


def lengthened(batch: Batched, ndim: int) -> Any:
    """The data of a batch of arrays that have ``ndim`` axes at least, new ones first."""
    data = batch.data
    if data.ndim > ndim:
        return data
    return data.reshape((len(data), *[1] * (ndim + 1 - data.ndim), *data.shape[1:]))


def ndim_of(value: Any) -> int:
    """How many axes an argument has: a batch as many as one of its arrays."""
    return value.ndim if hasattr(value, "ndim") else np.ndim(value)


def shifted(axis: Any, ndim: int) -> Any:
    """An axis of one array, or axes, as axes of ``data``; None: all of them."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, tuple | list):
        return tuple([shifted(i, ndim) for i in axis])
    if not -ndim <= axis < ndim:
        if not ndim and axis in (0, -1):  # NumPy lets an array without axes be reduced over axis 0 or -1
            return ()
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim + 1


def row(*keys: Any) -> Callable[[Callable], Callable]:
    """Register what these functions do with a batch as their first argument. A batch in another place, and what the row
    refuses with NotBatchedError, goes one by one."""

    def register(function: Callable) -> Callable:
        for key in keys:
            ROWS[key] = partial(_by_row, key, function)
        return function

    return register


def _by_row(key: Any, function: Callable, first: Any, *args: Any, **options: Any) -> Any:
    try:
        if type(first) is not Batched or size_of((args, options)) is not None:
            raise NotBatchedError("a batch that is not the first argument")
        return function(first, *args, **options)
    except NotBatchedError:
        if isinstance(key, str):  # of an op or a method: there, who called knows how to go on
            raise
        return one_by_one(key, (first, *args), options)


def one_by_one(function: Callable, args: tuple, options: dict) -> Any:
    """``function`` of each array of the batch by itself."""
    count = size_of((args, options))
    if count is None:
        return function(*args, **options)
    return stacked([function(*item(args, i), **item(options, i)) for i in range(count)])


def size_of(tree: Any) -> int | None:
    """How many arrays the batch has that is somewhere among arguments; None without one."""
    if isinstance(tree, Batched):
        return len(tree.data)
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, tuple | list) else ()
    return next((count for part in parts if (count := size_of(part)) is not None), None)


def item(tree: Any, i: int) -> Any:
    """Arguments with array ``i`` in place of each batch."""
    if isinstance(tree, Batched):
        return tree.data[i]
    if isinstance(tree, dict):
        return {name: item(part, i) for name, part in tree.items()}
    return type(tree)([item(part, i) for part in tree]) if type(tree) in (tuple, list) else tree


def stacked(results: list) -> Any:
    """One result for each array of a batch, as one of batches."""
    first = results[0]
    if isinstance(first, tuple | list):
        parts = [stacked(list(part)) for part in zip(*results, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if isinstance(first, Tensor | np.ndarray | np.generic):
        if len({result.shape for result in results}) > 1:
            raise NotBatchedError("the arrays of a batch give results of several shapes")
        return Batched(np.stack(results))
    if any(result != first for result in results):
        raise NotBatchedError(f"the arrays of a batch give several values of type {type(first).__name__}")
    return first
