"""Gradients as functions of functions: ``grad``, ``vjp``, ``jvp``, ``jacobian``, ``hessian``, ``hvp``, of any order.

They take functions of arrays, or of nested dicts, lists and tuples of arrays, and nest in each other freely. Given
arrays they give arrays; given tensors, or where an outer transform is at work, tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .config import current, enable_grad
from .core import Node, Tensor, propagate, reachable
from .errors import ArgumentError, BackwardError, ShapeError
from .ops import identity


def flatten(tree: Any) -> tuple[list, Callable[[Sequence], Any]]:
    """The leaves of nested dicts, lists and tuples, and a function that builds the same nesting from new leaves.

    >>> leaves, rebuild = flatten({"a": 1, "b": (2, 3)})
    >>> leaves, rebuild([4, 5, 6])
    ([1, 2, 3], {'a': 4, 'b': (5, 6)})
    """
    if isinstance(tree, dict):
        keys, branches = list(tree), list(tree.values())
        make = lambda values: dict(zip(keys, values))  # noqa: E731
    elif isinstance(tree, tuple) and hasattr(tree, "_fields"):
        branches = list(tree)
        make = lambda values: type(tree)(*values)  # noqa: E731
    elif isinstance(tree, tuple | list):
        branches, make = list(tree), type(tree)
    else:
        return [tree], lambda leaves: leaves[0]
    parts = [flatten(branch) for branch in branches]
    leaves = [leaf for found, _ in parts for leaf in found]

    def rebuild(new: Sequence) -> Any:
        values, start = [], 0
        for found, build in parts:
            values.append(build(new[start : start + len(found)]))
            start += len(found)
        return make(values)

    return leaves, rebuild


def vjp(f: Callable, *primals: Any) -> tuple[Any, Callable[[Any], tuple]]:
    """The value of ``f`` at ``primals``, and its pullback: from a gradient of the output to gradients of the inputs.

    The pullback takes what has the nesting, shapes and dtypes of the output, and returns a tuple like ``primals``;
    where the output does not depend on an input, zeros. It may be called any number of times.

    >>> import numpy as np, tensorgraph as tg
    >>> y, pullback = tg.vjp(np.sin, np.array([0.0, 1.0]))
    >>> np.allclose(pullback(np.ones(2))[0], np.cos([0.0, 1.0]))
    True

    Raises DTypeError for integer inputs, ShapeError for a gradient of the wrong shape.
    """
    run = _Run(f, primals)
    return run.value(), run.pull


def value_and_grad(f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """A function that gives the value of a scalar ``f`` and its gradient with respect to some of its arguments.

    argnums  which positional arguments; a tuple gives a tuple of gradients
    has_aux  ``f`` returns ``(scalar, aux)``; the value is then ``(scalar, aux)``

    >>> import numpy as np, tensorgraph as tg
    >>> value, gradient = tg.value_and_grad(lambda w: (w["a"] ** 2).sum())({"a": np.array([1.0, 2.0])})
    >>> float(value), gradient["a"].tolist()
    (5.0, [2.0, 4.0])
    """
    chosen = argnums if isinstance(argnums, tuple) else (argnums,)

    def differentiate(*args: Any, **kwargs: Any) -> tuple:
        aux = []

        def of_chosen(*values: Any) -> Any:
            full = list(args)
            for i, value in zip(chosen, values):
                full[i] = value
            out = f(*full, **kwargs)
            if has_aux:
                out, extra = out
                aux.append(extra)
            if getattr(out, "shape", ()) != ():
                raise BackwardError(
                    f"grad: the function must return a scalar; it returned shape {out.shape}. "
                    "Reduce it (np.sum), or use vjp or jacobian"
                )
            return out

        if too_far := [i for i in chosen if not -len(args) <= i < len(args)]:
            raise ArgumentError(f"grad: argnums names argument {too_far[0]}, but {len(args)} were given")
        run = _Run(of_chosen, tuple([args[i] for i in chosen]))
        found = run.pull(None)
        value = run.value()
        return (value, aux[0]) if has_aux else value, found if isinstance(argnums, tuple) else found[0]

    return differentiate


def grad(f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """A function that gives the gradient of a scalar ``f``. Nests: ``grad(grad(f))``. See ``value_and_grad``.

    >>> import numpy as np, tensorgraph as tg
    >>> float(tg.grad(tg.grad(lambda x: x**3))(2.0))
    12.0
    """
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def jvp(f: Callable, primals: tuple, tangents: tuple) -> tuple:
    """Forward mode: the value of ``f``, and its derivative along ``tangents``, which are nested like ``primals``.

    A pullback is linear in its gradient, so pulling back through the pullback is the pushforward: every op that has
    rules has forward mode.

    >>> import numpy as np, tensorgraph as tg
    >>> y, dy = tg.jvp(lambda x: x**2, (3.0,), (1.0,))
    >>> float(y), float(dy)
    (9.0, 6.0)
    """
    run = _Run(f, tuple(primals))
    directions, _ = flatten(tuple(tangents))
    if len(directions) != len(run.inputs):
        raise ArgumentError(f"jvp: {len(run.inputs)} arrays in primals but {len(directions)} in tangents")
    dual = [Tensor(np.zeros_like(out.data), requires_grad=True) for out in run.outputs]
    pulled = run.gradients(dual, record=True)
    seeds: dict[Node, Any] = {}
    outer = run.nested or any(_tracked(d) for d in directions)
    for x, g, direction in zip(run.inputs, pulled, directions):
        direction = _like(direction, x, "tangent")
        if g is not None and g.node is not None:
            _add(seeds, g.node, direction if outer else direction.data)
    found = _collect(seeds, [u.node for u in dual], record=outer)
    results = [_result(d, u, run.boxed or outer) for d, u in zip(found, dual)]
    return run.value(), run.rebuild_output(results)


def hvp(f: Callable, primals: tuple, tangents: tuple) -> Any:
    """The Hessian of a scalar ``f`` times ``tangents``, without the Hessian: two passes, memory of one.

    With one argument gives its product, with several a tuple.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.hvp(lambda x: (x**3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    argnums = tuple(range(len(primals)))
    _, pullback = vjp(grad(f, argnums), *primals)  # a Hessian is symmetric, so its pullback is its product
    product = pullback(tuple(tangents))
    return product[0] if len(primals) == 1 else product


def jacobian(f: Callable, argnums: int = 0) -> Callable:
    """A function that gives all derivatives of the array ``f(...)``: shape ``out.shape + x.shape``.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    def differentiate(*args: Any, **kwargs: Any) -> Any:
        def of_chosen(x: Any) -> Any:
            return f(*[x if i == argnums % len(args) else a for i, a in enumerate(args)], **kwargs)

        out, pullback = vjp(of_chosen, args[argnums])
        x_shape = np.shape(args[argnums])
        rows = []
        for i in range(np.size(out)):
            one = np.zeros(np.shape(out), out.dtype)
            one.flat[i] = 1
            rows.append(pullback(one)[0])
        stacked = np.stack(rows) if rows else np.zeros((0, *x_shape), out.dtype)
        return stacked.reshape((*np.shape(out), *x_shape))

    return differentiate


def hessian(f: Callable, argnums: int = 0) -> Callable:
    """A function that gives all second derivatives of a scalar ``f``: shape ``x.shape + x.shape``.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)


class _Run:
    """One recorded run of a function: its inputs as nodes of their own, its outputs, and what surrounds it."""

    def __init__(self, f: Callable, primals: tuple) -> None:
        leaves, rebuild = flatten(primals)
        self.boxed = any(isinstance(x, Tensor) for x in leaves)
        self.inputs = [_as_input(x) for x in leaves]
        self.rebuild_input = rebuild
        outer = current().recording
        with enable_grad():
            out = f(*rebuild(self.inputs))
        outputs, self.rebuild_output = flatten(out)
        self.outputs = [y if isinstance(y, Tensor) else Tensor(y) for y in outputs]
        # Leaves that are older than our inputs belong to someone outside, who may differentiate the result.
        start = min([x.node.serial for x in self.inputs], default=0)
        roots = [y.node for y in self.outputs if y.node is not None]
        self.nested = outer and any(node.plan is None and node.serial < start for node in reachable(*roots))

    def value(self) -> Any:
        if self.nested:
            return self.rebuild_output(self.outputs)
        return self.rebuild_output([y.detach() if self.boxed else y.numpy() for y in self.outputs])

    def pull(self, gradient: Any) -> Any:
        """Gradients of the inputs, nested like them, from one of the output (None: 1, for a scalar)."""
        if gradient is None:
            cotangents = [Tensor(np.ones_like(y.data)) for y in self.outputs]
        else:
            given, _ = flatten(gradient)
            if len(given) != len(self.outputs):
                raise ArgumentError(f"vjp: the function returned {len(self.outputs)} arrays; got {len(given)} gradients")
            cotangents = [_like(g, y, "gradient") for g, y in zip(given, self.outputs)]
        record = self.nested or any(map(_tracked, cotangents))
        found = self.gradients(cotangents, record)
        return self.rebuild_input([_result(g, x, self.boxed or record) for g, x in zip(found, self.inputs)])

    def gradients(self, cotangents: list[Tensor], record: bool) -> list:
        seeds: dict[Node, Any] = {}
        for y, g in zip(self.outputs, cotangents):
            if y.node is not None:
                _add(seeds, y.node, g if record else g.data)
        return _collect(seeds, [x.node for x in self.inputs], record)


def _collect(seeds: dict[Node, Any], targets: list[Node], record: bool) -> list:
    found: dict[Node, Any] = {}
    propagate(seeds, retain=True, record=record, wanted=set(targets), arrive=found.__setitem__)
    return [found.get(node) for node in targets]


def _add(seeds: dict[Node, Any], node: Node, g: Any) -> None:
    seeds[node] = seeds[node] + g if node in seeds else g


def _tracked(x: Any) -> bool:
    return isinstance(x, Tensor) and x.node is not None


def _as_input(x: Any) -> Tensor:
    """A node of the function's own: new for plain values, behind the outer one for a tensor on a graph."""
    if _tracked(x):
        with enable_grad():
            return identity(x)
    return Tensor(x.data if isinstance(x, Tensor) else x, requires_grad=True)


def _like(g: Any, y: Tensor, what: str) -> Tensor:
    """A tangent or cotangent as a tensor of the shape and dtype of ``y``."""
    g = g if isinstance(g, Tensor) else Tensor(g)
    if g.shape != y.shape:
        raise ShapeError(f"a {what} has the shape of what it belongs to, {y.shape}; got {g.shape}")
    return g if g.dtype == y.dtype else g.astype(y.dtype)


def _result(g: Any, x: Tensor, boxed: bool) -> Any:
    if g is None:
        g = np.zeros_like(x.data)
    if boxed:
        return g if isinstance(g, Tensor) else Tensor(g)
    return np.array(g.data if isinstance(g, Tensor) else g)  # an array of its own, never a view of another gradient
