"""The Solver against a loop written out by hand, its bookkeeping, its ends (good, interrupted, NaN), and going on."""

import gc
import math
import os
import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.core.memory import MEMORIES
from tensorgraph.errors import ArgumentError, CheckpointError, DataError, FileError, NonFiniteError
from tensorgraph.io import load_checkpoint
from tensorgraph.solver import UPDATE_RULES


def toy(n=60, classes=3, dtype=np.float64):
    """Examples in clouds around a corner for each class."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % classes
    X = (np.eye(classes, 5)[y] * 2 + rng.standard_normal((n, 5))).astype(dtype)
    return {"X_train": X, "y_train": y, "X_val": X[::2] + 0.1, "y_val": y[::2]}


def make_net(**options):
    settings = dict(dropout=0.8, use_batchnorm=True, reg=0.01, weight_scale=0.1, dtype=np.float64, seed=1)
    return tg.nn.FullyConnectedNet([8, 6], input_dim=5, num_classes=3, **settings | options)


def make(net=None, **options):
    settings = dict(update_rule="adam", num_epochs=4, batch_size=10, lr_decay=0.9, seed=2, verbose=False)
    return tg.Solver(net or make_net(), toy(), **settings | options)


def same(a, b):
    """Whether two states are equal to the last bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a.tobytes() == b.tobytes() if isinstance(a, np.ndarray) else a == b


# What it computes


@pytest.mark.parametrize("rule", UPDATE_RULES)
def test_it_is_the_loop_written_out(rule):
    """The course's pure rules on the gradients of net.loss, minibatches drawn with replacement, the rate decaying."""
    settings = {"sgd": {}, "rmsprop": {"decay_rate": 0.9, "epsilon": 1e-7}, "adam": {"beta1": 0.8, "beta2": 0.9}}
    config = {"learning_rate": 0.02, **settings.get(rule, {"momentum": 0.7})}
    solver = make(update_rule=rule, optim_config=config, num_epochs=3)
    solver.train()

    data, net = toy(), make_net()
    batches = np.random.default_rng(2).spawn(2)[0]
    configs = {name: dict(config) for name in net.params}
    losses = []
    for iteration in range(1, 3 * 6 + 1):
        chosen = batches.integers(60, size=10)
        loss, grads = net.loss(data["X_train"][chosen], data["y_train"][chosen])
        losses.append(loss)
        for name, parameter in net.params.items():
            new, configs[name] = getattr(optim, rule)(parameter.numpy(), grads[name], configs[name])
            parameter.data[...] = new
        if iteration % 6 == 0:
            for each in configs.values():
                each["learning_rate"] *= 0.9
    np.testing.assert_allclose(solver.loss_history, losses, rtol=1e-9)
    for name, value in solver.state_dict()["model"].items():  # as it was at the end, before the best came back
        # a bias before batchnorm has a gradient of 0 but for rounding, which rmsprop and adam make a tiny step of
        np.testing.assert_allclose(value, net.state_dict()[name], rtol=1e-7, atol=1e-8, err_msg=name)


def test_histories_and_counts():
    solver = make()
    assert (solver.iterations_per_epoch, solver.num_iterations) == (6, 24)
    solver.train()
    assert (solver.epoch, solver.iteration) == (4, 24)
    assert len(solver.loss_history) == 24
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 5  # the first iteration, and each epoch
    assert {type(x) for x in solver.loss_history + solver.val_acc_history + solver.train_acc_history} == {float}
    assert solver.best_val_acc == max(solver.val_acc_history)
    assert solver.optimizer.groups[0]["lr"] == pytest.approx(1e-3 * 0.9**4)


def test_a_batch_larger_than_the_data():
    solver = make(batch_size=100, num_epochs=3)
    solver.train()
    assert solver.iterations_per_epoch == 1
    assert len(solver.loss_history) == len(solver.val_acc_history) == 3


def test_it_learns_the_digits():
    net = tg.nn.FullyConnectedNet([30], input_dim=64, use_batchnorm=True, seed=0)
    data = tg.data.digits()
    solver = tg.Solver(net, data, "adam", {"learning_rate": 5e-3}, num_epochs=8, batch_size=50, verbose=False, seed=0)
    solver.train()
    assert solver.check_accuracy(data.X_test, data.y_test) > 0.95


