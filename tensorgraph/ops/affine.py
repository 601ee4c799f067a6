"""The affine map of a fully connected layer. Source: the course's ``affine_forward`` and ``affine_backward``."""

from __future__ import annotations

from ..core import op
from ..errors import ShapeError


def check_affine(name, x, weight, bias):
    """Refuse shapes that do not fit, also those that NumPy would broadcast."""
    if len(x.shape) < 2 or len(weight.shape) != 2 or bias.shape != weight.shape[1:]:
        raise ShapeError(f"{name}: takes x (N, d1, ..., dk), weight (D, M) with D = d1 * ... * dk, and bias (M,)")
    columns = 1
    for n in x.shape[1:]:
        columns *= n
    if columns != weight.shape[0]:
        raise ShapeError(f"{name}: x has {columns} columns but weight has {weight.shape[0]} rows")


def rows(x):
    """Each example as one row."""
    return x if x.ndim == 2 else x.reshape((len(x), -1) if len(x) else (0, _width(x)))


def _width(x):
    width = 1
    for n in x.shape[1:]:
        width *= n
    return width


@op(fused=True)
def affine(x, weight, bias):
    """Affine map of a batch: ``x @ weight + bias``, each example flattened to a row.

    x (N, d1, ..., dk), weight (D, M) with D = d1 * ... * dk, bias (M,); gives (N, M). Raises ShapeError.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.affine(np.ones((2, 3)), np.ones((3, 4)), np.zeros(4)).shape
    (2, 4)
    """
    check_affine("affine", x, weight, bias)
    return rows(x) @ weight + bias


affine.grad("x")(lambda g, weight, x_shape: (g @ weight.T).reshape(x_shape))
affine.grad("weight")(lambda g, x: rows(x).T @ g)
affine.grad("bias")(lambda g: g)  # the engine sums over the batch: that is un-broadcasting


@affine.samples
def affine_samples(n, draw):
    """Batches of rows, of images, and of one column."""
    yield draw(n, 4), draw(4, 3), draw(3)
    yield draw(n, 2, 3), draw(6, 2), draw(2)
    yield draw(n, 1), draw(1, 1), draw(1)
