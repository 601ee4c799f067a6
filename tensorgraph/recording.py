"""``record()``: keep everything that a program does with tensors, to look at afterwards.

What is computed is pinned to the graph as well (``call_of``), so that a picture or an explanation of a tensor finds it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from .config import Observer, current, observing
from .core import OPS, Node, Op, Tensor, conjugate, input_name, notes, op_name, plain
from .errors import ArgumentError
from .places import Place, caller


class Call:
    """One operation on tensors.

    op        the ``Op`` that was applied, or the NumPy function, of those through which no gradient flows
    args      what it was applied to: tensors, arrays, numbers; for an ``Op`` one for each of its parameters
    value     the result, as an array
    aux       the further results of an op that has some, as arrays
    scope     names of the modules that were running, outermost first
    place     the line that called it
    seconds   how long the forward took
    backward  whether a backward rule called it, in a backward with ``create_graph``
    gradient  the gradient of the result, and ``pull_seconds``, how long the backward rules took: of the last backward
              that was recorded; None and 0.0 before
    leaf_gradients   of that backward, by input: what this operation contributed to the gradients of leaves
    saved     what the node kept for its backward rules, also after a backward has released it
    """

    __slots__ = (
        "op", "args", "value", "aux", "scope", "place", "seconds", "backward", "gradient",
        "pull_seconds", "leaf_gradients", "saved",
    )  # fmt: skip

    def __init__(
        self, op: Any, args: tuple, value: Any, aux: tuple, place: Place, seconds: float, backward: bool
    ) -> None:
        self.op, self.args, self.value, self.aux, self.place, self.seconds = op, args, value, aux, place, seconds
        self.scope, self.backward = current().scope, backward
        self.gradient: np.ndarray | None = None
        self.pull_seconds = 0.0
        self.leaf_gradients: dict[int, np.ndarray] = {}
        self.saved: Any = None

    @property
    def name(self) -> str:
        """The name of the op or function."""
        return op_name(self.op)

    def __repr__(self) -> str:
        return f"<Call {self.name} at {self.place}>"


class Pull(NamedTuple):
    """One gradient that a backward rule gave: of input ``i`` of ``node``, from ``g``, the gradient of its output."""

    node: Node
    i: int
    g: np.ndarray
    d: np.ndarray

    @property
    def argument(self) -> str:
        """What the op calls the input."""
        return input_name(self.node, self.i)


class Escape(NamedTuple):
    """Values of a tensor that left the graph: ``how`` (such as ``t.numpy()``), and ``to``, what has them now."""

    tensor: Tensor
    how: str
    to: Any
    place: Place


class Refusal(NamedTuple):
    """An op was not applied, because an argument that requires a gradient has no rule."""

    op: Op
    args: tuple
    error: Exception
    place: Place


class Backward(NamedTuple):
    """``backward`` was asked of a tensor, for these inputs only, or (None) for all leaves. Its pulls follow."""

    tensor: Tensor
    inputs: list[Tensor] | None
    place: Place


class Clear(NamedTuple):
    """The ``grad`` of a tensor, which had one, was set to None."""

    tensor: Tensor
    place: Place


class Update(NamedTuple):
    """A step of an optimizer on one parameter."""

    optimizer: str
    parameter: Tensor
    gradient: np.ndarray
    before: np.ndarray
    after: np.ndarray
    place: Place

    @property
    def ratio(self) -> float:
        """The norm of the change over the norm of the parameter; infinite when that was zero."""
        size, change = norm_of(self.before), norm_of(self.after - self.before)
        return change / size if size else (np.inf if change else 0.0)


def norm_of(array: Any) -> float:
    """The norm of all elements, in at least double precision, so that single and half precision do not overflow.

    >>> norm_of(np.full(4, 3e4, np.float16))
    60000.0
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.linalg.norm(np.asarray(array).astype(np.result_type(array, np.float64)).reshape(-1)))


Event = Call | Pull | Escape | Refusal | Backward | Clear | Update


