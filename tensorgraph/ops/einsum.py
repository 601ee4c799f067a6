"""Einstein's summation."""

from __future__ import annotations

import string

import numpy as np

from ..core import constant, implements, op, samples_of
from ..errors import ArgumentError, DTypeError, ShapeError
from .diagonals import diagonal
from .operands import as_operand


@op()
def einsum(*operands, subscripts, optimize=False, order="K"):
    """Einstein's summation with explicit subscripts (``"ij,jk->ik"``), no index twice in one operand."""
    return np.einsum(subscripts, *operands, optimize=optimize, order=order)


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
        alone = tuple([i for i, c in enumerate(own) if c not in known])
        d = np.expand_dims(d, alone)  # an index that is in no other place was summed alone: every element gets the same
        wide = np.broadcast_shapes(d.shape, operand.shape)
        if wide != d.shape:
            d = np.broadcast_to(d, wide)
        grads.append(d)
    return grads


@einsum.samples
def _(n, draw):
    yield draw(n, 3), draw(3, 4), {"subscripts": "ij,jk->ik"}
    yield draw(n, 3), draw(n, 3), {"subscripts": "ij,ij->i"}
    yield draw(n, 3, 2), {"subscripts": "ijk->ki"}
    yield draw(n, 3), draw(3, 2), draw(2, n), {"subscripts": "ij,jk,ki->"}
    yield draw(n, 3), draw(2), {"subscripts": "ij,k->k", "optimize": True}
    yield draw(n, 3), draw(n, 2), {"subscripts": "ij,ik->ik"}
    yield draw(n, 1), draw(n, 3), {"subscripts": "ij,ij->i"}


@implements(np.einsum)
def numpy_einsum(*operands, optimize=False, dtype=None, order="K", casting="safe"):
    subscripts, operands = _read(operands)
    operands = [as_operand(x) for x in operands]
    if dtype is not None:
        operands = [_cast(x, np.dtype(dtype), casting) for x in operands]
    inputs, result = _explicit(subscripts.replace(" ", ""), operands)
    pairs = [_without_repeats(names, x) for names, x in zip(inputs, operands)]
    return einsum(
        *[x for _, x in pairs],
        subscripts=",".join(names for names, _ in pairs) + "->" + result,
        optimize=optimize,
        order=order,
    )


def _read(operands):
    """Subscripts as text, and operands, from either form: ``"ij,jk", a, b`` or ``a, [0, 1], b, [1, 2], [0, 2]``."""
    if not operands:
        raise ArgumentError('einsum: give subscripts and operands, as in np.einsum("ij,jk->ik", a, b)')
    if isinstance(operands[0], str):
        return operands[0], operands[1:]
    pairs, result = operands[: len(operands) // 2 * 2], operands[len(operands) // 2 * 2 :]
    inputs = ",".join(map(_letters, pairs[1::2]))
    return inputs + "".join(["->" + _letters(indices) for indices in result]), pairs[::2]


def _letters(indices):
    """The text of a list of indices: integers below 52, and ``...``."""
    if any(i is not Ellipsis and not 0 <= i < len(string.ascii_letters) for i in indices):
        raise ArgumentError(f"einsum: indices are integers from 0 to 51, and ...; got {list(indices)}")
    return "".join(["..." if i is Ellipsis else string.ascii_letters[i] for i in indices])


def _cast(x, dtype, casting):
    if not np.can_cast(x.dtype, dtype, casting):
        raise DTypeError(
            f"einsum: an operand of {x.dtype} cannot become {dtype} with casting={casting!r}; give another"
        )
    return np.astype(x, dtype)


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
    elif lettered and "..." not in result:
        raise ShapeError(
            f"einsum: {subscripts!r} names no place in the result for the axes of '...'; write '->...{result}'"
        )
    return inputs, result.replace("...", lettered)


def _without_repeats(names, x):
    """Replace an index that occurs twice in one operand (``"ii"``) by the diagonal, which becomes the last axis."""
    for c in dict.fromkeys(names):
        while names.count(c) > 1:
            first, second = names.index(c), names.rindex(c)
            if x.shape[first] != x.shape[second]:
                raise ShapeError(f"einsum: {c!r} names axes of lengths {x.shape[first]} and {x.shape[second]}")
            x = diagonal(x, 0, first, second)
            names = names[:first] + names[first + 1 : second] + names[second + 1 :] + c
    return names, x


constant(np.einsum_path)


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
    yield draw(n, 3), [0, 1], draw(3, 2), [1, 2], [0, 2]
    yield draw(n, 3), [1, 0], draw(2, 3), [2, 0]
    yield draw(n, 2, 3), [..., 0], draw(3), [0], [...]
    yield "ij,jk->ki", draw(n, 3), draw(3, 2), {"dtype": np.float64, "order": "F", "casting": "same_kind"}
    yield "ij,ij->i", draw(n, 1), draw(n, 3)
