"""``explain.health``: a healthy training passes, each planted sickness is named, and nothing is changed."""

import random
import sys

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.cli import main
from tensorgraph.errors import ArgumentError, MissingDependencyError
from tensorgraph.explain import health
from tensorgraph.explain.health import checks
from tensorgraph.nn import Linear, Module
from tensorgraph.nn.init import normal

DATA = tg.data.digits()
X, y = DATA.X_train, DATA.y_train


def net(hidden=(50, 50), weight_scale=0.15, **settings):
    return tg.nn.FullyConnectedNet(list(hidden), 64, weight_scale=weight_scale, seed=0, **settings)


def sgd(module, lr):
    return tg.optim.SGD(module.parameters(), lr=lr)


class Tanh(Module):
    """Two layers of tanh, or of another function, and a loss of the user's own."""

    def __init__(self, scale=0.1, function=np.tanh):
        self.first, self.second, self.scores = (
            Linear(n, m, init=normal(scale), rng=i) for i, (n, m) in enumerate([(64, 40), (40, 40), (40, 10)])
        )
        self.function = function

    def forward(self, X):
        return self.scores(self.function(self.second(self.function(self.first(X)))))

    def objective(self, X, y):
        return tg.softmax_loss(self(X), y)


def sick(report, name):
    """The advice of a check that must be bad."""
    check = report[name]
    assert check.verdict == "bad", str(report)
    assert f"bad: {name}: {check.advice}" in str(report)
    return check.advice


# Healthy


@pytest.mark.parametrize(
    "healthy", [net(), net(use_batchnorm=True, dropout=0.7, weight_scale=0.05), net([100], 0.1, reg=0.01), Tanh()],
    ids=["plain", "batchnorm and dropout", "penalty", "tanh"],
)  # fmt: skip
def test_a_healthy_net_passes(healthy):
    report = health(healthy, X, y)
    assert report.verdict == "ok", str(report)
    assert {check.verdict for check in report} == {"ok"}
    assert report.advice() == ""
    assert report.overfit.accuracies[-1] == 1
    assert report.overfit.losses[-1] < 0.03


def test_the_numbers_are_those_of_the_step():
    healthy = net()
    healthy.objective(X[100:], y[100:]).backward()  # gradients of another step, which are not part of this one
    report = health(healthy, X[:100], y[:100], optimizer=sgd(healthy, 0.01))
    loss, grads = healthy.loss(X[:100], y[:100])
    assert report["initial loss"].number == pytest.approx(loss)
    for weight in report.weights:
        g, w = grads[weight.name], healthy.params[weight.name].data
        assert weight.gradients.rms == pytest.approx(np.sqrt(np.mean(g.astype(float) ** 2)), rel=1e-5)
        if weight.norm:
            assert weight.ratio == pytest.approx(0.01 * np.linalg.norm(g) / np.linalg.norm(w), rel=1e-4)
        assert weight.gradients.counts.sum() == g.size
    hidden = np.maximum(X[:100] @ healthy.params["W1"].data, 0)
    first = report.layers[0]
    assert first.name == "layer1 relu"
    assert first.activations.mean == pytest.approx(hidden.mean(), rel=1e-5)
    assert first.activations.std == pytest.approx(hidden.std(), rel=1e-5)
    assert first.activations.counts.tolist() == np.histogram(hidden, 24)[0].tolist()
    assert first.dead == np.mean((hidden == 0).all(axis=0))


# Sick


def test_weights_too_small():
    assert sick(health(net(weight_scale=1e-5), X, y), "activations").startswith(
        "they vanish: the initial weights are too small"
    )


def test_weights_too_large():
    report = health(net(weight_scale=30), X, y)
    assert "make the initial weights smaller" in sick(report, "initial loss")
    assert sick(report, "activations").startswith("they explode: the initial weights are too large")
    assert report["initial loss"].number > 100


def test_dead_units():
    dead = net()
    dead.params["b1"].data[...] = -100
    report = health(dead, X, y)
    assert report["dead units"].number == 1
    assert report["dead units"].found == "100% of layer1 relu"
    assert "they get no gradient" in sick(report, "dead units")
    assert report["gradients"].found == "all 0 at W1, W2, W3"
    sick(report, "gradients")
    assert sick(report, "activations") == "all are 0: look for dead units"
    assert sick(report, "update ratio") == "see gradients"
    assert "the loss hardly falls: look at the update ratio" in sick(report, "overfit")


