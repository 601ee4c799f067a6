"""``check_op``: every check that an op can be put to, from its own samples."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import Op
from ..errors import ArgumentError, GradientCheckError
from .case import subject
from .checks import KINDS
from .gradcheck import GradcheckReport

SIZES = (0, 1, 3)


@dataclass
class CheckReport:
    """What one kind of check found, over all samples.

    cases    how many samples it ran on
    skipped  how many coordinates lay on a kink
    error    the largest relative difference it saw
    seconds  how long it took
    """

    kind: str
    cases: int = 0
    skipped: int = 0
    error: float = 0.0
    seconds: float = 0.0


@dataclass
class OpReport:
    """What ``check_op`` found of an op that passed: a report of each check, and their sums and largest error."""

    name: str
    checks: list[CheckReport] = field(default_factory=list)

    cases = property(lambda self: sum([c.cases for c in self.checks]), doc="How many cases were run.")
    skipped = property(lambda self: sum([c.skipped for c in self.checks]), doc="How many coordinates lay on a kink.")
    error = property(lambda self: max([c.error for c in self.checks], default=0.0), doc="The largest difference.")
    seconds = property(lambda self: sum([c.seconds for c in self.checks]), doc="How long all checks took.")


def check_op(
    op: Op | Callable, kinds: str | Iterable[str] | None = None, *, sizes: Sequence[int] = SIZES, seed: int = 0
) -> OpReport:
    """Put an op to every check, on the calls that its sampler yields: its values, its gradients against finite
    differences to second order, forward mode, dtypes, and how it treats memory and array types.

    op     an op, or a NumPy function that runs on tensors
    kinds  the checks to run, by their names in ``KINDS``; by default all
    sizes  the batch sizes to ask the sampler for
    seed   of the samples

    Raises GradientCheckError naming op, check and sample at the first failure; ArgumentError for an op without samples
    or an unknown kind.

    >>> import numpy as np, tensorgraph as tg
    >>> @tg.op()
    ... def cube(x):
    ...     return x * x * x
    >>> _ = cube.grad("x")(lambda g, x: 2 * g * x * x)
    >>> @cube.samples
    ... def _(n, draw):
    ...     yield (draw(n, 3),)
    >>> check_op(cube, "first order")
    Traceback (most recent call last):
    tensorgraph.errors.GradientCheckError: cube: first order: sample 0 of batch size 1: cube(float64[1, 3]): ...
    >>> _ = cube.grad("x")(lambda g, x: 3 * g * x * x)
    >>> check_op(cube).error < 1e-6
    True
    """
    of = subject(op)
    chosen = [kinds] if isinstance(kinds, str) else list(KINDS if kinds is None else kinds)
    if unknown := [kind for kind in chosen if kind not in KINDS]:
        raise ArgumentError(f"check_op: there is no check {unknown[0]!r}; there are {', '.join(KINDS)}")
    report = OpReport(of.name)
    cases = [case for n in sizes for case in of.cases(n, np.float64, seed)]
    if not any(case.inputs for case in cases):
        raise GradientCheckError(f"{of.name}: its samples have no floating point arrays in them: nothing is checked")
    for kind in chosen:
        found = CheckReport(kind)
        start = time.perf_counter()
        for case in cases:
            try:
                outcome = KINDS[kind](case)
            except GradientCheckError as error:
                raise GradientCheckError(f"{of.name}: {kind}: {case.title}: {error}") from error.__cause__
            except Exception as error:
                raise GradientCheckError(f"{of.name}: {kind}: {case.title}: {type(error).__name__}: {error}") from error
            _add(found, outcome)
        found.seconds = time.perf_counter() - start
        report.checks.append(found)
    return report


def _add(found: CheckReport, outcome: Any) -> None:
    found.cases += 1
    if isinstance(outcome, GradcheckReport):
        found.skipped += len(outcome.skipped)
        outcome = outcome.error
    found.error = max(found.error, outcome)
