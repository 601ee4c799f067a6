"""A run: what a recording tells of a program, as plain records and arrays, to be kept in a file and compared."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Tensor, plain
from ...errors import CheckpointError
from ...io import load_arrays, save_arrays
from ...places import Place
from ...recording import Call, Pull, Recording, Update, call_of
from ..operands import argument_names, needs_of
from ..past import Past

VERSION = 1
Ref = tuple[str, int]
"""Where an argument comes from: ``("step", k)`` or ``("leaf", k)``."""


@dataclass
class Leaf:
    """An array that nothing recorded has computed: a parameter, an input, a constant; and its name, if it has one."""

    name: str | None
    value: Any


@dataclass
class Step:
    """An op that was applied: ``inputs`` are its array arguments by name, ``settings`` the others, as text."""

    op: str
    scope: tuple[str, ...]
    place: Place | None
    backward: bool
    settings: dict[str, str]
    inputs: list[tuple[str, Ref]]
    value: Any


@dataclass
class Gradient:
    """A gradient that a rule gave: of ``argument`` of step ``step`` (None when its forward is not recorded).

    g, d   the gradient that the rule took, and the one that it gave
    needs  what else the rule saw: names of arguments, and ``out``
    """

    op: str
    step: int | None
    argument: str
    needs: list[str]
    g: Any
    d: Any


@dataclass
class Change:
    """A step of an optimizer on one parameter."""

    optimizer: str
    parameter: str
    gradient: Any
    before: Any
    after: Any
    place: Place | None


@dataclass
class Run:
    """All of a recording that two runs are compared by."""

    leaves: list[Leaf] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    gradients: list[Gradient] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def array(self, ref: Ref) -> Any:
        """The values of a step or a leaf."""
        kind, k = ref
        return self.steps[k].value if kind == "step" else self.leaves[k].value


def run_of(recording: Recording) -> Run:
    """The run of a recording. Raises ArgumentError when an array was written into after it was recorded."""
    reader = _Reader(recording)
    for at, event in enumerate(recording.events):
        if isinstance(event, Call):
            reader.call(at, event)
        elif isinstance(event, Pull):
            reader.pull(event)
        elif isinstance(event, Update):
            reader.update(event)
    return reader.run


class _Reader:
    def __init__(self, recording: Recording) -> None:
        self.recording, self.past, self.run = recording, Past(recording), Run()
        self.made: dict[int, int] = {}  # by the identity of an array, which the recording keeps alive: its step
        self.step_of: dict[Call, int] = {}
        self.leaves: dict[tuple[int, int], int] = {}  # by the identity of an array, and how many steps changed it

    def call(self, at: int, call: Call) -> None:
        node = getattr(self.recording.result(call), "node", None)
        serial = None if node is None else node.serial
        settings: dict[str, str] = {}
        inputs: list[tuple[str, Ref]] = []
        for name, value in zip(argument_names(call), call.args):
            settings |= {name: text} if (text := _setting(value)) != _ARRAY else {}
            inputs += [(name, self._ref(part, at, serial)) for part in _arrays(value)]
        self.step_of[call] = self.made[id(call.value)] = len(self.run.steps)
        value = self._then(call.value, at, serial)
        self.run.steps.append(Step(call.name, call.scope, call.place, call.backward, settings, inputs, value))

    def pull(self, pull: Pull) -> None:
        call = call_of(pull.node)
        step = self.step_of.get(call) if call is not None else None
        self.run.gradients.append(Gradient(pull.node.op.name, step, pull.argument, needs_of(pull), pull.g, pull.d))

    def update(self, update: Update) -> None:
        name = update.parameter.name or f"a parameter {update.parameter.shape}"
        arrays = update.gradient, update.before, update.after
        self.run.changes.append(Change(update.optimizer, name, *arrays, update.place))

    def _ref(self, value: Any, at: int, serial: int | None) -> Ref:
        array = plain(value)
        if id(array) in self.made:
            return "step", self.made[id(array)]
        key = id(array), self.past.version(array, at)
        if key not in self.leaves:
            name = value.name if isinstance(value, Tensor) else None
            self.leaves[key] = len(self.run.leaves)
            self.run.leaves.append(Leaf(name, self._then(array, at, serial)))
        return "leaf", self.leaves[key]

    def _then(self, array: Any, at: int, serial: int | None) -> Any:
        if serial is not None:
            self.past.refuse_lost("this run", array, at, serial)
        return self.past.values(array, at)


_ARRAY = "array"


def _setting(value: Any) -> str:
    """An argument as text, with a word in place of each array."""
    if isinstance(value, Tensor | np.ndarray):
        return _ARRAY
    if isinstance(value, tuple | list):
        inner = ", ".join(map(_setting, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, slice):
        return f"slice({', '.join(_setting(part) for part in (value.start, value.stop, value.step))})"
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    return repr(value.item() if isinstance(value, np.generic) else value)


def _arrays(value: Any) -> list[Any]:
    """The tensors and arrays in an argument: itself, or what a tuple or list holds."""
    if isinstance(value, tuple | list):
        return [part for item in value for part in _arrays(item)]
    return [value] if isinstance(value, Tensor | np.ndarray) else []


# Files


def save_run(recording: Recording | Run, path: str | os.PathLike) -> Path:
    """Write a recording to a file, ``.npz``, to compare another one with it later: see ``diff``.

    Values, gradients, settings, places and the steps of optimizers are kept; the graph is not. The file is written
    whole or not at all, and holds numbers and text only. Raises as ``io.save_arrays``, and ArgumentError when an array
    was written into after it was recorded, by a writer that is not recorded.

    >>> import numpy as np, tempfile, tensorgraph as tg
    >>> with tg.record() as recording:
    ...     _ = np.sin(tg.Tensor([0.0, 1.0], requires_grad=True))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = tg.explain.save_run(recording, folder + "/run.npz")
    ...     [step.op for step in tg.explain.load_run(path).steps]
    ['sin']
    """
    run = recording if isinstance(recording, Run) else run_of(recording)
    numbers: dict[int, int] = {}  # of arrays, by identity: one that is used often is written once
    arrays: dict[str, Any] = {}

    def put(array: Any) -> int:
        if id(array) not in numbers:
            numbers[id(array)] = len(numbers)
            arrays[f"{numbers[id(array)]}"] = array
        return numbers[id(array)]

    tree = {
        "version": VERSION,
        "leaves": [{**vars(leaf), "value": put(leaf.value)} for leaf in run.leaves],
        "steps": [{**vars(step), "value": put(step.value)} for step in run.steps],
        "gradients": [{**vars(gradient), "g": put(gradient.g), "d": put(gradient.d)} for gradient in run.gradients],
        "changes": [
            {**vars(c), "gradient": put(c.gradient), "before": put(c.before), "after": put(c.after)}
            for c in run.changes
        ],
    }
    return save_arrays(path, arrays, {"run": json.dumps(tree)})


def load_run(path: str | os.PathLike) -> Run:
    """Read what ``save_run`` wrote.

    Raises FileError when the file cannot be read, CheckpointError when it is damaged, was changed, or holds no run of
    this version.
    """
    arrays, texts = load_arrays(path)
    if "run" not in texts:
        raise CheckpointError(f"{path} holds arrays but is no run. Write one with tensorgraph.explain.save_run")
    tree = json.loads(texts["run"])
    if tree.get("version") != VERSION:
        raise CheckpointError(f"{path} holds a run of version {tree.get('version')}, and this one reads {VERSION}")
    take = lambda number: arrays[f"{number}"]  # noqa: E731
    return Run(
        [Leaf(**{**leaf, "value": take(leaf["value"])}) for leaf in tree["leaves"]],
        [_step(step, take(step["value"])) for step in tree["steps"]],
        [Gradient(**{**each, "g": take(each["g"]), "d": take(each["d"])}) for each in tree["gradients"]],
        [_change(change, take) for change in tree["changes"]],
    )


def _step(fields: dict[str, Any], value: Any) -> Step:
    inputs = [(name, (kind, k)) for name, (kind, k) in fields["inputs"]]
    changed = {"scope": tuple(fields["scope"]), "place": _place(fields["place"]), "inputs": inputs, "value": value}
    return Step(**fields | changed)


def _change(fields: dict[str, Any], take: Callable[[int], Any]) -> Change:
    arrays = {name: take(fields[name]) for name in ("gradient", "before", "after")}
    return Change(**fields | arrays | {"place": _place(fields["place"])})


def _place(fields: list | None) -> Place | None:
    return None if fields is None else Place(*fields)
