"""From a recorded tensor to trees: which nodes are explained, in what order, and by whose names."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np

from ... import ops
from ...core import Node, Tensor, input_name, label, plain
from ...errors import ArgumentError
from ...recording import Call, call_of, recorded
from .reader import Reader

LETTERS = {
    ops.affine: "z", ops.batchnorm: "z", ops.batchnorm_test: "z", ops.relu: "h", ops.leaky_relu: "h", ops.sigmoid: "h",
    ops.affine_relu: "h", ops.affine_batchnorm_relu: "h", ops.dropout: "h", ops.softmax: "p",
}  # fmt: skip
"""What textbooks call the result of an op; of any other it is v."""


def read(what: str, output: Tensor, wrt: Any, names: Any, limit: int) -> tuple[Node, Reader]:
    """The node of a tensor, and a reader that has read it, back to its leaves or to ``wrt``."""
    root = recorded(what, output)
    given = getattr(wrt, "node", None)
    nodes = _behind(root, given)
    applied = [node for node in nodes if node.plan is not None and node is not given]
    if len(applied) > limit:
        raise ArgumentError(
            f"{what}: {len(applied)} ops lead to this tensor, and at most {limit} are explained at once. Explain a "
            "smaller part (of a tensor on the way, or with respect to one), or give a larger limit="
        )
    calls = {node: _call(what, node) for node in applied}
    values: dict[Node, Any] = {root: output.data}
    hints: dict[Node, str] = {root: "y"}
    if root.shape == ():
        hints[root] = "f" if all(node.shape == () for node in nodes) else "L"
    for node in nodes:
        if node.plan is not None:
            hints.setdefault(node, LETTERS.get(node.op, "v"))
    for node, call in calls.items():
        for i, value in enumerate(call.args):
            if isinstance(value, Tensor) and value.node is not None:
                values[value.node] = value.data
                if node.op.fused:
                    hints.setdefault(value.node, input_name(node, i))
    reader = Reader(_names(what, names))
    with reader.watching():
        for node in nodes:
            if node in calls:
                reader.read(node, calls[node], hints[node])
            else:
                reader.given(node, values[node], hints.get(node))
    return root, reader


def _call(what: str, node: Node) -> Call:
    call = call_of(node)
    if call is None:
        raise ArgumentError(
            f"{what}: '{label(node)}' was not recorded, so what it was applied to is not known. "
            "Compute all of it inside `with tensorgraph.record():`"
        )
    if node.dtype.kind == "c":
        raise ArgumentError(f"{what}: '{label(node)}' is complex; only real numbers are explained")
    return call


def required(what: str, wrt: Any, reader: Reader) -> Node:
    """The node of ``wrt``, which was read."""
    if not isinstance(wrt, Tensor):
        raise ArgumentError(f"{what}: wrt is a Tensor that the output was computed from; got {type(wrt).__name__}")
    if wrt.node is None:
        raise ArgumentError(f"{what}: wrt does not require gradients, so there is no derivative with respect to it")
    if wrt.node not in reader.symbols:
        raise ArgumentError(f"{what}: the output was not computed from '{label(wrt.node)}'")
    return wrt.node


def _behind(root: Node, end: Node | None) -> list[Node]:
    """All nodes that the root was computed from, in order, without what ``end`` was computed from."""
    seen = {root}
    stack = [root]
    while stack:
        node = stack.pop()
        for parent in () if node is end else node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("serial"))


def _names(what: str, names: Any) -> dict[Any, str]:
    """What ``names`` calls nodes, and arrays by their identity."""
    if hasattr(names, "named_parameters"):
        names = dict(names.named_parameters())
    if names is not None and not isinstance(names, Mapping):
        raise ArgumentError(f"{what}: names is a dict name -> Tensor or array, or a module; got {type(names).__name__}")
    found: dict[Any, str] = {}
    for name, value in (names or {}).items():
        array = plain(value)
        if not isinstance(array, np.ndarray | np.generic):
            raise ArgumentError(f"{what}: names[{name!r}] is neither Tensor nor array, but {type(value).__name__}")
        found[getattr(value, "node", None) or id(array)] = str(name)
    return found
