"""Reads the command line and runs a command; mistakes of the user end in one clear message."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import __version__
from ..errors import TensorGraphError
from . import check, grade, graph, health, profile, train


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command (default: the process's arguments) and return its exit code.

    0 done; 1 a check failed, or nobody takes the output; 2 wrong usage, bad input, or a file that cannot be written;
    130 interrupted by Ctrl-C.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        code = options.command(options)
        sys.stdout.flush()
        return code
    except (TensorGraphError, MemoryError) as error:
        if options.debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # of files it would be a FileError, so it is the output: a full disk, or `| head` has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"error: cannot print: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tensorgraph",
        description="A define-by-run autograd computational-graph engine for NumPy.",
        epilog="Begin with: python -m tensorgraph train",
    )
    parser.add_argument("--version", action="version", version=f"tensorgraph {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="command")
    for module in (train, health, graph, profile, check, grade):
        module.add_parser(commands).add_argument("--debug", action="store_true", help="show where an error was raised")
    return parser
