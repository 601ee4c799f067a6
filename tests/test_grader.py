"""The grader names the mistakes of a corpus of students, and raises no alarm at those who are right."""

import inspect
import random
import sys
import textwrap

import grader_corpus
import numpy as np
import pytest
from grader_corpus import right_ones, wrong_affine, wrong_batchnorm, wrong_dropout_losses, wrong_rules, wrong_sandwiches

import tensorgraph as tg
from tensorgraph.cli import main
from tensorgraph.errors import ArgumentError, DTypeError, FileError
from tensorgraph.explain import grade, grade_file
from tensorgraph.explain.grader.generic import GENERIC
from tensorgraph.explain.grader.grade import LAYERS, LOSSES, RULES
from tensorgraph.explain.grader.judge import Sample, judge
from tensorgraph.explain.grader.rule_suspects import SUSPECTS
from tensorgraph.testing import Draw

CORPUS = (wrong_affine, wrong_batchnorm, wrong_dropout_losses, wrong_rules, wrong_sandwiches, right_ones)


def graded(student, **options):
    """The reports on everything that a student handed in."""
    found = []
    for name, function in vars(student).items():
        layer = name.removesuffix("_forward")
        if name.endswith("_forward"):
            backward = vars(student)[f"{layer}_backward"]
            found.append(grade(function, backward, layer=layer if layer in LAYERS else None, **options))
        elif name in LOSSES or name in RULES:
            found.append(grade(function, layer=name, **options))
    assert found
    return found


def named(reports):
    return {finding.where: finding.mistake for report in reports for finding in report.findings}


def title(value):
    return value.__name__ if isinstance(value, type) else ""


# The corpus


@pytest.mark.parametrize("student, mistakes", grader_corpus.WRONG, ids=title)
def test_mistakes_are_named(student, mistakes):
    reports = graded(student)
    assert named(reports) == mistakes
    assert [report.verdict for report in reports] == ["wrong"]
    for finding in reports[0].findings:
        assert finding.sentence and finding.evidence and finding.hint
        assert f"[{finding.mistake}]" in str(reports[0]).replace("\n", " ")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_names_do_not_depend_on_what_is_drawn(seed):
    for student, mistakes in grader_corpus.WRONG:
        assert named(graded(student, seed=seed)) == mistakes, student


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("student", grader_corpus.RIGHT, ids=title)
def test_no_false_alarm(student, dtype):
    for report in graded(student, dtype=dtype):
        assert report.right, str(report)
        assert report.compared


def test_no_false_alarm_on_many_draws():
    for student in grader_corpus.RIGHT:
        for seed in range(1, 20):
            for report in graded(student, seed=seed):
                assert report.right, str(report)


def test_the_corpus_is_large():
    assert len(grader_corpus.WRONG) >= 70
    assert len({mistake for _, named in grader_corpus.WRONG for mistake in named.values()}) >= 50
    assert sum(len(graded(student)) for student in grader_corpus.RIGHT) >= 30


# The tables: what a suspect predicts is named as its mistake


def samples_of(layer, where, predict):
    """What a student with a mistake has for one result, on all batches of a layer."""
    samples = []
    for number, case in enumerate(layer.cases(Draw(np.float64, 0))):
        x, out = case.args[0], None
        if layer.name == "dropout":
            keep = case.args[1]["p"]
            out = x * (np.arange(x.size).reshape(x.shape) % 3 > 0) / keep if keep < 1 else x
        p = layer.pieces(case, out)
        for result in p.right:
            if case.named(result) == where:
                samples.append(Sample(result, np.asarray(predict(p)), p, "a batch", case, number))
    return samples


ALL_SUSPECTS = [
    pytest.param(layer, suspect, where, id=f"{layer.name}-{where}-{suspect.mistake}")
    for layer in (*LAYERS.values(), *LOSSES.values())
    for suspect in layer.suspects
    for where in suspect.where.split(", ")
]


@pytest.mark.parametrize("layer, suspect, where", ALL_SUSPECTS)
def test_every_suspect_is_named(layer, suspect, where):
    with np.errstate(all="ignore"):
        samples = samples_of(layer, where, suspect.predict)
        finding = judge(where, samples, layer.suspects)
    assert samples
    if finding is None:
        assert layer.name == "affine_batchnorm_relu"
        assert where == "db" or suspect.mistake in ("bias-forgotten", "bias-subtracted", "passes-at-zero"), NO_EFFECT
    else:
        assert finding.mistake in (suspect.mistake, SAME_VALUES.get(suspect.mistake))


NO_EFFECT = "a bias before batch normalization moves nothing; no gradient passes a gamma of 0"
SAME_VALUES = {
    "mask-forgotten": "relu-skipped",  # of a sandwich
    "mean-path-missing": "statistics-as-constants",  # in the bias before a batch normalization
}


@pytest.mark.parametrize("name", SUSPECTS)
def test_every_wrong_rule_is_named(name):
    for suspect in SUSPECTS[name]:
        report = grade(suspect.rule, layer=name)
        assert [f.mistake for f in report.findings] == [suspect.mistake]


def test_a_suspect_and_a_factor_besides():
    def relu_forward(x):
        return np.maximum(x, 0), x

    def relu_backward(dout, cache):
        return 3 * dout * (cache >= 0)

    (finding,) = grade(relu_forward, relu_backward).findings
    assert finding.mistake == "passes-at-zero"
    assert finding.sentence == "the gradient passes where x is exactly 0; besides, it is 3 times what that gives"
