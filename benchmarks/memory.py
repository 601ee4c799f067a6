"""Peak memory of training steps: how far a process grows above what it holds after imports and making the batch.

    python benchmarks/memory.py

Each contender runs in a process of its own; the sizes and steps are those of training_step.py.
"""

from __future__ import annotations

import subprocess
import sys

from side_by_side import machine, start_fairly, table

start_fairly()

STEPS = 20


def resident_peak() -> int:
    """Highest resident size of this process so far, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(contender: str, size: str) -> int:
    """Bytes that making the net and training it for some steps add to this process."""
    import training_step

    n, dims, _ = training_step.SIZES[size]
    training_step.MAKERS[contender](2, [2, 2, 2])()  # imports, thread pools and caches are not what is measured
    before = resident_peak()
    step = training_step.MAKERS[contender](n, dims)
    for _ in range(STEPS):
        step()
    return resident_peak() - before


def main() -> None:
    """Print the table."""
    import training_step

    rows = []
    for size in training_step.SIZES:
        grown = {}
        for contender in training_step.MAKERS:
            command = [sys.executable, __file__, contender, size]
            grown[contender] = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        share = grown["tensorgraph"] / max(grown["PyTorch, fused Adam"], 1)
        rows.append([size, *[f"{grew / 2**20:.1f}" for grew in grown.values()], f"{share:.2f}"])
    print(machine())
    print(table(["net", *[f"{name}, MiB" for name in training_step.MAKERS], "tensorgraph / PyTorch"], rows))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(measure(*sys.argv[1:]))
    else:
        main()
