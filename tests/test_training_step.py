"""A whole training step is one program of NumPy primitives: captured once, it runs again on new inputs."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.core.capture import capture
from tensorgraph.optim import adam, sgd_nesterov_momentum

DIMS = [6, 5, 4, 3]
N = 7


def fresh_inputs(seed):
    """All that changes from step to step: batch, labels, masks, parameters, and the optimizer's state."""
    rng = np.random.default_rng(seed)
    values = {"X": rng.normal(size=(N, DIMS[0])), "y": rng.integers(0, DIMS[-1], N)}
    for i, (a, b) in enumerate(zip(DIMS[:-1], DIMS[1:]), 1):
        values |= {f"W{i}": rng.normal(size=(a, b)), f"b{i}": rng.normal(size=b)}
        if i < len(DIMS) - 1:
            values |= {f"gamma{i}": rng.normal(size=b), f"beta{i}": rng.normal(size=b)}
            values[f"mask{i}"] = (rng.random((N, b)) < 0.8) / 0.8
    for name in [name for name in values if name[0] in "Wbg"]:
        values |= {f"v of {name}": rng.normal(size=values[name].shape)}
        values |= {f"a of {name}": rng.random(size=values[name].shape)}
    return values


def training_step(tensors, rule):
    """Forward, recorded backward, update: everything computed from ``tensors``."""
    x, loss = tensors["X"], 0.0
    for i in range(1, len(DIMS) - 1):
        x = tg.affine(x, tensors[f"W{i}"], tensors[f"b{i}"])
        x, _, _ = tg.batchnorm(x, tensors[f"gamma{i}"], tensors[f"beta{i}"])
        x = tg.dropout(tg.relu(x), tensors[f"mask{i}"])
    last = len(DIMS) - 1
    loss = tg.softmax_loss(tg.affine(x, tensors[f"W{last}"], tensors[f"b{last}"]), tensors["y"])
    for i in range(1, len(DIMS)):
        loss = loss + 0.5 * 0.1 * (tensors[f"W{i}"] ** 2).sum()
    params = {name: t for name, t in tensors.items() if t.requires_grad}
    loss.backward(create_graph=True)
    results = {"loss": loss}
    for name, w in params.items():
        state = {"v": tensors[f"v of {name}"], "a": tensors[f"a of {name}"], "t": 3}
        if rule is sgd_nesterov_momentum:
            state = {"velocity": tensors[f"v of {name}"]}
        results[name], config = rule(w, w.grad, state)
        results |= {f"{key} of {name}": config[key] for key in state if key != "t"}
    return results


def as_tensors(values):
    return {name: tg.Tensor(value, requires_grad=name[0] in "Wbg") for name, value in values.items()}


@pytest.mark.parametrize("rule", [adam, sgd_nesterov_momentum])
def test_a_captured_step_gives_on_new_inputs_what_running_it_gives(rule):
    first, second = fresh_inputs(0), fresh_inputs(1)
    tensors = as_tensors(first)
    with capture() as tape:
        results = training_step(tensors, rule)
    replayed = tape.replay({tensors[name]: value for name, value in second.items()}, list(results.values()))
    expected = training_step(as_tensors(second), rule)
    assert len(expected) > 20
    for (name, value), again in zip(expected.items(), replayed, strict=True):
        np.testing.assert_allclose(again, value.numpy(), rtol=1e-12, atol=1e-12, err_msg=name)
        assert not np.allclose(again, results[name].numpy()), f"{name} did not follow its inputs"


def test_a_captured_step_is_made_of_ops_and_numpy_functions_only():
    tensors = as_tensors(fresh_inputs(0))
    with capture() as tape:
        training_step(tensors, adam)
    names = {getattr(step.function, "name", None) or step.function.__name__ for step in tape.steps}
    assert {"affine", "batchnorm", "relu", "dropout", "softmax_loss", "matmul", "sqrt", "greater", "divide"} <= names
    for step in tape.steps:
        assert (
            isinstance(step.function, tg.Op)
            or step.function.__module__.startswith("numpy")
            or isinstance(step.function, np.ufunc)
        )
