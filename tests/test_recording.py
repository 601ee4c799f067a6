"""``record()``: every operation, gradient, escape and update, in order, and pinned to the graph."""

import gc

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, BackwardError, NotDifferentiableError
from tensorgraph.places import Place
from tensorgraph.recording import Call, Pull, call_of, recorded


def leaf(*values, name=None, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True, name=name)


def here(text):
    """The number of the line of this file that ends with this mark."""
    with open(__file__, encoding="utf-8") as file:
        return next(i for i, line in enumerate(file, 1) if line.rstrip().endswith(f"# {text}"))


def test_calls_have_values_places_and_scopes():
    x = leaf(0.0, 1.0)
    with tg.record() as recording, tg.scope("block"):
        mask = x > 0  # the mask
        y = np.exp(x) * mask
    greater, exp, multiply = recording.calls
    assert [call.name for call in recording.calls] == ["greater", "exp", "multiply"]
    assert greater.place == Place(__file__, here("the mask"), "test_calls_have_values_places_and_scopes")
    assert greater.place.source == "mask = x > 0  # the mask"
    assert str(greater.place) == f"{__file__}:{here('the mask')} in {greater.place.function}"
    assert exp.args == (x,) and exp.value.tolist() == [1.0, np.e]
    assert multiply.scope == ("block",)
    assert recording.result(multiply) is y and recording.result(greater) is mask
    assert recording.maker(y) is multiply and recording.maker(mask) is greater and recording.maker(x) is None
    assert call_of(y.node) is multiply and call_of(x.node) is None
    assert all(call.seconds > 0 for call in recording.calls)


def test_nothing_is_recorded_outside():
    x = leaf(1.0)
    with tg.record() as recording:
        inside = x * 2
    outside = x * 3
    assert len(recording.calls) == 1
    assert call_of(inside.node) is not None
    assert call_of(outside.node) is None


def test_gradients_are_recorded():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with tg.record() as recording:
        loss = (x * w).sum()
        loss.backward()
    assert [(p.argument, p.d.tolist()) for p in recording.pulls] == [
        ("a", [1.0, 1.0]), ("x", [3.0, 4.0]), ("y", [1.0, 2.0])
    ]  # fmt: skip
    product = call_of(loss.node.parents[0])
    assert product.gradient.tolist() == [1.0, 1.0]
    assert product.pull_seconds > 0
    x.grad[...] = 0.0  # what is recorded stays as it was
    assert recording.pulls[1].d.tolist() == [3.0, 4.0]


def test_of_two_backwards_the_last_one_is_told():
    x = leaf(2.0)
    with tg.record() as recording:
        y = x * x
        y.backward(np.array([1.0]), retain_graph=True)
        first = call_of(y.node).pull_seconds
        y.backward(np.array([5.0]))
    assert call_of(y.node).gradient.tolist() == [5.0]
    assert len(recording.pulls) == 4
    assert 0 < call_of(y.node).pull_seconds != first


def test_complex_gradients_are_those_that_a_user_sees():
    z = leaf(1 + 2j, dtype=complex)
    with tg.record() as recording:
        square = z * z
        np.abs(square).sum().backward()
    assert np.allclose(recording.pulls[-1].d + recording.pulls[-2].d, z.grad.numpy())
    wanted = square.numpy() / np.abs(square.numpy())
    assert np.allclose(call_of(square.node).gradient, wanted)


def test_operations_of_a_recorded_backward_are_marked():
    x = leaf(2.0)
    with tg.record() as recording:
        (x**3).sum().backward(create_graph=True)
    forward = [call.name for call in recording.calls if not call.backward]
    assert forward == ["power", "sum"]
    assert any(call.backward for call in recording.calls)
    x.grad = None


def test_time_inside_of_a_rule_is_counted_once():
    """A rule that calls ops has only the time that is its own."""
    from time import sleep

    @tg.op()
    def slow(x):
        sleep(0.02)
        return x * 1.0

    slow.grad("x")(lambda g, x: slow(g))
    try:
        x = leaf(1.0)
        with tg.record() as recording:
            slow(x).backward(np.ones(1), create_graph=True)
        first, second = recording.calls
        assert second.backward and not first.backward
        assert min(first.seconds, second.seconds) >= 0.02
        assert first.pull_seconds < second.seconds
    finally:
        del tg.OPS["slow"]
        x.grad = None


def test_escapes_and_updates():
    w = leaf(3.0, 4.0, name="w")
    optimizer = tg.optim.SGD([w], lr=0.5)
    with tg.record() as recording:
        (w * w).sum().backward()
        w.numpy()
        optimizer.step()
    (escape,) = recording.escapes
    assert (escape.tensor, escape.how) == (w, "t.numpy()")
    assert escape.place.source == "w.numpy()"
    (update,) = recording.updates
    assert (update.optimizer, update.parameter) == ("SGD", w)
    assert update.before.tolist() == [3.0, 4.0] and update.after.tolist() == [0.0, 0.0]
    assert update.gradient.tolist() == [6.0, 8.0]
    assert update.ratio == 1.0
    assert update._replace(before=np.zeros(2), after=np.zeros(2)).ratio == 0.0
    assert update._replace(before=np.zeros(2)).ratio == 0.0
    assert update._replace(before=np.zeros(2), after=np.ones(2)).ratio == np.inf


