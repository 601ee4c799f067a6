"""Gradients as functions of functions: ``grad``, ``vjp``, ``jvp``, ``jacobian``, ``hessian``, ``hvp``, of any order.

They take functions of arrays, or of nested dicts, lists and tuples of arrays, and nest in each other freely. Given
arrays they give arrays; given tensors, or where an outer transform is at work, tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .config import current, enable_grad
from .core import Node, Tensor, propagate, reachable
from .core.node import clock
from .errors import ArgumentError, BackwardError, ShapeError
from .nesting import flatten, matching
from .ops import identity


def vjp(f: Callable, *primals: Any) -> tuple[Any, Callable[[Any], tuple]]:
    """The value of ``f`` at ``primals``, and its pullback: from a gradient of the output to gradients of the inputs.

    The pullback takes what has the nesting, shapes and dtypes of the output, and returns a tuple like ``primals``;
    where the output does not depend on an input, zeros. It may be called any number of times.

    >>> import numpy as np, tensorgraph as tg
    >>> y, pullback = tg.vjp(np.sin, np.array([0.0, 1.0]))
    >>> np.allclose(pullback(np.ones(2))[0], np.cos([0.0, 1.0]))
    True

    Raises DTypeError for integer inputs, ArgumentError and ShapeError for a gradient that does not match the output.
    """
    leaves, rebuild = flatten(primals)  # copied: the caller may write into the arrays before calling the pullback
    run = _Run(f, rebuild([x.copy() if isinstance(x, np.ndarray) else x for x in leaves]))
    return run.value(), run.pull


def value_and_grad(f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """A function that gives the value of a scalar ``f`` and its gradient with respect to some of its arguments.

    argnums  which positional arguments; a tuple gives a tuple of gradients
    has_aux  ``f`` returns ``(scalar, aux)``; the value is then ``(scalar, aux)``

    Raises BackwardError when ``f`` does not return a real scalar.

    >>> import numpy as np, tensorgraph as tg
    >>> value, gradient = tg.value_and_grad(lambda w: (w["a"] ** 2).sum())({"a": np.array([1.0, 2.0])})
    >>> float(value), gradient["a"].tolist()
    (5.0, [2.0, 4.0])
    """

    def differentiate(*args: Any, **kwargs: Any) -> tuple:
        of_chosen, primals = _choose(f, args, kwargs, argnums)
        aux: list = []

        def scalar(*values: Any) -> Any:
            out = of_chosen(*values)
            if has_aux:
                if not isinstance(out, tuple) or len(out) != 2:
                    raise ArgumentError("grad: with has_aux=True the function must return a pair (scalar, aux)")
                out, extra = out
                aux.append(extra)
            _require_real_scalar(out)
            return out

        run = _Run(scalar, primals)
        found = run.pull(None)
        value = run.value()
        return (value, run.release(aux[0])) if has_aux else value, found if isinstance(argnums, tuple) else found[0]

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
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            raise ArgumentError(f"jvp: {what} is a tuple, one part for each argument; got a {type(given).__name__}")
    run = _Run(f, tuple(primals))
    directions = matching(tangents, primals, "jvp: tangents")
    dual = [Tensor(np.zeros_like(out.data), requires_grad=True) for out in run.outputs]
    pulled = run.gradients(list(zip(run.outputs, dual)), record=True)
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
    product = pullback(tangents)
    return product[0] if len(primals) == 1 else product


def jacobian(f: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """A function that gives all derivatives of ``f(...)``: shape ``out.shape + x.shape``.

    argnums  which positional arguments; a tuple gives a tuple of derivatives

    Where the output or the arguments are nested, so is the result: the output's nesting, and in place of each of its
    arrays the nesting of the argument. Raises BackwardError for complex outputs.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    def differentiate(*args: Any, **kwargs: Any) -> Any:
        of_chosen, primals = _choose(f, args, kwargs, argnums)
        run = _Run(of_chosen, primals)
        blocks = [run.rebuild_input(run.derivatives(y)) for y in run.outputs]
        return run.rebuild_output(blocks if isinstance(argnums, tuple) else [block[0] for block in blocks])

    return differentiate