def test_a_three_layer_net_overfits_fifty_digits():
    data = tg.data.digits()
    few = {"X_train": data.X_train[:50], "y_train": data.y_train[:50], "X_val": data.X_val, "y_val": data.y_val}
    net = tg.nn.FullyConnectedNet([100, 100], input_dim=64, weight_scale=0.1, seed=0)
    solver = tg.Solver(net, few, "adam", {"learning_rate": 1e-2}, batch_size=25, num_epochs=20, verbose=False, seed=0)
    solver.train()
    assert solver.train_acc_history[-1] == 1.0


# The best is kept


def test_the_best_parameters_and_running_statistics_come_back():
    net = make_net()
    solver = make(net, update_rule="sgd", optim_config={"learning_rate": 2.0}, num_epochs=8)
    seen = []
    measure = solver._measure
    solver._measure = lambda: (measure(), seen.append((solver.val_acc_history[-1], net.state_dict())))
    solver.train()
    accuracy, best = max(seen, key=lambda pair: pair[0])
    assert accuracy > seen[-1][0], "the last must not be the best, or this shows nothing"
    assert same(net.state_dict(), best)
    assert same(solver.best_params, {name: best[name] for name in net.params})
    assert not any(name.startswith("running") for name in solver.best_params)
    data = toy()
    assert solver.check_accuracy(data["X_val"], data["y_val"]) == accuracy == solver.best_val_acc


def test_the_first_of_equals_is_kept():
    solver = make(num_epochs=2)
    solver.check_accuracy = lambda *_, **__: 0.0
    solver.train()
    assert solver.best_val_acc == 0.0
    assert solver.best_params.keys() == solver.model.params.keys()
    again = make(num_epochs=2)
    first = []
    again.on_step = lambda s: first.append(s.model.state_dict())
    again.train()
    assert same(solver.model.state_dict(), first[0])


# Accuracy


def test_check_accuracy():
    solver = make()
    X, y = toy()["X_train"], toy()["y_train"]
    right = solver.model.loss(X).argmax(axis=1) == y
    assert solver.check_accuracy(X, y) == right.mean()
    assert solver.check_accuracy(X, y, batch_size=7) == right.mean()
    assert solver.check_accuracy(X, y, num_samples=60) == right.mean()
    shares = {solver.check_accuracy(X, y, num_samples=7) * 7 for _ in range(20)}
    assert len(shares) > 1  # other samples each time
    assert all(share == pytest.approx(round(share)) for share in shares)
    all_but_one = {round(solver.check_accuracy(X, y, num_samples=59) * 59) for _ in range(20)}
    assert all_but_one <= {right.sum() - 1, right.sum()}  # no example twice
    with pytest.raises(DataError, match="got 60 and 59"):
        solver.check_accuracy(X, y[1:])
    with pytest.raises(DataError, match="and some; got 0 and 0"):
        solver.check_accuracy(X[:0], y[:0])


def test_measuring_does_not_change_the_training():
    one, two = make(), make(num_train_samples=5, num_val_samples=3)
    one.train()
    two.train()
    assert one.loss_history == two.loss_history


# Models


class ByHand(tg.nn.Module):
    """A model as the course has them: gradients by hand, no graph at all."""

    def __init__(self, result=None):
        self.W = tg.nn.Parameter(np.zeros((5, 3)))
        self.result = result

    def loss(self, X, y=None):
        W = self.W.numpy()
        scores = X @ W
        if y is None:
            return scores
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(len(y)), y]).mean()
        p[np.arange(len(y)), y] -= 1
        return (loss, {"W": X.T @ p / len(y)}) if self.result is None else self.result


class Recorded(ByHand):
    """The same, with a recorded loss."""

    def objective(self, X, y):
        return tg.softmax_loss(tg.Tensor(X) @ self.W, y)


def test_models_with_a_recorded_loss_and_with_gradients_by_hand():
    solvers = [make(model, update_rule="sgd", optim_config={"learning_rate": 0.5}) for model in (ByHand(), Recorded())]
    for solver in solvers:
        solver.train()
        assert solver.best_val_acc > 0.8
    np.testing.assert_allclose(*[solver.loss_history for solver in solvers], rtol=1e-10)


