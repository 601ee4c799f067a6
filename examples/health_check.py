"""Before a long training: what the net consists of, what a step keeps in memory, and whether it would learn.

``python -m tensorgraph health`` prints the last part for the net that ``train`` would begin with.
"""

import tensorgraph as tg


def main() -> None:
    """Look at a net, plant a mistake in its training, and find it."""
    data = tg.data.digits()
    net = tg.nn.FullyConnectedNet([100, 50], input_dim=64, use_batchnorm=True, weight_scale=0.1, seed=0)
    print(tg.explain.summary(net, (100, 64)))

    # What one step keeps alive until its backward has run, by op and by module.
    loss = net.objective(data.X_train[:100], data.y_train[:100])
    print("\n", tg.explain.memory(loss).facts(), sep="")

    # Is it set up as it should be? All checks run on copies.
    print("\n", tg.explain.health(net, data.X_train, data.y_train), sep="")

    # The same net on pixels in [0, 255], with a learning rate that is far too high.
    optimizer = tg.optim.SGD(net.parameters(), lr=300.0)
    sick = tg.explain.health(net, 255 * data.X_train, data.y_train, optimizer=optimizer)
    print("\nwith two mistakes:", sick.facts(), sick.advice(), sep="\n")

    # The training itself, with a mistake that costs memory: a tensor keeps all of its history.
    optimizer = tg.optim.Adam(net.parameters(), lr=1e-3)
    total = 0.0
    for start in range(0, 1000, 50):
        optimizer.zero_grad()
        loss = net.objective(data.X_train[start : start + 50], data.y_train[start : start + 50])
        loss.backward()
        optimizer.step()
        total += loss  # should be loss.item()
    print("\n", tg.explain.leaks(), sep="")
    print(f"\nmean loss {total.item() / 20:.3f}")


if __name__ == "__main__":
    main()
