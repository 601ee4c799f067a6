"""``profile()``: calls, bytes and own time of forwards, rules and steps; modules; the trace. Time is a clock that ticks
once each time it is read, so that every number is known."""

import contextlib
import contextvars
import gc
import io
import itertools
import json
import os
import sys
import threading
import weakref

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.config import observing
from tensorgraph.errors import FileError
from tensorgraph.profiling import ModuleRow, Profile, Row
from tensorgraph.profiling.calibration import Costs


def leaf(*values, name=None):
    return Tensor(np.array(values, np.float64), requires_grad=True, name=name)


@contextlib.contextmanager
def ticking(**options):
    """A profile whose clock ticks by 1 each time it is read."""
    profile = Profile(**options, clock=itertools.count().__next__)
    with observing(profile):
        yield profile


def by_op(profile):
    return {(row.op, row.phase): row for row in profile.rows}


def here(text):
    """The number of the line of this file that ends with this mark."""
    with open(__file__, encoding="utf-8") as file:
        return next(i for i, line in enumerate(file, 1) if line.rstrip().endswith(f"# {text}"))


# Rows


def test_rows_of_a_program():
    x = leaf(1.0, 2.0, 3.0)
    with ticking() as p:
        for _ in range(2):
            (np.sin(x) * x).sum().backward()
    assert by_op(p) == {
        ("sin", "forward"): Row("sin", "forward", 2, 2, made=48, saved=48),
        ("multiply", "forward"): Row("multiply", "forward", 2, 2, made=48, saved=96),
        ("sum", "forward"): Row("sum", "forward", 2, 2, made=16, saved=0),
        ("sum", "backward"): Row("sum", "backward", 2, 2, made=48, saved=0),
        ("multiply", "backward"): Row("multiply", "backward", 4, 4, made=96, saved=0),  # a rule for each input
        ("sin", "backward"): Row("sin", "backward", 2, 2, made=48, saved=0),
    }
    assert p.rows[0] == Row("multiply", "backward", 4, 4, 96, 0), "the longest time comes first"


def test_what_gives_plain_arrays_is_counted_too():
    x = leaf(1.0, -2.0)
    with ticking() as p, tg.no_grad():
        np.argmax(x)
        np.isclose(x, 1.0, rtol=1e-3)
        np.exp(x)
    assert {row.op: (row.phase, row.made, row.saved) for row in p.rows} == {
        "argmax": ("forward", 8, 0), "isclose": ("forward", 2, 0), "exp": ("forward", 16, 0),
    }  # fmt: skip


def test_joint_rules_run_once():
    x, gamma, beta = leaf(1.0, 2.0, 4.0), leaf(1.0), leaf(0.0)
    with ticking() as p:
        out, _, _ = tg.batchnorm(x.reshape(3, 1), gamma, beta)
        out.sum().backward()
    row = by_op(p)["batchnorm", "backward"]
    assert (row.calls, row.made) == (1, 24 + 8 + 8)
    assert by_op(p)["batchnorm", "forward"].saved == 24 + 24 + 8 + 8 + 8  # x and xhat, gamma and beta, inv_std
    (span,) = [span for span in p.spans if span.name == "batchnorm" and span.phase == "backward"]
    assert span.inputs == ("x", "gamma", "beta")
    assert span.shape == (3, 1)


def test_time_inside_a_rule_is_not_its_own():
    """With create_graph, the rule of power calls ops. Each takes a tick, and leaves one before it to the rule."""
    x = leaf(2.0)
    with ticking() as p:
        (x**3.0).backward(np.ones(1), create_graph=True)
    forward, *inside, rule = p.spans
    assert (forward.name, forward.depth, forward.own) == ("power", 0, 1)
    assert (rule.name, rule.phase, rule.depth) == ("power", "backward", 0)
    assert len(inside) > 1 and {span.depth for span in inside} == {1}
    assert all(span.own == 1 and rule.begin < span.begin < span.end < rule.end for span in inside)
    assert rule.end - rule.begin == 2 * len(inside) + 1
    assert rule.own == rule.end - rule.begin - len(inside)
    assert sum(row.seconds for row in p.rows) == 1 + rule.end - rule.begin
    x.grad = None


