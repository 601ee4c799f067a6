"""Dataset: labelled examples for training, validation and test; checked when they come in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from ..errors import DataError
from ..files import read_npz


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples X (N, ...) and class labels y (N,) in three parts: a record, and the ``data`` dict of a Solver too.

    >>> import numpy as np, tensorgraph as tg
    >>> data = tg.data.split(np.ones((60, 4), np.float32), np.arange(60) % 3)
    >>> data.X_train.shape, data["y_val"].shape, data.num_classes
    ((40, 4), (10,), 3)
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    @property
    def num_classes(self) -> int:
        """One more than the largest label."""
        return 1 + max(int(y.max()) for y in (self.y_train, self.y_val, self.y_test))

    @property
    def input_dim(self) -> int:
        """How many numbers an example has."""
        return int(np.prod(self.X_train.shape[1:]))

    def keys(self) -> Iterator[str]:
        """The names of the six arrays."""
        return (field.name for field in fields(self))

    def __getitem__(self, key: str) -> np.ndarray:
        if key not in self:
            raise KeyError(key)
        return getattr(self, key)

    def __contains__(self, key: object) -> bool:
        return any(key == name for name in self.keys())

    def __repr__(self) -> str:
        return (
            f"Dataset({len(self.y_train)} training, {len(self.y_val)} validation, {len(self.y_test)} test examples "
            f"of shape {self.X_train.shape[1:]}, {self.X_train.dtype}, {self.num_classes} classes)"
        )


def check_examples(X: np.ndarray, y: np.ndarray, *, where: str = "data") -> None:
    """Refuse what cannot be trained on: X must be finite numbers (N, ...), y integer classes (N,), N at least 1.

    Raises DataError, with ``where`` at the beginning of its message.
    """
    for name, array in ("X", X), ("y", y):
        if not isinstance(array, np.ndarray):
            raise DataError(f"{where}: {name} is a {type(array).__name__}, not an array. Give np.asarray({name})")
    facts = f"X is {X.shape} {X.dtype}, y is {y.shape} {y.dtype}"
    if X.dtype.kind not in "fiub":
        raise DataError(f"{where}: X must hold numbers; {facts}")
    if y.dtype.kind not in "iu":
        raise DataError(f"{where}: labels are classes and must be integers; {facts}. Convert them: y.astype(np.int64)")
    if X.ndim < 2 or y.ndim != 1:
        raise DataError(f"{where}: X must be (N, ...) with an axis of features or more, and y (N,); {facts}")
    if len(X) != len(y):
        raise DataError(f"{where}: every example needs one label; {facts}")
    if not X.size:
        raise DataError(f"{where}: there are no examples; {facts}")
    if y.min() < 0:
        at = int((y < 0).argmax())
        raise DataError(f"{where}: labels count from 0, but y[{at}] is {y[at]}")
    if not (finite := np.isfinite(X)).all():
        index = tuple(map(int, np.unravel_index(int(finite.argmin()), X.shape)))
        count = X.size - int(np.count_nonzero(finite))
        raise DataError(f"{where}: X holds {count} NaN or Inf, the first at {index}: {X[index]}. Remove or fill them")


def split(
    X: np.ndarray, y: np.ndarray, *, val_fraction: float = 1 / 6, test_fraction: float = 1 / 6, seed: int = 0
) -> Dataset:
    """Split examples at random into training, validation and test; the same seed gives the same split everywhere.

    X (N, ...) numbers, y (N,) integer labels. Raises DataError for malformed examples and for too few of them.
    """
    check_examples(X, y)
    n = len(y)
    num_val, num_test = round(n * val_fraction), round(n * test_fraction)
    if min(num_val, num_test, n - num_val - num_test) < 1:
        raise DataError(
            f"data: {n} examples cannot be split into training, validation and test with fractions "
            f"{val_fraction:.3g} and {test_fraction:.3g}: each part needs one at least"
        )
    # Raw words, sorted: unlike a Generator's methods, the stream of a bit generator never changes between versions.
    order = np.random.PCG64(seed).random_raw(n).argsort(kind="stable")
    test, val, train = np.split(order, [num_test, num_test + num_val])
    return Dataset(X[train], y[train], X[val], y[val], X[test], y[test])


def from_npz(path: str | os.PathLike, *, seed: int = 0) -> Dataset:
    """Read X and y from an ``.npz`` file, made by ``np.savez(path, X=X, y=y)``, and split them.

    X (N, ...) of any real dtype becomes float32, its values as they are: bring them to a range near [-1, 1] before
    saving. y (N,) integers from 0. Python objects in the file are refused, never unpickled.
    Raises FileError when the file cannot be read, DataError when it is damaged, lacks X or y, or they are malformed.
    """
    arrays = read_npz(path, DataError, ("X", "y"))
    X, y = arrays["X"], arrays["y"]
    check_examples(X, y, where=str(path))
    if y.max() >= len(y):
        raise DataError(
            f"{path}: the largest label is {y.max()}, with {len(y)} examples. Labels are classes, counted from 0; "
            "np.unique(y, return_inverse=True)[1] counts them so"
        )
    with np.errstate(over="ignore"):  # what is too large for float32 becomes Inf, and is refused by split
        X = X.astype(np.float32)
    return split(X, y.astype(np.int64), seed=seed)
