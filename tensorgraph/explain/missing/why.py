"""``why_no_grad``: why a tensor has no gradient, which line is to blame, and what to do instead."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core import Node, Tensor, reachable, wrap
from ...errors import ArgumentError
from ...recording import Backward, Clear, Recording, norm_of
from .flow import Cut, Flow
from .reason import CAUSES, Link, Reason
from .zeros import SAYS, births, link_of

_PROSE = {
    "detach": "cut it off from the graph",
    "no_grad": "ran under no_grad(), so it was not recorded",
    "integer_cast": "made integers or booleans of it, through which no gradient flows",
    "constant_function": "is piecewise constant or a choice: no gradient flows through it",
    "numpy": "took its values out of the graph, as a NumPy array",
    "item": "took its value out of the graph, as a Python number",
    "tolist": "took its values out of the graph, as Python numbers",
    "written_into_array": "wrote its values into an array, which does not know where they come from",
    "data_attribute": "was given its array, past the graph (t.data, or the array that the tensor was made of)",
    "auxiliary_result": "gave a further result that no gradient flows through",
    "no_rule": "has no rule for an argument that was computed from it, and raised an error",
}
_OUT_OF_SIGHT = {"numpy", "item", "tolist", "written_into_array", "detach"}


def why_no_grad(t: Tensor, recording: Recording | None = None, loss: Any = None) -> Reason:
    """Why ``t.grad`` is None, or all zeros; or that there is a gradient.

    t          the tensor whose gradient is missing
    recording  what ``record()`` gave, of the forward and, if it ran, of backward: with it the values are followed, and
               the lines are known. Without it only the graph is asked
    loss       what backward was called on, or what should have been: a tensor, or an array or a number that is on no
               graph (default: the tensor of the last recorded backward that could have reached ``t``, else the last
               tensor that was computed)

    Gives a Reason: ``cause`` (a key of ``explain.CAUSES``), ``message``, ``advice``, ``place``, the ``path`` that the
    values took, and ``back``, where values that had been cut off came back. Values that pass through plain NumPy code
    cannot be followed there; the finding then names where they left. Time is linear in the size of the recording.

    Raises ArgumentError when ``t`` is no Tensor.

    >>> import numpy as np, tensorgraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> v = tg.Tensor([3.0, 4.0], requires_grad=True)
    >>> with tg.record() as recording:
    ...     h = np.exp(w).detach()
    ...     loss = np.sum(h * v)
    ...     loss.backward()
    >>> reason = tg.explain.why_no_grad(w, recording)
    >>> reason.cause, [link.name for link in reason.path], reason.back.name
    ('detach', ['exp', 't.detach()'], 'multiply, as x')
    """
    if not isinstance(t, Tensor):
        raise ArgumentError(f"why_no_grad: takes a Tensor; got {type(t).__name__}. An array never has a gradient")
    if t.grad is not None:
        return _of_gradient(t, recording)
    if t.node is None:
        return _off_graph(t, recording)
    backwards = [] if recording is None else recording.backwards
    if loss is None and recording is not None:
        loss = _loss(t, recording)
    if not isinstance(loss, Tensor | None):
        loss = wrap(loss)
    if loss is None:
        return _reason("unknown", f"{_called(t)} has no gradient, but it does not know what was computed from it.")
    if loss.node is None or t.node not in (behind := reachable(loss.node, since=t.node.serial)):
        return _not_reached(t, recording, loss)
    if recording is None:
        return _by_graph(t, behind)
    return _reached(t, [b for b in backwards if b.tensor.node is not None and t.node in _behind(b, t)], recording)


def _reason(cause: str, message: str, place: Any = None, path: Any = (), back: Link | None = None) -> Reason:
    return Reason(cause, message, CAUSES[cause], place, tuple(path), back)


def _called(t: Tensor) -> str:
    return f"'{t.name}'" if t.name else "the tensor"


def _behind(backward: Backward, t: Tensor) -> list[Node]:
    return reachable(backward.tensor.node, since=t.node.serial)


def _loss(t: Tensor, recording: Recording) -> Tensor | None:
    """The last tensor that backward was called on, of those that depend on ``t``; else of all; else the last result."""
    asked = [b for b in reversed(recording.backwards) if isinstance(b.tensor, Tensor)]
    for backward in asked:
        if backward.tensor.node is not None and t.node in _behind(backward, t):
            return backward.tensor
    if asked:
        return asked[0].tensor
    results = (recording.result(call) for call in reversed(recording.calls) if not call.backward)
    return next((result for result in results if isinstance(result, Tensor)), None)


# There is a gradient


def _of_gradient(t: Tensor, recording: Recording | None) -> Reason:
    grad: Any = t.grad.data  # type: ignore[union-attr]
    if np.any(grad):
        size = norm_of(grad)
        hint = "" if np.isfinite(size) else " Run it inside `with tensorgraph.debug():` to find where that comes from."
        return _reason("has_gradient", f"{_called(t)} has a gradient, of norm {size:.4g}.{hint}")
    found, reached = births(t.node, recording) if recording is not None else ([], {})
    if not grad.size and not found:
        return _reason("empty", f"the gradient of {_called(t)} has no elements, as {_called(t)} has none.")
    if not found:
        return _reason("zero_gradient", f"{_called(t)} has a gradient, and it is exactly 0 everywhere.")
    birth = found[0]
    path, at = [birth.link], birth.behind
    if birth.cause in ("hook", "cancelled", "zero_seed"):  # of this node itself
        path, at = [], birth.behind
    while at is not t.node:
        path.append(link_of(at))
        at = reached[at]
    path = path[::-1] or [birth.link]
    what = f"the gradient of {_called(t)} is exactly 0, from {birth.link.name} on: {SAYS[birth.cause]}."
    if len(found) > 1:
        what += f" On other paths it became 0 as well, in {len(found) - 1} more place{'s'[: len(found) > 2]}."
    return _reason(birth.cause, what, birth.link.place, path)


# The path was cut, or never there


def _off_graph(t: Tensor, recording: Recording | None) -> Reason:
    if recording is not None:
        flow = Flow(recording, None)
        cut = flow.cut_of(t)
        if cut is not None:
            return _of_cut(f"{_called(t)} is on no graph", flow, cut)
        maker = recording.maker(t)
        if maker is not None:
            what = f"{_called(t)} is on no graph: {maker.name} computed it, and no argument of it requires a gradient."
            return _reason("requires_grad_false", what, maker.place, [Link(maker.name, maker.place)])
    return _reason("requires_grad_false", f"{_called(t)} does not require a gradient.")


def _of_cut(what: str, flow: Flow, cut: Cut, back: Link | None = None) -> Reason:
    name = cut.link.name
    message = f"{what}: {name} {_PROSE[cut.cause]}."
    if back is not None:
        message += f" What came out of it came back into the loss in {back.name}."
    return _reason(cut.cause, message, cut.link.place, [*flow.path(cut.source), cut.link], back)


def _not_reached(t: Tensor, recording: Recording | None, loss: Tensor) -> Reason:
    if recording is None:
        if loss.node is None:
            return _reason("no_graph", f"the loss is on no graph, so nothing gets a gradient; {_seen('the line')}.")
        what = f"the loss does not depend on {_called(t)} by any op"
        return _reason("not_reached", f"{what}; {_seen('where it is cut')}.")
    flow = Flow(recording, t)
    what = f"the loss does not depend on {_called(t)}"
    at, back = _verdict(flow, loss)
    if at is not None:
        return _of_cut(what, flow, flow.cuts[at], back)
    if loss.node is None and (cut := Flow(recording, None).cut_of(loss)) is not None:
        message = f"the loss is on no graph, so nothing gets a gradient: {cut.link.name} {_PROSE[cut.cause]}."
        return _reason("no_graph", message, cut.link.place, [cut.link])
    last = max(flow.live, key=lambda node: node.serial)
    if last is t.node:
        return _reason("not_used", f"{what}: no recorded op was given it.")
    path = flow.path(last)
    message = f"{what}: it was used, at last by {path[-1].name}, but the loss was not computed from the result."
    return _reason("not_reached", message, path[-1].place, path)


def _verdict(flow: Flow, loss: Tensor) -> tuple[int | None, Link | None]:
    """Which cut is to blame, and where what was cut off came back.

    One that the loss itself comes from; else one whose values came back into the graph of the loss; else the last of
    those whose values went out of sight; else the last.
    """
    if loss.node is None:
        at = flow.index_of(loss)
        if at is not None:
            return at, None
    else:
        behind = set(reachable(loss.node))
        for back in flow.returns:
            if back.node in behind:
                return back.cut, back.link
    order = [i for i, cut in enumerate(flow.cuts) if cut.cause == "no_rule"]
    order = order or [i for i, cut in enumerate(flow.cuts) if cut.cause in _OUT_OF_SIGHT] or [*range(len(flow.cuts))]
    return (order[-1], None) if order else (None, None)


def _seen(what: str) -> str:
    return f"a recording would show {what}: run it inside `with tensorgraph.record() as rec:` and give recording=rec"


# The loss depends on it


def _by_graph(t: Tensor, behind: list[Node]) -> Reason:
    """What the graph alone tells: rules that have run have released what they saved."""
    users = [node for node in behind if t.node in node.parents]
    started = any(node.saved is None for node in behind)
    if not t.is_leaf and (started or not t.node.notes or not t.node.notes.retains_grad):
        return _not_a_leaf(t)
    if not started:
        return _reason(
            "backward_not_run",
            f"the loss depends on {_called(t)}, and backward has not run (or it ran with retain_graph=True, and the "
            "gradient was set to None).",
        )
    if any(node.saved is None for node in users):
        return _reason(
            "cleared",
            f"backward has run from the loss to {_called(t)}, and the gradient was set to None afterwards (zero_grad()"
            "), or backward was told to leave it out (inputs=).",
        )
    return _reason("inputs_left_out", f"backward has run, but not as far as {_called(t)}: inputs= left it out.")


def _not_a_leaf(t: Tensor) -> Reason:
    link = link_of(t.node)
    late = bool(t.node.notes and t.node.notes.retains_grad)
    message = f"{_called(t)} was computed, by {t.node.op.name}, and gradients are kept in leaves"
    message += "; retain_grad() was called after backward had passed." if late else "."
    return _reason("not_a_leaf", message, link.place, [Link(t.node.op.name, link.place)])


def _reached(t: Tensor, backwards: list[Backward], recording: Recording) -> Reason:
    if not t.is_leaf and (backwards or not t.node.notes or not t.node.notes.retains_grad):
        chosen = any(b.inputs is not None and any(i.node is t.node for i in b.inputs) for b in backwards)
        if not chosen:
            return _not_a_leaf(t)
    if not backwards:
        return _reason("backward_not_run", f"the loss depends on {_called(t)}, but no backward was recorded.")
    last = backwards[-1]
    link = Link("backward", last.place)
    if (clear := _cleared_after(last, t, recording)) is not None:
        message = f"{_called(t)} had a gradient, and it was set to None."
        return _reason("cleared", message, clear.place, [Link("grad = None", clear.place)])
    if last.inputs is not None and all(i.node is not t.node for i in last.inputs):
        message = f"backward was called with inputs= that do not name {_called(t)}."
        return _reason("inputs_left_out", message, last.place, [link])
    if t.node is not last.tensor.node and all(pull.node.parents[pull.i] is not t.node for pull in recording.pulls):
        message = f"backward was called, but stopped before it reached {_called(t)}."
        return _reason("backward_stopped", message, last.place, [link])
    message = f"backward has given {_called(t)} a gradient, and it was set to None after the recording."
    return _reason("cleared", message, last.place, [link])


def _cleared_after(backward: Backward, t: Tensor, recording: Recording) -> Clear | None:
    """The last time that the gradient was set to None, if that was after ``backward``."""
    for event in reversed(recording.events):
        if event is backward:
            return None
        if isinstance(event, Clear) and event.tensor.node is t.node:
            return event
    return None
