"""How far values lie apart: variance and standard deviation over axes."""

from __future__ import annotations

import numpy as np

from ..core import implements, method, op, samples_of
from ..errors import ArgumentError, DTypeError
from .reductions import chosen_count, count_of, kept
from .reductions import mean as mean_of
from .reductions import sum as sum_of


@op(np.var, fused=True)
def _var(a, axis=None, ddof=0, keepdims=False):
    """Variance over axes: the mean square distance from the mean, with ``ddof`` taken off the count."""
    centred = a - a.mean(axis=axis, keepdims=True)
    return (centred * centred.conj()).real.sum(axis=axis, keepdims=keepdims) / _freedom("var", a.shape, axis, ddof)


@_var.grad("a")
def var_da(g, a, axis, ddof):
    scale = 2 / _freedom("var", a.shape, axis, ddof)
    return kept(g, a.shape, axis) * ((a - a.mean(axis=axis, keepdims=True)).conj() * scale)


@op(np.std, fused=True)
def _std(a, axis=None, ddof=0, keepdims=False):
    """Standard deviation over axes: the square root of the variance. Of equal values its gradient is 0."""
    centred = a - a.mean(axis=axis, keepdims=True)
    square = (centred * centred.conj()).real
    return np.sqrt(square.sum(axis=axis, keepdims=keepdims) / _freedom("std", a.shape, axis, ddof))


@_std.grad("a")
def std_da(g, a, out, axis, ddof):
    centred = a - a.mean(axis=axis, keepdims=True)
    spread = kept(out, a.shape, axis) * _freedom("std", a.shape, axis, ddof)
    return kept(g, a.shape, axis) * (centred.conj() / (spread + (spread == 0)))


def _freedom(name, shape, axis, ddof):
    freedom = count_of(axis, shape) - ddof
    if freedom <= 0:
        raise ArgumentError(f"{name}: {count_of(axis, shape)} elements leave no degree of freedom at ddof={ddof}")
    return freedom


def _axes(n, draw):
    if n > 1:
        yield (draw(n, 3),)
        yield draw(n, 3, 2), 1
        yield draw(n, 3, 2), (0, -1), {"ddof": 1}
        yield draw(n, 3, 2), -1, {"keepdims": True}
    else:
        yield draw(n, 3), 1


_var.samples(_axes)
_std.samples(_axes)


@implements(np.var)
@method
def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    """Variance over axes: the mean square distance from the mean, with ``ddof`` taken off the count."""
    if out is not None:  # of the method; NumPy's function has done it before it comes here
        return np.var(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction)
    ddof = _ddof("np.var", ddof, correction)
    if dtype is not None:
        a = _cast("np.var", a, dtype)
    if where is True and mean is None:
        return _var(a, axis, ddof, keepdims)
    return _mean_square(a, axis, ddof, keepdims, where, mean)


@implements(np.std)
@method
def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    """Standard deviation over axes: the square root of the variance. Of equal values its gradient is 0."""
    if out is not None:
        return np.std(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction)
    ddof = _ddof("np.std", ddof, correction)
    if dtype is not None:
        a = _cast("np.std", a, dtype)
    if where is True and mean is None:
        return _std(a, axis, ddof, keepdims)
    return root(_mean_square(a, axis, ddof, keepdims, where, mean))


def _cast(name, a, dtype):
    if a.dtype.kind == "c" and np.dtype(dtype).kind != "c":
        raise DTypeError(f"{name}: dtype={np.dtype(dtype)} would lose the imaginary parts; give a complex one")
    return a.astype(dtype)


def _ddof(name, ddof, correction):
    if correction is None:
        return ddof
    if ddof:
        raise ArgumentError(f"{name}: ddof and correction are one thing under two names; give one of them")
    return correction


def _mean_square(a, axis, ddof, keepdims, where, mean):
    """The mean square distance from ``mean``, or from the mean of the elements that ``where`` leaves."""
    centred = a - (mean_of(a, axis, keepdims=True, where=where) if mean is None else mean)
    squares = (centred * centred.conj()).real
    count = chosen_count(where, squares, axis, keepdims) - ddof
    return sum_of(squares, axis, keepdims=keepdims, where=where) / (count if where is True else np.maximum(count, 0))


def root(square):
    """The square root, with gradient 0 at 0: where there is no spread."""
    flat = square == 0
    return np.where(flat, 0, np.sqrt(np.where(flat, 1, square)))


@samples_of(var)
@samples_of(std)
def _(n, draw):
    a, some = draw(n + 2, 3), draw.mask(n + 2, 3)
    some[:2] = True
    yield a, 0, {"dtype": np.longdouble}
    yield a, 0, None, None, 1, True
    yield a, {"correction": 1.5}
    yield a, 0, {"where": some}
    yield a, {"where": some, "ddof": 1, "keepdims": True}
    yield a, 1, {"mean": draw(n + 2, 1)}
    yield a, (0, 1), {"mean": draw(1, 1), "where": some, "correction": 1}
