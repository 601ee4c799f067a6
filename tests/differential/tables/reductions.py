"""Functions that reduce axes."""

from hypothesis import strategies as st

from ..drawing import along, one, over
from ..rows import BOTH, Row

Q = st.sampled_from([0.21, 0.5, 0.77])
FREEDOM = st.sampled_from([0, 1])


def all_axes(x, axis):
    return tuple(range(x.ndim)) if axis is None else axis


def of_one_axis(name):
    """PyTorch's function that takes one axis, or all elements."""

    def run(t, x, axis, keepdims):
        if axis is not None:
            return getattr(t, name)(x, axis, keepdim=keepdims)
        out = getattr(t, name)(x.reshape(-1), 0)
        return out.reshape([1] * x.ndim) if keepdims else out

    return run


def torch_prod(t, x, axis, keepdims):
    """Over several axes, one after the other."""
    axes = sorted([i % x.ndim for i in (all_axes(x, axis) if axis is None or isinstance(axis, tuple) else (axis,))])
    for i in reversed(axes):
        x = t.prod(x, i, keepdim=keepdims)
    return x


def spread(name, on):
    return Row(
        name,
        over(2, ddof=FREEDOM),
        torch=lambda t, x, axis, keepdims, ddof: getattr(t, on)(
            x, all_axes(x, axis), correction=ddof, keepdim=keepdims
        ),
        complex="jax",
    )


def quantile(t, x, q, axis, keepdims, method="linear"):
    return t.quantile(x, q, axis, keepdim=keepdims, interpolation=method)


def nan_sum_squares(t, x, axis, keepdims, ddof, power):
    axes, known = all_axes(x, axis), ~t.isnan(x)
    x = t.where(known, x, 0)
    off = t.where(known, x - t.sum(x, axes, keepdim=True) / t.sum(known, axes, keepdim=True), 0)
    return (t.sum(off**2, axes, keepdim=keepdims) / (t.sum(known, axes, keepdim=keepdims) - ddof)) ** power


def torch_ptp(t, x, axis, keepdims):
    axes = all_axes(x, axis)
    return t.amax(x, axes, keepdim=keepdims) - t.amin(x, axes, keepdim=keepdims)


def torch_median(t, x, axis, keepdims):
    return of_one_axis("nanquantile")(_WithHalf(t), x, axis, keepdims)


class _WithHalf:
    """PyTorch's median of even counts is the lower one; its quantile is NumPy's."""

    def __init__(self, t):
        self.t = t

    def nanquantile(self, x, axis, keepdim=False):
        return self.t.nanquantile(x, 0.5, axis, keepdim=keepdim)


ROWS = [
    Row("sum", over(0), torch=lambda t, x, axis, keepdims: t.sum(x, axis, keepdim=keepdims), complex=BOTH),
    Row("mean", over(), torch=lambda t, x, axis, keepdims: t.mean(x, axis, keepdim=keepdims), complex=BOTH),
    Row("prod", over(0), "nonzero", torch=torch_prod, complex=BOTH),
    spread("var", "var"),
    spread("std", "std"),
    Row("max", over(), "distinct", torch=lambda t, x, axis, keepdims: t.amax(x, all_axes(x, axis), keepdim=keepdims)),
    Row("min", over(), "distinct", torch=lambda t, x, axis, keepdims: t.amin(x, all_axes(x, axis), keepdim=keepdims)),
    Row("amax", over(), "distinct", torch=lambda t, x, axis, keepdims: t.amax(x, all_axes(x, axis), keepdim=keepdims)),
    Row("amin", over(), "distinct", torch=lambda t, x, axis, keepdims: t.amin(x, all_axes(x, axis), keepdim=keepdims)),
    Row("ptp", over(), "distinct", torch=torch_ptp),
    Row("nn.logsumexp", over(), torch=lambda t, x, axis, keepdims: t.logsumexp(x, all_axes(x, axis), keepdim=keepdims)),
    Row("average", along(count=2), ("normal", "positive"),
        call=lambda m, x, w, axis: m.average(x, axis=axis, weights=w),
        torch=lambda t, x, w, axis: t.sum(x * w, axis) / t.sum(w, axis)),
    Row("median", over(tuples=False), "distinct", torch=torch_median),
    Row("quantile", over(tuples=False, q=Q, method=st.sampled_from(["linear", "lower", "higher", "midpoint"])),
        "distinct", torch=quantile),
    Row("percentile", over(tuples=False, q=Q.map(lambda q: 100 * q)), "distinct",
        torch=lambda t, x, q, axis, keepdims: quantile(t, x, q / 100, axis, keepdims)),
    Row("nansum", over(2), "nan", torch=lambda t, x, axis, keepdims: t.nansum(x, all_axes(x, axis), keepdim=keepdims)),
    Row("nanmean", over(2), "nan",
        torch=lambda t, x, axis, keepdims: t.nanmean(x, all_axes(x, axis), keepdim=keepdims)),
    Row("nanprod", over(2), "nan",
        torch=lambda t, x, axis, keepdims: torch_prod(t, t.where(t.isnan(x), 1, x), axis, keepdims)),
    Row("nanvar", over(3, ddof=FREEDOM), "nan", torch=lambda t, x, **k: nan_sum_squares(t, x, power=1, **k)),
    Row("nanstd", over(3, ddof=FREEDOM), "nan", torch=lambda t, x, **k: nan_sum_squares(t, x, power=0.5, **k)),
    Row("nanmax", over(2), "nan",
        torch=lambda t, x, axis, keepdims: t.amax(t.where(t.isnan(x), -9, x), all_axes(x, axis), keepdim=keepdims)),
    Row("nanmin", over(2), "nan",
        torch=lambda t, x, axis, keepdims: t.amin(t.where(t.isnan(x), 9, x), all_axes(x, axis), keepdim=keepdims)),
    Row("nanmedian", over(2, tuples=False), "nan", torch=torch_median),
    Row("nanquantile", over(2, tuples=False, q=Q), "nan",
        torch=lambda t, x, q, axis, keepdims: t.nanquantile(x, q, axis, keepdim=keepdims)),
    Row("nanpercentile", over(2, tuples=False, q=Q.map(lambda q: 100 * q)), "nan",
        torch=lambda t, x, q, axis, keepdims: t.nanquantile(x, q / 100, axis, keepdim=keepdims)),
    Row("trapezoid", along(2, dx=st.sampled_from([0.5, 2.0])),
        torch=lambda t, x, axis, dx: t.trapezoid(x, dx=dx, dim=axis)),
    Row("trapezoid", along(2, count=2), call=lambda m, y, x, axis: m.trapezoid(y, x, axis=axis),
        torch=lambda t, y, x, axis: t.trapezoid(y, x, dim=axis)),
    Row("linalg.norm", one(1, 1), call=lambda m, x: m.linalg.norm(x.reshape(-1)), complex=BOTH),
    Row("linalg.vector_norm", over(ord=st.sampled_from([1, 2, 3, 2.5])), "nonzero",
        torch=lambda t, x, axis, keepdims, ord: t.linalg.vector_norm(x, ord, axis, keepdims), complex=BOTH),
    Row("linalg.vector_norm", over(ord=st.sampled_from([float("inf"), -float("inf"), -1])), "distinct",
        torch=lambda t, x, axis, keepdims, ord: t.linalg.vector_norm(x, ord, axis, keepdims)),
]  # fmt: skip
