"""Reverse mode: walk the graph from an output to its leaves, running each op's rules once.

What every rule would otherwise repeat happens here, once: order, summing over broadcast axes, casting back over a
promotion, accumulation, checks of what rules return, and release of what ops saved.

Complex numbers: rules are plain transposes, with no conjugate in them. Gradients of complex tensors are conjugated
where they enter and where they leave, which makes them the direction of steepest ascent (PyTorch's convention).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import numpy as np

from ..config import current, enable_grad, no_grad
from ..errors import ArgumentError, BackwardError, FreedGraphError, OverwrittenError, RuleError, ShapeError
from .node import WRITES, Node, label, notes
from .plan import Shape
from .tensor import Tensor, wrap

_serial = attrgetter("serial")
_accumulating = threading.Lock()


def reachable(*roots: Node) -> list[Node]:
    """All nodes that the roots were computed from, newest first. Iterative, linear."""
    seen = set(roots)
    stack = list(roots)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=_serial, reverse=True)


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
    create_graph  record the backward as well, so that gradients can be differentiated
    inputs        only these tensors get a gradient; they need not be leaves

    Raises BackwardError when there is no graph or no gradient for a non-scalar, FreedGraphError on a second run,
    OverwrittenError when an array that an op saved was written into.

    >>> import tensorgraph as tg
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> (x ** 2).backward()
    >>> x.grad
    Tensor(6., dtype=float64)
    """
    root = _root(self)
    if retain_graph is None:
        retain_graph = create_graph
    chosen = None
    if inputs is not None:
        chosen = {_root(t, "inputs") for t in ([inputs] if isinstance(inputs, Tensor) else inputs)}
    arrived = _Arrivals(create_graph)
    seed = _seed(self, gradient, create_graph)
    arrived.shared.add(id(seed))
    propagate({root: seed}, retain=retain_graph, record=create_graph, wanted=chosen, arrive=arrived)


Tensor.backward = backward


def propagate(
    seeds: dict[Node, Any],
    *,
    retain: bool,
    record: bool,
    wanted: set[Node] | None,
    arrive: Callable[[Node, Any], None],
) -> None:
    """Send gradients back from their nodes; ``arrive(node, gradient)`` is called for leaves, or the ``wanted`` nodes.

    With ``record``, gradients and everything that rules see are tensors, and what rules do is recorded.
    """
    with enable_grad() if record else no_grad():
        _propagate(seeds, retain, record, wanted, arrive)


def _propagate(
    seeds: dict[Node, Any], retain: bool, record: bool, wanted: set[Node] | None, arrive: Callable[[Node, Any], None]
) -> None:
    grads = {node: _conjugate_complex(g) for node, g in seeds.items()}
    order = reachable(*seeds)
    watch = current().on_gradient
    needed = None if wanted is None else _leading_to(wanted, order)
    for node in order:
        g = grads.pop(node, None)
        if g is None or needed is not None and node not in needed:
            continue
        plan = node.plan
        pinned = node.notes
        if pinned is not None:
            if pinned.hooks:
                g = _run_hooks(node, g, record)
            if pinned.retains_grad and plan is not None and wanted is None:
                _Arrivals.keep(node, _conjugate_complex(g), record)
        if plan is None if wanted is None else node in wanted:
            arrive(node, _conjugate_complex(g))
        if plan is None:
            continue
        saved = node.saved
        if saved is None:
            raise FreedGraphError(
                f"backward: the graph behind '{label(node)}' was freed by an earlier backward. "
                "Call the earlier one with retain_graph=True, or compute the forward again"
            )
        if node.serial < WRITES.latest:
            _refuse_overwritten(node)
        if record:
            saved = _as_tensors(node)
        parents = node.parents
        for rule, fetch, targets, joint in plan.steps:
            if needed is not None and not any(parents[i] in needed for i, _ in targets):
                continue
            try:
                result = rule(g, *saved) if fetch is None else rule(g, *fetch(saved))
            except Exception as error:
                error.add_note(f"in the backward rule of {label(node)} {node.shape} {node.dtype}{_place(node)}")
                raise
            for i, place in targets:
                parent = parents[i]
                d = result[place] if joint else result
                if record and not isinstance(d, Tensor):  # a constant, such as zeros
                    d = wrap(d)
                try:
                    if d.shape != parent.shape or d.dtype is not parent.dtype:
                        d = _fit(d, parent, node, i)
                except AttributeError:
                    raise RuleError(_blame(node, i, f"returned {type(d).__name__}, not an array")) from None
                if watch is not None:
                    watch(node, _input_name(node, i), g, d)
                if parent in grads:
                    d = grads[parent] + d
                grads[parent] = d
        if not retain:
            node.saved = None


def _root(tensor: Tensor, what: str = "backward") -> Node:
    if not isinstance(tensor, Tensor):
        raise BackwardError(f"{what}: expected a Tensor, got {type(tensor).__name__}")
    if tensor.node is None:
        raise BackwardError(
            f"{what}: this tensor is on no graph: no input of it requires gradients, "
            "or it was computed under no_grad() or detach()"
        )
    return tensor.node


