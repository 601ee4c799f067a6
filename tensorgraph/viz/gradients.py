"""The backward as a graph: a vertex for each gradient, and edges along which gradients flow."""

from __future__ import annotations

from ..core import Node
from .facts import Detail, Facts
from .walk import Vertex, Walk

VIEWS = ("forward", "backward", "both")


def with_gradients(
    vertices: list[Vertex], details: dict[str, Detail], walk: Walk, view: str
) -> tuple[list[Vertex], dict[str, Detail]]:
    """The vertices of the backward, and in the view "both" those of the forward before them.

    Where ``n3`` is an op, ``d3`` is its backward: it takes the gradient of the op's output, from the backwards of all
    its users, and gives the gradients of its inputs. What it uses of the forward comes to it, in the view "both", from
    what the op saved. Where ``n0`` is a parameter, ``d0`` is the gradient that arrives there.
    """
    of = {vertex.id: vertex for vertex in vertices}
    nodes = {key: node for node, key in walk.ids.items()}
    users: dict[str, list[tuple[str, str]]] = {key: [] for key in nodes}  # ids of users, and what they call it
    for vertex in vertices:
        for source, argument in zip(vertex.sources, vertex.arguments):
            if source in users:
                users[source].append((vertex.id, argument))
    gradients, facts = [], {}
    for key in sorted(nodes, key=lambda key: nodes[key].serial, reverse=True):
        vertex, node = of[key], nodes[key]
        flows = [(_id(user), argument) for user, argument in users[key]]
        if view == "both":
            flows += _used(vertex, node, details.get(key), walk)
        gradients.append(
            vertex._replace(
                id=_id(key),
                kind="gradient",
                sources=tuple(source for source, _ in flows),
                arguments=tuple(argument for _, argument in flows),
                settings=(),
                output=view == "backward" and vertex.kind == "parameter",
            )
        )
        detail = details.get(key)
        if detail is not None and detail.facts is not None:
            its = detail.facts
            own = Facts(
                backward_seconds=its.backward_seconds, gradients=its.gradients, gradient_norm=its.gradient_norm,
                values=its.gradients, update_ratio=its.update_ratio,
            )  # fmt: skip
            facts[_id(key)] = Detail(place=detail.place, facts=own)
    return (gradients, facts) if view == "backward" else (vertices + gradients, details | facts)


def _id(key: str) -> str:
    return "d" + key.removeprefix("n")


def _used(vertex: Vertex, node: Node, detail: Detail | None, walk: Walk) -> list[tuple[str, str]]:
    """What the backward of an op takes from the forward: ids of where it came from, and what the op calls it."""
    if node.plan is None or detail is None:
        return []
    sources = dict(zip(vertex.arguments, vertex.sources))
    names = [saved.name for saved in detail.saved]
    return [(vertex.id if name == "out" else sources[name], name) for name in names if name == "out" or name in sources]
