"""Optimizers: the update rules in place, for parameters of every size and kind, in groups, saved and copied."""

import copy
import gc
import pickle
import tracemalloc

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, CheckpointError, OverwrittenError
from tensorgraph.optim import SGD, Adam, AdamW, Optimizer, RMSProp, adam, packing, rmsprop, sgd, sgd_momentum
from tensorgraph.optim import sgd_nesterov_momentum as nesterov
from tensorgraph.optim.packing import BLOCK

# How to make an optimizer, the rule it applies, and the rule's settings.
METHODS = {
    "SGD": (lambda p, **s: SGD(p, **{"lr": 0.1} | s), sgd, {"learning_rate": 0.1}),
    "momentum": (
        lambda p, **s: SGD(p, **{"lr": 0.1} | s, momentum=0.8),
        sgd_momentum,
        {"learning_rate": 0.1, "momentum": 0.8},
    ),
    "nesterov": (
        lambda p, **s: SGD(p, **{"lr": 0.1} | s, momentum=0.8, nesterov=True),
        nesterov,
        {"learning_rate": 0.1, "momentum": 0.8},
    ),
    "RMSProp": (
        lambda p, **s: RMSProp(p, **{"lr": 0.1} | s, decay_rate=0.7, epsilon=1e-3),
        rmsprop,
        {"learning_rate": 0.1, "decay_rate": 0.7, "epsilon": 1e-3},
    ),
    "Adam": (
        lambda p, **s: Adam(p, **{"lr": 0.1} | s, beta1=0.6, beta2=0.9, epsilon=1e-3),
        adam,
        {"learning_rate": 0.1, "beta1": 0.6, "beta2": 0.9, "epsilon": 1e-3},
    ),
}
every_method = pytest.mark.parametrize("method", METHODS)


def make(method, params, **settings):
    return METHODS[method][0](params, **settings)


def leaves(*shapes, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return [tg.Tensor(rng.normal(size=shape).astype(dtype), requires_grad=True) for shape in shapes]


def through_pickle(x):
    return pickle.loads(pickle.dumps(x))


class Reference:
    """The pure rule, applied to copies of the parameters."""

    def __init__(self, method, params):
        _, self.rule, self.settings = METHODS[method]
        self.values = [p.numpy().copy() for p in params]
        self.configs = [dict(self.settings) for _ in params]

    def step(self, grads):
        for i, g in enumerate(grads):
            if g is not None:
                self.values[i], self.configs[i] = self.rule(self.values[i], g, self.configs[i])


def drive(method, params, steps=8, skip=lambda step, i: False, seed=1, **settings):
    """Step an optimizer and the pure rule alongside on the same random gradients; compare after each step."""
    optimizer, reference = make(method, params, **settings), Reference(method, params)
    rng = np.random.default_rng(seed)
    memory = [p.data for p in params]
    for step in range(steps):
        grads = [None if skip(step, i) else rng.normal(size=p.shape).astype(p.dtype) for i, p in enumerate(params)]
        for p, g in zip(params, grads):
            p.grad = g
        optimizer.step()
        reference.step(grads)
        for p, expected in zip(params, reference.values):
            tolerance = 1e-12 if p.dtype == np.float64 else 2e-5
            np.testing.assert_allclose(p.numpy(), expected, rtol=tolerance, atol=tolerance)
            assert p.dtype == expected.dtype
    assert all(p.data is before for p, before in zip(params, memory)), "parameters are updated where they are"
    return optimizer, reference


# One rule, two forms


@every_method
def test_optimizers_do_what_the_pure_rules_do(method):
    drive(method, leaves((4, 5), (5,), (1,), (2, 3, 4)), steps=60)


@every_method
@pytest.mark.parametrize("block", [1, 2, 7, 10, 24, 25, 1000])
def test_parameters_in_blocks_of_any_size(method, block, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK", block)
    drive(method, leaves((2, 3), (7,), (), (3, 3), (1,), (0, 4), (20,)))


SIZES = [(BLOCK - 1,), (2,), (BLOCK,), (BLOCK + 1,), (3,), (2 * BLOCK + 5,), (BLOCK - 10, 1)]


@every_method
def test_parameters_around_the_size_of_a_block(method):
    drive(method, leaves(*SIZES), steps=3)
    for size in SIZES:
        drive(method, leaves(size), steps=2)


@every_method
@pytest.mark.parametrize("block", [5, BLOCK])
def test_empty_parameters_and_parameters_without_axes(method, block, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK", block)
    drive(method, leaves((), ()))
    drive(method, leaves((0,)))
    drive(method, leaves((0, 3), (), (2, 2), ()))


@every_method
@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.0}])
def test_parameters_in_any_memory_order(method, settings):
    base = np.random.default_rng(0).normal(size=(6, 8))
    arrays = [np.asfortranarray(base), base.copy().T, base.copy()[::2, ::-1], base.copy()[:, 3], base.copy()[1]]
    drive(method, [tg.Tensor(a, requires_grad=True) for a in arrays], **settings)


