"""The Array API standard, version 2025.12, on Tensors.

A library that is written against the standard asks an array for its namespace and calls nothing else. Given Tensors,
it finds this module, and its results can be differentiated. Most functions are NumPy's own, because Tensor speaks
NumPy's protocols; the others create tensors, or differ where the standard differs from NumPy.

>>> import tensorgraph as tg
>>> x = tg.Tensor([3.0, 4.0], requires_grad=True)
>>> xp = x.__array_namespace__()
>>> xp.linalg.vector_norm(x).backward()
>>> x.grad
Tensor([0.6, 0.8], dtype=float64)

Source: https://data-apis.org/array-api/2025.12/
"""
# ruff: noqa: F401, I001 - the namespace is what this file imports, many names to a line

from numpy import (
    abs, acos, acosh, add, all, any, argmax, argmin, asin, asinh, atan, atan2, atanh, bitwise_and, bitwise_invert,
    bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor, broadcast_arrays, broadcast_shapes, broadcast_to,
    ceil, concat, conj, copysign, cos, cosh, count_nonzero, cumulative_prod, cumulative_sum, diff, divide, e,
    empty_like, equal, exp, expand_dims, flip, floor, floor_divide, full_like, greater, greater_equal, hypot, imag, inf,
    isdtype, isfinite, isin, isinf, isnan, less, less_equal, log, log1p, log2, log10, logaddexp, logical_and,
    logical_not, logical_or, logical_xor, matmul, matrix_transpose, max, maximum, mean, meshgrid, min, minimum,
    moveaxis, multiply, nan, negative, newaxis, nextafter, nonzero, not_equal, ones_like, permute_dims, pi, positive,
    pow, prod, real, reciprocal, remainder, repeat, reshape, result_type, roll, round, searchsorted, signbit, sin, sinh,
    sqrt, square, squeeze, stack, subtract, sum, take, tan, tensordot, tile, tril, triu, trunc, unique_all,
    unique_counts, unique_inverse, unique_values, unstack, vecdot, where, zeros_like,
)  # fmt: skip
from numpy import (
    bool, complex64, complex128, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64,
)  # fmt: skip

from . import fft, linalg
from .creation import arange, asarray, empty, eye, from_dlpack, full, linspace, ones, zeros
from .data_types import astype, can_cast, finfo, iinfo
from .functions import argsort, clip, expm1, sign, sort, std, take_along_axis, tanh, var
from .info import __array_namespace_info__

__array_api_version__ = "2025.12"
