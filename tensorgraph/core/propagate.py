"""Reverse mode: send gradients from nodes back to what they were computed from, running each op's rules once.

What every rule would otherwise repeat happens here, once: order, summing over broadcast axes, casting back over a
promotion, accumulation, checks of what rules return, and release of what ops saved.

Complex numbers: rules are plain transposes, with no conjugate in them. Gradients of complex tensors are conjugated
where they enter and where they leave, which makes them the direction of steepest ascent (PyTorch's convention).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import Any

import numpy as np

from ..config import current, enter, leave
from ..errors import FreedGraphError, OverwrittenError, RuleError
from .memory import WRITES
from .node import Node, label
from .plan import Shape
from .tensor import Tensor, plain, wrap


def propagate(
    seeds: dict[Node, Any],
    *,
    retain: bool,
    record: bool,
    wanted: set[Node] | None = None,
    within: bool = False,
    arrive: Callable[[Node, Any], None],
) -> None:
    """Send gradients back from their nodes; ``arrive(node, gradient)`` is called for leaves, or for ``wanted`` nodes.

    retain  keep what ops saved
    record  gradients and everything that rules see are tensors, and what rules do is recorded
    within  wanted nodes are where a part of a graph begins, and someone else goes on from there: what arrives is not
            their whole gradient, so no hook sees it, and it goes no further back
    """
    needed = None if wanted is None else _leading_to(wanted, seeds)
    token = enter(current().that_records(record))
    try:
        _propagate(seeds, retain, record, wanted, needed, within, arrive)
    finally:
        leave(token)


def _propagate(
    seeds: dict[Node, Any],
    retain: bool,
    record: bool,
    wanted: set[Node] | None,
    needed: set[Node] | None,
    within: bool,
    arrive: Callable[[Node, Any], None],
) -> None:
    grads = {node: conjugate(g) for node, g in seeds.items() if needed is None or node in needed}
    # Newest first: a node's gradient is whole once all nodes that are newer have been passed.
    ends = (wanted or ()) if within else ()
    waiting = [(-node.serial, node) for node in grads if node.plan is not None and node not in ends]
    heapify(waiting)
    observer = current().observer
    owned: set[Node] = set()  # whose gradient is known to be held by no one else, so that it can be changed in place
    while waiting:
        node = heappop(waiting)[1]
        g = grads.pop(node)
        pinned = node.notes
        if pinned is not None and (pinned.hooks or pinned.retains_grad):
            g = _show(node, g, record, keep=wanted is None)
            owned.discard(node)
        if wanted is not None and node in wanted:
            arrive(node, conjugate(g))
            owned.discard(node)
        parents, steps = node.parents, node.plan.steps
        if needed is not None:
            steps = [step for step in steps if any(parents[i] in needed for i, _ in step.targets)]
            if not steps:
                continue
        saved = node.saved
        if saved is None:
            raise freed(node)
        if node.serial < WRITES.latest:
            _refuse_overwritten(node)
        if record:
            saved = _as_tensors(node)
        for rule, fetch, targets, joint, owning in steps:
            args = saved if fetch is None else fetch(saved)
            given = g
            if owning is not None:
                parent = parents[targets[0][0]]
                if owning.consumes:
                    if node not in owned:
                        given = _own(g)
                elif parent in owned and parent in grads:
                    grads[parent] = owning.adds(grads[parent], g, *args)
                    continue
                if observer is None and parent not in grads:
                    owned.add(parent)
            try:
                result = rule(given, *args) if observer is None else observer.run(node, rule, (given, *args))
            except Exception as error:
                error.add_note(f"in the backward rule of {label(node)} {node.shape} {node.dtype}{_place(node)}")
                raise
            if joint and not (isinstance(result, tuple | list) and len(result) == joint):
                given = f"{len(result)} gradients" if isinstance(result, tuple | list) else type(result).__name__
                raise RuleError(_blame(node, targets[0][0], f"returned {given}, not a tuple of {joint} gradients"))
            for i, place in targets:
                parent = parents[i]
                d = result[place] if joint else result
                if record and not isinstance(d, Tensor) and not hasattr(d, "__apply_op__"):  # a constant, such as zeros
                    d = wrap(d)
                try:
                    fits = d.shape == parent.shape and d.dtype is parent.dtype
                except AttributeError:
                    raise RuleError(_blame(node, i, f"returned {type(d).__name__}, not an array")) from None
                if not fits:
                    d = _fit(d, parent, node, i)
                if observer is not None:
                    observer.gradient(node, i, g, d)
                if parent in grads:
                    grads[parent] = grads[parent] + d
                    if owned:
                        owned.discard(parent)
                elif needed is None or parent in needed:
                    grads[parent] = d
                    if parent.plan is not None and parent not in ends:
                        heappush(waiting, (-parent.serial, parent))
        if not retain:
            node.saved = None
    # What is left are leaves, and ends. They come last, so that a rule that fails leaves every ``grad`` as it was.
    for node, g in grads.items():
        if node.notes is not None and node.notes.hooks and node not in ends:
            g = _show(node, g, record, keep=False)
        arrive(node, g if g.dtype.kind == "f" else conjugate(g))


def reachable(*roots: Node, since: int = 0) -> list[Node]:
    """All nodes that the roots were computed from, down to the serial ``since``, newest first. Iterative, linear."""
    seen = set(roots)
    stack = list(roots)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen and parent.serial >= since:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("serial"), reverse=True)


def _leading_to(wanted: set[Node], roots: Iterable[Node]) -> set[Node]:
    """The nodes behind the roots from which a path leads to a wanted one."""
    # Nodes older than everything wanted lead to nothing wanted: an inner gradient never walks an outer history.
    needed = set(wanted)
    for node in reversed(reachable(*roots, since=min([node.serial for node in wanted], default=0))):
        if any(parent in needed for parent in node.parents):
            needed.add(node)
    return needed


def _show(node: Node, g: Any, record: bool, keep: bool) -> Any:
    """Show a node's whole gradient to its hooks, which may replace it, and keep it where ``retain_grad`` asked."""
    pinned = node.notes
    if pinned.hooks:
        g = _run_hooks(node, g, record)
    if keep and pinned.retains_grad:
        kept = conjugate(g)
        pinned.grad = kept if record else wrap(kept.copy())  # intermediates do not accumulate
    return g


