"""Nested dicts and lists of arrays and plain values, as named arrays and one JSON text."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..errors import CheckpointError

_ARRAY = "$array"  # how the JSON says "the array of this name"


def pack(tree: Any) -> tuple[dict[str, np.ndarray], str]:
    """The arrays of a tree by their paths, and JSON of everything else. Tuples become lists.

    Keys are strings; leaves are arrays, None, booleans, numbers and strings. Raises CheckpointError for anything else.

    >>> pack({"loss": [2.5], "state": {"W": np.ones(2)}})
    ({'state.W': array([1., 1.])}, '{"loss": [2.5], "state": {"W": {"$array": "state.W"}}}')
    """
    arrays: dict[str, np.ndarray] = {}
    return arrays, json.dumps(_pack(tree, "", arrays))


def unpack(arrays: dict[str, np.ndarray], text: str) -> Any:
    """The tree that ``pack`` took apart. Raises CheckpointError when an array is missing."""
    try:
        return json.loads(text, object_hook=lambda item: _unpack(item, arrays))
    except (ValueError, TypeError, KeyError) as error:
        raise CheckpointError(f"the checkpoint's contents do not fit together: {error!r}") from error


def _pack(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, np.ndarray | np.generic) and not isinstance(value, float):
        arrays[path] = np.asarray(value)
        return {_ARRAY: path}
    if isinstance(value, dict) and all(isinstance(key, str) and key != _ARRAY for key in value):
        return {key: _pack(item, f"{path}.{key}" if path else key, arrays) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(item, f"{path}.{i}", arrays) for i, item in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise CheckpointError(
        f"{path or 'the tree'}: a {type(value).__name__} cannot be saved. "
        "Arrays, numbers, strings, None, and lists and dicts of them, by strings, can"
    )


def _unpack(item: dict[str, Any], arrays: dict[str, np.ndarray]) -> Any:
    return arrays[item[_ARRAY]] if _ARRAY in item else item
