"""``leaks()``: which variables of a program keep old graphs alive."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from ...core import Node, garbage, reachable
from ...tables import Table, group, page
from .holders import Holder, Holders
from .kept import measured

PLAIN = ("local variable", "module global", "variable of a suspended generator")


class Leak(NamedTuple):
    """A variable that keeps graphs alive.

    variable    as it would be written in the program, such as ``self.losses[3]``; ``[...]`` stands for several
    kind        what it is: a local variable, a module global, a closure variable ...
    where       the function or the module that it belongs to
    file, line  where it is assigned; None where that is not known
    tensors     how many results it holds of which nothing else was computed
    nodes       how many applied ops are behind these
    bytes       that these keep alive
    hint        what to do
    """

    variable: str
    kind: str
    where: str
    file: str | None
    line: int | None
    tensors: int
    nodes: int
    bytes: int
    hint: str

    @property
    def place(self) -> str:
        """File and line."""
        if self.file is None:
            return self.where
        name = os.path.basename(self.file)
        return name if self.line is None else f"{name}:{self.line}"


class Leaks:
    """What ``leaks`` found, the largest first: a sequence of ``Leak``. Print it for a table."""

    def __init__(self, rows: list[Leak]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Leak]:
        return iter(self.rows)

    def __getitem__(self, i: int) -> Leak:
        return self.rows[i]

    def table(self) -> Table:
        """The variables, and what is behind them."""
        header = ["variable", "is a", "in", "assigned at", "tensors", "nodes", "bytes"]
        rows = [
            [r.variable, r.kind, r.where, r.place, f"{r.tensors:,}", f"{r.nodes:,}", f"{r.bytes:,}"] for r in self.rows
        ]
        return Table(header, rows, left=4)

    def hints(self) -> str:
        """What to do about each."""
        return "\n".join([f"{row.variable}: {row.hint}" for row in self.rows])

    def __str__(self) -> str:
        return f"{self.table().text()}\n\n{self.hints()}" if self.rows else "no variable keeps an old graph alive"

    def _repr_html_(self) -> str:
        return page(self.table(), self.hints()) if self.rows else page(str(self))

    def __rich__(self) -> Any:
        return group(self.table(), self.hints()) if self.rows else str(self)


def leaks(at_least: int = 1000) -> Leaks:
    """The variables that keep graphs alive, with what is behind them. Call it after a training step, when no graph is
    needed any more.

    at_least  the fewest bytes behind a variable that are worth a word

    A tensor that was computed keeps all of its history: after ``total += loss`` in a training loop, that of every step.
    Found are variables of running functions, also in other threads, of modules, classes, closures and suspended
    generators, and everything that these lead to through attributes, lists, tuples and dicts. One is passed over:
    the plain variable that holds a loss whose backward has run, as ``loss`` in most loops does until the next step.
    Takes a fraction of a second, and collects garbage first.

    >>> import numpy as np, tensorgraph as tg
    >>> w = tg.Tensor(np.ones(1000), requires_grad=True)
    >>> def train():
    ...     total = 0.0
    ...     for _ in range(10):
    ...         loss = (w * w).sum()
    ...         loss.backward()
    ...         total += loss
    ...     return tg.explain.leaks()
    >>> [leak] = [leak for leak in train() if leak.where == "train"]
    >>> leak.variable, leak.kind, leak.where, leak.line, leak.nodes
    ('total', 'local variable', 'train', 6, 39)
    >>> leak.hint
    'it adds up tensors, and so keeps the graph of each. Add numbers: total += loss.item()'
    """
    gc.collect()
    garbage.collect()
    rows = [_leak(of, nodes) for of, nodes in _found()]
    return Leaks(sorted([row for row in rows if row.bytes >= at_least], key=lambda row: (-row.bytes, row.variable)))


def _found() -> list[tuple[list[Holder], list[Node]]]:
    """The holders of the ends of graphs, together when they differ in indices only, and these ends."""
    objects = gc.get_objects()
    applied = [thing for thing in objects if type(thing) is Node and thing.plan is not None]
    used = {parent for node in applied for parent in node.parents}
    ends = [node for node in applied if node not in used]
    search = Holders(ends, objects)
    groups: dict[tuple[str, str], tuple[list[Holder], list[Node]]] = {}
    for end in sorted(ends, key=lambda node: node.serial):
        for holder in search.of(end):
            passed = end.saved is None  # by a backward, which left nothing to go backward through once more
            if passed and not holder.steps and holder.variable.kind in PLAIN:
                continue
            holders, nodes = groups.setdefault((holder.text(each=False), holder.variable.where), ([], []))
            if end not in nodes[-1:]:
                holders.append(holder)
                nodes.append(end)
    return list(groups.values())


def _leak(holders: list[Holder], ends: list[Node]) -> Leak:
    kept, _ = measured(reachable(*ends))
    first = holders[0]
    variable = first.text(each=len(holders) == 1)
    file, line = first.place
    return Leak(
        variable, first.variable.kind, first.variable.where, file, line,
        len(ends), len(kept), sum(row.total for row in kept), _hint(variable, ends[0]),
    )  # fmt: skip


def _hint(variable: str, end: Node) -> str:
    if variable.endswith(".grad"):
        return (
            "it was made by a backward with create_graph=True. Set it to None when done, or use tensorgraph.grad, "
            "which leaves no cycle"
        )
    if end.shape != ():
        return "keep its values only: t.detach(), or compute it under tensorgraph.no_grad()"
    if end.op.name == "setitem":  # total += loss, in place: the value that was written
        end = end.parents[2] or end
    if end.op is not None and end.op.name == "add" and any(_was_passed(parent) for parent in end.parents):
        return "it adds up tensors, and so keeps the graph of each. Add numbers: total += loss.item()"
    return "keep the number only: loss.item() or float(loss)"


def _was_passed(node: Any) -> bool:
    return node is not None and node.plan is not None and node.saved is None
