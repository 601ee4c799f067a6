"""Less of a graph: without some vertices, with modules closed, with equal scopes folded into one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from .walk import Scope, Vertex

if TYPE_CHECKING:
    from .graph import Graph


def hide(vertices: list[Vertex], predicate: Callable[[Vertex], bool]) -> list[Vertex]:
    """Without those of which ``predicate`` is true; what they were computed from feeds their users instead."""
    behind: dict[str, tuple[str, ...]] = {}  # of a hidden vertex: what it was computed from that is shown
    shown = []
    for vertex in vertices:
        flows: dict[tuple[str, str], None] = {}  # in order, each once
        for source, argument in zip(vertex.sources, vertex.arguments):
            for other in behind.get(source, (source,)):
                flows[other, argument] = None
        if predicate(vertex):
            behind[vertex.id] = tuple(dict.fromkeys(source for source, _ in flows))
        else:
            sources, arguments = (tuple(part) for part in zip(*flows)) if flows else ((), ())
            shown.append(vertex._replace(sources=sources, arguments=arguments))
    return shown


def close(graph: Graph, depth: int) -> list[Vertex]:
    """With each scope that is deeper than ``depth`` as one vertex, in the place of the last one that was in it."""
    inside: dict[Scope, list[Vertex]] = {}
    for vertex in graph.vertices:
        if len(vertex.scope) > depth:
            inside.setdefault(vertex.scope[: depth + 1], []).append(vertex)
    ids = {v.id: f"m{i}" for i, within in enumerate(inside.values()) for v in within}
    ends = {within[-1].id for within in inside.values()}
    closed = []
    for vertex in graph.vertices:
        if vertex.id in ids and vertex.id not in ends:
            continue
        if vertex.id not in ids:
            closed.append(vertex._replace(sources=tuple(ids.get(source, source) for source in vertex.sources)))
            continue
        path = vertex.scope[: depth + 1]
        within = inside[path]
        flows: dict[tuple[str, str], None] = {}
        for part in within:
            for source, argument in zip(part.sources, part.arguments):
                source = ids.get(source, source)
                if source != ids[vertex.id]:
                    flows[source, argument] = None
        sources, arguments = (tuple(part) for part in zip(*flows)) if flows else ((), ())
        times = graph.times.get(path, 1)
        name = path[-1] + (f" × {times}" if times > 1 else "")
        closed.append(
            Vertex(
                ids[vertex.id], "module", None, name, vertex.shape, vertex.dtype, sources, arguments,
                (("ops", sum(part.kind == "op" for part in within)),), path[:-1], any(part.output for part in within),
            )
        )  # fmt: skip
    return closed


def fold(vertices: list[Vertex]) -> tuple[list[Vertex], dict[Scope, int]]:
    """With neighbouring scopes that are equal but for names as one, and how many each stands for."""
    index = {vertex.id: i for i, vertex in enumerate(vertices)}
    kept_as = list(range(len(vertices)))  # the vertex that stands for each
    times: dict[Scope, int] = {}
    todo: list[tuple[Scope, list[int]]] = [((), list(range(len(vertices))))]
    while todo:
        scope, members = todo.pop()
        parts: dict[Scope, list[int]] = {}
        for i in members:
            path = vertices[i].scope
            if len(path) > len(scope):
                parts.setdefault(path[: len(scope) + 1], []).append(i)
        forms: dict[Scope, tuple] = {}
        for path, beside in pairwise(parts):
            if len(parts[path]) == len(parts[beside]):  # others need no comparison
                for each in (path, beside):
                    forms[each] = forms.get(each) or _form(parts[each], vertices, index, len(scope) + 1)
        for _, group in groupby(parts, key=lambda path: forms.get(path, path)):
            first, *others = group
            for other in others:
                for stands, i in zip(parts[first], parts[other]):
                    kept_as[i] = stands
            if others:
                times[first] = 1 + len(others)
            todo.append((first, parts[first]))
    last = list(range(len(vertices)))  # of those that each stands for
    for i, stands in enumerate(kept_as):
        stands = kept_as[i] = kept_as[stands]  # it comes before i, so what stands for it is known
        last[stands] = i
    folded = []
    for i, vertex in enumerate(vertices):
        if kept_as[i] == i:
            sources = tuple(vertices[kept_as[index[source]]].id for source in vertex.sources)
            end = vertices[last[i]]
            name = vertex.name if vertex.name == end.name else f"{vertex.name} … {end.name}"
            folded.append(vertex._replace(sources=sources, name=name, output=end.output))
    return folded, times


def _form(part: list[int], vertices: list[Vertex], index: dict[str, int], depth: int) -> tuple:
    """What scopes have in common that are equal: what is applied to what, but no names and nothing from outside."""
    place = {i: k for k, i in enumerate(part)}
    return tuple(
        (
            v.kind, v.op, v.shape, v.dtype, v.arguments, v.settings, v.scope[depth:],
            tuple(place.get(index[source]) for source in v.sources),
        )
        for v in (vertices[i] for i in part)
    )  # fmt: skip
