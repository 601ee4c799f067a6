"""Gradients through SciPy: the rotation of a cloud of points, found by descent, and a transformation of skewed data.

SciPy's functions that follow the Array API standard compute with tensors, and what they give can be differentiated.
"""

import os

os.environ["SCIPY_ARRAY_API"] = "1"  # before SciPy is imported: take arrays of other libraries as they are

import numpy as np
from scipy import stats
from scipy.spatial.transform import Rotation

import tensorgraph as tg


def rotate_onto(points: np.ndarray, target: np.ndarray, steps: int = 150) -> Rotation:
    """Descend on the rotation vector; each step goes through SciPy's quaternions."""
    vector = tg.Tensor(np.full(3, 0.1), requires_grad=True)
    optimizer = tg.optim.Adam([vector], lr=0.2)
    for step in range(steps):
        loss = ((Rotation.from_rotvec(vector).apply(tg.Tensor(points)) - target) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 25 == 0 or step == steps - 1:
            print(f"  step {step:3}  mean squared distance {loss.item():.2e}")
    return Rotation.from_rotvec(vector.numpy())


def straighten(data: np.ndarray, steps: int = 20) -> float:
    """The power that takes the skewness out of data, by Newton's method on ``scipy.stats.skew``."""
    power = 1.0
    for _ in range(steps):
        skewness, slope = tg.value_and_grad(lambda p: stats.skew(tg.Tensor(data) ** p))(power)
        power = power - skewness / slope
    print(f"  x ** {power:.4f} has a skewness of {stats.skew(data**power):.1e}; x has {stats.skew(data):.2f}")
    return power


def main() -> None:
    rng = np.random.default_rng(0)
    points, truth = rng.standard_normal((50, 3)), Rotation.from_rotvec([0.7, -1.1, 0.4])
    print("A rotation, by gradients through scipy.spatial.transform.Rotation:")
    found = rotate_onto(points, truth.apply(points))
    print(f"  found {found.as_rotvec().round(3)}, which is off by {(found * truth.inv()).magnitude():.1e} radians")
    print("A transformation, by gradients through scipy.stats.skew:")
    straighten(rng.gamma(2.0, size=500))


if __name__ == "__main__":
    main()
