"""The arrangement of a graph: every box of it laid out by itself, closed boxes in it as plain rectangles.

A page that opens a box does not lay anything out again. It puts the inner layout where the closed box was, and what lay
below or beside it moves away, along with the curves that pass there (``compose.js``). What was apart stays apart, and
what was in line stays in line, whichever boxes are open. Graphviz would need a layout for every set of open boxes; and
with one for each depth only, opening a single box would throw all others around.

Equal boxes, like the layers of a deep net, are laid out once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import dot, rows
from .plan import SINGLE, Layout, Plan
from .sizes import box_size, node_size
from .tree import Box, Tree

MOST_SPAN = 800
"""Rows that the wires of one plan may cross together, for Graphviz to lay it out in a fraction of a second."""

SMALL_SPAN = 300
"""Of a plan that takes no time worth counting."""

ALL_SPANS = 30_000
"""Of all plans of a page together, but for the small ones."""


def arrange(graph: dict[str, Any]) -> dict[str, Any]:
    """Boxes, wires and layouts of a graph, as a page embeds them. Time and size are linear in the size of the graph.

    graph  what ``Graph.to_json()`` says, as a dict

    Gives a dict of ``boxes``, each before those inside of it, and ``layouts``, which boxes refer to by number. Places
    and layouts are those of ``Box`` and ``Layout``; a child box number k is written -1 - k.
    """
    return Arrangement(graph).records()


class Arrangement:
    """The layouts so far: those of inner boxes come first, for the order of their ports matters to the outer ones."""

    def __init__(self, graph: dict[str, Any]) -> None:
        self.tree, self.scopes = Tree(graph), graph["scopes"]
        self.sizes = [node_size(node) for node in self.tree.nodes]
        self.leaves = [
            node["kind"] in ("parameter", "input") or (upward and node["op"] is None)
            for node, upward in zip(self.tree.nodes, self.tree.upward)
        ]
        self.layouts: dict[Plan, Layout] = {}
        self.plans: dict[Box, Plan] = {}
        self.spans = 0
        levels: dict[int, list[Box]] = {}
        for box in self.tree.boxes:
            levels.setdefault(box.depth, []).append(box)
        for depth in sorted(levels, reverse=True):
            self.lay_out(levels[depth])

    def lay_out(self, boxes: list[Box]) -> None:
        """By Graphviz what it can do soon, in rows what it cannot."""
        self.plans.update({box: self.plan(box) for box in boxes})
        todo = []
        for plan in dict.fromkeys(self.plans[box] for box in boxes):
            if plan in self.layouts:
                continue
            crossed = rows.span(plan)
            if crossed > max(min(MOST_SPAN, ALL_SPANS - self.spans), SMALL_SPAN):
                self.layouts[plan] = rows.lay_out(plan)
            else:
                self.spans += crossed if crossed > SMALL_SPAN else 0
                todo.append(plan)
        self.layouts.update(zip(todo, dot.lay_out(todo)))

    def plan(self, box: Box) -> Plan:
        """What is to be laid out for a box, when all boxes in it are."""
        outputs, inputs = self.slots(box, "outputs"), self.slots(box, "inputs")
        slots, weights = [], []
        main: dict[tuple[int, str], int] = {}
        for (tail, head), sources in box.wires.items():
            first = next(iter(sources))
            slots.append((outputs[tail][first] if tail in outputs else 0, inputs[head][first] if head in inputs else 0))
            light = all(self.leaves[source] for source in sources)
            weights.append(0 if (tail, head) not in box.firm else 1 if light else 60)
            if weights[-1] > 1:
                main.setdefault((tail, "outputs"), slots[-1][0])
            main.setdefault((head, "inputs"), slots[-1][1])
        return Plan(
            tuple(self.box_size(child) if isinstance(child, Box) else self.sizes[child] for child in box.children),
            _beside(box, self.leaves),
            len(set(box.inputs.values())),
            len(set(box.outputs.values())),
            tuple(box.wires),
            tuple(slots),
            tuple(
                (
                    (max(len(set(child.inputs.values())), 1), main.get((place, "inputs"), 0)),
                    (max(len(set(child.outputs.values())), 1), main.get((place, "outputs"), 0)),
                )
                if isinstance(child, Box)
                else SINGLE
                for place, child in enumerate(box.children)
            ),
            tuple(weights),
            tuple(self.pairs(box)),
        )

    def pairs(self, box: Box) -> Iterator[tuple[int, int]]:
        """Pairs of an op and its gradient, where both are drawn in a box."""
        nodes = {
            place: self.tree.nodes[child] for place, child in enumerate(box.children) if not isinstance(child, Box)
        }
        places = {node["id"]: place for place, node in nodes.items()}
        for place, node in nodes.items():
            if node["kind"] == "gradient" and node["op"] and (forward := places.get("n" + node["id"][1:])) is not None:
                yield forward, place

    def slots(self, box: Box, side: str) -> dict[int, dict[int, int]]:
        """For each box in a box, by its place: which port, from the left, is that of which source."""
        found = {}
        for child in box.children:
            if isinstance(child, Box):
                at: list[int] = getattr(self.layouts[self.plans[child]], side)
                order = {port: slot for slot, port in enumerate(sorted(range(len(at)), key=at.__getitem__))}
                found[child.place] = {source: order[port] for source, port in getattr(child, side).items()}
        return found

    def box_size(self, box: Box) -> tuple[int, int]:
        times = self.scopes[box.scope]["times"] if box.scope is not None else 1
        return box_size(box.name, times, [f"{box.size} nodes"])

    def records(self) -> dict[str, Any]:
        """Everything, as the page has it."""
        numbers = {plan: i for i, plan in enumerate(self.layouts)}
        return {
            "boxes": [_record(box, numbers[self.plans[box]]) for box in self.tree.boxes],
            "layouts": [layout._asdict() for layout in self.layouts.values()],
        }


def _beside(box: Box, leaves: list[bool]) -> tuple[tuple[int, ...], ...]:
    """Rows of ops with the leaves that feed only them: so the flow of data runs straight down between these.

    There is room for two. An op that is fed by leaves alone has the first of them above it, where the flow starts.
    """
    uses = [0] * len(box.children)
    sources: dict[int, list[int]] = {}
    for tail, head in box.wires:
        if tail >= 0:
            uses[tail] += 1
        if head >= 0 and not isinstance(box.children[head], Box):
            sources.setdefault(head, []).append(tail)
    found = []
    for op, tails in sources.items():
        fed = [tail for tail in tails if tail >= 0 and _is_leaf(box.children[tail], leaves)]
        start = tails[0] if len(fed) == len(tails) else None
        if beside := [leaf for leaf in fed if uses[leaf] == 1 and leaf != start][:2]:
            found.append((op, *beside))
    return tuple(found)


def _is_leaf(child: int | Box, leaves: list[bool]) -> bool:
    return not isinstance(child, Box) and leaves[child]


def _record(box: Box, layout: int) -> dict[str, Any]:
    """A box as the page has it."""
    return {
        "name": box.name,
        "parent": box.parent.number if box.parent else None,
        "place": box.place,
        "scope": box.scope,
        "nodes": box.size,
        "children": [-1 - child.number if isinstance(child, Box) else child for child in box.children],
        "layout": layout,
        "inputs": [[source, port] for source, port in box.inputs.items()],
        "outputs": [[source, port] for source, port in box.outputs.items()],
        "wires": [[*places, list(sources)] for places, sources in box.wires.items()],
    }
