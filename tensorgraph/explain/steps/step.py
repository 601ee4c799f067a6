"""One step of backward as a record, and as text."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...core import Node, label
from ...places import Place
from ...recording import call_of, norm_of
from ...rule_source import rule_source

MOST_ELEMENTS = 12  # of an array that are shown
FEW_ELEMENTS = 4  # that are shown in a table
LONGEST = 80  # of what else is shown, in characters


class Contribution(NamedTuple):
    """What a rule gave for one input of an op.

    argument  what the op calls the input
    value     the gradient, brought to the input's shape and dtype
    target    the node that it is added to
    step      the number of the step that takes it from there; None for a leaf
    so_far    the sum of all that came to the target up to now, this one included
    first     whether it is the first that came there
    """

    argument: str
    value: np.ndarray
    target: Node
    step: int | None
    so_far: np.ndarray
    first: bool

    @property
    def to(self) -> str:
        """Where it is added, in words."""
        name = label(self.target)
        return f"the gradient of {name}" + ("" if self.step is None else f", for step {self.step}")


class RuleRun(NamedTuple):
    """One backward rule that ran.

    rule           the function
    saw            its arguments by name: ``g``, and what the op kept for it
    contributions  what it gave, for each input that needs a gradient
    """

    rule: Callable
    saw: dict[str, Any]
    contributions: list[Contribution]

    @property
    def names(self) -> str:
        """What the op calls the inputs that it gave gradients of."""
        return " and ".join([c.argument for c in self.contributions])

    def lines(self) -> list[str]:
        """What it saw besides ``g``, the gradient of the output; of complex numbers ``g`` too, its conjugate."""
        real = self.saw["g"].dtype.kind != "c"
        return [f"{name} = {shown(value)}" for name, value in self.saw.items() if name != "g" or not real]

    @property
    def source(self) -> str:
        """The rule's text; empty when it cannot be read."""
        return rule_source(self.rule)


class Step(NamedTuple):
    """What backward does at one op.

    number    of the step, from 1
    node      the recorded application of the op
    gradient  of its output: whole, since all that use the output have been passed, and after its hooks
    rules     the rules that ran
    """

    number: int
    node: Node
    gradient: np.ndarray
    rules: list[RuleRun]

    @property
    def op(self) -> str:
        """The name of the op."""
        return self.node.op.name

    @property
    def name(self) -> str | None:
        """What the user calls the op's output."""
        return self.node.notes.name if self.node.notes is not None else None

    @property
    def scope(self) -> tuple[str, ...]:
        """The modules that were running, outermost first."""
        return self.node.scope

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the op's output."""
        return self.node.shape

    @property
    def place(self) -> Place | None:
        """The line that called the op, if it was recorded."""
        call = call_of(self.node)
        return None if call is None else call.place

    @property
    def contributions(self) -> list[Contribution]:
        """What all of the rules gave."""
        return [contribution for run in self.rules for contribution in run.contributions]

    @property
    def where(self) -> tuple[str, str]:
        """File and line, and the text of the line; empty when they were not recorded."""
        if self.place is None:
            return "", ""
        return f"{os.path.basename(self.place.file)}:{self.place.line}", self.place.source

    def title(self) -> str:
        """The op, its name, its output's shape and dtype, and where it is in the program."""
        title = f"{self.op}{f' {self.name!r}' if self.name else ''} {self.shape} {self.node.dtype}"
        return f"{title} in {' / '.join(self.scope)}" if self.scope else title

    def __str__(self) -> str:
        lines = [f"step {self.number}: {self.title()}"]
        if self.place is not None:
            lines.append("  " + "  ".join(self.where))
        lines.append(f"  gradient of its output: {shown(self.gradient)}")
        for run in self.rules:
            source = run.source or "(its source cannot be read)"
            lines.append(f"  rule for {run.names}: " + source.replace("\n", "\n    "))
            lines += [f"    {line}" for line in run.lines()]
            for c in run.contributions:
                total = "the first" if c.first else f"so far {shown(c.so_far)}"
                lines.append(f"    gives {c.argument}: {shown(c.value)}")
                lines.append(f"      added to {c.to}: {total}")
        return "\n".join(lines)


def brief(array: np.ndarray) -> str:
    """A small array as it is, of others the shape and the norm."""
    return shown(array) if array.size <= FEW_ELEMENTS else f"{array.shape}, norm {norm_of(array):.4g}"


def shown(value: Any) -> str:
    """A value on one line: of large arrays only the ends, with shape and dtype."""
    if isinstance(value, np.ndarray | np.generic):
        text = np.array2string(
            np.asarray(value), precision=4, threshold=MOST_ELEMENTS, edgeitems=2, max_line_width=10**6
        )
        text = re.sub(r"(?<=\[) | (?=\])", "", " ".join(text.split()))
        return text if value.size <= MOST_ELEMENTS else f"{text} {value.shape} {value.dtype}"
    if isinstance(value, tuple) and any(isinstance(part, np.ndarray) for part in value):
        text = f"({', '.join(map(shown, value[:MOST_ELEMENTS]))}{', ...' if len(value) > MOST_ELEMENTS else ''})"
        return text
    text = repr(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
