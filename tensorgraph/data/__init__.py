"""Data sets: the digits that come with the package, and ``.npz`` files of your own."""

from .dataset import Dataset, check_examples, from_npz, split
from .optical_digits import digits

__all__ = ["Dataset", "check_examples", "digits", "from_npz", "split"]
