"""The formula of a recorded tensor, and its derivative by the chain rule, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import reduce
from typing import Any

from ...core import Tensor
from ...errors import ArgumentError
from .equations import Equation, Page
from .graph import read, required
from .reader import Reader
from .simplify import ADD, build
from .tree import LONGEST, Apply, Gradient, Symbol, Tree, postorder, size, substitute

SHORT = 30
"""The last step of a derivation is written out, if that takes no more symbols than this."""


def formula(output: Tensor, *, names: Any = None, limit: int = 40) -> Equation:
    """What a recorded tensor is equal to, as one formula of the inputs: in LaTeX, as text, and as NumPy code.

    output  a tensor that was computed inside ``record()``
    names   names for tensors and arrays: a dict name -> Tensor or array, or a module; else the names of tensors count
    limit   the most ops that are explained at once

    Ops are written as textbooks do. Sums over some axes are marked by i for the first axis, j for the second, and so
    on; a condition in square brackets is 1 where it holds and 0 elsewhere.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor(0.5, requires_grad=True, name="x")
    >>> with tg.record():
    ...     f = np.exp(-(x**2) / 2)
    >>> print(formula(f))
    f = exp(-x² / 2)
    >>> formula(f).latex
    'f = e^{-\\\\frac{x^{2}}{2}}'

    Raises ArgumentError when ``output`` was not recorded, is a leaf, or is made of more than ``limit`` ops.
    """
    root, reader = read("formula", output, None, names, limit)
    if root.plan is None:
        raise ArgumentError("formula: this tensor is a leaf: no op made it, so it is equal to nothing but itself")
    symbol = reader.symbols[root]
    whole = _without_names(reader.definitions)[symbol]
    if size(whole) > LONGEST:
        raise ArgumentError(
            f"formula: written out, this has {size(whole)} symbols, which nobody reads; at most {LONGEST} are written. "
            "Ask for the formula of a part, or for a derivation, which names what is between"
        )
    return Page(symbol, [(symbol, (whole,))], reader.values).equations[0]


class Derivation:
    """The chain rule for one graph, as equations. Printing it gives text, a notebook shows it in LaTeX.

    definitions  what each value on the way is equal to
    steps        the derivative with respect to each, from the output back; the last is the one that was asked for
    result       that one, as one formula of the inputs
    inputs       the arrays that names in the code stand for
    """

    def __init__(self, page: Page, count: int) -> None:
        self.definitions, self.steps, self._result = (
            page.equations[:count],
            page.equations[count:-1],
            page.equations[-1],
        )
        self.inputs = page.inputs
        self.output = page.names[page.output]
        self._page = page

    @property
    def result(self) -> Equation:
        """The derivative as one formula. Raises ArgumentError where that would be too long to read."""
        length = size(self._result.sides[-1])
        if length > LONGEST:
            raise ArgumentError(
                f"derivation: written out, the derivative has {length} symbols, which nobody reads; at most {LONGEST} "
                "are written. The steps say the same"
            )
        return self._result

    @property
    def text(self) -> str:
        """All equations, in Unicode."""
        return "\n".join([each.text for each in self.definitions] + [""] + [each.text for each in self.steps])

    @property
    def code(self) -> str:
        """All equations as NumPy code, which runs where ``np``, ``tg`` and the ``inputs`` are known."""
        return "\n".join([each.code for each in (*self.definitions, *self.steps)])

    @property
    def latex(self) -> str:
        """All equations, aligned, for MathJax and KaTeX."""
        definitions, steps = [[each.aligned for each in part] for part in (self.definitions, self.steps)]
        between = " \\\\[1ex]\n" if definitions else ""
        lines = " \\\\\n".join(definitions) + between + " \\\\[1ex]\n".join(steps)
        return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"


def derivation(output: Tensor, wrt: Tensor, *, names: Any = None, limit: int = 40) -> Derivation:
    """The derivative of a recorded tensor with respect to one that it was computed from, by the chain rule.

    output  a tensor that was computed inside ``record()``; if it is no scalar, some L that depends on it is derived
    wrt     a parameter, or any other tensor on the way
    names   names for tensors and arrays: a dict name -> Tensor or array, or a module; else the names of tensors count
    limit   the most ops that are explained at once

    The engine's own backward rules are run and read: what is written is what ``backward`` computes. It
    is written as textbooks do (see ``formula``), for real numbers: what rules do about NaN and infinities is left out.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor(2.0, requires_grad=True, name="x")
    >>> y = tg.Tensor(3.0, requires_grad=True, name="y")
    >>> with tg.record():
    ...     f = np.sin(x * y) + x**2
    >>> print(derivation(f, x))
    v = x · y
    f = sin(v) + x²
    <BLANKLINE>
    ∂f/∂v = cos(v)
    ∂f/∂x = 2 x + ∂f/∂v · y
          = 2 x + cos(v) · y
          = 2 x + cos(x · y) · y
    >>> derivation(f, x).result.code
    'df_dx = 2 * x + np.cos(x * y) * y'

    Raises ArgumentError when ``output`` was not recorded, does not depend on ``wrt``, is made of more than ``limit``
    ops, or is complex; FreedGraphError when backward has freed the graph.
    """
    root, reader = read("derivation", output, wrt, names, limit)
    target = required("derivation", wrt, reader)
    with reader.watching():
        reader.pull(root, target)
    gradients = {
        g: _total(reader.terms[node])
        for node, g in reader.upstream.items()
        if isinstance(g, Gradient) and node is not root
    }
    last = reader.upstream[root] if target is root else _total(reader.terms[target])
    return _present(reader, reader.symbols[root], reader.symbols[target], gradients, last)


def _total(terms: list[Tree]) -> Tree:
    return reduce(lambda a, b: build(ADD, (a, b), a.shape), terms)


def _without_names(definitions: Mapping[Any, Tree]) -> dict[Tree, Tree]:
    """What each symbol, or gradient, is equal to, with none of the others in it."""
    known: dict[Tree, Tree] = {}
    for name, tree in definitions.items():
        known[name] = substitute(tree, known, build)
    return known


def _without_trifles(
    definitions: dict[Symbol, Tree], gradients: dict[Gradient, Tree], last: Tree, output: Symbol
) -> tuple[dict[Symbol, Tree], dict[Gradient, Tree], Tree]:
    """What is worth a name: not what is used once, and whose gradient just passes through, or is a number."""
    uses = Counter(
        arg
        for tree in (*definitions.values(), *gradients.values(), last)
        for part in postorder(tree)
        for arg in (part.args if isinstance(part, Apply) else (tree,) if part is tree else ())
    )
    same = {symbol for symbol, tree in definitions.items() if isinstance(tree, Symbol)}  # of a reshape, for example
    trifles = {
        symbol
        for symbol in definitions
        if symbol is not output and symbol.given is None and (uses[symbol] <= 1 or symbol in same)
    }
    passed: dict[Gradient, Tree] = {}
    passing: dict[Tree, Tree] = {}  # gradients, and what is written in their place
    for gradient, tree in gradients.items():
        tree = substitute(tree, passing, build)
        is_trifle = gradient.of in trifles and (_is_trivial(tree) or gradient.of in same)
        (passing if is_trifle else passed)[gradient] = tree
    trifles -= {gradient.of for gradient in passed}
    values: dict[Symbol, Tree] = {}
    inlined: dict[Tree, Tree] = {}
    for symbol, tree in definitions.items():
        (inlined if symbol in trifles else values)[symbol] = substitute(tree, inlined, build)
    passed = {gradient: substitute(tree, inlined, build) for gradient, tree in passed.items()}
    return values, passed, substitute(substitute(last, passing, build), inlined, build)


def _is_trivial(tree: Tree) -> bool:
    """Whether a gradient needs no name: it is another one, or a number."""
    return isinstance(tree, Gradient) or not any(isinstance(part, Symbol | Gradient) for part in postorder(tree))


def _present(reader: Reader, output: Symbol, wrt: Symbol, gradients: dict[Gradient, Tree], last: Tree) -> Derivation:
    """The equations of a derivation."""
    values, passed, last = _without_trifles(reader.definitions, gradients, last, output)
    assembled = substitute(last, _without_names(passed), build)
    whole = substitute(assembled, _without_names(values), build)
    sides = [last]
    if assembled is not last and size(assembled) <= SHORT:
        sides.append(assembled)
    scalars = all(part.shape == () for tree in values.values() for part in postorder(tree))
    if whole is not assembled and size(whole) <= SHORT and scalars:
        sides.append(whole)
    equations: list[tuple[Tree, tuple[Tree, ...]]] = [
        *((symbol, (tree,)) for symbol, tree in values.items()),
        *((gradient, (tree,)) for gradient, tree in passed.items()),
        (Gradient(wrt), tuple(sides)),
        (Gradient(wrt), (whole,)),
    ]
    return Derivation(Page(output, equations, reader.values), len(values))
