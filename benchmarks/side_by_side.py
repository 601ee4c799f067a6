"""Timing of things side by side: interleaved in one run, on one thread each, reported as medians and ratios."""

from __future__ import annotations

import os
import sys

PRESETS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def start_fairly(threads: int = 1) -> None:
    """Start this program again without presets that slow BLAS down, and with equally many threads for everyone.

    Call before NumPy is imported.
    """
    wanted = {name: str(threads) for name in THREADS}
    if any(name in os.environ for name in PRESETS) or any(os.environ.get(n) != v for n, v in wanted.items()):
        env = {name: value for name, value in os.environ.items() if name not in PRESETS} | wanted
        os.execve(sys.executable, [sys.executable, *sys.argv], env)


def interleave(contenders: dict, rounds: int, warm_up: int = 3) -> dict[str, list[float]]:
    """Seconds of each contender in each round; a contender is a function without arguments, run once a round.

    In every round each runs once, in rotating order, so that a slow moment of the machine meets all alike.
    """
    import time

    names = list(contenders)
    for _ in range(warm_up):
        for name in names:
            contenders[name]()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            begin = time.perf_counter()
            contenders[name]()
            seconds[name].append(time.perf_counter() - begin)
    return seconds


def ratio(seconds: dict[str, list[float]], ours: str, theirs: str) -> float:
    """Median over the rounds of theirs / ours: how many times faster ours is."""
    from statistics import median

    return median(b / a for a, b in zip(seconds[ours], seconds[theirs]))


def table(header: list[str], rows: list[list]) -> str:
    """A Markdown table."""
    cells = [header, ["---"] * len(header), *[[str(cell) for cell in row] for row in rows]]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def machine() -> str:
    """What this was measured on, in one line."""
    import platform

    import numpy as np

    model, vectors = platform.processor() or "unknown processor", ""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as info:
            facts = dict(line.rstrip().split("\t: ") for line in info if "\t: " in line)
        model = facts.get("model name", model)
        vectors = " with AVX-512" if "avx512f" in facts.get("flags", "") else " without AVX-512"
    return f"{model}{vectors}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy {np.__version__}"
