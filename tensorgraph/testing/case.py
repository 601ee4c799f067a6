"""What the checks of an op run on: the calls that its sampler yields, as functions of their inputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import NUMPY, OPS, Op, Tensor, plain
from ..core.registry import numpy_name
from ..errors import ArgumentError
from ..nesting import flatten
from .draw import Constant, Draw, Made


@dataclass(frozen=True)
class Subject:
    """What is checked.

    call     takes arguments as the sampler yields them
    op       the op, if it is one and not a NumPy function written in terms of ops
    numpy    NumPy's function of the same meaning, if there is one
    """

    name: str
    call: Callable
    sampler: Callable
    op: Op | None
    numpy: Callable | None

    def cases(self, n: int, dtype: Any, seed: int) -> Iterator[Case]:
        """The calls that the sampler yields for batches of ``n``."""
        for number, call in enumerate(self.sampler(n, Draw(dtype, seed))):
            yield Case(self, call, f"sample {number} of batch size {n}")

    def for_numpy(self, positional: tuple, keywords: dict) -> tuple[tuple, dict]:
        """These arguments as ``numpy`` takes them: an op's parameters have NumPy's names, but are fewer."""
        if self.numpy is None or self.op is None or isinstance(self.numpy, np.ufunc):
            return positional, keywords
        given = dict(zip(self.op.params, positional)) | keywords
        parameters = inspect.signature(self.numpy).parameters.values()
        return tuple([given.pop(p.name) for p in parameters if p.kind is p.POSITIONAL_ONLY and p.name in given]), given


def subject(of: Op | Callable) -> Subject:
    """The subject that an op, or a NumPy function that runs on tensors, is. Raises ArgumentError for anything else."""
    entry: Any = of
    if not isinstance(of, Op):  # what runs for NumPy's function may take more keywords than the op that it calls
        entry = next((table[of] for table in (NUMPY, OPS) if of in table and hasattr(table[of], "sampler")), None)
    sampler = getattr(entry, "sampler", None)
    name = of.name if isinstance(of, Op) else numpy_name(of)
    if sampler is None:
        advice = f"register them with {name}.samples" if isinstance(of, Op) else "give an op, or a function with a rule"
        raise ArgumentError(f"check_op: {name} has no samples to check it on; {advice}")
    if isinstance(entry, Op) and isinstance(of, Op | np.ufunc):
        key = next((key for key, value in OPS.items() if value is entry), None)
        return Subject(entry.name, entry, sampler, entry, key if callable(key) else None)
    call = _on_a_copy(of) if getattr(entry, "writes", False) else of
    return Subject(name, call, sampler, None, call)


def _on_a_copy(function: Callable) -> Callable:
    """A function that writes into its first argument, as one that gives what it would have made of it."""

    def call(target: Any, *args: Any, **kwargs: Any) -> Any:
        tensors = any(isinstance(arg, Tensor) for arg in (*args, *kwargs.values()))
        target = np.array(target) if isinstance(target, np.generic) else target
        copy = Tensor(target).copy() if tensors and not isinstance(target, Tensor) else target.copy()
        function(copy, *args, **kwargs)
        return copy

    return call


class Case:
    """One call of a sampler, as a function of its inputs: the arrays that gradients are asked of.

    inputs           those arrays
    names            what the op calls them
    makes_arguments  whether a function makes an argument of an input
    """

    def __init__(self, of: Subject, call: tuple, title: str) -> None:
        if not isinstance(call, tuple):
            raise ArgumentError(f"{of.name}: a sampler yields tuples of arguments; got {type(call).__name__}")
        keywords = call[-1] if call and isinstance(call[-1], dict) else {}
        positional = call[: len(call) - bool(keywords)]
        self.subject, self.title = of, f"{title}: {of.name}({_described(positional, keywords)})"
        self.makes_arguments = any(isinstance(value, Made) for value in (*positional, *keywords.values()))
        self.leaves, self._rebuild = flatten((positional, keywords))
        self._places = [i for i, leaf in enumerate(self.leaves) if _is_input(leaf)]
        self.inputs = [np.array(self.leaves[i]) for i in self._places]
        self.names = [f"input {k}" for k in range(len(self.inputs))]
        if of.op is not None and not of.op.variadic:
            params = [name for name, arg in zip(of.op.params, positional) if _is_input(getattr(arg, "array", arg))]
            self.names = params if len(params) == len(self.inputs) else self.names
        self.leaves = [leaf.view(np.ndarray) if isinstance(leaf, Constant) else leaf for leaf in self.leaves]

    def __call__(self, *inputs: Any) -> list:
        """The outputs that gradients flow through."""
        found = self.apply(self.subject.call, inputs)
        if self.subject.op is not None and self.subject.op.aux:
            found = found[0]
        return [y for y in flatten(found)[0] if plain(y).dtype.kind in "fc"]

    def by_forward(self, *inputs: Any) -> list:
        """The output of an op's forward run as a program: its derivatives come from the ops in it."""
        op = self.subject.op
        assert op is not None
        found = self.apply(op.forward, inputs)
        return [found[0] if op.saves or op.aux else found]

    def by_numpy(self, *inputs: Any) -> Any:
        """What NumPy's function of the same meaning gives."""
        assert self.subject.numpy is not None
        positional, keywords = self.subject.for_numpy(*self._arguments(inputs))
        return self.subject.numpy(*positional, **keywords)

    def apply(self, function: Callable, inputs: Any) -> Any:
        """``function`` of the call's arguments, with these inputs in place of its own."""
        positional, keywords = self._arguments(inputs)
        return function(*positional, **keywords)

    def _arguments(self, inputs: Any) -> tuple[tuple, dict]:
        leaves = list(self.leaves)
        for i, value in zip(self._places, inputs):
            leaves[i] = value
        positional, keywords = self._rebuild(leaves)
        return tuple(map(_finished, positional)), {name: _finished(value) for name, value in keywords.items()}

    @property
    def asks_for_dtype(self) -> bool:
        """Whether a dtype is among the arguments."""
        return any(isinstance(leaf, type | np.dtype) for leaf in self.leaves)

    def astype(self, *dtypes: Any) -> Case:
        """The same call with inputs of these dtypes in turn, and constants of floating point numbers of the first."""
        cast = self.with_leaves(lambda leaf: leaf.astype(dtypes[0]) if _is_float(leaf) else leaf)
        cast.inputs = [x.astype(dtypes[k % len(dtypes)]) for k, x in enumerate(self.inputs)]
        return cast

    @property
    def has_numbers(self) -> bool:
        """Whether a float of Python's is among the arguments."""
        return any(isinstance(leaf, float) for leaf in self.leaves)

    def with_numbers_as(self, kind: Callable[[float], Any]) -> Case:
        """The same call with Python's floats as ``kind`` makes them."""
        return self.with_leaves(lambda leaf: kind(leaf) if isinstance(leaf, float) else leaf)

    def with_leaves(self, change: Callable[[Any], Any]) -> Case:
        """The same call with its other arguments changed: arrays that are no inputs, and numbers."""
        changed = object.__new__(Case)
        changed.__dict__ |= self.__dict__
        changed.leaves = [leaf if i in self._places else change(leaf) for i, leaf in enumerate(self.leaves)]
        return changed


def _finished(argument: Any) -> Any:
    """An argument as the function takes it."""
    return argument.function(argument.array) if isinstance(argument, Made) else argument


def _is_input(leaf: Any) -> bool:
    return _is_float(leaf) and not isinstance(leaf, Constant)


def _is_float(leaf: Any) -> bool:
    return isinstance(leaf, np.ndarray | np.generic) and leaf.dtype.kind == "f"


def _described(positional: tuple, keywords: dict) -> str:
    """The arguments of a call, arrays by shape and dtype."""
    parts = [_shown(value) for value in positional]
    return ", ".join(parts + [f"{name}={_shown(value)}" for name, value in keywords.items()])


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    if isinstance(value, Made):
        return f"{value.function.__name__}({_shown(value.array)})"
    if isinstance(value, tuple | list):
        return "({})".format(", ".join(map(_shown, value)))
    return repr(value)
