"""One training step, looked at in every way: pictures, the interactive page, and what was measured of each op.

python examples/look_at_a_graph.py [folder]
"""

import sys
from pathlib import Path

import numpy as np

import tensorgraph as tg


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs")
    folder.mkdir(parents=True, exist_ok=True)

    data = tg.data.digits()
    X, y = data.X_train[:50], data.y_train[:50]
    net = tg.nn.FullyConnectedNet([40, 40, 40, 40], input_dim=64, use_batchnorm=True, seed=0, weight_scale=0.1)
    optimizer = tg.optim.Adam(net.parameters())
    with tg.record():  # every operation, with its values, its place in this file and its time
        loss = net.objective(X, y)
        loss.backward()
        optimizer.step()

    measured = tg.viz.graph(loss, measure=True)
    views = {
        "folded": measured.fold(),  # equal layers once, with their number
        "closed": measured.to_depth(1),  # modules as boxes
        "without_parameters": measured.hide(lambda vertex: vertex.kind == "parameter").fold(),
    }
    w = tg.Tensor(np.full((3, 2), 0.5), requires_grad=True, name="w")
    small = np.tanh(np.ones((4, 3)) @ w).sum()
    views["both"] = tg.viz.graph(small, view="both")  # the backward, beside the forward that it uses

    try:
        for name, graph in views.items():
            print(f"{graph!r} is drawn in {graph.save(folder / f'{name}.svg')}")
        print("to walk about in:", measured.save(folder / "graph.html"))
    except tg.errors.MissingDependencyError as missing:
        print(missing)
    print("for programs:", measured.save(folder / "graph.json"))

    slowest = max(measured.vertices, key=lambda v: measured.details[v.id].facts.forward_seconds or 0)
    detail = measured.details[slowest.id]
    print(f"{slowest.op} in {'.'.join(slowest.scope)} took longest; it was called at line {detail.place.line}")
    found = [vertex.name for vertex in measured.search("gamma")]
    print("parameters with gamma in their names:", ", ".join(found))


if __name__ == "__main__":
    main()
