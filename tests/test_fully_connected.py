"""The course's nets: their parameters, losses and gradients, modes, masks, seeds, and what they refuse."""

import copy
import inspect
import json
import pickle
from collections.abc import Mapping

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.core import reachable
from tensorgraph.errors import ArgumentError, CheckpointError, DTypeError, ShapeError
from tensorgraph.nn import FullyConnectedNet, Sequential, TwoLayerNet
from tensorgraph.nn.layers import draw_keep_mask
from tensorgraph.testing import eval_numerical_gradient, rel_error

N, D, C = 7, 12, 5


def batch(n=N, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, D)), rng.integers(0, C, n)


def make(hidden=(6, 4), **settings):
    return FullyConnectedNet(
        hidden, **{"input_dim": D, "num_classes": C, "weight_scale": 0.5, "dtype": np.float64, "seed": 0} | settings
    )


def draw_masks(hidden=(6, 4), n=N, seed=1, keep=0.7):
    rng = np.random.default_rng(seed)
    return [rng.random((n, width)) < keep for width in hidden]


# Signatures and parameters


def defaults(cls):
    return {name: p.default for name, p in inspect.signature(cls).parameters.items()}


def test_signatures_are_those_of_the_course():
    assert list(defaults(TwoLayerNet).items()) == [
        ("input_dim", 3 * 32 * 32), ("hidden_dim", 100), ("num_classes", 10), ("weight_scale", 1e-3), ("reg", 0.0),
        ("dtype", np.float32), ("seed", None),
    ]  # fmt: skip
    assert list(defaults(FullyConnectedNet).items()) == [
        ("hidden_dims", inspect.Parameter.empty), ("input_dim", 3 * 32 * 32), ("num_classes", 10), ("dropout", 1),
        ("use_batchnorm", False), ("reg", 0.0), ("weight_scale", 1e-2), ("dtype", np.float32), ("seed", None),
    ]  # fmt: skip


def test_parameters_have_the_names_and_shapes_of_the_course():
    assert {k: p.shape for k, p in make((6, 4)).params.items()} == {
        "W1": (12, 6), "b1": (6,), "W2": (6, 4), "b2": (4,), "W3": (4, 5), "b3": (5,),
    }  # fmt: skip
    assert {k: p.shape for k, p in make((6, 4), use_batchnorm=True).params.items()} == {
        "W1": (12, 6), "b1": (6,), "gamma1": (6,), "beta1": (6,),
        "W2": (6, 4), "b2": (4,), "gamma2": (4,), "beta2": (4,), "W3": (4, 5), "b3": (5,),
    }  # fmt: skip
    assert {k: p.shape for k, p in make([]).params.items()} == {"W1": (12, 5), "b1": (5,)}
    assert {k: p.shape for k, p in TwoLayerNet().params.items()} == {
        "W1": (3072, 100), "b1": (100,), "W2": (100, 10), "b2": (10,),
    }  # fmt: skip


def test_initial_values():
    net = FullyConnectedNet([300], 400, 100, use_batchnorm=True, weight_scale=0.02, seed=0)
    for name, p in net.params.items():
        value = p.numpy()
        if name.startswith("W"):
            assert abs(value.std() / 0.02 - 1) < 0.02
            assert abs(value.mean()) < 4 * 0.02 / np.sqrt(value.size)
        else:
            assert (value == (1 if name.startswith("gamma") else 0)).all()
    assert abs(TwoLayerNet(400, 300, seed=0).params["W1"].numpy().std() / 1e-3 - 1) < 0.02


def test_parameters_are_the_ones_that_modules_and_optimizers_see():
    net = make(use_batchnorm=True)
    assert dict(net.named_parameters()) == dict(net.params)
    assert list(net.parameters()) == list(net.params.values())
    assert [p.name for p in net.parameters()] == list(net.params)
    buffers = ["running_mean1", "running_var1", "running_mean2", "running_var2"]
    assert [name for name, _ in net.named_buffers()] == buffers
    assert list(net.state_dict()) == [*net.params, *buffers]