def test_backwards_and_cleared_gradients():
    w, v = leaf(3.0, name="w"), leaf(4.0)
    with tg.record() as recording:
        loss = (w * v).sum()
        loss.backward(retain_graph=True)  # the first backward
        loss.backward(inputs=(t for t in [w]))
        with pytest.raises(BackwardError):
            Tensor(1.0).backward()
        w.grad = None  # the clearing
        w.grad = None
    assert w.grad is None and v.grad.tolist() == [3.0]
    first, second, failed = recording.backwards
    assert (first.tensor, first.inputs, first.place.line) == (loss, None, here("the first backward"))
    assert (second.tensor, second.inputs) == (loss, [w])
    assert failed.tensor.item() == 1.0
    (clear,) = recording.clears  # one that was None before is not told
    assert (clear.tensor, clear.place.line) == (w, here("the clearing"))
    assert [type(e).__name__ for e in recording.events if not isinstance(e, Call | Pull)] == [
        "Backward", "Backward", "Backward", "Clear"
    ]  # fmt: skip


def test_an_argument_without_a_rule_is_recorded():
    x, mask = leaf(1.0), leaf(1.0)
    with tg.record() as recording, pytest.raises(NotDifferentiableError) as caught:
        tg.dropout(x, mask)  # the refused one
    (refusal,) = recording.refusals
    assert (refusal.op, refusal.args, refusal.error) == (tg.dropout, (x, mask), caught.value)
    assert refusal.place.line == here("the refused one")
    assert recording.calls == []


def test_further_results_are_recorded():
    x = Tensor(np.array([[1.0], [3.0]]), requires_grad=True)
    with tg.record() as recording:
        y, mean, var = tg.batchnorm(x, np.ones(1), np.zeros(1))
        y * 2
    norm, double = recording.calls
    assert norm.aux[0] is mean and norm.aux[1] is var and len(norm.aux) == 2
    assert double.aux == ()
    assert recording.maker(mean) is norm and recording.maker(y) is norm


def test_the_package_itself_lets_no_values_escape():
    """What the engine and optimizers do by themselves is no escape of a user's."""
    net = tg.nn.FullyConnectedNet([5], input_dim=4, use_batchnorm=True, dropout=0.5, seed=0)
    optimizer = tg.optim.Adam(net.parameters())
    with tg.record() as recording:
        net.objective(np.ones((3, 4)), np.array([0, 1, 2])).backward()
        optimizer.step()
    assert recording.escapes == []
    assert len(recording.updates) == len(net.params)


def test_recordings_nest():
    x = leaf(1.0)
    with tg.record() as outer:
        a = x * 2
        with tg.record() as inner:
            b = x * 3
            with pytest.raises(NotDifferentiableError):
                tg.dropout(x, leaf(1.0))
            b.backward(np.ones(1), retain_graph=True)
            x.grad = None
    for watching in (outer, inner):
        assert len(watching.refusals) == len(watching.backwards) == len(watching.clears) == 1
    assert len(outer.calls) == 2 and len(inner.calls) == 1
    assert outer.maker(a) is outer.calls[0]
    assert call_of(b.node) is inner.calls[0]


def test_a_recorded_graph_leaves_no_cycle():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        with tg.record() as recording:
            loss = (np.sin(x) * 2).sum()
            loss.backward()
        del loss, recording, x
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_place_is_shown_when_a_rule_fails():
    @tg.op()
    def broken(x):
        return x * 1.0

    @broken.grad("x")
    def _(g):
        raise KeyError("no")

    try:
        with tg.record():
            y = broken(leaf(1.0)).sum()  # the broken one
        with pytest.raises(KeyError) as caught:
            y.backward()
        assert f"test_recording.py:{here('the broken one')}" in caught.value.__notes__[0]
    finally:
        del tg.OPS["broken"]


def test_what_was_not_recorded_is_refused():
    x = leaf(1.0)
    with tg.record():
        y = x * 2
    assert recorded("f", y) is y.node
    assert recorded("f", x) is x.node
    with pytest.raises(ArgumentError) as caught:
        recorded("f", 3)
    assert str(caught.value) == "f: takes a Tensor that was computed inside record(); got int"
    with pytest.raises(ArgumentError) as caught:
        recorded("f", x.detach())
    assert str(caught.value) == (
        "f: this tensor is on no graph: no input of it requires gradients, "
        "or it was computed under no_grad() or detach()"
    )
    with pytest.raises(ArgumentError) as caught:
        recorded("f", x * 2)
    assert str(caught.value) == (
        "f: the values on the way to this tensor were not kept. Compute it inside `with tensorgraph.record():`"
    )
