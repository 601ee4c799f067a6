"""The text of a backward rule: of a function all of it, of a lambda just that, out of the line that it is in."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import lru_cache


def rule_source(rule: Callable) -> str:
    """What the source file says of a rule; empty when it cannot be read, as for code that was typed in.

    >>> import numpy as np, tensorgraph as tg
    >>> rule, parameters = tg.OPS[np.sin].rules["x",]
    >>> rule_source(rule)
    'lambda g, x: g * np.cos(x)'
    """
    try:
        lines, first = inspect.findsource(rule)
        if rule.__name__ != "<lambda>":
            return textwrap.dedent("".join(inspect.getblock(lines[first:]))).rstrip()
    except (OSError, TypeError):  # no file, or no function at all
        return ""
    source = "".join(lines)
    code = rule.__code__
    candidates = [part for part in _lambdas(source) if part.lineno == code.co_firstlineno]
    # of several lambdas in one line, the innermost that all of the code is in
    at = [(line, column) for line, _, column, end in code.co_positions() if end and line is not None]
    inside = [part for part in candidates if all(_start(part) <= place < _end(part) for place in at)]
    chosen = max(inside, key=_start, default=None)
    return "" if chosen is None else ast.get_source_segment(source, chosen) or ""


def _start(part: ast.Lambda) -> tuple[int, int]:
    return part.body.lineno, part.body.col_offset


def _end(part: ast.Lambda) -> tuple[int, int]:
    return part.body.end_lineno or 0, part.body.end_col_offset or 0


@lru_cache(maxsize=32)
def _lambdas(source: str) -> list[ast.Lambda]:
    return [part for part in ast.walk(ast.parse(source)) if isinstance(part, ast.Lambda)]