def test_depths():
    @tg.op()
    def outer(x):
        y = leaf(2.0)
        np.sin(y).backward(np.ones(1), create_graph=True)
        y.grad = None
        return x * 1.0

    try:
        with ticking() as p:
            outer(leaf(1.0).detach())
        assert [(span.name, span.phase, span.depth) for span in p.spans] == [
            ("sin", "forward", 1), ("cos", "forward", 2), ("multiply", "forward", 2), ("sin", "backward", 1),
            ("outer", "forward", 0),
        ]  # fmt: skip
    finally:
        del tg.OPS["outer"]


def test_what_fails_takes_nothing_along():
    @tg.op()
    def outer(x):
        return x * 1.0

    @outer.grad("x")
    def _(g, x):
        np.exp(x)
        raise KeyError("no")

    try:
        x = leaf(1.0)
        with ticking() as p:
            with pytest.raises(KeyError):
                outer(x).backward(np.ones(1), create_graph=True)
            with pytest.raises(tg.errors.ShapeError):
                leaf(1.0, 2.0) + leaf(1.0, 2.0, 3.0)
            np.sin(x)
        assert [(span.name, span.depth) for span in p.spans] == [("outer", 0), ("exp", 0), ("sin", 0)]
    finally:
        del tg.OPS["outer"]


# Modules


def test_modules_hold_those_inside_them():
    x = leaf(1.0, 2.0)
    with ticking() as p:
        with tg.scope("net"):
            with tg.scope("first"):
                y = np.sin(x) * 2.0
            with tg.scope("second"):
                y = np.exp(y)
        y.sum().backward()
    assert p.modules == [
        ModuleRow(("net",), 6, forward_seconds=3, backward_seconds=3, made=96, saved=32),
        ModuleRow(("net", "first"), 4, forward_seconds=2, backward_seconds=2, made=64, saved=16),
        ModuleRow(("net", "second"), 2, forward_seconds=1, backward_seconds=1, made=32, saved=16),
    ]


def test_steps_of_optimizers():
    w = leaf(3.0, 4.0)
    w.grad = np.ones(2)
    optimizer = tg.optim.SGD([w], lr=0.5)
    with ticking(places=True) as p, tg.scope("training"):
        optimizer.step()  # the step
    (span,) = p.spans
    assert w.tolist() == [2.5, 3.5]
    assert span[:5] == ("SGD", "optimizer", 1, 2, 1)
    assert (span.inputs, span.made, span.scope) == (((2,),), 16, ("training",))
    assert (span.place.file, span.place.line) == (__file__, here("the step"))


def test_a_profile_changes_nothing():
    def train():
        net = tg.nn.FullyConnectedNet([5], input_dim=4, use_batchnorm=True, dropout=0.5, seed=0)
        optimizer = tg.optim.Adam(net.parameters())
        for _ in range(3):
            net.objective(np.eye(4), np.array([0, 1, 2, 3])).backward()
            optimizer.step()
        return net.state_dict()

    plain = train()
    with tg.profile() as p:
        watched = train()
    assert all((plain[name] == watched[name]).all() for name in plain)
    assert {(row.op, row.phase) for row in p.rows} >= {("affine", "backward"), ("Adam", "optimizer")}
    assert p.modules[0].path == ("FullyConnectedNet",)


def test_no_array_is_kept_alive():
    gc.disable()
    try:
        with tg.profile() as p:
            y = np.exp(leaf(1.0)) * 2.0
            arrays = [weakref.ref(y.data), weakref.ref(y.node.parents[0].saved[0])]
            y.backward(np.ones(1))
        del y
        assert [array() for array in arrays] == [None, None]
        assert len(p.spans) == 4
    finally:
        gc.enable()


