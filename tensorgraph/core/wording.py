"""How the arguments of a call are told in messages."""

from __future__ import annotations

from typing import Any

from .node import label


def names_of(op: Any, count: int) -> list[str]:
    """What to call the arguments of a call in a message."""
    return [f"{op.variadic}[{i}]" for i in range(count)] if op.variadic else op.params


def described(op: Any, args: Any) -> str:
    """A line for each array among the arguments: name, shape, dtype, and where a tensor came from."""
    names = names_of(op, len(args))
    lines = []
    width = max(map(len, names), default=0)
    for name, value in zip(names, args):
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            origin = getattr(value, "node", None)
            source = f" from {label(origin)}" if origin is not None else ""
            lines.append(f"\n  {name:<{width}}  {value.shape} {value.dtype}{source}")
    return "".join(lines)
