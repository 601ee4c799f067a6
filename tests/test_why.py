"""``why_no_grad``: every planted break is named with its cause and its line, and nothing else is."""

import inspect

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, BackwardError, NotDifferentiableError
from tensorgraph.explain import CAUSES, why_no_grad
from tensorgraph.recording import record


def leaf(*values, name=None, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True, name=name)


def line(function, mark="here"):
    """The number of the line of a function that ends with this mark."""
    lines, first = inspect.getsourcelines(function)
    return next(first + i for i, text in enumerate(lines) if text.rstrip().endswith(f"# {mark}"))


# Breaks: each gives the tensor without a gradient. `here` is the line to blame, `back` where cut off values came back.


def detach(w, v):
    h = np.exp(w * 2)
    h = h.detach()  # here
    loss = np.sum(h * v)  # back
    loss.backward()
    return w


def detach_of_a_view(w, v):
    h = w.detach()  # here
    part = h.numpy()[1:]
    loss = np.sum(v[1:] * part)  # back
    loss.backward()
    return w


def no_grad(w, v):
    with tg.no_grad():
        h = w * 3  # here
    h = np.sin(h)
    loss = np.sum(v * h)  # back
    loss.backward()
    return w


def integer_cast(w, v):
    h = (w * 2).astype(int)  # here
    np.sum(v * h).backward()  # back
    return w


def comparison(w, v):
    mask = w > 1  # here
    np.sum(v * mask).backward()  # back
    return w


def floor(w, v):
    np.sum(v * np.floor(w * 2)).backward()  # here
    return w


def argmax(w, v):
    best = np.argmax(w * v.detach())  # here
    v[best].backward()
    return w


def numpy_array(w, v):
    h = w.numpy()  # here
    np.sum(v * h).backward()  # back
    return w


def numpy_out_of_sight(w, v):
    h = np.sin(w.numpy())  # here
    np.sum(v * h).backward()
    return w


def item(w, v):
    scale = np.sum(w).item()  # here
    np.sum(v * scale).backward()  # back
    return w


def number(w, v):
    scale = 2 * float(np.sum(w))  # here
    np.sum(v * scale).backward()
    return w


def to_list(w, v):
    a, b = w.tolist()  # here
    np.sum(v * a + b).backward()  # back
    return w


def written_into_an_array(w, v):
    h = np.zeros(2)
    h[0] = w[1] * w[0]  # here
    np.sum(v * h).backward()
    return w


def written_into_a_tensor(w, v):
    h = Tensor(np.zeros(2))
    with tg.no_grad():
        h[:] = w  # here
    np.sum(v * h).backward()  # back
    return w


def added_in_place(w, v):
    h = Tensor(np.zeros(2))
    with tg.no_grad():
        h += w  # here
    np.sum(v * h).backward()  # back
    return w


def written_into_a_leaf(w, v):
    with tg.no_grad():
        v[:] = w  # here
    np.sum(v * v).backward()  # back
    return w


def data(w, v):
    np.sum(v * w.data).backward()  # here
    return w


def auxiliary(w, v):
    x = w.reshape(2, 1)
    out, mean, var = tg.batchnorm(x, np.ones(1), np.zeros(1))  # here
    np.sum(v * mean).backward()  # back
    return w


def no_rule(w, v):
    try:
        h = tg.dropout(v, w * 2)  # here
    except NotDifferentiableError:
        h = v * 2
    np.sum(h).backward()
    return w


def requires_grad_false(w, v):
    w = Tensor([1.0, 2.0])
    np.sum(w * v).backward()
    return w


def computed_of_constants(w, v):
    w = Tensor([1.0, 2.0]) * 2  # here
    np.sum(w * v).backward()
    return w


def detached_itself(w, v):
    h = (w * v).detach()  # here
    np.sum(h * v).backward()
    return h


def made_of_an_array(w, v):
    array = np.exp(w).numpy()  # here
    h = Tensor(array)
    np.sum(h * v).backward()
    return h


def computed_under_no_grad(w, v):
    with tg.no_grad():
        h = np.exp(w)  # here
        return np.sin(h)


def overwritten(w, v):
    np.sum(w * v).backward()
    w = w - 0.1 * w.grad  # here
    np.sum(w * v).backward()
    return w


def retained_too_late(w, v):
    h = w * v  # here
    np.sum(h).backward()
    h.retain_grad()
    return h


