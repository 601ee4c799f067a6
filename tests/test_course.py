"""Ops, update rules, optimizers and nets agree with the course's formulas to 1e-12 in float64."""

import course
import numpy as np
import pytest

import tensorgraph as tg

SEEDS = [0, 1, 2]


def close(actual, expected, name=""):
    actual = actual.numpy() if isinstance(actual, tg.Tensor) else actual
    assert np.shape(actual) == np.shape(expected), name
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12, err_msg=name)


def run(op, *inputs, dout=None):
    """What an op gives, and the gradients of its array inputs for the incoming gradient ``dout``."""
    tensors = [tg.Tensor(x, requires_grad=True) if np.ndim(x) and x.dtype.kind == "f" else x for x in inputs]
    out = op(*tensors)
    out, aux = (out[0], out[1:]) if isinstance(out, tuple) else (out, ())
    out.backward(dout)
    return out, aux, [t.grad for t in tensors if isinstance(t, tg.Tensor)]


# Layers


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("trailing", [(6,), (2, 3), (3, 1, 2)])
def test_affine(trailing, seed):
    rng = np.random.default_rng(seed)
    x, w, b, dout = [rng.normal(size=shape) for shape in ((5, *trailing), (6, 4), (4,), (5, 4))]
    out, _, grads = run(tg.affine, x, w, b, dout=dout)
    expected, cache = course.affine_forward(x, w, b)
    close(out, expected)
    for g, e in zip(grads, course.affine_backward(dout, cache), strict=True):
        close(g, e)


@pytest.mark.parametrize("shape", [(7,), (4, 5), (2, 3, 4)])
def test_relu(shape):
    rng = np.random.default_rng(0)
    x, dout = rng.normal(size=shape), rng.normal(size=shape)
    x[0] = 0  # at the kink as well
    out, _, (dx,) = run(tg.relu, x, dout=dout)
    expected, cache = course.relu_forward(x)
    close(out, expected)
    close(dx, course.relu_backward(dout, cache))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("eps", [1e-5, 1e-2])
def test_batchnorm_in_training(eps, seed):
    rng = np.random.default_rng(seed)
    x, gamma, beta, dout = 5 * rng.normal(size=(6, 4)) + 12, *rng.normal(size=(2, 4)), rng.normal(size=(6, 4))
    out, (mean, var), grads = run(tg.batchnorm, x, gamma, beta, eps, dout=dout)
    expected, cache = course.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})
    close(out, expected)
    close(mean, cache[0])
    close(var, cache[1])
    for g, e in zip(grads, course.batchnorm_backward(dout, cache), strict=True):
        close(g, e)


def test_batchnorm_layer_over_many_batches_and_then_in_test_mode():
    rng = np.random.default_rng(0)
    layer, bn_param = tg.nn.BatchNorm1d(3, momentum=0.7, dtype=np.float64), {"mode": "train", "momentum": 0.7}
    layer.running_var[:] = 0  # where the course starts
    gamma, beta = rng.normal(size=(2, 3))
    layer.gamma.data[:], layer.beta.data[:] = gamma, beta
    for _ in range(20):
        x = rng.normal(2, 3, (8, 3))
        close(layer(x), course.batchnorm_forward(x, gamma, beta, bn_param)[0])
        close(layer.running_mean, bn_param["running_mean"])
        close(layer.running_var, bn_param["running_var"])
    bn_param["mode"] = "test"
    x = rng.normal(2, 3, (5, 3))
    close(layer.eval()(x), course.batchnorm_forward(x, gamma, beta, bn_param)[0])


@pytest.mark.parametrize("keep", [0.25, 0.8])
def test_dropout(keep):
    rng = np.random.default_rng(0)
    x, dout, kept = rng.normal(size=(50, 4)), rng.normal(size=(50, 4)), rng.random((50, 4)) < keep
    out, _, (dx,) = run(lambda x: tg.nn.Dropout(keep=keep)(x, kept), x, dout=dout)
    expected, mask = course.dropout_forward(x, keep, kept)
    close(out, expected)
    close(dx, course.dropout_backward(dout, mask))
    close(tg.nn.Dropout(keep=keep).eval()(x), x)


@pytest.mark.parametrize("name", ["softmax_loss", "svm_loss"])
@pytest.mark.parametrize("scale", [1e-3, 1, 30])
@pytest.mark.parametrize("seed", SEEDS)
def test_losses(name, scale, seed):
    rng = np.random.default_rng(seed)
    scores, y = scale * rng.normal(size=(20, 7)), rng.integers(0, 7, 20)
    loss, _, (dscores,) = run(getattr(tg, name), scores, y)
    expected, dexpected = getattr(course, name)(scores, y)
    close(loss, expected)
    close(dscores, dexpected)


