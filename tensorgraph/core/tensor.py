"""Tensor: an array and the node that made it. It speaks NumPy's dispatch protocols, so NumPy code records a graph.

It knows no op: operators look theirs up in the registry, and ops attach their methods themselves. The protocols are in
``protocols.py``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import current
from ..errors import ArgumentError, BackwardError, DTypeError, TrackedTensorError
from .memory import MEMORIES, aside, memory_of
from .node import Node, label, leaf, notes

if TYPE_CHECKING:  # what mypy and editors cannot see in this file: operators, and the methods that ops attach
    from .attached import Attached
else:
    Attached = object


class Tensor(Attached):
    """An array whose history is recorded, so that gradients can be taken.

    data           what ``np.asarray`` takes; an ndarray is shared, not copied
    requires_grad  record what is computed from it; needs a floating point or complex dtype
    dtype          convert to this dtype
    name           what to call it in pictures and messages (of a tensor that requires gradients)

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> loss = np.sum(x * x)
    >>> loss.backward()
    >>> x.grad
    Tensor([2., 4.], dtype=float64)

    Raises DTypeError for dtypes that are not numbers, and for integers that should require gradients.
    """

    __slots__ = ("data", "_node", "__weakref__")
    node: Any  # what made it, None off the graph: see history.py
    __hash__ = object.__hash__  # identity; == is elementwise

    def __init__(self, data: Any, requires_grad: bool = False, *, dtype: Any = None, name: str | None = None) -> None:
        self.data = _as_array(data, dtype)
        self._node: Node | Any = None
        if requires_grad:
            self.requires_grad = True
        if name is not None:
            self.name = name

    # What it is

    shape = property(lambda self: self.data.shape, doc="Length of each axis.")
    dtype = property(lambda self: self.data.dtype, doc="NumPy dtype of the elements.")
    ndim = property(lambda self: self.data.ndim, doc="Number of axes.")
    size = property(lambda self: self.data.size, doc="Number of elements.")
    T = property(lambda self: self.transpose(), doc="The tensor with its axes reversed.")

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op made it: a parameter, an input, a constant."""
        return self.node is None or self.node.plan is None

    @property
    def requires_grad(self) -> bool:
        """Whether it is on a graph. May be set on leaves."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not self.is_leaf:
            raise BackwardError("requires_grad can be set on leaves only; this tensor was computed. Use t.detach()")
        if value and self.data.dtype.kind not in "fc":
            raise DTypeError(
                "Tensor: only floating point and complex tensors can require gradients; "
                f"got {self.data.dtype}. Give floats, or dtype=float"
            )
        if bool(value) != self.requires_grad:
            self._node = leaf(self.data.shape, self.data.dtype) if value else None

    @property
    def name(self) -> str | None:
        """What it is called in pictures and messages."""
        return self.node.notes.name if self.node is not None and self.node.notes is not None else None

    @name.setter
    def name(self, value: str | None) -> None:
        notes(self._on_graph("a name is kept on the graph")).name = value

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward`` left here: of a leaf that requires one, or after ``retain_grad()``."""
        return self.node.notes.grad if self.node is not None and self.node.notes is not None else None

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is None and self.node is None:
            return
        node = self._on_graph("a gradient is kept on the graph")
        if value is not None:
            value = value if isinstance(value, Tensor) else Tensor(value)
            if value.shape != node.shape or value.dtype != node.dtype:
                raise ArgumentError(
                    f"grad: a gradient has the shape and dtype of its tensor, {node.shape} {node.dtype}; "
                    f"got {value.shape} {value.dtype}"
                )
        pinned = notes(node)
        had, pinned.grad = pinned.grad, value
        if value is None and had is not None and (observer := current().observer) is not None:
            observer.cleared(self)

    def retain_grad(self) -> None:
        """Keep the gradient of this computed tensor in ``grad`` when backward passes it."""
        notes(self._on_graph("retain_grad")).retains_grad = True

    def register_hook(self, hook: Callable[[Tensor], Any]) -> Callable[[], None]:
        """Call ``hook(grad)`` when backward has this tensor's whole gradient; a result that is not None replaces it.

        Returns a function that removes the hook.
        """
        pinned = notes(self._on_graph("register_hook"))
        hooks = pinned.hooks = pinned.hooks or {}
        key = object()
        hooks[key] = hook
        return lambda: hooks.pop(key, None) and None

    def _on_graph(self, what: str) -> Node:
        if self.node is None:
            raise BackwardError(f"{what}: this tensor is on no graph. Make it with requires_grad=True")
        return self.node

    # Its values, off the graph

    def detach(self) -> Tensor:
        """The same memory as a tensor on no graph."""
        return self._leaving("t.detach()", wrap(_without_history(self.data)))

    def numpy(self) -> np.ndarray:
        """The values as an array, sharing memory. Leaves the graph on purpose: gradients do not flow back."""
        return self._leaving("t.numpy()", np.asarray(_without_history(self.data)))

    def item(self, *place: Any) -> Any:
        """The one element, or that at a place, as a Python number. Raises ValueError for more than one element."""
        return self._leaving("t.item()", self.data.item(*place))

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self._leaving("t.tolist()", self.data.tolist())

    def _leaving(self, how: str, to: Any) -> Any:
        """``to``, which has this tensor's values, after whoever observes was told."""
        observer = current().observer
        if observer is not None:
            observer.left(self, how, to)
        return to

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        return operator.index(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return plain(value) in self.data

    def __repr__(self) -> str:
        text = np.array2string(np.asarray(self.data), separator=", ", prefix="Tensor(", threshold=100)
        facts = [text, f"dtype={self.dtype}"]
        if self.node is not None:
            facts.append(f"op={self.node.op.name}" if self.node.plan else "requires_grad=True")
        if self.name:
            facts.append(f"name={self.name!r}")
        return f"{type(self).__name__}({', '.join(facts)})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.size == 1 else format(repr(self), spec)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        self._refuse_if_tracked("become a plain array")
        return np.array(self.data, dtype=dtype, copy=copy)

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
    ) -> Any:
        self._refuse_if_tracked("be handed over through DLPack")
        return np.asarray(self.data).__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self) -> tuple[int, int]:
        return np.asarray(self.data).__dlpack_device__()

    def _refuse_if_tracked(self, what: str) -> None:
        if self.node is not None:
            raise TrackedTensorError(
                f"a tensor on a graph was about to {what}, which would silently lose its gradient. "
                "Use .numpy() or .detach() to take its values on purpose, and np.stack to join tensors of a list"
            )

    # Copies

    def __reduce__(self) -> tuple:
        if not self.is_leaf:
            raise TrackedTensorError(
                f"a tensor computed by '{label(self.node)}' can be neither pickled nor deep-copied: "
                "its graph would have to come along. Use t.detach()"
            )
        grad = None if self.grad is None else self.grad.numpy()
        return _rebuild, (type(self), self.data, self.requires_grad, self.name, grad), getattr(self, "__dict__", None)


