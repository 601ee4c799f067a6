"""What a check of health looks at: one recorded step of training, and a short training on a few examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ... import ops
from ...config import Observer, observing
from ...core import OPS, Op, Tensor, plain
from ...nn import Dropout, Module
from ...optim import Optimizer
from ...recording import Call, Recording, Update, norm_of, record

Loss = Callable[[Module, Any, Any], Tensor]
BINS = 24
RELU, TANH, SIGMOID, LEAKY = "relu", "tanh", "sigmoid", "leaky relu"
UNITS: dict[Any, str] = {
    ops.relu: RELU, ops.affine_relu: RELU, ops.affine_batchnorm_relu: RELU, ops.leaky_relu: LEAKY,
    OPS[np.tanh]: TANH, ops.sigmoid: SIGMOID,
}  # fmt: skip
SOFTMAX, SVM = "softmax", "svm"
LOSSES: dict[Any, str] = {ops.softmax_loss: SOFTMAX, ops.svm_loss: SVM}
NEAR_THE_END = 0.97  # of tanh, and of sigmoid after stretching it to (-1, 1): the slope is below 6 % of the largest


class Distribution(NamedTuple):
    """How numbers are distributed: mean, standard deviation, root mean square, and a histogram of those that are
    finite."""

    mean: float
    std: float
    rms: float
    counts: np.ndarray
    edges: np.ndarray

    @classmethod
    def of(cls, array: Any) -> Distribution:
        """The distribution of all elements of an array."""
        values = np.asarray(array, np.float64).ravel()
        counts, edges = np.histogram(values[np.isfinite(values)], BINS)
        if not values.size:
            return cls(0.0, 0.0, 0.0, counts, edges)
        return cls(float(values.mean()), float(values.std()), float(np.sqrt(np.mean(values**2))), counts, edges)


class Layer(NamedTuple):
    """The outputs of one nonlinearity over a batch, and their gradients.

    dead       share of its units that are zero for the whole batch, of a relu
    saturated  share of its outputs that are near an end of the range, of tanh and sigmoid
    """

    name: str
    kind: str
    activations: Distribution
    gradients: Distribution | None
    dead: float
    saturated: float


class Weight(NamedTuple):
    """A parameter in one step of the optimizer. ``ratio`` is the norm of the change over the norm of the parameter,
    ``norm``; without a gradient both of the last are None."""

    name: str
    shape: tuple[int, ...]
    norm: float
    ratio: float | None
    gradients: Distribution | None


class Vitals(NamedTuple):
    """One step of training.

    loss        what was minimized
    data_loss   of it, what the scores cost; ``kind`` is softmax or svm; both None for another loss
    classes     how many scores an example has
    layers      in the order in which they were computed
    """

    loss: float
    kind: str | None
    data_loss: float | None
    classes: int
    layers: list[Layer]
    weights: list[Weight]


def one_step(net: Module, optimizer: Optimizer, loss: Loss, X: Any, y: Any) -> Vitals:
    """Take one step of training, and tell all about it."""
    net.train()
    optimizer.zero_grad()
    with record() as recording:
        recorded = loss(net, X, y)
        recorded.backward()
        optimizer.step()
    of_scores = next((call for call in recording.calls if call.op in LOSSES), None)
    return Vitals(
        float(recorded.data),
        None if of_scores is None else LOSSES[of_scores.op],
        None if of_scores is None else float(of_scores.value),
        0 if of_scores is None else plain(of_scores.args[0]).shape[1],
        list(_layers(net, recording)),
        list(_weights(net, recording)),
    )


def _layers(net: Module, recording: Recording) -> Iterator[Layer]:
    root = net.name or type(net).__name__
    times: Counter[str] = Counter()
    for call in recording.calls:
        kind = _unit(call)
        if kind is None:
            continue
        scope = call.scope[1:] if call.scope[:1] == (root,) else call.scope
        name = " ".join(["/".join(map(str, scope)), kind]).strip()
        times[name] += 1
        values = np.asarray(call.value)
        yield Layer(
            name if times[name] == 1 else f"{name} {times[name]}",
            kind,
            Distribution.of(values),
            None if call.gradient is None else Distribution.of(call.gradient),
            float(np.mean((values <= 0).all(axis=0))) if kind == RELU and values.size else 0.0,
            _saturated(values, kind),
        )


def _unit(call: Call) -> str | None:
    """The kind of nonlinearity that was called, also when it is a relu that is written as a maximum."""
    if call.op is OPS[np.maximum] and any(isinstance(arg, int | float) and arg == 0 for arg in call.args):
        return RELU
    return UNITS.get(call.op) if isinstance(call.op, Op) else None


def _saturated(values: np.ndarray, kind: str) -> float:
    if kind not in (TANH, SIGMOID) or not values.size:
        return 0.0
    return float(np.mean(np.abs(values if kind == TANH else 2 * values - 1) > NEAR_THE_END))


def _weights(net: Module, recording: Recording) -> Iterator[Weight]:
    updates: dict[int, Update] = {id(update.parameter): update for update in recording.updates}
    for name, parameter in net.named_parameters():
        update = updates.get(id(parameter))
        if update is None:
            yield Weight(name, parameter.shape, norm_of(parameter.data), None, None)
        else:
            norm = norm_of(update.before)
            yield Weight(name, parameter.shape, norm, update.ratio, Distribution.of(update.gradient))


class Overfit(NamedTuple):
    """A training on a few examples: the loss and the accuracy before each step, and at the end. The accuracy is None
    where the loss is not one of scores."""

    losses: list[float]
    accuracies: list[float | None]


def overfit(
    net: Module, optimizer: Optimizer, loss: Loss, X: Any, y: Any, steps: int, progress: Callable[[int, str], None]
) -> Overfit:
    """Train on the same few examples until they are known by heart, without dropout and penalty.

    Ends early when the loss is below a hundredth of what it was and every label is right, and when it is not finite.
    """
    net.train()
    for module in net.modules():
        if isinstance(module, Dropout):
            module.keep = 1.0
    if hasattr(net, "reg"):
        net.reg = 0.0
    losses: list[float] = []
    accuracies: list[float | None] = []
    for step in range(steps + 1):
        optimizer.zero_grad()
        accuracy = _Accuracy()
        with observing(accuracy):
            recorded = loss(net, X, y)
        losses.append(float(recorded.data))
        accuracies.append(accuracy.share)
        progress(step, f"loss {losses[-1]:.4f}")
        known = losses[-1] < 0.01 * losses[0] and accuracies[-1] in (1.0, None)
        if known or not np.isfinite(losses[-1]) or step == steps:
            break
        recorded.backward()
        optimizer.step()
    return Overfit(losses, accuracies)


class _Accuracy(Observer):
    """The share of labels that had the highest score, when a loss of scores is computed."""

    share: float | None = None

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        if op in LOSSES:
            scores, labels = map(plain, args[:2])
            self.share = float(np.mean(scores.argmax(axis=1) == labels))