def test_dead_units_in_a_later_layer():
    dead = net()
    dead.params["b2"].data[:25] = -100
    check = health(dead, X, y, steps=2)["dead units"]
    assert (check.verdict, check.found.partition(" of ")[2]) == ("warn", "layer2 relu")
    assert check.number >= 0.5


def test_the_tiny_batch_is_learned_without_dropout_and_penalty():
    report = health(net(dropout=0.05, reg=1.0), X, y)
    assert report["overfit"].verdict == "ok"


def test_learning_rate_too_high():
    module = net()
    report = health(module, X, y, optimizer=sgd(module, 1e4))
    assert sick(report, "update ratio").startswith("learning rate too high")
    assert "the loss does not fall" in sick(report, "overfit")


def test_learning_rate_too_low():
    module = net()
    report = health(module, X, y, optimizer=sgd(module, 1e-6))
    assert sick(report, "update ratio").startswith("learning rate too low: multiply 1e-06")
    assert "the loss does not fall even here" in sick(report, "overfit")


def test_learning_rate_zero():
    module = net()
    report = health(module, X, y, optimizer=sgd(module, 0), steps=2)
    assert sick(report, "update ratio") == "learning rate too low: a step with 0 leaves weights as they are"


def test_inputs_that_are_not_normalised():
    report = health(net(), 255 * X, y, steps=2)
    assert sick(report, "inputs").startswith("not normalised")
    assert report["inputs"].found.startswith("mean 77.8, std 95.8")
    shifted = health(net(), X + 4, y, steps=2)["inputs"]
    assert (shifted.verdict, shifted.advice) == ("warn", report["inputs"].advice)
    uneven = X.copy()
    uneven[:, 5] *= 100
    assert "the widest feature has" in health(net(), uneven, y, steps=2)["inputs"].found
    assert sick(health(net(), np.ones_like(X), y, steps=2), "inputs") == "all inputs are the same number: look at X"


def test_batch_normalization_is_no_vanishing():
    report = health(net(use_batchnorm=True), 255 * X, y, steps=2)
    assert report["activations"].verdict == "ok"
    assert report["activations"].found.startswith("rms 0.71 in layer")


def test_inputs_that_are_not_finite():
    broken = X.copy()
    broken[3, 4], broken[5, 6] = np.nan, np.inf
    report = health(net(), broken, y, steps=2)
    assert report["inputs"].found == "2 NaN or Inf"
    assert sick(report, "inputs") == "remove or fill them"


def test_a_loss_that_is_not_finite():
    broken = net()
    broken.params["W2"].data[0, 0] = np.nan
    report = health(broken, X, y)
    assert "tensorgraph.debug()" in sick(report, "initial loss")
    for name in ("overfit", "activations", "gradients", "update ratio"):
        assert report[name].verdict == "bad", name
    assert len(report.overfit.losses) == 1
    assert "nan" in str(report)


def test_one_class_only():
    report = health(net(), X, np.full(len(X), 4))
    assert report["labels"].found == "all 1,197 have class 4"
    assert sick(report, "labels") == "there is one class only, so nothing to tell apart: look at y"


def test_imbalanced_and_missing_classes():
    rare = np.where(np.arange(len(X)) < 20, 1, 0)
    check = health(net(num_classes=2), X, rare, steps=2)["labels"]
    assert (check.verdict, check.number) == ("warn", pytest.approx(1177 / 20))
    assert check.advice.startswith("imbalanced")
    check = health(net(num_classes=12), X, y, steps=2)["labels"]
    assert (check.verdict, check.found.partition("; ")[2]) == ("warn", "2 without examples: 10, 11")


def test_duplicates():
    twice, labels = np.concatenate([X[:100], X[:50]]), np.concatenate([y[:100], y[:50]])
    check = health(net(), twice, labels, steps=2)["duplicates"]
    assert (check.verdict, check.found) == ("warn", "50 of 150 are copies of others")
    labels[100] = (labels[100] + 1) % 10
    check = health(net(), twice, labels, steps=2)["duplicates"]
    assert check.found == "50 of 150 are copies of others, 1 of them with another label"
    assert check.advice.startswith("the same example has different labels")


@pytest.mark.parametrize(("function", "kind"), [(np.tanh, "tanh"), (tg.sigmoid, "sigmoid")])
def test_saturated_units(function, kind):
    report = health(Tanh(scale=5, function=function), X, y, steps=2)
    assert report["saturation"].found.partition(" of ")[2] in (kind, f"{kind} 2")
    assert report["saturation"].number > 0.5
    assert "their gradient is nearly 0" in sick(report, "saturation")


