"""Packing: the state of many parameters side by side, in blocks that fit the cache.

An update is a dozen passes over a parameter, its gradient and its state. Done array by array, small parameters cost a
dozen calls each, and large ones a dozen trips to memory. So the state of all parameters lies in flat arrays that are
cut into blocks: small parameters share one, large ones have several, and all passes over a block find it in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

BLOCK = 16384  # elements: five float32 arrays of it take 320 KiB, which fits a core's second-level cache


class Piece(NamedTuple):
    """Elements ``start:stop`` of parameter ``index``, at ``at`` in their block."""

    index: int
    start: int
    stop: int
    at: slice


class Block(NamedTuple):
    """A run of the flat arrays, and the pieces of parameters it consists of."""

    span: slice
    pieces: list[Piece]


class Packing:
    """Flat state arrays over parameters of one dtype, and their blocks."""

    def __init__(self, arrays: Sequence[np.ndarray], state: Sequence[dict[str, np.ndarray]], names: Sequence[str]):
        sizes = [array.size for array in arrays]
        dtype = arrays[0].dtype
        self.blocks = list(_blocks(sizes))
        self.flat = {name: np.zeros(sum(sizes), dtype) for name in names}
        longest = max((block.span.stop - block.span.start for block in self.blocks), default=0)
        self.gathered, self.scratch = np.empty(longest, dtype), np.empty(longest, dtype)
        self.views: list[dict[str, np.ndarray]] = []
        start = 0
        for array, own in zip(arrays, state):
            views = {n: flat[start : start + array.size].reshape(array.shape) for n, flat in self.flat.items()}
            for name, view in views.items():
                if name in own:
                    view[...] = own[name]
            self.views.append(views)
            start += array.size

    def __iter__(self) -> Iterator[tuple[Block, dict[str, np.ndarray], np.ndarray, np.ndarray]]:
        """Each block with its state, and room for its gradient and for its change."""
        for block in self.blocks:
            n = block.span.stop - block.span.start
            yield (
                block,
                {name: flat[block.span] for name, flat in self.flat.items()},
                self.gathered[:n],
                self.scratch[:n],
            )


def _blocks(sizes: Sequence[int]) -> Iterator[Block]:
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
                yield Block(slice(begin, begin + filled), pieces)
                begin, filled, pieces = begin + filled, 0, []
    if pieces:
        yield Block(slice(begin, begin + filled), pieces)