@pytest.mark.parametrize("seed", SEEDS)
def test_affine_relu(seed):
    rng = np.random.default_rng(seed)
    x, w, b, dout = [rng.normal(size=shape) for shape in ((2, 3, 4), (12, 10), (10,), (2, 10))]
    expected, cache = course.affine_relu_forward(x, w, b)
    for op in (tg.affine_relu, lambda *inputs: tg.relu(tg.affine(*inputs))):
        out, _, grads = run(op, x, w, b, dout=dout)
        close(out, expected)
        for g, e in zip(grads, course.affine_relu_backward(dout, cache), strict=True):
            close(g, e)


@pytest.mark.parametrize("seed", SEEDS)
def test_affine_batchnorm_relu(seed):
    rng = np.random.default_rng(seed)
    inputs = [rng.normal(size=shape) for shape in ((9, 3, 2), (6, 5), (5,), (5,), (5,))]
    dout = rng.normal(size=(9, 5))
    expected, cache = course.affine_batchnorm_relu_forward(*inputs, {"mode": "train"})

    def in_three(x, w, b, gamma, beta):
        return tg.relu(tg.batchnorm(tg.affine(x, w, b), gamma, beta)[0])

    for op in (tg.affine_batchnorm_relu, in_three):
        out, _, grads = run(op, *inputs, dout=dout)
        close(out, expected)
        for g, e in zip(grads, course.affine_batchnorm_relu_backward(dout, cache), strict=True):
            close(g, e)


# Update rules

RULES = ["sgd", "sgd_momentum", "sgd_nesterov_momentum", "rmsprop", "adam"]
SETTINGS = {
    "sgd": {"learning_rate": 0.3},
    "sgd_momentum": {"learning_rate": 0.3, "momentum": 0.5},
    "sgd_nesterov_momentum": {"learning_rate": 0.3, "momentum": 0.5},
    "rmsprop": {"learning_rate": 0.3, "decay_rate": 0.5, "epsilon": 1e-3},
    "adam": {"learning_rate": 0.3, "beta1": 0.5, "beta2": 0.7, "epsilon": 1e-3},
}
DEFAULTS = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "sgd_nesterov_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("given", ["defaults", "settings"])
def test_update_rules(name, given):
    rng = np.random.default_rng(0)
    rule, reference = getattr(tg.optim, name), getattr(course, name)
    w = expected_w = rng.normal(size=(4, 5))
    config = None if given == "defaults" else SETTINGS[name]
    expected = {} if config is None else dict(config)
    for _ in range(30):
        dw = rng.normal(size=w.shape)
        w, config = rule(w, dw, config)
        expected_w, expected = reference(expected_w, dw, expected)
        close(w, expected_w)
        assert config.keys() == expected.keys()
        for key, value in expected.items():
            close(config[key], value, key)


@pytest.mark.parametrize("name", RULES)
def test_update_rules_fill_in_the_defaults_of_the_course(name):
    _, config = getattr(tg.optim, name)(np.ones(2), np.ones(2))
    state = {"velocity", "v", "a", "t"}
    assert {key: value for key, value in config.items() if key not in state} == DEFAULTS[name]
    kept = {"sgd": set(), "rmsprop": {"a"}, "adam": {"v", "a", "t"}}.get(name, {"velocity"})
    assert config.keys() & state == kept


