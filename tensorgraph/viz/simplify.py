"""Less of a graph: without some vertices, with modules closed, with equal scopes folded into one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from .facts import Detail, Facts
from .walk import Scope, Vertex

if TYPE_CHECKING:
    from .graph import Graph

Flow = tuple[str, str]
"""Where data comes from (an id), and what the op calls it."""


def hide(vertices: list[Vertex], predicate: Callable[[Vertex], bool]) -> list[Vertex]:
    """Without those of which ``predicate`` is true; what they were computed from feeds their users instead."""
    hidden = {vertex.id: vertex for vertex in vertices if predicate(vertex)}
    behind = _behind(hidden)
    shown = []
    for vertex in vertices:
        if vertex.id not in hidden:
            into = ((other, argument) for source, argument in flows(vertex) for other in behind.get(source, (source,)))
            shown.append(_fed(vertex, into))
    return shown


def flows(vertex: Vertex) -> Iterable[Flow]:
    """What comes into a vertex."""
    return zip(vertex.sources, vertex.arguments)


def _fed(vertex: Vertex, by: Iterable[Flow]) -> Vertex:
    """The vertex with other sources, each once."""
    unique = dict.fromkeys(by)
    sources, arguments = (tuple(part) for part in zip(*unique)) if unique else ((), ())
    return vertex._replace(sources=sources, arguments=arguments)


def _behind(hidden: dict[str, Vertex]) -> dict[str, tuple[str, ...]]:
    """For each hidden vertex, what it was computed from that is shown. A cycle ends where it began."""
    found: dict[str, tuple[str, ...]] = {}
    for start in hidden:
        path, on_path = [start], {start}
        while path:
            key = path[-1]
            ahead = [s for s in hidden[key].sources if s in hidden and s not in found and s not in on_path]
            if ahead:
                path.append(ahead[0])
                on_path.add(ahead[0])
                continue
            sources = [found.get(s, ()) if s in hidden else (s,) for s in hidden[key].sources]
            found[key] = tuple(dict.fromkeys(one for many in sources for one in many))
            path.pop()
            on_path.discard(key)
    return found


def close(graph: Graph, depth: int) -> tuple[list[Vertex], dict[str, Detail]]:
    """With each scope that is deeper than ``depth`` as one vertex, in the place of the last one that was in it."""
    inside: dict[Scope, list[Vertex]] = {}
    for vertex in graph.vertices:
        if len(vertex.scope) > depth:
            inside.setdefault(vertex.scope[: depth + 1], []).append(vertex)
    ids = {v.id: f"m{depth}_{i}" for i, within in enumerate(inside.values()) for v in within}
    ends = {within[-1].id for within in inside.values()}
    closed, details = [], dict(graph.details)
    for vertex in graph.vertices:
        if vertex.id not in ids:
            closed.append(_fed(vertex, ((ids.get(source, source), argument) for source, argument in flows(vertex))))
        elif vertex.id in ends:
            path = vertex.scope[: depth + 1]
            within = inside[path]
            box = _box(ids[vertex.id], path, within, graph.times)
            into = ((ids.get(source, source), argument) for part in within for source, argument in flows(part))
            closed.append(_fed(box, ((source, argument) for source, argument in into if source != box.id)))
            if (facts := total(graph.details.get(part.id) for part in within)) is not None:
                details[box.id] = Detail(facts=facts)
    return closed, details


def _box(key: str, path: Scope, within: list[Vertex], times: dict[Scope, int]) -> Vertex:
    """A closed module: of the shape of the last op inside, with how many ops and parameters it has."""
    ops = [part for part in within if part.kind in ("op", "module")]
    last = ops[-1] if ops else within[-1]
    name = str(path[-1]) + (f" × {times[path]}" if path in times else "")
    counts = {
        what: sum(count_of(part, what) * repeated(part.scope, path[:-1], times) for part in within)
        for what in ("ops", "parameters")
    }
    settings = tuple((what, count) for what, count in counts.items() if count)
    output = any(part.output for part in within)
    return Vertex(key, "module", None, name, last.shape, last.dtype, (), (), settings, path[:-1], output)


def count_of(vertex: Vertex, what: str) -> int:
    """How many ops, or numbers in parameters, a vertex stands for."""
    if vertex.kind == "module":
        return dict(vertex.settings).get(what, 0)
    if what == "ops":
        return int(vertex.kind == "op")
    size = int(vertex.kind == "parameter")
    for n in vertex.shape:
        size *= n
    return size


def repeated(scope: Scope, within: Scope, times: dict[Scope, int]) -> int:
    """For how many equal ones what lies in ``scope`` stands, inside of ``within``."""
    product = 1
    for depth in range(len(within) + 1, len(scope) + 1):
        product *= times.get(scope[:depth], 1)
    return product


def total(details: Iterable[Detail | None]) -> Facts | None:
    """The sums of times and bytes; None when nothing was measured."""
    measured = [detail.facts for detail in details if detail is not None and detail.facts is not None]
    if not measured:
        return None

    def added(name: str) -> Any:
        known = [value for facts in measured if (value := getattr(facts, name)) is not None]
        return sum(known) if known else None

    return Facts(added("forward_seconds"), added("backward_seconds"), added("saved_bytes"))


def fold(graph: Graph) -> tuple[list[Vertex], dict[str, Detail], dict[Scope, int]]:
    """With neighbouring scopes that are equal but for names as one: vertices, details, and how many each stands for."""
    vertices = graph.vertices
    index = {vertex.id: i for i, vertex in enumerate(vertices)}
    stands_for, times, beside = _equals(vertices, index)
    members: dict[int, list[int]] = {}
    for i in range(len(vertices)):
        k = i
        while stands_for[k] != k:
            k = stands_for[k]
        members.setdefault(k, []).append(i)
    kept = {i: k for k, those in members.items() for i in those}
    folded, details = [], dict(graph.details)
    for k, vertex in enumerate(vertices):
        if kept[k] != k:
            continue
        into = (
            (vertices[kept[index[source]]].id, argument)
            for i in members[k]
            for source, argument in flows(vertices[i])
            if not _from_an_equal(vertices[index[source]].scope, vertices[i].scope, beside)
        )
        those = [vertices[i] for i in (members[k] if vertex.kind != "gradient" else reversed(members[k]))]
        first, last = those[0].name, those[-1].name
        name = first if first == last else f"{first} … {last}"
        folded.append(_fed(vertex, into)._replace(name=name, output=any(each.output for each in those)))
        if len(those) > 1 and (facts := total(graph.details.get(each.id) for each in those)) is not None:
            details[vertex.id] = details.get(vertex.id, Detail())._replace(facts=facts)
    return folded, details, times


def _from_an_equal(source: Scope, target: Scope, beside: dict[Scope, Scope]) -> bool:
    """Whether data flows between two scopes that are folded into one: that is no flow from outside."""
    for depth in range(1, min(len(source), len(target)) + 1):
        a, b = source[:depth], target[:depth]
        if a != b:
            return a in beside and beside.get(a) == beside.get(b)
    return False


def _equals(vertices: list[Vertex], index: dict[str, int]) -> tuple[list[int], dict[Scope, int], dict[Scope, Scope]]:
    """For each vertex the one that stands for it; for how many a scope stands; and for each scope which one does."""
    stands_for = list(range(len(vertices)))
    times: dict[Scope, int] = {}
    beside: dict[Scope, Scope] = {}
    todo: list[tuple[Scope, list[int]]] = [((), list(range(len(vertices))))]
    while todo:
        scope, members = todo.pop()
        parts: dict[Scope, list[int]] = {}
        for i in members:
            path = vertices[i].scope
            if len(path) > len(scope):
                parts.setdefault(path[: len(scope) + 1], []).append(i)
        forms: dict[Scope, tuple] = {}
        for path, other in pairwise(parts):
            if len(parts[path]) == len(parts[other]):  # others need no comparison
                for each in (path, other):
                    forms[each] = forms.get(each) or _form(parts[each], vertices, index, len(scope) + 1)
        for _, group in groupby(parts, key=lambda path: forms.get(path, path)):
            first, *others = group
            for other in others:
                beside[first] = beside[other] = first
                for stands, i in zip(parts[first], parts[other]):
                    stands_for[i] = stands
            if others:
                times[first] = 1 + len(others)
            todo.append((first, parts[first]))
    return stands_for, times, beside


def _form(part: list[int], vertices: list[Vertex], index: dict[str, int], depth: int) -> tuple:
    """What equal scopes have in common: what is applied to what inside, but no names and nothing from outside."""
    place = {i: k for k, i in enumerate(part)}
    return tuple(
        (
            v.kind, v.op, v.shape, v.dtype, v.settings, v.scope[depth:],
            tuple((place[index[source]], argument) for source, argument in flows(v) if index[source] in place),
        )
        for v in (vertices[i] for i in part)
    )  # fmt: skip
