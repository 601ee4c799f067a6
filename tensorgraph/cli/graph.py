"""``python -m tensorgraph graph``: draw the graph of one training step of a fully connected net."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Tensor
from ..errors import ArgumentError
from ..files import atomic_write
from ..io import load_checkpoint
from ..nn import FullyConnectedNet
from ..viz import render, to_dot
from .settings import NetSettings, add_net_options, given


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Describe the command."""
    parser = commands.add_parser(
        "graph",
        help="draw the graph of a net",
        description="Draw what one training step of a fully connected net records: ops, parameters, shapes.",
    )
    parser.set_defaults(command=run)
    add_net_options(parser)
    group = parser.add_argument_group("the picture")
    group.add_argument("--input-dim", type=int, default=64, metavar="N", help="numbers in an example (default: 64)")
    group.add_argument("--classes", type=int, default=10, metavar="N", help="number of classes (default: 10)")
    group.add_argument("--batch-size", type=int, default=50, metavar="N", help="examples in the batch (default: 50)")
    group.add_argument("--checkpoint", metavar="FILE", help="draw the net of this checkpoint instead")
    group.add_argument(
        "--out", default="graph.svg", metavar="FILE", help=".svg, .png, .pdf or .dot (default: graph.svg)"
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Build the net, record its loss, draw it."""
    if options.checkpoint is not None:
        net = load_checkpoint(options.checkpoint).build()
    else:
        net = NetSettings(**given(options, NetSettings)).net(options.input_dim, options.classes, seed=0)
    loss = _loss(net, options.batch_size)
    if Path(options.out).suffix == ".dot":
        atomic_write(options.out, to_dot(loss, params=net))
    else:
        render(loss, options.out, params=net)
    print(f"drew {options.out}")
    return 0


def _loss(net: FullyConnectedNet, batch_size: int) -> Tensor:
    if batch_size < 1:
        raise ArgumentError(f"graph: batch-size is at least 1; got {batch_size}")
    X = np.random.default_rng(0).standard_normal((batch_size, net.config["input_dim"]))
    return net.objective(X, np.zeros(batch_size, np.int64))
