"""Inverted dropout. Source: Srivastava et al. (2014), and the course's ``dropout_forward``."""

from __future__ import annotations

from ..core import op
from ..errors import ShapeError


@op(fused=True)
def dropout(x, mask):
    """Drop activations: ``x * mask``, where ``mask`` holds 0 for what is dropped and 1 / keep for what stays.

    Randomness is an input: the mask is drawn by whoever calls (``nn.Dropout`` does), so a run can be repeated exactly.
    x and mask have the same shape; raises ShapeError. There is no gradient with respect to the mask.
    """
    if x.shape != getattr(mask, "shape", ()):  # beside a tensor, a mask without axes is a number
        raise ShapeError("dropout: x and mask must have the same shape")
    return x * mask


dropout.grad("x")(lambda g, mask: g * mask)


@dropout.samples
def _(n, draw):
    yield draw(n, 3), draw.constant(draw.mask(n, 3) / 0.8)