def test_threads_are_told_apart():
    """A thread that takes the context along is watched as well, and what overlaps in time is not nested."""
    with ticking() as p:

        @tg.op()
        def waiting(x):
            run = contextvars.copy_context().run
            thread = threading.Thread(target=run, args=(lambda: np.exp(leaf(1.0)),))
            thread.start()
            thread.join()
            return x * 1.0

        try:
            waiting(leaf(1.0).detach())
        finally:
            del tg.OPS["waiting"]
    exp, wait = p.spans
    assert (exp.name, wait.name) == ("exp", "waiting")
    assert exp.thread != wait.thread
    assert (exp.depth, exp.own, wait.own) == (0, 1, 3)
    assert (exp.shape, wait.shape) == ((1,), (1,))


def test_profiles_and_recordings_nest():
    x = leaf(1.0)
    with ticking() as outer, tg.record() as recording, ticking() as inner:
        np.sin(x).backward(np.ones(1))
    assert [row[:3] for row in outer.rows] == [row[:3] for row in inner.rows]
    assert len(recording.calls) == 1


# Places, overhead, text


def test_places_are_noted_when_asked_for():
    x = leaf(1.0)
    with ticking(places=True) as p:
        y = np.sin(x)  # the sine
        y.backward(np.ones(1))
    assert [span.place.line for span in p.spans] == [here("the sine")] * 2
    with ticking() as p:
        np.sin(x).backward(np.ones(1))
    assert [span.place for span in p.spans] == [None, None]


def test_what_raised_is_profiled_too():
    with pytest.raises(KeyError), tg.profile() as p:
        np.sin(leaf(1.0))
        raise KeyError
    assert p.seconds > 0 and len(p.spans) == 1


def test_the_overhead_is_stated():
    with tg.profile() as p:
        np.sin(leaf(1.0)).backward(np.ones(1))
    assert all(0 <= cost < 0.1 for cost in p.costs)
    assert p.seconds > 0
    p.costs = Costs(forward=2.0, rule=3.0)
    assert p.overhead == 5.0


def test_the_text():
    x = leaf(1.0, 2.0)
    with ticking() as p, tg.scope("net"):
        np.sin(x).sum().backward()
    p.seconds, p.costs = 10.0, Costs(0.5, 0.25)
    assert str(p) == (
        "op      phase  calls        ms  us a call  share  made  saved\n"
        "sin   forward      1  1000.000  1000000.0  25.0%  16 B   16 B\n"
        "sum   forward      1  1000.000  1000000.0  25.0%   8 B    0 B\n"
        "sum  backward      1  1000.000  1000000.0  25.0%  16 B    0 B\n"
        "sin  backward      1  1000.000  1000000.0  25.0%  16 B    0 B\n"
        "\n"
        "module  calls  forward ms  backward ms  made  saved\n"
        "net         4    2000.000     2000.000  56 B   16 B\n"
        "\n"
        "4000.000 of 10000.000 ms in 4 runs of ops, rules and optimizers; the profile itself took at least 1500.000 ms"
    )


def test_nothing_ran():
    with ticking() as p:
        pass
    assert (p.rows, p.modules, p.spans, p.overhead) == ([], [], [], 0.0)
    assert str(p).startswith("op  phase  calls  ms  us a call  share  made  saved\n")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("rich", [True, False])
def test_shown_by_rich_in_a_terminal(monkeypatch, capsys, rich):
    with ticking() as p, tg.scope("net"):
        np.sin(leaf(1.0))
    p.show()
    assert capsys.readouterr().out == str(p) + "\n"
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.table", None)
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "120")
    p.show()
    assert ("┃" in sys.stdout.getvalue()) == rich
    assert "sin" in sys.stdout.getvalue() and "net" in sys.stdout.getvalue()


# The trace