def _run_hooks(node: Node, g: Any, record: bool) -> Any:
    for hook in list(node.notes.hooks.values()):
        shown = conjugate(g)
        replaced = hook(shown if record else wrap(shown))
        if replaced is None:
            continue
        replaced = replaced if isinstance(replaced, Tensor) else Tensor(replaced)
        if replaced.shape != node.shape or replaced.dtype != node.dtype:
            raise RuleError(
                f"a hook on {label(node)} returned {replaced.shape} {replaced.dtype} "
                f"for a gradient of {node.shape} {node.dtype}"
            )
        g = conjugate(replaced if record else replaced.data)
    return g


def _own(g: Any) -> Any:
    """A copy that can be written into."""
    return np.array(g) if isinstance(g, np.ndarray | np.generic) else +g


def conjugate(g: Any) -> Any:
    """Between a rule's gradient and a user's: the complex conjugate; a real gradient is both."""
    return g.conj() if g.dtype.kind == "c" else g


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


def freed(node: Node) -> FreedGraphError:
    """The error for a node whose rules have run, and which has released what they need."""
    return FreedGraphError(
        f"backward: the graph behind '{label(node)}' was freed by an earlier backward. "
        "Call the earlier one with retain_graph=True, or compute the forward again"
    )


def _refuse_overwritten(node: Node) -> None:
    for source, value in zip(node.plan.sources, node.saved):
        if any(WRITES.overwritten_since(array, node.serial) for array in arrays_in(value)):
            raise OverwrittenError(
                f"backward: '{label(node)}' saved {input_name(node, source)} for its gradient, and it was written "
                f"into afterwards{_place(node)}. Write into a copy, or write after backward"
            )


def arrays_in(value: Any) -> Iterator[np.ndarray]:
    """The arrays in a saved value: itself, or the parts of a tuple, such as the arrays and tensors of an index."""
    if isinstance(value, tuple | list):
        for part in value:
            yield from arrays_in(part)
    elif isinstance(array := plain(value), np.ndarray):
        yield array


def _blame(node: Node, i: int, what: str) -> str:
    return f"{node.plan.op.name}: the backward rule for {input_name(node, i)} {what}{_place(node)}"


def input_name(node: Node, i: int) -> str:
    """What the op of a node calls its input ``i``."""
    return node.plan.op.frame_names(len(node.parents))[i]


def _place(node: Node) -> str:
    pinned = node.notes
    place = None if pinned is None else pinned.place or pinned.call and pinned.call.place
    return f", recorded at {place}" if place else ""