def test_an_array_assigned_to_a_name_is_written_into_the_parameter():
    net, (X, _) = make(), batch()
    p, memory = net.params["W3"], net.params["W3"].data
    net.params["W3"] = np.zeros((4, 5))
    net.params["b3"] = tg.Tensor(np.arange(5.0), requires_grad=True) * 2
    assert net.params["W3"] is p
    assert p.data is memory
    assert (net.loss(X) == 2 * np.arange(5)).all()
    with pytest.raises(ShapeError, match=r"params\['W3'\] has shape \(4, 5\); got \(5, 4\)"):
        net.params["W3"] = np.zeros((5, 4))
    with pytest.raises(KeyError):
        net.params["W4"] = np.zeros(3)
    assert isinstance(net.params, Mapping)
    assert "W1" in net.params
    assert "Parameter(" in repr(net.params)
    assert len(net.params) == 6


# Losses


@pytest.mark.parametrize("settings", [{}, {"use_batchnorm": True}, {"dropout": 0.5}, {"dtype": np.float32}])
def test_the_first_loss_is_that_of_guessing(settings):
    net = FullyConnectedNet([20, 30], 15, 10, weight_scale=1e-5, seed=0, **settings)
    rng = np.random.default_rng(0)
    loss, _ = net.loss(rng.normal(size=(50, 15)), rng.integers(0, 10, 50))
    assert loss == pytest.approx(np.log(10), abs=1e-4)
    assert round(loss, 4) == 2.3026


def test_first_loss_of_the_two_layer_net():
    rng = np.random.default_rng(0)
    loss, _ = TwoLayerNet(weight_scale=1e-5, seed=0).loss(rng.normal(size=(3, 3, 32, 32)), [1, 2, 3])
    assert round(loss, 4) == 2.3026