def complete_events(path):
    """The events of a trace that have a duration, after a look at its form."""
    trace = json.loads(path.read_text(encoding="utf-8"))
    assert set(trace) == {"traceEvents", "displayTimeUnit"} and trace["displayTimeUnit"] == "ms"
    names = [event for event in trace["traceEvents"] if event["ph"] == "M"]
    events = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert trace["traceEvents"] == names + events
    assert {event["name"] for event in names} == {"process_name", "thread_name"}
    for event in events:
        assert set(event) == {"name", "cat", "ph", "ts", "dur", "pid", "tid", "args"}
        assert isinstance(event["ts"], float) and isinstance(event["dur"], float) and event["dur"] >= 0
        assert event["pid"] == os.getpid() and event["tid"] in {name["tid"] for name in names}
        assert event["cat"] in {"forward", "backward", "optimizer", "scope"}
    return events


def paths(events):
    """The name of each event after those that it is inside of; no two may overlap without one being in the other."""
    found, around = [], []
    for event in events:
        while around and around[-1]["ts"] + around[-1]["dur"] <= event["ts"]:
            around.pop()
        assert all(event["ts"] + event["dur"] <= outer["ts"] + outer["dur"] for outer in around)
        assert not around or around[-1]["ts"] <= event["ts"]
        around.append(event)
        found.append("/".join(outer["name"] for outer in around))
    return found


def test_a_trace(tmp_path):
    w = leaf(1.0, 2.0, name="w")
    optimizer = tg.optim.SGD([w], lr=0.5)
    with ticking(places=True) as p:
        with tg.scope("net"), tg.scope("layer"):
            y = np.sin(w)  # of the trace
        y.sum().backward()
        optimizer.step()
    assert p.save_trace(tmp_path / "trace.json") == tmp_path / "trace.json"
    events = complete_events(tmp_path / "trace.json")
    assert paths(events) == [
        "net", "net/layer", "net/layer/sin", "sum", "sum: gradient of a",
        "net", "net/layer", "net/layer/sin: gradient of x", "SGD",
    ]  # fmt: skip
    sin, rule, step = events[2], events[7], events[8]
    assert (sin["cat"], sin["ts"], sin["dur"]) == ("forward", 1e6, 1e6)
    assert sin["args"] == {
        "module": "net/layer", "bytes made": 16, "shapes": [[2]], "bytes saved": 16, "shape": [2],
        "place": f"{__file__}:{here('of the trace')} in test_a_trace", "source": "y = np.sin(w)  # of the trace",
    }  # fmt: skip
    assert (rule["cat"], rule["args"]["place"]) == ("backward", sin["args"]["place"])
    assert (step["cat"], step["args"]["shapes"]) == ("optimizer", [[2]])
    assert events[1]["args"] == {"path": "net/layer"}


def test_a_trace_of_a_recorded_backward_nests(tmp_path):
    x = leaf(2.0)
    with ticking() as p:
        y = x**3.0
        with tg.scope("training"):
            y.backward(np.ones(1), create_graph=True)
    events = complete_events(p.save_trace(tmp_path / "trace.json"))
    assert paths(events)[:2] == ["power", "power: gradient of x"]
    assert all(path.startswith("power: gradient of x/") for path in paths(events)[2:])
    assert len(events) > 3
    assert {event["cat"] for event in events} == {"forward", "backward"}, (
        "a module that is only inside a rule is no run"
    )
    x.grad = None


def test_a_trace_of_a_training_step(tmp_path):
    """Times that a real clock gives nest as well."""
    net = tg.nn.FullyConnectedNet([5, 5], input_dim=4, use_batchnorm=True, dropout=0.5, seed=0)
    with tg.profile() as p:
        net.objective(np.eye(4), np.array([0, 1, 2, 3])).backward()
    events = complete_events(p.save_trace(tmp_path / "trace.json"))
    found = paths(events)
    assert "FullyConnectedNet/layer2/batchnorm: gradient of x, gamma, beta" in found
    assert found.count("FullyConnectedNet") == 2, "one forward, one backward"


def test_a_trace_that_cannot_be_written(tmp_path):
    with ticking() as p:
        pass
    with pytest.raises(FileError, match="does not exist. Make it first"):
        p.save_trace(tmp_path / "none" / "trace.json")