def not_used(w, v):
    np.sum(v * v).backward()
    return w


def not_reached(w, v):
    h = np.exp(w)
    np.sin(h)  # here
    np.sum(v * v).backward()
    return w


def backward_not_run(w, v):
    np.sum(w * v)
    return w


def backward_stopped(w, v):
    loss = np.sum(w * v)
    with tg.no_grad():
        v[:] = 0
    with pytest.raises(BackwardError):
        loss.backward()  # here
    return w


def inputs_left_out(w, v):
    np.sum(w * v).backward(inputs=[v])  # here
    return w


def cleared(w, v):
    np.sum(w * v).backward()
    tg.optim.SGD([w], lr=0.1).zero_grad()  # here
    return w


def the_loss_itself_is_on_no_graph(w, v):
    with tg.no_grad(), pytest.raises(BackwardError):
        np.sum(w * v).backward()  # here
    return w


def the_loss_of_others_is_on_no_graph(w, v):
    with pytest.raises(BackwardError):
        np.sum(v).detach().backward()  # here
    return w


def dead_relu(w, v):
    h = tg.relu(-np.exp(w))  # here
    np.sum(h * v).backward()
    return w


def dead_maximum(w, v):
    np.sum(v * np.maximum(w - 5, 0)).backward()  # here
    return w


def saturated(w, v):
    h = np.tanh(100 * w)  # here
    np.sum(h * v).backward()
    return w


def multiplied_by_zero(w, v):
    np.sum(np.sin(w) * 0 + v).backward()  # here
    return w


def zero_weights(w, v):
    (np.zeros((1, 2)) @ w).backward(np.ones(1))  # here
    return w


def underflow(w, v):
    np.sum((w * 1e-200) * 1e-200).backward()  # here
    return w


def left_out(w, v):
    np.sum(w[:0] + v[0]).backward()  # here
    return w


def another_chosen(w, v):
    np.sum(np.where([True, True], v, w)).backward()  # here
    return w


def flat(w, v):
    np.sum(np.sign(w)).backward()  # here
    return w


def empty_batch(w, v):
    np.sum(np.zeros((0, 2)) @ w).backward()  # here
    return w


def cancelled(w, v):
    h = np.exp(w)  # here
    np.sum(h - h).backward()
    return w


def hook(w, v):
    h = np.exp(w)  # here
    h.register_hook(lambda g: g * 0)
    np.sum(h * v).backward()
    return w


def zero_seed(w, v):
    (w * v).backward(np.zeros(2))  # here
    return w


def set_to_zero(w, v):
    np.sum(w * v).backward()
    w.grad = np.zeros(2)
    return w


CUTS = {
    detach: "detach", detach_of_a_view: "detach", no_grad: "no_grad", integer_cast: "integer_cast",
    comparison: "constant_function", floor: "constant_function", argmax: "constant_function", numpy_array: "numpy",
    numpy_out_of_sight: "numpy", item: "item", number: "item", to_list: "tolist",
    written_into_an_array: "written_into_array", written_into_a_tensor: "written_into_array",
    added_in_place: "written_into_array", written_into_a_leaf: "written_into_array", data: "data_attribute",
    auxiliary: "auxiliary_result", no_rule: "no_rule", detached_itself: "detach", made_of_an_array: "numpy",
    computed_under_no_grad: "no_grad", the_loss_itself_is_on_no_graph: "no_grad",
}  # fmt: skip
OTHERS = {
    requires_grad_false: "requires_grad_false", computed_of_constants: "requires_grad_false",
    overwritten: "not_a_leaf", retained_too_late: "not_a_leaf", not_used: "not_used", not_reached: "not_reached",
    backward_not_run: "backward_not_run", backward_stopped: "backward_stopped", inputs_left_out: "inputs_left_out",
    cleared: "cleared", the_loss_of_others_is_on_no_graph: "no_graph",
}  # fmt: skip
ZEROS = {
    dead_relu: "dead_relu", dead_maximum: "dead_relu", saturated: "saturated", multiplied_by_zero: "multiplied_by_zero",
    zero_weights: "multiplied_by_zero", underflow: "underflow", left_out: "empty", another_chosen: "not_chosen",
    flat: "flat", empty_batch: "empty", cancelled: "cancelled", hook: "hook", zero_seed: "zero_seed",
    set_to_zero: "set_to_zero",
}  # fmt: skip
BREAKS = CUTS | OTHERS | ZEROS


