"""``Tensor.backward``: check what is asked, send the gradient back, and add what arrives to the leaves' ``grad``."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..config import current
from ..errors import ArgumentError, BackwardError, ShapeError
from .node import Node, notes
from .propagate import propagate
from .tensor import Tensor, wrap

_accumulating = threading.Lock()


def backward(
    self: Tensor,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Iterable[Tensor] | Tensor | None = None,
) -> None:
    """Add the gradient of this tensor with respect to each leaf to the leaf's ``grad``.

    gradient      the gradient of some scalar with respect to this tensor, of its shape; may be left out for a scalar
    retain_graph  keep what ops saved, so that backward can run again (default: as ``create_graph``)
    create_graph  record the backward as well, so that gradients can be differentiated. Such a ``grad`` holds the graph
                  that holds its leaf: set it to None when done, or use ``tensorgraph.grad``, which leaves no cycle
    inputs        only these tensors get a gradient; they need not be leaves

    Raises BackwardError when there is no graph or no gradient for a non-scalar, FreedGraphError on a second run,
    OverwrittenError when an array that an op saved was written into.

    >>> import tensorgraph as tg
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> (x ** 2).backward()
    >>> x.grad
    Tensor(6., dtype=float64)
    """
    if inputs is not None:
        inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if (observer := current().observer) is not None:
        observer.backward(self, inputs)
    root = root_of(self)
    if retain_graph is None:
        retain_graph = create_graph
    chosen = None
    if inputs is not None:
        chosen = {root_of(t, "inputs") for t in inputs}
        if not chosen:
            raise ArgumentError("backward: inputs= names no tensor, so none would get a gradient. Leave it out for all")
    seed = seed_of(self, gradient, create_graph)
    arrived = Arrivals(create_graph, seed)
    propagate({root: seed}, retain=retain_graph, record=create_graph, wanted=chosen, arrive=arrived)


Tensor.backward = backward  # type: ignore[method-assign, assignment]


def root_of(tensor: Tensor, what: str = "backward") -> Node:
    """The node of a tensor that a gradient can be sent from or to, or an error that says why it has none."""
    if not isinstance(tensor, Tensor):
        raise BackwardError(f"{what}: expected a Tensor, got {type(tensor).__name__}")
    if tensor.node is None:
        raise BackwardError(
            f"{what}: this tensor is on no graph: no input of it requires gradients, "
            "or it was computed under no_grad() or detach()"
        )
    return tensor.node


def seed_of(output: Tensor, gradient: Any, record: bool) -> Any:
    """The gradient that backward starts with: the given one, of the output's shape and dtype, or 1 for a scalar."""
    if gradient is None:
        if output.shape != ():
            raise BackwardError(
                f"backward: only a scalar has a gradient by itself; this tensor has shape {output.shape}. "
                "Reduce it first, t.sum().backward(), or give gradient=, an array of its shape"
            )
        if output.dtype.kind == "c":
            raise BackwardError(
                "backward: only a real scalar has a gradient by itself; this tensor is complex. "
                "Make it real first, np.abs(t).backward(), or give gradient="
            )
        seed = np.ones_like(output.data)
    else:
        seed = gradient.data if isinstance(gradient, Tensor) else np.asarray(gradient)
        if seed.shape != output.shape:
            raise ShapeError(f"backward: gradient has shape {seed.shape} but the tensor has {output.shape}")
        if seed.dtype != output.dtype:
            if not np.can_cast(seed.dtype, output.dtype, "same_kind"):
                raise ArgumentError(f"backward: gradient has dtype {seed.dtype} but the tensor has {output.dtype}")
            gradient = seed = (gradient if isinstance(gradient, Tensor) and record else seed).astype(output.dtype)
        if isinstance(gradient, Tensor) and record:
            return gradient
    return wrap(seed) if record else seed


class Arrivals:
    """Gradients that arrive at leaves are added to their ``grad``."""

    def __init__(self, record: bool, seed: Any) -> None:
        self.record = record
        # Arrays that someone else holds too: a leaf gets memory of its own, so that its gradient can be written into.
        self.shared = {id(seed.data if record else seed)}

    def __call__(self, node: Node, g: Any) -> None:
        with _accumulating:
            pinned = node.notes or notes(node)
            if pinned.grad is not None:
                pinned.grad = pinned.grad + g if self.record else wrap(pinned.grad.data + g)
                return
            array = g.data if self.record else g
            if getattr(array, "base", None) is not None or id(array) in self.shared:
                g = g.copy()
                array = g.data if self.record else g
            self.shared.add(id(array))
            pinned.grad = g if self.record else wrap(np.asarray(g) if isinstance(g, np.generic) else g)
