"""Checkpoints: a net, its optimizer and anything else of a run, in one file that runs no code when it is loaded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import nn
from ..errors import CheckpointError
from .arrays import load_arrays, save_arrays
from .tree import pack, unpack

_NETS = {"FullyConnectedNet": nn.FullyConnectedNet, "TwoLayerNet": nn.TwoLayerNet}


@dataclass
class Checkpoint:
    """What a checkpoint file holds.

    kind       the class of the net
    config     its constructor's arguments, or None for a net that has no ``config``
    model      its ``state_dict()``
    optimizer  the optimizer's ``state_dict()``, or None
    extra      what was saved along: dicts and lists of arrays, numbers, strings
    """

    kind: str
    config: dict[str, Any] | None
    model: dict[str, np.ndarray]
    optimizer: dict[str, Any] | None = None
    extra: Any = None

    def save(self, path: str | os.PathLike) -> Path:
        """Write to ``.npz`` or ``.safetensors``, whole or not at all. Raises as ``save_arrays``."""
        arrays, tree = pack(vars(self))
        return save_arrays(path, arrays, {"checkpoint": tree})

    def build(self) -> nn.FullyConnectedNet:
        """The net again, made by its constructor and filled. Raises CheckpointError for nets of other classes."""
        if self.kind not in _NETS or self.config is None:
            raise CheckpointError(
                f"a {self.kind} cannot be made from its checkpoint alone. "
                "Make one, then model.load_state_dict(checkpoint.model)"
            )
        net = _NETS[self.kind](**self.config)
        net.load_state_dict(self.model)
        return net


def save_checkpoint(path: str | os.PathLike, model: nn.Module, optimizer: Any = None, extra: Any = None) -> Path:
    """Save a net, and with it the state of its optimizer and anything else made of arrays, numbers and strings.

    path  ends in ``.npz``, or in ``.safetensors`` when that package is installed

    The file is written whole or not at all. Raises as ``save_arrays``, and CheckpointError for what cannot be saved.

    >>> import numpy as np, tempfile, tensorgraph as tg
    >>> net = tg.nn.TwoLayerNet(input_dim=4, hidden_dim=3, num_classes=2, seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = tg.io.save_checkpoint(folder + "/net.npz", net, extra={"epoch": 7})
    ...     checkpoint = tg.io.load_checkpoint(path)
    >>> checkpoint.extra
    {'epoch': 7}
    >>> x = np.ones((1, 4))
    >>> bool((checkpoint.build().loss(x) == net.loss(x)).all())
    True
    """
    state = None if optimizer is None else optimizer.state_dict()
    return Checkpoint(type(model).__name__, getattr(model, "config", None), model.state_dict(), state, extra).save(path)


def load_checkpoint(path: str | os.PathLike) -> Checkpoint:
    """Read a checkpoint, and verify its checksum.

    ``checkpoint.build()`` makes the net again; ``model.load_state_dict(checkpoint.model)`` fills one that you made, and
    ``optimizer.load_state_dict(checkpoint.optimizer)`` its optimizer.
    Raises FileError when the file cannot be read, CheckpointError when it is damaged, was changed or is no checkpoint.
    """
    arrays, texts = load_arrays(path)
    if "checkpoint" not in texts:
        raise CheckpointError(f"{path} holds arrays but is no checkpoint. Read it with tensorgraph.io.load_arrays")
    try:
        return Checkpoint(**unpack(arrays, texts["checkpoint"]))
    except TypeError as error:
        raise CheckpointError(f"{path} is no checkpoint of a net: {error}") from error
