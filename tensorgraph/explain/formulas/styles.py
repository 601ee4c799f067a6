"""Spelling trees in a style: LaTeX, Unicode text, or NumPy code. One walk, and brackets where they are needed only."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from .forms import LEVEL, Form, superscript
from .names import Name, escaped
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
        whole = pieces[root]
        return whole.text if whole.level == LEVEL["choice"] else self._at_least(whole, "sum")

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
        square = piece.level in (LEVEL["logic"], LEVEL["relation"]) and self.column != "code"
        return self._in_brackets(piece.text, square)

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
    math.pi / 180: (r"\frac{\pi}{180}", "π/180", "np.pi / 180"),
    math.e: ("e", "e", "np.e"),
    math.inf: (r"\infty", "∞", "np.inf"),
    0.5: (r"\frac{1}{2}", "½", "0.5"),
}


def _literal(column: int) -> Callable[[Any], Piece]:
    """How what is no tree is written in LaTeX (0), in Unicode (1) or in code (2)."""
    code = column == 2

    def spell(value: Any) -> Piece:
        if isinstance(value, bool | np.bool_):
            return Piece(str(bool(value)) if code else str(int(value)), LEVEL["atom"])
        if isinstance(value, int | float | np.integer | np.floating):
            text, level = _number(abs(value), column)
            return Piece(f"-{text}", LEVEL["negative"]) if value < 0 else Piece(text, LEVEL[level])
        if isinstance(value, np.ndarray):  # 0, 1, 2 ...: no other array is a literal
            dots = r"\ldots" if column == 0 else "…"
            return Piece(f"np.arange({value.size})" if code else f"(0, {dots}, {value.size - 1})", LEVEL["atom"])
        if isinstance(value, np.dtype | type):
            return Piece(f"np.{np.dtype(value).name}" if code else np.dtype(value).name, LEVEL["atom"])
        text = repr(value)
        plain = column or re.fullmatch(r"[\d(),. -]*", text)
        return Piece(text if plain else rf"\mathrm{{{escaped(text)}}}", LEVEL["atom"])

    return spell


def _number(value: Any, column: int) -> tuple[str, str]:
    """A number that is not negative, and its level."""
    if isinstance(value, float | np.floating):
        for known, texts in _KNOWN.items():
            if value == known:
                text = texts[column]
                return text, "factor" if text.startswith("\\frac") else "product" if "/" in text else "atom"
        square = round(value * value) if value < 100 else 0
        if column < 2 and value % 1 and value == math.sqrt(square):
            return (rf"\sqrt{{{square}}}" if column == 0 else f"√{square}"), "factor"
    digits, e, exponent = str(value).partition("e")
    if column == 2:
        return ("np.nan" if value != value else digits + e + exponent), "atom"
    digits = digits.removesuffix(".0")
    if not e:
        return digits, "atom"
    power = f"10^{{{int(exponent)}}}" if column == 0 else f"10{superscript(int(exponent))}"
    if digits == "1":
        return power, "power"
    return digits + (r" \cdot " if column == 0 else " · ") + power, "product"


LATEX = Style(
    "latex",
    _literal(0),
    lambda of, name: Piece(rf"\frac{{\partial {of}}}{{\partial {name}}}", LEVEL["factor"]),
)
UNICODE = Style("unicode", _literal(1), lambda of, name: Piece(f"∂{of}/∂{name}", LEVEL["factor"]))
CODE = Style("code", _literal(2), lambda of, name: Piece(f"d{of}_d{name}", LEVEL["atom"]))
