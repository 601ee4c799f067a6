"""``diff``: the first node whose value or gradient differs between two recorded runs, and what made it differ."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from ...places import Place
from ...recording import Recording
from .align import align
from .compare import Comparison, compare
from .difference import Diff, Difference
from .run import Change, Gradient, Ref, Run, Step, load_run, run_of

_T = TypeVar("_T")
Key = Callable[[_T], Hashable]
Source = Recording | Run | str | os.PathLike


def diff(run_a: Source, run_b: Source, rtol: float | None = None, atol: float | None = None) -> Diff:
    """Compare two recorded runs of a program: the first node whose value or gradient differs, and what introduced it.

    run_a, run_b  what ``record()`` gave, or the file that ``save_run`` wrote of it
    rtol, atol    elements are alike when ``|a - b| <= atol + rtol * max(|a|, |b|)``. By default rtol is that of the
                  less precise dtype, about 6e-3 for float16, 6e-6 for float32 and 2e-12 for float64, and atol is rtol
                  times the root mean square of the array

    Steps are matched by order, op and module, so that one op more or less does not upset the rest. Time is linear in
    the size of the runs. Raises ArgumentError when a recorded array was written into since, FileError and
    CheckpointError for files that cannot be read.

    >>> import numpy as np, tensorgraph as tg
    >>> def program(slope):
    ...     x = tg.Tensor([1.0, -2.0], requires_grad=True)
    ...     with tg.record() as recording:
    ...         tg.leaky_relu(np.sin(x) * 2.0, slope).sum().backward()
    ...     return recording
    >>> found = tg.explain.diff(program(0.1), program(0.2))
    >>> found.structure
    ['leaky_relu: slope is 0.1 here and 0.2 there']
    >>> found.first.what, found.first.compared.index, found.first.cause
    ('the value of leaky_relu', (1,), 'introduced')
    """
    return _Search(_read(run_a), _read(run_b), rtol, atol).run()


def _read(run: Source) -> Run:
    if isinstance(run, Recording):
        return run_of(run)
    return run if isinstance(run, Run) else load_run(run)


class _Search:
    """Goes through both runs side by side."""

    def __init__(self, a: Run, b: Run, rtol: float | None, atol: float | None) -> None:
        self.a, self.b, self.rtol, self.atol = a, b, rtol, atol
        self.partner: dict[int | None, int | None] = {None: None}  # of each step of a that has one
        self.known: dict[tuple[int, int], Comparison] = {}  # by the identity of two arrays
        self.leaves: set[tuple[int, int]] = set()  # pairs that were looked at
        self.found = Diff([], [], [], [], [], 0)

    def run(self) -> Diff:
        pairs, parted = align(self.a.steps, self.b.steps)
        for i, j in pairs:
            if i is not None and j is not None:
                self.partner[i] = j
                self._steps(self.a.steps[i], self.b.steps[j])
            elif i is not None:
                self._note(f"{_name(self.a.steps[i])} is only here, at {self.a.steps[i].place}")
            elif j is not None:
                self._note(f"{_name(self.b.steps[j])} is only there, at {self.b.steps[j].place}")
        if parted is not None:
            one, other = self.a.steps[parted[0]], self.b.steps[parted[1]]
            self._note(
                f"from here on the programs differ: {_name(one)} at {one.place}; {_name(other)} at {other.place}"
            )
        self._gradients()
        self._changes()
        self.found.compared = len(self.known)
        return self.found

    def _note(self, text: str) -> None:
        self.found.structure.append(text)

    def _compare(self, a: Any, b: Any) -> Comparison:
        key = id(a), id(b)
        if key not in self.known:
            self.known[key] = compare(a, b, self.rtol, self.atol)
        return self.known[key]

    # Forward

    def _steps(self, a: Step, b: Step) -> None:
        name = _name(a)
        if a.scope != b.scope:
            self._note(f"{name} is in {_path(a.scope)} here and in {_path(b.scope)} there")
        for setting in dict.fromkeys([*a.settings, *b.settings]):
            one, other = (step.settings.get(setting, "an array") for step in (a, b))
            if one != other:
                self._note(f"{name}: {setting} is {one} here and {other} there")
        if len(a.inputs) != len(b.inputs):
            self._note(f"{name} takes {len(a.inputs)} arrays here and {len(b.inputs)} there")
        for (argument, of_a), (_, of_b) in zip(a.inputs, b.inputs):
            self._sources(name, argument, of_a, of_b)
        difference = self._difference(
            f"the value of {a.op}", a.scope, (a.place, b.place), (a.value, b.value), self._inputs(a, b)
        )
        self.found.values += difference

    def _sources(self, name: str, argument: str, a: Ref, b: Ref) -> None:
        """Whether an argument comes from the same step; if it is a leaf, whether that holds the same."""
        (kind, i), (other, j) = a, b
        if kind == other == "leaf":
            self._leaves(argument, name, i, j)
        elif kind != other or self.partner.get(i) != j:
            one, two = _source(self.a, a), _source(self.b, b)
            self._note(f"{name}: {argument} is {one} here and {two} there")

    def _leaves(self, argument: str, name: str, i: int, j: int) -> None:
        if (i, j) in self.leaves:
            return
        self.leaves.add((i, j))
        one, other = self.a.leaves[i], self.b.leaves[j]
        what = one.name or f"{argument} of {name}"
        if one.name != other.name:
            self._note(f"{argument} of {name} is {one.name or 'unnamed'} here and {other.name or 'unnamed'} there")
        self.found.before += self._difference(what, (), (None, None), (one.value, other.value), [])

    def _inputs(self, a: Step, b: Step, names: Sequence[str] | None = None) -> list[tuple[str, Comparison]]:
        return [
            (name, self._compare(self.a.array(one), self.b.array(other)))
            for (name, one), (_, other) in zip(a.inputs, b.inputs)
            if names is None or name in names
        ]

    def _difference(
        self,
        what: str,
        scope: tuple[str, ...],
        places: tuple[Place | None, Place | None],
        arrays: tuple[Any, Any],
        inputs: list[tuple[str, Comparison]],
    ) -> list[Difference]:
        """The difference of two arrays, if there is one; another shape or dtype is one of structure."""
        shapes, dtypes = [np.shape(array) for array in arrays], [np.asarray(array).dtype for array in arrays]
        if shapes[0] != shapes[1]:
            self._note(f"{what} has shape {shapes[0]} here and {shapes[1]} there")
            return []
        if dtypes[0] != dtypes[1]:
            self._note(f"{what} is {dtypes[0]} here and {dtypes[1]} there")
        compared = self._compare(*arrays)
        return [Difference(what, scope, places, compared, inputs)] if compared.differs else []

    # Backward and steps

    def _gradients(self) -> None:
        for a, b in self._matched(self.a.gradients, self.b.gradients, self._key_in_a, _key_in_b, _name_of_gradient):
            inputs = [("g", self._compare(a.g, b.g))]
            scope: tuple[str, ...] = ()
            places: tuple[Place | None, Place | None] = None, None
            if a.step is not None and b.step is not None:
                one, other = self.a.steps[a.step], self.b.steps[b.step]
                scope, places = one.scope, (one.place, other.place)
                inputs += self._inputs(one, other, _seen(a, one))
                inputs += [("out", self._compare(one.value, other.value))] if "out" in a.needs else []
            self.found.gradients += self._difference(_name_of_gradient(a), scope, places, (a.d, b.d), inputs)

    def _key_in_a(self, gradient: Gradient) -> Hashable:
        return self.partner.get(gradient.step, _NONE), gradient.op, gradient.argument

    def _changes(self) -> None:
        for a, b in self._matched(self.a.changes, self.b.changes, _key_of_change, _key_of_change, _name_of_change):
            pairs = ("gradient", a.gradient, b.gradient), ("value before", a.before, b.before)
            inputs = [(name, self._compare(one, other)) for name, one, other in pairs]
            arrays = a.after, b.after
            self.found.after += self._difference(_name_of_change(a), (), (a.place, b.place), arrays, inputs)

    def _matched(
        self, of_a: Sequence[_T], of_b: Sequence[_T], key_a: Key[_T], key_b: Key[_T], name: Callable[[_T], str]
    ) -> Iterator[tuple[_T, _T]]:
        """Pairs of equal keys, in the order of a; what is left over is a difference of structure."""
        waiting: dict[Hashable, deque[_T]] = {}
        for item in of_b:
            waiting.setdefault(key_b(item), deque()).append(item)
        for item in of_a:
            if partners := waiting.get(key_a(item)):
                yield item, partners.popleft()
            else:
                self._note(f"{name(item)} is only here")
        for partners in waiting.values():
            for item in partners:
                self._note(f"{name(item)} is only there")


_NONE = -1  # the partner of a step that has none


def _key_in_b(gradient: Gradient) -> Hashable:
    return gradient.step, gradient.op, gradient.argument


def _key_of_change(change: Change) -> Hashable:
    return change.optimizer, change.parameter


def _name_of_gradient(gradient: Gradient) -> str:
    return f"the gradient of {gradient.argument} of {gradient.op}"


def _name_of_change(change: Change) -> str:
    return f"{change.parameter} after the step of {change.optimizer}"


def _seen(gradient: Gradient, step: Step) -> Sequence[str]:
    """Names of the inputs that a rule saw: those that it names; all, when it names a residual, made of them."""
    names = [name for name, _ in step.inputs]
    known = {*names, *step.settings, "out"}
    residual = any(need not in known and not need.endswith("_shape") for need in gradient.needs)
    return names if residual else gradient.needs


def _name(step: Step) -> str:
    return f"{step.op} in backward" if step.backward else step.op


def _path(scope: tuple[str, ...]) -> str:
    return "/".join(scope) or "no module"


def _source(run: Run, ref: Ref) -> str:
    kind, k = ref
    if kind == "leaf":
        return run.leaves[k].name or "an input"
    return f"the result of {run.steps[k].op} at {run.steps[k].place}"