@every_method
def test_values_that_are_written_between_steps_count(method):
    params = [tg.Tensor(np.ones((3, 4), order=order), requires_grad=True) for order in "CF"]
    optimizer, reference = make(method, params), Reference(method, params)
    for step in range(4):
        for i, p in enumerate(params):
            with tg.no_grad():
                p[1:, :] = 10.0 * step
            reference.values[i][1:] = 10.0 * step
            p.grad = np.arange(12.0).reshape(3, 4) - step
        optimizer.step()
        reference.step([p.grad.numpy() for p in params])
        for p, expected in zip(params, reference.values):
            np.testing.assert_allclose(p.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_the_rest_of_an_array_that_a_parameter_is_a_view_of_stays():
    base = np.ones((4, 6))
    p = tg.Tensor(base[1:3, ::2], requires_grad=True)
    optimizer = Adam([p], lr=0.5)
    p.grad = np.ones((2, 3))
    optimizer.step()
    assert (base == 1).sum() == 24 - 6
    np.testing.assert_allclose(base[1:3, ::2], 0.5, rtol=1e-6)


@every_method
def test_gradients_in_any_memory_order(method):
    (p,) = leaves((6, 8))
    optimizer, reference = make(method, [p]), Reference(method, [p])
    base = np.random.default_rng(0).normal(size=(8, 12))
    for g in (base[:, :6].T, np.asfortranarray(base[:6, :8]), base[1:7, 10:2:-1], np.broadcast_to(base[0, :8], (6, 8))):
        p.grad = g
        kept = g.copy()
        optimizer.step()
        reference.step([g])
        np.testing.assert_array_equal(g, kept)
        np.testing.assert_allclose(p.numpy(), reference.values[0], rtol=1e-12, atol=1e-12)


@every_method
@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.1}])
def test_gradients_are_left_alone(method, settings):
    params = leaves((3, 4), (BLOCK + 3,), (2,))
    grads = [np.random.default_rng(0).normal(size=p.shape) for p in params]
    optimizer = make(method, params, **settings)
    for _ in range(3):
        for p, g in zip(params, grads):
            p.grad = g.copy()
        optimizer.step()
        for p, g in zip(params, grads):
            np.testing.assert_array_equal(p.grad.numpy(), g)


@every_method
def test_parameters_of_several_dtypes_keep_theirs(method):
    shapes = [(3, 2), (4,), (5,), (2,)]
    params = [p for dtype in (np.float32, np.float64) for p in leaves(*shapes, dtype=dtype)]
    optimizer, _ = drive(method, params)
    for own, p in zip(optimizer.state_dict()["state"].values(), params):
        assert all(a.dtype == p.dtype for key, a in own.items() if key != "t")


@every_method
def test_half_precision(method):
    params = leaves((50,), dtype=np.float16)
    optimizer = make(method, params)
    params[0].grad = np.ones(50, np.float16)
    optimizer.step()
    assert params[0].dtype == np.float16
    assert np.isfinite(params[0].numpy()).all()