def run(broken):
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0, 4.0, name="v")
    with record() as recording:
        return broken(w, v), recording


def marked(broken, mark):
    return any(text.rstrip().endswith(f"# {mark}") for text in inspect.getsourcelines(broken)[0])


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.__name__)
def test_every_break_is_named_with_its_line(broken):
    t, recording = run(broken)
    reason = why_no_grad(t, recording)
    assert reason.cause == BREAKS[broken], reason
    place = reason.place and (reason.place.function, reason.place.line)
    assert place == ((broken.__name__, line(broken)) if marked(broken, "here") else None), reason
    assert str(reason).startswith(f"{reason.cause}: ")
    assert reason.advice == CAUSES[reason.cause] != ""


@pytest.mark.parametrize("broken", CUTS, ids=lambda broken: broken.__name__)
def test_what_came_back_is_named_with_its_line(broken):
    t, recording = run(broken)
    reason = why_no_grad(t, recording)
    if marked(broken, "back"):
        assert reason.back.place.line == line(broken, "back")
        assert "came back into the loss in" in reason.message
    assert reason.path[-1].place == reason.place


def test_every_cause_has_its_break():
    told = {"has_gradient", "zero_rule", "zero_gradient", "unknown"}  # by tests of their own
    assert set(BREAKS.values()) | told == set(CAUSES)


def test_the_text_reads_well():
    t, recording = run(detach)
    at = line(detach) - 1
    assert str(why_no_grad(t, recording)) == (
        "detach: the loss does not depend on 'w': t.detach() cut it off from the graph. What came out of it came back "
        "into the loss in multiply, as x.\n"
        f"  multiply                test_why.py:{at}  h = np.exp(w * 2)\n"
        f"  exp                     test_why.py:{at}  h = np.exp(w * 2)\n"
        f"  t.detach()              test_why.py:{at + 1}  h = h.detach()  # here   <- here\n"
        f"  back in multiply, as x  test_why.py:{at + 2}  loss = np.sum(h * v)  # back\n"
        "Instead: leave out detach() where the gradient should flow on"
    )


def test_a_long_path_is_shown_at_its_ends():
    w = leaf(1.0, name="w")
    with record() as recording:
        h = w
        for _ in range(50):
            h = h * 1.01
        loss = np.floor(np.exp(h)).sum()
    reason = why_no_grad(w, recording, loss)
    assert [link.name for link in reason.path] == ["multiply"] * 50 + ["exp", "floor"]
    rows = str(reason).splitlines()[1:-1]
    assert len(rows) == 13
    assert rows[6].strip() == "... 40 more"
    assert rows[-1].endswith("<- here")


# There is a gradient: no false alarm


def training_step(w, v):
    h = np.exp(w) * (w > 0)  # looks at w beside the path
    print(np.sum(h).item(), w.numpy(), w.detach(), np.argmax(h))
    np.sum(h * v).backward()
    return w


def straight_through(w, v):
    np.sum(v * (w + (np.floor(w) - w).detach())).backward()
    return w


def retained(w, v):
    h = w * v
    h.retain_grad()
    np.sum(h).backward()
    return h


def named_as_input(w, v):
    h = w * v
    np.sum(h).backward(inputs=[h])
    return h


@pytest.mark.parametrize("sound", [training_step, straight_through, retained, named_as_input])
def test_no_false_alarm(sound):
    t, recording = run(sound)
    size = np.linalg.norm(t.grad.numpy())
    for reason in (why_no_grad(t, recording), why_no_grad(t)):
        assert reason.cause == "has_gradient"
        assert reason.message == f"{repr(t.name) if t.name else 'the tensor'} has a gradient, of norm {size:.4g}."
        assert (reason.advice, reason.place, reason.path, reason.back) == ("", None, (), None)


def test_every_parameter_of_a_net_has_a_gradient():
    net = tg.nn.FullyConnectedNet([5, 4], input_dim=3, num_classes=3, use_batchnorm=True, dropout=0.9, seed=0)
    with record() as recording:
        net.objective(np.eye(3), np.array([0, 1, 2])).backward()
    causes = {name: why_no_grad(p, recording).cause for name, p in net.named_parameters()}
    assert set(causes.values()) == {"has_gradient"}


