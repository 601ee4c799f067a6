"""What all gradients have in common: pullbacks are linear, forward and reverse mode are transposes of each other,
inverse functions have inverse Jacobians, and the Jacobian of a composition is the product of Jacobians.

On every op, and every NumPy function that runs on tensors, by the samples that they are tested on. Hypothesis draws
what is random in them, the same in each run.
"""

from functools import cache, reduce

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from inverses import ONE_SIDED, PAIRS, RECONSTRUCTIONS, draw_from
from numpy.exceptions import ComplexWarning

import tensorgraph as tg
from tensorgraph.core import NUMPY, OPS, Op, Tensor
from tensorgraph.core.registry import numpy_name
from tensorgraph.errors import TensorGraphError
from tensorgraph.testing.case import subject
from tensorgraph.testing.compare import gradients_of, normal_like, outputs_of

ALL = [entry for entry in OPS.values() if isinstance(entry, Op)]
ALL += [function for function, entry in NUMPY.items() if hasattr(entry, "sampler")]
ALIKE = settings(
    derandomize=True, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


def names(of):
    return of.name if isinstance(of, Op) else numpy_name(of)


def inputs_of(case, number, random):
    """The inputs of a case, as real or as complex numbers; None where such numbers have no meaning for its function."""
    if number == "real" or case.asks_for_dtype:
        return case.inputs
    inputs = [x + 0.5j * random.standard_normal(x.shape) for x in case.inputs]
    try:
        case(*inputs)
    except (TensorGraphError, ValueError, TypeError, IndexError, ComplexWarning):
        return None
    try:
        case(*map(Tensor, inputs))
    except TensorGraphError:
        return None
    return inputs


CALLS = st.tuples(st.integers(1, 3), st.integers(0, 99), st.sampled_from(["real", "complex"]))


def cases(of, drawn):
    """The cases of a function, each with its inputs and a source of random numbers."""
    size, seed, number = drawn
    random = np.random.default_rng(seed)
    for case in subject(of).cases(size, np.float64, seed):
        inputs = inputs_of(case, number, random)
        if inputs:
            yield case, inputs, random


def close(found, expected, what, tolerance=1e-10):
    for a, b in zip(found, expected, strict=True):
        scale = max(1.0, np.max(abs(np.asarray(b)), initial=0))
        np.testing.assert_allclose(a, b, 0, tolerance * scale, err_msg=what)


def dot(these, those):
    """The inner product of two lists of arrays, of which complex numbers are the pairs of their parts."""
    return sum(np.sum(a.conj() * b).real for a, b in zip(these, those, strict=True))


@pytest.mark.parametrize("of", ALL, ids=names)
def test_pullbacks_are_linear(of):
    @settings(ALIKE, max_examples=3)
    @given(CALLS, st.floats(-3, 3), st.floats(-3, 3))
    def linear(drawn, a, b):
        for case, inputs, random in cases(of, drawn):
            outputs = outputs_of(case, inputs)
            u, v = ([normal_like(y, random) for y in outputs] for _ in range(2))
            both = [np.asarray(a * g + b * h, g.dtype) for g, h in zip(u, v)]
            parts = zip(gradients_of(case, inputs, u), gradients_of(case, inputs, v))
            expected = [a * np.asarray(g.data) + b * np.asarray(h.data) for g, h in parts]
            close([g.data for g in gradients_of(case, inputs, both)], expected, case.title)

    linear()


@pytest.mark.parametrize("of", ALL, ids=names)
def test_forward_mode_is_the_transpose_of_reverse_mode(of):
    """<u, J v> = <J^T u, v>."""

    @settings(ALIKE, max_examples=3)
    @given(CALLS)
    def transposed(drawn):
        for case, inputs, random in cases(of, drawn):
            u = [normal_like(y, random) for y in outputs_of(case, inputs)]
            v = [normal_like(x, random) for x in inputs]
            _, pushed = tg.jvp(case, tuple(inputs), tuple(v))
            pulled = [g.data for g in gradients_of(case, inputs, u)]
            expected, size = dot(u, pushed), dot(u, u) + dot(pushed, pushed)
            np.testing.assert_allclose(dot(pulled, v), expected, 1e-9, 1e-10 * (1 + size), err_msg=case.title)

    transposed()


# Inverse functions


def jacobian(f, x):
    """The Jacobian of ``f`` at ``x``, as a matrix."""
    x = np.asarray(x)
    rows = tg.jacobian(f)(x)
    return rows.reshape(-1, x.size)


@pytest.mark.parametrize("pair", PAIRS + ONE_SIDED, ids=lambda pair: pair[0])
def test_jacobians_of_inverse_functions_are_inverse(pair):
    name, f, inverse, shape, domain = pair

    @settings(ALIKE, max_examples=3)
    @given(st.integers(0, 99))
    def inverses(seed):
        x = draw_from(domain, shape, seed)
        y = f(x)
        close([inverse(y)], [x], f"{name}: the inverse gives back what it was of", 1e-9)
        there, back = jacobian(f, x), jacobian(inverse, y)
        close([back @ there], [np.eye(x.size)], name, 1e-8)
        if pair in PAIRS:
            close([there @ back], [np.eye(x.size)], name, 1e-8)

    inverses()


@pytest.mark.parametrize("factors", RECONSTRUCTIONS, ids=lambda factors: factors[0])
def test_factors_put_together_have_the_jacobian_of_the_identity(factors):
    name, f, shape, domain = factors

    @settings(ALIKE, max_examples=3)
    @given(st.integers(0, 99))
    def identity(seed):
        x = draw_from(domain, shape, seed)
        close([f(x)], [x], name, 1e-9)
        close([jacobian(f, x)], [np.eye(x.size)], name, 1e-8)

    identity()


# The chain rule


class Link:
    """A case of a function, as one of a chain: a function of one vector.

    How the elements of the vector change is added to the elements of the case's own inputs, one to each at random. So
    each function of a chain is asked where it is smooth. What goes out is scaled: derivatives stay of one size.
    """

    def __init__(self, case):
        self.case, self.scale = case, 1.0

    def start(self, v, random):
        """Set the point that the link is at, and give its value there."""
        self.at = np.array(v)
        self.places = [random.integers(v.size, size=x.shape) for x in self.case.inputs]
        self.jacobian = jacobian(self, self.at)
        size = np.sqrt(np.mean(self.jacobian**2) * max(self.jacobian.shape))
        self.scale = 1 / size if size > 1e-6 else 1.0
        self.jacobian = self.jacobian * self.scale
        return np.asarray(self(self.at))

    def __call__(self, v):
        change = v - self.at
        inputs = [x + change[places] for x, places in zip(self.case.inputs, self.places)]
        outputs = self.case(*inputs)
        outputs = [part for y in outputs for part in ([y.real, y.imag] if y.dtype.kind == "c" else [y])]
        outputs = [np.reshape(part, (-1,)) for part in outputs]
        return np.concatenate(outputs) * self.scale


@cache
def links():
    """The cases that a chain can have: all of the registry, of one size, that are not too large."""
    found = [case for of in ALL for case in subject(of).cases(2, np.float64, 0) if not case.asks_for_dtype]
    return [case for case in found if case.inputs and 0 < sum(y.size for y in outputs_of(case, case.inputs)) <= 40]


@settings(ALIKE, max_examples=300)
@given(st.data())
def test_chain_rule(data):
    chosen = data.draw(st.lists(st.sampled_from(links()), min_size=2, max_size=8))
    random = np.random.default_rng(data.draw(st.integers(0, 999)))
    chain = [Link(case) for case in chosen]
    start = random.standard_normal(3)
    value = start
    for link in chain:
        value = link.start(value, random)
    assume(np.isfinite(value).all())

    def composed(x):
        return reduce(lambda v, link: link(v), chain, x)

    title = " then ".join(link.case.title for link in chain)
    product = reduce(lambda done, link: link.jacobian @ done, chain, np.eye(3))
    weights, direction = random.standard_normal(value.size), random.standard_normal(3)
    _, pullback = tg.vjp(composed, start)
    (gradient,) = pullback(weights)
    size = max(1e-3, np.max(abs(product)))
    np.testing.assert_allclose(gradient, weights @ product, 1e-9, 1e-9 * size, err_msg=title)
    _, pushed = tg.jvp(composed, (start,), (direction,))
    np.testing.assert_allclose(pushed, product @ direction, 1e-9, 1e-9 * size, err_msg=title)
    step = 1e-5
    difference = (composed(start + step * direction) - composed(start - step * direction)) / (2 * step)
    noise = 1e-9 * (1 + np.max(abs(value)))
    np.testing.assert_allclose(pushed, difference, 1e-4, 1e-5 * size + noise, err_msg=title)
