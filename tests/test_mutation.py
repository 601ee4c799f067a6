"""The checks bite: they kill mutants of rules and of the engine. ``python tests/mutation.py`` breaks all rules."""

import mutation
import numpy as np
import pytest
from mutation import helpers_of, killer_of, mutants_of, noticed_by, rules_of

from tensorgraph.core import OPS


def survivors(target):
    return [m.change for m in mutants_of(target.function, target.title) if killer_of(m, target) is None]


@pytest.mark.parametrize("key", [np.tanh, np.divide, "affine", "mse_loss"])
def test_mutants_of_rules_are_killed(key):
    for target in rules_of(OPS[key]):
        assert survivors(target) == []


def test_mutants_of_helpers_are_killed():
    (helper,) = helpers_of([OPS[np.maximum]])
    assert helper.title == "share"
    assert survivors(helper) == []


@pytest.mark.parametrize("change", mutation.ENGINE, ids=lambda change: change[-1])
def test_mutants_of_the_engine_are_killed(change):
    ops = [OPS["batchnorm"], OPS[np.multiply], OPS["where"]]
    assert mutation.killer_of_engine_mutant(*change[:3], ops) is not None


def test_what_is_right_or_equivalent_survives():
    op = OPS[np.arctan2]
    assert noticed_by(op) is None
    known = {change for group in mutation.EQUIVALENT.values() for change in group}
    found = [change for target in rules_of(op) for change in survivors(target)]
    assert len(found) == 4
    assert set(found) <= known
    assert noticed_by(op) is None  # and the right rules are back in their place


def test_enough_ways_to_break_a_rule():
    weight = rules_of(OPS["affine"])[1]
    assert [m.change for m in mutants_of(weight.function, "dW")] == [
        "dW: mbda g, x: rows(x).T[ @ g -> ]",
        "dW: lambda g, x: [rows(x).T @  -> ]g",
        "dW: lambda g, x: [rows(x).T @ g -> g @ rows(x).T]",
        "dW: lambda g, x: rows(x)[.T -> ] @ g",
        "dW: a g, x: rows(x).T @ [g -> x]",
        "dW: lambda g, x: [rows(x) -> x].T @ g",
        "dW: lambda g, x: rows([x -> g]).T @ g",
        "dW: lambda g, x: [rows(x).T @ g -> -(rows(x).T @ g)]",
        "dW: g, x: rows(x).T @ g[ ->  * 1.001]",
    ]
