"""The whole state of a training: taken at a point between two steps, and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .solver import Solver

State = dict[str, Any]
HISTORIES = ("loss_history", "train_acc_history", "val_acc_history")
COUNTS = ("epoch", "iteration", "iterations_per_epoch", "best_val_acc")


def take(solver: Solver) -> State:
    """Copies of everything that the next step depends on, and of everything so far: arrays, numbers, strings."""
    return {
        "model": solver.model.state_dict(),
        "optimizer": solver.optimizer.state_dict(),
        "progress": {
            **{name: getattr(solver, name) for name in COUNTS},
            **{name: np.array(getattr(solver, name)) for name in HISTORIES},
            "best": solver.best_state,
            "generators": {name: rng.bit_generator.state for name, rng in _generators(solver).items()},
        },
    }


def put_back(solver: Solver, state: State) -> None:
    """Make the solver, its model and its optimizer as they were when ``state`` was taken."""
    progress = state["progress"]
    solver.model.load_state_dict(state["model"])
    solver.optimizer.load_state_dict(state["optimizer"])
    for name, rng in _generators(solver).items():
        rng.bit_generator.state = progress["generators"][name]
    for name in COUNTS:
        setattr(solver, name, progress[name])
    for name in HISTORIES:
        setattr(solver, name, progress[name].tolist())
    solver.best_state = progress["best"]


def _generators(solver: Solver) -> dict[str, np.random.Generator]:
    """Every source of randomness: the solver's two, and the generators that are attributes of the model's parts."""
    found = {"batches": solver._batches, "samples": solver._samples}
    for path, module in solver.model.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, np.random.Generator) and all(value is not other for other in found.values()):
                found[f"model {path} {name}"] = value
    return found
