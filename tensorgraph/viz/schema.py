"""A graph as JSON, of a schema with a version; docs/graph_json.md describes it."""

from __future__ import annotations

import inspect
import json
import math
from typing import TYPE_CHECKING, Any

from ..core import Op
from ..rule_source import rule_source
from .facts import Detail, Facts, Statistics
from .walk import Vertex

if TYPE_CHECKING:
    from .graph import Block, Graph

SCHEMA, VERSION = "tensorgraph.graph", 1


def to_json(graph: Graph) -> str:
    """The text. The same program gives the same text, but for what was measured."""
    parts = []
    for key, value in records(graph).items():
        if isinstance(value, list) and value:  # a line for each record: a person can read it, and tools compare it
            text = "[\n" + ",\n".join([f"  {_text(each)}" for each in value]) + "\n ]"
        else:
            text = _text(value)
        parts.append(f' "{key}": {text}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def records(graph: Graph) -> dict[str, Any]:
    """The graph as dicts, lists, strings and numbers. Numbers that JSON does not have are "nan", "inf" and "-inf"."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "title": graph.title,
        "view": graph.view,
        "nodes": [_node(vertex, graph.details.get(vertex.id)) for vertex in graph.vertices],
        "edges": [edge._asdict() for edge in graph.edges],
        "scopes": [_scope(block) for block in graph.scopes],
        "ops": {name: _op(op) for name, op in sorted(graph.ops().items())},
    }


def _node(vertex: Vertex, detail: Detail | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": vertex.id,
        "kind": vertex.kind,
        "op": vertex.op,
        "name": vertex.name,
        "shape": [int(n) for n in vertex.shape],
        "dtype": vertex.dtype,
        "scope": [str(name) for name in vertex.scope],
        "output": vertex.output,
        "settings": {name: _number(value) for name, value in vertex.settings},
    }
    if detail is None:
        return found
    if detail.saved:
        found["saved"] = [{**saved._asdict(), "shape": [int(n) for n in saved.shape]} for saved in detail.saved]
    if detail.place is not None:
        found["place"] = {**detail.place._asdict(), "source": detail.place.source}
    if detail.facts is not None:
        found["facts"] = _facts(detail.facts)
    return found


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        name: _statistics(value) if isinstance(value, Statistics) else _number(value)
        for name, value in facts._asdict().items()
        if value is not None
    }


def _statistics(found: Statistics) -> dict[str, Any]:
    return {name: _number(value) for name, value in found._asdict().items()}


def _scope(block: Block) -> dict[str, Any]:
    facts = {"parameters": block.parameters, **_facts(block.facts)}
    return {"path": [str(name) for name in block.path], "times": block.times, "facts": facts}


def _number(value: Any) -> Any:
    """A setting or a measure as JSON has it."""
    if isinstance(value, tuple | list):
        return [_number(part) for part in value]
    if isinstance(value, complex):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _op(op: Op) -> dict[str, Any]:
    """What an op is: the first paragraph of its docstring, and the source of each of its rules."""
    doc = (inspect.getdoc(op.forward) or "").partition("\n\n")[0]
    rules = {" and ".join(inputs): rule_source(rule) or rule.__name__ for inputs, (rule, _) in op.rules.items()}
    return {"doc": " ".join(doc.split()), "rules": rules}
