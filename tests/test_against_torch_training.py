"""Optimizers, layers, losses and whole training runs agree with PyTorch's where the conventions coincide."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim

torch = pytest.importorskip("torch")


def close(actual, expected, tolerance=1e-10, name=""):
    actual = actual.numpy() if isinstance(actual, tg.Tensor) else actual
    expected = expected.detach().numpy() if isinstance(expected, torch.Tensor) else expected
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance, err_msg=name)


# Optimizers

PAIRS = {
    "SGD": (lambda p: optim.SGD(p, lr=0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    ),
    "nesterov": (
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    ),
    "nesterov, decay": (
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.2),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.2),
    ),
    "RMSProp": (lambda p: optim.RMSProp(p, lr=0.01), lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.99)),
    "RMSProp, decay": (
        lambda p: optim.RMSProp(p, lr=0.01, weight_decay=0.2),
        lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.99, weight_decay=0.2),
    ),
    "Adam": (lambda p: optim.Adam(p), lambda p: torch.optim.Adam(p)),
    "Adam, decay": (
        lambda p: optim.Adam(p, lr=0.1, beta1=0.5, beta2=0.9, weight_decay=0.2),
        lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.5, 0.9), weight_decay=0.2),
    ),
    "AdamW": (lambda p: optim.AdamW(p), lambda p: torch.optim.AdamW(p)),
    "AdamW, decay": (
        lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.2),
        lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.2),
    ),
}


def alongside(pair, params, others, steps, skip=lambda step, i: False):
    """Step both on the same random gradients, and compare all parameters after each step."""
    ours, theirs = pair[0](params), pair[1](others)
    rng = np.random.default_rng(1)
    for step in range(steps):
        for i, (p, q) in enumerate(zip(params, others)):
            g = rng.normal(size=p.shape)
            if p.dtype.kind == "c":
                g = g + 1j * rng.normal(size=p.shape)
            p.grad = None if skip(step, i) else g
            q.grad = None if skip(step, i) else torch.tensor(g)
        ours.step()
        theirs.step()
        for p, q in zip(params, others):
            close(p, q, 1e-12)


def both(*arrays):
    params = [tg.Tensor(a.copy(), requires_grad=True) for a in arrays]
    return params, [torch.tensor(a, requires_grad=True) for a in arrays]


@pytest.mark.parametrize("name", PAIRS)
def test_trajectories(name):
    rng = np.random.default_rng(0)
    alongside(PAIRS[name], *both(rng.normal(size=(4, 5)), rng.normal(size=5), rng.normal(size=())), steps=50)


@pytest.mark.parametrize("name", PAIRS)
def test_trajectories_with_skipped_parameters(name):
    rng = np.random.default_rng(0)
    params, others = both(rng.normal(size=3), rng.normal(size=4))
    alongside(PAIRS[name], params, others, steps=20, skip=lambda step, i: step % 3 == 1 and i == 0)


@pytest.mark.parametrize("name", ["momentum", "Adam", "Adam, decay", "AdamW", "RMSProp"])
def test_trajectories_of_complex_parameters(name):
    rng = np.random.default_rng(0)
    alongside(PAIRS[name], *both(rng.normal(size=(3, 2)) + 1j * rng.normal(size=(3, 2))), steps=20)


@pytest.mark.parametrize("name", PAIRS)
def test_trajectories_on_a_loss_in_single_precision(name):
    target = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    (p,), (q,) = both(np.zeros((6, 3), np.float32))
    ours, theirs = PAIRS[name][0]([p]), PAIRS[name][1]([q])
    for _ in range(30):
        ours.zero_grad()
        ((p - target) ** 2).sum().backward()
        ours.step()
        theirs.zero_grad()
        ((q - torch.tensor(target)) ** 2).sum().backward()
        theirs.step()
    close(p, q, 1e-4)


# Schedules and clipping

SCHEDULES = {
    "step": (optim.step_decay(3, 0.5), lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.5)),
    "exponential": (optim.exponential_decay(0.9), lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9)),
    "linear": (
        optim.linear_decay(10, 0.25),
        lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=1.0, end_factor=0.25, total_iters=10),
    ),
    "cosine": (
        optim.cosine_decay(14, 0.1),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=14, eta_min=0.1 * 0.7),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name):
    (p,), (q,) = both(np.ones(2))
    ours, theirs = optim.SGD([p], lr=0.7), torch.optim.SGD([q], lr=0.7)
    factor, scheduler = SCHEDULES[name]
    schedule, scheduler = optim.Schedule(ours, factor), scheduler(theirs)
    for _ in range(14):
        assert ours.groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-12)
        ours.step()
        theirs.step()
        schedule.step()
        scheduler.step()


def test_clipping():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((4, 3), (7,))]
    params, others = both(*arrays)
    for p, q, a in zip(params, others, arrays):
        p.grad, q.grad = 3 * a, torch.tensor(3 * a)
    norm = torch.nn.utils.clip_grad_norm_(others, 5.0).item()
    assert optim.clip_grad_norm(params, 5.0) == pytest.approx(norm, rel=1e-12)
    for p, q in zip(params, others):
        close(p.grad, q.grad, 1e-6)  # PyTorch divides by the norm + 1e-6
    torch.nn.utils.clip_grad_value_(others, 0.5)
    optim.clip_grad_value(params, 0.5)
    assert max(abs(p.grad.numpy()).max() for p in params) == 0.5
    for p, q in zip(params, others):
        close(p.grad, q.grad, 1e-6)


# Layers and losses


@pytest.mark.parametrize("training", [True, False])
def test_batchnorm(training):
    rng = np.random.default_rng(0)
    ours = nn.BatchNorm1d(4, momentum=0.8, dtype=float)
    theirs = torch.nn.BatchNorm1d(4, momentum=0.2, dtype=torch.float64)
    gamma, beta, mean, var = rng.normal(size=4), rng.normal(size=4), rng.normal(size=4), rng.random(4) + 0.5
    ours.load_state_dict({"gamma": gamma, "beta": beta, "running_mean": mean, "running_var": var})
    state = {"weight": gamma, "bias": beta, "running_mean": mean, "running_var": var, "num_batches_tracked": 0}
    theirs.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    ours.train(training)
    theirs.train(training)
    for _ in range(3):
        X, g = rng.normal(3, 2, (6, 4)), rng.normal(size=(6, 4))
        (x,), (z,) = both(X)
        out, expected = ours(x), theirs(z)
        close(out, expected)
        for module in (ours, theirs):
            module.zero_grad()
        out.backward(g)
        expected.backward(torch.tensor(g))
        close(x.grad, z.grad)
        close(ours.gamma.grad, theirs.weight.grad)
        close(ours.beta.grad, theirs.bias.grad)
        mean, var = 0.8 * mean + 0.2 * X.mean(0), 0.8 * var + 0.2 * X.var(0)
        if training:
            close(ours.running_mean, theirs.running_mean)
            close(ours.running_var, var)  # PyTorch keeps the unbiased variance
    if not training:
        close(ours.running_var, theirs.running_var)


@pytest.mark.parametrize("scale", [1, 1e4])
def test_losses(scale):
    rng = np.random.default_rng(0)
    S, y = scale * rng.normal(size=(9, 5)), rng.integers(0, 5, 9)
    for ours, theirs in (
        (tg.softmax_loss, torch.nn.functional.cross_entropy),
        (tg.svm_loss, lambda s, y: 5 * torch.nn.functional.multi_margin_loss(s, y)),
    ):
        (s,), (z,) = both(S)
        loss, expected = ours(s, y), theirs(z, torch.tensor(y))
        close(loss, expected)
        loss.backward()
        expected.backward()
        close(s.grad, z.grad)


def test_linear_relu_and_dropout_with_the_same_mask():
    rng = np.random.default_rng(0)
    X, W, b, g = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(5, 3))
    kept = rng.random((5, 3)) < 0.6
    linear = nn.Linear(4, 3, dtype=float)
    linear.load_state_dict({"weight": W, "bias": b})
    (x,), (z, w, c) = both(X)[0], both(X, W.T, b)[1]
    out = nn.Dropout(keep=0.6)(nn.ReLU()(linear(x)), kept)
    expected = torch.relu(torch.nn.functional.linear(z, w, c)) * torch.tensor(kept) / 0.6
    close(out, expected)
    out.backward(g)
    expected.backward(torch.tensor(g))
    close(x.grad, z.grad)
    close(linear.weight.grad.numpy().T, w.grad)
    close(linear.bias.grad, c.grad)


# Whole nets


class Mirror:
    """A FullyConnectedNet in PyTorch, from the same parameters."""

    def __init__(self, net):
        self.keep, self.reg, self.norms = net.config["dropout"], net.reg, net.config["use_batchnorm"]
        self.params = {k: torch.tensor(p.numpy(), requires_grad=True) for k, p in net.params.items()}
        self.depth = len(net.layers)

    def objective(self, X, y, masks):
        h, p = torch.tensor(X).flatten(1), self.params
        for i in range(1, self.depth + 1):
            h = h @ p[f"W{i}"] + p[f"b{i}"]
            if self.norms:
                h = torch.nn.functional.batch_norm(h, None, None, p[f"gamma{i}"], p[f"beta{i}"], training=True)
            h = torch.relu(h)
            if self.keep < 1:
                h = h * torch.tensor(masks[i - 1]) / self.keep
        last = self.depth + 1
        loss = torch.nn.functional.cross_entropy(h @ p[f"W{last}"] + p[f"b{last}"], torch.tensor(y))
        return loss + 0.5 * self.reg * sum((p[f"W{i}"] ** 2).sum() for i in range(1, last + 1))


NETS = {"plain": {}, "all": {"use_batchnorm": True, "dropout": 0.6, "reg": 0.1}}
HIDDEN = [9, 8, 7]


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("method", ["SGD", "nesterov", "RMSProp", "Adam", "AdamW"])
def test_training_a_net(method, name):
    net = nn.FullyConnectedNet(HIDDEN, 12, 5, weight_scale=0.5, dtype=np.float64, seed=0, **NETS[name])
    mirror = Mirror(net)
    ours, theirs = PAIRS[method][0](net.parameters()), PAIRS[method][1](list(mirror.params.values()))
    rng = np.random.default_rng(2)
    for step in range(6):
        X, y = rng.normal(size=(11, 3, 4)), rng.integers(0, 5, 11)
        masks = [rng.random((11, width)) < 0.6 for width in HIDDEN] if net.config["dropout"] < 1 else None
        loss, expected = net.objective(X, y, masks), mirror.objective(X, y, masks)
        ours.zero_grad()
        theirs.zero_grad()
        loss.backward()
        expected.backward()
        close(loss, expected, 1e-10)
        if step == 0:
            for key, p in net.params.items():
                close(p.grad, mirror.params[key].grad, 1e-10, key)
        ours.step()
        theirs.step()
    noise = {"b1", "b2", "b3"} if net.config["use_batchnorm"] else {}  # batchnorm takes them out: gradients of rounding
    for key, p in net.params.items():
        close(p, mirror.params[key], 1e-8 if key in noise else 1e-10, key)