@pytest.mark.parametrize("reg", [1.0, 3.14])
@pytest.mark.parametrize("settings", [{}, {"use_batchnorm": True}])
def test_reg_adds_its_term_and_nothing_else(reg, settings):
    X, y = batch()
    plain, regular = make(**settings), make(reg=reg, **settings)
    weights = {name: p.numpy() for name, p in plain.params.items() if name.startswith("W")}
    (loss, grads), (with_reg, grads_with_reg) = plain.loss(X, y), regular.loss(X, y)
    assert len(weights) == 3
    assert with_reg - loss == pytest.approx(0.5 * reg * sum((W**2).sum() for W in weights.values()), rel=1e-12)
    for name, g in grads.items():
        expected = g + reg * weights[name] if name in weights else g
        np.testing.assert_allclose(grads_with_reg[name], expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(plain.loss(X), regular.loss(X))


def test_without_labels_loss_gives_scores_in_test_mode_and_changes_nothing():
    net = make(use_batchnorm=True, dropout=0.5)
    X, y = batch()
    net.loss(X, y)
    before, rng = net.state_dict(), copy.deepcopy(net.rng.bit_generator.state)
    scores = net.loss(X)
    assert isinstance(scores, np.ndarray)
    assert scores.shape == (N, C)
    np.testing.assert_array_equal(net.loss(X), scores)
    np.testing.assert_allclose(net.loss(X[:1]), scores[:1], rtol=1e-12)  # an example is scored by itself
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert net.rng.bit_generator.state == rng
    np.testing.assert_array_equal(net.eval()(X).numpy(), scores)


def test_with_labels_loss_gives_a_float_and_the_gradients_of_all_parameters():
    net = make(use_batchnorm=True, dropout=0.5, reg=0.1)
    X, y = batch()
    masks = draw_masks()
    loss, grads = net.loss(X, y, dropout_masks=masks)
    assert type(loss) is float
    assert list(grads) == list(net.params)
    assert all(p.grad is None for p in net.parameters())
    recorded = net.objective(X, y, masks)
    recorded.backward()
    assert recorded.item() == loss
    for name, p in net.params.items():
        assert type(grads[name]) is np.ndarray
        np.testing.assert_array_equal(grads[name], p.grad.numpy())


def test_loss_with_labels_trains_the_running_statistics():
    net = make(use_batchnorm=True)
    X, y = batch()
    hidden = X @ net.params["W1"].numpy()
    net.loss(X, y)
    state = net.state_dict()
    np.testing.assert_allclose(state["running_mean1"], 0.1 * hidden.mean(0), rtol=1e-12)
    np.testing.assert_allclose(state["running_var1"], 0.9 + 0.1 * hidden.var(0), rtol=1e-12)


def test_loss_leaves_the_mode_of_every_part_as_it_was():
    net = make(use_batchnorm=True, dropout=0.5)
    net.layers[0].norm.eval()
    net.layers[1].dropout.eval()
    modes = [module.training for module in net.modules()]
    X, y = batch()
    net.loss(X)
    net.loss(X, y)
    with pytest.raises(ArgumentError):
        net.loss(X, y + C)
    assert [module.training for module in net.modules()] == modes


def test_gradients_of_frozen_parameters_are_left_out():
    net, (X, y) = make(), batch()
    _, all_grads = net.loss(X, y)
    net.params["W1"].requires_grad = net.params["b3"].requires_grad = False
    loss, grads = net.loss(X, y)
    assert list(grads) == ["b1", "W2", "b2", "W3"]
    for name, g in grads.items():
        np.testing.assert_array_equal(g, all_grads[name])
    for p in net.parameters():
        p.requires_grad = False
    assert net.loss(X, y) == (loss, {})


def test_loss_with_labels_gives_gradients_also_under_no_grad():
    net, (X, y) = make(), batch()
    expected = net.loss(X, y)
    with tg.no_grad():
        loss, grads = net.loss(X, y)
    assert loss == expected[0]
    np.testing.assert_array_equal(grads["W1"], expected[1]["W1"])


# Gradients


@pytest.mark.parametrize("dropout", [1, 0.7])
@pytest.mark.parametrize("settings", [{}, {"use_batchnorm": True, "reg": 0.3}])
def test_gradients_pass_the_numerical_check(settings, dropout):
    net = make(dropout=dropout, **settings)
    X, y = batch()
    rng = np.random.default_rng(3)
    for name, p in net.params.items():
        if name[0] != "W":
            net.params[name] = p.numpy() + 0.3 * rng.normal(size=p.shape)  # away from their special first values
    masks = draw_masks() if dropout < 1 else None
    _, grads = net.loss(X, y, dropout_masks=masks)
    for name, p in net.params.items():
        numeric = eval_numerical_gradient(lambda _: net.loss(X, y, dropout_masks=masks)[0], p)
        if net.config["use_batchnorm"] and name in ("b1", "b2"):  # batchnorm takes them out again: both are 0
            assert abs(numeric).max() < 1e-9
            assert abs(grads[name]).max() < 1e-15
        else:
            assert abs(numeric).max() > 1e-3
            assert rel_error(grads[name], numeric) < 1e-6, name


def test_gradients_pass_the_check_of_second_order():
    net, (X, y) = make((4,), use_batchnorm=True, dropout=0.7, reg=0.3), batch()
    masks = draw_masks((4,))

    def loss(W1, gamma1, b2):
        x = tg.batchnorm(tg.affine(X, W1, net.params["b1"]), gamma1, net.params["beta1"])[0]
        x = tg.dropout(tg.relu(x), masks[0] / 0.7)
        scores = tg.affine(x, net.params["W2"], b2)
        return tg.softmax_loss(scores, y) + 0.15 * ((W1 * W1).sum() + (net.params["W2"] * net.params["W2"]).sum())

    chosen = [net.params[name].numpy() for name in ("W1", "gamma1", "b2")]
    assert loss(*[tg.Tensor(p) for p in chosen]).item() == pytest.approx(net.loss(X, y, masks)[0], rel=1e-12)
    assert tg.testing.gradgradcheck(loss, chosen).checked > 0


def test_a_three_layer_net_overfits_fifty_digits():
    data = tg.data.digits()
    X, y = data.X_train[:50], data.y_train[:50]
    net = FullyConnectedNet([100, 100], 64, weight_scale=0.05, seed=0)
    optimizer = tg.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for _ in range(100):
        optimizer.zero_grad()
        net.objective(X, y).backward()
        optimizer.step()
    assert (net.loss(X).argmax(axis=1) == y).all()
    assert net.loss(X, y)[0] < 0.02


# Dropout masks and seeds


def test_injected_masks_decide_what_is_dropped():
    net, (X, y) = make(dropout=0.7), batch()
    masks = draw_masks()
    loss, grads = net.loss(X, y, dropout_masks=masks)
    assert net.loss(X, y, dropout_masks=masks)[0] == loss
    assert net.loss(X, y, dropout_masks=draw_masks(seed=2))[0] != loss
    dropped = [np.zeros((N, width), bool) for width in (6, 4)]
    np.testing.assert_allclose(net.loss(X, y, dropout_masks=dropped)[0], np.log(C), rtol=1e-12)
    masks[0][:, 2] = masks[1][:, 3] = False
    _, grads = net.loss(X, y, dropout_masks=masks)
    assert not grads["W1"][:, 2].any()
    assert not grads["W2"][2].any()
    assert not grads["W3"][3].any()
    assert grads["W3"][2].any()


def test_drawn_masks_can_be_injected_to_repeat_a_run():
    drawing, repeating, (X, y) = make(dropout=0.7, seed=3), make(dropout=0.7, seed=3), batch()
    rng = copy.deepcopy(drawing.rng)
    for _ in range(3):
        masks = [draw_keep_mask((N, width), 0.7, rng) for width in (6, 4)]
        (loss, grads), (again, grads_again) = drawing.loss(X, y), repeating.loss(X, y, dropout_masks=masks)
        assert loss == again
        np.testing.assert_array_equal(grads["W1"], grads_again["W1"])


def test_one_seed_makes_one_net_and_one_sequence_of_masks():
    X, y = batch()
    one, two, other = (make(dropout=0.7, seed=seed) for seed in (5, 5, 6))
    for name, p in one.params.items():
        np.testing.assert_array_equal(p.numpy(), two.params[name].numpy())
    assert (one.params["W1"].numpy() != other.params["W1"].numpy()).all()
    assert [one.loss(X, y)[0] for _ in range(3)] == [two.loss(X, y)[0] for _ in range(3)]
    assert len({one.loss(X, y)[0] for _ in range(5)}) > 1
    unseeded = [make(seed=None).params["W1"].numpy() for _ in range(2)]
    assert (unseeded[0] != unseeded[1]).all()


@pytest.mark.parametrize(
    ("settings", "masks", "error", "message"),
    [
        ({}, draw_masks(), ArgumentError, "this net has no dropout; make it with dropout=keep, below 1"),
        ({"dropout": 0.5}, draw_masks()[:1], ArgumentError, "dropout_masks: one for each of 2 layers; got 1"),
        ({"dropout": 0.5}, draw_masks()[::-1], ShapeError, r"of the shape of its input \(7, 6\); got \(7, 4\) bool"),
        ({"dropout": 0.5}, [m * 1.0 for m in draw_masks()], ShapeError, r"a mask is boolean.*got \(7, 6\) float64"),
    ],
)
def test_masks_that_do_not_fit_are_refused(settings, masks, error, message):
    with pytest.raises(error, match=message):
        make(**settings).loss(*batch(), dropout_masks=masks)


def test_a_net_without_dropout_has_no_dropout_layers():
    assert "Dropout" not in repr(make())
    assert repr(make(dropout=0.5)).count("Dropout(keep=0.5)") == 2
    with pytest.raises(ArgumentError, match="this net has no dropout"):
        TwoLayerNet(D, 6, C).loss(*batch(), dropout_masks=draw_masks((6,)))


# dtypes, shapes, copies


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("given", [np.float32, np.float64, np.uint8])
def test_everything_has_the_dtype_of_the_net(dtype, given):
    net = make(use_batchnorm=True, dropout=0.7, reg=np.float64(0.1), dtype=dtype)
    X, y = batch()
    X = (10 * X).astype(given) if given != np.uint8 else np.abs(10 * X).astype(given)
    _, grads = net.loss(X, y)
    arrays = {**net.state_dict(), **{f"gradient of {k}": g for k, g in grads.items()}, "scores": net.loss(X)}
    assert {name: a.dtype for name, a in arrays.items() if a.dtype != dtype} == {}
    assert net.objective(X, y).dtype == dtype


def test_examples_of_any_trailing_shape():
    net, (X, y) = make(use_batchnorm=True), batch()
    scores, (loss, grads) = net.loss(X), net.loss(X, y)
    for shape in [(12, 1), (3, 4), (2, 3, 2), (1, 2, 1, 6)]:
        images = X.reshape(N, *shape)
        np.testing.assert_array_equal(copy.deepcopy(make(use_batchnorm=True)).loss(images), scores)
        again, grads_again = net.loss(images, y)
        assert again == loss
        np.testing.assert_array_equal(grads_again["W1"], grads["W1"])
    np.testing.assert_array_equal(make(use_batchnorm=True).loss(X.tolist()), scores)
    assert net.loss(X[:0]).shape == (0, C)


def through_pickle(x):
    return pickle.loads(pickle.dumps(x))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, through_pickle])
