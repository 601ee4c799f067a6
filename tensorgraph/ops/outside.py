"""Callables of NumPy that never ask a tensor what to do: types, creation, conversion, files, settings.

What makes a plain array of its argument is refused by the tensor itself when it is on a graph (``Tensor.__array__``
raises TrackedTensorError); this file says why and what to use instead. The others take no arrays, or only ask for
shapes and dtypes.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..core import constant, refuse

refuse(
    "makes a plain array, which has no gradient. Use the tensor itself, `np.stack` or `np.concatenate` to join "
    "tensors, and `t.numpy()` for the values",
    np.array, np.asarray, np.asanyarray, np.asarray_chkfinite, np.from_dlpack,
)  # fmt: skip
refuse(
    "makes a plain array in a layout of memory. Use `t.copy(order)`, or `t.numpy()` for the values",
    np.ascontiguousarray, np.asfortranarray, np.require,
)  # fmt: skip
refuse(
    "makes an array of values that it takes one by one, as `float(t)` does on purpose. Use the tensor itself, or "
    "`np.stack` to join tensors",
    np.fromiter,
)
refuse(
    "makes a subclass of ndarray, which has no gradient. Use the tensor itself: `@` multiplies matrices, and "
    "`np.block` puts them together",
    np.matrix, np.asmatrix, np.bmat, np.recarray, np.record, np.memmap,
)  # fmt: skip
refuse(
    "makes a NumPy scalar or array, which has no gradient. Use `t.astype(dtype)`. (Of a tensor without axes, "
    "`np.float64` gives the value, as `float(t)` and `t.item()` do on purpose.)",
    *sorted({*np.sctypeDict.values()} - {np.str_}, key=lambda kind: kind.__name__),
)
refuse("fills a plain array. Use `np.broadcast_to(t, shape)`, or `t * np.ones(shape)`", np.full)
refuse("computes plain numbers. Use `start + step * np.arange(n)`, or `np.linspace`", np.arange)
refuse(
    "computes a plain array. Use `np.i0(beta * np.sqrt(1 - np.linspace(-1, 1, n) ** 2)) / np.i0(beta)`",
    np.kaiser,
)
refuse(
    "iterates over plain numbers. Use `for row in t`, `np.ndindex(t.shape)` with `t[index]`, or arithmetic on whole "
    "tensors",
    np.nditer, np.nested_iters, np.ndenumerate, np.flatiter,
)  # fmt: skip
refuse("iterates over plain numbers. Use `np.broadcast_arrays`, or `np.broadcast_shapes`", np.broadcast)
refuse(
    "calls a function on numbers, one by one. Use NumPy's functions in it, which take whole tensors, or "
    "`np.apply_along_axis`",
    np.vectorize, np.frompyfunc,
)  # fmt: skip
refuse(
    "is made for arrays: with tensors as coefficients it cannot divide. Use `np.polyval(t, x)`, `np.polymul(s, t)` and "
    "the other functions of polynomials",
    np.poly1d,
)
refuse("reads memory past the graph. Use `np.lib.stride_tricks.sliding_window_view`, or an index", as_strided)

# Without a tensor in them: sizes, dtypes, text, files, settings

constant(
    np.empty, np.eye, np.identity, np.ones, np.zeros, np.ndarray, np.tri, np.indices, np.fromfunction, np.ndindex,
    np.diag_indices, np.mask_indices, np.tril_indices, np.triu_indices, np.bartlett, np.blackman, np.hamming,
    np.hanning,
    np.broadcast_shapes, np.iterable, np.isfortran, np.dtype, np.finfo, np.iinfo, np.isdtype, np.issubdtype,
    np.promote_types, np.mintypecode, np.typename, np.base_repr, np.binary_repr, np.format_float_positional,
    np.format_float_scientific, np.str_,
    np.frombuffer, np.fromfile, np.fromregex, np.fromstring, np.genfromtxt, np.load, np.loadtxt,
    np.errstate, np.getbufsize, np.geterr, np.geterrcall, np.setbufsize, np.seterr, np.seterrcall, np.get_printoptions,
    np.set_printoptions, np.printoptions, np.get_include, np.info, np.show_config, np.show_runtime,
    np.linalg.LinAlgError, np.ufunc, np.busdaycalendar,
    np.generic, np.number, np.integer, np.signedinteger, np.unsignedinteger, np.inexact, np.floating,
    np.complexfloating, np.flexible, np.character,
)  # fmt: skip
