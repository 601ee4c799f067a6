"""Tables as text, as HTML for notebooks, and for rich; a distribution in a line of text; numbers of bytes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

BARS = " ▁▂▃▄▅▆▇█"


class Table:
    """Rows of texts under a header; the first ``left`` columns are set to the left, the others to the right.

    >>> print(Table(["op", "calls"], [("affine", "3"), ("relu", "20")]).text())
    op      calls
    ------  -----
    affine      3
    relu       20
    """

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> None:
        self.header, self.rows, self.left = header, rows, left

    def text(self, ruled: bool = True) -> str:
        """Aligned columns; where it is ``ruled``, with a line between header and rows."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows)]
        rule = [["-" * width for width in widths]] if ruled else []
        return "\n".join(["  ".join(self._set(row, widths)).rstrip() for row in (self.header, *rule, *self.rows)])

    def _set(self, row: Sequence[str], widths: list[int]) -> list[str]:
        return [
            cell.ljust(width) if i < self.left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        ]

    def html(self) -> str:
        """A table element. Spaces are kept, for they may be an indent."""
        lines = [f"<tr>{self._cells('th', self.header)}</tr>"]
        lines += [f"<tr>{self._cells('td', row)}</tr>" for row in self.rows]
        return "<table>\n" + "\n".join(lines) + "\n</table>"

    def _cells(self, tag: str, row: Sequence[str]) -> str:
        sides = ["left" if i < self.left else "right" for i in range(len(row))]
        return "".join([
            f'<{tag} style="text-align:{side};white-space:pre">{escape(cell)}</{tag}>' for side, cell in zip(sides, row)
        ])  # fmt: skip

    def rich(self) -> Any:
        """A table of rich, which calls this, and so is there."""
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable()
        for i, title in enumerate(self.header):
            table.add_column(title, justify="left" if i < self.left else "right", no_wrap=not i)
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: by rich where it is installed and someone watches, as plain text in a pipe."""
    table = Table(header, rows)
    if sys.stdout.isatty():
        try:
            from rich.console import Console

            return Console().print(table.rich())
        except ImportError:  # the plain table says the same
            pass
    print(table.text(ruled=False))


def page(*parts: str | Table) -> str:
    """Tables and paragraphs as HTML, one after the other."""
    return "\n".join([p.html() if isinstance(p, Table) else f"<pre>{escape(p)}</pre>" for p in parts])


def group(*parts: str | Table) -> Any:
    """Tables and paragraphs for rich, which calls this, one after the other."""
    from rich.console import Group
    from rich.text import Text

    return Group(*[p.rich() if isinstance(p, Table) else Text(p) for p in parts])


def sparkline(counts: np.ndarray) -> str:
    """A bar for each count, as high as its root, so that few are seen beside many; a space where there is nothing.

    >>> sparkline(np.array([0, 1, 16, 64]))
    ' ▁▄█'
    """
    top = max(int(counts.max(initial=0)), 1)
    heights = np.ceil(np.sqrt(counts / top) * (len(BARS) - 1)).astype(int)
    return "".join([BARS[height] for height in heights])


def in_bytes(count: float) -> str:
    """A number of bytes, to read.

    >>> [in_bytes(n) for n in (0, 512, 25600, 3 * 2**20, 5 * 2**30)]
    ['0 B', '512 B', '25.0 KiB', '3.0 MiB', '5.0 GiB']
    """
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