def test_copies_compute_the_same_and_learn_by_themselves(duplicate):
    net, (X, y) = make(use_batchnorm=True, dropout=0.7), batch()
    net.loss(X, y)
    other = duplicate(net)
    assert list(other.params) == list(net.params)
    assert other.params["W1"] is other.layers[0].affine.weight
    assert net.loss(X, y)[0] == other.loss(X, y)[0]
    other.params["b3"] = np.full(C, 100.0)
    assert (net.loss(X) < 50).all()
    assert (other.loss(X) > 50).all()


def test_a_net_can_be_made_again_from_its_config_and_state():
    full = make(use_batchnorm=True, dropout=0.7, reg=0.1, seed=np.int64(4))
    for net in (full, TwoLayerNet(D, 6, C, 0.1, 0.2, seed=1)):
        X, y = batch()
        net.loss(X, y)
        again = type(net)(**json.loads(json.dumps(net.config)))
        assert again.config == net.config
        assert again.reg == net.reg
        again.load_state_dict(net.state_dict())
        np.testing.assert_array_equal(again.loss(X), net.loss(X))


def test_a_state_of_another_net_is_refused():
    with pytest.raises(CheckpointError, match=r"(?s)missing: gamma1 \(6,\).*missing: running_mean1 \(6,\)"):
        make(use_batchnorm=True).load_state_dict(make().state_dict())
    with pytest.raises(CheckpointError, match=r"shape: W2 is \(6, 4\) here and \(6, 3\) in the state"):
        make((6, 4)).load_state_dict(make((6, 3)).state_dict())


