"""Formulas as trees: what is read from a recording, simplified, and spelled. All walks are iterative."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Shape = tuple[int, ...]

LONGEST = 400
"""Formulas with more symbols and numbers than this are not written: nobody reads them."""


@dataclass(frozen=True, eq=False, slots=True)
class Symbol:
    """A letter: an input, a constant, or a value that an equation defines.

    given  the name that a user gave, if any
    hint   a name that is usual for it, if any; several symbols may have the same one
    """

    shape: Shape
    given: str | None = None
    hint: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Gradient:
    """The derivative of the output with respect to a symbol."""

    of: Symbol

    @property
    def shape(self) -> Shape:
        return self.of.shape


@dataclass(frozen=True, eq=False, slots=True)
class Literal:
    """A number, or what else an op takes besides arrays: an axis, a shape, an index."""

    value: Any
    shape: Shape = ()


@dataclass(frozen=True, eq=False, slots=True)
class Apply:
    """An ``Op``, or a NumPy function through which no gradient flows, of arguments: one for each of its parameters."""

    op: Any
    args: tuple[Tree, ...]
    shape: Shape
    keywords: tuple[tuple[str, Any], ...] = ()


Tree = Symbol | Gradient | Literal | Apply


def postorder(root: Tree, into: Callable[[Any], bool] = lambda op: True) -> Iterator[Tree]:
    """Every part of a tree once, each after its arguments; arguments of ops that ``into`` refuses are passed over."""
    seen: set[Tree] = set()
    stack = [(root, False)]
    while stack:
        tree, ready = stack.pop()
        if ready:
            yield tree
        elif tree not in seen:
            seen.add(tree)
            stack.append((tree, True))
            if isinstance(tree, Apply) and into(tree.op):
                stack.extend([(arg, False) for arg in reversed(tree.args)])


def substitute(root: Tree, replacements: Mapping[Tree, Tree], build: Callable[..., Tree]) -> Tree:
    """The tree with symbols and gradients replaced; ``build(op, args, shape, keywords)`` makes what changes anew."""
    done: dict[Tree, Tree] = {}
    for tree in postorder(root):
        if isinstance(tree, Apply):
            args = tuple([done[arg] for arg in tree.args])
            changed = any(new is not old for new, old in zip(args, tree.args))
            done[tree] = build(tree.op, args, tree.shape, tree.keywords) if changed else tree
        else:
            done[tree] = replacements.get(tree, tree)
    return done[root]


def size(root: Tree) -> int:
    """How many symbols and numbers a formula has when it is written out: shared parts count each time."""
    sizes: dict[Tree, int] = {}
    for tree in postorder(root):
        sizes[tree] = sum([sizes[arg] for arg in tree.args]) if isinstance(tree, Apply) else 1
    return sizes[root]


def alike(a: Tree, b: Tree) -> bool:
    """Whether two trees say the same with the same symbols."""
    seen: set[tuple[Tree, Tree]] = set()
    stack = [(a, b)]
    while stack:
        pair = a, b = stack.pop()
        if a is b or pair in seen:
            continue
        seen.add(pair)
        if isinstance(a, Apply) and isinstance(b, Apply) and _same_call(a, b):
            stack += zip(a.args, b.args, strict=True)
        elif not (isinstance(a, Literal) and isinstance(b, Literal) and repr(a.value) == repr(b.value)):
            return False
    return True


def _same_call(a: Apply, b: Apply) -> bool:
    return (a.op, a.shape, a.keywords, len(a.args)) == (b.op, b.shape, b.keywords, len(b.args))
