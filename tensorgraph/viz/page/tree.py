"""A graph as boxes in boxes: what each module holds, and the wires inside of it, up to its own border.

A wire of a box leads from child to child, or from a port on the top border to a child, or from a child to a port on the
bottom border. So a box is drawn without a look at what is around it, and a wire that crosses borders is the sum of its
pieces. A port belongs to one node of the graph: it is where that node's array enters or leaves the box.

Beside a forward, gradients flow upwards: a wire between gradients leads from the one that takes to the one that gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

MOST_CHILDREN = 400
"""A box with more children than this gets them in groups."""

GROUP = 100
"""Children of such a group."""

MOST_PORTS = 24
"""Of a border with more ports than this, all are one."""


class Box:
    """A module, the whole graph, or a group of what would be too much to draw side by side.

    children  numbers of nodes, and boxes
    inputs    whose arrays enter, each with the number of its port; outputs likewise
    wires     by (tail, head), whose arrays run there; a place is the position of a child, or -1 - k for port k
    firm      the wires that say what is above and what is below: not those on which a gradient takes from the forward
    """

    def __init__(self, name: str, parent: Box | None, scope: int | None = None) -> None:
        self.name, self.parent, self.scope = name, parent, scope
        self.children: list[int | Box] = []
        self.inputs: dict[int, int] = {}
        self.outputs: dict[int, int] = {}
        self.wires: dict[tuple[int, int], dict[int, None]] = {}
        self.firm: set[tuple[int, int]] = set()
        self.depth = self.place = self.number = self.size = 0

    def wire(self, tail: int, head: int, source: int, firm: bool) -> None:
        self.wires.setdefault((tail, head), {})[source] = None
        if firm:
            self.firm.add((tail, head))

    def merge_ports(self) -> None:
        """Make one port of too many."""
        for ports, end in ((self.inputs, 0), (self.outputs, 1)):
            if len(ports) <= MOST_PORTS:
                continue
            ports.update(dict.fromkeys(ports, 0))
            wires, self.wires, firm, self.firm = self.wires, {}, self.firm, set()
            for places, sources in wires.items():
                tail, head = (max(place, -1) if k == end else place for k, place in enumerate(places))
                for source in sources:
                    self.wire(tail, head, source, places in firm)


class Tree:
    """The boxes of a graph, each before those inside of it: ``boxes[0]`` is the whole graph."""

    def __init__(self, graph: dict[str, Any]) -> None:
        self.nodes: list[dict[str, Any]] = graph["nodes"]
        self.scopes = {tuple(scope["path"]): i for i, scope in enumerate(graph["scopes"])}
        self.root = Box(graph["title"], None)
        self.home: list[Box] = []  # of each node
        self.place: list[int] = []  # of each node among the children of its home
        self._fill()
        self._group()
        self.boxes = list(self._numbered())
        self._settle()
        numbers = {node["id"]: i for i, node in enumerate(self.nodes)}
        both = graph["view"] == "both"
        self.upward = [both and node["kind"] == "gradient" for node in self.nodes]
        self._connect((numbers[edge["source"]], numbers[edge["target"]]) for edge in graph["edges"])

    def _fill(self) -> None:
        """Put each node into the box of its module."""
        boxes: dict[tuple[str, ...], Box] = {(): self.root}
        for i, node in enumerate(self.nodes):
            path = tuple(node["scope"])
            known = len(path)
            while path[:known] not in boxes:
                known -= 1
            for depth in range(known, len(path)):
                outer, inner = boxes[path[:depth]], path[: depth + 1]
                boxes[inner] = Box(path[depth], outer, self.scopes.get(inner))
                outer.children.append(boxes[inner])
            boxes[path].children.append(i)

    def _group(self) -> None:
        """Cut long lists of children into groups, and these into groups of groups."""
        todo = [self.root]
        while todo:
            box = todo.pop()
            todo += [child for child in box.children if isinstance(child, Box)]
            word = "ops" if all(isinstance(child, int) for child in box.children) else "parts"
            count, step = len(box.children), 1
            while len(box.children) > MOST_CHILDREN:
                parts, box.children = box.children, []
                starts = range(0, len(parts) - GROUP // 4, GROUP)  # the last may be longer, but never very short
                for start, end in zip(starts, [*starts[1:], len(parts)]):
                    group = Box(f"{word} {start * step + 1}–{min(end * step, count)}", box)
                    group.children = parts[start:end]
                    for child in group.children:
                        if isinstance(child, Box):
                            child.parent = group
                    box.children.append(group)
                step *= GROUP

    def _numbered(self) -> Iterator[Box]:
        todo, count = [self.root], 0
        while todo:
            box = todo.pop()
            box.number, count = count, count + 1
            box.depth = box.parent.depth + 1 if box.parent else 0
            todo += [child for child in reversed(box.children) if isinstance(child, Box)]
            yield box

    def _settle(self) -> None:
        """Note where everything is, and how many nodes are in each box."""
        self.home = [self.root] * len(self.nodes)
        self.place = [0] * len(self.nodes)
        for box in self.boxes:
            for place, child in enumerate(box.children):
                if isinstance(child, Box):
                    child.place = place
                else:
                    self.home[child], self.place[child] = box, place
                    box.size += 1
        for box in reversed(self.boxes):
            if box.parent:
                box.parent.size += box.size

    def _connect(self, edges: Iterable[tuple[int, int]]) -> None:
        """Lay each edge from both ends outwards, until the two meet in one box."""
        for source, target in edges:
            firm = self.upward[source] == self.upward[target]
            first, last = (target, source) if self.upward[source] else (source, target)
            one, other = self.home[first], self.home[last]
            tail, head = self.place[first], self.place[last]
            while one is not other:
                if one.depth >= other.depth:
                    port = one.outputs.setdefault(source, len(one.outputs))
                    one.wire(tail, -1 - port, source, firm)
                    tail, one = one.place, one.parent or self.root
                else:
                    port = other.inputs.setdefault(source, len(other.inputs))
                    other.wire(-1 - port, head, source, firm)
                    head, other = other.place, other.parent or self.root
            one.wire(tail, head, source, firm)
        for box in self.boxes:
            box.merge_ports()
