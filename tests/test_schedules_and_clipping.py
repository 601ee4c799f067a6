"""What goes with optimizers: learning rates that change over the steps, and gradients that are cut down to size."""

import copy
import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, CheckpointError, NonFiniteError
from tensorgraph.optim import SGD, Adam, Schedule, clip_grad_norm, clip_grad_value
from tensorgraph.optim.schedules import cosine_decay, exponential_decay, linear_decay, step_decay, warmup


def with_gradients(*grads):
    params = []
    for g in grads:
        g = np.asarray(g)
        params.append(tg.Tensor(np.zeros(g.shape, g.dtype), requires_grad=True))
        params[-1].grad = g
    return params


# Schedules


def test_factors_at_their_start_on_their_way_and_past_their_end():
    steps = [0, 1, 5, 9, 10, 11, 1000]
    assert [step_decay(5)(t) for t in steps] == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01, 1e-200])
    assert [step_decay(5, 2)(t) for t in steps[:6]] == [1, 1, 2, 2, 4, 4]
    assert [exponential_decay(0.9)(t) for t in steps] == pytest.approx([0.9**t for t in steps])
    assert [linear_decay(10)(t) for t in steps] == pytest.approx([1, 0.9, 0.5, 0.1, 0, 0, 0])
    assert [linear_decay(10, 0.2)(t) for t in steps] == pytest.approx([1, 0.92, 0.6, 0.28, 0.2, 0.2, 0.2])
    cosine = [0.5 + 0.5 * math.cos(math.pi * min(t, 10) / 10) for t in steps]
    assert [cosine_decay(10)(t) for t in steps] == pytest.approx(cosine)
    assert [cosine_decay(10, 0.1)(t) for t in steps] == pytest.approx([0.1 + 0.9 * c for c in cosine])
    assert [warmup(5)(t) for t in steps] == pytest.approx([0.2, 0.4, 1, 1, 1, 1, 1])
    assert [warmup(5, cosine_decay(10))(t) for t in (4, 5, 10, 15)] == pytest.approx([1, 1, 0.5, 0])


def test_a_schedule_sets_the_rate_of_every_group_from_its_first():
    first, second = with_gradients([1.0], [1.0])
    optimizer = SGD([{"params": [first], "lr": 0.5}, {"params": [second], "lr": 0.1}])
    schedule = Schedule(optimizer, step_decay(2, 0.5))
    rates = []
    for _ in range(5):
        rates.append([group["lr"] for group in optimizer.groups])
        optimizer.step()
        schedule.step()
    assert rates == [[0.5, 0.1], [0.5, 0.1], [0.25, 0.05], [0.25, 0.05], [0.125, 0.025]]
    assert first.numpy() == pytest.approx([-(0.5 + 0.5 + 0.25 + 0.25 + 0.125)])


def test_any_function_of_the_step_is_a_factor():
    (p,) = with_gradients([1.0])
    optimizer = Adam([p], lr=2)
    schedule = Schedule(optimizer, lambda t: np.float32(0.5) if t else 0)
    assert optimizer.groups[0]["lr"] == 0
    schedule.step()
    assert optimizer.groups[0]["lr"] == 1
    assert type(optimizer.groups[0]["lr"]) is float


def test_a_schedule_goes_on_from_its_state():
    (p,) = with_gradients([1.0])
    optimizer, factor = SGD([p], lr=0.3), warmup(3, cosine_decay(7))
    schedule = Schedule(optimizer, factor)
    for _ in range(4):
        schedule.step()
    saved = copy.deepcopy((optimizer.state_dict(), schedule.state_dict()))
    other = SGD([p], lr=9.0)
    again = Schedule(other, factor)
    again.load_state_dict({"t": 0, "rates": [6.0]})
    assert other.groups[0]["lr"] == 2
    other.load_state_dict(saved[0])
    again.load_state_dict(saved[1])
    for _ in range(5):
        assert other.groups[0]["lr"] == optimizer.groups[0]["lr"]
        schedule.step()
        again.step()


@pytest.mark.parametrize(
    "state", [3, {"t": 1}, {"t": "x", "rates": [1]}, {"t": 1, "rates": [1, 2]}, {"t": -1, "rates": [1]}]
)
def test_a_state_that_does_not_fit_a_schedule_is_refused(state):
    (p,) = with_gradients([1.0])
    optimizer = SGD([p], lr=0.3)
    schedule = Schedule(optimizer, exponential_decay(0.5))
    with pytest.raises(CheckpointError, match="Schedule: "):
        schedule.load_state_dict(state)
    assert (schedule.t, optimizer.groups[0]["lr"]) == (0, 0.3)


@pytest.mark.parametrize("make", [step_decay, linear_decay, cosine_decay, warmup])
@pytest.mark.parametrize("steps", [0, -1, float("nan")])
def test_factors_refuse_no_steps(make, steps):
    with pytest.raises(ArgumentError, match=f"{make.__name__}: .* is at least 1; got {steps}"):
        make(steps)