@pytest.mark.parametrize("cls", [RMSProp, Adam, AdamW])
def test_an_epsilon_that_half_precision_cannot_hold_is_refused(cls):
    """It would be 0, and 0 / 0 where a gradient is 0."""
    (p,) = leaves((3,), dtype=np.float16)
    with pytest.raises(ArgumentError, match=r"unnamed \(3,\) float16, cannot hold epsilon=1e-08"):
        cls([p])
    p.grad = np.zeros(3, np.float16)
    cls([p], epsilon=1e-4).step()
    assert np.isfinite(p.numpy()).all()


@every_method
def test_numpy_scalars_as_settings_change_nothing(method):
    params = leaves((300,), dtype=np.float32)
    others = copy.deepcopy(params)
    plain, numpy = make(method, params, weight_decay=0.25), make(method, others, weight_decay=np.float64(0.25))
    assert type(numpy.groups[0]["weight_decay"]) is float
    numpy.groups[0]["lr"] = np.float64(numpy.groups[0]["lr"])
    for optimizer, (p,) in ((plain, params), (numpy, others)):
        for step in range(3):
            p.grad = np.full(300, step - 0.5, np.float32)
            optimizer.step()
    assert others[0].dtype == np.float32
    np.testing.assert_allclose(params[0].numpy(), others[0].numpy(), rtol=1e-6)


def test_a_complex_parameter_is_optimized_as_its_real_and_imaginary_parts():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
    for method in METHODS:
        for array in (z.copy(), np.asfortranarray(z), np.repeat(z[0], 2)[::2]):
            whole = tg.Tensor(array, requires_grad=True)
            parts = [tg.Tensor(part.copy(), requires_grad=True) for part in (whole.numpy().real, whole.numpy().imag)]
            optimizer, other = make(method, [whole], weight_decay=0.1), make(method, parts, weight_decay=0.1)
            for _ in range(4):
                g = rng.normal(size=array.shape) + 1j * rng.normal(size=array.shape)
                whole.grad, parts[0].grad, parts[1].grad = g, g.real, g.imag
                optimizer.step()
                other.step()
            np.testing.assert_allclose(whole.numpy(), parts[0].numpy() + 1j * parts[1].numpy(), rtol=1e-12)
            assert all(a.dtype == complex for k, a in optimizer.state_dict()["state"]["0.0"].items() if k != "t")


# Which parameters are updated, and with which count of steps


@every_method
def test_a_parameter_without_a_gradient_is_skipped_and_counts_its_own_steps(method):
    pattern = [(1, 1, 1), (1, 0, 1), (0, 1, 1), (0, 0, 0), (1, 1, 1), (1, 0, 0), (1, 1, 1), (1, 1, 1)]
    optimizer, reference = drive(
        method, leaves((3,), (2, 2), (4,)), steps=len(pattern), skip=lambda step, i: not pattern[step][i]
    )
    saved = optimizer.state_dict()["state"]
    assert [saved[f"0.{i}"]["t"] for i in range(3)] == [sum(row[i] for row in pattern) for i in range(3)]
    for i, config in enumerate(reference.configs):
        for name, value in saved[f"0.{i}"].items():
            if name in config:
                np.testing.assert_allclose(value, config[name], rtol=1e-12, atol=1e-12)


