"""Values, gradients and second derivatives of NumPy's functions, as PyTorch and JAX give them.

Hypothesis draws the shapes, keywords, dtypes and layouts, the same ones in each run. Values lie away from ties and
singular points; those are in ``test_differences``.
"""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from . import peers
from .drawing import LAYOUTS, values
from .tables import ROWS

EXAMPLES = {"torch": 12, "jax": 3}  # JAX compiles every function for every shape
TOLERANCE = {"f4": 2e-3, "f8": 1e-8, "c16": 1e-8}
QUIET = settings(
    derandomize=True, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


def dtypes_for(row, peer, shapes):
    """One dtype for each input."""
    kinds, count = st.sampled_from(["f8", "f4", "c16"] if peer in row.complex else ["f8", "f4"]), len(shapes)
    if not row.mixed or () in shapes:  # an array without axes widens others in NumPy, and does not in PyTorch
        return kinds.map(lambda kind: [kind] * count)
    return st.one_of(kinds.map(lambda kind: [kind] * count), st.lists(kinds, min_size=count, max_size=count))


def compare(row, name, peer, data):
    shapes, keywords = data.draw(row.draws)
    dtypes = data.draw(dtypes_for(row, name, shapes))
    layouts = [LAYOUTS[data.draw(st.sampled_from(sorted(LAYOUTS)))] for _ in range(2)]
    random = np.random.default_rng(data.draw(st.integers(0, 999)))
    domains = [row.domain] * len(shapes) if isinstance(row.domain, str) else row.domain
    inputs = [values(random, *each) for each in zip(shapes, domains, dtypes, strict=True)]
    directions = [values(random, x.shape, "normal", x.dtype) for x in inputs]
    seeds = []

    def cotangents(outputs):
        seeds.extend(values(random, y.shape, "normal", y.dtype) for y in peers.carrying(outputs))
        return [layouts[1](w) for w in seeds]

    second = name in row.second
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what each of them warns of is its own affair
        ours = run(
            row, "numpy", peers.Ours(), keywords, [layouts[0](x) for x in inputs], cotangents, directions, second
        )
        theirs = run(row, name, peer, keywords, inputs, seeds, directions, second)
    tolerance = max(TOLERANCE[dtype] for dtype in dtypes)
    for what, scale in (("values", 0.1), ("first", 1), ("second", 10)):
        for found, expected in zip(getattr(ours, what), getattr(theirs, what), strict=True):
            check(f"{row.name}: {what}", found, expected, scale * tolerance)
    for x, *derivatives in zip(inputs, ours.first, *[ours.second] * second):
        assert {d.dtype for d in derivatives} == {x.dtype}


def run(row, name, peer, keywords, *rest):
    f = row.of(name, peer.names)
    return peer.run(lambda *xs: f(*xs, **keywords), *rest)


def check(what, found, expected, tolerance):
    assert found.shape == expected.shape, f"{what} has shape {found.shape} for {expected.shape}"
    if found.size:
        atol = tolerance * max(1.0, np.max(abs(np.nan_to_num(expected))))
        np.testing.assert_allclose(found, expected, 0, atol, err_msg=what)


def names(row):
    return row.name


@pytest.mark.parametrize("row", [row for row in ROWS if row.has("torch")], ids=names)
def test_torch(row, torch):
    @settings(QUIET, max_examples=EXAMPLES["torch"])
    @given(st.data())
    def agree(data):
        compare(row, "torch", torch, data)

    agree()


@pytest.mark.parametrize("row", [row for row in ROWS if row.has("jax")], ids=names)
def test_jax(row, jax):
    @settings(QUIET, max_examples=EXAMPLES["jax"])
    @given(st.data())
    def agree(data):
        compare(row, "jax", jax, data)

    agree()


def test_there_are_two_hundred_functions():
    compared = {row.name for row in ROWS if row.has("torch") or row.has("jax")}
    assert len(compared) >= 200
    assert len(compared) == len({row.name for row in ROWS})
