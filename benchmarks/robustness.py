"""Robustness in figures: depth, memory, threads, tasks, processes, dtypes. Each measure runs in a process of its own.

    python benchmarks/robustness.py [measure ...]

Prints a table: what was found, what is allowed, seconds, and peak memory of the process. Exits with 1 if a figure is
over its limit.
"""

from __future__ import annotations

from side_by_side import machine, start_fairly, table

start_fairly()

import asyncio  # noqa: E402
import copy  # noqa: E402
import functools  # noqa: E402
import gc  # noqa: E402
import hashlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

import tensorgraph as tg  # noqa: E402

DEEP = 1_000_000
SMALL_STACK = 256 * 1024
SECONDS, MEGABYTES = 12, 900  # what a measure of a deep graph may take
MEASURES: dict[str, Callable[[], tuple[str, str, bool]]] = {}


def measure(function: Callable[[], tuple[str, str, bool]]) -> Callable[[], tuple[str, str, bool]]:
    """Register a measure: a function that returns what it found, what is allowed, and whether that is so."""
    MEASURES[function.__name__] = function
    return function


def in_thread(work: Callable[[], float], stack: int) -> float:
    """The result of work in a thread with a stack of so many bytes."""
    threading.stack_size(stack)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def at_once(work: Callable[[int], Any], count: int) -> list:
    """The results of ``work(0)``, ``work(1)``, ... in threads that start together."""
    ready = threading.Barrier(count)

    def run(k: int) -> Any:
        ready.wait()
        return work(k)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


# Deep graphs


def leaf() -> tg.Tensor:
    """Where the deep graphs start."""
    return tg.Tensor(np.full(3, 0.5, np.float32), requires_grad=True)


def chain(x: tg.Tensor) -> tg.Tensor:
    """One op after the other, each saving its output."""
    for _ in range(DEEP):
        x = np.tanh(x)
    return x


