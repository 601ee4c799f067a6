"""Overhead per op, forward and backward, on a chain of 1,000 ops over float32[8]: what the engines themselves cost.

    python benchmarks/op_overhead.py [rounds]

The chain repeats: times a constant, plus the input, tanh, times itself. Same program for everyone, on one thread.
"""

from __future__ import annotations

import sys

from side_by_side import interleave, machine, ratio, start_fairly, table

start_fairly()

from statistics import median  # noqa: E402

import numpy as np  # noqa: E402

LENGTH = 1000
START, FACTOR = np.ones(8, np.float32), np.full(8, 1.0001, np.float32)


def chain(x, factor, tanh):
    """1,000 ops."""
    y = x
    for _ in range(LENGTH // 4):
        y = y * factor
        y = y + x
        y = tanh(y)
        y = y * y
    return y


def ours():
    """tensorgraph."""
    import tensorgraph as tg

    x = tg.Tensor(START.copy(), requires_grad=True)
    chain(x, FACTOR, np.tanh).backward(START)
    return x.grad.numpy()


def pytorch():
    """PyTorch."""
    import torch

    torch.set_num_threads(1)
    x = torch.tensor(START, requires_grad=True)
    chain(x, torch.from_numpy(FACTOR), torch.tanh).backward(torch.from_numpy(START))
    return x.grad.numpy()


def hips_autograd():
    """HIPS autograd."""
    import autograd.numpy as anp
    from autograd import make_vjp

    pullback, _ = make_vjp(lambda x: chain(x, FACTOR, anp.tanh))(START)
    return pullback(START)


def mygrad():
    """MyGrad."""
    import mygrad as mg

    x = mg.tensor(START, constant=False)
    chain(x, FACTOR, mg.tanh).backward(START)
    return x.grad


CONTENDERS = {"tensorgraph": ours, "PyTorch": pytorch, "HIPS autograd": hips_autograd, "MyGrad": mygrad}


def main(rounds: int = 60) -> None:
    """Print the table."""
    expected = ours()
    for name, run in CONTENDERS.items():
        np.testing.assert_allclose(run(), expected, rtol=1e-3, err_msg=name)
    seconds = interleave(CONTENDERS, rounds)
    rows = []
    for name, measured in seconds.items():
        times = [f"{pick(measured) / LENGTH * 1e6:.2f}" for pick in (median, min)]
        rows.append([name, *times, f"{ratio(seconds, 'tensorgraph', name):.2f}"])
    print(machine())
    print(table(["engine", "us an op, median", "us an op, best", "times tensorgraph's"], rows))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
