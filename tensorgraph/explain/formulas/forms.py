"""What a row of the table of notations is made of."""

from __future__ import annotations

from typing import NamedTuple

LEVELS = (
    "choice", "logic", "relation", "sum", "negative", "term", "modular", "product", "matrix", "factor", "power", "atom",
    "letter",
)  # fmt: skip
LEVEL = {name: level for level, name in enumerate(LEVELS)}
"""How tightly a piece of a formula holds together; a template says how tightly the pieces in it must."""


class Form(NamedTuple):
    """How an op is written in a style.

    level     how tightly the result holds together
    template  ``<x:sum>`` is the argument x, in brackets unless it holds together as a sum does; ``<x,y:call>`` are
              arguments in round brackets; ``<x:same>`` alone is the argument and nothing else
    """

    level: str
    template: str


class Notation(NamedTuple):
    """How an op is written in each style."""

    latex: Form
    unicode: Form
    code: Form


def every(level: str, template: str, latex: str | None = None, unicode: str | None = None) -> Notation:
    """Written alike in every style, or but for the sign."""
    return Notation(Form(level, latex or template), Form(level, unicode or latex or template), Form(level, template))


def function(latex: str, unicode: str, code: str, *names: str) -> Notation:
    """A function of arguments in brackets."""
    args = f"<{','.join(names or ('x',))}:call>"
    return Notation(Form("atom", latex + args), Form("atom", unicode + args), Form("atom", code + args))


def mixed(latex: tuple[str, str], unicode: tuple[str, str], code: tuple[str, str]) -> Notation:
    """Written in a way of its own in each style."""
    return Notation(Form(*latex), Form(*unicode), Form(*code))


def relation(code: str, latex: str, unicode: str) -> Notation:
    """A comparison; among numbers it is 1 where it holds and 0 elsewhere, and stands in square brackets."""
    return every("relation", f"<x:sum> {code} <y:sum>", f"<x:sum> {latex} <y:sum>", f"<x:sum> {unicode} <y:sum>")


_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def superscript(number: int) -> str:
    """An integer as a superscript in Unicode."""
    return str(number).translate(_SUPERSCRIPTS)
