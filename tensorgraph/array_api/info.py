"""What can be asked of the namespace: its devices, dtypes and capabilities, which are those of NumPy."""

from __future__ import annotations

import numpy as np


class __array_namespace_info__(np.__array_namespace_info__):  # type: ignore[name-defined,misc]
    """What can be asked of the namespace.

    >>> info = __array_namespace_info__()
    >>> info.devices(), info.default_dtypes()["real floating"]
    (('cpu',), dtype('float64'))
    """

    def devices(self) -> tuple[str, ...]:
        """The devices on which tensors can be: the CPU. (NumPy gives a list.)"""
        return tuple(super().devices())
