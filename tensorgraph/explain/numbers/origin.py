"""What is said of a NaN or an Inf: what made it, of what, and how far it spread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ...places import Place
from ..operands import Operand

WHEN = {
    "data": "was given from outside",
    "forward": "in the forward pass",
    "backward": "in the backward pass",
    "optimizer": "in the step of the optimizer",
}


@dataclass(frozen=True)
class Spot:
    """Where a bad value came by: what passed it on, from which line, the first bad element and its index (None and ()
    where it was stopped)."""

    what: str
    place: Place | None
    value: Any
    index: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.what}{f', called at {self.place}' if self.place else ''}"


@dataclass
class Origin:
    """Something that made NaN or Inf of finite values, or that brought them in from outside.

    what        the op, the rule of an op, the sum of gradients, the optimizer; of data, the name of the array
    phase       forward, backward or optimizer; data: it was in an input, a parameter or a gradient that nothing
                recorded has computed
    place       the line that called the op, or the optimizer; of data, the op that first took it
    scope       names of the modules that were running
    value       the first bad element, nan, inf or -inf; index: where it is; count: how many elements are bad
    operands    what it was made of, and in which range that lies
    hint        what to do about it; empty when there is nothing to say
    passed_on   where it went: every result that has a bad value because of this one, in order
    became_nan  the first of them that made nan of inf, and ``became_hint``, how
    stopped     what took it and gave finite values, such as np.where
    gradients   leaves whose gradient it reached, by name
    parameters  parameters that it reached, by name
    """

    what: str
    phase: str
    place: Place | None
    scope: tuple[str, ...]
    value: Any
    index: tuple[int, ...]
    count: int
    operands: list[Operand]
    hint: str
    passed_on: list[Spot] = field(default_factory=list)
    became_nan: Spot | None = None
    became_hint: str = ""
    stopped: list[Spot] = field(default_factory=list)
    gradients: list[str] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        more = f" and {self.count - 1} more" if self.count > 1 else ""
        spot = f"{self.value}, at index {self.index}{more}"
        if self.phase == "data":
            lines = [f"{self.what} {WHEN['data']} with {spot}"]
        else:
            lines = [f"{self.what} made {spot}, from finite values, {WHEN[self.phase]}"]
        if self.place is not None:
            text = f": {self.place.source}" if self.place.source else ""
            lines.append(f"{'used' if self.phase == 'data' else 'called'} at {self.place}{text}")
        lines += [f"{'/'.join(self.scope)} is the module"] if self.scope else []
        lines += map(str, self.operands)
        lines += [self.hint] if self.hint else []
        if self.became_nan is not None:
            lines.append(f"became nan in {self.became_nan}{f'. {self.became_hint}' if self.became_hint else ''}")
        for title, names in (
            ("passed on by", [spot.what for spot in self.passed_on]),
            ("stopped by", [spot.what for spot in self.stopped]),
            ("reached the gradients of", self.gradients),
            ("reached the parameters", self.parameters),
        ):
            if names:
                lines.append(f"{title} {_list(names)}")
        return "\n  ".join(lines)


@dataclass
class BadValues:
    """What ``bad_values`` found: the origins, in order of time. Empty, and false, when all values are finite."""

    origins: list[Origin]

    @property
    def first(self) -> Origin | None:
        """The first origin."""
        return self.origins[0] if self.origins else None

    def __len__(self) -> int:
        return len(self.origins)

    def __str__(self) -> str:
        return "\n".join(map(str, self.origins)) or "every recorded value is finite"


def _list(names: list[str], most: int = 8) -> str:
    """Names, each once with how often it comes, and only the first of many."""
    said = [f"{name} ({count} times)" if count > 1 else name for name, count in Counter(names).items()]
    rest = f" and {len(said) - most} more" if len(said) > most else ""
    return ", ".join(said[:most]) + rest
