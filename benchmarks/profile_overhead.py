"""What profile() adds to a training step: the course's net at the small and medium sizes of training_step.py.

    python benchmarks/profile_overhead.py [rounds]

With and without, interleaved in one run, on one thread; beside it what the profile itself says that it took.
"""

from __future__ import annotations

import sys

from side_by_side import interleave, machine, ratio, start_fairly, table

start_fairly()

from statistics import median  # noqa: E402

from training_step import SIZES, ours, repeated  # noqa: E402

from tensorgraph.config import observing  # noqa: E402
from tensorgraph.profiling import Profile  # noqa: E402

KINDS = {"profile()": False, "profile(places=True)": True}


def profiled(steps, places: bool, made: dict[str, Profile], name: str):
    """The same steps under a new profile, which takes the place of the one before."""

    def run() -> None:
        made[name] = Profile(places)
        with observing(made[name]):
            steps()

    return run


def main(rounds: int = 60) -> None:
    """Print the table."""
    rows = []
    for size in list(SIZES)[:2]:
        n, dims, repeats = SIZES[size]
        contenders, made = {"plain": repeated(ours(n, dims), repeats)}, {}
        for name, places in KINDS.items():
            contenders[name] = profiled(repeated(ours(n, dims), repeats), places, made, name)
        seconds = interleave(contenders, rounds)
        for name in KINDS:
            made[name].finish()
            times = [f"{median(seconds[key]) / repeats * 1e6:.0f}" for key in ("plain", name)]
            overhead = f"{ratio(seconds, 'plain', name) - 1:.1%}"
            rows.append([size, name, *times, overhead, f"{made[name].overhead / repeats * 1e6:.0f}"])
    print(machine())
    print(table(["net", "", "plain, us", "profiled, us", "overhead", "overhead as stated, us"], rows))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
