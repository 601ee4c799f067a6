"""``python -m tensorgraph graph``: draw a graph: of a net's training step, of a run, or of a user's own code."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..io import load_checkpoint
from ..viz import Graph, graph, write_tensorboard
from ..viz.picture import format_of
from .run_folder import CONFIG
from .settings import NetSettings, add_net_options, given
from .subject import computes, named, step_of_net, step_of_run


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Describe the command."""
    parser = commands.add_parser(
        "graph",
        help="draw the graph of a net, or of your own code",
        description="Draw what a computation records: ops, parameters, shapes; with --measure also times, bytes, "
        "values and gradients. Without WHAT: one training step of a fully connected net, by the options below.",
    )
    parser.set_defaults(command=run)
    parser.add_argument(
        "what", nargs="?", metavar="WHAT",
        help="the folder of a run, a checkpoint, or module:name or file.py:name of a function that gives a tensor, "
        "of a tensor, or of a module",
    )  # fmt: skip
    add_net_options(parser)
    group = parser.add_argument_group("the example")
    group.add_argument("--input-dim", type=int, default=64, metavar="N", help="numbers in an example (default: 64)")
    group.add_argument("--classes", type=int, default=10, metavar="N", help="number of classes (default: 10)")
    group.add_argument("--batch-size", type=int, default=50, metavar="N", help="examples in the batch (default: 50)")
    group.add_argument("--input-shape", type=int, nargs="+", metavar="N", help="of the array that a module is run on")
    group = parser.add_argument_group("the picture")
    group.add_argument(
        "--out", default="graph.svg", metavar="FILE",
        help=".svg, .png or .pdf, .html (interactive), .dot, .json, or .explorer.json for Model Explorer "
        "(default: graph.svg)",
    )  # fmt: skip
    group.add_argument("--tensorboard", metavar="FOLDER", help="write it there for TensorBoard's graph tab instead")
    group.add_argument("--view", default="forward", choices=("forward", "backward", "both"), help="default: forward")
    group.add_argument("--measure", action="store_true", help="run it, and tell times, bytes, values and gradients")
    group.add_argument("--fold", action="store_true", help="draw equal neighbouring modules once, with their number")
    group.add_argument("--depth", type=int, metavar="N", help="close modules that lie inside more than N others")
    return parser


def run(options: argparse.Namespace) -> int:
    """Compute it, draw it."""
    if options.tensorboard is None:
        format_of(options.out)  # a mistake there is said before the work
    drawn = _graph(options)
    if options.fold:
        drawn = drawn.fold()
    if options.depth is not None:
        drawn = drawn.to_depth(options.depth)
    if options.tensorboard is not None:
        folder = write_tensorboard(drawn, options.tensorboard)
        print(f"drew into {folder}. To see it: tensorboard --logdir {folder}")
    else:
        print(f"drew {drawn.save(options.out)}")
    return 0


def _graph(options: argparse.Namespace) -> Graph:
    ways: dict[str, Any] = dict(view=options.view, measure=options.measure)
    what = options.what
    if what is None:
        net = NetSettings(**given(options, NetSettings)).net(options.input_dim, options.classes, seed=0)
        return graph(step_of_net(net, options.batch_size), net, **ways)
    if (Path(what) / CONFIG).exists():
        net, step = step_of_run(Path(what), options.batch_size)
        return graph(step, net, **ways)
    if what.endswith((".npz", ".safetensors")):
        net = load_checkpoint(what).build()
        return graph(step_of_net(net, options.batch_size), net, **ways)
    found = named(what)
    output = computes(found, what, options.input_shape)
    return graph(output, found if hasattr(found, "named_parameters") and not isinstance(found, type) else None, **ways)
