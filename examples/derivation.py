"""The chain rule in mathematics: derivatives of a function and of a net, step by step, as text, LaTeX and code."""

import numpy as np

import tensorgraph as tg
from tensorgraph import explain


def show(title: str, text: str) -> None:
    print(f"{title}\n{'-' * len(title)}\n{text}\n")


def main() -> None:
    x = tg.Tensor(0.5, requires_grad=True, name="x")
    y = tg.Tensor(2.0, requires_grad=True, name="y")
    with tg.record():
        f = np.exp(-x * y) * np.sin(x**2)
    derivation = explain.derivation(f, x)
    show("A function of two numbers", derivation.text)
    show("Its derivative in LaTeX", derivation.result.latex)

    rng = np.random.default_rng(0)
    w1, b1, w2, b2 = [
        tg.Tensor(rng.normal(size=shape), requires_grad=True, name=name)
        for name, shape in {"W1": (4, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}.items()
    ]
    data, labels = rng.normal(size=(5, 4)), np.array([0, 1, 1, 0, 1])
    with tg.record():
        hidden = tg.relu(tg.affine(data, w1, b1))
        loss = tg.softmax_loss(tg.affine(hidden, w2, b2), labels)
    derivation = explain.derivation(loss, w1)
    show("A net of two layers", derivation.text)
    show("The same as NumPy code", derivation.code)

    names = {"np": np, "tg": tg, **derivation.inputs}
    exec(derivation.code, names)  # what is written is what backward computes
    loss.backward()
    print("The code gives the gradient of backward:", np.allclose(names["dL_dW1"], w1.grad))


if __name__ == "__main__":
    main()
