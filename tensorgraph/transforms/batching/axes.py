"""NumPy's functions that work along axes: of a batch of arrays, along the axes behind that of the batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import OPS
from .array import Batched, NotBatchedError, row, shifted

OVER_ALL = (  # axis=None: over all axes
    np.sum, np.prod, np.mean, np.var, np.std, np.max, np.min, np.any, np.all, np.nansum, np.nanprod, np.nanmean,
    np.nanmax, np.nanmin, np.nanvar, np.nanstd, np.ptp, np.count_nonzero, np.flip, np.median,
)  # fmt: skip
IN_ONE_ROW = (  # axis=None: of all elements in one row
    np.cumsum, np.cumprod, np.nancumsum, np.nancumprod, np.cumulative_sum, np.cumulative_prod, np.sort, np.argsort,
    np.partition, np.argpartition, np.argmax, np.argmin, np.take, np.repeat, np.delete,
)  # fmt: skip
ALONG_ONE = (  # axis has a number as its default
    np.diff, np.trapezoid, np.unwrap, np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft,
)  # fmt: skip
OVER_AXES = (  # axes=None: over all axes, or the last ones
    np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2, np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn,
    np.fft.fftshift, np.fft.ifftshift,
)  # fmt: skip
OF_MATRICES = (  # of each matrix that the last two axes are
    np.linalg.inv, np.linalg.pinv, np.linalg.det, np.linalg.cholesky, np.linalg.matrix_power, np.linalg.diagonal,
    np.linalg.trace, np.tril, np.triu,
)  # fmt: skip


def over_all(x: Batched, given: dict) -> Batched:
    given["axis"] = shifted(given["axis"], x.ndim)
    return x


def in_one_row(x: Batched, given: dict) -> Batched:
    if given["axis"] is None:
        x, given["axis"] = x.reshape(-1), 0
    given["axis"] = shifted(given["axis"], x.ndim)
    return x


def along_one(x: Batched, given: dict) -> Batched:
    if any(np.ndim(value) for value in given.values()):
        raise NotBatchedError("another array along the same axis")
    given["axis"] = shifted(given["axis"], x.ndim)
    return x


def over_axes(x: Batched, given: dict) -> Batched:
    if given["axes"] is None:
        count = x.ndim if given.get("s") is None else len(given["s"])
        given["axes"] = range(x.ndim - count, x.ndim)
    given["axes"] = shifted(tuple(np.atleast_1d(given["axes"]).tolist()), x.ndim)
    return x


def of_matrices(x: Batched, given: dict) -> Batched:
    if x.ndim < 2:
        raise NotBatchedError("no matrices")
    return x


def _along(function: Callable, change: Callable) -> Callable:
    """What ``function`` does with a batch, when ``change`` has adapted its arguments and the shape of the batch."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    names = [p.name for p in parameters]
    defaults = {p.name: p.default for p in parameters if p.name in ("axis", "axes", "s")}

    def run(x: Batched, *args: Any, **options: Any) -> Batched:
        given = defaults | dict(zip(names, args)) | options
        x = change(x, given)
        return Batched(function(x.data, **given))

    return run


for _change, _functions in {
    over_all: OVER_ALL, in_one_row: IN_ONE_ROW, along_one: ALONG_ONE, over_axes: OVER_AXES, of_matrices: OF_MATRICES
}.items():  # fmt: skip
    for _function in _functions:
        row(_function)(_along(_function, _change))


@row("expm")
def expm(a: Batched) -> Batched:
    return Batched(OPS["expm"](a.data))


@row(np.roll)
def roll(a: Batched, shift: Any, axis: Any = None) -> Batched:
    if axis is None:
        return Batched(np.roll(a.reshape(-1).data, shift, 1)).reshape(a.shape)
    return Batched(np.roll(a.data, shift, shifted(axis, a.ndim)))


@row(np.linalg.norm)
def norm(x: Batched, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Batched:
    if axis is None and ord is None:
        return np.sqrt(np.sum(abs(x) ** 2, keepdims=keepdims))
    axis = range(x.ndim) if axis is None else axis
    return Batched(np.linalg.norm(x.data, ord, shifted(tuple(np.atleast_1d(axis).tolist()), x.ndim), keepdims))


@row("reduce")
def reduce(array: Batched, axis: Any = 0, *args: Any, ufunc: np.ufunc, **options: Any) -> Batched:
    return Batched(ufunc.reduce(array.data, shifted(axis, array.ndim), *args, **options))


@row("accumulate")
def accumulate(array: Batched, axis: int = 0, *args: Any, ufunc: np.ufunc, **options: Any) -> Batched:
    return Batched(ufunc.accumulate(array.data, shifted(axis, array.ndim), *args, **options))