@pytest.mark.parametrize(
    "result, message",
    [(1.0, r"ByHand\.loss\(X, y\) must give \(loss, grads\); it gave float"), ((1.0, {}), "no gradient for 'W'")],
)
def test_models_that_break_their_promise(result, message):
    with pytest.raises(ArgumentError, match=message):
        make(ByHand(result)).train()


def test_models_without_scores():
    model = ByHand()
    model.loss = lambda X, y=None: [1, 2]
    with pytest.raises(ArgumentError, match=r"must give an array of scores \(N, C\)"):
        make(model).train()
    with pytest.raises(ArgumentError, match=r"needs a method loss\(X, y=None\); Linear has none"):
        make(tg.nn.Linear(5, 3))


def test_training_leaves_the_mode_and_no_gradients():
    for mode in (True, False):
        net = make_net().train(mode)
        make(net).train()
        assert {module.training for module in net.modules()} == {mode}
        assert all(parameter.grad is None for parameter in net.parameters())


def test_no_graph_outlives_a_step():
    MEMORIES.clear()  # what other tests wrote into, with its graphs
    gc.collect()
    gc.disable()
    try:
        solver = make(num_epochs=2)
        solver.train()
        assert not [thing for thing in gc.get_objects() if type(thing) is tg.core.Node and thing.plan]
        assert gc.collect() == 0
    finally:
        gc.enable()


# Bad input


@pytest.mark.parametrize(
    "options, message",
    [
        ({"update_rule": "adagrad"}, "no update rule 'adagrad'; there are sgd, sgd_momentum"),
        ({"optim_config": {"momentum": 0.9}}, "adam has no setting 'momentum'; it has learning_rate, beta1"),
        ({"optim_config": {"learning_rate": -1}}, "lr is at least 0; got -1"),
        ({"optim_config": {"learning_rate": math.nan}}, "lr is at least 0; got nan"),
        ({"batch_size": 0}, "batch_size is a whole number of at least 1; got 0"),
        ({"batch_size": 2.5}, "batch_size is a whole number"),
        ({"num_epochs": None}, "num_epochs is a whole number of at least 1; got None"),
        ({"print_every": 0}, "print_every"),
        ({"num_train_samples": 0}, "num_train_samples is a whole number of at least 1 or None; got 0"),
        ({"num_val_samples": -1}, "num_val_samples"),
        ({"lr_decay": 0}, "lr_decay is a factor above 0; got 0"),
    ],
)
def test_bad_settings(options, message):
    with pytest.raises(ArgumentError, match=message):
        make(**options)


def test_unknown_keywords():
    with pytest.raises(TypeError, match="learning_rate"):
        make(learning_rate=1)


def changed(**changes):
    return toy() | changes


@pytest.mark.parametrize(
    "data, message",
    [
        ({"X_train": 1, "y_val": 2}, "data lacks y_train, X_val"),
        (changed(y_train=toy()["y_train"][:-1]), "training data: every example needs one label"),
        (changed(X_val=toy()["X_val"] * np.nan), "validation data: X holds 150 NaN or Inf"),
        (changed(X_train=np.zeros((0, 5)), y_train=np.zeros(0, int)), "training data: there are no examples"),
        (changed(y_val=toy()["y_val"].astype(float)), "validation data: labels are classes and must be integers"),
        (changed(y_train=toy()["y_train"] - 1), r"training data: labels count from 0, but y\[0\] is -1"),
        (changed(y_val=toy()["y_val"] + 1), "validation data: label 3 is not a class; the model has 3 scores"),
        (changed(y_train=toy()["y_train"] + 9), "training data: label 11 is not a class"),
    ],
)
def test_bad_data(data, message):
    with pytest.raises(DataError, match=message):
        tg.Solver(make_net(), data, verbose=False).train()


def test_examples_of_the_wrong_size():
    with pytest.raises(tg.errors.ShapeError, match="affine: x has 4 columns but weight has 5 rows"):
        tg.Solver(make_net(), changed(X_train=np.zeros((60, 4)), X_val=np.zeros((30, 4))), verbose=False).train()


# Ends


