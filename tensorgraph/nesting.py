"""Nested dicts, lists, tuples and dataclasses of arrays: their leaves in order, and the same nesting of new leaves."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .errors import ArgumentError


def flatten(tree: Any) -> tuple[list, Callable[[Sequence], Any]]:
    """The leaves of nested dicts, lists, tuples and dataclasses, and a function that nests new leaves in the same way.

    A field of a dataclass with ``metadata={"static": True}`` is no leaf: it stays as it is. A dataclass is copied with
    new values in its fields, without its ``__init__``, which may not take what stands for an array.

    >>> leaves, rebuild = flatten({"a": 1, "b": (2, 3)})
    >>> leaves, rebuild([4, 5, 6])
    ([1, 2, 3], {'a': 4, 'b': (5, 6)})
    """
    found = _branches(tree)
    if found is None:
        return [tree], lambda leaves: leaves[0]
    _, branches, make = found
    parts = [flatten(branch) for branch in branches]
    leaves = [leaf for found, _ in parts for leaf in found]

    def rebuild(new: Sequence) -> Any:
        values, start = [], 0
        for found, build in parts:
            values.append(build(new[start : start + len(found)]))
            start += len(found)
        return make(values)

    return leaves, rebuild


def paths(tree: Any, start: str = "") -> Iterator[str]:
    """Where each leaf is, in the order of ``flatten``, as one writes it.

    >>> list(paths({"a": 1, "b": (2, 3)}, "x"))
    ["x['a']", "x['b'][0]", "x['b'][1]"]
    """
    found = _branches(tree)
    if found is None:
        yield start
        return
    for step, branch in zip(found[0], found[1]):
        yield from paths(branch, start + step)


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
    elif _is_dataclass(like):
        if type(tree) is not type(like):
            raise ArgumentError(f"{what}: expected a {type(like).__name__}; got a {type(tree).__name__}")
        parts = [(getattr(tree, name), getattr(like, name)) for name in _fields(like)]
    else:
        return [tree]
    return [leaf for part, of in parts for leaf in matching(part, of, what)]


def _branches(tree: Any) -> tuple[list[str], list, Callable[[list], Any]] | None:
    """The steps to the parts of a nesting, the parts, and what makes the same of new parts; None for a leaf."""
    if isinstance(tree, dict):
        keys = list(tree)
        return [f"[{key!r}]" for key in keys], list(tree.values()), lambda values: dict(zip(keys, values))
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return [f".{name}" for name in tree._fields], list(tree), lambda values: type(tree)(*values)
    if isinstance(tree, tuple | list):
        return [f"[{i}]" for i in range(len(tree))], list(tree), type(tree)
    if _is_dataclass(tree):
        names = _fields(tree)

        def renewed(values: list) -> Any:
            new = copy.copy(tree)
            for name, value in zip(names, values):
                object.__setattr__(new, name, value)  # also of a frozen one
            return new

        return [f".{name}" for name in names], [getattr(tree, name) for name in names], renewed
    return None


def _is_dataclass(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _fields(value: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(value) if not field.metadata.get("static")]
