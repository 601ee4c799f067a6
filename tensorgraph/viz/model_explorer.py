"""A graph as Google's Model Explorer reads it.

Source: the data classes of its ``graph_builder`` (ai-edge-model-explorer 0.1.34): a collection with a label and graphs,
whose nodes have namespaces, incoming edges, attributes and metadata of inputs and outputs, all values being strings.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..rule_source import rule_source
from ..tables import in_bytes
from .facts import Detail
from .look import LOOKS, duration, look
from .walk import Vertex

if TYPE_CHECKING:
    from .graph import Graph


def to_model_explorer(graph: Graph) -> str:
    """The text of a file to open in Model Explorer."""
    of = {vertex.id: vertex for vertex in graph.vertices}
    rules = {
        name: {
            f"rule for {' and '.join(inputs)}": rule_source(rule) or rule.__name__
            for inputs, (rule, _) in op.rules.items()
        }
        for name, op in graph.ops().items()
    }
    nodes = [_node(vertex, of, _attributes(vertex, graph.details.get(vertex.id), rules)) for vertex in graph.vertices]
    collection = {"label": graph.title, "graphs": [{"id": graph.view, "nodes": nodes}]}
    return json.dumps(collection, ensure_ascii=False) + "\n"


def _node(vertex: Vertex, of: dict[str, Vertex], attributes: dict[str, str]) -> dict[str, Any]:
    its = LOOKS[look(vertex)]
    ports = list(enumerate(zip(vertex.sources, vertex.arguments)))
    title = vertex.op or vertex.name or vertex.kind
    return {
        "id": vertex.id,
        "label": f"∂{title}" if vertex.kind == "gradient" else title,
        "namespace": "/".join(str(name).replace("/", "∕") for name in vertex.scope),  # a slash would end the name
        "attrs": _pairs(attributes),
        "incomingEdges": [
            {"sourceNodeId": source, "sourceNodeOutputId": "0", "targetNodeInputId": str(i)} for i, (source, _) in ports
        ],
        "inputsMetadata": [
            {"id": str(i), "attrs": _pairs({"argument": argument, "shape": _shape(of[source])})}
            for i, (source, argument) in ports
        ],
        "outputsMetadata": [{"id": "0", "attrs": _pairs({"shape": _shape(vertex)})}],
        "style": {"backgroundColor": its.fill, "borderColor": its.line},
    }


def _attributes(vertex: Vertex, detail: Detail | None, rules: dict[str, dict[str, str]]) -> dict[str, str]:
    found = {"kind": vertex.kind}
    if vertex.name is not None:
        found["name"] = vertex.name
    found |= {name: str(value) for name, value in vertex.settings}
    if detail is not None and detail.place is not None:
        found["place"] = str(detail.place)
    if detail is not None and detail.saved:
        found["saved"] = ", ".join(f"{saved.name} {saved.shape} {saved.dtype}" for saved in detail.saved)
    facts = detail.facts if detail is not None else None
    for name, value in facts._asdict().items() if facts is not None else ():
        if isinstance(value, int | float):
            written = (
                duration(value) if name.endswith("seconds") else in_bytes(value) if name.endswith("bytes") else None
            )
            found[name] = written or f"{value:.6g}"
        elif value is not None:
            found[name] = f"{value.min:.6g} to {value.max:.6g}, mean {value.mean:.6g}"
    return found | rules[vertex.op] if vertex.kind == "gradient" and vertex.op else found


def _pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _shape(vertex: Vertex) -> str:
    return f"{vertex.dtype}{list(vertex.shape)}"