def test_a_loss_that_is_not_finite():
    net = make_net()
    solver = make(net, optim_config={"learning_rate": 0.01})
    objective, count = net.objective, iter(range(100))
    net.objective = lambda X, y: objective(X, y) * (math.nan if next(count) == 8 else 1)
    message = (
        r"the loss is nan in iteration 9 of 24 \(epoch 2\), with learning rate 0\.009\. Try a lower rate; train inside "
        r"tensorgraph\.debug\(\)"
    )
    with pytest.raises(NonFiniteError, match=message):
        solver.train()
    assert len(solver.loss_history) == 8
    assert same({name: net.params[name].numpy() for name in net.params}, solver.best_params)


@pytest.mark.parametrize("inside", ["a step", "a callback"])
def test_an_interruption_keeps_everything(inside, capsys):
    net = make_net()
    solver = make(net, verbose=True)

    def interrupt(*_):
        if solver.iteration == 14:
            raise KeyboardInterrupt

    if inside == "a step":
        step = solver.optimizer.step
        solver.optimizer.step = lambda: (step(), interrupt())
    else:
        solver.on_step = interrupt
    solver.train()
    assert solver.interrupted
    assert solver.iteration == len(solver.loss_history) == 14
    assert len(solver.val_acc_history) == 3
    assert same({name: net.params[name].numpy() for name in net.params}, solver.best_params)
    assert "interrupted in iteration 15 of 24" in capsys.readouterr().out
    solver.on_step = None
    solver.optimizer.step = type(solver.optimizer).step.__get__(solver.optimizer)
    solver.train()  # goes on from the end of epoch 2
    assert not solver.interrupted
    whole = make()
    whole.train()
    assert same(solver.state_dict(), whole.state_dict())


def test_an_interruption_before_anything_was_measured():
    net = make_net()
    before = net.state_dict()
    solver = make(net)
    step = solver.optimizer.step

    def interrupt():
        step()
        raise KeyboardInterrupt

    solver.optimizer.step = interrupt
    solver.train()
    assert solver.interrupted
    assert solver.best_params == {}
    assert same(net.state_dict(), before)


# Going on


@pytest.mark.parametrize("rule", UPDATE_RULES)
def test_stopped_and_resumed_is_as_if_never_stopped(tmp_path, rule):
    options = dict(update_rule=rule, num_train_samples=7, num_val_samples=9)
    whole = make(**options)
    whole.train()
    part = make(num_epochs=2, **options)
    part.train()
    path = part.save(tmp_path / "resume.npz")

    resumed = make(make_net(seed=99), **options | {"seed": 98})  # all of these are replaced
    resumed.resume(path)
    assert resumed.epoch == 2
    resumed.train()
    assert same(resumed.state_dict(), whole.state_dict())
    assert same(resumed.model.state_dict(), whole.model.state_dict())
    assert resumed.loss_history == whole.loss_history

    part.num_epochs = 4
    part.train()
    assert same(part.state_dict(), whole.state_dict())


def test_the_best_of_before_the_stop_is_kept(tmp_path):
    options = dict(update_rule="sgd", optim_config={"learning_rate": 2.0})
    whole = make(num_epochs=8, **options)
    whole.train()
    best = whole.val_acc_history.index(whole.best_val_acc)  # measured after this epoch
    assert 0 < best < 7
    part = make(num_epochs=best + 1, **options)
    part.train()
    resumed = make(num_epochs=8, **options)
    resumed.resume(part.save(tmp_path / "a.npz"))
    resumed.train()
    assert same(resumed.model.state_dict(), whole.model.state_dict())
    assert same(resumed.best_params, whole.best_params)


def test_generators_that_parts_share_and_others(tmp_path):
    """Dropout layers that share a generator, and one with a bit generator whose state holds arrays."""

    class Net(tg.nn.Module):
        def __init__(self):
            shared = np.random.default_rng(3)
            own = np.random.Generator(np.random.Philox(4))
            self.first, self.last = tg.nn.Linear(5, 9, rng=0), tg.nn.Linear(9, 3, rng=1)
            self.drops = [tg.nn.Dropout(keep=0.5, rng=rng) for rng in (shared, shared, own)]

        def forward(self, X):
            x = tg.relu(self.first(X.astype(np.float32)))
            for drop in self.drops:
                x = drop(x)
            return self.last(x)

        def objective(self, X, y):
            return tg.softmax_loss(self(X), y)

        def loss(self, X):
            self.eval()
            with tg.no_grad():
                scores = self(X).numpy()
            self.train()
            return scores

    whole, part, resumed = make(Net()), make(Net(), num_epochs=2), make(Net())
    whole.train()
    part.train()
    resumed.resume(part.save(tmp_path / "a.npz"))
    resumed.train()
    assert resumed.loss_history == whole.loss_history


