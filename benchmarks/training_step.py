"""One training step of the course's net: batchnorm, dropout, softmax loss, Adam, in float32, on one thread.

    python benchmarks/training_step.py [rounds]

tensorgraph define-by-run, against hand-written NumPy in the course's style, and PyTorch eager with fused Adam.
"""

from __future__ import annotations

import sys

from side_by_side import interleave, machine, ratio, start_fairly, table

start_fairly()

from statistics import median  # noqa: E402

import numpy as np  # noqa: E402

import tensorgraph as tg  # noqa: E402

SIZES = {
    "small: N 100, 64-100-100-10": (100, [64, 100, 100, 10], 60),
    "medium: N 100, 3072-100x4-10": (100, [3072, 100, 100, 100, 100, 10], 15),
    "large: N 256, 3072-1024x4-10": (256, [3072, 1024, 1024, 1024, 1024, 10], 1),
}
KEEP = 0.8


def batch(n: int, dims: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """One batch of random examples and labels."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, dims[0])).astype(np.float32), rng.integers(0, dims[-1], n)


def ours(n: int, dims: list[int]):
    """A step of tensorgraph, as a user writes it."""
    X, y = batch(n, dims)
    net = tg.nn.FullyConnectedNet(dims[1:-1], dims[0], dims[-1], KEEP, use_batchnorm=True, weight_scale=0.05, seed=0)
    optimizer = tg.optim.Adam(net.parameters())

    def step() -> float:
        loss = net.objective(X, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def handwritten(n: int, dims: list[int]):
    """A step of clean hand-written NumPy: the course's layers, fused where its solution fuses them."""
    X, y = batch(n, dims)
    rng = np.random.default_rng(0)
    params, configs = {}, {}
    depth = len(dims) - 1
    for i, (a, b) in enumerate(zip(dims[:-1], dims[1:]), 1):
        params[f"W{i}"] = (0.05 * rng.standard_normal((a, b))).astype(np.float32)
        params[f"b{i}"] = np.zeros(b, np.float32)
        if i < depth:
            params[f"gamma{i}"], params[f"beta{i}"] = np.ones(b, np.float32), np.zeros(b, np.float32)
    running = {i: [np.zeros(dims[i], np.float32), np.ones(dims[i], np.float32)] for i in range(1, depth)}
    state = {name: [np.zeros_like(p), np.zeros_like(p)] for name, p in params.items()}
    configs["t"] = 0

    def step() -> float:
        h, caches = X, []
        for i in range(1, depth):
            a = h @ params[f"W{i}"] + params[f"b{i}"]
            mean, var = a.mean(axis=0), a.var(axis=0)
            running[i][0] = 0.9 * running[i][0] + 0.1 * mean
            running[i][1] = 0.9 * running[i][1] + 0.1 * var
            inv_std = 1 / np.sqrt(var + 1e-5)
            xhat = (a - mean) * inv_std
            z = params[f"gamma{i}"] * xhat + params[f"beta{i}"]
            r = np.maximum(z, 0)
            mask = (rng.random(r.shape, dtype=np.float32) < KEEP) / np.float32(KEEP)
            caches.append((h, xhat, inv_std, r, mask))
            h = r * mask
        scores = h @ params[f"W{depth}"] + params[f"b{depth}"]
        shifted = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(n), y]).mean()
        d = p
        d[np.arange(n), y] -= 1
        d /= n
        grads = {f"W{depth}": h.T @ d, f"b{depth}": d.sum(axis=0)}
        d = d @ params[f"W{depth}"].T
        for i in range(depth - 1, 0, -1):
            h, xhat, inv_std, r, mask = caches[i - 1]
            d = d * mask * (r > 0)
            dgamma, dbeta = (d * xhat).sum(axis=0), d.sum(axis=0)
            d = params[f"gamma{i}"] * inv_std * (d - (dbeta + xhat * dgamma) / n)
            grads |= {f"gamma{i}": dgamma, f"beta{i}": dbeta, f"W{i}": h.T @ d, f"b{i}": d.sum(axis=0)}
            if i > 1:
                d = d @ params[f"W{i}"].T
        configs["t"] += 1
        t = configs["t"]
        for name, w in params.items():
            g, (m, v) = grads[name], state[name]
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * (g * g)
            w -= 1e-3 / (1 - 0.9**t) * m / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return float(loss)

    return step


def pytorch(n: int, dims: list[int]):
    """A step of PyTorch eager with fused Adam."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(0)
    X, y = (torch.from_numpy(a) for a in batch(n, dims))
    layers = []
    for a, b in zip(dims[:-2], dims[1:-1]):
        layers += [nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU(), nn.Dropout(1 - KEEP)]
    net = nn.Sequential(*layers, nn.Linear(dims[-2], dims[-1]))
    optimizer = torch.optim.Adam(net.parameters(), fused=True)

    def step() -> float:
        loss = nn.functional.cross_entropy(net(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def products(n: int, dims: list[int]):
    """The matrix products of a step and nothing else: what BLAS leaves for anyone to gain."""
    rng = np.random.default_rng(0)
    hs = [rng.standard_normal((n, width)).astype(np.float32) for width in dims]
    ws = [rng.standard_normal(shape).astype(np.float32) for shape in zip(dims[:-1], dims[1:])]

    def step() -> None:
        for i, w in enumerate(ws):
            hs[i] @ w
            hs[i].T @ hs[i + 1]
            if i:
                hs[i + 1] @ w.T

    return step


MAKERS = {"tensorgraph": ours, "hand-written NumPy": handwritten, "PyTorch, fused Adam": pytorch}


def repeated(step, times: int):
    """Some steps at a time, so that short ones can be timed."""
    return lambda: [step() for _ in range(times)]


def main(rounds: int = 40) -> None:
    """Print the table."""
    rows = []
    for size, (n, dims, repeats) in SIZES.items():
        steps = {name: make(n, dims) for name, make in (MAKERS | {"matrix products alone": products}).items()}
        seconds = interleave({name: repeated(step, repeats) for name, step in steps.items()}, rounds)
        times = [f"{median(s) / repeats * 1e3:.3g}" for s in seconds.values()]
        ratios = [f"{ratio(seconds, 'tensorgraph', other):.2f}" for other in list(MAKERS)[1:]]
        rows.append([size, *times, *ratios])
    print(machine())
    times = [f"{name}, ms" for name in [*MAKERS, "matrix products alone"]]
    header = ["net", *times, "against hand-written", "against PyTorch"]
    print(table(header, rows))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
