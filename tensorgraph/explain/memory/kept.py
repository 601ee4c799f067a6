"""``memory(loss)``: the bytes that a recorded graph keeps alive, by node, by op and by module."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from sys import getsizeof
from typing import Any, NamedTuple

import numpy as np

from ...core import Node, Tensor, label, owner_of, reachable
from ...errors import ArgumentError
from ...tables import Table, group, page
from .trial import Trial

OF_AN_INT = getsizeof(1 << 20)
SMALL = 256  # integers up to this one are there once in every Python program
SHOWN = 10  # nodes in a table


class Kept(NamedTuple):
    """What one node keeps alive, or some nodes together.

    name         of the node, else of its op; of nodes together, what they have in common
    nodes        how many they are
    arrays       bytes of arrays: each buffer once, with the oldest node that keeps it or a view of it
    bookkeeping  bytes of the node itself, of tuples, numbers and the heads of arrays
    freed        of both, what backward frees; the node stays until its last tensor goes
    shape        of the node's output
    scope        names of the modules that were running
    op           name of the op
    """

    name: str
    nodes: int
    arrays: int
    bookkeeping: int
    freed: int
    shape: tuple[int, ...] = ()
    scope: tuple[str, ...] = ()
    op: str = ""

    @property
    def total(self) -> int:
        """Bytes of arrays and of bookkeeping."""
        return self.arrays + self.bookkeeping


class Memory:
    """What ``memory`` found. Print it for tables; notebooks show them by themselves.

    rows       a ``Kept`` for each node, the largest first
    elsewhere  bytes of arrays that nodes refer to and others hold as well: parameters, inputs, labels
    """

    def __init__(self, title: str, rows: list[Kept], elsewhere: int) -> None:
        self.title, self.elsewhere = title, elsewhere
        self.rows = sorted(rows, key=lambda row: -row.total)

    total = property(lambda self: self.arrays + self.bookkeeping, doc="All bytes that the graph keeps alive.")
    arrays = property(lambda self: sum(row.arrays for row in self.rows), doc="Of these, those of arrays.")
    bookkeeping = property(lambda self: sum(row.bookkeeping for row in self.rows), doc="And those of the nodes.")
    freed = property(lambda self: sum(row.freed for row in self.rows), doc="What a backward frees of the total.")

    def by_op(self) -> list[Kept]:
        """The nodes of each op together, the largest first."""
        return _together(self.rows, lambda row: row.op)

    def by_scope(self) -> list[Kept]:
        """The nodes of each module together, the largest first; what ran in no module is named ``-``."""
        return _together(self.rows, lambda row: "/".join(map(str, row.scope)) or "-")

    def facts(self) -> str:
        """The totals, in two lines."""
        return (
            f"{len(self.rows):,} nodes behind {self.title} keep {self.total:,} bytes alive: "
            f"arrays {self.arrays:,}, bookkeeping {self.bookkeeping:,}\n"
            f"backward frees {self.freed:,}; arrays that others hold as well are not counted: {self.elsewhere:,}"
        )

    def tables(self) -> list[Table]:
        """By op, by module, and the largest nodes."""
        largest = [row._replace(name=f"{row.name} {row.shape}") for row in self.rows[:SHOWN]]
        tables = [("op", self.by_op()), ("module", self.by_scope()), ("largest nodes", largest)]
        return [_table(title, rows) for title, rows in tables]

    def __str__(self) -> str:
        return "\n\n".join([self.facts(), *[table.text() for table in self.tables()]])

    def _repr_html_(self) -> str:
        return page(self.facts(), *self.tables())

    def __rich__(self) -> Any:
        return group(self.facts(), *self.tables())


def memory(loss: Tensor) -> Memory:
    """The bytes that the graph behind a tensor keeps alive: what would be free if its nodes and tensors went.

    Arrays are counted by the buffer that they are views of, each once. What others hold as well, parameters and data
    above all, is not counted: it would stay. To know who else holds an array its references are counted, so this is
    exact for arrays; the bytes of nodes and tuples are those that Python gives for them.

    Raises ArgumentError when ``loss`` is no tensor, or on no graph.

    >>> import numpy as np, tensorgraph as tg
    >>> w = tg.Tensor(np.ones((100, 50)), requires_grad=True)
    >>> x = np.ones((20, 100))
    >>> report = tg.explain.memory(np.tanh(x @ w).sum())
    >>> [(row.op, row.arrays) for row in report.rows]  # tanh keeps its output, sum a shape
    [('tanh', 8000), ('matmul', 0), ('sum', 0)]
    >>> report.elsewhere  # matmul needs x, and the variable x holds it too
    16000
    """
    if not isinstance(loss, Tensor):
        raise ArgumentError(f"memory: takes a Tensor; got {type(loss).__name__}")
    if loss.node is None:
        raise ArgumentError(
            "memory: this tensor is on no graph, which keeps nothing: no input of it requires gradients, "
            "or it was computed under no_grad() or detach()"
        )
    rows, elsewhere = measured(reachable(loss.node))
    return Memory(f"{label(loss.node)} {loss.shape}", rows, elsewhere)


def measured(nodes: Iterable[Node]) -> tuple[list[Kept], int]:
    """What each of these nodes keeps, leaves left out, and the bytes of arrays that others hold as well."""
    applied = sorted([node for node in nodes if node.plan is not None], key=lambda node: node.serial)
    freed = _freed_by_backward(applied)
    arrays, bookkeeping, elsewhere = _kept(applied)
    rows = [
        Kept(label(node), 1, arrays[i], bookkeeping[i], freed[i], node.shape, node.scope, node.op.name)
        for i, node in enumerate(applied)
    ]
    return rows, elsewhere


def _freed_by_backward(nodes: list[Node]) -> list[int]:
    """Bytes that each node lets go when backward has passed it: of what it saved, what nobody else holds."""
    trial = Trial()
    for i, node in enumerate(nodes):
        trial.release(node, i)
    freed = [_own_size(node.saved) for node in nodes]
    for value, i in trial.dead:
        freed[i] += getsizeof(value)
    return freed


def _kept(nodes: list[Node]) -> tuple[list[int], list[int], int]:
    """Bytes of arrays and of bookkeeping that each node keeps, and bytes of arrays that others hold as well."""
    place = {node: i for i, node in enumerate(nodes)}
    tensors = _tensors_of(place)
    trial = Trial()
    for i, node in enumerate(nodes):
        trial.release(node, i)
        if node.notes is not None:
            trial.release(node.notes, i)
    for tensor in tensors:
        trial.release(tensor, place[tensor.node])
    arrays, bookkeeping = [0] * len(nodes), [_size(node) for node in nodes]
    for value, i in trial.dead:
        data = value.nbytes if isinstance(value, np.ndarray) and value.base is None else 0
        arrays[i] += data
        bookkeeping[i] += getsizeof(value) - data
    others = {id(owner): owner.nbytes for owner in map(owner_of, trial.alive) if isinstance(owner, np.ndarray)}
    return arrays, bookkeeping, sum(others.values())


def _tensors_of(nodes: dict[Node, int]) -> list[Tensor]:
    """The tensors that are alive on these nodes: what they hold counts as held by the graph."""
    return [
        thing for thing in gc.get_objects() if issubclass(type(thing), Tensor) and getattr(thing, "node", None) in nodes
    ]


def _size(node: Node) -> int:
    """Bytes of a node with what only it has; its dtype, its plan and the names of its scope are shared by many."""
    numbers = [n for n in (*node.shape, node.serial) if n > SMALL]
    notes = 0 if node.notes is None else getsizeof(node.notes)
    held = _own_size(node.parents) + _own_size(node.saved) + _own_size(node.shape)
    return getsizeof(node) + held + notes + len(numbers) * OF_AN_INT


def _own_size(sequence: Any) -> int:
    return getsizeof(sequence) if sequence else 0  # the empty tuple is there once


def _together(rows: list[Kept], name: Callable[[Kept], str]) -> list[Kept]:
    found: dict[str, Kept] = {}
    for row in rows:
        key = name(row)
        sums = found.get(key, Kept(key, 0, 0, 0, 0))
        nodes, arrays, bookkeeping, freed = [a + b for a, b in zip(sums[1:5], row[1:5])]
        found[key] = Kept(key, nodes, arrays, bookkeeping, freed)
    return sorted(found.values(), key=lambda row: -row.total)


def _table(title: str, rows: list[Kept]) -> Table:
    header = [title, "nodes", "bytes", "arrays", "bookkeeping", "freed by backward"]
    return Table(header, [list(_cells(row)) for row in rows])


def _cells(row: Kept) -> Iterator[str]:
    yield row.name
    yield from (f"{count:,}" for count in (row.nodes, row.total, row.arrays, row.bookkeeping, row.freed))