class Recording(Observer):
    """What happened between entering and leaving ``record()``, in order.

    events   Call, Pull, Escape, Refusal, Backward, Clear and Update; ``calls``, ``pulls``, ``escapes``, ``refusals``,
             ``backwards``, ``clears`` and ``updates`` are those of one kind
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._results: dict[Call, Any] = {}
        self._makers: dict[int, Call] = {}  # by the identity of an array that the call keeps alive
        self._seconds = 0.0  # of what ran last, without what ran inside it
        self._inner = 0.0
        self._depth = 0  # how many backward rules are running
        self._returned: Any = None  # what ran last returned, with residuals and further results
        self._pulling: tuple[Any, Any] = (None, None)  # the node whose rules run, and the gradient of its output

    calls = property(lambda self: self._of(Call), doc="The operations, in order.")
    pulls = property(lambda self: self._of(Pull), doc="The gradients that backward rules gave, in order.")
    escapes = property(lambda self: self._of(Escape), doc="The values that left the graph, in order.")
    refusals = property(lambda self: self._of(Refusal), doc="The ops that had no rule for an argument, in order.")
    backwards = property(lambda self: self._of(Backward), doc="The calls of ``backward``, in order.")
    clears = property(lambda self: self._of(Clear), doc="The gradients that were set to None, in order.")
    updates = property(lambda self: self._of(Update), doc="The steps of optimizers, in order.")

    def _of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    def result(self, call: Call) -> Any:
        """What a call gave: a Tensor, on no graph where no gradient flows; or what is no array, such as a shape."""
        return self._results[call]

    def maker(self, value: Any) -> Call | None:
        """The call that made a tensor or an array, if it is recorded here."""
        if isinstance(value, Tensor) and value.node is not None:
            return call_of(value.node)
        return self._makers.get(id(plain(value)))

    # What the engine tells

    def run(self, what: Any, function: Callable, args: Any) -> Any:
        outside, self._inner = self._inner, 0.0
        rule = isinstance(what, Node)
        self._depth += rule
        if rule and not (what is self._pulling[0] and args[0] is self._pulling[1]):
            self._pulling = what, args[0]
            if (call := call_of(what)) is not None:
                call.pull_seconds = 0.0
                call.leaf_gradients = {}
        begin = perf_counter()
        try:
            self._returned = result = function(*args)
            return result
        finally:
            whole = perf_counter() - begin
            self._seconds = whole - self._inner
            self._inner = outside + whole
            self._depth -= rule
            if rule and (call := call_of(what)) is not None:
                call.pull_seconds += self._seconds

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        if op is OPS["setitem"] and (made := self._makers.get(id(plain(result)))) is not None:
            made.value = plain(args[0])  # a copy of what it made, before this wrote into it
        aux = self._returned[-len(op.aux) :] if isinstance(op, Op) and op.aux else ()
        call = Call(op, args, plain(result), aux, caller(), self._seconds, self._depth > 0)
        self.events.append(call)
        self._results[call] = result
        self._makers |= {id(array): call for array in (call.value, *aux)}
        node = getattr(result, "node", None)
        if node is not None:
            notes(node).call = call
            call.saved = node.saved

    def gradient(self, node: Node, i: int, g: Any, d: Any) -> None:
        g, d, call = conjugate(plain(g)), conjugate(plain(d)), call_of(node)
        if node.parents[i].plan is None:
            d = d.copy()  # it may become the leaf's grad, into which a user may write
            if call is not None:
                call.leaf_gradients[i] = d
        self.events.append(Pull(node, i, g, d))
        if call is not None:
            call.gradient = g

    def refused(self, op: Any, args: tuple, error: Exception) -> None:
        self.events.append(Refusal(op, args, error, caller()))

    def backward(self, tensor: Tensor, inputs: list | None) -> None:
        self.events.append(Backward(tensor, inputs, caller()))

    def cleared(self, tensor: Tensor) -> None:
        self.events.append(Clear(tensor, caller()))

    def left(self, tensor: Tensor, how: str, to: Any) -> None:
        self.events.append(Escape(tensor, how, to, caller()))

    def update(self, optimizer: Any, parameters: list[Tensor], apply: Callable[[], None]) -> None:
        before = [p.data.copy() for p in parameters]
        gradients = [p.grad.data.copy() for p in parameters if p.grad is not None]
        apply()
        place, name = caller(), type(optimizer).__name__
        for p, g, old in zip(parameters, gradients, before):
            update = Update(name, p, g, old, p.data.copy(), place)
            self.events.append(update)
            notes(p.node).update_ratio = update.ratio


@contextlib.contextmanager
def record() -> Iterator[Recording]:
    """Inside, everything that this thread does is recorded: each operation with its values, its place in the code and
    its time; each gradient that a backward rule gives; values that leave the graph; steps of optimizers.

    Pictures and explanations of a tensor that was computed inside know all of it. Arrays are kept, not copied, so what
    is written into a parameter later changes them; the recording keeps its graph alive.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> with tg.record() as step:
    ...     loss = np.sum(np.sin(x) * 2)
    ...     loss.backward()
    >>> [call.name for call in step.calls]
    ['sin', 'multiply', 'sum']
    >>> [(pull.argument, pull.d.round(2).tolist()) for pull in step.pulls]
    [('a', [1.0, 1.0]), ('x', [2.0, 2.0]), ('x', [1.08, -0.83])]
    """
    recording = Recording()
    with observing(recording):
        yield recording


def call_of(node: Node) -> Call | None:
    """What was recorded of the application of an op; None for a leaf, and for what ran outside of ``record()``."""
    return node.notes.call if node.notes is not None else None


def recorded(what: str, output: Any) -> Node:
    """The node of a tensor that was computed inside ``record()``, or an error that says how ``what`` gets one."""
    if not isinstance(output, Tensor):
        raise ArgumentError(f"{what}: takes a Tensor that was computed inside record(); got {type(output).__name__}")
    if output.node is None:
        raise ArgumentError(
            f"{what}: this tensor is on no graph: no input of it requires gradients, "
            "or it was computed under no_grad() or detach()"
        )
    if output.node.plan is not None and call_of(output.node) is None:
        raise ArgumentError(
            f"{what}: the values on the way to this tensor were not kept. "
            "Compute it inside `with tensorgraph.record():`"
        )
    return output.node
