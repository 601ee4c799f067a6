"""Which smooth piece of a function a point lies on: a finite difference says nothing across two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..config import Observer, no_grad, observing
from ..core import Op, plain


def evaluate(f: Callable[[], Any]) -> tuple[Any, bytes]:
    """The value of ``f()``, unrecorded, and the signature of the branches that it took.

    Every op with ``branches`` adds them to the signature; so does every function that gives tensors' masks, indices or
    steps (``x > 0``, ``np.argmax``, ``np.floor``). Two runs with equal signatures went through the same smooth pieces.
    """
    taken = _Taken()
    with no_grad(), observing(taken):
        value = f()
    return value, taken.digest.digest()


class _Taken(Observer):
    """The branches that were taken."""

    def __init__(self) -> None:
        self.digest = hashlib.blake2b(digest_size=16)

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        if not isinstance(op, Op):
            _add(self.digest.update, result)
        elif op.branch is not None:
            _add(self.digest.update, _branches(op, op.branch, args))


def _branches(op: Op, branch: Callable, args: tuple) -> Any:
    values = [plain(value) for value in args]
    names = [name for name in op.params if name != op.variadic]
    cut = len(values) - len(names)  # how many a variadic parameter takes, which comes first
    return branch(*values[:cut], **dict(zip(names, values[cut:])))


def _add(update: Callable[[bytes], None], value: Any) -> None:
    if isinstance(value, tuple | list):
        update(b"%d" % len(value))
        for part in value:
            _add(update, part)
    elif isinstance(part := plain(value), bool | int | float | complex | np.ndarray | np.generic):
        array = np.asarray(part)
        update(repr(array.shape).encode())
        update((array + 0).tobytes())  # + 0: -0.0 and 0.0 are one step of np.trunc
