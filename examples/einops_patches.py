"""Gradients through einops: images in words, patches and all, and a code of patches that is learned.

``einops.array_api`` takes tensors, because they follow the Array API standard.
"""

import numpy as np
from einops.array_api import rearrange, reduce

import tensorgraph as tg


def encode(images: tg.Tensor, basis: tg.Tensor) -> tg.Tensor:
    """Each patch of 4 x 4 pixels as a few numbers."""
    return rearrange(images, "n (rows p) (columns q) -> n rows columns (p q)", p=4, q=4) @ basis


def decode(codes: tg.Tensor, basis: tg.Tensor) -> tg.Tensor:
    """The images that these numbers stand for."""
    return rearrange(codes @ basis.T, "n rows columns (p q) -> n (rows p) (columns q)", p=4, q=4)


def main(numbers: int = 6, steps: int = 150) -> None:
    digits = tg.data.digits().X_train[:500]
    images = tg.Tensor(rearrange(digits, "n (height width) -> n height width", height=8) - digits.mean())
    basis = tg.Tensor(0.1 * np.random.default_rng(0).standard_normal((16, numbers)), requires_grad=True)
    optimizer = tg.optim.Adam([basis], lr=0.02)
    for step in range(steps):
        wrong = decode(encode(images, basis), basis) - images
        loss = reduce(wrong**2, "n height width -> n", "sum").mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 30 == 0 or step == steps - 1:
            print(f"step {step:3}  squared error of an image {loss.item():8.2f}")
    patches = rearrange(images, "n (r p) (c q) -> (n r c) (p q)", p=4, q=4).numpy()
    best = (np.linalg.svd(patches, compute_uv=False)[numbers:] ** 2).sum() / len(digits)
    print(f"The least that {numbers} numbers a patch can leave: {best:.2f}")


if __name__ == "__main__":
    main()
