"""Learning rates that change: factors, which are functions of the step, and a Schedule that applies one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import ArgumentError, CheckpointError
from .optimizer import Optimizer

Factor = Callable[[int], float]
"""What the first learning rate is multiplied with, when so many steps are done. Any such function will do."""


def step_decay(every: int, factor: float = 0.1) -> Factor:
    """Times ``factor`` after every so many steps.

    >>> [step_decay(2, 0.5)(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    _require_steps("step_decay: every", every)
    return lambda t: float(factor) ** (t // every)


def exponential_decay(factor: float) -> Factor:
    """Times ``factor`` after each step.

    >>> [exponential_decay(0.5)(t) for t in range(3)]
    [1.0, 0.5, 0.25]
    """
    return step_decay(1, factor)


def linear_decay(steps: int, last: float = 0.0) -> Factor:
    """From 1 to ``last`` in a straight line over so many steps, and ``last`` from then on.

    >>> [linear_decay(4, last=0.5)(t) for t in (0, 2, 4, 100)]
    [1.0, 0.75, 0.5, 0.5]
    """
    _require_steps("linear_decay: steps", steps)
    return lambda t: last + (1 - last) * (1 - min(t / steps, 1))


def cosine_decay(steps: int, last: float = 0.0) -> Factor:
    """From 1 to ``last`` along half a cosine over so many steps, and ``last`` from then on.

    Source: Loshchilov and Hutter (2017), without restarts.

    >>> [round(cosine_decay(4)(t), 3) for t in (0, 1, 2, 4, 100)]
    [1.0, 0.854, 0.5, 0.0, 0.0]
    """
    _require_steps("cosine_decay: steps", steps)
    return lambda t: last + (1 - last) * (1 + math.cos(math.pi * min(t / steps, 1))) / 2


def warmup(steps: int, then: Factor = lambda t: 1.0) -> Factor:
    """Up to 1 in so many equal steps, then another factor from its start.

    >>> [warmup(4, then=step_decay(1, 0.5))(t) for t in range(7)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 0.25]
    """
    _require_steps("warmup: steps", steps)
    return lambda t: (t + 1) / steps if t < steps else then(t - steps)


class Schedule:
    """Sets the learning rate of every group of an optimizer: the one it has now, times a factor of the steps done.

    optimizer  whose rates change
    factor     a function of how many steps are done, such as those in this file

    Call ``step`` after each ``optimizer.step()``; or after each epoch, if the factor counts epochs. Raises
    ArgumentError when a factor is not a number of at least 0.

    >>> import tensorgraph as tg
    >>> optimizer = tg.optim.SGD([tg.Tensor([1.0], requires_grad=True)], lr=0.2)
    >>> schedule = tg.optim.Schedule(optimizer, tg.optim.warmup(2, then=tg.optim.linear_decay(4)))
    >>> rates = []
    >>> for _ in range(6):
    ...     rates.append(round(optimizer.groups[0]["lr"], 3))
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [0.1, 0.2, 0.2, 0.15, 0.1, 0.05]
    """

    def __init__(self, optimizer: Optimizer, factor: Factor) -> None:
        if not isinstance(optimizer, Optimizer) or not callable(factor):
            raise ArgumentError(
                "Schedule: takes an optimizer and a function of the step, such as cosine_decay(1000); "
                f"got a {type(optimizer).__name__} and a {type(factor).__name__}"
            )
        self.optimizer, self.factor = optimizer, factor
        self._go_to(0, [group["lr"] for group in optimizer.groups])

    def step(self) -> None:
        """Count one step, and set the rates for the next."""
        self._go_to(self.t + 1, self.rates)

    def _go_to(self, t: int, rates: list[float]) -> None:
        factor = float(self.factor(t))
        if not factor >= 0:
            raise ArgumentError(f"Schedule: the factor of step {t} is {factor}; it must be at least 0")
        self.t, self.rates = t, rates
        for group, rate in zip(self.optimizer.groups, rates):
            group["lr"] = rate * factor

    def state_dict(self) -> dict[str, Any]:
        """The steps done, and the rates at first: what ``load_state_dict`` goes on from."""
        return {"t": self.t, "rates": list(self.rates)}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from a ``state_dict`` of a schedule with the same factor. Raises CheckpointError."""
        try:
            t, rates = int(saved["t"]), [float(rate) for rate in saved["rates"]]
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError("Schedule: a state has t and rates, as state_dict() gives them") from error
        if t < 0 or len(rates) != len(self.rates):
            raise CheckpointError(f"Schedule: {len(self.rates)} groups here; the state has {len(rates)}, at step {t}")
        self._go_to(t, rates)


def _require_steps(what: str, n: int) -> None:
    if not n >= 1:
        raise ArgumentError(f"{what} is at least 1; got {n}")
