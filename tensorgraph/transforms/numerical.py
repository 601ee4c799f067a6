"""``numeric_op``: a function of which only values are known as an op. Its derivatives are differences of values."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Op
from ..errors import DTypeError, ShapeError


def numeric_op(f: Callable, *, elementwise: bool = False) -> Op:
    """An op of a function of arrays about which nothing is known but its values: a simulation, a table, a foreign
    library. Its gradients come from central differences.

    f            takes arrays and numbers by position, gives an array or a number; must be smooth near where it is used
    elementwise  each element of the output depends on the same element of the inputs alone: a gradient then takes 4
                 calls of ``f`` instead of 4 for each element of the input

    Differences of fourth order (Fornberg 1988), with steps of 7e-4 of the input's size, are right to about 1e-11 in
    float64. Derivatives of derivatives are differences of differences: some 1e-9 for the second and 1e-7 for the third,
    with ever larger steps. ``f`` is called with float64 also where float32 comes in; if it gives float32 itself, expect
    1e-5.

    >>> import numpy as np, tensorgraph as tg
    >>> smooth_step = tg.numeric_op(lambda x: 1 / (1 + np.exp(-x)), elementwise=True)
    >>> x = tg.Tensor([0.0, 1.0], requires_grad=True)
    >>> smooth_step(x).sum().backward()
    >>> x.grad.numpy().round(6).tolist()
    [0.25, 0.196612]

    Raises DTypeError for complex inputs and for outputs that are not real floating point numbers.
    """
    return _numeric(f, getattr(f, "__name__", type(f).__name__), elementwise, level=0)


def _numeric(f: Callable, name: str, elementwise: bool, level: int) -> Op:
    """The op of ``f``, which is itself a difference of differences, ``level`` deep."""
    try:
        signature = inspect.signature(f)
    except (ValueError, TypeError):  # of a builtin
        signature = None
    if signature is None or any(p.kind in (p.VAR_KEYWORD, p.KEYWORD_ONLY) for p in signature.parameters.values()):
        signature = inspect.Signature([inspect.Parameter("inputs", inspect.Parameter.VAR_POSITIONAL)])

    def forward(*inputs: Any) -> np.ndarray:
        return _value(f, name, inputs)

    forward.__signature__ = signature  # type: ignore[attr-defined]
    new = Op(forward, name)
    new.__doc__ = f.__doc__

    @functools.cache
    def slope(k: int) -> Op:
        """The op of the derivatives with respect to input ``k``, made when the first gradient asks for it."""
        return _numeric(functools.partial(_slope, f, name, k, elementwise, level), f"d{name}", elementwise, level + 1)

    def pulled(g: Any, k: int, inputs: Any) -> Any:
        slopes = slope(k)(*inputs)
        if elementwise:
            return g * slopes
        size, shape = np.size(inputs[k]), np.shape(inputs[k])
        return (g.reshape(-1) @ slopes.reshape((slopes.size // size if size else g.size, size))).reshape(shape)

    if new.variadic:
        new.grad(new.variadic)(_rule(lambda g, inputs: [pulled(g, k, inputs) for k in range(len(inputs))], new))
    else:
        for k, parameter in enumerate(new.params):
            new.grad(parameter)(_rule(lambda g, *inputs, k=k: pulled(g, k, inputs), new))
    return new


def _rule(rule: Callable, of: Op) -> Callable:
    """A backward rule that asks for all inputs of an op, whatever their names."""
    names = ["g", *of.params]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    rule.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in names])  # type: ignore[attr-defined]
    return rule


def _value(f: Callable, name: str, inputs: Any) -> np.ndarray:
    """What ``f`` gives for copies of these inputs."""
    if any(np.iscomplexobj(x) for x in inputs):
        raise DTypeError(f"{name}: the differences of a numeric_op are those of real numbers; an input is complex")
    value = np.asarray(f(*[x.copy() if isinstance(x, np.ndarray) else x for x in inputs]))
    if value.dtype.kind != "f":
        raise DTypeError(f"{name}: a numeric_op gives real floating point numbers; this function gave {value.dtype}")
    return value


def _slope(f: Callable, name: str, k: int, elementwise: bool, level: int, *inputs: Any) -> np.ndarray:
    """The derivatives of ``f`` with respect to input ``k``: ``out.shape + x.shape``; if elementwise, ``out.shape``."""
    exact = [np.asarray(x, np.float64) if getattr(x, "dtype", np.dtype(int)).kind == "f" else x for x in inputs]
    x = np.asarray(exact[k], np.float64)
    at = _value(f, name, exact)
    noise = float(np.finfo(at.dtype).eps)  # of the values, relative to their size
    for _ in range(level):
        noise = noise**0.8
    steps = noise**0.2 * np.maximum(1, np.abs(x))  # where rounding and truncation errors are of one size

    def value(moved: np.ndarray) -> np.ndarray:
        there = _value(f, name, [*exact[:k], moved, *exact[k + 1 :]])
        if there.shape != at.shape:
            raise ShapeError(f"{name}: a numeric_op has outputs of one shape; it gave {at.shape} and {there.shape}")
        return there

    def difference(step: np.ndarray) -> np.ndarray:
        return (8 * (value(x + step) - value(x - step)) - (value(x + 2 * step) - value(x - 2 * step))) / 12

    kind = inputs[k].dtype if hasattr(inputs[k], "dtype") else np.float64
    if elementwise:
        return np.asarray(difference(steps) / steps, kind)
    found = np.zeros((*at.shape, *x.shape), kind)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = steps[index]
        found[(..., *index)] = difference(step) / steps[index]
    return found
