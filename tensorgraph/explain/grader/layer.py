"""What the grader knows of a layer: batches to try it on, what is right there, and what students get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from ...testing import Draw
from ...transforms import vjp
from .compare import same
from .report import Finding

DOUBLE, SINGLE, NUMERICAL = 1e-8, 1e-4, 1e-5
"""How far a result may be off, relative to its largest value: in float64, in float32, beside finite differences."""

TEST = "in test mode"
"""The kind of a batch for which the layer does something else than in training."""


class Case(NamedTuple):
    """One batch: the arguments of the forward, and what is special about it, as its results are called by.

    ``Case((x, w, b))``, ``Case((x, param), "in test mode")``
    """

    args: tuple
    kind: str = ""

    def named(self, result: str) -> str:
        """What a result of this batch is called: ``"out in test mode"``."""
        return f"{result} {self.kind}".strip()

    def words(self, names: Iterable[str]) -> str:
        """The arguments in words: ``x (6, 4), w (4, 3), b (3,)``."""
        parts = []
        for name, value in zip(names, self.args):
            if isinstance(value, dict):
                value = {k: v for k, v in value.items() if not isinstance(v, np.ndarray)}
            parts.append(f"{name} {value.shape if isinstance(value, np.ndarray) else value}")
        return ", ".join(parts)


def in_dtype(case: Case, dtype: Any) -> Case:
    """A batch with its floating point numbers in another dtype."""

    def cast(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: cast(part) for key, part in value.items()}
        return value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value

    return case._replace(args=tuple(map(cast, case.args)))


class Pieces(SimpleNamespace):
    """What is right for a batch, and what it is made of: suspects compute from these.

    right      the right results by name: ``out`` (or ``loss``), ``dx`` ...
    result     the name of the output
    gradients  the names of the gradients
    dout       the gradient that comes in: drawn; 1 for a loss
    pull       from a gradient of the output to a dict of gradients, as the engine does it
    n          the number of examples
    sizes      other numbers that a result may be wrong by
    rtol       how far a result may be off
    more       what the layer's own suspects use
    """

    def __init__(self, out: Any, names: Iterable[str], pullback: Callable, first: Any, **more: Any) -> None:
        out = np.asarray(out)
        result = "out" if out.shape else "loss"
        dout = np.random.default_rng(out.size).standard_normal(out.shape) if out.shape else np.ones(())
        gradients = ["d" + name for name in names]
        super().__init__(
            gradients=gradients, dout=dout, n=len(first) if np.ndim(first) else 1, result=result, rtol=DOUBLE, **more
        )
        self.pull = lambda g: dict(zip(gradients, pullback(np.asarray(g, out.dtype))))
        self.right = {result: out, **self.pull(dout)}
        self.sizes = {"the number of numbers in an example": np.size(first) // max(self.n, 1)}
        if out.ndim > 1:
            self.sizes["the number of columns of the output"] = out.shape[-1]

    @classmethod
    def of(cls, op: Callable, names: str, *arrays: Any, **more: Any) -> Pieces:
        """From an op and the arrays that gradients are asked of, each with its name."""
        out, pullback = vjp(op, *arrays)
        return cls(out, names.split(), pullback, arrays[0], **dict(zip(names.split(), arrays)), **more)


class Suspect(NamedTuple):
    """A mistake that students make in one layer, as a hypothesis.

    where     the results it may be in, separated by commas
    mistake   its name
    sentence  what was done, in words
    hint      what to look at
    predict   from the pieces of a batch, what a student with this mistake computes
    fits      for a mistake that has many forms, of which ``predict`` gives one: whether a result is one of them
    """

    where: str
    mistake: str
    sentence: str
    hint: str
    predict: Callable[[Pieces], Any]
    fits: Callable[[Pieces, Any], bool] | None = None

    def explains(self, p: Pieces, yours: Any) -> bool:
        """Whether a student with this mistake has ``yours``."""
        return same(yours, self.predict(p), p.rtol) if self.fits is None else self.fits(p, yours)

    def may_be_in(self, result: str) -> bool:
        """Whether the result is one of those it may be in."""
        return result in self.where.split(", ")


Config = dict[str, Any]


class RuleSuspect(NamedTuple):
    """A mistake in an update rule, as a rule ``(w, dw, config) -> (next_w, config)`` that has it."""

    mistake: str
    sentence: str
    hint: str
    rule: Callable[[Any, Any, Config], tuple[Any, Config]]


def _nothing(case: Case, args: tuple, out: Any) -> Any:
    return ()


@dataclass(frozen=True)
class Layer:
    """A layer that can be graded.

    name       as in ``affine_forward``
    inputs     the names of the forward's arguments
    gradients  the names of the backward's results, in their order
    cases      the batches, from a source of arrays
    pieces     from a batch, and the output that the student had, what is right
    suspects   the layer's own mistakes; the generic ones come on top
    reference  what the student is compared with, in words
    also       further results that the forward leaves in its arguments: ``(case, args, out) -> {name: value}``
    probe      what else is wrong with a call of the forward: ``(case, args, out) -> findings``
    own        whether the output is what the student made it, and so is not judged
    """

    name: str
    inputs: tuple[str, ...]
    gradients: tuple[str, ...]
    cases: Callable[[Draw], list[Case]]
    pieces: Callable[[Case, Any], Pieces]
    suspects: tuple[Suspect, ...] = ()
    reference: str = ""
    also: Callable[[Case, tuple, Any], dict[str, Any]] = field(default=lambda case, args, out: {})
    probe: Callable[[Case, tuple, Any], Iterable[Finding]] = _nothing
    own: bool = False
