"""Nested dicts, lists and tuples of arrays: their leaves in order, and the same nesting around new leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .errors import ArgumentError


def flatten(tree: Any) -> tuple[list, Callable[[Sequence], Any]]:
    """The leaves of nested dicts, lists and tuples, and a function that builds the same nesting from new leaves.

    >>> leaves, rebuild = flatten({"a": 1, "b": (2, 3)})
    >>> leaves, rebuild([4, 5, 6])
    ([1, 2, 3], {'a': 4, 'b': (5, 6)})
    """
    make: Callable[[list], Any]
    if isinstance(tree, dict):
        keys, branches = list(tree), list(tree.values())
        make = lambda values: dict(zip(keys, values))  # noqa: E731
    elif isinstance(tree, tuple) and hasattr(tree, "_fields"):
        branches = list(tree)
        make = lambda values: type(tree)(*values)  # noqa: E731
    elif isinstance(tree, tuple | list):
        branches, make = list(tree), type(tree)
    else:
        return [tree], lambda leaves: leaves[0]
    parts = [flatten(branch) for branch in branches]
    leaves = [leaf for found, _ in parts for leaf in found]

    def rebuild(new: Sequence) -> Any:
        values, start = [], 0
        for found, build in parts:
            values.append(build(new[start : start + len(found)]))
            start += len(found)
        return make(values)

    return leaves, rebuild


def matching(tree: Any, like: Any, what: str) -> list:
    """The leaves of ``tree`` in the order of those of ``like``, which must be nested in the same way.

    >>> matching({"b": 1, "a": 2}, {"a": 0, "b": 0}, "tangents")
    [2, 1]

    Raises ArgumentError, naming ``what`` does not match.
    """
    if isinstance(like, dict):
        if not isinstance(tree, dict) or tree.keys() != like.keys():
            given = f"a dict of {list(tree)}" if isinstance(tree, dict) else f"a {type(tree).__name__}"
            raise ArgumentError(f"{what}: expected a dict of {list(like)}; got {given}")
        parts = [(tree[key], like[key]) for key in like]
    elif isinstance(like, tuple | list):
        if not isinstance(tree, tuple | list) or len(tree) != len(like):
            given = f"{len(tree)}" if isinstance(tree, tuple | list) else f"a {type(tree).__name__}"
            raise ArgumentError(f"{what}: expected a {type(like).__name__} of {len(like)}; got {given}")
        parts = list(zip(tree, like))
    else:
        return [tree]
    return [leaf for part, of in parts for leaf in matching(part, of, what)]
