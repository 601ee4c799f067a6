"""The grader names the mistakes of a corpus of students, and raises no alarm at those who are right."""

import random
import re
import sys

import course
import grader_corpus
import numpy as np
import pytest
from grader_corpus import right_ones, wrong_affine, wrong_batchnorm, wrong_dropout_losses, wrong_rules, wrong_sandwiches

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.explain import grade
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
        here = [result for result in p.right if case.named(result) == where]
        samples += [Sample(result, np.asarray(predict(p)), p, "a batch", case, number) for result in here]
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


def relu_forward(x):
    return np.maximum(x, 0), x


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_gradients(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def with_dw(change):
    """A backward of affine with something done to dw."""

    def affine_backward(dout, cache):
        dx, dw, db = affine_gradients(dout, cache)
        return dx, change(dw, dout, cache), db

    return affine_backward


def by_row(i):
    return lambda dw, dout, cache: np.outer(cache[0][i].ravel(), dout[i])


@pytest.mark.parametrize(
    "change, mistake, sentence",
    [
        (lambda dw, dout, cache: dw.sum(), "summed-over-everything", "summed over all axes into one number"),
        (by_row(0), "not-accumulated", "only the first example counts"),
        (by_row(-1), "not-accumulated", "only the last example counts"),
        (lambda dw, dout, cache: affine_gradients(dout**2, cache)[1], "upstream-twice", "multiplied in twice"),
        (lambda dw, dout, cache: np.ones_like(dout).T @ cache[0].reshape(len(dout), -1), "wrong-shape", "wrong shape"),
        (lambda dw, dout, cache: dw * 0, "all-zeros", "all zeros"),
        (lambda dw, dout, cache: dw / 0 * 0, "not-finite", "nan or inf"),
        (lambda dw, dout, cache: dw[None], "shape-not-restored", "the values are right, their shape is not"),
        (lambda dw, dout, cache: np.floor(dw), "truncated", "went through integers"),
        (lambda dw, dout, cache: dw.astype(np.float32), "precision-lost", "about 6 digits"),
        (lambda dw, dout, cache: dw * len(dout), "missing-1/N", "N times too large"),
        (lambda dw, dout, cache: dw / len(dout), "extra-1/N", "divided by N once too often"),
        (lambda dw, dout, cache: dw * dout.shape[1], "off-by-a-size", "too large by the number of columns of the"),
        (lambda dw, dout, cache: dw / cache[1].shape[0], "off-by-a-size", "too small by the number of numbers in"),
        (lambda dw, dout, cache: -dw, "sign-flipped", "the wrong sign everywhere"),
        (lambda dw, dout, cache: 0.25 * dw, "constant-factor", "it is 0.25 times what is right"),
        (lambda dw, dout, cache: dw + 1, "differs", "it differs from what is right"),
        (lambda dw, dout, cache: "dw", "missing-gradient", "no array of numbers in its place"),
        (lambda dw, dout, cache: [[1], [1, 2]], "missing-gradient", "no array of numbers in its place"),
    ],
)
def test_mistakes_of_any_layer(change, mistake, sentence):
    (finding,) = grade(affine_forward, with_dw(change)).findings
    assert (finding.where, finding.mistake) == ("dw", mistake)
    assert sentence in finding.sentence


def test_a_mask_as_a_gradient():
    assert named([grade(relu_forward, lambda dout, x: x > 0)]) == {"dx": "upstream-ignored"}


def test_a_suspect_and_a_factor_besides():
    def relu_backward(dout, cache):
        return 3 * dout * (cache >= 0)

    (finding,) = grade(relu_forward, relu_backward).findings
    assert finding.mistake == "passes-at-zero"
    assert finding.sentence == "the gradient passes where x is exactly 0; besides, it is 3 times what that gives"


def test_where_an_unexplained_difference_lies():
    def affine_backward(dout, cache):
        dx, dw, db = affine_gradients(dout, cache)
        dx[0] += 1.0
        return dx, dw, db

    (finding,) = grade(affine_forward, affine_backward).findings
    assert (finding.mistake, finding.where) == ("differs", "dx")
    assert "at [0, 0] it is " in finding.evidence
    assert "largest difference 1; rows 0 are wrong, the other 5 right (wrong on 4 of 4 batches)" in finding.evidence


def test_a_report_in_words():
    def affine_backward(dout, cache):
        dx, dw, db = affine_gradients(dout, cache)
        return dx, dw.T, dout.sum(axis=1)

    report = grade(affine_forward, affine_backward)
    assert report.functions == ("affine_forward", "affine_backward")
    assert (report.name, report.batches, report.compared) == ("affine", 4, ("out", "dx", "dw", "db"))
    assert str(report) == (
        "affine_forward and affine_backward: wrong, against the engine's affine\n"
        "  right: out, dx\n"
        "\n"
        "  dw: this is the transpose of what is right [transposed]\n"
        "      seen:  dw, on x (6, 4), w (4, 3), b (3,): shape (3, 4), right is (4, 3) (wrong on 4 of 4 batches)\n"
        "      hint:  a gradient has the shape of what it belongs to; (A B).T is B.T A.T\n"
        "\n"
        "  db: it is summed over the wrong axis [wrong-axis]\n"
        "      seen:  db, on x (6, 4), w (4, 3), b (3,): shape (6,), right is (3,) (wrong on 4 of 4 batches)\n"
        "      hint:  the batch is axis 0; sum over that, and the shape of the parameter is left"
    )


def test_the_same_mistake_in_several_results_is_told_once():
    def affine_backward(dout, cache):
        return tuple(-g for g in affine_gradients(dout, cache))

    text = str(grade(affine_forward, affine_backward))
    assert text.count("[sign-flipped]") == 1
    assert "  dx, dw, db: it has the wrong sign everywhere [sign-flipped]" in text


# A forward that is wrong, and what follows from it


def test_a_gradient_that_follows_its_wrong_forward():
    def affine_forward(x, w, b):
        return 2 * (x.reshape(len(x), -1) @ w) + b, (x, w)

    def affine_backward(dout, cache):
        dx, dw, db = affine_gradients(dout, cache)
        return 2 * dx, 2 * dw, db

    report = grade(affine_forward, affine_backward)
    assert named([report]) == {"out": "differs"}
    assert [(note.where, note.mistake) for note in report.notes] == [
        ("dx", "follows-the-forward"),
        ("dw", "follows-the-forward"),
    ]
    assert "note: dx, dw: it is the right gradient of what the forward computes" in str(report)


def test_a_gradient_that_is_wrong_beside_its_wrong_forward():
    def relu_forward(x):
        return np.exp(x), np.exp(x)

    report = grade(relu_forward, lambda dout, e: -dout * e)
    assert named([report]) == {"out": "differs", "dx": "sign-flipped"}


# Exceptions and odd results


def test_an_exception_shows_the_students_line():
    def helper(x):
        return x @ x  # here

    def affine_backward(dout, cache):
        return helper(cache[1])

    (finding,) = grade(affine_forward, affine_backward).findings
    assert (finding.where, finding.mistake) == ("affine_backward", "raises")
    line = helper.__code__.co_firstlineno + 1
    assert finding.evidence.startswith("ValueError: matmul: ")
    assert f"; raised at line {line} of test_grader.py: return x @ x  # here; called on x (6, 4)" in finding.evidence
    assert finding.hint.startswith("write the shape of each factor beside it")


def never_assigned(dout, cache):
    if dout is None:
        dx = 0
    return dx


def overflows(dout, cache):
    return overflows(dout, cache)


def leaves(dout, cache):
    sys.exit(3)


@pytest.mark.parametrize(
    "backward, error",
    [
        (never_assigned, "UnboundLocalError"),
        (overflows, "RecursionError"),
        (leaves, "SystemExit"),
        (lambda: 0, "TypeError"),
        (lambda dout, cache: cache.no_such_thing, "AttributeError"),
        (lambda dout, cache: cache[99], "IndexError"),
        (lambda dout, cache: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_any_exception_is_a_finding(backward, error):
    (finding,) = grade(relu_forward, backward).findings
    assert finding.mistake == "raises"
    assert finding.evidence.startswith(error)


class Odd:
    """What becomes no array, and is equal to nothing."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = None

    def __deepcopy__(self, memo):
        raise RuntimeError("no")


ODD = [
    None, 1, 2.5, 1j, "text", b"bytes", [], (), {}, set(), Odd(), object(), np.nan, np.array(None), np.array([]),
    np.array(["a"]), np.zeros((1, 1, 1)), [[1], [1, 2]], (None, None), (1, 2), ("a", Odd()), ({}, []), lambda: 0, int,
    (np.ones(3), Odd()), (np.ones(3), None, None), (x for x in ()), np.ma.masked_array([1.0], [True]),
]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_odd_results_are_findings(value):
    """Whatever functions return, they get a report."""
    for layer in LAYERS:
        names = LAYERS[layer].inputs
        forward = eval(f"lambda {', '.join(names)}: value", {"value": value})
        assert not grade(forward, lambda dout, cache: value, layer=layer).right
    for layer in LOSSES:
        assert not grade(lambda x, y: value, layer=layer).right
    for rule in RULES:
        assert not grade(lambda w, dw, config: value, layer=rule).right
    assert not grade(relu_forward, lambda dout, cache: value).right
    assert not grade(affine_forward, lambda dout, cache: (value, value, value)).right
    assert not grade(lambda x: value, lambda dout, cache: value).right
    assert not grade(lambda x: (x * x, value), lambda dout, cache: value).right
    assert not grade(lambda x: (value, x), lambda dout, cache: cache).right


# Layers that are not known


def swish_forward(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, (x, s)


def swish_backward(dout, cache):
    x, s = cache
    return dout * (s + x * s * (1 - s))


def test_a_layer_of_ones_own():
    report = grade(swish_forward, swish_backward)
    assert report.right
    assert report.reference == "the derivative of your own forward, whose output is not judged"
    assert report.compared == ("dx",)
    wrong = grade(swish_forward, lambda dout, cache: -swish_backward(dout, cache))
    assert named([wrong]) == {"dx": "sign-flipped"}


def test_a_forward_that_tensors_cannot_run():
    def cube_forward(x):
        out = np.zeros(x.shape)
        for index in np.ndindex(*x.shape):
            out[index] = float(x[index]) ** 3
        return out, x

    def cube_backward(dout, cache):
        return dout * 3 * cache**2

    assert grade(cube_forward, cube_backward).right
    wrong = grade(cube_forward, lambda dout, cache: dout * cache**2)
    assert named([wrong]) == {"dx": "constant-factor"}


def test_a_value_that_leaves_the_graph_is_noticed():
    def norm_forward(x):
        length = float(np.sqrt((x * x).sum()))  # of a tensor: a number, whose gradient is lost
        return x / length, (x, length)

    def norm_backward(dout, cache):
        x, length = cache
        return dout / length - x * (dout * x).sum() / length**3

    assert grade(norm_forward, norm_backward).right
    wrong = grade(norm_forward, lambda dout, cache: dout / cache[1])
    assert named([wrong]) == {"dx": "differs"}


def test_inputs_of_ones_own():
    def power_forward(base, exponent=2.0):
        return base**exponent, (base, exponent)

    def power_backward(dout, cache):
        base, exponent = cache
        return dout * exponent * base ** (exponent - 1), dout * np.log(base) * base**exponent

    rng = np.random.default_rng(0)
    batch = rng.uniform(1, 2, (3, 4)), rng.uniform(1, 2, (3, 4))
    report = grade(power_forward, power_backward, inputs=batch)
    assert report.right and report.compared == ("dbase", "dexponent")
    assert named([grade(power_forward, power_backward)]) == {"power_backward": "wrong-number-of-results"}
    assert grade(affine_forward, affine_gradients, inputs=[(np.ones((2, 3)), np.ones((3, 4)), np.ones(4))]).batches == 1
    test = (
        np.ones((4, 2)),
        np.ones(2),
        np.zeros(2),
        {"mode": "test", "running_mean": np.ones(2), "running_var": np.ones(2)},
    )
    homework = right_ones.TheHomeworkRepaired
    report = grade(homework.batchnorm_forward, homework.batchnorm_backward, inputs=[test])
    assert report.right
    assert report.compared == ("out in test mode", "running_mean in test mode", "running_var in test mode")


@pytest.mark.parametrize(
    "draw, mistake, seen",
    [
        (
            lambda x, p: (np.random.rand(*x.shape) > p) / p,
            "p-and-1-p-swapped",
            r"2\d.\d% are kept and multiplied by 1.25",
        ),
        (lambda x, p: (np.random.rand(*x.shape) < p) / (1 - p), "p-and-1-p-swapped", "multiplied by 5; right is 80%"),
        (
            lambda x, p: (np.random.randn(*x.shape) < p) / p,
            "wrong-share",
            r"\d\d\.\d% are kept and multiplied by 4; right is 25% and 4",
        ),
    ],
)
def test_how_many_dropout_keeps(draw, mistake, seen):
    def dropout_forward(x, dropout_param):
        p = dropout_param["p"]
        mask = draw(x, p) if dropout_param["mode"] == "train" and p < 1 else np.ones(x.shape)
        return x * mask, mask

    (finding,) = grade(dropout_forward, lambda dout, mask: dout * mask).findings
    assert (finding.where, finding.mistake) == ("out", mistake)
    assert re.search(seen, finding.evidence)


def test_one_mistake_has_one_name_in_all_results_of_a_sandwich():
    """In the bias before a batch normalization, this mistake gives what another one gives."""

    def affine_batchnorm_relu_backward(dout, cache):
        fc_cache, (mean, var, x_hat, a, gamma, eps), relu_cache = cache
        dz = course.relu_backward(dout, relu_cache)
        dx_hat = dz * gamma
        dvar = np.sum(dx_hat * (a - mean), axis=0) * -0.5 * (var + eps) ** -1.5
        da = dx_hat / np.sqrt(var + eps) + dvar * 2 * (a - mean) / len(a)
        return *course.affine_backward(da, fc_cache), np.sum(dz * x_hat, axis=0), dz.sum(axis=0)

    report = grade(course.affine_batchnorm_relu_forward, affine_batchnorm_relu_backward)
    assert named([report]) == dict.fromkeys(("dx", "dw", "db"), "mean-path-missing")


def test_where_running_statistics_start():
    def batchnorm_forward(x, gamma, beta, bn_param):
        bn_param.setdefault("running_mean", np.ones(x.shape[1]))
        return homework.batchnorm_forward(x, gamma, beta, bn_param)

    homework = right_ones.TheHomeworkRepaired
    assert named([grade(batchnorm_forward, homework.batchnorm_backward)]) == {"running_mean": "differs"}


def test_a_forward_that_cannot_be_differentiated():
    calls = []

    def once_forward(x):
        calls.append(x)
        if len(calls) > 3:
            raise ValueError("enough")
        return x * x, x

    (finding,) = grade(once_forward, lambda dout, x: 2 * dout * x).findings[:1]
    assert (finding.where, finding.mistake) == ("once_forward", "no-derivative")
    assert "ValueError: enough" in finding.evidence


def test_many_numbers_are_not_differentiated_by_differences():
    def in_place_forward(x):
        out = np.array(x)
        out[out < 0] = 0
        return out, x

    x = np.ones((100, 60))
    (finding,) = grade(in_place_forward, lambda dout, x: dout * (x > 0), inputs=(x,)).findings
    assert finding.mistake == "no-derivative"
    assert "6000 numbers are too many for finite differences; give smaller inputs=" in finding.evidence


def test_a_constant_of_a_layer_of_ones_own():
    def distance_forward(x, target):
        return (x - target) ** 2, x - target

    report = grade(distance_forward, lambda dout, d: 2 * dout * d)
    assert report.right and report.compared == ("dx",)
    assert [(note.mistake, note.sentence) for note in report.notes] == [("fewer-results", "it does not return dtarget")]


# What backward does besides


def test_backward_that_writes_into_what_it_has_from_the_cache():
    def tanh_forward(x):
        out = np.tanh(x)
        return out, out

    def tanh_backward(dout, out):
        out *= out
        return dout * (1 - out)

    (finding,) = grade(tanh_forward, tanh_backward).findings
    assert (finding.where, finding.mistake) == ("tanh_backward", "cache-overwritten")
    assert finding.sentence == "it writes into the cache"

    def relu_backward(dout, out):
        out[out > 0] = 1  # a second call does not show it
        return dout * out

    (finding,) = grade(lambda x: (np.maximum(x, 0),) * 2, relu_backward, layer="relu").findings
    assert (finding.where, finding.mistake) == ("relu_backward", "cache-overwritten")
    assert finding.sentence == "it writes into the forward's output, which it has from the cache"


def test_backward_that_writes_into_an_input():
    def relu_backward(dout, x):
        x[x < 0] = 0
        return dout * (x > 0)

    assert named([grade(relu_forward, relu_backward)]) == {"relu_backward": "input-overwritten"}


def test_backward_that_gives_something_else_each_time():
    calls = []

    def relu_backward(dout, x):
        calls.append(1)
        return dout * (x > 0) * len(calls) ** 2

    assert named([grade(relu_forward, relu_backward)]) == {"relu_backward": "not-repeatable"}


# Dtypes, and what stays as it was


def test_float32_that_becomes_float64_is_a_note():
    report = grade(relu_forward, lambda dout, x: dout * (x > 0).astype(float))
    assert report.right
    assert [(note.where, note.mistake) for note in report.notes] == [("dx", "widens-float32")]


def test_students_who_compute_in_float32():
    def affine_backward(dout, cache):
        return tuple(g.astype(np.float32) for g in affine_gradients(dout, cache))

    mistakes = {"dx": "precision-lost", "dw": "precision-lost", "db": "precision-lost"}
    assert named([grade(affine_forward, affine_backward)]) == mistakes
    assert grade(affine_forward, affine_backward, dtype=np.float32).right
    wrong = grade(affine_forward, lambda dout, cache: affine_backward(2 * dout, cache), dtype=np.float32)
    assert set(named([wrong]).values()) == {"constant-factor"}


def test_random_states_and_output_stay_inside(capsys):
    def relu_backward(dout, cache):
        print("hello")
        np.random.seed(1)
        random.seed(1)
        np.seterr(all="ignore")
        return dout * (cache > 0)

    np.random.seed(5), random.seed(5)
    expected = np.random.rand(), random.random()
    np.random.seed(5), random.seed(5)
    before = np.geterr()
    assert grade(relu_forward, relu_backward).right
    assert (np.random.rand(), random.random()) == expected
    assert np.geterr() == before
    assert capsys.readouterr().out == ""


def test_the_same_grade_twice():
    for student, _ in grader_corpus.WRONG[:20]:
        assert list(map(str, graded(student))) == list(map(str, graded(student)))


# Update rules


def test_settings_that_are_others_by_default():
    def sgd(w, dw, config=None):
        config.setdefault("learning_rate", 1e-3)
        return w - config["learning_rate"] * dw, config

    (finding,) = grade(sgd).findings
    assert (finding.mistake, finding.hint) == ("default-settings", "the defaults are {'learning_rate': 0.01}")


def test_a_default_epsilon_that_is_another():
    report = grade(lambda w, dw, c: tg.optim.rules.adam(w, dw, {"epsilon": 1e-7, **c}), layer="adam")
    assert named([report]) == {"next_w": "default-settings"}


@pytest.mark.parametrize(
    "rule, mistake",
    [
        (lambda w, dw, c: (w, c), "no-step"),
        (lambda w, dw, c: (w + c["learning_rate"] * dw, c), "sign-flipped"),
        (lambda w, dw, c: (w - 2 * c["learning_rate"] * dw, c), "constant-factor"),
        (lambda w, dw, c: (w - dw, c), "learning-rate-missing"),
        (lambda w, dw, c: (w - c["learning_rate"] * dw**2, c), "differs"),
    ],
)
def test_steps(rule, mistake):
    (finding,) = grade(rule, layer="sgd").findings
    assert (finding.where, finding.mistake) == ("next_w", mistake)


def test_a_state_under_other_names_is_a_note():
    report = grade(right_ones.RulesInPlace.adam)
    assert report.right
    assert [(note.where, note.mistake) for note in report.notes] == [("config", "state-names")]
    assert not grade(right_ones.RulesInPlace.rmsprop).notes


def test_a_rule_that_writes_into_the_gradient():
    def sgd(w, dw, config=None):
        dw *= config.setdefault("learning_rate", 1e-2)
        return w - dw, config

    (finding,) = grade(sgd).findings
    assert (finding.where, finding.mistake) == ("sgd", "input-overwritten")


# Wrong usage


def test_wrong_usage():
    with pytest.raises(ArgumentError) as caught:
        grade(relu_forward)
    assert str(caught.value) == (
        "grade: relu is neither a loss nor an update rule that is known, so its backward is needed as well: "
        "grade(forward, backward)"
    )
    with pytest.raises(ArgumentError, match="there is no layer 'rleu'; there are affine, relu, sigmoid"):
        grade(relu_forward, relu_forward, layer="rleu")
    with pytest.raises(DTypeError, match="dtype is float64 or float32; got int64"):
        grade(relu_forward, relu_forward, dtype=int)
    for inputs in ([np.ones(3)], np.ones(3), (1, 2), [(np.arange(3),)]):
        with pytest.raises(ArgumentError, match="inputs is a tuple of the forward's arguments"):
            grade(relu_forward, relu_forward, inputs=inputs)
    with pytest.raises(ArgumentError, match=r"the inputs of relu are \(x\)"):
        grade(relu_forward, relu_forward, inputs=(np.ones(3), np.ones(3)))
    with pytest.raises(ArgumentError, match="takes no arguments by position"):
        grade(lambda: 0, lambda dout, cache: 0)
    with pytest.raises(ArgumentError, match="does not say which arguments it takes"):
        grade(dict, lambda dout, cache: 0)
