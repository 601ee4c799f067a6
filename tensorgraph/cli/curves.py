"""The learning curves of a run, as a PNG picture."""

from __future__ import annotations

import io

import numpy as np

from ..errors import MissingDependencyError
from ..solver import Solver
from .history import measured_at


def curves_png(solver: Solver, test_accuracy: float) -> bytes:
    """Loss by iteration, and accuracies by epoch. Raises MissingDependencyError without matplotlib."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import PercentFormatter
    except ImportError as error:
        raise MissingDependencyError("curves need matplotlib: pip install 'tensorgraph[train]'") from error

    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = (1 + np.arange(len(solver.loss_history))) / solver.iterations_per_epoch
    left.plot(epochs, solver.loss_history, color="#9fb8d9", linewidth=0.8, label="minibatch")
    smooth = _smooth(solver.loss_history, solver.iterations_per_epoch)
    left.plot(epochs, smooth, color="#1d548f", label="mean over an epoch")
    left.set(title="Training loss", xlabel="epoch", ylabel="loss", yscale="log")
    left.legend(frameon=False)

    at = np.array(measured_at(solver)) / solver.iterations_per_epoch
    right.plot(at, solver.train_acc_history, color="#1d548f", label="training")
    right.plot(at, solver.val_acc_history, color="#c2570e", label="validation")
    if solver.val_acc_history:
        best = int(np.argmax(solver.val_acc_history))
        right.plot(at[best], solver.val_acc_history[best], "o", color="#c2570e", label="kept")
    right.axhline(test_accuracy, color="#5d6874", linestyle=":", label=f"test, {test_accuracy:.1%}")
    right.set(title="Accuracy", xlabel="epoch", ylabel="accuracy")
    right.yaxis.set_major_formatter(PercentFormatter(1))
    trained = [*solver.train_acc_history[1:], *solver.val_acc_history[1:]]
    if trained:  # the first measurement, of a net that knows nothing, would flatten all that comes later
        right.set_ylim(min(*trained, test_accuracy) - 0.01, max(*trained, test_accuracy) + 0.01)
    right.legend(frameon=False, loc="lower right")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)

    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=150)
    return picture.getvalue()


def _smooth(losses: list[float], span: int) -> np.ndarray:
    """At each iteration, the mean of the ``span`` losses around it."""
    total = np.cumsum([0.0, *losses])
    i = np.arange(len(losses))
    begin, end = np.maximum(i - span // 2, 0), np.minimum(i + span // 2 + 1, len(losses))
    return (total[end] - total[begin]) / (end - begin)
