"""Time against depth: chains of 1,000 to 1,000,000 ops, forward, backward and freeing. Linear means flat columns.

python benchmarks/depth.py
"""

from __future__ import annotations

from side_by_side import machine, start_fairly, table

start_fairly()

import time  # noqa: E402

import numpy as np  # noqa: E402

import tensorgraph as tg  # noqa: E402


def measure(depth: int) -> tuple[float, float, float]:
    """Seconds to record a chain, to go back through it, and to drop it."""
    x = tg.Tensor(np.ones(8, np.float32), requires_grad=True)
    start = time.perf_counter()
    y = x
    for _ in range(depth):
        y = y * 1.000001
    recorded = time.perf_counter()
    y.backward(np.ones(8, np.float32))
    done = time.perf_counter()
    del y
    return recorded - start, done - recorded, time.perf_counter() - done


def main() -> None:
    """Print the table."""
    rows = []
    measure(1000)
    for depth in (1_000, 10_000, 100_000, 1_000_000):
        repeats = max(1, 20_000 // depth)
        best = [min(phase) for phase in zip(*[measure(depth) for _ in range(repeats)])]
        rows.append([f"{depth:,}", *[f"{seconds / depth * 1e6:.2f}" for seconds in best], f"{sum(best):.3f}"])
    print(machine())
    print(table(["ops", "forward, us an op", "backward, us an op", "freeing, us an op", "total, s"], rows))


if __name__ == "__main__":
    main()
