"""Running sums, products and differences."""

from hypothesis import strategies as st

from ..drawing import along
from ..rows import BOTH, Row


def with_start(t, x, axis, include_initial, first, run):
    out = run(x, axis)
    if not include_initial:
        return out
    return t.cat([t.full_like(t.narrow(x, axis, 0, 1), first), out], axis)


ROWS = [
    Row("cumsum", along(0), torch=lambda t, x, axis: t.cumsum(x, axis), complex=BOTH),
    Row("cumprod", along(0), "nonzero", torch=lambda t, x, axis: t.cumprod(x, axis), complex=BOTH),
    Row("nancumsum", along(0), "nan", torch=lambda t, x, axis: t.cumsum(t.where(t.isnan(x), 0, x), axis)),
    Row("nancumprod", along(0), "nan", torch=lambda t, x, axis: t.cumprod(t.where(t.isnan(x), 1, x), axis)),
    Row("cumulative_sum", along(include_initial=st.booleans()),
        torch=lambda t, x, axis, include_initial: with_start(t, x, axis, include_initial, 0, t.cumsum), complex=BOTH),
    Row("cumulative_prod", along(include_initial=st.booleans()), "nonzero",
        torch=lambda t, x, axis, include_initial: with_start(t, x, axis, include_initial, 1, t.cumprod)),
    Row("maximum.accumulate", along(), "distinct", torch=lambda t, x, axis: t.cummax(x, axis)[0],
        jax=lambda n, x, axis: n.maximum.accumulate(x, axis)),
    Row("minimum.accumulate", along(), "distinct", torch=lambda t, x, axis: t.cummin(x, axis)[0],
        jax=lambda n, x, axis: n.minimum.accumulate(x, axis)),
    Row("logaddexp.accumulate", along(), torch=lambda t, x, axis: t.logcumsumexp(x, axis),
        jax=lambda n, x, axis: n.logaddexp.accumulate(x, axis)),
    Row("add.accumulate", along(), torch=lambda t, x, axis: t.cumsum(x, axis)),
    Row("multiply.accumulate", along(), "nonzero", torch=lambda t, x, axis: t.cumprod(x, axis)),
    Row("add.reduce", along(), torch=lambda t, x, axis: t.sum(x, axis)),
    Row("multiply.reduce", along(), "nonzero", torch=lambda t, x, axis: t.prod(x, axis)),
    Row("maximum.reduce", along(), "distinct", torch=lambda t, x, axis: t.amax(x, axis)),
    Row("minimum.reduce", along(), "distinct", torch=lambda t, x, axis: t.amin(x, axis)),
    Row("logaddexp.reduce", along(), torch=lambda t, x, axis: t.logsumexp(x, axis)),
]  # fmt: skip