def test_a_net_can_be_part_of_another_module():
    net, (X, _) = make(use_batchnorm=True), batch()
    whole = Sequential(net, tg.nn.Linear(C, 2, rng=0, dtype=float))
    assert len(list(whole.parameters())) == len(net.params) + 2
    state = whole.state_dict()
    assert len(state) == len(net.state_dict()) + 2
    other = Sequential(make(use_batchnorm=True, seed=9), tg.nn.Linear(C, 2, rng=9, dtype=float))
    other.load_state_dict(state)
    np.testing.assert_array_equal(other.eval()(X).numpy(), whole.eval()(X).numpy())


def test_what_a_subclass_adds_is_learned_and_saved_too():
    class Scaled(FullyConnectedNet):
        def __init__(self):
            super().__init__([6], D, C, use_batchnorm=True)
            self.scale, self.offset = tg.nn.Parameter(np.ones(D)), np.zeros(D)

        def forward(self, X, dropout_masks=None):
            return super().forward((tg.Tensor(X) - self.offset) * self.scale, dropout_masks)

    net, (X, y) = Scaled(), batch()
    assert [name for name, _ in net.named_parameters()] == ["scale", *net.params]
    assert list(net.state_dict()) == ["scale", *net.params, "offset", "running_mean1", "running_var1"]
    net.objective(X, y).backward()
    assert all(p.grad is not None for p in net.parameters())
    assert list(net.loss(X, y)[1]) == list(net.params)


def test_the_two_layer_net_is_the_fully_connected_net_of_one_hidden_layer():
    X, y = batch()
    two, full = TwoLayerNet(D, 6, C, 0.3, 0.1, np.float64, 2), make([6], weight_scale=0.3, reg=0.1, seed=2)
    (loss, grads), (expected, expected_grads) = two.loss(X, y), full.loss(X, y)
    assert loss == expected
    assert {k: g.tolist() for k, g in grads.items()} == {k: g.tolist() for k, g in expected_grads.items()}


def test_nodes_are_grouped_by_layer():
    net, (X, y) = make(use_batchnorm=True, dropout=0.7, reg=0.1), batch()
    nodes = [node for node in reachable(net.objective(X, y).node) if node.op is not None]
    ops = {}
    for node in reversed(nodes):
        ops.setdefault(node.scope, []).append(node.op.name)
    hidden = ["affine", "batchnorm", "relu", "dropout"]
    assert ops.pop(("FullyConnectedNet", "layer1")) == hidden
    assert ops.pop(("FullyConnectedNet", "layer2")) == hidden
    assert ops.pop(("FullyConnectedNet", "layer3")) == ["affine"]
    assert "softmax_loss" in ops.pop(())
    assert ops == {}


