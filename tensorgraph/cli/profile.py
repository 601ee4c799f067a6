"""``python -m tensorgraph profile``: where the time of training steps on the digits goes."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from ..data import digits
from ..errors import ArgumentError
from ..nn import FullyConnectedNet
from ..optim import Adam
from ..profiling import profile
from .settings import NetSettings, add_net_options, given


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Describe the command."""
    parser = commands.add_parser(
        "profile",
        help="measure the training steps of a net, op by op",
        description="Time, calls and memory of training steps on handwritten digits: by op, by rule, by module.",
    )
    parser.set_defaults(command=run)
    add_net_options(parser)
    group = parser.add_argument_group("what is measured")
    group.add_argument("--steps", type=int, default=20, metavar="N", help="training steps, with Adam (default: 20)")
    group.add_argument("--batch-size", type=int, default=50, metavar="N", help="examples in a step (default: 50)")
    group.add_argument("--trace", metavar="FILE", help="write a timeline for ui.perfetto.dev or chrome://tracing")
    return parser


def run(options: argparse.Namespace) -> int:
    """Train some steps under a profile, and print its tables."""
    data = digits()
    if options.steps < 1:
        raise ArgumentError(f"profile: steps is at least 1; got {options.steps}")
    if not 1 <= options.batch_size <= len(data.y_train):
        raise ArgumentError(f"profile: batch-size is within 1 and {len(data.y_train)}; got {options.batch_size}")
    net = NetSettings(**given(options, NetSettings)).net(data.input_dim, data.num_classes, seed=0)
    optimizer = Adam(net.parameters())
    X, y = data.X_train[: options.batch_size], data.y_train[: options.batch_size]
    _step(net, optimizer, X, y)  # the first step makes what later ones find: plans, the state of the optimizer
    with profile() as measured:
        for _ in range(options.steps):
            _step(net, optimizer, X, y)
    if options.trace is not None:
        measured.save_trace(options.trace)
    measured.show()
    if options.trace is not None:
        print(f"wrote {options.trace}: open it at https://ui.perfetto.dev")
    return 0


def _step(net: FullyConnectedNet, optimizer: Adam, X: np.ndarray, y: np.ndarray) -> None:
    optimizer.zero_grad()
    net.objective(X, y).backward()
    optimizer.step()