def diamonds(x: tg.Tensor) -> tg.Tensor:
    """Each step uses the one before it twice: two ops a step, and as many paths as 2 to the number of steps."""
    for _ in range(DEEP // 2):
        x = (x + x) * 0.5
    return x


def differentiate(build: Callable) -> float:
    """Build, go backward, drop the graph, copy the leaf."""
    start = time.process_time()
    x = leaf()
    y = build(x)
    y.sum().backward()
    assert build is chain or x.grad.tolist() == [1, 1, 1]
    del y
    assert copy.deepcopy(x).grad.tolist() == x.grad.tolist()
    return time.process_time() - start


def drop(build: Callable) -> float:
    """Build, and drop the graph without a backward."""
    start = time.process_time()
    y = build(leaf())
    assert y.requires_grad
    del y
    return time.process_time() - start


def draw(build: Callable) -> float:
    """Write the graph as DOT, once it is built."""
    from tensorgraph.viz import to_dot

    y = build(leaf())
    start = time.process_time()
    assert to_dot(y).count("\n") > DEEP
    return time.process_time() - start


def deep(work: Callable, build: Callable, stack: int) -> tuple[str, str, bool]:
    """A measure of one piece of work on one deep graph."""
    seconds = in_thread(functools.partial(work, build), stack)
    megabytes = peak_megabytes()
    fits = seconds <= SECONDS and megabytes <= MEGABYTES
    return f"{seconds:.1f} s of CPU, {megabytes:.0f} MB", f"{SECONDS} s, {MEGABYTES} MB", fits


for work in (differentiate, drop, draw):
    for build in (chain, diamonds):
        for stack in (0, SMALL_STACK):
            title = f"{work.__name__} {build.__name__} of {DEEP:,} ops{', stack of 256 KiB' if stack else ''}"
            MEASURES[title] = functools.partial(deep, work, build, stack)


# Memory over time, and the garbage collector


class Training:
    """A small net in training: forward, backward, update."""

    def __init__(self, seed: int = 0) -> None:
        self.net = tg.nn.FullyConnectedNet(
            [32, 16],
            input_dim=20,
            num_classes=5,
            dropout=0.8,
            use_batchnorm=True,
            reg=1e-3,
            weight_scale=0.1,
            seed=seed,
        )
        self.optimizer = tg.optim.Adam(self.net.parameters(), lr=1e-3)
        rng = np.random.default_rng(seed)
        self.X, self.y = rng.normal(size=(64, 20)).astype(np.float32), rng.integers(0, 5, 64)

    def step(self) -> None:
        """One step."""
        self.optimizer.zero_grad()
        self.net.objective(self.X, self.y).backward()
        self.optimizer.step()

    def digest(self) -> str:
        """SHA-256 of all parameters and running statistics."""
        return hashlib.sha256(b"".join(v.tobytes() for v in self.net.state_dict().values())).hexdigest()


@measure
def memory_growth_over_steps_1000_to_10000() -> tuple[str, str, bool]:
    """Resident memory, which misses nothing."""
    training = Training()
    for _ in range(1000):
        training.step()
    gc.collect()
    before = resident_megabytes()
    for _ in range(9000):
        training.step()
    gc.collect()
    grown = resident_megabytes() - before
    return f"{grown:.2f} MB", "0.3 MB", grown <= 0.3


def leftovers(step: Callable[[], None]) -> int:
    """Unreachable objects after 300 steps with the collector off."""
    step()
    gc.collect()
    gc.disable()
    for _ in range(300):
        step()
    return gc.collect()


@measure
def unreachable_objects_after_300_steps() -> tuple[str, str, bool]:
    """Training, exceptions on the way, and second derivatives."""
    training = Training()
    w = tg.Tensor(np.ones((3, 3)), requires_grad=True)
    faulty = tg.Op(lambda x: x * 1.0, "faulty")

    @faulty.grad("x")
    def faulty_dx(g: np.ndarray) -> np.ndarray:
        raise ArithmeticError

    def failing_forward() -> None:
        try:
            training.net.objective(training.X[:, :7], training.y)
        except tg.errors.ShapeError:
            return
        raise AssertionError("a wrong shape was accepted")

    def failing_backward() -> None:
        try:
            (training.net.objective(training.X, training.y) + faulty(w).sum()).backward()
        except ArithmeticError:
            return
        raise AssertionError("the rule did not fail")

    def second_derivatives() -> None:
        tg.hvp(lambda x: np.tanh(x @ w).sum(), (np.ones((2, 3)),), (np.ones((2, 3)),))

    counts = [leftovers(step) for step in (training.step, failing_forward, failing_backward, second_derivatives)]
    return f"{counts} (training, failing forward, failing backward, hvp)", "0", not any(counts)


# Threads, tasks, processes


@measure
def four_threads_training_at_once_equal_the_serial_run() -> tuple[str, str, bool]:
    """Bit for bit."""

    def train(seed: int) -> str:
        training = Training(seed)
        for _ in range(300):
            training.step()
        return training.digest()

    different = sum(found != train(k) for k, found in enumerate(at_once(train, 4)))
    return f"{different} of 4 differ", "0", different == 0


@measure
def nested_third_derivatives_in_two_threads() -> tuple[str, str, bool]:
    """Two functions whose third derivatives are known, 5,000 points each."""
    jobs = [(lambda x: x**4, lambda x: 24 * x), (lambda x: np.exp(2 * x), lambda x: 8 * np.exp(2 * x))]

    def wrong(k: int) -> int:
        f, expected = jobs[k]
        third = tg.grad(tg.grad(tg.grad(f)))
        return sum(abs(float(third(x)) / expected(x) - 1) > 1e-9 for x in np.linspace(0.1, 1.0, 5000))

    count = sum(at_once(wrong, 2))
    return f"{count} of 10,000 wrong", "0", count == 0


@measure
def no_grad_toggled_in_a_thread() -> tuple[str, str, bool]:
    """One thread toggles, three record 10,000 ops each."""
    x, recorders = leaf(), 3
    finished: list[int] = []

    def lost(k: int) -> int:
        if k == recorders:
            count = 0
            while len(finished) < recorders:
                with tg.no_grad():
                    count += (x * 2).requires_grad
            return count
        count = sum(not (x * 2).requires_grad for _ in range(10_000))
        finished.append(k)
        return count

    count = sum(at_once(lost, recorders + 1))
    return f"{count} of 30,000 lost", "0", count == 0


@measure
def no_grad_toggled_in_a_task() -> tuple[str, str, bool]:
    """Two tasks toggle, two record 10,000 ops each; every op is followed by a switch of tasks."""
    x, lost = leaf(), []

    async def toggle() -> None:
        for _ in range(10_000):
            with tg.no_grad():
                await asyncio.sleep(0)
                if (x * 2).requires_grad:
                    lost.append("recorded")

    async def record() -> None:
        for _ in range(10_000):
            await asyncio.sleep(0)
            if not (x * 2).requires_grad:
                lost.append("not recorded")

    async def main() -> None:
        await asyncio.gather(toggle(), record(), toggle(), record())

    asyncio.run(main())
    return f"{len(lost)} of 20,000 lost", "0", not lost


@measure
def parameters_across_20_processes_and_5_hash_seeds() -> tuple[str, str, bool]:
    """SHA-256 after 50 steps from one seed."""
    digests = set()
    for k in range(20):
        environment = {**os.environ, "PYTHONHASHSEED": str(k % 5)}
        run = subprocess.run([sys.executable, __file__, "--digest"], capture_output=True, check=True, env=environment)
        digests.add(run.stdout)
    return f"{len(digests)} different", "1", len(digests) == 1


def digest() -> str:
    """What one of those processes computes."""
    training = Training(seed=1)
    for _ in range(50):
        training.step()
    return training.digest()


# dtypes


@measure
def float32_kept_by_every_op() -> tuple[str, str, bool]:
    """Outputs and gradients of all samples, batches of 3 and of 0, with numbers as each kind of scalar."""
    from tensorgraph.core import NUMPY, OPS
    from tensorgraph.testing.case import subject

    kinds = {"Python": float, "NumPy scalar": np.float64, "0-d array": np.array}
    subjects = [subject(of) for of in {**OPS, **NUMPY}.values() if isinstance(of, tg.Op)]
    subjects += [subject(function) for function, entry in NUMPY.items() if getattr(entry, "sampler", None)]
    seen, widened = 0, []
    for of in {each.name: each for each in subjects}.values():
        for n in (3, 0):
            for case in of.cases(n, np.float32, 0):
                if case.asks_for_dtype:
                    continue
                for kind, make in kinds.items():
                    inputs = [tg.Tensor(x, requires_grad=True) for x in case.inputs]
                    outputs = case.with_numbers_as(make)(*inputs)
                    for y in outputs:
                        if y.requires_grad:
                            y.backward(np.ones_like(y.numpy()), retain_graph=True)
                    met = [*outputs, *[x.grad for x in inputs if x.grad is not None]]
                    seen += len(met)
                    widened += [f"{case.title} with {kind}" for t in met if t.dtype != np.float32]
    return f"{len(widened)} of {seen} widened {widened[:1] or ''}", "0", not widened


# Running


def peak_megabytes() -> float:
    """Highest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident_megabytes() -> float:
    """Resident size of this process now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def run(name: str) -> tuple[list[str], bool]:
    """One row of the table: a measure in a process of its own."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, __file__, "--measure", name], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"signal {-done.returncode}"])[-1]
        return [name.replace("_", " "), reason, "", f"{seconds:.1f}", "", "**no**"], False
    found, allowed, fits, megabytes = json.loads(done.stdout)
    row = [name.replace("_", " "), found, allowed, f"{seconds:.1f}", f"{megabytes:.0f}", "yes" if fits else "**no**"]
    return row, fits


def main(names: list[str]) -> int:
    """Print the table row by row, for a measure may take a while."""
    print(machine(), flush=True)
    print(table(["measure", "found", "allowed", "seconds", "peak, MB", "holds"], []), flush=True)
    failed = 0
    for name in names or MEASURES:
        row, fits = run(name)
        failed += not fits
        print("| " + " | ".join(row) + " |", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    if sys.argv[1:] == ["--digest"]:
        print(digest())
    elif sys.argv[1:2] == ["--measure"]:
        print(json.dumps([*MEASURES[sys.argv[2]](), peak_megabytes()], default=bool))
    else:
        sys.exit(main(sys.argv[1:]))
