"""Second derivatives: Newton's method with a Hessian, Hessian-vector products, and a gradient in a loss."""

import numpy as np

import tensorgraph as tg


def valley(x):
    """Rosenbrock's function: a curved valley whose floor hardly falls. Its minimum is 0, at (1, 1, ..., 1)."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def newton(x: np.ndarray) -> None:
    """A gradient step follows the slope; a Newton step goes where it would be 0 if the Hessian did not change."""
    print("Newton's method, from (-1.2, 1):")
    gradient, hessian = tg.grad(valley), tg.hessian(valley)
    for step in range(7):
        print(f"  step {step}  f = {valley(x):12.6g}  at ({x[0]:+.6f}, {x[1]:+.6f})")
        x = x - np.linalg.solve(hessian(x), gradient(x))


def curvature(x: np.ndarray, rng: np.random.Generator) -> None:
    """The largest eigenvalue of a Hessian of 10^6 entries that is never built: a product with it costs two passes."""
    v = rng.standard_normal(x.shape)
    for _ in range(50):
        v = tg.hvp(valley, (x,), (v / np.linalg.norm(v),))
    print(f"Largest curvature in {len(x)} dimensions: {np.linalg.norm(v):.1f}")


def smoothness_penalty() -> None:
    """A loss that contains a gradient: create_graph records the backward, so that it can be differentiated as well."""
    x = tg.Tensor([0.0, 0.5, 1.0], requires_grad=True)
    w = tg.Tensor(2.0, requires_grad=True)
    np.sin(w * x).sum().backward(inputs=x, create_graph=True)
    penalty = (x.grad**2).sum()  # the squared slope, w^2 cos(w x)^2
    penalty.backward(inputs=w)
    c, s = np.cos(2.0 * x.numpy()), np.sin(2.0 * x.numpy())
    by_hand = (2 * 2.0 * c**2 - 2 * 2.0**2 * c * s * x.numpy()).sum()
    print(f"Gradient of a squared slope: {w.grad.item():.6f}  by hand {by_hand:.6f}")


def main() -> None:
    newton(np.array([-1.2, 1.0]))
    curvature(np.ones(1000), np.random.default_rng(0))
    smoothness_penalty()


if __name__ == "__main__":
    main()
