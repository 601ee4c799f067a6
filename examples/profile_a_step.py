"""Where the time of a training step goes: by op, by rule, by module, and on a line of time.

python examples/profile_a_step.py [trace.json]
"""

import sys

import numpy as np

import tensorgraph as tg


def train(net: tg.nn.Module, optimizer: tg.optim.Optimizer, data: tg.data.Dataset, steps: int) -> None:
    """Some steps on batches of 100."""
    rng = np.random.default_rng(0)
    for _ in range(steps):
        batch = rng.integers(0, len(data.y_train), 100)
        optimizer.zero_grad()
        net.objective(data.X_train[batch], data.y_train[batch]).backward()
        optimizer.step()


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else "trace.json"
    data = tg.data.digits()
    net = tg.nn.FullyConnectedNet([200, 100], input_dim=data.input_dim, use_batchnorm=True, dropout=0.7, seed=0)
    optimizer = tg.optim.Adam(net.parameters())
    train(net, optimizer, data, steps=2)  # first calls make what later ones find

    with tg.profile(places=True) as p:
        train(net, optimizer, data, steps=20)
    print(p)

    # The same as records: is it worth to work on the forward or on the backward?
    phases = {phase: sum(row.seconds for row in p.rows if row.phase == phase) for phase in ("forward", "backward")}
    print(f"\nbackward takes {phases['backward'] / phases['forward']:.1f} times as long as forward")
    slowest = max(p.spans, key=lambda span: span.own)
    print(f"the slowest single run: {slowest.name}, {slowest.phase}, {slowest.own * 1e6:.0f} us, at {slowest.place}")
    print(f"the line of time is in {p.save_trace(path)}: open it at https://ui.perfetto.dev")


if __name__ == "__main__":
    main()
