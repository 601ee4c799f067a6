"""``python -m tensorgraph grade student.py``: grade hand-written gradients, and print what they got wrong."""

from __future__ import annotations

import argparse
from typing import Any

from ..explain import GradeReport, grade_file
from ..tables import print_table


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Describe the command."""
    parser = commands.add_parser(
        "grade",
        help="grade hand-written forward and backward functions",
        description="Grade what a file defines: pairs x_forward and x_backward, softmax_loss and svm_loss, and update "
        "rules. Mistakes are named, with the evidence and a hint. The file is run: grade only files that you trust.",
    )
    parser.set_defaults(command=run)
    parser.add_argument("file", metavar="FILE", help="the student's Python file")
    parser.add_argument("--float32", action="store_true", help="give the functions float32 (default: float64)")
    return parser


def run(options: argparse.Namespace) -> int:
    """Grade, print a table with a row for each function or pair, then what is wrong; return 1 if something is."""
    reports = grade_file(options.file, dtype="float32" if options.float32 else "float64")
    print_table(["function", "batches", "result", "mistakes"], [_row(report) for report in reports])
    for report in reports:
        if report.findings or report.notes:
            print(f"\n{report}")
    passed = sum(report.right for report in reports)
    print(f"\n{passed} of {len(reports)} right")
    return 0 if passed == len(reports) else 1


def _row(report: GradeReport) -> tuple[str, str, str, str]:
    mistakes = dict.fromkeys([finding.mistake for finding in report.findings])
    return report.functions[0], str(report.batches or ""), report.verdict, ", ".join(mistakes)
