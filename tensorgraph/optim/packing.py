"""Packing: the state of many parameters side by side, in blocks that fit the cache.

An update is a dozen passes over a parameter, its gradient and its state. Done array by array, small parameters cost a
dozen calls each, and large ones a dozen trips to memory. So the state of all parameters lies in flat arrays that are
cut into blocks: small parameters share one, large ones have several, and all passes over a block find it in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

BLOCK = 32768  # elements: the five float32 arrays of an Adam block take 640 KiB, about a core's second-level cache


class Piece(NamedTuple):
    """Elements ``start:stop`` of parameter ``index``, at ``at`` in their block."""

    index: int
    start: int
    stop: int
    at: slice


class Block(NamedTuple):
    """A run of the flat state arrays, the pieces of parameters it belongs to, and room to work in, of its length."""

    pieces: list[Piece]
    state: dict[str, np.ndarray]
    gathered: np.ndarray
    scratch: np.ndarray


class Packing:
    """Flat state arrays over parameters of one dtype, and their blocks."""

    def __init__(self, arrays: Sequence[np.ndarray], state: Sequence[dict[str, np.ndarray]], names: Sequence[str]):
        dtype = arrays[0].dtype
        total = sum(array.size for array in arrays)
        flat = {name: np.zeros(total, dtype) for name in names}
        gathered, scratch = np.empty((2, min(BLOCK, total)), dtype)
        self.views: list[dict[str, np.ndarray]] = []
        start = 0
        for array, own in zip(arrays, state):
            span = slice(start, start + array.size)
            views = {name: whole[span].reshape(array.shape) for name, whole in flat.items()}
            for name in views.keys() & own.keys():
                views[name][...] = own[name]
            self.views.append(views)
            start = span.stop
        self.blocks = [
            Block(pieces, {name: whole[span] for name, whole in flat.items()}, gathered[:n], scratch[:n])
            for span, pieces in _blocks([array.size for array in arrays])
            for n in [span.stop - span.start]
        ]


def _blocks(sizes: Sequence[int]) -> Iterator[tuple[slice, list[Piece]]]:
    """Cut arrays of these sizes, laid end to end, into runs of at most ``BLOCK`` elements."""
    pieces: list[Piece] = []
    begin = filled = 0
    for index, size in enumerate(sizes):
        start = 0
        while start < size:
            stop = min(size, start + BLOCK - filled)
            pieces.append(Piece(index, start, stop, slice(filled, filled + stop - start)))
            filled += stop - start
            start = stop
            if filled == BLOCK:
                yield slice(begin, begin + filled), pieces
                begin, filled, pieces = begin + filled, 0, []
    if pieces:
        yield slice(begin, begin + filled), pieces

