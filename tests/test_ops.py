"""Every op and every NumPy function that runs on tensors passes every kind of check. Generated from the registry."""

import numpy as np
import pytest

from tensorgraph.core import NUMPY, OPS, Op
from tensorgraph.testing import KINDS, check_op
from tensorgraph.testing.case import subject

ALL_OPS = [entry for entry in OPS.values() if isinstance(entry, Op)]
COMPOSED = [function for function, entry in NUMPY.items() if hasattr(entry, "sampler")]


def names(of):
    return subject(of).name if callable(of) and getattr(OPS.get(of) or NUMPY.get(of) or of, "sampler", None) else str(of)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("of", ALL_OPS + COMPOSED, ids=names)
def test_check(of, kind):
    assert check_op(of, kind).skipped == 0, "samples stay away from kinks: draw.distinct and draw.nonzero help"


def test_every_op_has_samples():
    assert [op.name for op in ALL_OPS if op.sampler is None] == []
    assert [f.__name__ for f in COMPOSED if NUMPY[f].sampler is None] == []


@pytest.mark.parametrize("op", ALL_OPS, ids=names)
def test_samples_reach_every_rule(op):
    """Each input that has a rule is an input of some sample, and its gradient is not zero in all of them."""
    if op.variadic:
        return
    with_rule = {name for inputs in op.rules for name in inputs}
    sampled = {name for case in subject(op).cases(3, np.float64, 0) for name in case.names}
    assert sampled == with_rule
