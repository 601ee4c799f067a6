"""Handwritten digits that come with the package. Source and licence: DIGITS.txt, beside the file."""

from __future__ import annotations

import hashlib
import io
from importlib.resources import files

import numpy as np

from ..errors import DataError
from ..files import read_npz
from .dataset import Dataset, split

SHA256 = "d79f969a1d947ffaf9dce9d30d01aa4ab91116a2b0aade5d5a24c99ac6b0f1d1"


def digits(seed: int = 0) -> Dataset:
    """1,797 images of handwritten digits of 8 x 8 pixels, split into training, validation and test examples.

    X is (N, 64) float32 in [0, 1], y is (N,) int64 in 0 to 9. The same ``seed`` always gives the same split.
    Source: Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI Machine Learning Repository
    (CC BY 4.0). Raises DataError when the installed file is damaged or missing.

    >>> import tensorgraph as tg
    >>> tg.data.digits()
    Dataset(1197 training, 300 validation, 300 test examples of shape (64,), float32, 10 classes)
    """
    images, labels = _load()
    pixels = images.reshape(len(images), -1) / np.float32(16)
    return split(pixels, labels.astype(np.int64), seed=seed)


def _load() -> tuple[np.ndarray, np.ndarray]:
    try:
        content = (files(__package__) / "digits.npz").read_bytes()
    except OSError as error:
        raise DataError(f"digits.npz is missing ({error.strerror}). Install tensorgraph again") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise DataError("the digits.npz that was installed with tensorgraph is damaged. Install tensorgraph again")
    arrays = read_npz(io.BytesIO(content), DataError, ("X", "y"), name="digits.npz")
    return arrays["X"], arrays["y"]
