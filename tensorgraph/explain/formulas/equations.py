"""Equations that share their names: what is on one page."""

from __future__ import annotations

from collections.abc import Sequence

from .names import christen
from .styles import CODE, LATEX, UNICODE, Style
from .tree import Gradient, Symbol, Tree, postorder


class Page:
    """Equations, and the names of what is in them.

    output  what gradients are of; if it is no scalar, they are of an L that depends on it
    """

    def __init__(self, output: Symbol, equations: Sequence[tuple[Tree, tuple[Tree, ...]]], values: dict) -> None:
        self.output = output
        self.of = output if output.shape == () else Symbol((), None, "L")
        self.equations = [Equation(self, left, sides) for left, sides in equations]
        symbols: dict[Symbol, None] = {}
        for each in self.equations:
            for tree in (*each.sides[:1], each.left):
                for part in postorder(tree):
                    if isinstance(part, Gradient):
                        symbols[part.of] = symbols[self.of] = None
                    elif isinstance(part, Symbol):
                        symbols[part] = None
        self.names = christen(symbols)
        self.inputs = {self.names[symbol].code: values[symbol] for symbol in symbols if symbol in values}

    def spell(self, tree: Tree, style: Style) -> str:
        """A tree of this page in a style."""
        of = self.names.get(self.of)
        return style.spell(tree, self.names, getattr(of, style.column) if of else "")


class Equation:
    """What something is equal to, in one or more ways. Printing it gives text, a notebook shows it in LaTeX."""

    def __init__(self, page: Page, left: Tree, sides: tuple[Tree, ...]) -> None:
        self._page, self.left, self.sides = page, left, sides

    def _parts(self, style: Style) -> list[str]:
        return [self._page.spell(tree, style) for tree in (self.left, *self.sides)]

    @property
    def latex(self) -> str:
        """In LaTeX, on one line, for MathJax and KaTeX."""
        return " = ".join(self._parts(LATEX))

    @property
    def aligned(self) -> str:
        """In LaTeX, as lines of an ``aligned`` environment."""
        left, *sides = self._parts(LATEX)
        return left + " \\\\\n".join([f" &= {side}" for side in sides])

    @property
    def text(self) -> str:
        """In Unicode, a line for each way."""
        left, *sides = self._parts(UNICODE)
        return "\n".join([f"{left if i == 0 else ' ' * len(left)} = {side}" for i, side in enumerate(sides)])

    @property
    def code(self) -> str:
        """As NumPy code: one assignment, of the first way."""
        left, side, *_ = self._parts(CODE)
        return f"{left} = {side}"

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"$${self.latex}$$"