@every_method
def test_a_skipped_parameter_in_the_midst_of_a_block(method, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK", 8)
    rng = np.random.default_rng(5)
    drive(method, leaves((3,), (2, 2), (9,), (5,), ()), steps=30, skip=lambda step, i: rng.random() < 0.4)


@every_method
def test_without_any_gradient_nothing_happens(method):
    params = leaves((3,), (2,))
    before = [p.numpy().copy() for p in params]
    optimizer = make(method, params)
    optimizer.step()
    for p, value in zip(params, before):
        np.testing.assert_array_equal(p.numpy(), value)
    assert [own["t"] for own in optimizer.state_dict()["state"].values()] == [0, 0]


@every_method
def test_an_array_that_was_replaced_is_the_one_that_is_updated(method):
    (p,) = leaves((3,))
    optimizer, reference = make(method, [p]), Reference(method, [p])
    for step in range(4):
        if step == 2:
            p.data = p.data.copy()
        p.grad = np.arange(3.0) + step
        optimizer.step()
        reference.step([p.grad.numpy()])
        np.testing.assert_allclose(p.numpy(), reference.values[0], rtol=1e-12)


def test_zero_grad_forgets_gradients():
    params = leaves((2,), (3,))
    params[1].requires_grad = False
    params[0].grad = np.ones(2)
    SGD(params).zero_grad()
    assert [p.grad for p in params] == [None, None]


# Settings and groups


@every_method
def test_groups_have_settings_of_their_own(method):
    first, second, third = leaves((3,), (2, 2), (4,))
    alone = copy.deepcopy([first, second, third])
    grouped = make(method, [{"params": [first], "lr": 0.5}, {"params": iter([second, third]), "weight_decay": 0.2}])
    assert [group["lr"] for group in grouped.groups] == [0.5, 0.1]
    assert [group["weight_decay"] for group in grouped.groups] == [0, 0.2]
    one, rest = make(method, alone[:1]), make(method, alone[1:], weight_decay=0.2)
    one.groups[0]["lr"] = 0.5
    rng = np.random.default_rng(0)
    for _ in range(4):
        for p, q in zip([first, second, third], alone):
            p.grad = q.grad = rng.normal(size=p.shape)
        for optimizer in (grouped, one, rest):
            optimizer.step()
    for p, q in zip([first, second, third], alone):
        np.testing.assert_array_equal(p.numpy(), q.numpy())


@every_method
def test_weight_decay_is_part_of_the_gradient(method):
    params = leaves((3, 4), (BLOCK + 7,), (2,))
    optimizer, reference = make(method, params, weight_decay=0.3), Reference(method, params)
    rng = np.random.default_rng(1)
    for _ in range(4):
        grads = [rng.normal(size=p.shape) for p in params]
        for p, g in zip(params, grads):
            p.grad = g
        optimizer.step()
        reference.step([g + 0.3 * w for g, w in zip(grads, reference.values)])
        for p, expected in zip(params, reference.values):
            np.testing.assert_allclose(p.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_adamw_takes_the_decay_out_of_the_averages():
    params = leaves((3, 4), (BLOCK + 7,), (2,))
    values, configs = [p.numpy().copy() for p in params], [{"learning_rate": 0.1} for _ in params]
    optimizer = AdamW(params, lr=0.1, weight_decay=0.3)
    rng = np.random.default_rng(1)
    for _ in range(6):
        for i, p in enumerate(params):
            p.grad = g = rng.normal(size=p.shape)
            moved, configs[i] = adam(values[i], g, configs[i])
            values[i] = moved - 0.1 * 0.3 * values[i]
        optimizer.step()
        for p, expected in zip(params, values):
            np.testing.assert_allclose(p.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_adamw_decays_weights_by_default_and_adam_does_not():
    params = leaves((2,))
    assert AdamW(params).groups[0]["weight_decay"] == 1e-2
    assert Adam(params).groups[0]["weight_decay"] == 0


def test_default_settings():
    (p,) = leaves((1,))
    settings = [{k: v for k, v in cls([p]).groups[0].items() if k != "params"} for cls in (SGD, RMSProp, Adam, AdamW)]
    assert settings == [
        {"lr": 1e-2, "momentum": 0, "nesterov": False, "weight_decay": 0},
        {"lr": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "weight_decay": 0},
        {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0},
        {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 1e-2},
    ]


@every_method
def test_a_learning_rate_that_is_assigned_holds_from_the_next_step(method):
    (p,) = leaves((4,))
    optimizer, reference = make(method, [p]), Reference(method, [p])
    for rate in (0.1, 0.05, 0.5, 0.0):
        optimizer.groups[0]["lr"] = reference.configs[0]["learning_rate"] = rate
        p.grad = np.arange(4.0) - 1.5
        optimizer.step()
        reference.step([p.grad.numpy()])
        np.testing.assert_allclose(p.numpy(), reference.values[0], rtol=1e-12)


def test_momentum_can_be_switched_on_and_off():
    (p,) = leaves((3,))
    optimizer, value, g = SGD([p], lr=0.1), p.numpy().copy(), np.array([1.0, -2.0, 3.0])
    config = {"learning_rate": 0.1, "momentum": 0.8}
    for momentum in (0, 0.8, 0.8, 0):
        optimizer.groups[0]["momentum"] = momentum
        p.grad = g
        optimizer.step()
        value, config = sgd_momentum(value, g, config) if momentum else (value - 0.1 * g, config)
        np.testing.assert_allclose(p.numpy(), value, rtol=1e-12)


def test_repr_shows_settings_and_how_many_parameters():
    a, b, c = leaves((1,), (2,), (3,))
    assert repr(SGD([a, b], lr=0.5)) == "SGD(lr=0.5, momentum=0.0, nesterov=False, weight_decay=0.0; 2 parameters)"
    assert repr(RMSProp([{"params": [a]}, {"params": [b, c], "lr": 1}])).count("parameters") == 2


P = leaves((2,), (3,))
BAD = {
    "a tensor": (lambda: SGD(P[0]), "SGD: params is a list of parameters.*got a Tensor"),
    "a group by itself": (lambda: SGD({"params": P}), "params is a list of parameters.*got a dict"),
    "a net": (lambda: Adam(tg.nn.Linear(2, 1)), "Adam: params is a list.*net.parameters.*got a Linear"),
    "nothing": (lambda: SGD([]), "there are no parameters to optimize"),
    "names": (lambda: SGD(["W1"]), "parameters are leaf tensors; number 0 is a str"),
    "an array": (lambda: SGD([P[0], np.ones(2)]), "parameters are leaf tensors; number 1 is a ndarray"),
    "a computed tensor": (lambda: SGD([P[0] * 2]), "number 0 is computed by 'multiply'"),
    "whole numbers": (lambda: SGD([tg.Tensor([1, 2])]), r"parameter 0, unnamed \(2,\) int64, never has a gradient"),
    "one twice": (lambda: SGD([P[0], P[1], P[0]]), r"parameter 2, unnamed \(2,\) float64, is given twice"),
    "one in two groups": (lambda: SGD([{"params": P}, {"params": P[1:]}]), "is given twice"),
    "a group without parameters": (lambda: SGD([{"lr": 1}]), "a group is a dict with a list 'params'; got a dict"),
    "groups and parameters": (lambda: SGD([{"params": P[:1]}, P[1]]), "a group is a dict.*got a Tensor"),
    "parameters and groups": (lambda: SGD([P[1], {"params": P[:1]}]), "number 1 is a dict"),
    "an unknown setting": (
        lambda: SGD([{"params": P, "rate": 1}]),
        "does not know 'rate'; its settings are lr, momentum",
    ),
    "a read-only array": (
        lambda: SGD([tg.Tensor(np.broadcast_to(1.0, (3,)), requires_grad=True)]),
        r"parameter 0, unnamed \(3,\) float64, cannot be written into",
    ),
    "a negative rate": (lambda: SGD(P, lr=-1), "SGD: lr is at least 0; got -1"),
    "no number": (lambda: SGD(P, lr=float("nan")), "lr is at least 0; got nan"),
    "text": (lambda: Adam(P, lr="fast"), "Adam: lr is at least 0; got 'fast'"),
    "too much momentum": (lambda: SGD(P, momentum=1), r"momentum is in \[0, 1\); got 1"),
    "a decay rate": (lambda: RMSProp(P, decay_rate=-0.1), r"RMSProp: decay_rate is in \[0, 1\)"),
    "beta1": (lambda: Adam(P, beta1=1.0), r"beta1 is in \[0, 1\)"),
    "beta2": (lambda: AdamW(P, beta2=2), r"AdamW: beta2 is in \[0, 1\)"),
    "epsilon": (lambda: Adam(P, epsilon=-1e-8), "epsilon is at least 0"),
    "weight decay": (lambda: AdamW(P, weight_decay=-1), "weight_decay is at least 0"),
    "nesterov without momentum": (lambda: SGD(P, nesterov=True), "nesterov needs a momentum above 0"),
    "a bad setting of a group": (lambda: SGD([{"params": P, "lr": -2}]), "lr is at least 0; got -2"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_optimized_is_refused(what):
    construct, message = BAD[what]
    with pytest.raises(ArgumentError, match=message):
        construct()


def test_a_method_without_a_rule_says_so():
    (p,) = leaves((2,))
    p.grad = np.ones(2)
    with pytest.raises(TypeError, match="Optimizer does not define change"):
        Optimizer([p], lr=0.1, weight_decay=0).step()


def test_a_method_of_your_own():
    """Sign descent, in the dozen lines that it takes."""

    class SignDescent(Optimizer):
        def __init__(self, params, lr=0.1, weight_decay=0.0):
            super().__init__(params, lr=lr, weight_decay=weight_decay)

        def change(self, g, out, state, t, group):
            np.sign(g, out=out)
            out *= -group["lr"]
            return out

    params = leaves((3,), (2, 2))
    before = [p.numpy().copy() for p in params]
    optimizer = SignDescent(params)
    for p in params:
        p.grad = np.full(p.shape, -7.0)
    optimizer.step()
    for p, value in zip(params, before):
        np.testing.assert_allclose(p.numpy(), value + 0.1)


# State


@every_method
@pytest.mark.parametrize("block", [5, BLOCK])
def test_training_goes_on_from_a_saved_state_bit_for_bit(method, block, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK", block)
    params = leaves((3, 4), (5,), ())
    grads = np.random.default_rng(1).normal(size=(10, 18))

    def step(optimizer, params, g):
        for p, part in zip(params, np.split(g, [12, 17])):
            p.grad = part.reshape(p.shape) if part[0] > -1 else None
        optimizer.step()

    optimizer = make(method, params, weight_decay=0.1)
    for g in grads[:5]:
        step(optimizer, params, g)
    saved, others = optimizer.state_dict(), copy.deepcopy(params)
    kept, values = copy.deepcopy(saved), [p.numpy().copy() for p in others]
    other = make(method, others)
    other.groups[0]["lr"] = 9.0
    step(other, others, grads[0])  # it has a past of its own, which is forgotten
    for p, value in zip(others, values):
        p.data[...] = value
    other.load_state_dict(saved)
    for g in grads[5:]:
        step(optimizer, params, g)
        step(other, others, g)
    for p, q in zip(params, others):
        np.testing.assert_array_equal(p.numpy(), q.numpy())
    for one, two in ((saved, kept), (optimizer.state_dict(), other.state_dict())):
        assert one["groups"] == two["groups"]
        assert one["state"].keys() == two["state"].keys()
        for key, own in one["state"].items():
            assert own.keys() == two["state"][key].keys()
            assert all(np.array_equal(value, two["state"][key][name]) for name, value in own.items())


@every_method
@pytest.mark.parametrize("duplicate", [copy.deepcopy, through_pickle])
def test_a_net_and_its_optimizer_copied_together_train_on_alike(method, duplicate):
    params = leaves((3, 4), (5,))
    pair = (params, make(method, params))
    rng = np.random.default_rng(0)

    def step(params, optimizer, grads):
        for p, g in zip(params, grads):
            p.grad = g
        optimizer.step()

    step(*pair, [rng.normal(size=p.shape) for p in params])
    other = duplicate(pair)
    for round in range(4):
        grads = [None if round == 1 and i else rng.normal(size=p.shape) for i, p in enumerate(params)]
        step(*pair, grads)
        step(*other, grads)
    for p, q in zip(params, other[0]):
        np.testing.assert_array_equal(p.numpy(), q.numpy())
    mine, theirs = pair[1].state_dict()["state"], other[1].state_dict()["state"]
    for key, own in mine.items():
        assert all(np.array_equal(value, theirs[key][name]) for name, value in own.items())


def test_a_saved_state_is_made_of_copies_plain_numbers_and_text():
    (p,) = leaves((3,))
    optimizer = Adam([p], lr=np.float64(0.1))
    p.grad = np.ones(3)
    optimizer.step()
    saved = optimizer.state_dict()
    saved["state"]["0.0"]["v"][:] = 99
    saved["groups"][0]["lr"] = 7
    assert saved["kind"] == "Adam"
    assert optimizer.groups[0]["lr"] == 0.1
    assert (optimizer.state_dict()["state"]["0.0"]["v"] != 99).all()
    assert all(type(value) in (float, bool) for value in optimizer.state_dict()["groups"][0].values())
    assert type(saved["state"]["0.0"]["t"]) is int


def spoiled(change):
    """A state of ``Adam`` over P after a step, with something wrong."""
    params = copy.deepcopy(P)
    optimizer = Adam(params)
    for p in params:
        p.grad = np.ones(p.shape)
    optimizer.step()
    saved = optimizer.state_dict()
    return change(saved) or saved


def test_a_state_from_before_the_first_step_takes_an_optimizer_back_there():
    (p,) = leaves((3,))
    optimizer = Adam([p])
    fresh = optimizer.state_dict()
    p.grad = np.ones(3)
    optimizer.step()
    optimizer.load_state_dict(fresh)
    assert optimizer.state_dict() == fresh == {"kind": "Adam", "groups": fresh["groups"], "state": {"0.0": {"t": 0}}}
    before = p.numpy().copy()
    optimizer.step()
    np.testing.assert_allclose(before - p.numpy(), 1e-3, rtol=1e-6)


BAD_STATES = {
    "nothing": (lambda s: {"kind": "Adam"}, "a state has kind, groups and state"),
    "a list": (lambda s: [1], "a state has kind, groups and state"),
    "of another optimizer": (lambda s: s.update(kind="SGD"), "Adam cannot load the state of SGD"),
    "of fewer parameters": (
        lambda s: s["state"].pop("0.1") and None,
        "Adam has 2 parameters in 1 groups; the state has 1 in 1",
    ),
    "of more groups": (lambda s: s["groups"].append({}), "the state has 2 in 2"),
    "a setting out of range": (
        lambda s: s["groups"][0].update(lr=-1),
        "cannot load these settings: Adam: lr is at least 0",
    ),
    "an unknown setting": (lambda s: s["groups"][0].update(rate=1), "does not know 'rate'"),
    "settings that are none": (lambda s: s.update(groups=[3]), "cannot load these settings"),
    "another shape": (
        lambda s: s["state"]["0.1"].update(v=np.ones((3, 1))),
        r"state of parameter 0\.1, unnamed \(3,\) float64, does not fit: v is \(3, 1\) float64",
    ),
    "another kind of numbers": (lambda s: s["state"]["0.0"].update(a=np.array([1j, 1])), r"a is \(2,\) complex128"),
    "no count of steps": (lambda s: s["state"]["0.0"].pop("t") and None, "has no number of steps 't'"),
    "a negative count": (lambda s: s["state"]["0.0"].update(t=-1), "has no number of steps 't'"),
    "a state that is none": (lambda s: s["state"].update({"0.0": None}), "has no number of steps 't'"),
}


@pytest.mark.parametrize("what", BAD_STATES)
def test_a_state_that_does_not_fit_is_refused_whole(what):
    change, message = BAD_STATES[what]
    params = copy.deepcopy(P)
    optimizer = Adam(params, lr=0.25)
    params[0].grad = np.ones(2)
    optimizer.step()
    before = optimizer.state_dict()
    with pytest.raises(CheckpointError, match=message):
        optimizer.load_state_dict(spoiled(change))
    after = optimizer.state_dict()
    assert after["groups"] == before["groups"]
    assert {key: own["t"] for key, own in after["state"].items()} == {"0.0": 1, "0.1": 0}
    np.testing.assert_array_equal(after["state"]["0.0"]["v"], before["state"]["0.0"]["v"])


# In place


@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.1}])
@pytest.mark.parametrize("make_one", [*[pair[0] for pair in METHODS.values()], AdamW], ids=[*METHODS, "AdamW"])
def test_a_step_allocates_nothing_of_the_size_of_the_parameters(make_one, settings):
    params = leaves((1000, 1000), (100, 100), (100,), dtype=np.float32)
    params.append(tg.Tensor(np.ones((800, 700), np.float32).T, requires_grad=True))
    params.append(tg.Tensor(np.ones(100_000), requires_grad=True))  # of another dtype, so in blocks of their own
    optimizer = make_one(params, **settings)
    for p in params:
        p.grad = np.ones(p.shape, p.dtype)
    optimizer.step()  # makes the state
    gc.collect()
    tracemalloc.start()
    try:
        optimizer.step()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000, "the largest parameter has 4,000,000 bytes"


@every_method
def test_a_step_makes_a_graph_that_saved_the_parameters_raise(method):
    w, x = leaves((3, 2), (2,))
    loss = ((x * w) ** 2).sum()
    loss.backward(retain_graph=True)
    make(method, [w]).step()
    with pytest.raises(OverwrittenError, match="was written into"):
        loss.backward()


@every_method
def test_a_step_leaves_graphs_of_other_parameters_alone(method):
    w, other = leaves((3,), (3,))
    loss = (w * w).sum()
    other.grad = np.ones(3)
    make(method, [w, other]).step()  # w has no gradient, so it is not written into
    loss.backward()
    np.testing.assert_array_equal(w.grad.numpy(), 2 * w.numpy())


@every_method
def test_a_step_records_nothing(method):
    (w,) = leaves((3,))
    optimizer = make(method, [w])
    (w * w).sum().backward(create_graph=True)
    optimizer.step()
    assert w.is_leaf
    assert w.requires_grad


# The pure rules


RULES = [pair[1:] for pair in METHODS.values()]


@pytest.mark.parametrize(("rule", "settings"), RULES, ids=METHODS)
def test_rules_leave_what_they_are_given_alone(rule, settings):
    rng = np.random.default_rng(0)
    w, dw = rng.normal(size=(2, 3, 4))
    _, config = rule(w, dw, settings)
    kept = [copy.deepcopy(part) for part in (w, dw, config)]
    for array in (w, dw, *[value for value in config.values() if isinstance(value, np.ndarray)]):
        array.flags.writeable = False
    _, after = rule(w, dw, config)
    assert after is not config
    np.testing.assert_array_equal(w, kept[0])
    np.testing.assert_array_equal(dw, kept[1])
    assert config.keys() == kept[2].keys()
    assert all(np.array_equal(value, kept[2][key]) for key, value in config.items())
    rule(w, dw, {})
    rule(w, dw)


@pytest.mark.parametrize(("rule", "settings"), RULES, ids=METHODS)
def test_rules_keep_single_precision(rule, settings):
    w = np.ones((2, 3), np.float32)
    config = settings
    for _ in range(3):
        w, config = rule(w, np.full((2, 3), 0.5, np.float32), config)
    assert w.dtype == np.float32
    assert all(value.dtype == np.float32 for value in config.values() if isinstance(value, np.ndarray))


@pytest.mark.parametrize(("rule", "settings"), RULES, ids=METHODS)
def test_rules_work_on_tensors_and_can_be_differentiated(rule, settings):
    rng = np.random.default_rng(0)
    w, dw = rng.normal(size=(2, 4))
    _, config = rule(w, dw, settings)
    expected, _ = rule(w, dw, config)
    tensors = {key: tg.Tensor(value) if isinstance(value, np.ndarray) else value for key, value in config.items()}
    moved, after = rule(tg.Tensor(w), tg.Tensor(dw), tensors)
    np.testing.assert_allclose(moved.numpy(), expected, rtol=1e-15)
    assert all(isinstance(after[key], tg.Tensor) for key, value in config.items() if isinstance(value, np.ndarray))
    tg.testing.gradcheck(lambda w, dw: rule(w, dw, config)[0], (w, dw))
