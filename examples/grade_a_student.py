"""Grade a student's hand-written layers: the mistakes are named, with the evidence and a hint."""

import numpy as np

from tensorgraph.explain import grade


def affine_forward(x, w, b):
    out = x.reshape(len(x), -1) @ w + b
    return out, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T  # images stay flat
    dw = x.reshape(len(x), -1).T @ dout
    db = dout.sum(axis=1)  # the wrong axis
    return dx, dw, db


def dropout_forward(x, dropout_param):
    if dropout_param["mode"] == "test":
        return x, None
    mask = np.random.rand(*x.shape) < dropout_param["p"]  # not divided by p
    return x * mask, mask


def dropout_backward(dout, mask):
    return dout if mask is None else dout * mask


def adam(w, dw, config=None):
    c = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, **(config or {})}
    c["v"] = c["beta1"] * c.get("v", 0) + (1 - c["beta1"]) * dw
    c["a"] = c["beta2"] * c.get("a", 0) + (1 - c["beta2"]) * dw**2
    return w - c["learning_rate"] * c["v"] / (np.sqrt(c["a"]) + c["epsilon"]), c  # no bias correction


def swish_forward(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, (x, s)


def swish_backward(dout, cache):
    """Right; the grader does not know this layer, and differentiates its forward."""
    x, s = cache
    return dout * (s + x * s * (1 - s))


def main() -> None:
    pairs = (affine_forward, affine_backward), (dropout_forward, dropout_backward), (swish_forward, swish_backward)
    for functions in (*pairs, (adam,)):
        print(grade(*functions), end="\n\n")


if __name__ == "__main__":
    main()
