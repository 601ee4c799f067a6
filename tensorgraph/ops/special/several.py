"""Functions of several results. One op has them side by side along a new first axis; callers get them one by one."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ...core import Tensor, implements, op, samples_of
from ...errors import NotDifferentiableError
from .elliptic import ellipkinc_slope
from .rows import NUMERICALLY, nonzero, normal, number, positive, share, special

# For each input the derivatives of all results, from the inputs and the results; None where SciPy has none.

SLOPES: dict[str, list] = {
    "airy": [lambda z, ai, aip, bi, bip: (aip, z * ai, bip, z * bi)],
    "itairy": [
        lambda x, *integrals: (
            special.airy(x)[0],
            special.airy(x)[2],
            special.airy(-x)[0],
            special.airy(-x)[2],
        )
    ],
    "sici": [lambda x, si, ci: (np.sin(x) / x, np.cos(x) / x)],
    "shichi": [lambda x, shi, chi: (np.sinh(x) / x, np.cosh(x) / x)],
    "fresnel": [lambda x, s, c: (np.sin(np.pi / 2 * x * x), np.cos(np.pi / 2 * x * x))],
    "itj0y0": [lambda x, j, y: (special.j0(x), special.y0(x))],
    "iti0k0": [lambda x, i, k: (special.i0(x), special.k0(x))],
    "it2j0y0": [lambda x, j, y: ((1 - special.j0(x)) / x, -special.y0(x) / x)],
    "it2i0k0": [lambda x, i, k: ((special.i0(x) - 1) / x, -special.k0(x) / x)],
    "pbdv": [None, lambda v, x, d, dp: (dp, (x * x / 4 - v - 0.5) * d)],
    "pbvv": [None, lambda v, x, d, dp: (dp, (x * x / 4 - v - 0.5) * d)],
    "pbwa": [None, lambda a, x, w, wp: (wp, (a - x * x / 4) * w)],
    "ellipj": [
        lambda u, m, sn, cn, dn, ph: (cn * dn, -sn * dn, -m * sn * cn, dn),
        lambda u, m, sn, cn, dn, ph: ellipj_slopes_by_m(u, m, sn, cn, dn, ph),
    ],
}

DOMAINS = {
    "airy": [normal], "itairy": [nonzero], "sici": [positive], "shichi": [positive],
    "fresnel": [normal], "itj0y0": [positive], "iti0k0": [positive], "it2j0y0": [positive],
    "it2i0k0": [positive], "pbdv": [number(1.5), normal], "pbvv": [number(1.5), normal],
    "pbwa": [number(0.5), normal], "ellipj": [nonzero, share],
}  # fmt: skip


def ellipj_slopes_by_m(u, m, sn, cn, dn, ph):
    """By the derivative of the amplitude, which ellipkinc(ph, m) = u gives."""
    turned = -dn * ellipkinc_slope(ph, m, u)
    return cn * turned, -sn * turned, -(sn * sn + 2 * m * sn * cn * turned) / (2 * dn), turned


@op()
def results_of(x, y, function):
    """All results of a function, named, of one or two inputs, along a new first axis."""
    run = getattr(special, function)
    return np.stack(run(x) if y is None else run(x, y))


@results_of.grad("x")
def results_of_dx(g, x, y, function, out):
    return _weighted(g, SLOPES[function][0], x, y, out)


@results_of.grad("y")
def results_of_dy(g, x, y, function, out):
    return _weighted(g, SLOPES[function][1], x, y, out)


def _weighted(g, slopes, x, y, out):
    """The sum over all results of their gradients times their derivatives."""
    inputs = (x,) if y is None else (x, y)
    total = 0
    for i, slope in enumerate(slopes(*inputs, *[out[k] for k in range(len(out))])):
        total = total + g[i] * slope
    return total


def _one_by_one(function: str, x: Any, y: Any = None) -> tuple:
    for place, value in enumerate((x, y)):
        if isinstance(value, Tensor) and value.requires_grad and SLOPES[function][place] is None:
            raise NotDifferentiableError(
                f"{function}: there is no gradient with respect to its first input, which requires one. " + NUMERICALLY
            )
    packed = results_of(x, y, function)
    return tuple([packed[i] for i in range(len(packed))])


def _calls(function, n, draw):
    """Calls of a function from its domains: equal shapes, none, and shapes that broadcast."""
    domains = DOMAINS[function]
    yield tuple([domain(draw, n, 3) for domain in domains])
    yield tuple([domain(draw) for domain in domains])
    if len(domains) > 1:
        yield tuple([domain(draw, *shape) for domain, shape in zip(domains, ((n, 1), (2, 1, 3)))])


for each in SLOPES:
    composed = implements(getattr(special, each))(functools.partial(_one_by_one, each))
    samples_of(composed)(functools.partial(_calls, each))


@results_of.samples
def _(n, draw):
    yield positive(draw, n, 2), None, "airy"
    yield from [(*call, "ellipj") for call in _calls("ellipj", n, draw)]
