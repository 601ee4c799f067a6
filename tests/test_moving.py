"""Functions that move, pick, join and build give what NumPy gives for dtypes that carry no gradient as well."""

import numpy as np
import pytest

from tensorgraph import Tensor
from tensorgraph.core.registry import numpy_name
from tensorgraph.nesting import flatten
from tensorgraph.testing.case import subject

MOVING = [
    np.append, np.apply_along_axis, np.apply_over_axes, np.array_split, np.astype, np.atleast_1d, np.atleast_2d,
    np.atleast_3d, np.block, np.broadcast_arrays, np.broadcast_to, np.choose, np.column_stack, np.compress,
    np.concatenate, np.copy, np.delete, np.diag, np.diagflat, np.diagonal, np.dsplit, np.dstack, np.expand_dims,
    np.extract, np.flip, np.fliplr, np.flipud, np.hsplit, np.hstack, np.insert, np.lib.stride_tricks.
    sliding_window_view, np.matrix_transpose, np.meshgrid, np.moveaxis, np.pad, np.piecewise, np.ravel, np.repeat,
    np.reshape, np.resize, np.roll, np.rollaxis, np.rot90, np.select, np.split, np.squeeze, np.stack, np.swapaxes,
    np.take, np.take_along_axis, np.tile, np.transpose, np.tril, np.trim_zeros, np.triu, np.unstack, np.vsplit,
    np.vstack, np.where,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.complex64])
@pytest.mark.parametrize("function", MOVING, ids=numpy_name)
def test_values_and_dtypes_are_numpys(function, dtype):
    """Where NumPy has a result, tensors have the same, bit for bit. (Beside numbers they keep their dtype.)"""
    checked = 0
    for case in subject(function).cases(2, np.float64, 0):
        if case.has_numbers:
            continue
        inputs = [(3 * x).astype(dtype) for x in case.inputs]
        with np.errstate(all="ignore"):
            try:
                expected = flatten(case.apply(function, inputs))[0]
            except (TypeError, ValueError):
                continue
            found = flatten(case.apply(function, map(Tensor, inputs)))[0]
        for one, other in zip(found, expected, strict=True):
            assert type(one) is Tensor
            assert (one.dtype, one.shape) == (other.dtype, other.shape), case.title
            np.testing.assert_array_equal(one.numpy(), other, err_msg=case.title)
        checked += 1
    assert checked
