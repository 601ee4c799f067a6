"""What a user calls tensors and arrays: by ``params``, by modules, and by the variables of the code that draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..core import Node, Tensor
from ..errors import ArgumentError
from ..nn import Module
from ..places import frame_of_caller


class Names:
    """Names of nodes, and of arrays by their identity.

    Of several names the first counts: ``params``; the path in a module that a variable of the drawing code holds;
    ``name=``; a variable that holds the tensor or array itself. A name that a module gave (its attribute's) is the end
    of that path, so that ``weight`` becomes ``fc1.weight``.
    """

    def __init__(self, params: Any = None) -> None:
        self.tensors: dict[Node, Tensor] = {}  # of those that were met
        self._given: dict[Node | int, str] = {}
        self._paths: dict[Node | int, str] = {}
        self._variables: dict[Node | int, str] = {}
        self._take_params(params)
        self._take_variables(frame_of_caller())

    def of_node(self, node: Node) -> str | None:
        """What to call what an op or nobody made."""
        if node in self._given:
            return self._given[node]
        own = str(node.notes.name) if node.notes is not None and node.notes.name is not None else None
        path = self._paths.get(node)
        if path is not None and (own is None or path.endswith(own)):
            return path
        return own if own is not None else self._variables.get(node)

    def of_array(self, array: Any) -> str | None:
        """What to call an array that needs no gradient."""
        key = id(array)
        return self._given.get(key) or self._paths.get(key) or self._variables.get(key)

    def _take_params(self, params: Any) -> None:
        if hasattr(params, "named_parameters"):
            params = dict(params.named_parameters())
        if params is None:
            return
        if not isinstance(params, Mapping):
            given = type(params).__name__
            raise ArgumentError(f"viz: params gives names: a dict name -> Tensor, or a module; got {given}")
        for name, value in params.items():
            if not self._take(self._given, str(name), value):
                raise ArgumentError(f"viz: params[{name!r}] is neither Tensor nor array, but {type(value).__name__}")

    def _take_variables(self, frame: Any) -> None:
        for name, value in _variables(frame):
            if isinstance(value, Module):
                for path, part in (*value.named_parameters(), *value.named_buffers()):
                    self._take(self._paths, path, part)
            else:
                self._take(self._variables, name, value)

    def _take(self, table: dict[Node | int, str], name: str, value: Any) -> bool:
        if isinstance(value, Tensor) and value.node is not None:
            self.tensors.setdefault(value.node, value)
            table.setdefault(value.node, name)
        elif is_array(value):
            table.setdefault(id(value.data if isinstance(value, Tensor) else value), name)
        else:
            return False
        return True


def _variables(frame: Any) -> Iterator[tuple[str, Any]]:
    """The variables that a line of code sees, those of its function first; but for those that are nobody's names."""
    for namespace in (frame.f_locals, frame.f_globals):
        for name, value in list(namespace.items()):
            if name.isidentifier() and not name.startswith("_"):
                yield name, value


def is_array(value: Any) -> bool:
    """Whether a value is an array of whatever library."""
    return hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, type)