def test_a_finished_training_does_nothing_more():
    solver = make()
    solver.train()
    state = solver.state_dict()
    solver.train()
    assert same(solver.state_dict(), state)


def test_the_same_seed_gives_the_same_bits():
    one, two, other = make(), make(), make(seed=3)
    for solver in (one, two, other):
        solver.train()
    assert same(one.state_dict(), two.state_dict())
    assert one.loss_history != other.loss_history


def test_states_that_do_not_fit(tmp_path):
    done = make(num_epochs=1)
    done.train()
    state = done.state_dict()
    solver = make()
    before = solver.state_dict()
    with pytest.raises(CheckpointError, match="6 iterations here and 1 in the state"):
        solver.load_state_dict({**state, "progress": {**state["progress"], "iterations_per_epoch": 1}})
    with pytest.raises(CheckpointError, match="no state of a Solver"):
        solver.load_state_dict({"model": {}})
    with pytest.raises(CheckpointError, match="W1"):
        solver.load_state_dict({**state, "model": {}})
    with pytest.raises(CheckpointError, match="Adam cannot load the state of SGD"):
        solver.load_state_dict({**state, "optimizer": make(update_rule="sgd").optimizer.state_dict()})
    with pytest.raises(CheckpointError, match="no state of a Solver"):
        solver.load_state_dict({**state, "progress": {**state["progress"], "generators": {}}})
    assert same(solver.state_dict(), before)
    tg.io.save_checkpoint(tmp_path / "a.npz", make_net())
    with pytest.raises(CheckpointError, match="no state of a Solver"):
        solver.resume(tmp_path / "a.npz")


def test_checkpoints_of_each_epoch(tmp_path):
    folder = tmp_path / "new" / "folder"
    solver = make(checkpoint_name=folder / "run", num_epochs=3)
    solver.train()
    assert sorted(os.listdir(folder)) == [f"run_epoch_{n}.npz" for n in range(4)]
    saved = load_checkpoint(folder / "run_epoch_3.npz")
    assert same(saved.model, solver.state_dict()["model"])
    assert saved.build().loss(toy()["X_val"]).shape == (30, 3)
    assert saved.extra["loss_history"].tolist() == solver.loss_history
    again = make(num_epochs=3)
    again.resume(folder / "run_epoch_1.npz")
    again.train()
    assert same(again.state_dict(), solver.state_dict())


def test_a_folder_that_cannot_be_written_is_known_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    solver = make(checkpoint_name=tmp_path / "file" / "run")
    with pytest.raises(FileError, match="cannot write into the folder"):
        solver.train()
    assert solver.iteration == 0


# What it says


def test_it_prints_as_the_course_does(capsys):
    make(verbose=True, num_epochs=2, print_every=5).train()
    number = r"\d\.\d{6}"
    expected = "\n".join([
        rf"\(Iteration 1 / 12\) loss: {number}",
        rf"\(Epoch 0 / 2\) train acc: {number}; val_acc: {number}",
        rf"\(Iteration 6 / 12\) loss: {number}",
        rf"\(Epoch 1 / 2\) train acc: {number}; val_acc: {number}",
        rf"\(Iteration 11 / 12\) loss: {number}",
        rf"\(Epoch 2 / 2\) train acc: {number}; val_acc: {number}",
    ])  # fmt: skip
    assert re.fullmatch(expected + "\n", capsys.readouterr().out)
    make().train()
    assert capsys.readouterr().out == ""


def test_callbacks():
    steps, epochs = [], []
    solver = make(on_step=lambda s: steps.append(s.iteration), on_epoch=lambda s: epochs.append((s.epoch, s.iteration)))
    solver.train()
    assert steps == list(range(1, 25))
    assert epochs == [(1, 6), (2, 12), (3, 18), (4, 24)]
