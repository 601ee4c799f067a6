"""The chain rule, recorded: differentiate one expression, and compare with the derivative by hand."""

import numpy as np

import tensorgraph as tg


def main() -> None:
    x = tg.Tensor(2.0, requires_grad=True)
    y = tg.Tensor(3.0, requires_grad=True)

    product = x * y  # each line records an op
    f = np.sin(product) + x**2
    product.retain_grad()  # a computed tensor keeps its gradient only when asked to
    f.backward()

    print(f"f(x, y) = sin(x y) + x^2  at  x = 2, y = 3:  {f.item():+.6f}")
    print(f"  df/d(xy) = cos(x y)          {product.grad.item():+.6f}  by hand {np.cos(6.0):+.6f}")
    print(f"  df/dx    = cos(x y) y + 2x   {x.grad.item():+.6f}  by hand {np.cos(6.0) * 3 + 4:+.6f}")
    print(f"  df/dy    = cos(x y) x        {y.grad.item():+.6f}  by hand {np.cos(6.0) * 2:+.6f}")


if __name__ == "__main__":
    main()
