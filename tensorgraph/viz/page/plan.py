"""What is asked for and given when the inside of one box is laid out: sizes and wires in, places and curves out."""

from __future__ import annotations

from typing import NamedTuple

Ports = tuple[int, int]
SINGLE: tuple[Ports, Ports] = ((1, 0), (1, 0))


class Plan(NamedTuple):
    """The inside of a box, without names: equal plans have equal layouts.

    sizes    (width, height) of each child
    rows     children that stand on one row: an op, the leaf to its left and, if there is one, that to its right
    inputs, outputs   how many ports there are on the upper and on the lower border
    wires    (tail, head) of each: positions of children, or -1 - k for port k
    slots    of each wire: at which of the ports of its tail it begins, and at which of those of its head it ends,
             counted from the left; 0 where there is but one
    ports    of each child: how many ports it has above, and which of them is the one that stands in the middle; and the
             same below
    weights  of each wire: how much it matters that it is short and straight; one of weight 0 may lead anywhere
    level    pairs of children that stand on one row
    """

    sizes: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int, ...], ...]
    inputs: int
    outputs: int
    wires: tuple[tuple[int, int], ...]
    slots: tuple[tuple[int, int], ...]
    ports: tuple[tuple[Ports, Ports], ...]
    weights: tuple[int, ...]
    level: tuple[tuple[int, int], ...]


class Layout(NamedTuple):
    """Where everything in a box is, in pixels from its upper left corner.

    size     width and height
    spots    (x, y, width, height) of each child, x and y its middle
    rows     those of the plan with nothing else between an op and its leaves
    inputs, outputs   x of each port; the first lie on y = 0, the second on y = height
    curves   of each wire: x, y of the control points of a Bézier curve of 3 k + 1 points, from tail to head
    """

    size: tuple[int, int]
    spots: list[tuple[int, int, int, int]]
    rows: list[tuple[int, ...]]
    inputs: list[int]
    outputs: list[int]
    curves: list[list[int]]