def test_update_rules_by_hand():
    """One step from known state, worked out on paper."""
    w, dw = np.array([1.0]), np.array([2.0])
    v = {"learning_rate": 0.1, "momentum": 0.5, "velocity": np.array([0.4])}
    assert tg.optim.sgd(w, dw, {"learning_rate": 0.1})[0] == pytest.approx([0.8])
    assert tg.optim.sgd_momentum(w, dw, v)[0] == pytest.approx([1 + (0.2 - 0.2)])
    assert tg.optim.sgd_nesterov_momentum(w, dw, v)[0] == pytest.approx([1 + 0.0 + 0.5 * (0.0 - 0.4)])
    a = {"learning_rate": 0.1, "decay_rate": 0.5, "epsilon": 1.0, "a": np.array([4.0])}
    assert tg.optim.rmsprop(w, dw, a)[0] == pytest.approx([1 - 0.1 * 2 / (2 + 1)])
    m = {"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.5, "epsilon": 1.0, "v": np.zeros(1), "a": np.zeros(1), "t": 0}
    assert tg.optim.adam(w, dw, m)[0] == pytest.approx([1 - 0.1 * 2 / (2 + 1)])


# The net

NETS = {
    "plain": {},
    "reg": {"reg": 0.2},
    "dropout": {"dropout": 0.6},
    "batchnorm": {"use_batchnorm": True},
    "all": {"use_batchnorm": True, "dropout": 0.6, "reg": 0.2},
}
HIDDEN, INPUT, CLASSES, BATCH = [9, 8, 7], 12, 5, 11


def nets(hidden, **settings):
    """The package's net, and the course's with the same parameters."""
    net = tg.nn.FullyConnectedNet(hidden, INPUT, CLASSES, weight_scale=0.5, dtype=np.float64, seed=0, **settings)
    rng = np.random.default_rng(1)
    for name, p in net.params.items():
        if not name.startswith("W"):
            net.params[name] = p.numpy() + 0.3 * rng.normal(size=p.shape)
    for name, buffer in net.named_buffers():
        if name.startswith("running_var"):
            buffer[:] = 0  # where the course starts
    params = {name: p.numpy().copy() for name, p in net.params.items()}
    config = net.config
    return net, course.FullyConnectedNet(params, config["use_batchnorm"], config["dropout"], config["reg"])


def batches(count, hidden, keep):
    rng = np.random.default_rng(2)
    for _ in range(count):
        X, y = rng.normal(size=(BATCH, 3, 4)), rng.integers(0, CLASSES, BATCH)
        yield X, y, [rng.random((BATCH, width)) < keep for width in hidden] if keep < 1 else None


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("hidden", [[], [6], HIDDEN], ids=["one layer", "two layers", "four layers"])
def test_loss_gradients_and_scores_of_the_net(hidden, name):
    net, reference = nets(hidden, **NETS[name])
    for X, y, masks in batches(3, hidden, net.config["dropout"]):
        loss, grads = net.loss(X, y, dropout_masks=masks)
        expected, expected_grads = reference.loss(X, y, masks)
        close(loss, expected)
        assert grads.keys() == expected_grads.keys()
        for key, g in grads.items():
            close(g, expected_grads[key], key)
        close(net.loss(X), reference.loss(X))
    for key, buffer in net.named_buffers():
        kind, i = key[:-1], int(key[-1])
        close(buffer, reference.bn_params[i - 1][kind], key)


def test_the_two_layer_net():
    net = tg.nn.TwoLayerNet(INPUT, 6, CLASSES, 0.5, 0.3, np.float64, 0)
    reference = course.FullyConnectedNet({k: p.numpy().copy() for k, p in net.params.items()}, False, 1, 0.3)
    ((X, y, _),) = batches(1, [6], 1)
    loss, grads = net.loss(X, y)
    expected, expected_grads = reference.loss(X, y)
    close(loss, expected)
    for key, g in grads.items():
        close(g, expected_grads[key], key)
    close(net.loss(X), reference.loss(X))


OPTIMIZERS = {
    "sgd": lambda params: tg.optim.SGD(params, lr=0.3),
    "sgd_momentum": lambda params: tg.optim.SGD(params, lr=0.3, momentum=0.5),
    "sgd_nesterov_momentum": lambda params: tg.optim.SGD(params, lr=0.3, momentum=0.5, nesterov=True),
    "rmsprop": lambda params: tg.optim.RMSProp(params, lr=0.3, decay_rate=0.5, epsilon=1e-3),
    "adam": lambda params: tg.optim.Adam(params, lr=0.3, beta1=0.5, beta2=0.7, epsilon=1e-3),
}


@pytest.mark.parametrize("rule", RULES)
def test_whole_training_runs(rule):
    net, reference = nets(HIDDEN, **NETS["all"])
    optimizer = OPTIMIZERS[rule](net.parameters())
    configs = {name: dict(SETTINGS[rule]) for name in reference.params}
    for X, y, masks in batches(10, HIDDEN, 0.6):
        optimizer.zero_grad()
        loss = net.objective(X, y, masks)
        loss.backward()
        optimizer.step()
        expected, grads = reference.loss(X, y, masks)
        assert loss.item() == pytest.approx(expected, rel=1e-9)  # rounding grows from step to step
        for name, w in reference.params.items():
            reference.params[name], configs[name] = getattr(course, rule)(w, grads[name], configs[name])
    for name, p in net.params.items():
        np.testing.assert_allclose(p.numpy(), reference.params[name], rtol=1e-9, atol=1e-9, err_msg=name)
