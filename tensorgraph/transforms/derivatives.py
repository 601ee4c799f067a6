"""Derivatives as functions of functions: ``grad``, ``vjp``, ``jvp`` and their kin, and products with second ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, BackwardError
from ..nesting import flatten
from .run import Run


def vjp(f: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """The value of ``f`` at ``primals``, and its pullback: from a gradient of the output to gradients of the inputs.

    has_aux  ``f`` returns ``(output, aux)``; the result is then ``(value, pullback, aux)``

    The pullback takes what has the nesting, shapes and dtypes of the output, and returns a tuple like ``primals``;
    where the output does not depend on an input, zeros. It may be called any number of times.

    >>> import numpy as np, tensorgraph as tg
    >>> y, pullback = tg.vjp(np.sin, np.array([0.0, 1.0]))
    >>> np.allclose(pullback(np.ones(2))[0], np.cos([0.0, 1.0]))
    True

    Raises DTypeError for integer inputs, ArgumentError and ShapeError for a gradient that does not match the output.
    """
    run = Run(f, copied(primals), "vjp", has_aux=has_aux)
    return (run.value(), run.pull, run.released_aux()) if has_aux else (run.value(), run.pull)


def linearize(f: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """The value of ``f`` at ``primals``, and its derivative there as a linear function: from tangents of the arguments,
    given one by one, to the tangent of the output.

    has_aux  ``f`` returns ``(output, aux)``; the result is then ``(value, derivative, aux)``

    ``f`` runs once, whatever number of tangents follow: that is what it has over ``jvp``.

    >>> import numpy as np, tensorgraph as tg
    >>> y, derivative = tg.linearize(lambda x: x**2, 3.0)
    >>> float(derivative(1.0)), float(derivative(10.0))
    (6.0, 60.0)

    Raises DTypeError for integer inputs, ArgumentError and ShapeError for tangents that do not match ``primals``.
    """
    run = Run(f, copied(primals), "linearize", has_aux=has_aux)

    def derivative(*tangents: Any) -> Any:
        return run.push(tangents)

    return (run.value(), derivative, run.released_aux()) if has_aux else (run.value(), derivative)


def value_and_grad(f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """A function that gives the value of a scalar ``f`` and its gradient with respect to some of its arguments.

    argnums  which positional arguments; a tuple gives a tuple of gradients
    has_aux  ``f`` returns ``(scalar, aux)``; the value is then ``(scalar, aux)``

    Raises BackwardError when ``f`` does not return a real scalar, DTypeError for integer arguments.

    >>> import numpy as np, tensorgraph as tg
    >>> value, gradient = tg.value_and_grad(lambda w: (w["a"] ** 2).sum())({"a": np.array([1.0, 2.0])})
    >>> float(value), gradient["a"].tolist()
    (5.0, [2.0, 4.0])
    """
    check_argnums(argnums)

    def differentiate(*args: Any, **kwargs: Any) -> tuple:
        run = run_of(f, args, kwargs, argnums, "grad", has_aux, _require_real_scalar)
        found, value = chosen(run.pull_ones(), argnums), run.value()
        return ((value, run.released_aux()), found) if has_aux else (value, found)

    return differentiate


def grad(f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """A function that gives the gradient of a scalar ``f``. Nests: ``grad(grad(f))``. See ``value_and_grad``.

    argnums  which positional arguments; a tuple gives a tuple of gradients
    has_aux  ``f`` returns ``(scalar, aux)``; the result is then ``(gradient, aux)``

    >>> import numpy as np, tensorgraph as tg
    >>> float(tg.grad(tg.grad(lambda x: x**3))(2.0))
    12.0
    """
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def elementwise_grad(f: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """A function that gives the derivative of each element of ``f(x)`` with respect to the same element of ``x``.

    argnums  which positional arguments; a tuple gives a tuple of derivatives

    That is the gradient of the sum of the output, so it is right where each element of the output depends on its own
    element of the input alone. It nests, and so gives derivatives of any order of a function of one number.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.elementwise_grad(tg.elementwise_grad(lambda x: x**3))(np.array([1.0, 2.0]))
    array([ 6., 12.])

    Source: HIPS autograd's ``elementwise_grad``. Raises DTypeError for integer arguments.
    """
    check_argnums(argnums)

    def differentiate(*args: Any, **kwargs: Any) -> Any:
        return chosen(run_of(f, args, kwargs, argnums, "elementwise_grad").pull_ones(), argnums)

    return differentiate


def jvp(f: Callable, primals: tuple, tangents: tuple, has_aux: bool = False) -> tuple:
    """Forward mode: the value of ``f``, and its derivative along ``tangents``, which are nested like ``primals``.

    has_aux  ``f`` returns ``(output, aux)``; the result is then ``(value, derivative, aux)``

    A pullback is linear in its gradient, so pulling back through the pullback is the pushforward: every op that has
    rules has forward mode.

    >>> import numpy as np, tensorgraph as tg
    >>> y, dy = tg.jvp(lambda x: x**2, (3.0,), (1.0,))
    >>> float(y), float(dy)
    (9.0, 6.0)

    Raises DTypeError for integer inputs, ArgumentError and ShapeError for tangents that do not match ``primals``.
    """
    require_tuples("jvp", primals=primals, tangents=tangents)
    run = Run(f, tuple(primals), "jvp", has_aux=has_aux)
    derivative = run.push(tuple(tangents))
    return (run.value(), derivative, run.released_aux()) if has_aux else (run.value(), derivative)


def hvp(f: Callable, primals: tuple, tangents: tuple) -> Any:
    """The Hessian of a scalar ``f`` times ``tangents``, without the Hessian: two passes, memory of one.

    With one argument gives its product, with several a tuple.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.hvp(lambda x: (x**3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    require_tuples("hvp", primals=primals, tangents=tangents)
    gradient = grad(f, tuple(range(len(primals))))
    product = Run(gradient, tuple(primals), "hvp").pull(tuple(tangents))  # a Hessian is symmetric: its own transpose
    return product[0] if len(primals) == 1 else product


def gnvp(f: Callable, primals: tuple, tangents: tuple, loss: Callable | None = None) -> Any:
    """The Gauss-Newton matrix of ``loss(f(...))`` times ``tangents``: ``J.T @ H @ J @ v``, where J is the Jacobian of
    ``f`` and H the Hessian of ``loss`` at its output, without any of these matrices.

    f     the model: from parameters to outputs
    loss  from the output of ``f`` to a scalar, convex as a rule; by default half the sum of squares, so that
          H is the identity and the matrix ``J.T @ J``

    The matrix is the Hessian without the curvature of the model, and positive semidefinite when ``loss`` is convex:
    what Levenberg-Marquardt, natural gradients and Hessian-free optimization solve with. With one argument gives its
    product, with several a tuple. Source: Schraudolph (2002), Martens (2010).

    >>> import numpy as np, tensorgraph as tg
    >>> tg.gnvp(lambda x: x**2, (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    array([ 4., 16.])

    Raises what ``jvp`` and ``hvp`` raise.
    """
    require_tuples("gnvp", primals=primals, tangents=tangents)
    run = Run(f, tuple(primals), "gnvp")
    moved = run.push(tuple(tangents))
    if loss is not None:
        moved = hvp(loss, (run.value(),), (moved,))
    product = run.pull(moved)
    return product[0] if len(primals) == 1 else product


def copied(primals: tuple) -> tuple:
    """Arguments with arrays of their own: the caller may write into his before he uses what he is given."""
    leaves, rebuild = flatten(primals)
    return rebuild([x.copy() if isinstance(x, np.ndarray) else x for x in leaves])


def require_tuples(what: str, **given: Any) -> None:
    """Refuse arguments of a function that are not in a tuple."""
    for name, value in given.items():
        if not isinstance(value, tuple | list):
            raise ArgumentError(f"{what}: {name} is a tuple, one part for each argument; got a {type(value).__name__}")


def check_argnums(argnums: Any) -> None:
    """Refuse what names no arguments."""
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    if not numbers or not all(type(i) is int for i in numbers):
        raise ArgumentError(f"argnums is the number of a positional argument, or a tuple of them; got {argnums!r}")


def run_of(
    f: Callable,
    args: tuple,
    kwargs: dict,
    argnums: int | tuple[int, ...],
    what: str,
    has_aux: bool = False,
    check: Callable[[Any], None] | None = None,
) -> Run:
    """A run of ``f`` as a function of the arguments that ``argnums`` names."""
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    if too_far := [i for i in numbers if not -len(args) <= i < len(args)]:
        raise ArgumentError(f"argnums names argument {too_far[0]}, but {len(args)} positional arguments were given")
    numbers = tuple([i % len(args) for i in numbers])
    if len(set(numbers)) < len(numbers):
        raise ArgumentError(f"argnums names an argument twice: {argnums!r}")

    def of_chosen(*values: Any) -> Any:
        full = list(args)
        for i, value in zip(numbers, values):
            full[i] = value
        return f(*full, **kwargs)

    return Run(of_chosen, tuple([args[i] for i in numbers]), what, numbers, has_aux, check)


def chosen(found: tuple, argnums: int | tuple[int, ...]) -> Any:
    """What ``argnums`` asks for: a tuple, or what is for its one argument."""
    return found if isinstance(argnums, tuple) else found[0]


def _require_real_scalar(out: Any) -> None:
    shape = getattr(out, "shape", None if not isinstance(out, float | int | complex) else ())
    if shape is None:
        raise BackwardError(
            f"grad: the function must return a scalar; it returned a {type(out).__name__}. "
            "Return the scalar alone, or (scalar, aux) with has_aux=True"
        )
    if shape != ():
        raise BackwardError(
            f"grad: the function must return a scalar; it returned shape {shape}. "
            "Reduce it (np.sum), or use vjp or jacobian"
        )
    if np.iscomplexobj(out):
        raise BackwardError("grad: the function must return a real scalar, not a complex one. Take np.abs, or use vjp")
