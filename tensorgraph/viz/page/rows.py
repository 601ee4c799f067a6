"""Insides of boxes in plain rows, in linear time: where arrays are used so far away that Graphviz takes minutes.

Each child stands right above the first that uses it, and so below all that it uses. A wire to the next row is a curve.
Longer ones run down the left side on lanes, like on a circuit board: all wires from one child share its lane.
"""

from __future__ import annotations

import heapq

from .plan import Layout, Plan

GAP, ROW_GAP, LANE = 26, 34, 9


def span(plan: Plan) -> int:
    """How many rows all wires of a plan cross together: about how much Graphviz would have to lay out."""
    rows = _rows(plan)
    count = max(rows, default=0) + 1
    return sum(
        abs((rows[head] if head >= 0 else count) - (rows[tail] if tail >= 0 else -1)) for tail, head in plan.wires
    )


def lay_out(plan: Plan) -> Layout:
    """The layout of a plan."""
    rows = _rows(plan)
    count = max(rows, default=0) + 1
    widths, heights = [0] * count, [0] * count
    for (width, height), row in zip(plan.sizes, rows):
        widths[row] += width + GAP
        heights[row] = max(heights[row], height)
    widest = max([*widths, (max(plan.inputs, plan.outputs) + 1) * GAP])
    lanes = _lanes(plan, rows, count)
    left = (max(lanes.values(), default=-1) + 1) * LANE + GAP

    tops = [ROW_GAP] * (count + 1)  # the gap above row r ends at tops[r]
    for row in range(count):
        tops[row + 1] = tops[row] + heights[row] + ROW_GAP
    bottom = tops[count]
    spots = []
    pen = [left + (widest - width) // 2 for width in widths]
    for (width, height), row in zip(plan.sizes, rows):
        spots.append((pen[row] + (width + GAP) // 2, tops[row] + heights[row] // 2, width, height))
        pen[row] += width + GAP
    inputs = [left + widest * (k + 1) // (plan.inputs + 1) for k in range(plan.inputs)]
    outputs = [left + widest * (k + 1) // (plan.outputs + 1) for k in range(plan.outputs)]

    curves = []
    for tail, head in plan.wires:
        upper, lower = rows[tail] if tail >= 0 else -1, rows[head] if head >= 0 else count
        start = (spots[tail][0], spots[tail][1] + spots[tail][3] // 2) if tail >= 0 else (inputs[-1 - tail], 0)
        end = (spots[head][0], spots[head][1] - spots[head][3] // 2) if head >= 0 else (outputs[-1 - head], bottom)
        if lower - upper == 1:
            curves.append(_bend(start, end))
        else:
            lane = (left - GAP // 2 - lanes[tail] * LANE, tops[upper + 1] - 6, tops[lower] - ROW_GAP + 6)
            curves.append(_detour(start, lane, end))
    return Layout((left + widest, bottom), spots, [], inputs, outputs, curves)


def _rows(plan: Plan) -> list[int]:
    """The row of each child: after what it uses, as late as its users allow. Wires that lead back have no say in it."""
    rows = [0] * len(plan.sizes)
    users: list[list[int]] = [[] for _ in plan.sizes]
    for (tail, head), weight in zip(plan.wires, plan.weights):
        if 0 <= tail < head and weight:
            users[tail].append(head)
    for tail, heads in enumerate(users):
        for head in heads:
            rows[head] = max(rows[head], rows[tail] + 1)
    for tail in reversed(range(len(users))):
        if users[tail]:
            rows[tail] = min(rows[head] for head in users[tail]) - 1
    return rows


def _lanes(plan: Plan, rows: list[int], count: int) -> dict[int, int]:
    """A lane for each place with long wires; two may share one where their rows do not meet."""
    reach: dict[int, tuple[int, int]] = {}
    for tail, head in plan.wires:
        upper, lower = rows[tail] if tail >= 0 else -1, rows[head] if head >= 0 else count
        if lower - upper != 1:
            low, high = reach.get(tail, (count, -1))
            reach[tail] = (min(low, upper, lower), max(high, upper, lower))
    lanes: dict[int, int] = {}
    busy: list[tuple[int, int]] = []  # (the row where it ends, lane)
    free: list[int] = []
    for tail, (low, high) in sorted(reach.items(), key=lambda item: (item[1], item[0])):
        while busy and busy[0][0] < low:
            heapq.heappush(free, heapq.heappop(busy)[1])
        lanes[tail] = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (high, lanes[tail]))
    return lanes


def _bend(start: tuple[int, int], end: tuple[int, int]) -> list[int]:
    middle = (start[1] + end[1]) // 2
    return [*start, start[0], middle, end[0], middle, *end]


def _detour(start: tuple[int, int], lane: tuple[int, int, int], end: tuple[int, int]) -> list[int]:
    """Out to the lane, along it, and back."""
    x, from_y, to_y = lane
    out = [*start, start[0], from_y + 4, x, from_y - 8, x, from_y + 8]
    along = [x, from_y + 8, x, to_y - 8, x, to_y - 8]
    return [*out, *along, x, to_y + 8, end[0], to_y - 4, *end]
