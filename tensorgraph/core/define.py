"""What defines ops: ``op``, ``ufunc``, ``constant``, ``refuse``, and what NumPy functions do with tensors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..config import current
from ..errors import DefinitionError, UnsupportedFunctionError
from .op import Op
from .registry import NUMPY, OPS, REFUSED, numpy_name
from .tensor import Tensor, plain, wrap


def op(
    key: Any = None, *, saves: str = "", aux: str = "", fused: bool = False, method: bool = False
) -> Callable[[Callable], Op]:
    """Make a differentiable op of a pure NumPy function.

    key     the NumPy function it stands for (its parameters then have NumPy's names); by default the op's own name
    saves   names of residuals: the forward returns ``(out, *residuals, *aux)``, and rules may ask for residuals
    aux     names of further results that no gradient flows through; calling the op gives ``(out, *aux)``
    fused   the forward is itself a program of other ops, so its own derivative can be compared with the rules
    method  also a method of Tensor, under the forward's name

    The forward must be pure: no ``out=``, no ``+=``, no global random state. Raises DefinitionError.

    >>> import numpy as np, tensorgraph as tg
    >>> @tg.op()
    ... def square(x):
    ...     return x * x
    >>> _ = square.grad("x")(lambda g, x: 2 * g * x)
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> square(x).backward()
    >>> x.grad.item()
    6.0
    """

    def define(forward: Callable) -> Op:
        if saves and not fused:
            raise DefinitionError(f"{forward.__name__}: an op with residuals is fused: its forward must run on tensors")
        new = Op(forward, forward.__name__.strip("_"), saves=saves, aux=aux, fused=fused)
        OPS[key or new.name] = new
        if key is not None:
            NUMPY[key] = _by_numpys_signature(key, new)
        if method:
            _attach(new)
        return new

    return define


def ufunc(
    function: np.ufunc,
    params: str = "x y",
    /,
    *,
    aux: str = "",
    reasons: dict[str, str] | None = None,
    **rules: Callable,
) -> Op:
    """Make an op of a ufunc, with a rule for each differentiable input.

    params   what rules call its inputs
    aux      names of its outputs after the first: plain arrays, through which no gradient flows
    reasons  why an input has no rule, and what to do instead: the error says so
    rules    ``ufunc(np.sin, x=lambda g, x: g * np.cos(x))``
    """
    new = OPS[function] = Op(function, function.__name__.strip("_"), params=params, aux=aux)
    new.reasons |= reasons or {}
    for name, rule in rules.items():
        new.grad(name)(rule)
    return new


def constant(*functions: Callable) -> None:
    """No gradient flows through these NumPy functions: the arrays that they give for tensors, such as masks, indices
    and steps, are tensors on no graph."""
    for function in functions:
        table = OPS if isinstance(function, np.ufunc) else NUMPY
        table[function] = on_values(function)


def refuse(why: str, *functions: Callable) -> None:
    """Tensors refuse these NumPy functions. ``why`` is the reason, and what to use instead, in one or two sentences."""
    REFUSED.update(dict.fromkeys(functions, why))


def implements(*functions: Callable) -> Callable[[Callable], Callable]:
    """The decorated function, written in terms of ops, is what runs when these NumPy functions meet a tensor."""

    def register(composed: Any) -> Callable:
        composed.sampler = getattr(composed, "sampler", None)
        for function in functions:
            NUMPY[function] = composed
        return composed

    return register


def samples_of(composed: Any) -> Callable[[Callable], Callable]:
    """Register the sampler of a function that ``implements`` one of NumPy's; it yields calls as that one takes them."""

    def register(sampler: Callable) -> Callable:
        composed.sampler = sampler
        return sampler

    return register


def method(function: Callable) -> Callable:
    """Make a function a method of Tensor, under its own name."""
    setattr(Tensor, function.__name__, function)
    return function


def _attach(new: Op) -> None:
    @functools.wraps(new.forward)
    def call(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return new(self, *args, **kwargs)

    setattr(Tensor, new.name, call)


_PLAIN = frozenset({bool, int, float, complex, np.ndarray})  # what is no tensor, and holds none


def on_values(function: Callable, told_as: Callable | None = None) -> Callable:
    """The function on the arrays of tensors. Its results are tensors on no graph.

    told_as  the NumPy function that it stands for, which is what observers are told (default: itself)
    """
    known = told_as or function

    def run(*args: Any, **kwargs: Any) -> Any:
        observer = current().observer
        given = [value if type(value) in _PLAIN else plain(value) for value in args]
        applied = function
        if kwargs:
            applied = functools.partial(function, **{name: plain(value) for name, value in kwargs.items()})
        result = applied(*given) if observer is None else observer.run(applied, applied, given)
        result = _boxed(result)
        if observer is not None:
            observer.operation(functools.partial(known, **kwargs) if kwargs else known, args, result)
        return result

    run.__name__ = function.__name__
    run.constant = True  # type: ignore[attr-defined]
    return run


def _boxed(result: Any) -> Any:
    """A result with its arrays as tensors on no graph."""
    if type(result) is np.ndarray:
        return wrap(result)
    if isinstance(result, np.generic):
        return wrap(np.array(result))  # in memory of its own, which tells it from the same number elsewhere
    if isinstance(result, tuple) and result and hasattr(result[0], "__array_namespace__"):
        return type(result)(*map(_boxed, result)) if hasattr(result, "_fields") else tuple(map(_boxed, result))
    if isinstance(result, Tensor | type) or not hasattr(result, "__array_namespace__"):
        return result
    return wrap(result)  # an array of another library


def _by_numpys_signature(function: Callable, new: Op) -> Callable:
    """Call ``new`` with arguments as for NumPy's ``function``; what the op has no parameter for must be the default."""
    parameters = inspect.signature(function).parameters
    names = list(parameters)
    if unknown := [p for p in new.params if p not in names]:
        raise DefinitionError(f"{new.name}: {numpy_name(function)} has no parameter {unknown[0]!r}; it has {names}")

    def call(*args: Any, **kwargs: Any) -> Any:
        given = dict(zip(names, args)) | kwargs
        for name in given.keys() - set(new.params):
            if name in parameters and given[name] is parameters[name].default:
                del given[name]
            else:
                raise UnsupportedFunctionError(
                    f"{numpy_name(function)}: {name}= is not supported on tensors; it takes {new._usage()}"
                )
        return new(**given)

    return call