def _seed(output: Tensor, gradient: Any, record: bool) -> Any:
    if gradient is None:
        if output.shape != ():
            raise BackwardError(
                f"backward: only a scalar has a gradient by itself; this tensor has shape {output.shape}. "
                "Reduce it first, t.sum().backward(), or give gradient=, an array of its shape"
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


def _leading_to(wanted: set[Node], order: list[Node]) -> set[Node]:
    """The nodes from which a path leads to a wanted one."""
    needed = set(wanted)
    for node in reversed(order):
        if any(parent in needed for parent in node.parents):
            needed.add(node)
    return needed


def _fit(d: Any, parent: Node, node: Node, i: int) -> Any:
    """Bring a rule's result to its input's shape and dtype: undo broadcasting and promotion, and nothing else."""
    shape = parent.shape
    if d.shape != shape:
        lead = d.ndim - len(shape)
        if lead < 0 or any(n not in (1, m) for n, m in zip(shape, d.shape[lead:])):
            raise RuleError(_blame(node, i, f"returned shape {d.shape}, which cannot be summed to {shape}"))
        stretched = tuple(k for k, n in enumerate(shape, lead) if n != d.shape[k])
        d = d.sum(axis=(*range(lead), *stretched), keepdims=bool(stretched))
        if stretched and lead:
            d = d.reshape(shape)
    if d.dtype != parent.dtype:
        if node.dtype == parent.dtype or d.dtype.kind not in "fc":
            raise RuleError(_blame(node, i, f"returned {d.dtype} for a gradient of {parent.dtype}"))
        if d.dtype.kind == "c" and parent.dtype.kind == "f":
            d = d.real
        d = d.astype(parent.dtype)
    return d


def _as_tensors(node: Node) -> list:
    """What a node saved, as tensors on the graph: nothing a rule sees is silently constant.

    Inputs and ``out`` are wrapped with their nodes; residuals are derived again from the inputs by the forward.
    """
    plan, op = node.plan, node.plan.op
    count = len(node.parents)
    symbolic = current().symbolic
    values: dict[int, Any] = {}
    for source, value in zip(plan.sources, node.saved):
        if isinstance(source, Shape):
            continue
        if source < count:
            origin = node.parents[source]
            boxed = origin is not None or symbolic and isinstance(value, np.ndarray)
            values[source] = wrap(value, origin) if boxed else value
        elif source == count:
            values[source] = wrap(value, node)
    if op.saves:
        derived = op._run(*[values[i] for i in range(count)])
        values |= {count + 1 + k: derived[1 + k] for k in range(len(op.saves))}
    return [v if isinstance(s, Shape) else values[s] for s, v in zip(plan.sources, node.saved)]


def _refuse_overwritten(node: Node) -> None:
    for source, value in zip(node.plan.sources, node.saved):
        if isinstance(value, np.ndarray) and WRITES.overwritten_since(value, node.serial):
            raise OverwrittenError(
                f"backward: '{label(node)}' saved {_input_name(node, source)} {value.shape} {value.dtype} for its gradient, and it was "
                f"written into afterwards{_place(node)}. Write into a copy, or write after backward"
            )


def _run_hooks(node: Node, g: Any, record: bool) -> Any:
    for hook in list(node.notes.hooks.values()):
        shown = _conjugate_complex(g)
        replaced = hook(shown if record else wrap(shown))
        if replaced is None:
            continue
        replaced = replaced if isinstance(replaced, Tensor) else Tensor(replaced)
        if replaced.shape != node.shape or replaced.dtype != node.dtype:
            raise RuleError(
                f"a hook on {label(node)} returned {replaced.shape} {replaced.dtype} "
                f"for a gradient of {node.shape} {node.dtype}"
            )
        g = _conjugate_complex(replaced if record else replaced.data)
    return g


def _conjugate_complex(g: Any) -> Any:
    return g.conj() if g.dtype.kind == "c" else g


class _Arrivals:
    """Gradients that arrive at leaves are added to their ``grad``."""

    def __init__(self, record: bool) -> None:
        self.record = record
        self.shared: set[int] = set()  # arrays that someone else holds too: a leaf gets a copy of its own

    def __call__(self, node: Node, g: Any) -> None:
        pinned = notes(node)
        with _accumulating:
            if self.record:
                pinned.grad = g if pinned.grad is None else pinned.grad + g
            elif pinned.grad is None:
                if getattr(g, "base", None) is not None or id(g) in self.shared:
                    g = g.copy()
                self.shared.add(id(g))
                pinned.grad = Tensor(g)
            else:
                pinned.grad = wrap(pinned.grad.data + g)

    @staticmethod
    def keep(node: Node, g: Any, record: bool) -> None:
        """What ``retain_grad`` asked for. Intermediates do not accumulate."""
        node.notes.grad = g if record else wrap(g.copy())


def _blame(node: Node, i: int, what: str) -> str:
    return f"{node.plan.op.name}: the backward rule for {_input_name(node, i)} {what}{_place(node)}"


def _input_name(node: Node, i: int) -> str:
    slots = node.plan.op.frame_slots(len(node.parents))
    return next(name for name, at in slots.items() if i == at or isinstance(at, range) and i in at)


def _place(node: Node) -> str:
    place = node.notes.place if node.notes is not None else None
    return f", recorded at {place}" if place else ""
