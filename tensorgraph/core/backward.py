"""Reverse mode: walk the graph from an output to its leaves, running each op's rules once.

What every rule would otherwise repeat happens here, once: order, summing over broadcast axes, casting back over a
promotion, accumulation, checks of what rules return, and release of what ops saved.

Complex numbers: rules are plain transposes, with no conjugate in them. Gradients of complex tensors are conjugated
where they enter and where they leave, which makes them the direction of steepest ascent (PyTorch's convention).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

import numpy as np

from ..config import current, enable_grad, no_grad
from ..errors import ArgumentError, BackwardError, FreedGraphError, OverwrittenError, RuleError, ShapeError
from .node import WRITES, Node, label, notes
from .plan import Shape
from .tensor import Tensor, plain, wrap

_serial = attrgetter("serial")
_accumulating = threading.Lock()


def reachable(*roots: Node, since: int = 0) -> list[Node]:
    """All nodes that the roots were computed from, down to the serial ``since``, newest first. Iterative, linear."""
    seen = set(roots)
    stack = list(roots)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen and parent.serial >= since:
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
        if not chosen:
            raise ArgumentError("backward: inputs= is empty, so nothing would get a gradient. Name tensors, or leave it out")
    seed = _seed(self, gradient, create_graph)
    arrived = _Arrivals(create_graph, seed)
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
    # Nodes older than everything wanted lead to nothing wanted: an inner gradient never walks an outer history.
    order = reachable(*seeds, since=min([node.serial for node in wanted or ()], default=0))
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
        parents, steps = node.parents, plan.steps
        if needed is not None:
            steps = [step for step in steps if any(parents[i] in needed for i, _ in step.targets)]
            if not steps:
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
        for rule, fetch, targets, joint in steps:
            try:
                result = rule(g, *saved) if fetch is None else rule(g, *fetch(saved))
            except Exception as error:
                error.add_note(f"in the backward rule of {label(node)} {node.shape} {node.dtype}{_place(node)}")
                raise
            if joint and not (isinstance(result, tuple | list) and len(result) == joint):
                given = f"{len(result)} gradients" if isinstance(result, tuple | list) else type(result).__name__
                raise RuleError(_blame(node, targets[0][0], f"returned {given}, not a tuple of {joint} gradients"))
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
        if lead > 0 and d.shape[lead:] == shape:  # new axes only, such as the batch axis of a bias
            d = d.sum(axis=0 if lead == 1 else tuple(range(lead)))
        else:
            if lead < 0 or any(n not in (1, m) for n, m in zip(shape, d.shape[lead:])):
                raise RuleError(_blame(node, i, f"returned shape {d.shape}, which cannot be summed to {shape}"))
            stretched = [k for k, n in enumerate(shape, lead) if n != d.shape[k]]
            d = d.sum(axis=(*range(lead), *stretched), keepdims=True).reshape(shape)
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
        if any(WRITES.overwritten_since(array, node.serial) for array in _arrays_in(value)):
            raise OverwrittenError(
                f"backward: '{label(node)}' saved {_input_name(node, source)} for its gradient, and it was written into "
                f"afterwards{_place(node)}. Write into a copy, or write after backward"
            )


def _arrays_in(value: Any) -> Iterator[np.ndarray]:
    """The arrays in a saved value: itself, or the parts of a tuple, such as the arrays and tensors of an index."""
    if isinstance(value, tuple | list):
        for part in value:
            yield from _arrays_in(part)
    elif isinstance(array := plain(value), np.ndarray):
        yield array


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

    def __init__(self, record: bool, seed: Any) -> None:
        self.record = record
        # Arrays that someone else holds too: a leaf gets memory of its own, so that its gradient can be written into.
        self.shared = {id(seed.data if record else seed)}

    def __call__(self, node: Node, g: Any) -> None:
        with _accumulating:
            pinned = notes(node)
            if pinned.grad is not None:
                pinned.grad = pinned.grad + g if self.record else wrap(pinned.grad.data + g)
                return
            array = g.data if self.record else g
            if getattr(array, "base", None) is not None or id(array) in self.shared:
                g = g.copy()
                array = g.data if self.record else g
            self.shared.add(id(array))
            pinned.grad = g if self.record else wrap(np.asarray(g) if isinstance(g, np.generic) else g)

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
