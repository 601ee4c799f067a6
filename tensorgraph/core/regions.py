"""Where a view lies within an array: the index that gives it, worked out from addresses and strides alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Region(NamedTuple):
    """The elements of an array, as places in memory. It keeps no array alive."""

    address: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: np.dtype

    @classmethod
    def of(cls, array: np.ndarray) -> Region:
        """Where the elements of ``array`` are."""
        return cls(array.__array_interface__["data"][0], array.shape, array.strides, array.dtype)

    def index_of(self, view: Region) -> tuple | None:
        """An index that gives ``view``, element for element, of an array that lies here; None if it reaches out.

        The elements here must not overlap. Slices where they can say it, integer arrays otherwise. The elements of a
        view of real numbers may be the real or the imaginary parts of complex ones here.
        """
        if view.shape == self.shape and view.strides == self.strides and view.address == self.address:
            return (...,)
        return self._slices(view, self._order()) or self.integers(view)

    def _slices(self, view: Region, order: list[int]) -> tuple | None:
        start = self._start(view.address - self.address, order)
        if start is None or 0 in view.shape:
            return None
        index: list[Any] = []
        rest = list(range(len(self.shape)))
        for length, stride in zip(view.shape, view.strides):
            if length == 1:
                index.append(None)
                continue
            axis = next((a for a in order if self.shape[a] > 1 and stride and stride % self.strides[a] == 0), None)
            if axis not in rest:  # no such axis, or one that is out of order or was used already
                return None
            step = stride // self.strides[axis]
            last = start[axis] + (length - 1) * step
            if not 0 <= last < self.shape[axis]:
                return None
            while rest[0] != axis:
                index.append(start[rest.pop(0)])
            stop = last + (1 if step > 0 else -1)
            index.append(slice(start[rest.pop(0)], None if stop < 0 else stop, step))
        return (*index, *[start[axis] for axis in rest], ...)

    def _start(self, place: int, order: list[int]) -> list[int] | None:
        """The index of the element at a place, in bytes from the first element here; None if it is not here."""
        start = [0] * len(self.shape)
        for axis in order:
            if self.shape[axis] > 1:
                start[axis], place = divmod(place, self.strides[axis])
                if not 0 <= start[axis] < self.shape[axis]:
                    return None
        return start if 0 <= place < self.dtype.itemsize else None

    def integers(self, view: Region) -> tuple | None:
        """As ``index_of``, by an integer array for each axis."""
        places: Any = np.full(view.shape, view.address - self.address, np.int64)
        for axis, (length, stride) in enumerate(zip(view.shape, view.strides)):
            places += (np.arange(length) * stride).reshape([-1 if i == axis else 1 for i in range(len(view.shape))])
        index = [np.zeros_like(places)] * len(self.shape)
        for axis in self._order():
            if self.shape[axis] > 1:
                index[axis], places = np.divmod(places, self.strides[axis])
                if ((index[axis] >= self.shape[axis]) | (index[axis] < 0)).any():
                    return None
        return tuple(index) if ((places >= 0) & (places < self.dtype.itemsize)).all() else None

    def _order(self) -> list[int]:
        return sorted(range(len(self.shape)), key=lambda axis: -self.strides[axis])

    def within(self, owner: np.ndarray) -> np.ndarray:
        """The array that lies here, as a view of ``owner``, which holds it."""
        whole = Region.of(owner)
        if self == whole:
            return owner
        if 0 in self.shape:
            return np.empty(self.shape, self.dtype)
        first = owner[(*whole._start(self.address - whole.address, whole._order()), ...)]  # type: ignore[misc, arg-type]
        return np.lib.stride_tricks.as_strided(first, self.shape, self.strides)


def is_rising(array: np.ndarray) -> bool:
    """Whether the elements of an array lie in rising order along each axis, none where another one does."""
    return all(stride > 0 or length < 2 for length, stride in zip(array.shape, array.strides))


def is_basic(index: Any) -> bool:
    """Whether an index selects each element at most once: slices, integers, ellipsis, new axes, one boolean mask."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(isinstance(part, slice | int | np.integer | np.bool_ | type(Ellipsis) | None) for part in parts) or (
        len(parts) == 1 and isinstance(parts[0], np.ndarray) and parts[0].dtype == bool
    )