# Bad input


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"hidden": 5}, ArgumentError, "hidden_dims is a list of widths; got 5"),
        ({"hidden": [4, 0]}, ArgumentError, r"whole number of at least 1; got \[12, 4, 0, 5\]"),
        ({"hidden": [4.5]}, ArgumentError, "whole number of at least 1"),
        ({"input_dim": -1}, ArgumentError, "whole number of at least 1"),
        ({"num_classes": 0}, ArgumentError, "whole number of at least 1"),
        ({"dropout": 0}, ArgumentError, r"in \(0, 1\]; got 0"),
        ({"dropout": 1.5}, ArgumentError, r"in \(0, 1\]; got 1.5"),
        ({"reg": -1}, ArgumentError, "reg and weight_scale are at least 0; got -1 and 0.5"),
        ({"reg": float("nan")}, ArgumentError, "reg and weight_scale are at least 0"),
        ({"weight_scale": -0.1}, ArgumentError, "reg and weight_scale are at least 0"),
        ({"dtype": int}, DTypeError, "the dtype must be floating point; got int64"),
        ({"dtype": complex}, DTypeError, "the dtype must be floating point; got complex128"),
    ],
)
def test_settings_out_of_range_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        make(**settings)


@pytest.mark.parametrize("hidden", [(6, 4), np.array([6, 4]), iter([6, 4])], ids=["tuple", "array", "iterator"])
def test_widths_come_in_any_sequence(hidden):
    net = make(hidden)
    assert [p.shape for name, p in net.params.items() if name.startswith("W")] == [(12, 6), (6, 4), (4, 5)]
    assert net.config["hidden_dims"] == [6, 4]


def test_the_narrowest_net():
    net = FullyConnectedNet([1], 1, 1, weight_scale=0)
    loss, grads = net.loss([[3.0], [4.0]], [0, 0])
    assert loss == 0
    assert not any(g.any() for g in grads.values())


BAD_BATCHES = {
    "too few columns": (lambda X, y: (X[:, :-1], y), ShapeError, r"x has 11 columns but weight has 12 rows(?s:.)*W1"),
    "one example without its axis": (lambda X, y: (X[0], y[:1]), ShapeError, r"affine: takes x \(N, d1"),
    "text": (lambda X, y: (X.astype(str), y), DTypeError, "numbers or booleans; got dtype <U"),
    "objects": (lambda X, y: (np.full((N, D), None), y), DTypeError, "numbers or booleans; got dtype object"),
    "too few labels": (lambda X, y: (X, y[:-1]), ShapeError, r"labels \(N,\)(?s:.)*\(7, 5\)(?s:.)*\(6,\)"),
    "one-hot labels": (lambda X, y: (X, np.eye(C, dtype=int)[y]), ShapeError, r"labels \(N,\)"),
    "labels that are not integers": (lambda X, y: (X, y * 1.0), DTypeError, "must be integers; got float64"),
    "a label too large": (lambda X, y: (X, y + C), ArgumentError, "is not a class: scores have 5 columns"),
    "a negative label": (lambda X, y: (X, y - C), ArgumentError, "label -[0-9] is not a class"),
    "an empty batch": (lambda X, y: (X[:0], y[:0]), ShapeError, "the batch is empty"),
}


@pytest.mark.parametrize("what", BAD_BATCHES)
def test_bad_batches_are_refused(what):
    spoil, error, message = BAD_BATCHES[what]
    with pytest.raises(error, match=message):
        make().loss(*spoil(*batch()))


def test_a_batch_of_one_cannot_train_batchnorm():
    net, (X, y) = make(use_batchnorm=True), batch()
    before = net.state_dict()
    with pytest.raises(ShapeError, match=r"at least 2 examples.*got a batch of 1(?s:.)*gamma1"):
        net.loss(X[:1], y[:1])
    np.testing.assert_array_equal(net.state_dict()["running_mean1"], before["running_mean1"])
    assert net.training
    assert net.loss(X[:1]).shape == (1, C)
    assert make().loss(X[:1], y[:1])[0] > 0
