"""``health(net, X, y)``: is this training set up as it should be? The checks that the course recommends, in one go."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Tensor, plain
from ...errors import ArgumentError
from ...nn import Module
from ...optim import Adam, Optimizer
from ...tables import Table, group, page, sparkline
from ..aside import aside, copied
from . import checks
from .checks import Check
from .vitals import RELU, SIGMOID, TANH, Layer, Loss, Overfit, Vitals, Weight, one_step, overfit

MOST = 500  # examples in the batch that is looked at
ADDED = 1.0  # to the strength of the penalty, to see that the loss grows


class Health:
    """What ``health`` found. Print it for tables; ``report["dead units"]`` is one check.

    checks   a ``Check`` for everything that was looked at
    layers   the activations and gradients of each nonlinearity, with histograms
    weights  each parameter's gradient and update ratio in one step of the optimizer
    overfit  losses and accuracies while a few examples were learned by heart
    """

    def __init__(self, title: str, found: list[Check], vitals: Vitals, learned: Overfit) -> None:
        self.title, self.checks, self.overfit = title, found, learned
        self.layers: list[Layer] = vitals.layers
        self.weights: list[Weight] = vitals.weights

    @property
    def verdict(self) -> str:
        """The worst of all: ok, warn or bad."""
        return max([check.verdict for check in self.checks], key=checks.VERDICTS.index)

    def __getitem__(self, name: str) -> Check:
        for check in self.checks:
            if check.name == name:
                return check
        raise ArgumentError(f"health: there is no check {name!r}; there are {', '.join(c.name for c in self.checks)}")

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def facts(self) -> str:
        """How many checks gave what."""
        counts = [f"{sum(c.verdict == v for c in self.checks)} {v}" for v in checks.VERDICTS]
        return f"{self.title}: {', '.join(counts)}"

    def advice(self) -> str:
        """What to try, for each check that is not ok."""
        return "\n".join([f"{c.verdict}: {c.name}: {c.advice}" for c in self.checks if c.verdict != checks.OK])

    def tables(self) -> list[Table]:
        """The checks, the layers, the parameters."""
        tables = [
            Table(["check", "verdict", "found", "expected"], [(c[0], c[1], c.found, c.expected) for c in self], left=4),
            Table(["parameter", "gradients", "rms", "update ratio"], [_weight_cells(w) for w in self.weights], left=2),
        ]
        if self.layers:
            header = ["layer", "activations", "mean", "std", "dead", "saturated", "gradients", "rms"]
            tables.insert(1, Table(header, [_layer_cells(layer) for layer in self.layers], left=2))
        return tables

    def _parts(self) -> list[str | Table]:
        verdicts, *others = self.tables()
        return [self.facts(), verdicts, *([self.advice()] if self.advice() else []), *others]

    def __str__(self) -> str:
        return "\n\n".join([part.text() if isinstance(part, Table) else part for part in self._parts()])

    def _repr_html_(self) -> str:
        return page(*self._parts())

    def __rich__(self) -> Any:
        return group(*self._parts())

    def plot(self, path: str | os.PathLike) -> Path:
        """Draw histograms of activations and gradients, update ratios, and the overfit, into a .png, .svg or .pdf.

        Raises MissingDependencyError without matplotlib, ArgumentError for another suffix, FileError.
        """
        from .plot import draw

        return draw(self, path)


def health(
    net: Module,
    X: Any,
    y: Any,
    *,
    loss: Loss | None = None,
    optimizer: Optimizer | None = None,
    steps: int = 300,
    examples: int = 20,
    progress: Callable[[int, str], None] | None = None,
) -> Health:
    """Check a net and its data before a long training: would it learn, and if not, why?

    X, y       training examples (N, ...), and their labels (N,) or other targets
    loss       ``loss(net, X, y)`` gives the recorded loss (default: ``net.objective(X, y)``)
    optimizer  the one to train with, on the net's parameters (default: Adam with lr=1e-3)
    steps      the most steps to learn the tiny batch by heart, of so many ``examples``
    progress   ``progress(step, text)`` is called in each of these steps

    Looked at are the data (inputs, labels, duplicates), the loss before training against chance, that it grows with
    the penalty, whether a tiny batch can be learned by heart, activations, gradients, dead and saturated units by
    layer, and the size of the updates. What costs much is done on 500 examples. All of it happens on copies: the net,
    the optimizer and all random states stay as they are. Layers are the calls of relu, tanh, sigmoid and leaky_relu.

    Raises ArgumentError when there is no loss, for an optimizer of other parameters, when X and y do not fit together,
    and for steps and examples below 1. Source: the course's notes "Neural Networks Part 3" (CS231n): sanity checks,
    babysitting the learning.

    >>> import tensorgraph as tg
    >>> data = tg.data.digits()
    >>> net = tg.nn.FullyConnectedNet([50, 50], input_dim=64, weight_scale=0.15, seed=0)
    >>> report = tg.explain.health(net, data.X_train, data.y_train)
    >>> report.verdict, report["initial loss"].expected
    ('ok', 'about ln(10) = 2.303')
    >>> report = tg.explain.health(net, 255 * data.X_train, data.y_train, steps=5)
    >>> report["inputs"].verdict, report["inputs"].advice
    ('bad', 'not normalised: subtract the mean of the training examples and divide by their standard deviation')
    """
    loss = _loss(net, loss)
    X, y = np.asarray(plain(X)), np.asarray(plain(y))
    if not X.ndim or X.shape[:1] != y.shape[:1] or not len(X):
        raise ArgumentError(f"health: takes as many targets as examples, and some; got X {X.shape} and y {y.shape}")
    if steps < 1 or examples < 1:
        raise ArgumentError(f"health: steps and examples are at least 1; got {steps} and {examples}")
    if optimizer is not None:
        _require_parameters(net, optimizer)
    with aside():
        some, few = _spread(len(X), MOST), _spread(len(X), examples)
        subject, step = _copies(net, optimizer)
        rate = step.groups[0]["lr"]
        vitals = one_step(subject, step, loss, X[some], y[some])
        penalty = _penalty(net, loss, X[some], y[some])
        learned = overfit(*_copies(net, optimizer), loss, X[few], y[few], steps, progress or (lambda step, text: None))
    found = [checks.inputs(X, X[some]), checks.duplicates(X, y)]
    if checks.is_labels(y):
        found.insert(1, checks.labels(y, vitals.classes))
    found += [checks.initial_loss(vitals), *penalty, checks.tiny_batch(learned, len(few))]
    found += [*checks.of_layers(vitals, X[some]), checks.gradients(vitals), checks.updates(vitals, rate)]
    title = f"health of {type(net).__name__} on {len(some):,} of {len(X):,} examples"
    return Health(title, found, vitals, learned)


def _loss(net: Module, loss: Loss | None) -> Loss:
    if isinstance(net, Module):
        if loss is not None:
            return loss
        if callable(getattr(net, "objective", None)):
            return lambda module, X, y: module.objective(X, y)  # type: ignore[attr-defined]
    raise ArgumentError(
        "health: takes a Module with a method objective(X, y), which gives the recorded loss, or any Module and "
        f"loss=function(module, X, y); got {type(net).__name__}"
    )


def _require_parameters(net: Module, optimizer: Optimizer) -> None:
    own = {id(parameter) for parameter in net.parameters()}
    if any(id(parameter) not in own for group in optimizer.groups for parameter in group["params"]):
        raise ArgumentError(f"health: the {type(optimizer).__name__} has parameters that are not those of the net")


def _copies(net: Module, optimizer: Optimizer | None) -> tuple[Module, Optimizer]:
    if optimizer is not None:
        return copied("health", net, optimizer)
    module = copied("health", net)
    return module, Adam(module.parameters(), lr=1e-3)


def _penalty(net: Any, loss: Loss, X: np.ndarray, y: np.ndarray) -> list[Check]:
    """The check of the penalty, of nets that have one: the loss with the net's ``reg``, and with more of it."""
    if not isinstance(getattr(net, "reg", None), int | float):
        return []
    losses: list[float] = []
    for added in (0.0, ADDED):
        module = copied("health", net)  # a fresh one each time, which draws the same dropout masks
        module.reg += added
        measured: Tensor = loss(module.train(), X, y)
        losses.append(float(measured.data))
    return [checks.regularization(losses[0], losses[1], ADDED)]


def _spread(length: int, most: int) -> np.ndarray:
    """So many indices, or all, evenly spread over a length."""
    return np.linspace(0, length - 1, min(length, most)).astype(int)


def _layer_cells(layer: Layer) -> list[str]:
    a, g = layer.activations, layer.gradients
    cells = [layer.name, sparkline(a.counts), f"{a.mean:.2g}", f"{a.std:.2g}"]
    cells += [
        f"{layer.dead:.0%}" if layer.kind == RELU else "",
        f"{layer.saturated:.0%}" if layer.kind in (TANH, SIGMOID) else "",
    ]
    return cells + (["", ""] if g is None else [sparkline(g.counts), f"{g.rms:.1e}"])


def _weight_cells(weight: Weight) -> list[str]:
    g = weight.gradients
    if g is None or weight.ratio is None:
        return [weight.name, "none", "", ""]
    ratio = f"{weight.ratio:.1e}" if weight.norm else "was 0"
    return [weight.name, sparkline(g.counts), f"{g.rms:.1e}", ratio]
