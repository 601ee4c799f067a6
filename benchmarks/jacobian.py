"""Jacobians and Hessians of four functions, at three sizes, in float64 on one thread.

    python benchmarks/jacobian.py [rounds]

PyTorch: ``torch.func``, the faster of ``jacrev`` and ``jacfwd`` for Jacobians, ``hessian`` for Hessians.
"""

from __future__ import annotations

import sys
import warnings
from statistics import median

from side_by_side import interleave, machine, ratio, start_fairly, table

if __name__ == "__main__":
    start_fairly()

import numpy as np

warnings.filterwarnings("ignore", category=DeprecationWarning)
SIZES = (10, 100, 1000)
WIDTH = 64


def elementwise(x, xp, _):
    """A chain of elementwise functions."""
    return xp.tanh(xp.sin(x) * x + xp.exp(-x * x)) / (x * x + 1.0)


def net(x, xp, constants):
    """A net of two hidden layers."""
    w1, w2, w3 = constants
    return xp.tanh(xp.tanh(x @ w1) @ w2) @ w3


def matrix(x, xp, _):
    """A function of a matrix."""
    side = round(len(x) ** 0.5)
    a = x.reshape((side, side))
    return (xp.tanh(a @ a) @ a).reshape(-1)


def rosenbrock(x, xp, _):
    """The residuals of Rosenbrock's function, whose sum of squares it is."""
    return xp.concatenate([10.0 * (x[1:] - x[:-1] ** 2), 1.0 - x[:-1]])


FUNCTIONS = {"elementwise chain": elementwise, "net": net, "matrix": matrix, "Rosenbrock": rosenbrock}


def point_of(name: str, size: int) -> tuple[np.ndarray, list]:
    """Where a function is differentiated, and the constants in it."""
    rng = np.random.default_rng(0)
    if name == "matrix":
        size = round(size**0.5) ** 2
    shapes = [(size, WIDTH), (WIDTH, WIDTH), (WIDTH, size)]
    return rng.normal(size=size), [rng.normal(size=s) / s[0] ** 0.5 for s in shapes]


def contenders(name: str, size: int, order: int) -> dict:
    """Who computes it, as functions without arguments."""
    import autograd
    import autograd.numpy as anp
    import torch

    import tensorgraph as tg

    torch.set_num_threads(1)
    f, (x, constants) = FUNCTIONS[name], point_of(name, size)
    theirs, tensors = torch.tensor(x), [torch.tensor(c) for c in constants]

    def of(xp, held):
        if order == 1:
            return lambda x: f(x, xp, held)
        return lambda x: (f(x, xp, held) ** 2).sum()

    ours = of(np, constants)
    hips = of(anp, constants)
    torchs = of(torch, tensors)
    if order == 1:
        return {
            "tensorgraph": lambda: tg.jacobian(ours)(x),
            "jacrev": lambda: torch.func.jacrev(torchs)(theirs).numpy(),
            "jacfwd": lambda: torch.func.jacfwd(torchs)(theirs).numpy(),
            "HIPS autograd": lambda: autograd.jacobian(hips)(x),
        }
    return {
        "tensorgraph": lambda: tg.hessian(ours)(x),
        "hessian": lambda: torch.func.hessian(torchs)(theirs).numpy(),
        "HIPS autograd": lambda: autograd.hessian(hips)(x),
    }


def main(rounds: int = 20) -> None:
    """Print the table."""
    rows = []
    for order, what in ((1, "Jacobian"), (2, "Hessian")):
        for name in FUNCTIONS:
            for size in SIZES:
                runs = contenders(name, size, order)
                expected = runs["tensorgraph"]()
                for peer, run in runs.items():
                    np.testing.assert_allclose(run(), expected, rtol=1e-7, atol=1e-9, err_msg=f"{name} {peer}")
                seconds = interleave(runs, rounds if size < 1000 else max(3, rounds // 4), warm_up=2)
                peers = [peer for peer in runs if peer not in ("tensorgraph", "HIPS autograd")]
                best = min(peers, key=lambda peer: median(seconds[peer]))
                rows.append(
                    [f"{what}: {name}", len(point_of(name, size)[0])]
                    + [f"{median(seconds[who]) * 1e3:.2f}" for who in ("tensorgraph", best, "HIPS autograd")]
                    + [f"{ratio(seconds, 'tensorgraph', who):.1f}" for who in (best, "HIPS autograd")]
                )
    header = ["what", "n", "tensorgraph, ms", "torch.func", "HIPS autograd", "torch / ours", "HIPS / ours"]
    print(machine())
    print(table(header, rows))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
