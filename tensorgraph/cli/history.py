"""What a training measured, as records: one for each time that accuracy was measured."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..solver import Solver


def measured_at(solver: Solver) -> list[int]:
    """The iterations, counted from 1, after which accuracy was measured: the first, and the last of each epoch."""
    ends = range(solver.iterations_per_epoch, len(solver.loss_history) + 1, solver.iterations_per_epoch)
    return sorted({1, *ends})[: len(solver.val_acc_history)]


def records(solver: Solver) -> list[dict[str, Any]]:
    """For each measurement: epoch, iteration, the mean loss since the one before, training and validation accuracy."""
    found = []
    begin = 0
    accuracies = zip(measured_at(solver), solver.train_acc_history, solver.val_acc_history)
    for end, train_accuracy, val_accuracy in accuracies:
        found.append({
            "epoch": end // solver.iterations_per_epoch,
            "iteration": end,
            "loss": float(np.mean(solver.loss_history[begin:end])),
            "train_accuracy": train_accuracy,
            "val_accuracy": val_accuracy,
        })  # fmt: skip
        begin = end
    return found


def to_jsonl(solver: Solver) -> str:
    """The text of history.jsonl: a record on each line."""
    return "".join(json.dumps(record) + "\n" for record in records(solver))