def wrap(data: Any, node: Node | None = None) -> Tensor:
    """A Tensor around an array that is known to be good, without the constructor's checks."""
    tensor = Tensor.__new__(Tensor)
    tensor.data = data
    tensor._node = node
    return tensor


def _as_array(data: Any, dtype: Any) -> Any:
    if isinstance(data, Tensor):
        data._refuse_if_tracked("be wrapped in a new Tensor")
        data = data.data
    if isinstance(data, np.ma.MaskedArray):
        raise DTypeError("Tensor: a masked array would lose its mask. Fill it first: array.filled(value)")
    try:
        wanted = None if dtype is None else np.dtype(dtype)
        if not hasattr(type(data), "__array_namespace__") or isinstance(data, np.ndarray | np.generic):
            data = np.asarray(data)
    except (ValueError, TypeError) as error:
        raise ArgumentError(f"Tensor: {type(data).__name__} cannot become an array: {error}") from error
    # both dtypes, because None would become NaN, and "1" the number
    for given in (data.dtype, data.dtype if wanted is None else wanted):
        if given.kind not in "biufc":
            raise DTypeError(f"Tensor: elements must be numbers or booleans; got dtype {given}")
    return _without_history(data if wanted is None else data.astype(wanted, copy=False))


def _without_history(data: Any) -> Any:
    """The same memory, for those to whom what was written into it is a constant."""
    return aside(data) if MEMORIES and memory_of(data) is not None else data


def plain(value: Any) -> Any:
    """``value`` with the data of tensors in their place, through tuples, lists and slices."""
    if isinstance(value, Tensor):
        return value.data
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    if isinstance(value, list):
        return list(map(plain, value))
    if isinstance(value, slice):
        return slice(plain(value.start), plain(value.stop), plain(value.step))
    return value


def _rebuild(kind: type[Tensor], data: Any, requires_grad: bool, name: str | None, grad: Any) -> Tensor:
    tensor = kind.__new__(kind)
    tensor.data, tensor._node = data, None
    if requires_grad:
        tensor.requires_grad = True
        tensor.name = name
        tensor.grad = grad
    return tensor
