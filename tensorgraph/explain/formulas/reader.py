"""Reading trees from what ops are told to do: the recorded forward, textbook formulas, and the engine's own rules."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...config import Observer, current, enter, leave
from ...core import Node, Tensor, input_name, op_name, plain, propagate, wrap
from ...errors import ArgumentError
from ...recording import Call
from .simplify import BROADCAST, build
from .textbook import TEXTBOOK
from .tree import LONGEST, Apply, Gradient, Literal, Symbol, Tree, size

FILLED = {np.zeros_like: 0, np.ones_like: 1}


class Reader(Observer):
    """An observer that knows, of every tensor that it met, the tree of how it was computed.

    symbols      of the nodes that were read
    definitions  what each symbol that is not given is equal to, each after those that it uses
    values       the arrays that given symbols stand for
    upstream     the gradients of the nodes whose rules ran, in that order
    terms        of each node that rules gave a gradient of: what its gradient is the sum of
    """

    def __init__(self, names: dict[Any, str]) -> None:
        self.names = names  # that the user gives here: by node, and by the identity of arrays
        self.symbols: dict[Node, Symbol] = {}
        self.definitions: dict[Symbol, Tree] = {}
        self.values: dict[Symbol, Any] = {}
        self.upstream: dict[Node, Tree] = {}
        self.terms: dict[Node, list[Tree]] = {}
        self._known: dict[Any, Tree] = {}  # by node, or by the identity of the array
        self._alive: list[Any] = []  # so that no identity is used twice
        self._parts: dict[tuple[Node, str], Symbol] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Inside, it is told what ops do, and nobody else is."""
        token = enter(current().but(observer=self, symbolic=True, recording=False, scope=()))
        try:
            with np.errstate(all="ignore"):  # textbook formulas overflow where ops do not, which is no matter here
                yield
        finally:
            leave(token)

    # The forward

    def given(self, node: Node, value: Any, hint: str | None) -> None:
        """Read a leaf, or what is taken as one."""
        symbol = self.symbols[node] = Symbol(node.shape, self._name(node), hint)
        self._known[node] = symbol
        self.values[symbol] = value

    def read(self, node: Node, call: Call, hint: str) -> None:
        """Read the application of an op, all of whose tensors are known."""
        values = [self._constant(value, node, i) for i, value in enumerate(call.args)]
        symbol = Symbol(node.shape, self._name(node), hint)
        book = TEXTBOOK.get(call.op)
        if book is None:
            tree = build(call.op, tuple(map(self.tree, values)), node.shape)
        else:
            named = dict(zip(call.op.params, values))
            for name, part in book.parts.items():
                named[name] = _called(part, named)
                self._part(node, name, named[name])
            tree = self.tree(_called(book.out, named))
        self.symbols[node] = self._known[node] = symbol
        self.definitions[symbol] = tree

    def _name(self, node: Node) -> str | None:
        own = node.notes.name if node.notes is not None else None
        name = self.names.get(node, own)
        return name if name and name.strip() else None

    def _constant(self, value: Any, node: Node, i: int) -> Any:
        """An argument; an array as a tensor that has a symbol."""
        ufunc = isinstance(node.op.forward, np.ufunc)
        if isinstance(value, list | tuple) and ufunc:
            value = np.asarray(value)
        if isinstance(value, Tensor) and value.node is not None:
            return value
        array = plain(value)
        if not isinstance(array, np.ndarray) or id(array) in self._known:
            return wrap(array) if isinstance(array, np.ndarray) else array
        name = self.names.get(id(array))
        if not array.ndim and name is None:
            return array[()]
        hint = input_name(node, i) if node.op.fused and not ufunc else "c"
        symbol = self._known[id(array)] = Symbol(array.shape, name, hint)
        self.values[symbol] = array
        return wrap(array)

    def _part(self, node: Node, name: str, value: Tensor) -> None:
        """Give a value that an op computes on its way a symbol, in place of what is known of it."""
        key, tree = _key(value), self.tree(value)
        if isinstance(tree, Apply):
            symbol = self._parts.get((node, name))
            if symbol is None:
                symbol = self._parts[node, name] = Symbol(tree.shape, None, name)
                self.definitions[symbol] = tree
            self._known[key] = symbol

    # Trees of values

    def tree(self, value: Any) -> Tree:
        """What is known of a value; what is not is a number, or an array without a name."""
        array = plain(value) if isinstance(value, Tensor) else value
        known = self._known.get(_key(value))
        if known is not None:
            return known
        if isinstance(value, tuple | list) and any(isinstance(part, np.ndarray | Tensor) for part in value):
            return Apply(tuple, tuple(map(self.tree, value)), ())
        if not isinstance(array, np.ndarray):
            return Literal(array)
        if not array.ndim:
            return Literal(array[()])
        if array.dtype.kind == "i" and np.array_equal(array, np.arange(array.size)):
            return Literal(array, array.shape)
        for symbol, constant in self.values.items():  # the op made an array of a list, or a copy
            if symbol.hint == "c" and np.array_equal(constant, array):
                return symbol
        symbol = self._known[id(array)] = Symbol(array.shape, self.names.get(id(array)), "c")
        self._alive.append(array)
        self.values[symbol] = array
        return symbol

    # The backward

    def pull(self, root: Node, wanted: Node) -> None:
        """Run the rules between two nodes that were read."""
        seed = wrap(np.ones(root.shape, root.dtype))
        self.upstream[root] = Literal(1) if root.shape == () else Gradient(self.symbols[root])
        propagate({root: seed}, retain=True, record=True, wanted={wanted}, arrive=lambda node, g: None)

    # What the engine tells

    def run(self, what: Any, function: Callable, args: Any) -> Any:
        if isinstance(what, Node):
            g, *values = args
            if what not in self.upstream:
                self.upstream[what] = Gradient(self.symbols[what])
            self._know(g, self.upstream[what])
            names = next(names for rule, names in what.op.rules.values() if rule is function)
            for name, value in zip(names, values):
                if name in what.op.saves:
                    self._part(what, name, value)
        return function(*args)

    def operation(self, op: Any, args: tuple, result: Any) -> None:
        function, keywords = (op.func, tuple(op.keywords.items())) if isinstance(op, functools.partial) else (op, ())
        if not hasattr(result, "shape"):
            return
        if result.dtype.kind == "c":  # of which real and imaginary parts would be taken for real numbers
            raise ArgumentError(f"formula: '{op_name(op)}' gives complex numbers; only real numbers are explained")
        shape = result.shape
        if function in FILLED:
            tree = build(BROADCAST, (Literal(FILLED[function]), Literal(shape)), shape)
        else:
            tree = build(function, tuple(map(self.tree, args)), shape, keywords)
        self._know(result, tree)

    def gradient(self, node: Node, i: int, g: Any, d: Any) -> None:
        tree = self.tree(d)
        if size(tree) > LONGEST:
            raise ArgumentError(
                f"derivation: the rule of '{node.op.name}' for {input_name(node, i)} is a program of {size(tree)} "
                f"symbols when it is written out; at most {LONGEST} are written. Explain the parts before and after it"
            )
        self.terms.setdefault(node.parents[i], []).append(tree)

    def _know(self, value: Any, tree: Tree) -> None:
        self._known[_key(value)] = tree
        self._alive.append(value)


def _key(value: Any) -> Any:
    """What tells a value from all others: its node, or else its array, while that lives."""
    return value.node or id(value.data) if isinstance(value, Tensor) else id(value)


def _called(formula: Callable, named: dict[str, Any]) -> Tensor:
    """A textbook formula of what its parameters name."""
    return formula(*[named[name] for name in inspect.signature(formula).parameters])
