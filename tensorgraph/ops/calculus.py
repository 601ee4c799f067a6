"""Differences, numerical derivatives and integrals, interpolation, unwrapped angles."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core import Tensor, implements, op, plain, samples_of
from ..errors import ArgumentError, DTypeError, ShapeError
from .operands import as_operand
from .ordering import arrange
from .shaping import broadcast_to

NOTHING = np._NoValue  # NumPy's sign of an argument that was not given


def _along(x, axis, *slices):
    """Parts of an array along one axis."""
    before = (slice(None),) * axis
    return [x[(*before, part)] for part in slices]


@implements(np.diff)
def diff(a, n=1, axis=-1, prepend=NOTHING, append=NOTHING):
    a = as_operand(a)
    if n < 0:
        raise ArgumentError(f"np.diff: n counts how often to take differences; got {n}")
    if not n:
        return a
    if not a.ndim:
        raise ShapeError("np.diff: a number has no neighbours; give an array with at least one axis")
    axis = normalize_axis_index(axis, a.ndim)
    edges = [a if end is a else _edge(end, a, axis) for end in (prepend, a, append) if end is not NOTHING]
    a = np.concatenate(edges, axis=axis) if len(edges) > 1 else a
    for _ in range(n):
        after, before = _along(a, axis, slice(1, None), slice(None, -1))
        a = after - before
    return a


def _edge(value, a, axis):
    """What comes before or after ``a``: a number stands for one more place along the axis."""
    value = as_operand(value)
    if value.ndim:
        return value
    shape = tuple([1 if i == axis else n for i, n in enumerate(a.shape)])
    if isinstance(value, Tensor):
        return broadcast_to(value, shape)
    return np.full_like(plain(a), value.item(), dtype=np.result_type(a.dtype, value.item()), shape=shape)


@samples_of(diff)
def _(n, draw):
    yield (draw(n, 3),)
    yield draw(n, 4), 2
    yield draw(n, 3), {"axis": 0, "prepend": 1.5}
    yield draw(n, 3), 1, -2, draw(2, 3), draw()
    yield draw(n, 3), 0


@implements(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    flat = as_operand(ary).reshape(-1)
    parts = [flat[1:] - flat[:-1]]
    for ends, place in ((to_begin, 0), (to_end, 2)):
        if ends is not None:
            ends = ends if isinstance(ends, Tensor) else np.asarray(ends, like=plain(flat))
            if not np.can_cast(ends.dtype, flat.dtype, "same_kind"):
                raise DTypeError(f"np.ediff1d: ends of {ends.dtype} do not go with differences of {flat.dtype}")
            ends = ends.reshape(-1).astype(flat.dtype)
            parts = [ends, *parts] if place == 0 else [*parts, ends]
    return np.concatenate(parts)


@samples_of(ediff1d)
def _(n, draw):
    yield (draw(n, 3),)
    yield draw(n), draw(2), draw()
    yield draw(n), {"to_begin": 1.5}


@implements(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    f = as_operand(f)
    f = f if f.dtype.kind in "fc" else f.astype(np.float64)
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    if edge_order not in (1, 2):
        raise ArgumentError(f"np.gradient: edge_order is 1 or 2; got {edge_order}")
    if len(varargs) == 1 and not np.ndim(varargs[0]):
        varargs *= len(axes)
    if varargs and len(varargs) != len(axes):
        raise ArgumentError(f"np.gradient: {len(axes)} axes take one spacing each, or one for all; got {len(varargs)}")
    spacings = map(_spacing, varargs) if varargs else [1.0] * len(axes)
    slopes = [_slope(f, i, each, edge_order).astype(f.dtype) for i, each in zip(axes, spacings)]
    return slopes[0] if len(axes) == 1 else tuple(slopes)


def _spacing(value):
    """A spacing as it is: a number, or coordinates as floating point numbers."""
    if not np.ndim(value):
        return value
    value = as_operand(value)
    return value if value.dtype.kind in "fc" else value.astype(np.float64)


def _slope(f, axis, spacing, edge_order):
    """The slope along one axis: a parabola through three neighbours, at the edges a line or a parabola."""
    length = f.shape[axis]
    if length < edge_order + 1:
        raise ShapeError(
            f"np.gradient: edge_order={edge_order} needs {edge_order + 1} elements along axis {axis}, not {length}"
        )
    if np.ndim(spacing):
        if spacing.shape != (length,):
            raise ShapeError(f"np.gradient: coordinates of shape {spacing.shape} for an axis of length {length}")
        steps = np.diff(spacing).reshape((-1, *[1] * (f.ndim - axis - 1)))
        left, right = steps[:-1], steps[1:]
        first, last = (steps[:1], steps[1:2]), (steps[-2:-1], steps[-1:])
    else:
        left = right = spacing
        first = last = (spacing, spacing)
    behind, here, ahead = _along(f, axis, slice(None, -2), slice(1, -1), slice(2, None))
    if np.ndim(spacing):
        inner = (
            -right / (left * (left + right)) * behind
            + (right - left) / (left * right) * here
            + left / (right * (left + right)) * ahead
        )
    else:
        inner = (ahead - behind) / (2 * spacing)
    if edge_order == 1:
        (a, b), (c, d) = _along(f, axis, slice(0, 1), slice(1, 2)), _along(f, axis, slice(-2, -1), slice(-1, None))
        start, end = (b - a) / first[0], (d - c) / last[1]
    else:
        start = _parabola(_along(f, axis, slice(0, 1), slice(1, 2), slice(2, 3)), *first)
        end = _parabola(_along(f, axis, slice(-1, None), slice(-2, -1), slice(-3, -2)), -last[1], -last[0])
    return np.concatenate([start, inner, end], axis=axis)


def _parabola(values, near, far):
    """The slope at the first of three values of the parabola through them: ``near`` and ``far`` are their distances."""
    a, b, c = values
    return (
        -(2 * near + far) / (near * (near + far)) * a
        + (near + far) / (near * far) * b
        - near / (far * (near + far)) * c
    )


@samples_of(gradient)
def _(n, draw):
    coordinates = np.cumsum(draw.positive(5)).astype(draw.dtype)
    yield (draw(n + 2, 3),)
    yield draw(n + 2, 3), 0.5, {"axis": 0}
    yield draw(n, 5), coordinates, {"axis": 1}
    yield draw(n, 5), coordinates, {"axis": -1, "edge_order": 2}
    yield draw(n + 3, 5), draw.positive(), coordinates, {"edge_order": 2}
    yield draw(3, n, 4), 2.0, {"axis": (0, 2), "edge_order": 2}


@implements(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = as_operand(y)
    axis = normalize_axis_index(axis, y.ndim)
    if x is not None:
        x = as_operand(x)
        dx = np.diff(x, axis=axis if x.ndim > 1 else -1)
        dx = dx.reshape((-1, *[1] * (y.ndim - axis - 1))) if x.ndim == 1 else dx
    before, after = _along(y, axis, slice(None, -1), slice(1, None))
    return (dx * (after + before) / 2.0).sum(axis=axis)


@samples_of(trapezoid)
def _(n, draw):
    yield (draw(n, 4),)
    yield draw(n, 4), None, 0.5
    yield draw(n, 4), draw(4)
    yield draw(4, n, 2), draw(4), {"axis": 0}
    yield draw(n, 4), draw(n, 4), {"axis": 1}
    yield draw(n, 4), {"dx": draw()}


@op(np.unwrap)
def unwrap(p, discont=None, axis=-1, period=2 * math.pi):
    """Angles without jumps: whole periods are added, so the gradient flows through as it is."""
    return np.unwrap(p, discont, axis, period=period)


unwrap.grad("p")(lambda g: g)
unwrap.branches(lambda p, discont, axis, period: np.round((np.unwrap(p, discont, axis, period=period) - p) / period))


@unwrap.samples
def _(n, draw):
    yield (3 * draw(n, 4),)
    yield 3 * draw(n, 4), 4.0, 0
    yield draw(n, 4), None, -1, 1.0


@implements(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    x, xp, fp = map(as_operand, (x, xp, fp))
    if "c" in (x.dtype.kind, xp.dtype.kind):
        raise DTypeError("np.interp: complex numbers have no order; x and xp must be real")
    if xp.ndim != 1 or fp.ndim != 1 or xp.shape != fp.shape or not xp.shape[0]:
        raise ShapeError(f"np.interp: xp and fp are vectors of one length; got shapes {xp.shape} and {fp.shape}")
    if period is not None:
        if plain(period) == 0:
            raise ArgumentError("np.interp: the period must not be 0")
        left = right = None
        period = abs(period)
        x, xp = x % period, xp % period
        order = plain(np.argsort(xp))
        xp, fp = arrange(xp, order, 0), arrange(fp, order, 0)
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
    if xp.shape[0] == 1:
        inside = np.broadcast_to(fp, (*x.shape, 1)).reshape(x.shape)
    else:
        at = plain(np.searchsorted(xp, x, side="right") - 1).clip(0, xp.shape[0] - 2)
        slope = (fp[at + 1] - fp[at]) / (xp[at + 1] - xp[at])
        inside = slope * (x - xp[at]) + fp[at]
    result = np.where(x < xp[0], fp[0] if left is None else left, inside)
    return np.where(x >= xp[-1], np.where(x > xp[-1], fp[-1] if right is None else right, fp[-1]), result)


@samples_of(interp)
def _(n, draw):
    xp = draw.constant(np.array([-2.0, -0.7, 0.4, 1.9]))
    inside = 1.8 * draw.unit(n, 2)
    yield inside, xp, draw(4)
    yield 3 * draw.distinct(n, 2), np.sort(draw.distinct(4)), draw(4)
    yield 3 * draw.distinct(n), np.sort(draw.distinct(4)), draw(4), 1.5, -0.5
    yield draw.distinct(n), draw.distinct(4), draw(4), None, None, 3.0
    yield draw(n), draw.constant([0.5]), draw(1)
    yield draw(), xp, draw(4)
