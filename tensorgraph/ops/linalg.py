"""Products of matrices and tensors."""

from __future__ import annotations

import math
import string

import numpy as np

from ..core import Tensor, implements, method, op, plain, samples_of, ufunc
from ..errors import ArgumentError, ShapeError, UnsupportedFunctionError
from .indexing import getitem
from .rearranging import as_operand, refuse_options

matmul = ufunc(np.matmul)


def _t(x):
    """Each matrix transposed."""
    return x.T if x.ndim == 2 else x.swapaxes(-1, -2)


@matmul.grad("x")
def matmul_dx(g, y, x_shape):
    if y.ndim == 1:
        return g[..., None] * y
    if len(x_shape) == 1:
        return (g[..., None, :] @ _t(y))[..., 0, :]
    return g @ _t(y)


@matmul.grad("y")
def matmul_dy(g, x, y_shape):
    if x.ndim == 1:
        return g * x if len(y_shape) == 1 else x[:, None] * g[..., None, :]
    if len(y_shape) == 1:
        return (_t(x) @ g[..., None])[..., 0]
    if len(y_shape) == 2 and x.ndim > 2:  # one matrix for the whole batch: one product instead of a batch and a sum
        return x.reshape(-1, x.shape[-1]).T @ g.reshape(-1, g.shape[-1])
    return _t(x) @ g


@matmul.samples
def _(n, draw):
    yield draw(n, 3), draw(3, 4)
    yield draw(3), draw(3)
    yield draw(n, 3), draw(3)
    yield draw(3), draw(3, n)
    yield draw(n, 2, 3), draw(3, 4)
    yield draw(2, 3), draw(n, 3, 2)
    yield draw(2, n, 3), draw(2, 3, 2)
    yield draw(n, 1, 2, 3), draw(4, 3, 2)
    yield draw(3), draw(n, 3, 2)
    yield draw(n, 2, 3), draw(3)


def _contract(a, b, axis):
    """Sum products over the last axis of ``a`` and this axis of ``b``, as one matrix product."""
    a, b = as_operand(a), as_operand(b)
    if not a.ndim or not b.ndim:
        return a * b
    columns = np.moveaxis(b, axis, 0)
    product = a @ columns.reshape((len(columns), math.prod(columns.shape[1:])))
    return product.reshape((*a.shape[:-1], *columns.shape[1:]))


@implements(np.dot)
@method
def dot(a, b):
    """NumPy's dot: the last axis of ``a`` with the last axis but one of ``b`` (its only axis, if it has one)."""
    return _contract(a, b, -2 if np.ndim(b) > 1 else 0)


@samples_of(dot)
def _(n, draw):
    yield draw(n, 3), draw(3, 4)
    yield draw(3, n), draw(2, n, 4)
    yield draw(2, 3), draw(3)
    yield draw(n), draw(n)
    yield draw(n, 2), draw()
    yield 2.5, draw(n, 2)


@op()
def einsum(*operands, subscripts, optimize=False):
    """Einstein's summation with explicit subscripts (``"ij,jk->ik"``), no index twice in one operand."""
    return np.einsum(subscripts, *operands, optimize=optimize)


@einsum.grad("operands")
def einsum_grad(g, operands, subscripts, optimize):
    inputs, result = subscripts.split("->")
    inputs = inputs.split(",")
    grads = []
    for k, (own, operand) in enumerate(zip(inputs, operands)):
        others = [x for i, x in enumerate(operands) if i != k]
        names = [s for i, s in enumerate(inputs) if i != k]
        known = set(result).union(*names)
        found = "".join(c for c in own if c in known)
        d = np.einsum(f"{','.join([result, *names])}->{found}", g, *others, optimize=optimize)
        if found != own:  # an index that is in no other place was summed alone: every element gets the same
            alone = tuple([i for i, c in enumerate(own) if c not in known])
            d = np.broadcast_to(np.expand_dims(d, alone), operand.shape)
        grads.append(d)
    return grads


@einsum.samples
def _(n, draw):
    yield draw(n, 3), draw(3, 4), {"subscripts": "ij,jk->ik"}
    yield draw(n, 3), draw(n, 3), {"subscripts": "ij,ij->i"}
    yield draw(n, 3, 2), {"subscripts": "ijk->ki"}
    yield draw(n, 3), draw(3, 2), draw(2, n), {"subscripts": "ij,jk,ki->"}
    yield draw(n, 3), draw(2), {"subscripts": "ij,k->k", "optimize": True}


