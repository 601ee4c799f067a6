"""Module: a piece of a net, with its parameters, buffers and parts as plain attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..config import current, enter, leave
from ..core import WRITES, Tensor
from ..errors import CheckpointError


class Parameter(Tensor):
    """A tensor that a module learns: it requires gradients, and modules find it among their attributes."""

    __slots__ = ()

    def __init__(self, data: Any, *, dtype: Any = None, name: str | None = None) -> None:
        super().__init__(data, requires_grad=True, dtype=dtype, name=name)


class Module:
    """The base of layers and nets. Write ``forward``; assign what it needs as attributes.

    An attribute that is a ``Parameter`` is learned, one that is a NumPy array is a buffer (saved, not learned), one
    that is a ``Module`` is a part; lists, tuples and dicts of them count as well, also nested. Calling the module runs
    ``forward``, and what is recorded there is grouped under the module's name in pictures.

    >>> import numpy as np, tensorgraph as tg
    >>> class Scale(tg.nn.Module):
    ...     def __init__(self):
    ...         self.factor = tg.nn.Parameter(np.ones(3))
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(np.arange(3.0))
    Tensor([0., 1., 2.], dtype=float64, op=multiply)
    >>> [name for name, _ in Scale().named_parameters()]
    ['factor']
    """

    name: str | None = None
    training: bool = True

    def __setattr__(self, attribute: str, value: Any) -> None:
        """Name parts and parameters after the attribute they are first assigned to."""
        object.__setattr__(self, attribute, value)
        if not isinstance(value, _NAMED):
            return
        for name, part in _spread(attribute, value):
            if isinstance(part, Module | Parameter) and part.name is None:
                part.name = name

    def forward(self, *inputs: Any) -> Any:
        """Compute the outputs. Every module defines its own."""
        raise TypeError(f"{type(self).__name__} does not define forward, which computes its outputs")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        token = enter(current().within(self.name or type(self).__name__))
        try:
            return self.forward(*inputs, **options)
        finally:
            leave(token)

    # What it consists of

    def _attributes(self) -> Iterator[tuple[str, Any]]:
        for attribute, value in vars(self).items():
            yield from _spread(attribute, value)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all its parts, each once, with their paths (``layers.0``)."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            parts = [(_join(path, name), part) for name, part in module._attributes() if isinstance(part, Module)]
            stack.extend(reversed(parts))

    def modules(self) -> Iterator[Module]:
        """This module and all its parts."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their paths, each once."""
        return self._named(Parameter)

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, each once: what an optimizer takes."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, np.ndarray]]:
        """All buffers with their paths."""
        return self._named(np.ndarray)

    def _named(self, kind: type) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules():
            for name, value in module._attributes():
                if isinstance(value, kind) and id(value) not in seen:
                    seen.add(id(value))
                    yield _join(path, name), value

    # Modes

    def train(self, mode: bool = True) -> Module:
        """Switch this module and its parts to training mode (batch statistics, dropout), or out of it."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch this module and its parts to test mode."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    # State

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers, by path."""
        state = {name: parameter.numpy().copy() for name, parameter in self.named_parameters()}
        return state | {name: buffer.copy() for name, buffer in self.named_buffers()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copy values from ``state`` into this module's parameters and buffers; all or nothing.

        Raises CheckpointError that lists every missing, unexpected and mis-shaped entry.
        """
        if not isinstance(state, Mapping):
            raise CheckpointError(f"{type(self).__name__} loads a dict of arrays by name; got {type(state).__name__}")
        places: dict[str, Any] = dict(self.named_parameters()) | dict(self.named_buffers())
        values = {name: np.asarray(value) for name, value in state.items()}
        faults = [f"missing: {name} {place.shape}" for name, place in places.items() if name not in values]
        faults += [f"unexpected: {name} {value.shape}" for name, value in values.items() if name not in places]
        for name in places.keys() & values.keys():
            place, value = places[name], values[name]
            if place.shape != value.shape:
                faults.append(f"shape: {name} is {place.shape} here and {value.shape} in the state")
            elif not np.can_cast(value.dtype, place.dtype, "same_kind"):
                faults.append(f"dtype: {name} is {place.dtype} here and {value.dtype} in the state")
        if faults:
            raise CheckpointError(f"{type(self).__name__} cannot load this state:\n  " + "\n  ".join(sorted(faults)))
        for name, place in places.items():
            array = place.data if isinstance(place, Tensor) else place
            array[...] = values[name]
            WRITES.written(array)

    def __repr__(self) -> str:
        (_, whole), *parts = self.named_modules()
        lines = [whole._title()]
        around: list[str] = []  # paths of the modules that the next one may be a part of
        for path, module in parts:
            while around and not path.startswith(around[-1] + "."):
                around.pop()
            name = path.removeprefix(around[-1] + ".") if around else path
            around.append(path)
            lines.append(f"{'  ' * len(around)}{name}: {module._title()}")
        return "\n".join(lines)

    def _title(self) -> str:
        facts = [
            f"{name} {value.shape}" if isinstance(value, Parameter) else f"{name}={value}"
            for name, value in vars(self).items()
            if isinstance(value, Parameter | int | float) and name != "training"
        ]
        return f"{type(self).__name__}({', '.join(facts)})"


_NAMED = (Module, Parameter, list, tuple, dict)  # what can be, or hold, something to name


def _spread(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """An attribute, or what is in one that is a list, tuple or dict, however deep."""
    if isinstance(value, list | tuple | dict):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _spread(f"{name}.{key}", item)
    else:
        yield name, value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