def test_vanishing_and_exploding_gradients():
    class Deep(Tanh):
        def __init__(self, scale):
            self.layers = [Linear(64, 64, init=normal(scale), rng=i) for i in range(12)]
            self.scores = Linear(64, 10, init=normal(scale), rng=99)

        def forward(self, X):
            for layer in self.layers:
                X = tg.relu(layer(X))
            return self.scores(X)

    assert sick(health(Deep(0.03), X, y, steps=2), "gradients").startswith("they vanish on the way back")
    assert sick(health(Deep(0.9), X, y, steps=2), "gradients").startswith("they explode on the way back")


def test_a_parameter_that_is_not_used():
    class Forgetful(Tanh):
        def __init__(self):
            super().__init__()
            self.spare = Linear(3, 3, rng=0)

    check = health(Forgetful(), X, y, steps=2)["gradients"]
    assert (check.verdict, check.found) == ("warn", "none arrives at spare.weight, spare.bias")


def test_a_penalty_that_is_forgotten():
    class Forgetful(tg.nn.FullyConnectedNet):
        def objective(self, X, y):
            return tg.softmax_loss(self(X), y)

    forgetful = Forgetful([20], 64, weight_scale=0.15, seed=0, reg=0.1)
    assert sick(health(forgetful, X, y, steps=2), "regularisation") == "add the penalty to the loss"
    with pytest.raises(ArgumentError, match=r"there is no check 'regularisation'; there are inputs, labels, "):
        health(Tanh(), X, y, steps=2)["regularisation"]


