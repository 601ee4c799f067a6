"""All update rules on one plot: the same net, the same digits, the same batches; only the rule differs."""

import numpy as np
from matplotlib.figure import Figure

import tensorgraph as tg

OPTIMIZERS = {
    "SGD": lambda params: tg.optim.SGD(params, lr=0.1),
    "SGD, momentum": lambda params: tg.optim.SGD(params, lr=0.1, momentum=0.9),
    "SGD, Nesterov": lambda params: tg.optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "RMSProp": lambda params: tg.optim.RMSProp(params, lr=1e-3),
    "Adam": lambda params: tg.optim.Adam(params, lr=3e-3),
    "AdamW": lambda params: tg.optim.AdamW(params, lr=3e-3, weight_decay=1.0),
}


def train(name: str, data: tg.data.Dataset, epochs: int, batch_size: int = 100) -> list[float]:
    """The loss of each step."""
    net = tg.nn.FullyConnectedNet([100, 100], input_dim=data.input_dim, weight_scale=0.1, seed=0)
    optimizer = OPTIMIZERS[name](net.parameters())
    rng = np.random.default_rng(0)
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(data.y_train))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            optimizer.zero_grad()
            loss = net.objective(data.X_train[batch], data.y_train[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    accuracy = (net.loss(data.X_val).argmax(axis=1) == data.y_val).mean()
    print(f"{name:14}  last loss {losses[-1]:.4f}  validation accuracy {accuracy:.1%}")
    return losses


def main(epochs: int = 10, path: str = "optimizers.png") -> None:
    data = tg.data.digits()
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name in OPTIMIZERS:
        losses = train(name, data, epochs)
        smooth = np.convolve(losses, np.ones(5) / 5, mode="valid")
        axes.semilogy(np.arange(len(smooth)) / len(losses) * epochs, smooth, label=name)
    axes.set(xlabel="epoch", ylabel="training loss (mean over 5 steps)", title="One net, one data set, six optimizers")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
