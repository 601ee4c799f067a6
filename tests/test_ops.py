"""Every op and every NumPy function that runs on tensors passes every kind of check. Generated from the registry."""

import numpy as np
import pytest
import scipy.special  # noqa: F401 - so that its functions are among the ops

from tensorgraph.core import NUMPY, OPS, Op
from tensorgraph.core.registry import numpy_name
from tensorgraph.testing import KINDS, check_op
from tensorgraph.testing.case import subject

ALL_OPS = [entry for entry in OPS.values() if isinstance(entry, Op)]
COMPOSED = [function for function, entry in NUMPY.items() if hasattr(entry, "sampler")]


def names(of):
    return of.name if isinstance(of, Op) else numpy_name(of)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("of", ALL_OPS + COMPOSED, ids=names)
def test_check(of, kind):
    assert check_op(of, kind).skipped == 0, "samples stay away from kinks: draw.distinct and draw.nonzero help"


def test_every_op_has_samples():
    assert [op.name for op in ALL_OPS if op.sampler is None] == []
    assert [f.__name__ for f in COMPOSED if NUMPY[f].sampler is None] == []


@pytest.mark.parametrize("op", ALL_OPS, ids=names)
def test_samples_reach_every_rule(op):
    """Each input that has a rule is an input of some sample."""
    cases = list(subject(op).cases(3, np.float64, 0))
    if op.variadic:
        assert max(len(case.inputs) for case in cases) > 1
    else:
        assert {name for case in cases for name in case.names} == {name for inputs in op.rules for name in inputs}
