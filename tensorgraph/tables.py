"""Tables of text: with rich in a terminal, else plain."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as lines of text: the first column to the left, the others to the right.

    >>> print(plain_table(["op", "calls"], [("affine", "3"), ("relu", "20")]))
    op      calls
    affine      3
    relu       20
    """
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    lines = []
    for row in (header, *rows):
        cells = [cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: by rich where it is installed and someone watches, as plain text in a pipe."""
    if sys.stdout.isatty():
        try:
            return _print_rich(header, rows)
        except ImportError:  # the plain table says the same
            pass
    print(plain_table(header, rows))


def _print_rich(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for i, title in enumerate(header):
        table.add_column(title, justify="right" if i else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


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
