"""Every callable of NumPy has a state on tensors, named from NumPy's own namespaces."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from tensorgraph.core import NUMPY, OPS, REFUSED, state_of

PAGE = runpy.run_path(str(Path(__file__).parent.parent / "docs/make_coverage.py"))
SPACES = {space: PAGE["callables"](module) for space, module in PAGE["NAMESPACES"].items()}


def dispatches(function):
    """Whether NumPy asks the arguments of a function what it does with them."""
    return isinstance(function, np.ufunc) or hasattr(function, "_implementation")


@pytest.mark.parametrize("space", SPACES)
def test_every_callable_has_a_state(space):
    assert len(SPACES[space]) > 15
    assert [name for name, function in SPACES[space].items() if state_of(function) is None] == []


def test_no_function_has_two_states():
    assert [f.__name__ for f in REFUSED if f in OPS or f in NUMPY] == []


def test_what_has_a_rule_is_asked_by_numpy():
    """A rule for a function that never asks its arguments would be dead code."""
    entries = [f for f in (*OPS, *NUMPY) if callable(f) and str(getattr(f, "__module__", "numpy")).startswith("numpy")]
    assert [f.__name__ for f in entries if not dispatches(f) and state_of(f) == "differentiable"] == []
