"""Value, gradient, and second derivative along a direction: by this package, by PyTorch, and by JAX.

All give them in PyTorch's convention: the gradient with respect to complex numbers is the direction of steepest ascent.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tensorgraph as tg
from tensorgraph import Tensor

from .rows import Names

try:
    import scipy.special as special
except ImportError:
    special = None


class Found(NamedTuple):
    """What one package gives, as lists of arrays.

    values  the outputs
    first   the gradient of each input, from the cotangents of the outputs
    second  the gradient of each input, of ``first`` times its direction
    """

    values: list[np.ndarray]
    first: list[np.ndarray]
    second: list[np.ndarray]


Cotangents = Callable[[list[np.ndarray]], list[np.ndarray]]
"""From the outputs to a gradient for each of those that are not integers."""


def parts(out: Any) -> list:
    """The outputs of a function that gives one or several."""
    return list(out) if isinstance(out, tuple | list) else [out]


def carrying(outputs: list) -> list:
    """The outputs that gradients flow through."""
    return [y for y in outputs if np.dtype(str(y.dtype).removeprefix("torch.")).kind in "fc"]


class Ours:
    """This package, on NumPy's functions."""

    names = Names(np, special, tg)

    def run(self, f: Callable, inputs: list, cotangents: list | Cotangents, directions: list, second: bool) -> Found:
        tensors = [Tensor(x) for x in inputs]
        values = [np.asarray(tg.core.plain(y)) for y in parts(f(*tensors))]
        seeds = cotangents(values) if callable(cotangents) else cotangents

        def first(*xs: Tensor) -> tuple:
            _, pullback = tg.vjp(lambda *xs: carrying(parts(f(*xs))), *xs)
            return pullback(seeds)

        gradients, pullback = tg.vjp(first, *tensors)
        found = pullback(tuple(directions)) if second else []
        return Found(values, [g.numpy() for g in gradients], [h.numpy() for h in found])


class Torch:
    """PyTorch."""

    def __init__(self) -> None:
        import torch

        self.torch = torch
        self.names = Names(torch, torch.special, torch.nn.functional)

    def run(self, f: Callable, inputs: list, cotangents: list, directions: list, second: bool) -> Found:
        torch = self.torch
        xs = [torch.tensor(np.array(x), requires_grad=True) for x in inputs]
        values = parts(f(*xs))
        outputs = carrying(values)
        seeds = [torch.tensor(np.array(w), dtype=y.dtype) for y, w in zip(outputs, cotangents, strict=True)]
        first = self.gradients(outputs, xs, seeds, create_graph=second)
        found = self.gradients(first, xs, [torch.tensor(np.array(d)) for d in directions]) if second else []
        return Found(*[[y.numpy(force=True) for y in ys] for ys in (values, first, found)])

    def gradients(self, outputs: list, inputs: list, seeds: list, create_graph: bool = False) -> list:
        pairs = [(y, w) for y, w in zip(outputs, seeds, strict=True) if y.requires_grad]
        found = [None] * len(inputs)
        if pairs:
            outputs, seeds = zip(*pairs)
            found = self.torch.autograd.grad(outputs, inputs, seeds, create_graph=create_graph, allow_unused=True)
        return [self.torch.zeros_like(x) if g is None else g for x, g in zip(inputs, found)]


class Jax:
    """JAX, in double precision. Its gradients with respect to complex numbers are the conjugates of the others'."""

    def __init__(self) -> None:
        os.environ.setdefault(
            "XLA_FLAGS", "--xla_backend_optimization_level=0"
        )  # each shape is compiled once, run once
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax
        import jax.scipy.special

        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        self.names = Names(jax.numpy, jax.scipy.special, jax.nn)

    def run(self, f: Callable, inputs: list, cotangents: list, directions: list, second: bool) -> Found:
        jax, conj = self.jax, self.jax.numpy.conj

        def first(xs: list, seeds: list) -> tuple:
            values, pullback = jax.vjp(lambda *xs: parts(f(*xs)), *xs)
            left, nothing = iter(seeds), jax.dtypes.float0
            given = [conj(next(left)).astype(y.dtype) if carrying([y]) else np.zeros(y.shape, nothing) for y in values]
            return [conj(g) for g in pullback(given)], values

        def both(xs: list, seeds: list, directions: list) -> tuple:
            if not second:
                return *first(xs, seeds), []
            gradients, pullback, values = jax.vjp(lambda xs: first(xs, seeds), xs, has_aux=True)
            (found,) = pullback([conj(d) for d in directions])
            return gradients, values, [conj(h) for h in found]

        given = [[np.array(x) for x in arrays] for arrays in (inputs, cotangents, directions)]
        try:
            gradients, values, found = jax.jit(both)(*given)
        except jax.errors.ConcretizationTypeError:  # the shape of the result depends on the numbers
            gradients, values, found = both(*[[jax.numpy.asarray(x) for x in arrays] for arrays in given])
        return Found(*[[np.asarray(y) for y in ys] for ys in (values, gradients, found)])