def test_a_net_that_is_trained_already():
    trained = net([20])
    optimizer = tg.optim.Adam(trained.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        trained.objective(X, y).backward()
        optimizer.step()
    check = health(trained, X, y, steps=2)["initial loss"]
    assert check.verdict == "warn"
    assert check.advice.startswith("better than chance before training")


# Other losses


def test_svm_and_a_loss_function():
    report = health(Tanh(), X, y, loss=lambda module, X, y: tg.svm_loss(module(X), y))
    assert report["initial loss"].expected == "about 10 - 1 = 9"
    assert report["initial loss"].verdict == "ok"
    assert report.overfit.accuracies[-1] == 1


def test_a_regression_without_labels_and_layers():
    line = Linear(64, 1, rng=0)
    target = X @ np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    report = health(
        line,
        X,
        target,
        loss=lambda module, X, y: tg.mse_loss(module(X), y),
        optimizer=tg.optim.Adam([*line.parameters()], 0.05),
    )
    names = [check.name for check in report]
    assert names == ["inputs", "duplicates", "initial loss", "overfit", "gradients", "update ratio"]
    assert report["initial loss"].expected == "a finite number"
    assert report["overfit"].verdict == "ok"
    assert report.overfit.accuracies[-1] is None
    assert report.layers == []


def test_a_relu_that_is_written_as_a_maximum():
    report = health(Tanh(function=lambda x: np.maximum(0, x)), X, y, steps=2)
    assert [layer.name for layer in report.layers] == ["relu", "relu 2"]
    assert "dead units" in [check.name for check in report]


# Nothing is changed


def test_nothing_is_changed():
    module = net([20], use_batchnorm=True, dropout=0.5, reg=0.1)
    optimizer = tg.optim.Adam(module.parameters(), lr=1e-3)
    module.objective(X[:50], y[:50]).backward()
    optimizer.step()
    module.layers[0].eval()

    def traces():
        return {
            "state": {name: array.tobytes() for name, array in module.state_dict().items()},
            "buffers": [id(buffer) for _, buffer in module.named_buffers()],
            "modes": [part.training for part in module.modules()],
            "grads": [(id(p.grad), p.grad.numpy().tobytes()) for p in module.parameters()],
            "rng": module.rng.bit_generator.state,
            "settings": (module.reg, module.layers[0].dropout.keep),
            "optimizer": repr(optimizer.state_dict()),
            "numpy": np.random.get_state()[1].tobytes(),
            "python": random.getstate(),
            "data": (X.tobytes(), y.tobytes()),
        }

    def loss(module, X, y):
        np.random.random()
        random.random()
        return module.objective(X, y)

    before = traces()
    with tg.record() as recording:
        first = health(module, X, y, loss=loss, optimizer=optimizer, steps=5)
    assert traces() == before
    assert recording.events == []
    assert str(health(module, X, y, loss=loss, optimizer=optimizer, steps=5)) == str(first)
    with pytest.raises(ArgumentError, match="is not a class"):
        health(module, X, y + 5, optimizer=optimizer)
    assert traces() == before


def test_progress_is_told():
    told = []
    report = health(net(), X, y, steps=3, progress=lambda step, text: told.append((step, text)))
    assert [step for step, _ in told] == [0, 1, 2, 3]
    assert told[-1][1] == f"loss {report.overfit.losses[-1]:.4f}"


# Wrong use


def test_what_is_refused():
    with pytest.raises(ArgumentError) as caught:
        health(Linear(3, 2), X, y)
    assert str(caught.value) == (
        "health: takes a Module with a method objective(X, y), which gives the recorded loss, or any Module and "
        "loss=function(module, X, y); got Linear"
    )
    with pytest.raises(ArgumentError) as caught:
        health(net(), X, y[:5])
    assert str(caught.value) == ("health: takes as many targets as examples, and some; got X (1197, 64) and y (5,)")
    with pytest.raises(ArgumentError) as caught:
        health(net(), X, y, steps=0)
    assert str(caught.value) == "health: steps and examples are at least 1; got 0 and 20"
    with pytest.raises(ArgumentError) as caught:
        health(net(), X, y, optimizer=sgd(net(), 0.1))
    assert str(caught.value) == "health: the SGD has parameters that are not those of the net"


# The report


def test_the_report_as_text_and_html():
    report = health(net(weight_scale=1e-5), X, y, steps=2)
    text = str(report)
    assert text.startswith("health of FullyConnectedNet on 500 of 1,197 examples: ")
    assert "layer1 relu" in text and "W3" in text and "█" in text
    assert report._repr_html_().count("<table>") == 3
    assert report.verdict == "bad"
    from rich.console import Console

    console = Console(width=200)
    with console.capture() as capture:
        console.print(report)
    assert "layer1 relu" in capture.get()


def test_verdicts():
    grades = [checks.graded(number, (1, 2), (0, 4)) for number in (-1, 0.5, 1, 2, 3, 5, np.nan, np.inf)]
    assert grades == ["bad", "warn", "ok", "ok", "warn", "bad", "bad", "bad"]


@pytest.mark.parametrize("module", [net(), Tanh(), net(weight_scale=1e-5)], ids=["relu", "tanh", "sick"])
def test_the_plot(module, tmp_path):
    report = health(module, X, y, steps=5)
    assert report.plot(tmp_path / "health.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in report.plot(tmp_path / "health.svg").read_bytes()


def test_the_plot_of_what_is_not_finite_and_has_no_layers(tmp_path):
    line = Linear(64, 10, rng=0)
    line.weight.data[0, 0] = np.nan
    report = health(line, X, y, loss=lambda module, X, y: tg.softmax_loss(module(X), y), steps=5)
    assert report.plot(tmp_path / "health.png").exists()


def test_what_a_plot_needs(tmp_path, monkeypatch):
    report = health(net(), X, y, steps=2)
    with pytest.raises(ArgumentError) as caught:
        report.plot("health.jpg")
    assert str(caught.value) == "plot: a picture is written as .png, .svg or .pdf; got 'health.jpg'"
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError) as caught:
        report.plot(tmp_path / "health.png")
    assert str(caught.value) == "plot: needs matplotlib: pip install 'tensorgraph[train]'"


# The command


def test_the_command(capsys, tmp_path):
    assert main(["health", "--plot", str(tmp_path / "health.png")]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("health of FullyConnectedNet on 500 of 1,197 examples: 10 ok, 0 warn, 0 bad\n")
    assert printed.out.endswith(f"drew {tmp_path / 'health.png'}\n")
    assert printed.err == ""
    assert (tmp_path / "health.png").exists()


def test_the_command_fails_when_something_is_bad(capsys):
    options = ["--layers", "20", "--no-batchnorm", "--keep", "1", "--optimizer", "sgd", "--learning-rate", "1e-6"]
    assert main(["health", *options]) == 1
    assert "bad: update ratio: learning rate too low: multiply 1e-06 by" in capsys.readouterr().out


def test_the_command_on_other_data(capsys, tmp_path):
    np.savez(tmp_path / "pixels.npz", X=255 * X[:300], y=y[:300])
    assert main(["health", "--data", str(tmp_path / "pixels.npz"), "--layers", "10"]) == 1
    assert "bad: inputs: not normalised" in capsys.readouterr().out
    assert main(["health", "--data", str(tmp_path / "missing.npz")]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_the_command_where_the_output_has_no_bars(monkeypatch, capsys):
    from tensorgraph.cli import health as command

    class Narrow:
        encoding = "ascii"

    monkeypatch.setattr(command.sys, "stdout", Narrow())
    assert command._printable("W1 ▁█") == "W1 ??"
