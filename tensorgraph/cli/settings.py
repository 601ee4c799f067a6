"""The settings of a training run: their defaults, their options, and their file."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ..data import Dataset, digits, from_npz
from ..errors import CheckpointError
from ..files import read_bytes
from ..nn import FullyConnectedNet
from ..solver import UPDATE_RULES

RATES = {"sgd": 0.1, "sgd_momentum": 0.03, "sgd_nesterov_momentum": 0.03, "rmsprop": 3e-3, "adam": 3e-3}


@dataclass(frozen=True)
class NetSettings:
    """What the net looks like. The defaults are the net of the main job."""

    layers: list[int] = field(default_factory=lambda: [200, 100])
    keep: float = 0.7
    batchnorm: bool = True

    def net(self, input_dim: int, num_classes: int, **others: Any) -> FullyConnectedNet:
        """The net for examples of ``input_dim`` numbers. Raises ArgumentError for settings out of range."""
        return FullyConnectedNet(
            self.layers, input_dim, num_classes, dropout=self.keep, use_batchnorm=self.batchnorm, **others
        )


@dataclass(frozen=True)
class TrainSettings(NetSettings):
    """All of what a run depends on. The same settings on the same machine give the same numbers, to the last bit."""

    optimizer: str = "adam"
    learning_rate: float | None = None
    lr_decay: float = 0.95
    reg: float = 0.0
    weight_scale: float = 0.05
    batch_size: int = 50
    epochs: int = 40
    seed: int = 0
    data: str | None = None

    @property
    def rate(self) -> float:
        """The learning rate: the given one, or one that suits the optimizer."""
        return RATES[self.optimizer] if self.learning_rate is None else self.learning_rate

    def dataset(self) -> Dataset:
        """The examples. Raises FileError and DataError."""
        return digits() if self.data is None else from_npz(self.data)

    def to_json(self) -> str:
        """The text of config.json."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_file(cls, path: Path) -> TrainSettings:
        """Read a config.json. Raises FileError, and CheckpointError when it is not one."""
        try:
            return cls(**json.loads(read_bytes(path)))
        except (ValueError, TypeError) as error:
            raise CheckpointError(f"{path} does not hold the settings of a run: {error}") from error


def add_net_options(parser: argparse.ArgumentParser) -> None:
    """Options that NetSettings has fields for. One that is not given leaves no trace, so defaults are in one place."""
    plain = NetSettings()
    group = parser.add_argument_group("the net", argument_default=argparse.SUPPRESS)
    group.add_argument(
        "--layers", type=int, nargs="*", metavar="WIDTH",
        help=f"widths of the hidden layers (default: {' '.join(map(str, plain.layers))})",
    )  # fmt: skip
    group.add_argument(
        "--keep",
        type=float,
        metavar="SHARE",
        help=f"of activations that dropout keeps; 1: no dropout (default: {plain.keep})",
    )
    group.add_argument(
        "--batchnorm", action=argparse.BooleanOptionalAction, help="normalize hidden layers by batch (default: yes)"
    )


def add_step_options(parser: argparse.ArgumentParser) -> Any:
    """Options that a single step of training depends on; gives their group."""
    add_net_options(parser)
    plain = TrainSettings()
    group = parser.add_argument_group("training", argument_default=argparse.SUPPRESS)
    group.add_argument("--optimizer", choices=UPDATE_RULES, help=f"default: {plain.optimizer}")
    group.add_argument(
        "--learning-rate", type=float, metavar="RATE",
        help=f"default: {', '.join(f'{rate} for {name}' for name, rate in RATES.items())}",
    )  # fmt: skip
    group.add_argument("--reg", type=float, metavar="STRENGTH", help=f"of the L2 penalty (default: {plain.reg})")
    group.add_argument(
        "--weight-scale", type=float, metavar="STD", help=f"of initial weights (default: {plain.weight_scale})"
    )
    group.add_argument("--seed", type=_seed, help=f"of weights, minibatches, dropout (default: {plain.seed})")
    group.add_argument(
        "--data", metavar="FILE", help=".npz with X (N, ...), best within [-1, 1], and labels y (N,) (default: digits)"
    )
    return group


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """Options that TrainSettings has fields for."""
    group = add_step_options(parser)
    plain = TrainSettings()
    group.add_argument(
        "--lr-decay", type=float, metavar="FACTOR", help=f"of the rate, each epoch (default: {plain.lr_decay})"
    )
    group.add_argument("--batch-size", type=int, metavar="N", help=f"of a minibatch (default: {plain.batch_size})")
    group.add_argument(
        "--epochs", type=int, metavar="N", help=f"how often all examples are seen (default: {plain.epochs})"
    )


def given(options: argparse.Namespace, settings: type) -> dict[str, Any]:
    """The options on the command line that are fields of ``settings``."""
    return {f.name: getattr(options, f.name) for f in fields(settings) if hasattr(options, f.name)}


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a seed is a whole number of at least 0; got {text!r}")
    return int(text)