@implements(np.einsum)
def numpy_einsum(subscripts, *operands, optimize=False, **options):
    refuse_options("np.einsum", options)
    if not isinstance(subscripts, str):
        raise UnsupportedFunctionError('np.einsum: give the subscripts as a string, as in "ij,jk->ik"')
    operands = [as_operand(x) for x in operands]
    inputs, result = _explicit(subscripts.replace(" ", ""), operands)
    pairs = [_without_repeats(names, x) for names, x in zip(inputs, operands)]
    return einsum(
        *[x for _, x in pairs],
        subscripts=",".join(names for names, _ in pairs) + "->" + result,
        optimize=optimize,
    )


def _explicit(subscripts, operands):
    """Subscripts with the result written out and each ``...`` replaced by letters of its own."""
    left, arrow, result = subscripts.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(operands):
        raise ArgumentError(f"einsum: {subscripts!r} names {len(inputs)} operands; got {len(operands)}")
    free = [c for c in string.ascii_letters if c not in subscripts]
    extra = [x.ndim - len(names.replace("...", "")) for names, x in zip(inputs, operands)]
    for names, x, more in zip(inputs, operands, extra):
        if more < 0 or more and "..." not in names:
            raise ShapeError(f"einsum: {names!r} does not name the {x.ndim} axes of an operand of shape {x.shape}")
    lettered = "".join(free[: max(extra, default=0)])
    inputs = [names.replace("...", lettered[len(lettered) - more :]) for names, more in zip(inputs, extra)]
    if not arrow:
        joined = "".join(inputs)
        result = ("..." if "..." in left else "") + "".join(
            sorted(c for c in set(joined) if joined.count(c) == 1 and c not in lettered)
        )
    return inputs, result.replace("...", lettered)


def _without_repeats(names, x):
    """Replace an index that occurs twice in one operand (``"ii"``) by the diagonal."""
    for c in dict.fromkeys(names):
        while names.count(c) > 1:
            first, second = names.index(c), names.rindex(c)
            x = np.moveaxis(x, (first, second), (0, 1))
            steps = np.arange(x.shape[0], like=plain(x))
            x = getitem(x, (steps, steps))
            names = c + names[:first] + names[first + 1 : second] + names[second + 1 :]
    return names, x


@samples_of(numpy_einsum)
def _(n, draw):
    yield "ij,jk", draw(n, 3), draw(3, 2)
    yield "i j -> j i", draw(n, 3)
    yield "...ij,jk->...ik", draw(n, 2, 3), draw(3, 2)
    yield "i...,...", draw(3, n, 2), draw(2)
    yield "...", draw(n, 2)
    yield "iij->j", draw(n, n, 2)
    yield "iijj->ij", draw(2, 2, 3, 3)
    yield "iii", draw(3, 3, 3)
    yield "ij,kj,j->ik", draw(n, 3), draw(2, 3), draw(3), {"optimize": True}


@implements(np.outer)
def outer(a, b):
    return _flat(a, (-1, 1)) * _flat(b, (1, -1))


def _flat(x, shape):
    """A tensor or array in this shape; a number as it is, so that it widens no dtype."""
    x = as_operand(x)
    return x.reshape(shape) if isinstance(x, Tensor) or x.ndim else x


@samples_of(outer)
def _(n, draw):
    yield draw(n), draw(3)
    yield draw(2, n), draw(3, 1)
    yield draw(), draw(n)
    yield draw(n), 2.5


@implements(np.inner)
def inner(a, b):
    return _contract(a, b, -1)


@samples_of(inner)
def _(n, draw):
    yield draw(n), draw(n)
    yield draw(n, 3), draw(2, 4, 3)
    yield draw(3, n), draw(n)
    yield draw(n, 2), draw()


@implements(np.vdot)
def vdot(a, b):
    return as_operand(a).reshape(-1).conj() @ as_operand(b).reshape(-1)


@samples_of(vdot)
def _(n, draw):
    yield draw(n), draw(n)
    yield draw(n, 2), draw(2, n)
    yield draw(), draw()


@implements(np.trace)
def trace(a):
    return numpy_einsum("ii...", a)


@samples_of(trace)
def _(n, draw):
    yield (draw(n, n),)
    yield (draw(3, 3, n),)
