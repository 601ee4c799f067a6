"""``summary(module, shape)``: a table of what a module consists of, and of what one forward of it costs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ..config import Observer, observing
from ..core import Tensor, owner_of, plain
from ..errors import ArgumentError
from ..nesting import flatten
from ..nn import Module, Parameter
from ..tables import Table, group, page
from .aside import aside, copied


class Row(NamedTuple):
    """One module. All numbers are its own, without those of its parts, so each column adds up to the total.

    path              from the whole module, such as ``layers.0.affine``; empty for the whole
    name              the path from the module it is a part of
    kind              its class
    depth             how many modules it is inside of
    calls             how often its ``forward`` ran
    outputs           shapes of what the last call gave
    parameters        how many numbers it learns or could learn, and ``trainable``, how many require gradients
    parameter_bytes   of these numbers; a parameter that several modules share counts for the first
    buffer_bytes      of its buffers
    activation_bytes  of what ops made in it; views cost nothing
    seconds           that its calls took
    """

    path: str
    name: str
    kind: str
    depth: int
    calls: int
    outputs: tuple[tuple[int, ...], ...]
    parameters: int
    trainable: int
    parameter_bytes: int
    buffer_bytes: int
    activation_bytes: int
    seconds: float


HEADER = ["layer", "output", "parameters", "their bytes", "buffer bytes", "activation bytes", "ms"]


class Summary:
    """What ``summary`` found. Print it for a table; notebooks and rich show one by themselves.

    rows         a ``Row`` for each module, the whole first
    input_bytes  of the inputs
    """

    def __init__(self, rows: list[Row], input_bytes: int) -> None:
        self.rows, self.input_bytes = rows, input_bytes

    parameters = property(lambda self: self._total("parameters"), doc="How many numbers the parameters are.")
    trainable = property(lambda self: self._total("trainable"), doc="Of the parameters, those that require gradients.")
    parameter_bytes = property(lambda self: self._total("parameter_bytes"), doc="Bytes of the parameters.")
    buffer_bytes = property(lambda self: self._total("buffer_bytes"), doc="Bytes of the buffers.")
    activation_bytes = property(lambda self: self._total("activation_bytes"), doc="Bytes of what ops made.")
    seconds = property(lambda self: self._total("seconds"), doc="How long the forward took.")

    def _total(self, field: str) -> Any:
        return sum(getattr(row, field) for row in self.rows)

    def table(self) -> Table:
        """The rows as text."""
        return Table(HEADER, [_cells(row) for row in self.rows], left=2)

    def totals(self) -> str:
        """The sums, in three lines."""
        everything = self.parameter_bytes + self.buffer_bytes + self.activation_bytes + self.input_bytes
        return (
            f"parameters  {self.parameters:,}: {self.trainable:,} trainable, "
            f"{self.parameters - self.trainable:,} others\n"
            f"bytes       {everything:,}: parameters {self.parameter_bytes:,}, buffers {self.buffer_bytes:,}, "
            f"activations {self.activation_bytes:,}, inputs {self.input_bytes:,}\n"
            f"forward     {1e3 * self.seconds:.2f} ms"
        )

    def __str__(self) -> str:
        return f"{self.table().text()}\n\n{self.totals()}"

    def _repr_html_(self) -> str:
        return page(self.table(), self.totals())

    def __rich__(self) -> Any:
        return group(self.table(), self.totals())


def summary(module: Module, *inputs: Any, dtype: Any = None, training: bool = False) -> Summary:
    """What a module consists of, layer by layer, and what one forward costs: shapes, parameters, bytes, time.

    inputs    for each input of ``forward`` its shape with the batch axis, such as (50, 64), or an array
    dtype     of inputs that are given as shapes (default: that of the first parameter, else float32); floats are
              drawn from a normal distribution, always the same ones, and all others are 0
    training  run in training mode (batch statistics, dropout), not in test mode

    Runs ``forward`` once, on a copy: parameters, running statistics, random states, modes and gradients stay as they
    are. A part counts as called when its ``forward`` runs, by a call of the module or directly. What ops keep for
    backward is more than the activations: ``explain.memory`` tells it. Raises ArgumentError for what is neither a shape
    nor an array, and for a module that cannot be copied; and whatever ``forward`` raises.

    >>> import tensorgraph as tg
    >>> net = tg.nn.FullyConnectedNet([100], input_dim=64, use_batchnorm=True, seed=0)
    >>> report = tg.explain.summary(net, (50, 64))
    >>> report.parameters, report.rows[1].path, report.rows[1].outputs
    (7710, 'layers.0', ((50, 100),))
    >>> print(report)
    layer                  output     parameters  their bytes  buffer bytes  activation bytes    ms
    ---------------------  ---------  ----------  -----------  ------------  ----------------  ----
    FullyConnectedNet      (50, 10)            0            0             0                 0  ...
      layers.0: Layer      (50, 100)           0            0             0            20,000  ...
        affine: Linear     (50, 100)       6,500       26,000             0            20,000  ...
        norm: BatchNorm1d  (50, 100)         200          800           800            20,000  ...
      scores: Linear       (50, 10)        1,010        4,040             0             2,000  ...
    <BLANKLINE>
    parameters  7,710: 7,710 trainable, 0 others
    bytes       106,440: parameters 30,840, buffers 800, activations 62,000, inputs 12,800
    forward     ... ms
    """
    if not isinstance(module, Module):
        raise ArgumentError(f"summary: takes a Module, such as tensorgraph.nn.Linear; got {type(module).__name__}")
    with aside():
        subject = copied("summary", module)
        subject.train(training)
        given = [Tensor(array) for array in _arrays(inputs, dtype, subject)]
        watch = _Watch([*subject.modules()], given)
        with observing(watch):
            subject(*given)
    return Summary(list(_rows(subject, watch)), sum(tensor.data.nbytes for tensor in given))


def _arrays(inputs: tuple, dtype: Any, module: Module) -> Iterator[Any]:
    """The inputs: those that are given as arrays, and arrays of the given shapes."""
    if dtype is None:
        dtype = next((parameter.dtype for parameter in module.parameters()), np.float32)
    rng = np.random.default_rng(0)
    for given in inputs:
        if hasattr(given, "shape") and hasattr(given, "dtype"):
            yield plain(given)
        elif isinstance(given, tuple | list) and all(isinstance(n, int | np.integer) and n >= 0 for n in given):
            normal = np.dtype(dtype).kind in "fc"
            yield (rng.standard_normal(tuple(given)) if normal else np.zeros(tuple(given))).astype(dtype)
        else:
            raise ArgumentError(
                "summary: an input is given as its shape with the batch axis, such as (50, 64), or as an array; "
                f"got {given!r}"
            )


class _Seen:
    """What was seen of one module."""

    def __init__(self) -> None:
        self.calls, self.seconds, self.activation_bytes = 0, 0.0, 0
        self.outputs: tuple[tuple[int, ...], ...] = ()


class _Watch(Observer):
    """Sees each ``forward`` of the modules, and what ops make in it.

    It wraps ``forward`` and not the call, because a module may run the ``forward`` of a part without calling the part.
    """

    def __init__(self, modules: list[Module], inputs: list[Tensor]) -> None:
        self.seen = {id(module): _Seen() for module in modules}
        self._running: list[_Seen] = []
        self._known: dict[int, Any] = {}  # owners of memory that is counted already, or is no activation
        for module in modules:
            for _, value in module._attributes():
                if isinstance(value, Tensor | np.ndarray):
                    self._is_new(plain(value))
            object.__setattr__(module, "forward", self._wrapped(module.forward, self.seen[id(module)]))
        for tensor in inputs:
            self._is_new(tensor.data)

    def _wrapped(self, forward: Callable, seen: _Seen) -> Callable:
        @functools.wraps(forward)
        def run(*inputs: Any, **options: Any) -> Any:
            self._running.append(seen)
            begin = perf_counter()
            try:
                result = forward(*inputs, **options)
            finally:
                whole = perf_counter() - begin
                self._running.pop()
                seen.seconds += whole
                if self._running:
                    self._running[-1].seconds -= whole
            seen.calls += 1
            seen.outputs = tuple([tuple(np.shape(plain(value))) for value in flatten(result)[0]])
            return result

        return run

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        array = plain(result)
        if self._running and isinstance(array, np.ndarray | np.generic) and self._is_new(array):
            self._running[-1].activation_bytes += owner_of(array).nbytes

    def _is_new(self, array: Any) -> bool:
        """Whether the memory of an array was not met before."""
        owner = owner_of(array)
        if id(owner) in self._known:
            return False
        self._known[id(owner)] = owner
        return True


def _rows(whole: Module, watch: _Watch) -> Iterator[Row]:
    counted: set[int] = set()
    around: list[str] = []  # paths of the modules that the next one may be a part of
    for path, module in whole.named_modules():
        while around and around[-1] and not path.startswith(around[-1] + "."):
            around.pop()
        name = path.removeprefix(around[-1] + ".") if around and around[-1] else path
        own = [value for _, value in module._attributes() if id(value) not in counted]
        counted.update(id(value) for value in own if isinstance(value, Parameter | np.ndarray))
        parameters = {id(value): value for value in own if isinstance(value, Parameter)}.values()
        buffers = {id(value): value for value in own if isinstance(value, np.ndarray)}.values()
        seen = watch.seen[id(module)]
        yield Row(
            path, name, type(module).__name__, len(around), seen.calls, seen.outputs,
            sum(p.size for p in parameters), sum(p.size for p in parameters if p.requires_grad),
            sum(p.data.nbytes for p in parameters), sum(b.nbytes for b in buffers),
            seen.activation_bytes, seen.seconds,
        )  # fmt: skip
        around.append(path)


def _cells(row: Row) -> list[str]:
    title = "  " * row.depth + (f"{row.name}: {row.kind}" if row.path else row.kind)
    if row.calls > 1:
        title += f" x {row.calls}"
    output = ", ".join(map(str, row.outputs)) if row.calls else "not called"
    counts = row.parameters, row.parameter_bytes, row.buffer_bytes, row.activation_bytes
    return [title, output, *[f"{count:,}" for count in counts], f"{1e3 * row.seconds:.2f}"]
