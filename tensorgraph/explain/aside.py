"""Try something out and leave no trace: on copies, in a mode of its own, with every random state put back."""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..config import Mode, enter, leave
from ..core import Tensor, wrap
from ..errors import ArgumentError, TrackedTensorError
from ..nn import Module


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Inside, ops record in no scope and nobody observes; afterwards NumPy's and Python's global random states are as
    they were, also after an error. Numbers that overflow warn nobody."""
    of_numpy, of_python = np.random.get_state(legacy=False), random.getstate()
    token = enter(Mode())
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        leave(token)
        np.random.set_state(of_numpy)
        random.setstate(of_python)


def copied(what: str, module: Module, *others: Any) -> Any:
    """Copies of a module and of what belongs to it, such as its optimizer, with everything that they hold: parameters,
    buffers, gradients, random generators. A tensor that was computed is copied without its graph.

    Raises ArgumentError, naming ``what`` needs the copy, when something in the module cannot be copied.
    """
    computed = [
        value
        for part in module.modules()
        for _, value in part._attributes()
        if isinstance(value, Tensor) and not value.is_leaf
    ]
    memo = {id(tensor): wrap(np.copy(tensor.data)) for tensor in computed}
    try:
        copies = copy.deepcopy((module, *others), memo)
    except (TypeError, TrackedTensorError) as error:
        raise ArgumentError(
            f"{what}: runs on a copy of the {type(module).__name__}, and something in it cannot be copied: {error}"
        ) from error
    return copies if others else copies[0]
