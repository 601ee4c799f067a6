"""All first and all second derivatives: ``jacobian`` and ``hessian``, by as few passes as there can be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..config import current
from ..core import Tensor
from ..errors import BackwardError
from .batching import Batched, NotBatchedError
from .derivatives import check_argnums, chosen, grad, run_of
from .run import Run

# Both measured with benchmarks/jacobian.py.
AT_ONCE = 1 << 17  # numbers that the largest array of a batch may have: more would leave the cache, and fill memory
FORWARD_PAYS = 10_000  # numbers that fewer columns than rows must save per op: forward mode records the backward first


def jacobian(f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """A function that gives all derivatives of ``f(...)``: shape ``out.shape + x.shape``.

    argnums  which positional arguments; a tuple gives a tuple of derivatives
    has_aux  ``f`` returns ``(output, aux)``; the result is then ``(derivatives, aux)``

    Where the output or the arguments are nested, so is the result: the output's nesting, and in place of each of its
    arrays the nesting of the argument. Raises BackwardError for complex outputs.

    Many rows are pulled back in one pass: rules run on a batch of gradients. With fewer inputs than outputs, columns
    are pushed forward instead. Batches are cut so that no array in the
    pass has more than some 131,000 numbers.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_argnums(argnums)

    def differentiate(*args: Any, **kwargs: Any) -> Any:
        run = run_of(f, args, kwargs, argnums, "jacobian", has_aux)
        blocks = [chosen(run.rebuild_input(row), argnums) for row in _derivatives(run)]
        found = run.rebuild_output(blocks)
        return (found, run.released_aux()) if has_aux else found

    return differentiate


def hessian(f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """A function that gives all second derivatives of a scalar ``f``: shape ``x.shape + x.shape``.

    argnums  which positional arguments; a tuple gives a tuple of tuples of derivatives
    has_aux  ``f`` returns ``(scalar, aux)``; the result is then ``(derivatives, aux)``

    >>> import numpy as np, tensorgraph as tg
    >>> tg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums, has_aux), argnums, has_aux)


def _derivatives(run: Run) -> list[list]:
    """For each output, its derivatives with respect to each input."""
    if any(y.dtype.kind == "c" for y in run.outputs):
        raise BackwardError("jacobian: the function must return real arrays, not complex ones. Use jvp or vjp")
    rows, columns = (sum([t.size for t in tensors]) for tensors in (run.outputs, run.inputs))
    saved = (rows - columns) * sum([math.prod(node.shape) for node in run.nodes])
    if saved > FORWARD_PAYS * len(run.nodes) and all(x.dtype.kind == "f" for x in run.inputs):
        of_inputs = [_pushed_forward(run, k) for k in range(len(run.inputs))]
        return [list(blocks) for blocks in zip(*of_inputs)]
    return [_pulled_back(run, y) for y in run.outputs]


def _pulled_back(run: Run, y: Tensor) -> list:
    """The derivatives of one output with respect to each input, many rows at a time."""
    blocks = [_Block(run, y, x, by_rows=True) for x in run.inputs]
    _send_basis(run, y, lambda seed: run.gradients([(y, seed)], run.nested), blocks)
    return [block.whole() for block in blocks]


def _pushed_forward(run: Run, k: int) -> list:
    """The derivatives of each output with respect to one input, many columns at a time."""
    blocks = [_Block(run, y, run.inputs[k], by_rows=False) for y in run.outputs]
    before, after = [None] * k, [None] * (len(run.inputs) - k - 1)
    _send_basis(run, run.inputs[k], lambda seed: run.pushed([*before, seed, *after], run.nested), blocks)
    return [block.whole() for block in blocks]


def _send_basis(run: Run, of: Tensor, send: Callable[[Any], list], blocks: list[_Block]) -> None:
    """Send all unit vectors of a tensor's space through a linear map, and add what comes of them to the blocks.

    Many go at once, as a batch; one by one where someone looks on, or where a rule asks for the values of one.
    """
    watched = current().observer is not None or any(node.notes is not None and node.notes.hooks for node in run.nodes)
    largest = max([math.prod(node.shape) for node in run.nodes], default=1)
    step = 1 if watched else max(1, AT_ONCE // max(1, largest))
    start = 0
    while start < of.size:
        count = min(step, of.size - start)
        vectors = np.zeros((count, *of.shape), of.dtype)
        vectors.reshape(-1)[start :: of.size + 1] = 1
        try:
            found = send(Tensor(vectors[0]) if step == 1 else Batched(vectors))
        except NotBatchedError:
            step = 1
            continue
        for block, d in zip(blocks, found):
            block.add(start, count, d)
        start += count


class _Block:
    """The derivatives of ``y`` with respect to ``x``, as they come in: some rows or some columns at a time."""

    def __init__(self, run: Run, y: Tensor, x: Tensor, by_rows: bool) -> None:
        self.run, self.y, self.x, self.by_rows = run, y, x, by_rows
        self.tensors: list = []  # where someone outside may differentiate them
        rows, columns = (y, x) if by_rows else (x, y)
        self.matrix = None if run.nested else np.zeros((rows.size, columns.size), x.dtype)

    def add(self, start: int, count: int, d: Any) -> None:
        """Take in what came of unit vectors from number ``start`` on: a batch, one or None."""
        one = (self.x if self.by_rows else self.y).shape
        if isinstance(d, Batched):
            d = d.data
        elif d is not None:  # of one, or of each in the batch the same
            d = np.broadcast_to(d, (count, *one))
        if self.matrix is None:
            self.tensors.append(np.zeros((count, *one), self.x.dtype) if d is None else d.astype(self.x.dtype))
        elif d is not None:
            self.matrix[start : start + count] = d.reshape((count, -1))

    def whole(self) -> Any:
        """All derivatives: shape ``y.shape + x.shape``."""
        y, x = self.y, self.x
        rows, columns = (y, x) if self.by_rows else (x, y)
        found = self.matrix
        if found is None:
            found = np.concatenate(self.tensors) if self.tensors else np.zeros((0, *columns.shape), x.dtype)
        found = found.reshape((*rows.shape, *columns.shape))
        if not self.by_rows:  # a transposed view: that of a large matrix takes no time
            found = found.transpose((*range(x.ndim, x.ndim + y.ndim), *range(x.ndim)))
        return Tensor(found) if (self.run.boxed or self.run.nested) and not isinstance(found, Tensor) else found
