"""Why a gradient is exactly zero: where, on the way back from the loss, it became so."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any, NamedTuple

import numpy as np

from ...core import OPS, Node, Op, label, plain
from ...recording import Pull, Recording, call_of
from .reason import Link

_RELUS = {OPS["relu"], OPS["affine_relu"], OPS["affine_batchnorm_relu"]}
_BOUNDED = {
    *(OPS[np.tanh], OPS[np.arctan], OPS[np.exp], OPS[np.exp2], OPS[np.logaddexp], OPS[np.logaddexp2]),
    *(OPS["sigmoid"], OPS["softmax"], OPS["log_softmax"], OPS["softmax_loss"]),
}
_PRODUCTS = {OPS[np.multiply], OPS["dropout"]}
_CONTRACTIONS = {OPS[np.matmul], OPS["einsum"], OPS["affine"], *_RELUS}
_MAXIMA = {OPS[np.maximum], OPS[np.fmax]}
_CHOICES = {*_MAXIMA, OPS[np.minimum], OPS[np.fmin], OPS["where"], OPS["clip"], OPS["getitem"], OPS["svm_loss"]}

SAYS = {
    "dead_relu": "its input is not positive wherever a gradient comes in",
    "saturated": "it is so flat at these inputs that its derivative rounds to 0",
    "multiplied_by_zero": "what it multiplies with is 0",
    "underflow": "the product is too small for a number of this dtype",
    "not_chosen": "it passes on other elements, or another argument",
    "flat": "its derivative is 0 at these inputs",
    "empty": "there are no elements, as in a batch of size 0",
    "zero_rule": "its rule made zeros of a gradient that is not zero",
    "hook": "a hook replaced the gradient of its output",
    "set_to_zero": "backward gave another one, and zeros were written over it",
    "cancelled": "the contributions of all uses add up to 0",
    "zero_seed": "backward was given a gradient of zeros",
}


class Birth(NamedTuple):
    """Where a gradient became zero.

    cause   as in ``SAYS``
    link    the op whose rule, output or hook it was
    behind  the node whose gradient became zero there
    """

    cause: str
    link: Link
    behind: Node


def births(node: Node, recording: Recording) -> tuple[list[Birth], dict[Node, Node]]:
    """Where the gradient of a node became zero, nearest first; and for each node on the way the one that led to it."""
    into: dict[Node, list[Pull]] = defaultdict(list)
    for pull in recording.pulls:
        into[pull.node.parents[pull.i]].append(pull)
    found: list[Birth] = []
    reached: dict[Node, Node] = {node: node}
    queue = deque([node])
    while queue:
        at = queue.popleft()
        pulls = into[at]
        if not pulls:
            if at is not node:  # where backward started
                found.append(Birth("zero_seed", link_of(at), at))
        elif any(_any(pull.d) for pull in pulls):
            total = sum(pull.d for pull in pulls)
            cause = "cancelled" if not _any(total) else "hook" if at.notes.hooks else "set_to_zero"
            found.append(Birth(cause, link_of(at), at))
        else:
            for pull in pulls:
                if _any(pull.g) or not pull.g.size:
                    found.append(Birth(_cause(pull), link_of(pull.node), at))
                elif pull.node not in reached:
                    reached[pull.node] = at
                    queue.append(pull.node)
    return found, reached


def link_of(node: Node) -> Link:
    """A node as it is named in a path."""
    call = call_of(node)
    return Link(label(node), None if call is None else call.place)


def _any(array: Any) -> bool:
    return bool(np.any(array))


def _cause(pull: Pull) -> str:
    """Why a rule made zeros of a gradient."""
    op: Op = pull.node.op
    call = call_of(pull.node)
    others = [] if call is None else [plain(arg) for i, arg in enumerate(call.args) if i != pull.i]
    if not pull.g.size:
        return "empty"
    if op in _RELUS and (call is None or not _any((call.value > 0) & (pull.g != 0))):
        return "dead_relu"
    if op in _MAXIMA and any(np.ndim(other) == 0 and other == 0 for other in others):
        return "dead_relu"
    if op in _BOUNDED:
        return "saturated"
    if op in _PRODUCTS:
        return "underflow" if any(_any(other * (pull.g != 0)) for other in others) else "multiplied_by_zero"
    if op in _CONTRACTIONS:
        zero = any(isinstance(other, np.ndarray) and not _any(other) for other in others)
        return "multiplied_by_zero" if zero else "zero_rule"
    if op in _CHOICES:
        return "not_chosen"
    return "flat" if isinstance(op.forward, np.ufunc) else "zero_rule"
