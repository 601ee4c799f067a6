"""Train the course's net on handwritten digits, look at what it gets wrong, save it, and draw its graph.

Writes digits_net.npz and digits_net.dot into the current folder. ``python -m tensorgraph train`` does all of this, and
more, in one command; here is how it is done in a program.
"""

from pathlib import Path

import numpy as np

import tensorgraph as tg


def main() -> None:
    """Train, measure, look, save, draw."""
    data = tg.data.digits()
    print(data)

    # {affine - batchnorm - relu - dropout} x 2 - affine - softmax, assembled as a graph of ops.
    net = tg.nn.FullyConnectedNet([100, 50], input_dim=64, num_classes=10, dropout=0.8, use_batchnorm=True, seed=0)

    # Before any training, all ten classes are about as likely: the loss is near log(10) = 2.303.
    loss, grads = net.loss(data.X_train[:100], data.y_train[:100])
    print(f"first loss {loss:.3f}, gradients of {', '.join(grads)}")

    solver = tg.Solver(
        net,
        data,
        update_rule="adam",
        optim_config={"learning_rate": 3e-3},
        lr_decay=0.95,
        batch_size=50,
        num_epochs=15,
        print_every=100,
        seed=0,
    )
    solver.train()  # ends with the parameters that did best on the validation examples
    accuracy = solver.check_accuracy(data.X_test, data.y_test)
    print(f"test accuracy {accuracy:.1%}")

    scores = net.loss(data.X_test)  # without labels: scores, in test mode
    wrong = np.flatnonzero(scores.argmax(axis=1) != data.y_test)
    for i in wrong[:1]:
        print(f"taken for a {scores[i].argmax()}, but it is a {data.y_test[i]}:")
        show(data.X_test[i].reshape(8, 8))

    # A file of numbers and text only, which runs no code when it is loaded.
    tg.io.save_checkpoint("digits_net.npz", net, extra={"test_accuracy": accuracy})
    again = tg.io.load_checkpoint("digits_net.npz").build()
    assert (again.loss(data.X_test) == scores).all()

    # The graph of one training step, as text for Graphviz. tg.viz.render(..., "digits_net.svg") makes a picture.
    recorded = net.objective(data.X_train[:50], data.y_train[:50])
    Path("digits_net.dot").write_text(tg.viz.to_dot(recorded, params=net), encoding="utf-8")


def show(image: np.ndarray) -> None:
    """Print an image of ink between 0 and 1."""
    for row in image:
        print("  " + "".join(" .:-=+*#@"[int(ink * 8)] * 2 for ink in row))


if __name__ == "__main__":
    main()
