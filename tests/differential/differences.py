"""Where this package, PyTorch and JAX differ, and who is right. ``docs/differences.md`` shows it, tests assert it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

nan, inf = float("nan"), float("inf")

LIMIT = "here, by finite differences"
BETWEEN = "between the one-sided derivatives"
CONVENTION = "a convention"


@dataclass(frozen=True)
class Difference:
    """A gradient that differs, of the sum of a function's outputs.

    title   what it is of, as NumPy code
    f       from a namespace with NumPy's names, and inputs, to the output
    at      the inputs
    ours, torch, jax   the gradient with respect to the first input; None where the package has none
    right   LIMIT: ours is what finite differences tend to; BETWEEN: there is no derivative, and ours lies between the
            one-sided ones; CONVENTION: neither helps, and ``why`` says why it is what it is
    why     the argument
    order   of the derivative; the second is along a direction of ones
    by_torch, by_jax   how these say ``f``, where they say it otherwise
    """

    title: str
    f: Callable
    at: list
    ours: Any
    torch: Any
    jax: Any
    right: str
    why: str
    order: int = 1
    by_torch: Callable | None = None
    by_jax: Callable | None = None

    def of(self, peer: str) -> Callable:
        """The function of a peer's namespace and the inputs."""
        return {"torch": self.by_torch, "jax": self.by_jax}.get(peer) or self.f


def named(name: str) -> Callable:
    """The function of this name, in any namespace."""
    return lambda m, *inputs: attrgetter(name)(m)(*inputs)


DIFFERENCES = [
    Difference("np.abs(0.0)", named("abs"), [0.0], 0, 0, 1, BETWEEN, "0 is the middle of -1 and 1"),
    Difference("tg.leaky_relu(0.0)", lambda m, x: m.nn.leaky_relu(x, 0.01), [0.0], 0.01, 0.01, 1, BETWEEN,
               "as for `relu`, whose gradient at 0 is that of its left side in all three"),
    Difference("np.fmax(1.0, 1.0)", named("fmax"), [1.0, 1.0], 0.5, 1, 0, BETWEEN,
               "a tie is split, as all three split that of `np.maximum`"),
    Difference("np.fmin(1.0, 1.0)", named("fmin"), [1.0, 1.0], 0.5, 1, 0, BETWEEN,
               "a tie is split, as all three split that of `np.minimum`"),
    Difference("np.maximum(nan, 1.0)", named("maximum"), [nan, 1.0], 1, 1, 0, CONVENTION,
               "the result is the NaN that came in as x; PyTorch sends the gradient to both inputs"),
    Difference("np.clip([0., 1., .5], 0, 1)", lambda m, x: m.clip(x, 0.0, 1.0), [[0.0, 1.0, 0.5]], [1, 1, 1], [1, 1, 1],
               [0.5, 0.5, 1], BETWEEN, "a value at its bound was not changed"),
    Difference("np.linalg.norm([0., 0.])", lambda m, x: m.linalg.norm(x), [[0.0, 0.0]], [0, 0], [0, 0], [nan, nan],
               BETWEEN, "0 is the subgradient of least length"),
    Difference("np.std([2., 2., 2.])", lambda m, x: m.std(x), [[2.0, 2.0, 2.0]], [0, 0, 0], [0, 0, 0], [nan, nan, nan],
               BETWEEN, "a standard deviation is the norm of what is left of the mean; see there",
               by_torch=lambda t, x: t.std(x, correction=0)),
    Difference("np.hypot(0.0, 0.0)", named("hypot"), [0.0, 0.0], 0, nan, 0.5, BETWEEN, "a norm; see there"),
    Difference("np.arctan2(0.0, 0.0)", named("arctan2"), [0.0, 0.0], 0, 0, nan, CONVENTION,
               "an angle has no derivative at the origin: 0 keeps NaN out of the rest"),
    Difference("np.angle(0j)", named("angle"), [0j], 0, 0, complex(nan, nan), CONVENTION, "as `np.arctan2`"),
    Difference("np.power(0.0, 0.0), for x", lambda m, x, y: x**y, [0.0, 0.0], 0, 0, nan, LIMIT,
               "`x**0` is 1 for all x"),
    Difference("np.sinc(0.0), twice", named("sinc"), [0.0], -np.pi**2 / 3, nan, -np.pi**2 / 3, LIMIT,
               "the parabola at the top of the arc", order=2),
    Difference("np.i0(0.0), twice", named("i0"), [0.0], 0.5, 0.5, 0, LIMIT, "I0(x) is 1 + x²/4 + ...", order=2),
    Difference("np.linalg.det([[1., 2.], [2., 4.]])", named("linalg.det"), [[[1.0, 2.0], [2.0, 4.0]]],
               [[4, -2], [-2, 1]], [[0, 0], [0, 0]], [[4, -2], [-2, 1]], LIMIT,
               "the gradient of a determinant is the matrix of cofactors, which a singular matrix has too"),
    Difference("np.median([1., 2., 3., 4.])", named("median"), [[1.0, 2.0, 3.0, 4.0]], [0, 0.5, 0.5, 0], [0, 1, 0, 0],
               [0, 0.5, 0.5, 0], LIMIT, "the median is the mean of the two in the middle; PyTorch's is the lower one"),
    Difference("np.sign(3 + 4j)", named("sign"), [3 + 4j], 0.128 - 0.096j, 0.128 - 0.096j, 0, LIMIT,
               "z / |z| turns as z turns, so it is not constant; in NumPy 2 and JAX, `sign` is this, in PyTorch `sgn`",
               by_torch=named("sgn")),
    Difference("np.copysign(0.0, -1.0)", named("copysign"), [0.0, -1.0], 0, 0, -1, BETWEEN, "-|x|; see `np.abs`"),
    Difference("np.maximum.accumulate([1., 1.])", named("maximum.accumulate"), [[1.0, 1.0]], [2, 0], [1, 1],
               [1.5, 0.5], BETWEEN, "the second value is a maximum of two that tie: here the first of them",
               by_torch=lambda t, x: t.cummax(x, 0)[0]),
    Difference("np.unique([2., 1.])", named("unique"), [[2.0, 1.0]], [1, 1], None, [0, 0], LIMIT,
               "each value is one of the elements"),
    Difference("np.logaddexp(inf, inf)", named("logaddexp"), [inf, inf], 0.5, nan, 1, CONVENTION,
               "equal arguments have equal shares, which add up to 1"),
    Difference("scipy.special.spence(1.0)", named("special.spence"), [1.0], -1, None, 0, LIMIT,
               "the derivative is log(x) / (1 - x)"),
    Difference("scipy.special.spence(1.5)", named("special.spence"), [1.5], -2 * np.log(1.5), None, nan, LIMIT,
               "the derivative is log(x) / (1 - x)"),
]  # fmt: skip


def rendered() -> str:
    """The table of the page, a line for each difference."""
    lines = ["| gradient of | here | PyTorch | JAX | who is right | why |", "|---|---|---|---|---|---|"]
    for each in DIFFERENCES:
        found = [_shown(value) for value in (each.ours, each.torch, each.jax)]
        right = each.right
        lines.append(f"| `{each.title}` | {' | '.join(found)} | {right} | {each.why} |")
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    if value is None:
        return "has none"
    return "`" + np.array2string(np.asarray(value), precision=3, separator=", ").replace("\n", "") + "`"
