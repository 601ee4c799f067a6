"""What hypothesis draws: shapes and keywords of a call, values in a domain, dtypes, and layouts in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes

# Calls: the shapes of the inputs, and keywords


@st.composite
def one(draw, least: int = 0, axes: int = 0, most: int = 3, **keywords: st.SearchStrategy):
    """One array of any shape, with at least ``axes`` axes of at least ``least`` elements."""
    shape = draw(array_shapes(min_dims=axes, max_dims=most, min_side=least, max_side=4))
    return [shape], {name: draw(strategy) for name, strategy in keywords.items()}


@st.composite
def several(draw, count: int = 2, least: int = 0, **keywords: st.SearchStrategy):
    """Arrays that broadcast together."""
    shapes = mutually_broadcastable_shapes(num_shapes=count, max_dims=3, min_side=least, max_side=4)
    return list(draw(shapes).input_shapes), {name: draw(strategy) for name, strategy in keywords.items()}


@st.composite
def alike(draw, count: int = 2, least: int = 1, axes: int = 1, **keywords: st.SearchStrategy):
    """Arrays of one shape."""
    shape = draw(array_shapes(min_dims=axes, max_dims=3, min_side=least, max_side=4))
    return [shape] * count, {name: draw(strategy) for name, strategy in keywords.items()}


@st.composite
def along(draw, least: int = 1, axes: int = 1, count: int = 1, **keywords: st.SearchStrategy):
    """Arrays of one shape, and an axis of them, counted from either end."""
    shape = draw(array_shapes(min_dims=axes, max_dims=3, min_side=least, max_side=4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return [shape] * count, {"axis": axis} | {name: draw(strategy) for name, strategy in keywords.items()}


@st.composite
def over(draw, least: int = 1, tuples: bool = True, **keywords: st.SearchStrategy):
    """An array, and the axes to reduce: one, or several, or all of them; and whether they are kept."""
    shape = draw(array_shapes(min_dims=1, max_dims=3, min_side=least, max_side=4))
    axis: Any = draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    if tuples and len(shape) > 1 and draw(st.booleans()):
        axis = tuple(draw(st.permutations(range(len(shape))))[:2])
    kept = {"axis": axis, "keepdims": draw(st.booleans())}
    return [shape], kept | {name: draw(strategy) for name, strategy in keywords.items()}


@st.composite
def matrices(draw, rows: int | None = None, columns: int | None = None, batch: bool = True, **keywords):
    """One matrix, or a batch of them; with as many columns as rows where neither is given."""
    before = draw(array_shapes(min_dims=0, max_dims=1, min_side=1, max_side=3)) if batch else ()
    size = draw(st.integers(1, 4))
    shape = (*before, rows or size, columns or size)
    return [shape], {name: draw(strategy) for name, strategy in keywords.items()}


@st.composite
def products(draw, *dimensions: str, batch: bool = False, **keywords: st.SearchStrategy):
    """Arrays whose axes are named by letters: the same letter has the same length (``"ij", "jk"``)."""
    lengths = {letter: draw(st.integers(1, 4)) for letter in sorted(set("".join(dimensions)))}
    before = draw(array_shapes(min_dims=0, max_dims=1, min_side=1, max_side=3)) if batch else ()
    shapes = [(*before, *[lengths[letter] for letter in axes]) for axes in dimensions]
    return shapes, {name: draw(strategy) for name, strategy in keywords.items()}


# Values

DOMAINS = {
    "normal": lambda v: v,
    "positive": lambda v: 1.5 + np.tanh(v),
    "unit": lambda v: 0.9 * np.tanh(v),
    "share": lambda v: 0.5 + 0.4 * np.tanh(v),
    "nonzero": lambda v: v + np.where(v < 0, -0.3, 0.3),
    "large": lambda v: 1.2 + abs(v),
}  # from standard normal values


def values(random: np.random.Generator, shape: tuple, domain: str, dtype: Any) -> np.ndarray:
    """Random values of a domain: one of DOMAINS, or

    distinct   no two of them, and none of them and 0, are near each other
    nan        the first one is NaN
    invertible, definite, hermitian   matrices like that
    """
    if domain == "distinct":
        size = int(np.prod(shape))
        found = random.permutation(0.25 * (np.arange(size) - size // 2 + 0.5)).reshape(shape)
        found = found + random.uniform(-0.02, 0.02, shape)
    else:
        found = np.asarray(DOMAINS.get(domain, DOMAINS["normal"])(np.asarray(random.standard_normal(shape))))
    if np.dtype(dtype).kind == "c":
        found = found + 0.4j * random.standard_normal(shape)
    if domain == "nan" and found.size:
        found.flat[0] = np.nan
    elif domain == "invertible":
        found = 0.5 * found + 2 * np.eye(*shape[-2:])
    elif domain == "definite":
        found = found @ found.conj().swapaxes(-1, -2) / shape[-1] + np.eye(shape[-1])
    elif domain == "hermitian":
        found = found + found.conj().swapaxes(-1, -2) + np.diag(3.0 * np.arange(shape[-1]))
    return np.asarray(found, dtype)


# Layouts in memory


def in_reverse(array: np.ndarray) -> np.ndarray:
    backwards = (slice(None, None, -1),) * array.ndim
    return array[backwards].copy()[backwards]


def with_gaps(array: np.ndarray) -> np.ndarray:
    roomy = np.full([2 * n for n in array.shape], 7, array.dtype)
    every_other = (..., *[slice(None, None, 2)] * array.ndim)
    roomy[every_other] = array
    return roomy[every_other]


LAYOUTS = {
    "in C's order": np.array,
    "in Fortran's order": lambda array: np.array(array, order="F"),
    "in reverse": in_reverse,
    "with gaps": with_gaps,
}
