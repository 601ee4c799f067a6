"""NumPy's dispatch protocols: what runs when a ufunc or a function of NumPy meets a tensor, with all its options.

Ops take their inputs and nothing else. The options that every ufunc has (``out``, ``where``, ``dtype``, ``casting``,
``signature``, ``order``, ``axes``, ``keepdims``), and ``out`` of every other function, are done here, once for all:
inputs are cast, chosen and moved by ops before, and results are written into ``out`` afterwards.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError, TrackedTensorError, UnsupportedFunctionError
from .registry import NUMPY, OPS, numpy_function, numpy_name
from .tensor import Tensor, plain
from .ufunc_methods import call_method
from .writing import write


def _array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
    if method != "__call__":
        out = options.pop("out", None)
        result = call_method(ufunc, method, inputs, options)
        return result if out is None else write_out(numpy_name(getattr(ufunc, method)), out[0], result)
    if options:
        return call_with_options(ufunc, inputs, **options)
    return (OPS.get(ufunc) or numpy_function(ufunc))(*inputs)


def _array_function(self: Tensor, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
    if len(types) > 1 and any(hasattr(kind, "__apply_op__") for kind in types):
        return NotImplemented  # an array type of a transform, which may hold tensors, is asked next
    if "out" in kwargs or len(args) > 1 and len(args) > _place_of_out(func):
        return _call_with_out(func, args, kwargs)
    return (NUMPY.get(func) or numpy_function(func))(*args, **kwargs)


Tensor.__array_ufunc__ = _array_ufunc  # type: ignore[method-assign, assignment]
Tensor.__array_function__ = _array_function  # type: ignore[method-assign, assignment]


# Functions


@functools.cache
def _place_of_out(func: Callable) -> float:
    """Where ``out`` stands among the positional arguments of a NumPy function; infinity where it does not."""
    try:
        parameters = list(inspect.signature(func).parameters.values())
    except ValueError:  # some functions that are written in C have no signature
        return np.inf
    places = [i for i, p in enumerate(parameters) if p.name == "out" and p.kind is p.POSITIONAL_OR_KEYWORD]
    return places[0] if places else np.inf


def _call_with_out(func: Callable, args: tuple, kwargs: dict) -> Any:
    """Call without ``out``, and write the result there."""
    place = _place_of_out(func)
    if len(args) > place:
        cut = int(place)
        kwargs = kwargs | dict(zip(list(inspect.signature(func).parameters)[cut:], args[cut:]))
        args = args[:cut]
    given = {name: value for name, value in kwargs.items() if name != "out"}
    result = (NUMPY.get(func) or numpy_function(func))(*args, **given)
    out = kwargs["out"]
    if out is None:
        return result
    name = numpy_name(func)
    if plain(result).shape != out.shape:
        raise ShapeError(f"{name}: the result has shape {plain(result).shape}, and out= has shape {out.shape}")
    return write_out(name, out, result)


def write_out(name: str, out: Any, result: Any, where: Any = None, casting: Any = "same_kind") -> Any:
    """Write a result into ``out``, a tensor or an array, all of it or ``where`` a mask holds, and give ``out``."""
    values = plain(result)
    if not np.can_cast(values.dtype, out.dtype, casting):
        raise DTypeError(
            f"{name}: the result is {values.dtype}, which cannot be written into out= of {out.dtype} "
            f"with casting={casting!r}. Give an out= of {values.dtype}, or cast the result with astype"
        )
    if not isinstance(out, Tensor) and isinstance(result, Tensor) and result.node is not None:
        raise TrackedTensorError(
            f"{name}: a result that requires gradients would lose them in a plain array (out=, or `array += tensor`). "
            "Use the result that is returned (a = a + t), give a tensor as out=, or compute from t.numpy()"
        )
    write(out, result, ... if where is None else where)
    return out


# Ufuncs


def call_with_options(
    ufunc: np.ufunc,
    inputs: tuple,
    *,
    out: Any = None,
    where: Any = True,
    dtype: Any = None,
    signature: Any = None,
    casting: Any = "same_kind",
    order: str = "K",
    subok: bool = True,  # of a result that would be of a subclass of ndarray, and a tensor's is of none
    axes: Any = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Any:
    """Call a ufunc on tensors with its options, as NumPy does."""
    name = numpy_name(ufunc)
    function = OPS.get(ufunc) or numpy_function(ufunc)
    outs = out if out is not None else (None,) * ufunc.nout
    if where is not True:
        where, inputs = _chosen(name, inputs, outs, where)
    if dtype is not None or signature is not None or casting != "same_kind":
        inputs = _cast(ufunc, inputs, dtype, signature, casting)
    if axes is not None or axis is not None or keepdims:
        result = _along(ufunc, function, inputs, axes, axis, keepdims)
    else:
        result = function(*inputs)
    results = result if isinstance(result, tuple) else (result,)
    if order != "K":
        results = tuple([_laid_out(r, order) for r in results])
    if out is not None:
        mask = None if where is True else where
        written = [r if o is None else write_out(name, o, r, mask, casting) for o, r in zip(outs, results, strict=True)]
        results = tuple(written)
    return results if ufunc.nout > 1 else results[0]


def _chosen(name: str, inputs: tuple, outs: tuple, where: Any) -> tuple[np.ndarray, tuple]:
    """The mask in the shape of ``out``, and the elements of the inputs for which it holds.

    The function then sees no other elements: it gives no warnings and no infinite derivatives for those.
    """
    shapes = [o.shape for o in outs if o is not None]
    if not shapes:
        raise UnsupportedFunctionError(
            f"{name}: where= without out= leaves elements without a value. Use np.where(mask, {name}(...), other), "
            "or give out="
        )
    mask = np.broadcast_to(np.asarray(plain(where), dtype=bool), shapes[0])
    return mask, tuple([x if not np.ndim(plain(x)) else np.broadcast_to(x, shapes[0])[mask] for x in inputs])


def _cast(ufunc: np.ufunc, inputs: tuple, dtype: Any, signature: Any, casting: Any) -> tuple:
    """The inputs in the dtypes of the loop that NumPy takes for these options."""
    inputs = tuple([_operand(x) for x in inputs])
    kinds = [type(x) if isinstance(x, int | float | complex) else x.dtype for x in inputs]
    if dtype is not None:
        signature = (*[None] * ufunc.nin, *[np.dtype(dtype)] * ufunc.nout)
    asked = {} if signature is None else {"signature": signature}
    try:
        loop = ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout), casting=casting, **asked)
    except TypeError as error:
        raise DTypeError(f"{numpy_name(ufunc)}: {error}. Cast inputs with astype, or give another casting=") from error
    return tuple([x if not hasattr(x, "dtype") or x.dtype == d else np.astype(x, d) for x, d in zip(inputs, loop)])


def _operand(value: Any) -> Any:
    """An input as ufuncs take it: a tensor or an array, or a Python number, which a scalar counts as beside tensors."""
    if isinstance(value, Tensor) or type(value) in (int, float, complex):
        return value
    array = np.asarray(value)
    return array if array.ndim or array.dtype.kind == "b" else array.item()


def _laid_out(result: Any, order: str) -> Any:
    """A result in another order of its memory; only its own array changes."""
    if isinstance(result, Tensor):
        result.data = np.asarray(result.data, order=order)  # type: ignore[call-overload]
        return result
    return np.asarray(result, order=order)  # type: ignore[call-overload]


def _along(ufunc: np.ufunc, function: Callable, inputs: tuple, axes: Any, axis: Any, keepdims: bool) -> Any:
    """A generalized ufunc over other axes than the last: they are moved there before, and back afterwards."""
    name = numpy_name(ufunc)
    cores = [len(re.findall(r"\w+", core)) for core in re.findall(r"\(([^)]*)\)", str(ufunc.signature))]
    if axis is not None and (axes is not None or set(cores) - {0, 1}):
        raise ArgumentError(f"{name}: axis= is for functions of one shared axis, without axes=; give axes=")
    if keepdims and (cores[-1] or len(set(cores[: ufunc.nin])) > 1):
        raise ArgumentError(f"{name}: keepdims= is for functions that reduce the same axes of all inputs")
    reduced = not cores[-1]
    if keepdims:
        cores[-1] = cores[0]
    if axis is not None:
        axes = [(axis,) if count else () for count in cores]
    moved = [(i,) if isinstance(i, int) else tuple(i) for i in axes or [tuple(range(-count, 0)) for count in cores]]
    if len(moved) == ufunc.nin and reduced:
        moved.append(tuple(range(-cores[-1], 0)))
    if [len(places) for places in moved] != cores:
        raise ArgumentError(f"{name}: axes= needs a tuple of axes for each operand, as many as {ufunc.signature} names")
    if any(np.ndim(plain(x)) < count for x, count in zip(inputs, cores)):
        raise ShapeError(f"{name}: an input has fewer axes than {ufunc.signature} names")
    inputs = tuple([np.moveaxis(x, places, range(-len(places), 0)) for x, places in zip(inputs, moved)])
    result = function(*inputs)
    if keepdims:
        return np.expand_dims(result, moved[-1] or moved[0])
    return np.moveaxis(result, range(-cores[-1], 0), moved[-1])
