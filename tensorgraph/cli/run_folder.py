"""The folder of a training run: which files it has, and when they are written. Each is written whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ..errors import ArgumentError, MissingDependencyError
from ..files import atomic_write, writable_folder
from ..io import save_checkpoint
from ..recording import record
from ..solver import Solver
from ..viz import render, to_dot
from .curves import curves_png
from .history import to_jsonl
from .settings import TrainSettings

CONFIG, HISTORY, RESUME, CHECKPOINT = "config.json", "history.jsonl", "resume.npz", "checkpoint.npz"
CURVES, GRAPH, PAGE, GRAPH_TEXT = "curves.png", "graph.svg", "graph.html", "graph.dot"
SECONDS = 2.0  # between saves while training: waiting for the disk after each of many short epochs would take longer


class RunFolder:
    """config.json, history.jsonl, resume.npz, and at the end checkpoint.npz, curves.png, graph.svg and graph.html."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        self._saved = time.monotonic()

    @classmethod
    def create(cls, path: str | None, settings: TrainSettings) -> RunFolder:
        """Make the folder and put the settings into it. Raises FileError, and ArgumentError when it holds a run."""
        folder = cls(_unused(Path("runs")) if path is None else Path(path))
        if (folder.path / CONFIG).exists():
            raise ArgumentError(f"{folder.path} holds a run already. Choose another folder, or --resume {folder.path}")
        writable_folder(folder.path)
        folder.write_settings(settings)
        return folder

    def write_settings(self, settings: TrainSettings) -> None:
        """Write config.json."""
        atomic_write(self.path / CONFIG, settings.to_json())

    def save(self, solver: Solver) -> None:
        """Write what is needed to go on: the history, and the solver's state."""
        atomic_write(self.path / HISTORY, to_jsonl(solver))
        solver.save(self.path / RESUME)
        self._saved = time.monotonic()

    def save_sometimes(self, solver: Solver) -> None:
        """``save``, but not again within two seconds."""
        if time.monotonic() - self._saved > SECONDS:
            self.save(solver)

    def finish(self, solver: Solver, settings: TrainSettings, test_accuracy: float) -> None:
        """Write the net that was kept, the curves, and the graph of one training step."""
        best = {"val_accuracy": solver.best_val_acc, "test_accuracy": test_accuracy, "epochs": solver.epoch}
        save_checkpoint(self.path / CHECKPOINT, solver.model, extra=best)
        self._try(lambda: atomic_write(self.path / CURVES, curves_png(solver, test_accuracy)))
        net, size = solver.model, settings.batch_size  # saved by now: recording a step moves its running statistics
        with record():
            loss = net.objective(solver.X_train[:size], solver.y_train[:size])
        if self._try(lambda: render(loss, self.path / GRAPH, params=net)):
            render(loss, self.path / PAGE, params=net, measure=True)
        else:
            atomic_write(self.path / GRAPH_TEXT, to_dot(loss, params=net))

    def _try(self, write: Callable[[], object]) -> bool:
        """Write a file that an optional package is needed for; without it, note that, and go on."""
        try:
            write()
        except MissingDependencyError as error:
            self.notes.append(str(error))
            return False
        return True

    def contents(self) -> list[tuple[str, str]]:
        """The files that are there, each with a word about it."""
        checkpoint = self.path / CHECKPOINT
        words = {
            CURVES: "loss and accuracy while training",
            GRAPH: "the graph of a training step",
            PAGE: "the same, to walk about in: times, memory, values and gradients",
            GRAPH_TEXT: "the graph of a training step, as text for Graphviz: dot -Tsvg",
            CHECKPOINT: f"the net: tensorgraph.io.load_checkpoint({str(checkpoint)!r}).build()",
            HISTORY: "a record for each epoch",
            CONFIG: "the settings",
            RESUME: f"to train on: python -m tensorgraph train --resume {self.path} --epochs N",
        }
        return [(name, word) for name, word in words.items() if (self.path / name).exists()]


def _unused(parent: Path) -> Path:
    """A folder, named after the time, that does not exist yet."""
    name = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    path, n = parent / name, 1
    while path.exists():
        n += 1
        path = parent / f"{name}_{n}"
    return path