def hessian(f: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """A function that gives all second derivatives of a scalar ``f``: shape ``x.shape + x.shape``.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)


def _choose(f: Callable, args: tuple, kwargs: dict, argnums: int | tuple[int, ...]) -> tuple[Callable, tuple]:
    """``f`` as a function of the arguments that ``argnums`` names, and those arguments."""
    chosen = argnums if isinstance(argnums, tuple) else (argnums,)
    if too_far := [i for i in chosen if not -len(args) <= i < len(args)]:
        raise ArgumentError(f"argnums names argument {too_far[0]}, but {len(args)} positional arguments were given")

    def of_chosen(*values: Any) -> Any:
        full = list(args)
        for i, value in zip(chosen, values):
            full[i] = value
        return f(*full, **kwargs)

    return of_chosen, tuple([args[i] for i in chosen])


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


class _Run:
    """One recorded run of a function: its inputs as nodes of their own, its outputs, and what surrounds it."""

    def __init__(self, f: Callable, primals: tuple) -> None:
        self.start = start = clock()
        leaves, self.rebuild_input = flatten(primals)
        self.boxed = any(isinstance(x, Tensor) for x in leaves)
        self.inputs = [_as_input(x) for x in leaves]
        self.nodes = [x.node for x in self.inputs]  # what came in, also where ``f`` writes into it
        outer = current().recording
        with enable_grad():
            self.out = f(*self.rebuild_input(self.inputs))
        outputs, self.rebuild_output = flatten(self.out)
        self.outputs = [y if isinstance(y, Tensor) else Tensor(y) for y in outputs]
        # Nodes that are older than our inputs belong to someone outside, who may differentiate the result.
        roots = [y.node for y in self.outputs if y.node is not None]
        met = (n for node in reachable(*roots, since=start) for n in (node, *node.parents) if n is not None)
        self.nested = outer and any(node.serial < start for node in met)

    def value(self) -> Any:
        return self.rebuild_output([self._released(y) for y in self.outputs])

    def release(self, tree: Any) -> Any:
        """What the function gave besides its output: tensors that this run made leave its graph."""
        leaves, rebuild = flatten(tree)
        return rebuild([self._released(x) if _tracked(x) and x.node.serial > self.start else x for x in leaves])

    def _released(self, y: Tensor) -> Any:
        if self.nested:
            return y
        return y.detach() if self.boxed else np.array(y.data)  # an array of its own: rules may need the one here

    def pull(self, gradient: Any) -> Any:
        """Gradients of the inputs, nested like them, from one of the output (None: 1, for a scalar)."""
        if gradient is None:
            cotangents = [Tensor(np.ones_like(y.data)) for y in self.outputs]
        else:
            given = matching(gradient, self.out, "vjp: the gradient")
            cotangents = [_like(g, y, "gradient") for g, y in zip(given, self.outputs)]
        return self.rebuild_input(self._pull_from(list(zip(self.outputs, cotangents))))

    def derivatives(self, y: Tensor) -> list:
        """All derivatives of one output, an array for each input."""
        if y.dtype.kind == "c":
            raise BackwardError("jacobian: the function must return real arrays, not complex ones. Use jvp or vjp")
        rows = []
        for i in range(y.size):
            one = np.zeros(y.shape, y.dtype)
            one.flat[i] = 1
            rows.append(self._pull_from([(y, Tensor(one))]))
        columns = zip(*rows) if rows else [[] for _ in self.inputs]
        stacked = [np.stack(c) if c else np.zeros((0, *x.shape), x.dtype) for c, x in zip(columns, self.inputs)]
        return [d.reshape((*y.shape, *x.shape)) for d, x in zip(stacked, self.inputs)]

    def _pull_from(self, pairs: list[tuple[Tensor, Tensor]]) -> list:
        record = self.nested or any(_tracked(g) for _, g in pairs)
        found = self.gradients(pairs, record)
        return [_result(g, x, self.boxed or record) for g, x in zip(found, self.inputs)]

    def gradients(self, pairs: list[tuple[Tensor, Tensor]], record: bool) -> list:
        """From outputs and their gradients the gradients of the inputs, None for those that nothing depends on."""
        seeds: dict[Node, Any] = {}
        for y, g in pairs:
            if y.node is not None:
                _add(seeds, y.node, g if record else g.data)
        return _collect(seeds, self.nodes, record)


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
    if not np.can_cast(g.dtype, y.dtype, "same_kind"):
        raise ArgumentError(f"a {what} has the dtype of what it belongs to, {y.dtype}; got {g.dtype}")
    return g if g.dtype == y.dtype else g.astype(y.dtype)


def _result(g: Any, x: Tensor, boxed: bool) -> Any:
    if g is None:
        g = np.zeros_like(x.data)
    if boxed:
        return g if isinstance(g, Tensor) else Tensor(g)
    return np.array(g.data if isinstance(g, Tensor) else g)  # an array of its own, never a view of another gradient
