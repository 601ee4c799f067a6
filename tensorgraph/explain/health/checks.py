"""The checks of a training's health: each compares a number with what it should be, and says what to try."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .vitals import RELU, SIGMOID, SOFTMAX, TANH, Overfit, Vitals

VERDICTS = OK, WARN, BAD = ("ok", "warn", "bad")


class Check(NamedTuple):
    """One check.

    name      what was looked at
    verdict   ok, warn or bad
    number    what was measured
    found     the same in words
    expected  what it should be
    advice    what to try when it is not so
    """

    name: str
    verdict: str
    number: float
    found: str
    expected: str
    advice: str


def graded(number: float, ok: tuple[float, float], bad: tuple[float, float]) -> str:
    """ok inside the first range, bad outside the second, and when it is NaN; warn between."""
    if ok[0] <= number <= ok[1]:
        return OK
    return WARN if bad[0] <= number <= bad[1] else BAD


# The data


def inputs(X: np.ndarray, some: np.ndarray) -> Check:
    """Whether the inputs are finite, and ``some`` of them around 0, not much larger or smaller than 1."""
    name, expected = "inputs", "around 0, of size 1 or so"
    if count := X.size - int(np.count_nonzero(np.isfinite(X))):
        return Check(name, BAD, count, f"{count:,} NaN or Inf", "finite numbers", "remove or fill them")
    values = some.astype(np.float64)
    mean, std, size = float(values.mean()), float(values.std()), _rms(values)
    found = f"mean {mean:.3g}, std {std:.3g}, within [{values.min():.3g}, {values.max():.3g}]"
    if not std:
        return Check(name, BAD, size, found, expected, "all inputs are the same number: look at X")
    advice = "not normalised: subtract the mean of the training examples and divide by their standard deviation"
    verdict = graded(size, (0.05, 5), (1e-3, 20))
    features = values.reshape(len(values), -1).std(axis=0)
    uneven = float(features.max() / np.median(features[features > 0]))
    if uneven > 30:
        found += f"; the widest feature has {uneven:.3g} times the std of the middle one"
    if uneven > 30 or abs(mean) > 3 * std:
        verdict = max(verdict, WARN, key=VERDICTS.index)
    return Check(name, verdict, size, found, expected, advice)


def labels(y: np.ndarray, classes: int) -> Check:
    """Whether every class is there, about as often as the others."""
    found_classes, counts = np.unique(y, return_counts=True)
    missing = np.setdiff1d(np.arange(classes), found_classes)
    name, expected = "labels", "every class about equally often"
    if len(counts) == 1:
        found = f"all {len(y):,} have class {found_classes[0]}"
        return Check(name, BAD, 1, found, expected, "there is one class only, so nothing to tell apart: look at y")
    balance = float(counts.max() / counts.min())
    found = f"{len(counts)} classes, the largest {balance:.3g} times the smallest"
    if len(missing):
        found += f"; {len(missing)} without examples: {', '.join(map(str, missing[:5]))}"
        return Check(name, WARN, balance, found, expected, "shuffle before splitting, and count classes from 0")
    advice = "imbalanced: draw rare classes more often, and measure accuracy for each class"
    return Check(name, graded(balance, (0, 10), (0, 100)), balance, found, expected, advice)


def duplicates(X: np.ndarray, y: np.ndarray) -> Check:
    """Whether examples are there more than once, and with different labels."""
    first: dict[bytes, int] = {}
    copies = contradictions = 0
    for i, example in enumerate(np.ascontiguousarray(X)):
        at = first.setdefault(example.tobytes(), i)
        copies += at != i
        contradictions += at != i and bool(np.any(y[at] != y[i]))
    share = copies / len(X)
    found = f"{copies:,} of {len(X):,} are copies of others"
    advice = "remove copies: one that is in the validation examples as well is no test of anything"
    verdict = graded(share, (0, 0.01), (0, 0.5))
    if contradictions:
        found += f", {contradictions:,} of them with another label"
        advice = "the same example has different labels, which no net can learn: look at these"
        verdict = max(verdict, WARN, key=VERDICTS.index)
    return Check("duplicates", verdict, share, found, "none, or few", advice)


# The loss


def initial_loss(vitals: Vitals) -> Check:
    """Whether the loss begins where it does when all classes are about as likely."""
    name, loss = "initial loss", vitals.loss if vitals.data_loss is None else vitals.data_loss
    if vitals.kind is None or not math.isfinite(loss):
        verdict = OK if math.isfinite(loss) else BAD
        advice = "run the step inside tensorgraph.debug(), which names the op that made the first NaN or Inf"
        return Check(name, verdict, loss, f"{loss:.4g}", "a finite number", advice)
    softmax = vitals.kind == SOFTMAX
    chance = math.log(vitals.classes) if softmax else vitals.classes - 1.0
    what = f"ln({vitals.classes})" if softmax else f"{vitals.classes} - 1"
    found, expected = f"{loss:.4g} ({vitals.kind})", f"about {what} = {chance:.4g}"
    if loss < 0.5 * chance:
        advice = "better than chance before training: is the net trained already, or does X tell the label?"
        return Check(name, WARN, loss, found, expected, advice)
    advice = "the scores differ too much: make the initial weights smaller (weight_scale), or normalise the inputs"
    return Check(name, graded(loss, (0, 1.5 * chance), (0, 3 * chance)), loss, found, expected, advice)


def regularization(plain: float, more: float, added: float) -> Check:
    """Whether a stronger penalty makes the loss larger."""
    found = f"{plain:.4g} becomes {more:.4g} with reg + {added:g}"
    verdict = OK if more > plain else BAD
    return Check("regularisation", verdict, more - plain, found, "a larger loss", "add the penalty to the loss")


def tiny_batch(result: Overfit, count: int) -> Check:
    """Whether a few examples can be learned by heart."""
    first, last, accuracy = result.losses[0], result.losses[-1], result.accuracies[-1]
    steps = len(result.losses) - 1
    found = f"loss {first:.4g} to {last:.4g}" + ("" if accuracy is None else f", accuracy {accuracy:.0%}")
    ratio = last / first if first else 0.0
    verdict = graded(ratio, (0, 0.1), (0, 0.8))
    if verdict == OK and accuracy not in (1.0, None):
        verdict = WARN
    if verdict != BAD:
        advice = "learning is slow: more steps, a wider net, or a larger learning rate where the update ratio allows it"
    elif ratio < 0.99:
        advice = "the loss hardly falls: look at the update ratio and the gradients below, and take more steps"
    else:
        advice = (
            "the loss does not fall even here: look at the learning rate, both ways, at the gradients (gradcheck), and "
            f"at whether {'labels' if accuracy is not None else 'targets'} belong to their examples"
        )
    expected = f"loss near 0{'' if accuracy is None else ' and accuracy 100%'} on {count} examples"
    return Check("overfit", verdict, ratio, f"{found} in {steps} steps", expected, advice)


# The layers


def activations(vitals: Vitals, X: np.ndarray) -> Check:
    """Whether activations stay about as large as the inputs, or of size 1, as batch normalization makes them."""
    size = _rms(X)

    def times(rms: float) -> float:
        """How many times larger than both, or smaller than both."""
        low, high = min(size, 1.0), max(size, 1.0)
        return 1.0 if low <= rms <= high else rms / (low if rms < low else high)

    worst = max(vitals.layers, key=lambda layer: _distance(times(layer.activations.rms)))
    ratio = times(worst.activations.rms)
    name, expected = "activations", "about as the inputs, or 1"
    found = f"rms {worst.activations.rms:.2g} in {worst.name}, inputs {size:.2g}"
    if not ratio:
        return Check(name, BAD, ratio, found, expected, "all are 0: look for dead units")
    cure = "Try std sqrt(2 / D) (init.kaiming_normal), or batch normalization"
    advice = f"they {'vanish' if ratio < 1 else 'explode'}: the initial weights are too "
    advice += f"{'small' if ratio < 1 else 'large'}. {cure}"
    return Check(name, graded(ratio, (1e-2, 1e2), (1e-4, 1e4)), ratio, found, expected, advice)


def gradients(vitals: Vitals) -> Check:
    """Whether gradients arrive in the first layers as large as in the last ones."""
    name, expected = "gradients", "first layer 0.001 to 1,000 times the last"
    if silent := [weight.name for weight in vitals.weights if weight.gradients is None]:
        found = f"none arrives at {', '.join(silent[:5])}"
        return Check(name, WARN, len(silent), found, "one for each parameter", "is it used, and not detached?")
    if zero := [w.name for w in vitals.weights if len(w.shape) > 1 and w.gradients and w.gradients.rms == 0]:
        found = f"all 0 at {', '.join(zero[:5])}"
        return Check(name, BAD, 0.0, found, expected, "nothing is learned there: look for dead or saturated units")
    rms = [layer.gradients.rms for layer in vitals.layers if layer.gradients is not None] or [1.0]
    ratio = rms[0] / rms[-1] if rms[-1] else math.nan
    advice = (
        "they vanish on the way back: larger initial weights, relu in place of tanh or sigmoid, batch normalization"
        if ratio < 1
        else "they explode on the way back: smaller initial weights, batch normalization, optim.clip_grad_norm"
    )
    found = f"first layer {ratio:.2g} times the last"
    return Check(name, graded(ratio, (1e-3, 1e3), (1e-5, 1e5)), ratio, found, expected, advice)


def dead_units(vitals: Vitals) -> Check:
    """Whether relu units are zero for every example."""
    worst = max(vitals.layers, key=lambda layer: layer.dead)
    found = f"{worst.dead:.0%} of {worst.name}"
    advice = "they get no gradient: smaller learning rate, biases near 0, initial weights std sqrt(2 / D), leaky_relu"
    return Check("dead units", graded(worst.dead, (0, 0.25), (0, 0.6)), worst.dead, found, "below 25%", advice)


def saturation(vitals: Vitals) -> Check:
    """Whether outputs of tanh and sigmoid are near their ends."""
    worst = max(vitals.layers, key=lambda layer: layer.saturated)
    found = f"{worst.saturated:.0%} of {worst.name}"
    advice = "their gradient is nearly 0: smaller initial weights, normalised inputs, or relu"
    return Check(
        "saturation", graded(worst.saturated, (0, 0.25), (0, 0.5)), worst.saturated, found, "below 25%", advice
    )


def updates(vitals: Vitals, rate: float) -> Check:
    """Whether a step changes the weights by about a thousandth."""
    name, expected = "update ratio", "about 1e-3, within 1e-4 to 1e-1"
    moved = [w for w in vitals.weights if len(w.shape) > 1 and w.norm and w.gradients and w.gradients.rms]
    ratios = {w.name: w.ratio for w in moved if w.ratio is not None}
    if not ratios:
        return Check(name, BAD, 0.0, "no weight has a gradient", expected, "see gradients")
    low, high = min(ratios, key=ratios.__getitem__), max(ratios, key=ratios.__getitem__)
    worst = max(ratios.values(), key=lambda ratio: _distance(ratio / 1e-3))
    found = f"{ratios[low]:.1e} of {low} to {ratios[high]:.1e} of {high}"
    if worst > 1e-3:
        advice = f"learning rate too high for weights of this size: divide {rate:g} by {worst / 1e-3:.0e}"
    elif worst > 0:
        advice = f"learning rate too low: multiply {rate:g} by {1e-3 / worst:.0e}"
    else:
        advice = f"learning rate too low: a step with {rate:g} leaves weights as they are"
    return Check(name, graded(worst, (1e-4, 1e-1), (1e-6, 1.0)), worst, found, expected, advice)


def _distance(ratio: float) -> float:
    """How many times too large or too small, as a logarithm; what is 0 or not finite is the farthest."""
    return abs(math.log(ratio)) if 0 < ratio < math.inf else math.inf


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def of_layers(vitals: Vitals, X: np.ndarray) -> Iterator[Check]:
    """The checks that need layers, as far as there are some of the kind."""
    if not vitals.layers:
        return
    yield activations(vitals, X)
    kinds = {layer.kind for layer in vitals.layers}
    if RELU in kinds:
        yield dead_units(vitals)
    if kinds & {TANH, SIGMOID}:
        yield saturation(vitals)


def is_labels(y: Any) -> bool:
    """Whether targets are class labels."""
    return y.ndim == 1 and y.dtype.kind in "iu" and (not len(y) or y.min() >= 0)