def test_a_gradient_that_is_not_finite_is_one():
    w = leaf(0.0, name="w")
    with np.errstate(divide="ignore"):
        np.log(w).sum().backward()
    assert why_no_grad(w).message == (
        "'w' has a gradient, of norm inf. Run it inside `with tensorgraph.debug():` to find where that comes from."
    )


# What is chosen among several


def test_a_look_at_values_is_not_blamed_when_another_cut_feeds_the_loss():
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0, 4.0)
    with record() as recording:
        h = np.exp(w)
        steps = np.floor(h)  # the cut
        h.numpy()
        np.sum(steps * v).backward()
        np.sum(h).item()
    reason = why_no_grad(w, recording)
    assert reason.cause == "constant_function"
    assert reason.place.source.endswith("# the cut")


def test_cut_values_are_followed_through_other_ops():
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0, 4.0)
    with record() as recording:
        h = np.sqrt(w.detach()) * 2
        np.concatenate([v, h.reshape(2)]).sum().backward()
    reason = why_no_grad(w, recording)
    assert (reason.cause, reason.back.name) == ("detach", "concatenate, as arrays")


def test_values_that_came_back_elsewhere_are_not_blamed():
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0, 4.0)
    with record() as recording:
        np.sum(v * w.detach())  # only looked at
        np.sum(v * np.floor(w)).backward()
    assert why_no_grad(w, recording).cause == "constant_function"


def test_values_that_went_out_of_sight_are_blamed_before_those_that_led_nowhere():
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0, 4.0)
    with record() as recording:
        h = np.sin(w.numpy())
        np.argmax(w)
        np.sum(v * h).backward()
    assert why_no_grad(w, recording).cause == "numpy"


def test_another_part_of_the_same_memory_is_not_taken_for_the_cut_one():
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0)
    with record() as recording:
        first, second = w[:1].numpy(), w[1:].detach()
        np.sum(v * first).backward()
    assert np.shares_memory(second.numpy(), w.numpy())
    assert why_no_grad(w, recording).cause == "numpy"


def test_of_many_views_all_are_followed():
    w, v = leaf(*range(200), name="w", dtype=float), leaf(3.0)
    with record() as recording:
        parts = [w[i : i + 1].detach() for i in range(200)]
        np.sum(v * parts[150]).backward()
    reason = why_no_grad(w, recording)
    assert (reason.cause, reason.back.name) == ("detach", "multiply, as y")


def test_functions_of_shapes_carry_no_values():
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0, 4.0)
    with record() as recording:
        np.sum(v * np.ones_like(w)).backward()
    reason = why_no_grad(w, recording)
    assert (reason.cause, reason.path) == ("not_used", ())


def test_what_rules_compute_is_no_cut():
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0, 4.0, name="v")
    with record() as recording:
        np.sum(tg.relu(w * v)).backward(create_graph=True, inputs=[v])
        np.sum(v.grad).backward(inputs=[v])
    assert any(call.backward and call.name == "greater" for call in recording.calls)
    assert why_no_grad(w, recording).cause == "inputs_left_out"
    assert why_no_grad(w, recording, np.sum(leaf(1.0))).cause == "not_reached"
    v.grad = None


def test_the_loss_may_be_given():
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0, 4.0, name="v")
    with record() as recording:
        first = np.sum(w.detach() * v)
        second = np.sum(w * v)
        third = np.sum(v * v)
        third.backward()
    assert why_no_grad(w, recording).cause == "detach"
    assert why_no_grad(w, recording, first).cause == "detach"
    assert why_no_grad(w, recording, second).cause == "backward_not_run"
    with record() as recording:
        second.backward(inputs=[v])
        third = np.sum(v * v)
        third.backward()
    assert why_no_grad(w, recording).cause == "inputs_left_out"  # of the backward that could have reached it


def test_rules_that_are_not_known_are_named():
    @tg.op()
    def forgetful(x):
        return x * 1.0

    forgetful.grad("x")(lambda g: g * 0)
    try:
        w = leaf(1.0, name="w")
        with record() as recording:
            np.sum(forgetful(w)).backward()  # the forgetful one
        reason = why_no_grad(w, recording)
        assert (reason.cause, reason.path[-1].name) == ("zero_rule", "forgetful")
        assert reason.place.source.endswith("# the forgetful one")
    finally:
        del tg.OPS["forgetful"]


