"""What is said of the differences between two runs."""

from __future__ import annotations

from dataclasses import dataclass

from ...places import Place
from .compare import Comparison

MOST_SHOWN = 8


@dataclass
class Difference:
    """A value, a gradient, or a parameter that differs by more than the tolerance.

    what      what it is, such as "the value of affine"
    scope     names of the modules it belongs to
    places    the line that computed it, in the one run and in the other
    compared  how the arrays differ
    inputs    what it was computed from, by name, and how that differs
    """

    what: str
    scope: tuple[str, ...]
    places: tuple[Place | None, Place | None]
    compared: Comparison
    inputs: list[tuple[str, Comparison]]

    @property
    def cause(self) -> str:
        """``introduced`` here, of identical inputs; ``rounding`` of inputs that agree only within the tolerance, or
        introduced here; ``passed on`` from inputs that differ; ``given``, when it was computed from nothing.
        """
        if not self.inputs:
            return "given"
        if all(compared.identical for _, compared in self.inputs):
            return "introduced"
        return "passed on" if any(compared.differs for _, compared in self.inputs) else "rounding"

    def __str__(self) -> str:
        where = f" in {'/'.join(self.scope)}" if self.scope else ""
        lines = [f"{self.what}{where}: {self.compared}"]
        a, b = self.places
        if a is not None or b is not None:
            lines.append(f"at {a}{f': {a.source}' if a and a.source else ''}")
            lines += [f"and {b}{f': {b.source}' if b and b.source else ''}"] if a != b else []
        lines += [f"its {name}: {compared}" for name, compared in self.inputs]
        lines += [_CAUSES[self.cause]] if self.cause in _CAUSES else []
        return "\n  ".join(lines)


_CAUSES = {
    "introduced": "All of these are identical: the difference was introduced here",
    "rounding": "These agree within the tolerance: the difference was introduced here, or rounding was amplified",
    "passed on": "The difference came with what it was computed from",
}


@dataclass
class Diff:
    """What ``diff`` found.

    structure    where the programs differ: ops, modules, settings, shapes, dtypes, what is computed from what
    before       parameters and other inputs that differ
    values       results that differ, in forward order
    gradients    gradients that differ, in backward order
    after        parameters that differ after a step of an optimizer
    compared     how many arrays were compared
    """

    structure: list[str]
    before: list[Difference]
    values: list[Difference]
    gradients: list[Difference]
    after: list[Difference]
    compared: int

    @property
    def first(self) -> Difference | None:
        """The first difference: what was there before, values, gradients, what was there after."""
        return next(iter([*self.before, *self.values, *self.gradients, *self.after]), None)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.structure) or self.first is not None

    def __str__(self) -> str:
        if not self:
            return f"no difference in {self.compared} arrays"
        lines = [f"structure: {text}" for text in self.structure[:MOST_SHOWN]]
        if len(self.structure) > MOST_SHOWN:
            lines.append(f"structure: and {len(self.structure) - MOST_SHOWN} more")
        lines += [f"first difference: {self.first}"] if self.first else []
        kinds = "before", "values", "gradients", "after"
        counts = [f"{len(getattr(self, kind))} {_COUNTED[kind]}" for kind in kinds if getattr(self, kind)]
        lines += [f"{', '.join(counts)} of {self.compared} arrays differ"] if counts else []
        return "\n".join(lines)


_COUNTED = {"before": "inputs", "values": "values", "gradients": "gradients", "after": "parameters after a step"}
