"""An op of your own, checked as the built-in ones are: a right rule passes, a wrong one is caught."""

import numpy as np

import tensorgraph as tg
from tensorgraph.testing import check_op


@tg.op(fused=True)
def swish(x, beta=1.0):
    """x * sigmoid(beta * x). Source: Ramachandran, Zoph and Le (2017)."""
    return x * tg.sigmoid(beta * x)


@swish.grad("x")
def swish_dx(g, x, out, beta):
    s = tg.sigmoid(beta * x)  # a rule may use other ops
    return g * (s + beta * out * (1 - s))


@swish.samples
def swish_samples(n, draw):
    yield (draw(n, 3),)
    yield draw(n, 3), 2.5


@tg.op(fused=True)
def wrong_swish(x, beta=1.0):
    """The same, with a mistake in its rule."""
    return x * tg.sigmoid(beta * x)


@wrong_swish.grad("x")
def wrong_swish_dx(g, x, out, beta):
    s = tg.sigmoid(beta * x)
    return g * (s + out * (1 - s))  # beta is missing


wrong_swish.samples(swish_samples)


def main() -> None:
    x = tg.Tensor(np.linspace(-4, 4, 9), requires_grad=True)
    swish(x).sum().backward()
    print("swish   ", np.round(swish(x.numpy()), 3))
    print("gradient", np.round(x.grad.numpy(), 3))

    print("\ncheck_op(swish):")
    for check in check_op(swish).checks:
        print(f"  {check.kind:20} {check.cases} samples, largest difference {check.error:.0e}")

    print("\ncheck_op(wrong_swish):")
    try:
        check_op(wrong_swish)
    except tg.errors.GradientCheckError as error:
        print(error)


if __name__ == "__main__":
    main()
