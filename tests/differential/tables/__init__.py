"""A line for each function that the peers have too."""

from . import (
    calculus,
    choosing,
    cumulative,
    decompositions,
    elementwise,
    fourier,
    joining,
    nets,
    ordering,
    products,
    reductions,
    shaping,
    solving,
    special,
)

TABLES = [
    elementwise, special, reductions, cumulative, ordering, calculus, shaping, joining, choosing, products, solving,
    decompositions, fourier, nets,
]  # fmt: skip
ROWS = [row for table in TABLES for row in table.ROWS]
