"""``python -m tensorgraph train``: train a fully connected net, and leave a folder that tells the whole run."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Dataset
from ..errors import ArgumentError
from ..solver import Solver
from ..tables import print_table
from .run_folder import CONFIG, RESUME, RunFolder
from .settings import TrainSettings, add_train_options, given
from .terminal import Progress


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Describe the command."""
    parser = commands.add_parser(
        "train",
        help="train a net on handwritten digits, or on your own data",
        description="Train a fully connected net. Without options: on handwritten digits that come with the package.",
    )
    parser.set_defaults(command=run)
    add_train_options(parser)
    group = parser.add_argument_group("files")
    group.add_argument("--out", metavar="FOLDER", help="where the results go (default: runs/<date>_<time>)")
    group.add_argument("--resume", metavar="FOLDER", help="go on with the run in this folder; --epochs may be raised")
    return parser


def run(options: argparse.Namespace) -> int:
    """Train, then print a table of accuracies and what is in the folder."""
    settings = _resumed(options) if options.resume else TrainSettings(**given(options, TrainSettings))
    if settings.data is not None:
        settings = replace(settings, data=str(Path(settings.data).resolve()))  # a run may be resumed from elsewhere
    data = settings.dataset()
    solver = _solver(settings, data)
    if options.resume:
        folder = RunFolder(Path(options.resume))
        solver.resume(folder.path / RESUME)
        folder.write_settings(settings)
    else:
        folder = RunFolder.create(options.out, settings)
    summary = _train(solver, folder)
    measured = _accuracies(solver, data)
    try:
        folder.finish(solver, settings, measured["test"])
    finally:  # what was reached is said in any case
        print(summary)
        sizes = {"training": len(data.y_train), "validation": len(data.y_val), "test": len(data.y_test)}
        rows = [(part, f"{sizes[part]:,}", f"{accuracy:.1%}") for part, accuracy in measured.items()]
        print_table(["examples of", "number", "accuracy"], rows)
    print(f"in {folder.path}:")
    for name, word in folder.contents():
        print(f"  {name:16}{word}")
    for note in folder.notes:
        print(f"note: {note}")
    return 130 if solver.interrupted else 0


def _resumed(options: argparse.Namespace) -> TrainSettings:
    changes = given(options, TrainSettings)
    if options.out is not None or changes.keys() - {"epochs"}:
        raise ArgumentError("train --resume goes on with the settings of that run; only --epochs can be given along")
    return replace(TrainSettings.from_file(Path(options.resume) / CONFIG), **changes)


def _solver(settings: TrainSettings, data: Dataset) -> Solver:
    net = settings.net(
        data.input_dim, data.num_classes, reg=settings.reg, weight_scale=settings.weight_scale, seed=settings.seed
    )
    return Solver(
        net, data, settings.optimizer, {"learning_rate": settings.rate}, lr_decay=settings.lr_decay,
        batch_size=settings.batch_size, num_epochs=settings.epochs, seed=settings.seed, verbose=False,
    )  # fmt: skip


def _train(solver: Solver, folder: RunFolder) -> str:
    """Train, save what is needed to go on, and return a line about it."""
    begin, first = time.monotonic(), solver.iteration
    with Progress(solver.num_iterations) as progress:
        solver.on_step = lambda s: progress.update(s.iteration, _line(s))
        solver.on_epoch = folder.save_sometimes
        try:
            with np.errstate(all="ignore"):  # a diverging loss ends in one clear error, not in warnings on the way
                solver.train()
        finally:
            folder.save(solver)
    done = solver.iteration - first
    seconds = time.monotonic() - begin
    word = "interrupted after" if solver.interrupted else "trained"
    return f"{word} {done:,} iterations in {seconds:.1f} s: {_line(solver)}"


def _line(solver: Solver) -> str:
    loss = f"{solver.loss_history[-1]:.4f}" if solver.loss_history else "not known"
    best = f"{solver.best_val_acc:.1%}"
    return f"epoch {solver.epoch} of {solver.num_epochs}, loss {loss}, best validation accuracy {best}"


def _accuracies(solver: Solver, data: Dataset) -> dict[str, float]:
    """Of the net that was kept, on all examples of each part."""
    return {
        "training": solver.check_accuracy(data.X_train, data.y_train),
        "validation": solver.check_accuracy(data.X_val, data.y_val),
        "test": solver.check_accuracy(data.X_test, data.y_test),
    }