def test_schedules_refuse_what_is_no_factor():
    (p,) = with_gradients([1.0])
    optimizer = SGD([p], lr=0.3)
    with pytest.raises(ArgumentError, match="takes an optimizer and a function of the step.*got a SGD and a float"):
        Schedule(optimizer, 0.9)
    with pytest.raises(ArgumentError, match="got a list and a function"):
        Schedule([p], exponential_decay(0.9))
    schedule = Schedule(optimizer, lambda t: 1 - t)
    schedule.step()
    with pytest.raises(ArgumentError, match=r"the factor of step 2 is -1\.0; it must be at least 0"):
        schedule.step()
    with pytest.raises(ArgumentError, match="the factor of step 0 is nan"):
        Schedule(optimizer, lambda t: float("nan"))
    assert (schedule.t, optimizer.groups[0]["lr"]) == (1, 0)


# Clipping


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_norm_is_that_of_all_gradients_together(dtype):
    rng = np.random.default_rng(0)
    grads = [rng.normal(size=shape).astype(dtype) for shape in ((30, 20), (7,), (), (0, 3))]
    params = [*with_gradients(*grads), tg.Tensor(np.ones(2), requires_grad=True), tg.Tensor([1])]
    expected = math.sqrt(sum((g.astype(float) ** 2).sum() for g in grads))
    norm = clip_grad_norm(iter(params), 2.0)
    assert type(norm) is float
    assert norm == pytest.approx(expected, rel=1e-6)
    for p, g in zip(params, grads):
        assert p.grad.dtype == dtype
        assert p.grad.shape == g.shape
        np.testing.assert_allclose(p.grad.numpy(), g * (2 / expected), rtol=2e-3 if dtype == np.float16 else 1e-6)
    assert params[-2].grad is None
    assert clip_grad_norm(params, np.float64(9)) == pytest.approx(2, rel=1e-3)


def test_gradients_that_are_small_enough_stay_as_they_are():
    params = with_gradients([3.0, 0.0], [[4.0]])
    before = [p.grad for p in params]
    assert clip_grad_norm(params, 5.0) == 5
    assert clip_grad_norm(params, math.inf) == 5
    assert all(p.grad is g for p, g in zip(params, before))
    assert clip_grad_norm([], 1.0) == 0


def test_the_norm_of_large_gradients_does_not_overflow():
    params = with_gradients(np.full(4, 1e30, np.float32))
    assert clip_grad_norm(params, np.float32(1)) == pytest.approx(2e30, rel=1e-6)
    np.testing.assert_allclose(params[0].grad.numpy(), 0.5, rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_gradients_that_are_not_finite_are_not_clipped_in_silence(bad):
    params = with_gradients([1.0, 2.0], [1.0, bad, 3.0])
    params[1].name = "b7"
    with pytest.raises(NonFiniteError, match=r"the gradient of b7 \(3,\) holds NaN or Inf"):
        clip_grad_norm(params, 1.0)
    np.testing.assert_array_equal(params[0].grad.numpy(), [1, 2])


def test_values_are_clipped_one_by_one():
    params = with_gradients(np.array([[-3.0, 0.5], [2.0, 9.0]], np.float32), 7.0)
    clip_grad_value(params, np.float64(2))
    assert params[0].grad.numpy().tolist() == [[-2, 0.5], [2, 2]]
    assert params[0].grad.dtype == np.float32
    assert params[1].grad.item() == 2
    clip_grad_value(params, 0)
    assert clip_grad_norm(params, 0) == 0


def test_complex_gradients():
    params = with_gradients(np.array([3 + 4j, 0j]), np.array([12.0]))
    assert clip_grad_norm(params, 6.5) == 13
    assert params[0].grad.numpy() == pytest.approx([1.5 + 2j, 0])
    clip_grad_value(params, 1.75)
    assert params[0].grad.numpy() == pytest.approx([1.5 + 1.75j, 0])


def test_arrays_that_someone_else_holds_are_not_written_into():
    mine = np.array([3.0, 4.0])
    params = with_gradients(mine, np.broadcast_to(5.0, (4,)))
    params[0].grad = mine
    clip_grad_norm(params, 0.1)
    clip_grad_value(params, 0.01)
    assert mine.tolist() == [3, 4]


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
def test_clipping_refuses_what_cannot_be(clip):
    params = with_gradients([1.0])
    for bound in (-1, math.nan):
        with pytest.raises(ArgumentError, match=f"{clip.__name__}: the bound is at least 0; got {bound}"):
            clip(params, bound)
    with pytest.raises(ArgumentError, match=f"{clip.__name__}: takes parameters.*net.parameters.*got a str"):
        clip({"W1": params[0]}, 1.0)


def test_a_loop_with_both():
    """Warm-up, decay and clipping in one training loop: steps are as long as the rate allows, and no longer."""
    w = tg.Tensor(np.array([10.0, -10.0]), requires_grad=True)
    optimizer = SGD([w], lr=0.5)
    schedule = Schedule(optimizer, warmup(2, then=linear_decay(8)))
    for _ in range(10):
        before, rate = w.numpy().copy(), optimizer.groups[0]["lr"]
        optimizer.zero_grad()
        (w**2).sum().backward()
        assert clip_grad_norm([w], 1.0) > 1
        optimizer.step()
        schedule.step()
        assert np.linalg.norm(w.numpy() - before) == pytest.approx(rate)
    assert optimizer.groups[0]["lr"] == 0
