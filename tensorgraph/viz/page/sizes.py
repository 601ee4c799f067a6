"""How large the boxes of nodes and closed modules are, from what is written in them.

A page does not know which font it will be shown in. The widths here are those of DejaVu Sans, one of the widest in use,
so that there is room in every other; and the page shortens what is too long all the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

STEP = 8
"""Widths are multiples of this, so that boxes line up and more layouts are alike."""

LEAST, MOST = 72, 264
NODE_HEIGHT = {"op": 42, "gradient": 42, "parameter": 52, "input": 42, "module": 46}
BOX_HEIGHT = 46
SIDES = {"op": 24, "gradient": 34, "parameter": 24, "input": 30, "module": 24}
"""Room beside the text, on both sides together."""

BOX_SIDES = 52

_NARROW = frozenset("'ijlIJ ,./:;\\|f-()[]t!r")
_WIDE = frozenset("mwMWO@%#+<=>^~&DGHNQU")


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """About how many pixels wide a text is."""
    ems = 0.0
    for character in text:
        if not character.isprintable():
            ems += 6 * 0.62  # the page shows its code
        elif character in _NARROW:
            ems += 0.36
        elif character in _WIDE:
            ems += 0.86
        elif character.isascii():
            ems += 0.62
        elif not unicodedata.combining(character):
            ems += 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.72
    return ems * size * (1.12 if bold else 1.0)


def node_size(node: dict[str, Any]) -> tuple[int, int]:
    """Width and height of a node: a bold title with its name and settings, and below it shape and dtype."""
    kind = node["kind"]
    title = node["op"] or _own_name(node) or kind
    rest = node["name"] if node["op"] and node["name"] else ""
    settings = ", ".join(f"{name}={_short(value)}" for name, value in node.get("settings", {}).items())
    top = text_width(title, 12, True) + sum(text_width(" " + part, 12) for part in (rest, settings) if part)
    below = text_width(f"{tuple(node['shape'])} {node['dtype']}", 10)
    return _rounded(max(top, below) + SIDES[kind]), NODE_HEIGHT[kind]


def _own_name(node: dict[str, Any]) -> str | None:
    """The name of a node, without the path of the modules that it is drawn in."""
    name, scope = node["name"], node["scope"]
    for i in range(len(scope)):
        prefix = ".".join(scope[i:]) + "."
        if name and name.startswith(prefix) and name != prefix:
            return name[len(prefix) :]
    return name


def box_size(name: str, times: int, lines: Iterable[str]) -> tuple[int, int]:
    """Width and height of a closed module."""
    title = text_width(name, 12, True) + (text_width(f" × {times}", 12, True) if times > 1 else 0)
    return _rounded(max([title, *(text_width(line, 10) for line in lines)]) + BOX_SIDES), BOX_HEIGHT


def _short(value: Any) -> str:
    return format(value, ".6g") if isinstance(value, float) else str(value)


def _rounded(width: float) -> int:
    return int(min(max(-(-width // STEP) * STEP, LEAST), MOST))
