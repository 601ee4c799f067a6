"""Run all benchmarks and write docs/benchmarks.md.

python benchmarks/report.py
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"

INTRODUCTION = """# Benchmarks

Written by `python benchmarks/report.py` on the machine named below; `pip install -e '.[bench]'` brings the peers.
Contenders run in one process, interleaved round by round in rotating order, in float32, on one thread each, without
environment presets for BLAS. Times are medians; ratios are medians of the ratios within a round. Above 1, tensorgraph
is the faster.
"""

SECTIONS = [
    ("Overhead of an op", "op_overhead.py", "A chain of 1,000 ops over `float32[8]`, forward and backward."),
    (
        "A training step of the course's net",
        "training_step.py",
        "Batch normalization, dropout with keep 0.8, softmax loss, Adam. The hand-written NumPy is in the script. The "
        "matrix products alone are what no framework on this BLAS can go below.",
    ),
    (
        "Jacobians and Hessians",
        "jacobian.py",
        "In float64. PyTorch is `torch.func`: the faster of `jacrev` and `jacfwd`, and `hessian`.",
    ),
    (
        "Peak memory of these steps",
        "memory.py",
        "How far a process grows above what it holds after its imports and a first step of a tiny net.",
    ),
    (
        "Overhead of profile()",
        "profile_overhead.py",
        "A training step with and without `profile()`, in turns.",
    ),
    (
        "Depth",
        "depth.py",
        "Chains of ops. What an op costs more at a million are passes of Python's garbage collector over the nodes.",
    ),
    ("Robustness", "robustness.py", "Each row is measured in a process of its own."),
]


def run(script: str) -> tuple[str, str]:
    """A benchmark's first line, which names the machine, and the rest, its table."""
    done = subprocess.run([sys.executable, str(HERE / script)], check=True, stdout=subprocess.PIPE, text=True)
    first, _, rest = done.stdout.partition("\n")
    return first, rest.strip()


def main() -> None:
    """Write the page."""
    parts, machine = [], ""
    for title, script, about in SECTIONS:
        print(script, flush=True)
        machine, found = run(script)
        parts.append(f"## {title}\n\n{about} `python benchmarks/{script}`\n\n{found}\n")
    PAGE.write_text(f"{INTRODUCTION}\nMachine: {machine}.\n\n" + "\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
