"""A parameter does not learn. Which line is to blame, along which path should the gradient come, and how is it made?

python examples/find_the_missing_gradient.py [page.html]
"""

import sys
from pathlib import Path

import numpy as np

import tensorgraph as tg

X = np.array([[0.5, -1.0], [1.5, 2.0], [-0.3, 0.8]])
TRUTH = np.array([[1.0], [0.0], [1.0]])


class Gated(tg.nn.Module):
    """A layer whose outputs pass a gate that is learned too. Or is it?"""

    def __init__(self, smooth: bool) -> None:
        self.layer = tg.nn.Linear(2, 4, rng=0, dtype=np.float64)
        self.gate = tg.nn.Linear(2, 4, rng=1, dtype=np.float64)
        self.out = tg.nn.Linear(4, 1, rng=2, dtype=np.float64)
        self.smooth = smooth

    def forward(self, x: np.ndarray) -> tg.Tensor:
        signal = self.gate(x)
        gate = tg.sigmoid(signal) if self.smooth else signal > 0
        return self.out(np.tanh(self.layer(x)) * gate)


def main() -> None:
    net = Gated(smooth=False)
    with tg.record() as recording:
        loss = tg.mse_loss(net(X), TRUTH)
        loss.backward()
    for name, parameter in net.named_parameters():
        reason = tg.explain.why_no_grad(parameter, recording)
        print(f"{name}: {reason if reason.cause != 'has_gradient' else 'has a gradient'}")

    print("\nWith a smooth gate:")
    net = Gated(smooth=True)
    with tg.record():
        loss = tg.mse_loss(net(X), TRUTH)
    print(tg.explain.grad_paths(loss, net.gate.weight))

    print("\nThe first steps of backward:")
    steps = tg.explain.backward_steps(loss)
    for step in steps:  # a loop that is left early changes nothing
        print(step)
        if step.number == 2:
            break
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(steps.to_html(), encoding="utf-8")


if __name__ == "__main__":
    main()
