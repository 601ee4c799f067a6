"""``python -m tensorgraph health``: before a training, see whether it is set up as it should be."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..explain import health
from ..explain.health.checks import BAD
from ..solver.update_rules import make_optimizer
from .settings import TrainSettings, add_step_options, given
from .terminal import Progress

STEPS = 300


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Describe the command."""
    parser = commands.add_parser(
        "health",
        help="check a net and its data before training",
        description=(
            "Check what `train` with the same options would begin with: data, initial loss, layers, gradients, the "
            "size of updates, and whether a tiny batch can be learned by heart. The exit code is 1 if a check is bad."
        ),
    )
    parser.set_defaults(command=run)
    add_step_options(parser)
    parser.add_argument_group("files").add_argument(
        "--plot", metavar="FILE", help="draw histograms into this .png, .svg or .pdf"
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Build the net of a training, print its health, and return 1 if something is bad."""
    settings = TrainSettings(**given(options, TrainSettings))
    data = settings.dataset()
    net = settings.net(
        data.input_dim, data.num_classes, reg=settings.reg, weight_scale=settings.weight_scale, seed=settings.seed
    )
    optimizer = make_optimizer(settings.optimizer, net.parameters(), {"learning_rate": settings.rate})
    with Progress(STEPS) as progress:
        report = health(net, data.X_train, data.y_train, optimizer=optimizer, steps=STEPS, progress=progress.update)
    print(_printable(str(report)))
    if options.plot is not None:
        print(f"\ndrew {report.plot(options.plot)}")
    return 1 if report.verdict == BAD else 0


def _printable(text: str) -> str:
    """The text with ? for the bars of histograms where the output has no letters for them."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
