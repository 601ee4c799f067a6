"""Spelling trees in a style: LaTeX, Unicode text, or NumPy code. One walk, and brackets where they are needed only."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from .forms import LEVEL, Form, superscript
from .names import Name
from .notation import notation
from .tree import Gradient, Literal, Symbol, Tree, postorder


class Piece(NamedTuple):
    """A part of a formula that is written, and how tightly it holds together."""

    text: str
    level: int


_FIELD = re.compile(r"<(\w+(?:,\w+)*)(?::(\w+))?>")
_TALL = ("\\frac", "\\sum", "\\sqrt", "\\begin", "\\prod", "\\left")


class Style:
    """How formulas are written: which column of names and notations, and the signs that have no op."""

    def __init__(self, column: str, literal: Callable[[Any], Piece], gradient: Callable[[str, str], Piece]) -> None:
        self.column, self.literal, self.gradient = column, literal, gradient

    def spell(self, root: Tree, names: Mapping[Symbol, Name], of: str) -> str:
        """The tree in this style. ``of`` is the name of the output, as gradients have it."""
        pieces: dict[Tree, Piece] = {}
        for tree in postorder(root):
            if isinstance(tree, Symbol):
                name = names[tree]
                pieces[tree] = Piece(getattr(name, self.column), LEVEL["letter" if name.bare else "atom"])
            elif isinstance(tree, Gradient):
                pieces[tree] = self.gradient(of, getattr(names[tree.of], self.column))
            elif isinstance(tree, Literal):
                pieces[tree] = self.literal(tree.value)
            else:
                form, fields = notation(tree, self.column)
                pieces[tree] = self._fill(form, {name: pieces[arg] for name, arg in fields.items()})
        return self._at_least(pieces[root], "sum")

    def _fill(self, form: Form, fields: Mapping[str, Piece]) -> Piece:
        if form.template.endswith(":same>") and (alone := _FIELD.fullmatch(form.template)):
            return fields[alone[1]]

        def field(match: re.Match) -> str:
            chosen = [fields[name] for name in match[1].split(",")]
            if match[2] == "call":
                return self._in_brackets(", ".join([piece.text for piece in chosen]))
            return ", ".join([self._at_least(piece, match[2] or "sum") for piece in chosen])

        return Piece(_FIELD.sub(field, form.template), LEVEL[form.level])

    def _at_least(self, piece: Piece, level: str) -> str:
        if piece.level >= LEVEL[level]:
            return piece.text
        return self._in_brackets(piece.text, square=piece.level < LEVEL["sum"] and self.column != "code")

    def _in_brackets(self, text: str, square: bool = False) -> str:
        left, right = "[]" if square else "()"
        if self.column == "latex" and any(tall in text for tall in _TALL):
            return rf"\left{left} {text} \right{right}"
        return f"{left}{text}{right}"


# Numbers, and what else ops take

_KNOWN = {
    math.log(2): (r"\log(2)", "log(2)", "np.log(2)"),
    math.log(10): (r"\log(10)", "log(10)", "np.log(10)"),
    math.pi: (r"\pi", "π", "np.pi"),
    math.pi / 180: (r"\frac{\pi}{180}", "(π / 180)", "(np.pi / 180)"),
    math.e: ("e", "e", "np.e"),
    0.5: (r"\frac{1}{2}", "½", "0.5"),
}


def _literal(column: int) -> Callable[[Any], Piece]:
    def spell(value: Any) -> Piece:
        if isinstance(value, bool | np.bool_):
            return Piece(str(bool(value)) if column == 2 else str(int(value)), LEVEL["atom"])
        if isinstance(value, int | float | np.integer | np.floating):
            return _number(value, column)
        if isinstance(value, np.ndarray):  # 0, 1, 2 ...: no other array is a literal
            return Piece(
                f"np.arange({value.size})"
                if column == 2
                else f"0, …, {value.size - 1}".replace("…", r"\ldots" if column == 0 else "…"),
                LEVEL["atom"],
            )
        if isinstance(value, np.dtype | type):
            return Piece(f"np.{np.dtype(value).name}" if column == 2 else np.dtype(value).name, LEVEL["atom"])
        text = repr(value)
        return Piece(text if column else rf"\mathrm{{{text}}}", LEVEL["atom"])

    return spell


def _number(value: Any, column: int) -> Piece:
    for known, texts in _KNOWN.items():
        if abs(value) == known and isinstance(value, float | np.floating):
            return _signed(texts[column], value < 0, "factor" if texts[column].startswith("\\frac") else "atom")
    digits, e, exponent = str(abs(value)).partition("e")
    digits = digits.removesuffix(".0") if column < 2 else digits
    if column == 2 or not e:
        return _signed(digits + e + exponent, value < 0, "atom")
    power = f"10^{{{int(exponent)}}}" if column == 0 else f"10{superscript(int(exponent))}"
    times = r" \cdot " if column == 0 else " · "
    return _signed(
        power if digits == "1" else digits + times + power, value < 0, "power" if digits == "1" else "product"
    )


def _signed(text: str, negative: bool, level: str) -> Piece:
    return Piece(f"-{text}", LEVEL["negative"]) if negative else Piece(text, LEVEL[level])


LATEX = Style(
    "latex",
    _literal(0),
    lambda of, name: Piece(rf"\frac{{\partial {of}}}{{\partial {name}}}", LEVEL["factor"]),
)
UNICODE = Style("unicode", _literal(1), lambda of, name: Piece(f"∂{of}/∂{name}", LEVEL["factor"]))
CODE = Style("code", _literal(2), lambda of, name: Piece(f"d{of}_d{name}", LEVEL["atom"]))
