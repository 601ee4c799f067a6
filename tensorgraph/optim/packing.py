"""Packing: the state of many parameters side by side, in blocks that fit the cache.

An update is a dozen passes over a parameter, its gradient and its state. Done array by array, small parameters cost a
dozen calls each, and large ones a dozen trips to memory. So the state of all parameters lies in flat arrays that are
cut into blocks: small parameters share one, large ones have several, and all passes over a block find it in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import is_
from typing import NamedTuple

import numpy as np

BLOCK = 65536  # elements: more spill out of the caches, fewer make more calls; both cost time


class Piece(NamedTuple):
    """Elements of one parameter."""

    parameter: int  # which parameter
    part: slice | None  # which of its elements; None: all
    at: slice  # where they are in their block
    weight: np.ndarray  # a view of them


class Block(NamedTuple):
    """A run of the flat state arrays, the pieces of parameters it belongs to, and room to work in, of its length."""

    pieces: list[Piece]
    state: dict[str, np.ndarray]
    gathered: np.ndarray
    scratch: np.ndarray


def row(array: np.ndarray) -> np.ndarray:
    """All elements as one row of real numbers: a complex number is the pair of its parts. A view where that can be."""
    flat = array.reshape(-1)
    return np.ascontiguousarray(flat).view(flat.real.dtype) if flat.dtype.kind == "c" else flat


class Packing:
    """Flat state arrays over parameters of one dtype, their blocks, and the parameters themselves as rows.

    arrays  the parameters
    state   what is known of each one's state so far; ``views`` takes its place, as views of the flat arrays
    names   of the state arrays; those that are not known yet start at 0
    """

    def __init__(
        self, arrays: Sequence[np.ndarray], state: Sequence[dict[str, np.ndarray]], names: Sequence[str]
    ) -> None:
        self.arrays, self.names = list(arrays), names
        self.weights = [row(array) for array in arrays]
        self._apart = [  # parameters whose row may be a copy, and that row in their shape
            (array, weight.view(array.dtype).reshape(array.shape))
            for array, weight in zip(arrays, self.weights)
            if not array.flags.c_contiguous
        ]
        dtype = self.weights[0].dtype
        total = sum(weight.size for weight in self.weights)
        flat = {name: np.zeros(total, dtype) for name in names}
        gathered, scratch = np.empty((2, min(BLOCK, total)), dtype)
        self.views: list[dict[str, np.ndarray]] = []
        start = 0
        for array, weight, own in zip(arrays, self.weights, state):
            span = slice(start, start + weight.size)
            views = {name: whole[span].view(array.dtype).reshape(array.shape) for name, whole in flat.items()}
            for name in views.keys() & own.keys():
                views[name][...] = own[name]
            self.views.append(views)
            start = span.stop
        self.blocks = [
            Block(pieces, {name: whole[span] for name, whole in flat.items()}, gathered[:n], scratch[:n])
            for span, pieces in _blocks(self.weights)
            for n in [span.stop - span.start]
        ]

    def holds(self, arrays: Sequence[np.ndarray], names: Sequence[str]) -> bool:
        """Whether these still are the parameters' arrays, and the names of their state."""
        return names == self.names and all(map(is_, arrays, self.arrays))

    def fetch(self) -> None:
        """Bring rows that are copies up to date."""
        for array, copy in self._apart:
            copy[...] = array

    def store(self) -> None:
        """Bring the arrays whose rows are copies up to date."""
        for array, copy in self._apart:
            array[...] = copy


def _blocks(weights: Sequence[np.ndarray]) -> Iterator[tuple[slice, list[Piece]]]:
    """Cut rows, laid end to end, into runs of at most ``BLOCK`` elements."""
    pieces: list[Piece] = []
    begin = filled = 0
    for index, weight in enumerate(weights):
        start = 0
        while start < weight.size:
            stop = min(weight.size, start + BLOCK - filled)
            part, at = slice(start, stop), slice(filled, filled + stop - start)
            pieces.append(Piece(index, None if stop - start == weight.size else part, at, weight[part]))
            filled += stop - start
            start = stop
            if filled == BLOCK:
                yield slice(begin, begin + filled), pieces
                begin, filled, pieces = begin + filled, 0, []
    if pieces:
        yield slice(begin, begin + filled), pieces
