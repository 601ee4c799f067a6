"""``python -m tensorgraph check``: put every op to its gradient checks, and print what they found."""

from __future__ import annotations

import argparse
from typing import Any

from ..core import OPS, Op
from ..errors import ArgumentError, GradientCheckError
from ..tables import print_table
from ..testing import check_op
from .terminal import Progress


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Describe the command."""
    parser = commands.add_parser(
        "check",
        help="check the gradients of all ops, or of some",
        description="Check ops on their own samples: gradients to second order, forward mode, dtypes, memory.",
    )
    parser.set_defaults(command=run)
    parser.add_argument("ops", nargs="*", metavar="OP", help="names of ops (default: all)")
    return parser


def run(options: argparse.Namespace) -> int:
    """Check, print a table with a row for each op, and return 1 if one failed."""
    chosen = _chosen(options.ops)
    rows, failures = [], []
    with Progress(len(chosen)) as progress:
        for i, op in enumerate(chosen):
            progress.update(i, op.name)
            try:
                report = check_op(op)
            except GradientCheckError as error:
                failures.append(str(error))
                rows.append((op.name, "", "", "", "", "FAILED"))
                continue
            largest = f"{report.error:.0e}" if report.error else "0"
            rows.append((op.name, f"{report.cases}", f"{report.skipped}", largest, f"{report.seconds:.2f}", "passed"))
    print_table(["op", "cases", "at kinks", "largest difference", "seconds", "result"], rows)
    for failure in failures:
        print(failure)
    print(f"{len(rows) - len(failures)} of {len(rows)} ops passed")
    return 1 if failures else 0


def _chosen(names: list[str]) -> list[Op]:
    ops = {entry.name: entry for entry in OPS.values() if isinstance(entry, Op)}
    if unknown := [name for name in names if name not in ops]:
        raise ArgumentError(f"check: there is no op {unknown[0]!r}; there are {', '.join(sorted(ops))}")
    return [ops[name] for name in sorted(names or ops)]
