"""The tables that Tensor looks things up in. Ops fill them when they are defined, so Tensor never imports an op.

Every NumPy function has one of three states: *differentiable* (it has rules, or is written in terms of ops that have),
*constant* (its result is a mask, an index or a step, so no gradient flows through it), or *refused*, with a reason.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import UnsupportedFunctionError

REST: list[str] = []
"""Modules of ops that are met less often. They are imported when a lookup misses, so that start-up stays quick."""


PACKAGES: dict[str, str] = {}
"""For another package, the module of ops of its functions: imported when a lookup misses, if that package is there."""


class Table(dict):
    """A dict that imports the rest of the ops when a key is missing, and before it is looked through."""

    def __missing__(self, key: Any) -> Any:
        import_the_rest()
        if dict.__contains__(self, key):
            return self[key]
        raise KeyError(key)

    def __contains__(self, key: Any) -> bool:
        if not dict.__contains__(self, key):
            import_the_rest()
        return dict.__contains__(self, key)

    def __iter__(self) -> Iterator:
        import_the_rest()
        return super().__iter__()

    def keys(self) -> Any:
        import_the_rest()
        return super().keys()

    def values(self) -> Any:
        import_the_rest()
        return super().values()

    def items(self) -> Any:
        import_the_rest()
        return super().items()


def import_the_rest() -> None:
    """Import the modules of ops that have not been needed so far."""
    for module in REST:  # a second thread that comes here waits for the first, on Python's import lock
        import_module(module)
    REST.clear()
    for package in [package for package in PACKAGES if package in sys.modules]:
        import_module(PACKAGES[package])
        PACKAGES.pop(package, None)


OPS: dict[Any, Any] = Table()
"""Every op, by its key: NumPy's own function object (``OPS[np.sin]``), or the op's name (``OPS["affine"]``)."""

NUMPY: dict[Callable, Callable] = Table()
"""What runs when a NumPy function meets a Tensor. It takes the arguments as NumPy's function does."""

REFUSED: dict[Callable, str] = Table()
"""NumPy functions that tensors refuse: why, and what to use instead."""

STATES = ("differentiable", "constant", "refused")


def state_of(function: Callable) -> str | None:
    """Which of ``STATES`` a NumPy function has on tensors; None for one that nothing is known of."""
    if function in REFUSED:
        return "refused"
    if function not in OPS and function not in NUMPY:
        return None
    entry = OPS[function] if function in OPS else NUMPY[function]
    return "constant" if getattr(entry, "constant", False) else "differentiable"


def numpy_function(func: Callable) -> Callable:
    """What runs for ``func`` on tensors, or an error that says what to use instead."""
    if func in NUMPY:
        return NUMPY[func]
    if func in OPS:
        return OPS[func]
    name = numpy_name(func)
    if func in REFUSED:
        raise UnsupportedFunctionError(f"{name}: {REFUSED[func]}")
    raise UnsupportedFunctionError(
        f"{name} has no rule for tensors. For its value alone call {name}(t.numpy()); for its gradient write it "
        "with functions that have rules (listed in docs/ops.md), or define an op with @tensorgraph.op"
    )


def numpy_name(func: Callable) -> str:
    """A NumPy function's name as a user writes it, for example ``np.linalg.norm``."""
    name = func.__name__
    if isinstance(owner := getattr(func, "__self__", None), np.ufunc):  # np.add.reduce
        return f"{numpy_name(owner)}.{name}"
    if getattr(np, name, None) is func:
        return f"np.{name}"
    for package in ("scipy.special", "scipy.special._ufuncs"):
        if getattr(sys.modules.get(package), name, None) is func:
            return f"{package}.{name}"
    module = getattr(func, "__module__", None)  # None for the ufuncs of other packages
    return f"{module.replace('numpy', 'np', 1)}.{name}" if module else name