def test_zeros_that_only_two_ops_together_make():
    w = leaf(1.0, -1.0, name="w")
    with record() as recording:
        np.sum(tg.relu(w)[1:]).backward()
    reason = why_no_grad(w, recording)
    assert (reason.cause, [link.name for link in reason.path]) == ("dead_relu", ["relu"])
    with record() as recording:
        w.grad = None
        np.sum(tg.relu(w * 1)[1:] + tg.relu(w - 9)[:1]).backward()
    reason = why_no_grad(w, recording)
    assert (reason.cause, len(reason.path)) == ("dead_relu", 2)
    assert reason.message.endswith("On other paths it became 0 as well, in 1 more place.")


def test_a_matmul_can_cancel():
    w = leaf(1.0, 2.0, name="w")
    with record() as recording:
        (np.array([[1.0, 1.0], [-1.0, -1.0]]) @ w).backward(np.ones(2))
    assert why_no_grad(w, recording).cause == "zero_rule"


# Without a recording


def test_what_the_graph_alone_tells():
    w, v = leaf(1.0, 2.0, name="w"), leaf(3.0, 4.0, name="v")
    loss = np.sum(w * v)

    def found(t, loss=None):
        reason = why_no_grad(t, loss=loss)
        return reason.cause, reason.message

    assert found(w) == ("unknown", "'w' has no gradient, but it does not know what was computed from it.")
    assert found(Tensor([1.0])) == ("requires_grad_false", "the tensor does not require a gradient.")
    assert found(w, loss) == (
        "backward_not_run",
        "the loss depends on 'w', and backward has not run (or it ran with retain_graph=True, and the gradient was set "
        "to None).",
    )
    assert found(w, np.sum(v)) == (
        "not_reached",
        "the loss does not depend on 'w' by any op; a recording would show where it is cut: run it inside "
        "`with tensorgraph.record() as rec:` and give recording=rec.",
    )
    assert found(w, Tensor(1.0)) == (
        "no_graph",
        "the loss is on no graph, so nothing gets a gradient; a recording would show the line: run it inside "
        "`with tensorgraph.record() as rec:` and give recording=rec.",
    )
    h = w * v
    assert found(h, np.sum(h)) == (
        "not_a_leaf",
        "the tensor was computed, by multiply, and gradients are kept in leaves.",
    )
    h.retain_grad()
    assert found(h, np.sum(h))[0] == "backward_not_run"
    loss.backward()
    w.grad = None
    assert found(w, loss) == (
        "cleared",
        "backward has run from the loss to 'w', and the gradient was set to None afterwards (zero_grad()), or backward "
        "was told to leave it out (inputs=).",
    )
    loss = np.sum(np.exp(w) * np.exp(v))
    v.grad = None
    loss.backward(inputs=[v])
    assert found(w, loss) == ("inputs_left_out", "backward has run, but not as far as 'w': inputs= left it out.")


def test_zeros_without_a_recording():
    w = leaf(1.0, name="w")
    (w * 0).backward(np.ones(1))
    reason = why_no_grad(w)
    assert (reason.cause, reason.message) == ("zero_gradient", "'w' has a gradient, and it is exactly 0 everywhere.")
    assert "recording=rec" in reason.advice
    empty = Tensor(np.zeros((0, 2)), requires_grad=True)
    np.sum(empty).backward()
    assert why_no_grad(empty).cause == "empty"


def test_a_gradient_that_was_cleared_outside_of_the_recording():
    w = leaf(1.0, name="w")
    with record() as recording:
        np.sum(w * 2).backward()
    w.grad = None
    reason = why_no_grad(w, recording)
    assert (reason.cause, reason.path[0].name) == ("cleared", "backward")
    assert reason.message == "backward has given 'w' a gradient, and it was set to None after the recording."


def test_what_is_no_tensor_is_refused():
    with pytest.raises(ArgumentError) as caught:
        why_no_grad(np.ones(2))
    assert str(caught.value) == "why_no_grad: takes a Tensor; got ndarray. An array never has a gradient"


def test_it_takes_time_linear_in_the_recording():
    """Deep chains are followed without recursion, and what is asked of each event does not grow with their number."""
    w, v = leaf(1.0, name="w"), leaf(1.0)
    with record() as recording:
        h = w
        for _ in range(20_000):
            h = h.reshape(1)  # all of one memory
        np.sum(h.detach() * v).backward()
    reason = why_no_grad(w, recording)
    assert (reason.cause, len(reason.path)) == ("detach", 20_001)
