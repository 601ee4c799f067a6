"""``backward_steps``: backward op by op, with what each rule sees and gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import numpy as np

from ...config import Observer, current, observing
from ...core import Node, Tensor, conjugate, input_name, label, propagate, reachable
from ...core.backward import Arrivals, root_of, seed_of
from ...core.propagate import freed
from ...errors import MissingDependencyError
from .page import MOST_STEPS, fragment, page
from .step import Contribution, RuleRun, Step, brief, shown


def backward_steps(loss: Tensor, gradient: Any = None) -> BackwardSteps:
    """Step through ``loss.backward(gradient)``: each op's gradient, its rules, what they see, and what they give.

    loss      a tensor on a graph that was not freed
    gradient  the gradient of ``loss``; may be left out for a scalar

    A loop over the steps that comes to its end is a backward: the leaves' ``grad`` have grown by their gradients, those
    of tensors with ``retain_grad()`` are set, and the graph is freed. A loop that is left early leaves all as it was,
    and so does looking at steps by number, and showing them. Hooks run once, before the first step, because they may
    replace gradients. The steps keep all arrays until they are dropped: meant for small graphs.

    Raises what ``backward`` raises, when it is called; and FreedGraphError at the end of the loop when someone has run
    backward through the same graph meanwhile.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> for step in tg.explain.backward_steps(np.sum(x * x)):
    ...     print(step)
    step 1: sum () float64
      gradient of its output: 1.
      rule for a: ...
    step 2: multiply (2,) float64
      gradient of its output: [1. 1.]
      rule for x: lambda g, y: g * y
        y = [1. 2.]
        gives x: [1. 2.]
          added to the gradient of x: the first
      rule for y: lambda g, x: g * x
        x = [1. 2.]
        gives y: [1. 2.]
          added to the gradient of x: so far [2. 4.]
    >>> x.grad
    Tensor([2., 4.], dtype=float64)
    """
    return BackwardSteps(loss, gradient)


class BackwardSteps:
    """The steps of a backward that is still to be done; made by ``backward_steps``.

    Iterate to do it. ``len``, an index, ``print``, ``table`` and ``to_html`` look at the steps and change nothing.

    done    whether a loop has come to its end; another loop then shows the same steps again, and changes nothing
    leaves  for each leaf its node, and the gradient that it gets, after its hooks
    """

    def __init__(self, loss: Tensor, gradient: Any = None) -> None:
        root, self._seed = root_of(loss), seed_of(loss, gradient, record=False)
        self._loss = loss
        self.done = False
        arrived: list[tuple[Node, Any]] = []
        pinned = [n.notes for n in reachable(root) if n.plan is not None and n.notes is not None]
        before = [(notes, notes.grad) for notes in pinned if notes.retains_grad]
        trace = _Trace()
        try:
            with observing(trace):
                propagate({root: self._seed}, retain=True, record=False, arrive=lambda n, g: arrived.append((n, g)))
            self._retained = [(notes, notes.grad) for notes, _ in before]
        finally:
            for notes, grad in before:
                notes.grad = grad
        self._steps = trace.steps()
        self._arrived = arrived
        self.leaves = [(node, np.asarray(g)) for node, g in arrived]

    def __iter__(self) -> Iterator[Step]:
        yield from self._steps
        self._finish()

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, k: Any) -> Any:
        return self._steps[k]

    def _finish(self) -> None:
        """Leave what backward leaves."""
        if self.done:
            return
        nodes = [step.node for step in self._steps]
        if used := [node for node in nodes if node.saved is None]:
            raise freed(used[0])
        if (observer := current().observer) is not None:
            observer.backward(self._loss, None)
        arrive = Arrivals(False, self._seed)
        for node, g in self._arrived:
            arrive(node, g.copy())  # the steps keep theirs
        for notes, grad in self._retained:
            notes.grad = grad
        for node in nodes:
            node.saved = None
        self.done = True

    # To look at

    def title(self) -> str:
        """What is stepped through, in words."""
        return f"backward from {label(self._loss.node)} in {len(self)} step{'s'[: len(self) != 1]}"

    def leaf_lines(self) -> list[tuple[str, str]]:
        """For each leaf its name, and the gradient that it gets."""
        return [(str(label(node)), shown(g)) for node, g in self.leaves]

    def __str__(self) -> str:
        """The steps in words, of very many the first."""
        steps = [str(step) for step in self._steps[:MOST_STEPS]]
        if len(self) > MOST_STEPS:
            steps.append(f"... {len(self) - MOST_STEPS} more steps; steps[k] is one of them, to_html() has them all")
        ends = [f"the gradient of {name}: {g}" for name, g in self.leaf_lines()]
        return "\n".join([self.title(), *steps, *ends])

    def table(self) -> Any:
        """The steps as a table of the package rich: ``rich.print(steps)`` shows it.

        Raises MissingDependencyError where rich is not installed.
        """
        try:
            from rich.table import Table
            from rich.text import Text
        except ImportError as error:
            raise MissingDependencyError("a table of steps needs rich: pip install 'tensorgraph[train]'") from error
        table = Table(title=Text(self.title()), show_lines=True)
        for name in ("", "op", "gradient of its output", "rule", "gives", "added to"):
            table.add_column(name, justify="left" if name else "right")
        for step in self._steps:
            head = [str(step.number), "\n".join([step.title(), step.where[0]]).strip(), brief(step.gradient)]
            for run in step.rules:
                gives = [f"{c.argument}: {brief(c.value)}" for c in run.contributions]
                to = [c.to + ("" if c.first else f", so far {brief(c.so_far)}") for c in run.contributions]
                table.add_row(*map(Text, [*head, run.source, "\n".join(gives), "\n".join(to)]))
                head = ["", "", ""]
        return table

    __rich__ = table

    def to_html(self) -> str:
        """The steps as one page of HTML that needs nothing else: no scripts, no other files."""
        return page(self.title(), self._steps, self.leaf_lines())

    def _repr_html_(self) -> str:
        """For notebooks, where it is better to say that something cannot be shown than to raise."""
        try:
            return fragment(self.title(), self._steps, self.leaf_lines())
        except Exception as error:
            return f"<pre>{escape(self.title())}; {escape(f'{type(error).__name__}: {error}')}</pre>"


class _Trace(Observer):
    """What the engine tells while it runs the rules."""

    def __init__(self) -> None:
        self._seen: list[tuple[Node, Any, list]] = []  # node, gradient, runs: (rule, what it saw, what it gave)
        self._sums: dict[Node, Any] = {}
        self._names: dict[Callable, list[str]] = {}

    def run(self, what: Any, function: Callable, args: Any) -> Any:
        if isinstance(what, Node):
            if not self._seen or self._seen[-1][0] is not what:
                self._seen.append((what, args[0], []))
            names = self._names.get(function)
            if names is None:
                names = self._names[function] = list(inspect.signature(function).parameters)
            self._seen[-1][2].append((function, dict(zip(names, args)), []))
        return function(*args)

    def gradient(self, node: Node, i: int, g: Any, d: Any) -> None:
        parent = node.parents[i]
        first = parent not in self._sums
        so_far = self._sums[parent] = d if first else self._sums[parent] + d
        self._seen[-1][2][-1][2].append((i, d, so_far, first))

    def steps(self) -> list[Step]:
        """What was told, as records in which gradients are those that a user sees."""
        numbers = {node: number for number, (node, _, _) in enumerate(self._seen, 1)}
        steps = []
        for node, g, runs in self._seen:
            rules = []
            for rule, saw, gave in runs:
                given = [
                    Contribution(
                        input_name(node, i),
                        _array(d),
                        node.parents[i],
                        numbers.get(node.parents[i]),
                        _array(sum_),
                        first,
                    )
                    for i, d, sum_, first in gave
                ]
                rules.append(RuleRun(rule, saw, given))
            steps.append(Step(numbers[node], node, _array(g), rules))
        return steps


def _array(g: Any) -> np.ndarray:
    return np.asarray(conjugate(g))
