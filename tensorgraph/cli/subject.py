"""What a command is to look at: a net by options, a checkpoint, a run's folder, or something in a user's own code."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Tensor
from ..errors import ArgumentError, TensorGraphError
from ..io import load_checkpoint
from ..nn import FullyConnectedNet, Module
from .run_folder import CHECKPOINT, CONFIG
from .settings import TrainSettings


def step_of_net(net: FullyConnectedNet, batch_size: int) -> Callable[[], Tensor]:
    """One training step of a net on made-up examples: a function that computes its loss."""
    if batch_size < 1:
        raise ArgumentError(f"graph: batch-size is at least 1; got {batch_size}")
    X = np.random.default_rng(0).standard_normal((batch_size, net.config["input_dim"]))
    y = np.zeros(batch_size, np.int64)
    return lambda: net.objective(X, y)


def step_of_run(folder: Path, batch_size: int) -> tuple[FullyConnectedNet, Callable[[], Tensor]]:
    """The net of a run, and one training step on the first examples of its data."""
    data = TrainSettings.from_file(folder / CONFIG).dataset()
    net = load_checkpoint(folder / CHECKPOINT).build()
    X, y = data.X_train[:batch_size], data.y_train[:batch_size]
    return net, lambda: net.objective(X, y)


def named(text: str) -> Any:
    """What ``module:name`` or ``file.py:name`` is: the code is run to find out. Raises ArgumentError."""
    where, _, name = text.rpartition(":")
    if not where or not name:
        raise ArgumentError(f"graph: takes a run's folder, a checkpoint, module:name or file.py:name; got {text!r}")
    module = _file(Path(where)) if where.endswith(".py") else _module(where)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise ArgumentError(f"graph: {where} has no {name!r}")
        found = getattr(found, part)
    return found


def _module(name: str) -> Any:
    sys.path.insert(0, "")  # as with python -m
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            raise ArgumentError(f"graph: there is no module {name!r} here") from error
        raise
    finally:
        sys.path.remove("")


def _file(path: Path) -> Any:
    if not path.is_file():
        raise ArgumentError(f"graph: there is no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


def computes(found: Any, text: str, input_shape: list[int] | None) -> Tensor | Callable[[], Any]:
    """A tensor, or a function that computes one, from what a user named. Raises ArgumentError."""
    if isinstance(found, type) and issubclass(found, Module):
        found = _running(text, found)
    if isinstance(found, Module):
        if input_shape is None:
            raise ArgumentError(f"graph: {text} is a module: say what it takes, --input-shape 50 64")
        if min(input_shape) < 0:
            raise ArgumentError(f"graph: input-shape has no negative lengths; got {input_shape}")
        x = np.random.default_rng(0).standard_normal(input_shape).astype(np.float32)
        return lambda: _running(text, found, x)
    if isinstance(found, Tensor):
        return found
    if callable(found):
        return lambda: _running(text, found)
    raise ArgumentError(
        f"graph: {text} is of type {type(found).__name__}; takes a Tensor, a function that gives one, a Module"
    )


def _running(text: str, function: Callable, *args: Any) -> Any:
    """Call a user's function; where it fails, say so in one line (with --debug, a traceback)."""
    try:
        return function(*args)
    except TensorGraphError:
        raise
    except Exception as error:
        raise ArgumentError(f"graph: {text} failed: {type(error).__name__}: {error}") from error
