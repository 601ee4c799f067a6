"""Which step of one run belongs to which of the other: by order, by op and by module."""

from __future__ import annotations

from collections.abc import Sequence

from .run import Step

REACH = 24  # how many steps more one run may have in one place
SURE = 3  # so many steps must agree after such a place

Pair = tuple[int | None, int | None]


def align(a: Sequence[Step], b: Sequence[Step]) -> tuple[list[Pair], tuple[int, int] | None]:
    """Pairs of steps, in order, None where one run has no such step; and where the runs part for good, if they do.

    Time is linear in the length of the runs: after a step that does not fit, the next place where both agree is sought
    within ``REACH`` steps.
    """
    pairs: list[Pair] = []
    i = j = 0
    while i < len(a) and j < len(b):
        more_a, more_b = 0, 0
        if not _alike(a[i], b[j]):
            found = _next_place(a, b, i, j)
            if found is None:
                return pairs, (i, j)
            more_a, more_b = found
        pairs += [(k, None) for k in range(i, i + more_a)]
        pairs += [(None, k) for k in range(j, j + more_b)]
        i, j = i + more_a, j + more_b
        if i < len(a) and j < len(b):
            pairs.append((i, j))
            i, j = i + 1, j + 1
    pairs += [(k, None) for k in range(i, len(a))]
    pairs += [(None, k) for k in range(j, len(b))]
    return pairs, None


def _next_place(a: Sequence[Step], b: Sequence[Step], i: int, j: int) -> tuple[int, int] | None:
    """How many steps of each run to pass over, as few as can be, so that they agree again."""
    for more in range(1, REACH + 1):
        for more_a in range(more, -1, -1):
            if _agree(a, b, i + more_a, j + more - more_a):
                return more_a, more - more_a
    if _same_op(a[i], b[j]):  # in a module of another name
        return 0, 0
    left = len(a) - i, len(b) - j
    return left if sum(left) <= REACH else None


def _agree(a: Sequence[Step], b: Sequence[Step], i: int, j: int) -> bool:
    """Whether some steps from here on are alike."""
    left = min(SURE, len(a) - i, len(b) - j)
    return left > 0 and all(_alike(a[i + k], b[j + k]) for k in range(left))


def _same_op(a: Step, b: Step) -> bool:
    return a.op == b.op and a.backward == b.backward


def _alike(a: Step, b: Step) -> bool:
    return _same_op(a, b) and a.scope == b.scope
