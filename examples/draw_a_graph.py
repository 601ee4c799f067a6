"""Draw what one training step of a net records: ops, parameters, inputs, shapes, and modules as frames.

python examples/draw_a_graph.py [folder]
"""

import sys
from pathlib import Path

import numpy as np

import tensorgraph as tg


class Residual(tg.nn.Module):
    """Two layers, the second with a way around it. What a module records is framed under the module's name."""

    def __init__(self, width: int) -> None:
        self.first = tg.nn.Linear(width, width, rng=0)
        self.second = tg.nn.Linear(width, width, rng=1)

    def forward(self, x: np.ndarray) -> tg.Tensor:
        hidden = np.tanh(self.first(x))
        return hidden + np.tanh(self.second(hidden))


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs")
    folder.mkdir(parents=True, exist_ok=True)

    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((50, 64)), rng.integers(10, size=50)
    net = tg.nn.FullyConnectedNet([100, 50], input_dim=64, use_batchnorm=True, dropout=0.8, seed=0)
    loss = net.objective(X, y)  # running the net is what records the graph

    text = tg.viz.to_dot(loss)  # needs no program
    (folder / "net.dot").write_text(text)
    print(f"net.dot has {len(text.splitlines())} lines of text for Graphviz")

    # A graph of your own: frame parts of it, and name what you would like to find in the picture
    block, x, truth = Residual(8), np.eye(8, dtype=np.float32), np.ones((8, 8), np.float32)
    with tg.scope("objective"):
        error = tg.mse_loss(block(x), truth) + 0.01 * np.sum(block.second.weight**2)

    try:
        print("the net is drawn in", tg.viz.render(loss, folder / "net.svg"))
        print("the block is drawn in", tg.viz.render(error, folder / "block.png", params={"x": x, "truth": truth}))
    except tg.errors.MissingDependencyError as missing:
        print(missing)


if __name__ == "__main__":
    main()
