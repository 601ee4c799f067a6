"""A row of the tables: one function, and how each of the three packages says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from hypothesis.strategies import SearchStrategy

BOTH = "torch jax"
SAME = "same"


@dataclass(frozen=True)
class Row:
    """One function, compared with the peers that have it.

    name    in NumPy: ``linalg.inv``; in ``scipy.special``: ``special.erf``; in this package: ``nn.relu``
    draws   a strategy for its calls: the shapes of its inputs, and keywords
    domain  where the inputs lie, one word for all or one for each (see ``drawing.values``)
    call    from a namespace with NumPy's names, inputs and keywords to the output; by default the function itself
    torch   how PyTorch says it: from ``torch``, the inputs and the keywords; SAME is by ``call``; None is not at all
    jax     how JAX says it, from ``jax.numpy``
    complex which peers are compared on complex numbers too
    mixed   whether inputs may have different dtypes
    second  whether second derivatives are compared: some of the peers' are missing or known to be wrong
    """

    name: str
    draws: SearchStrategy
    domain: str | tuple[str, ...] = "normal"
    call: Callable | None = None
    torch: Callable | str | None = SAME
    jax: Callable | str | None = SAME
    complex: str = ""
    mixed: bool = False
    second: str = BOTH

    def of(self, peer: str, names: Any) -> Callable:
        """The function of the inputs and the keywords, said with the names of a peer, or of NumPy."""
        own = getattr(self, peer, SAME)
        if callable(own):
            return lambda *inputs, **keywords: own(names, *inputs, **keywords)
        if self.call is not None:
            return lambda *inputs, **keywords: self.call(names, *inputs, **keywords)
        return attrgetter(self.name)(names)

    def has(self, peer: str) -> bool:
        """Whether a peer has the function."""
        return getattr(self, peer) is not None


class Names:
    """The names of a namespace like NumPy's, with those of special functions and of nets beside them."""

    def __init__(self, numpy: Any, special: Any, nn: Any) -> None:
        self._numpy, self.special, self.nn = numpy, special, nn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._numpy, name)
