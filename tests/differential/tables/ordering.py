"""Functions that put elements in order."""

from ..drawing import along, one
from ..rows import Row

ROWS = [
    Row("sort", along(0), "distinct", torch=lambda t, x, axis: t.sort(x, axis)[0]),
    Row("partition", along(3), "distinct", call=lambda m, x, axis: m.sort(m.partition(x, 1, axis=axis), axis=axis),
        torch=lambda t, x, axis: t.sort(x, axis)[0]),
    Row("unique", one(), "distinct", torch=lambda t, x: t.sort(x.reshape(-1))[0], jax=None),
    Row("unique_values", one(), "distinct", torch=lambda t, x: t.sort(x.reshape(-1))[0], jax=None),
    Row("sort_complex", one(1, 1), "distinct", torch=lambda t, x: t.sort(x, -1)[0].to(t.complex128)),
]  # fmt: skip
