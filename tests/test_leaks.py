"""``explain.leaks``: each way to keep an old graph alive is planted, and named; a clean step is not."""

import gc
import subprocess
import sys
import threading
from collections import deque, namedtuple
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import tensorgraph as tg
from tensorgraph.core.memory import MEMORIES
from tensorgraph.explain import leaks

HERE = Path(__file__).name
w = tg.Tensor(np.ones(500), requires_grad=True, name="w")
kept_by_the_module = None
history = []
Measured = namedtuple("Measured", "step loss")


@pytest.fixture(scope="module", autouse=True)
def no_histories():
    """Memory that other tests wrote into is let go, with the graphs that it holds."""
    MEMORIES.clear()
    gc.collect()


def step():
    """One step of training: a loss whose graph backward has used."""
    loss = (w * w).sum()
    loss.backward()
    w.grad = None
    return loss


def forward():
    """A result that no backward has used, with its arrays."""
    return np.exp(w)


def here(text):
    """The number of the line of this file that ends with this mark."""
    with open(__file__, encoding="utf-8") as file:
        return next(i for i, line in enumerate(file, 1) if line.rstrip().endswith(f"# {text}"))


def found(at_least=1):
    """The leaks, by their variable; other test files may keep something as well, which is not asked here."""
    return {leak.variable: leak for leak in leaks(at_least)}


# A clean program


def test_a_clean_step_leaves_nothing():
    program = """
import numpy as np
import tensorgraph as tg

net = tg.nn.FullyConnectedNet([20], input_dim=8, num_classes=3, use_batchnorm=True, dropout=0.5, seed=0)
optimizer = tg.optim.Adam(net.parameters())
X, y = np.ones((30, 8)), np.arange(30) % 3

def train(steps):
    total, losses = 0.0, []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = net.objective(X, y)
        loss.backward()
        optimizer.step()
        total += loss.item()
        losses.append(float(loss))
    report = tg.explain.leaks(at_least=1)
    assert len(report) == 0, str(report)
    return total

train(5)
loss = net.objective(X, y)
loss.backward()
report = tg.explain.leaks(at_least=1)
assert len(report) == 0, str(report)
print(report)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parent.parent
    )
    assert run.stderr == ""
    assert run.stdout == "no variable keeps an old graph alive\n"


def test_a_solver_leaves_nothing():
    data = tg.data.split(np.random.default_rng(0).standard_normal((60, 4)), np.arange(60) % 3)
    net = tg.nn.FullyConnectedNet([5], input_dim=4, num_classes=3, seed=0)
    seen = []
    solver = tg.Solver(net, data, num_epochs=2, verbose=False, seed=0, on_step=lambda s: seen.extend(found().values()))
    solver.train()
    assert [leak for leak in seen if "olver" in str(leak) or leak.file == __file__] == []


# Planted


def test_a_running_total():
    total = 0.0
    for _ in range(20):
        loss = step()
        total += loss  # the running total
    leak = found()["total"]
    assert (leak.kind, leak.where, leak.file) == ("local variable", "test_a_running_total", __file__)
    assert leak.line == here("the running total")
    assert leak.place == f"{HERE}:{leak.line}"
    assert (leak.tensors, leak.nodes) == (1, 20 * 4 - 1)  # each += is an addition, and but for the first, a write
    assert leak.bytes == pytest.approx(tg.explain.memory(total).total, rel=0.01)
    assert leak.hint == "it adds up tensors, and so keeps the graph of each. Add numbers: total += loss.item()"
    assert "loss" not in found()


def test_a_list_of_losses():
    losses = []
    for _ in range(7):
        losses.append(step())  # noqa: PERF401 - as users write it
    leak = found()["losses[...]"]
    assert (leak.kind, leak.where, leak.tensors, leak.nodes) == ("local variable", "test_a_list_of_losses", 7, 14)
    assert leak.hint == "keep the number only: loss.item() or float(loss)"
    del losses[1:]
    assert found()["losses[0]"].tensors == 1


def test_attributes_of_objects():
    class Trainer:
        def __init__(self):
            self.losses, self.last = [], None

        def train(self):
            for _ in range(4):
                self.losses.append(step())
            self.last = forward()  # the attribute
            return found()

    trainer = Trainer()
    inside, outside = trainer.train(), found()
    assert inside["self.losses[...]"].where.endswith("Trainer.train")
    assert inside["self.last"].line == here("the attribute")
    leak = outside["trainer.last"]
    assert (leak.kind, leak.where) == ("local variable", "test_attributes_of_objects")
    assert (leak.file, leak.line) == (__file__, here("the attribute"))
    assert leak.bytes >= w.data.nbytes
    assert leak.hint == "keep its values only: t.detach(), or compute it under tensorgraph.no_grad()"
    assert outside["trainer.losses[...]"].tensors == 4


def test_an_object_with_slots_in_an_object_with_a_dict_that_was_looked_at():
    class Inner:
        __slots__ = ("loss", "unset")

    class Outer:
        pass

    outer = Outer()
    vars(outer)["inner"] = Inner()
    outer.inner.loss = step()
    assert found()["outer.inner.loss"].tensors == 1


def test_dicts_tuples_and_other_containers():
    log = {"loss": [step(), step()], 3: step()}
    rows = [{"loss": step()} for _ in range(3)]
    window = deque([step()], maxlen=5)
    measured = [Measured(0, step()), Measured(1, step())]
    once = {step()}
    report = found()
    assert report["log['loss'][...]"].tensors == 2
    assert report["log[3]"].tensors == 1
    assert report["rows[...]['loss']"].tensors == 3
    assert report["window[0]"].tensors == 1
    assert report["measured[...].loss"].tensors == 2
    assert report["once<set>"].tensors == 1
    del log, rows, window, measured, once


def test_a_closure():
    def make():
        total = 0.0

        def add(loss):
            nonlocal total
            total = total + loss  # the closure
            return float(total)

        return add

    add = make()
    for _ in range(5):
        add(step())
    leak = found()["total"]
    assert leak.kind == "closure variable"
    assert leak.where == "test_a_closure.<locals>.make.<locals>.add"
    assert (leak.file, leak.line) == (__file__, here("the closure"))


def test_module_globals():
    def keep():
        global kept_by_the_module
        kept_by_the_module = forward()

    try:
        keep()
        history.extend(step() for _ in range(3))
        report = found()
        leak = report["kept_by_the_module"]
        assert (leak.kind, leak.where, leak.file) == ("module global", __name__, __file__)
        assert report["history[...]"].tensors == 3
    finally:
        globals()["kept_by_the_module"] = None
        history.clear()


def test_the_line_of_a_global_is_that_of_a_function_which_assigns_it():
    namespace = {"__name__": "script", "step": forward}
    exec(compile("def keep():\n    global kept\n    kept = step()\n", "script.py", "exec"), namespace)
    namespace["keep"]()
    leak = found()["kept"]
    assert (leak.kind, leak.where, leak.file, leak.line) == ("module global", "script", "script.py", 3)


def test_a_suspended_generator():
    def running_totals():
        total = 0.0
        while True:
            total = total + step()  # the generator
            yield float(total)

    totals = running_totals()
    for _ in range(5):
        next(totals)
    leak = found()["total"]
    assert leak.kind == "variable of a suspended generator"
    assert leak.where.endswith("running_totals")
    assert leak.line == here("the generator")


def test_a_class_attribute_and_a_function():
    class Config:
        best = None

    def remember(loss=step()):  # noqa: B008 - the mistake to be found
        return loss

    Config.best = step()
    remember.last = step()
    report = found()
    name = "test_a_class_attribute_and_a_function.<locals>"
    assert report[f"{name}.Config.best"].kind == "class attribute"
    assert report[f"{name}.remember.__defaults__[0]"].kind == "function"
    assert report[f"{name}.remember.last"].tensors == 1


def test_a_partial_and_a_bound_method():
    class Keeper:
        def __init__(self):
            self.loss = step()

        def hook(self):
            pass

    callbacks = [partial(print, step()), Keeper().hook]
    variables = found()
    del callbacks
    assert {"callbacks[0].args[0]", "callbacks[1].__self__.loss"} <= variables.keys()


def test_a_gradient_that_was_recorded():
    net = tg.nn.Linear(3, 1, rng=0)
    (net(np.ones((2, 3), np.float32)) ** 2).sum().backward(create_graph=True)
    try:
        leak = found()["net.weight.grad"]
        assert leak.hint == (
            "it was made by a backward with create_graph=True. Set it to None when done, or use tensorgraph.grad, "
            "which leaves no cycle"
        )
    finally:
        net.zero_grad()


def test_another_thread():
    ready, done = threading.Event(), threading.Event()

    def work():
        result = forward()
        ready.set()
        done.wait()
        return result

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    try:
        assert found()["result"].where == "test_another_thread.<locals>.work"
    finally:
        done.set()
        thread.join()


def test_a_call_that_an_exception_keeps():
    def fail():
        scores = forward()
        raise KeyError(len(scores))

    try:
        fail()
    except KeyError as error:
        caught = error
    leak = found()["scores"]
    assert leak.kind == "variable of a call that an exception keeps"
    assert leak.where == "test_a_call_that_an_exception_keeps.<locals>.fail"
    del caught


def test_a_recording():
    with tg.record() as recording:
        loss = step()
    del loss
    assert any(variable.startswith("recording.") for variable in found())
    del recording


# What is reported


def test_only_the_ends_of_graphs_are_reported():
    h = np.exp(w)
    scores = h * 2
    assert "scores" in found()
    assert "h" not in found()
    del scores
    assert "h" in found()


def test_every_holder_is_reported():
    first = forward()
    second = [first]
    assert {"first", "second[0]"} <= found().keys()
    del second


def test_a_plain_variable_of_a_used_loss_is_passed_over_but_not_its_other_holders():
    class Trainer:
        pass

    trainer = Trainer()
    loss = step()
    trainer.last = loss
    report = found()
    assert "trainer.last" in report
    assert "loss" not in report


def test_small_ones_are_left_out_and_the_largest_comes_first():
    small, large = w.sum(), np.exp(w)
    assert "small" not in found(at_least=1000)
    names = [leak.variable for leak in leaks(1) if leak.variable in ("small", "large")]
    assert names == ["large", "small"]
    del small, large


def test_looking_keeps_nothing_alive():
    total = forward()
    assert "total" in found()
    del total
    gc.collect()
    assert not [t for t in gc.get_objects() if type(t) is tg.Tensor and t.node is not None and not t.is_leaf
                and t.shape == w.shape]  # fmt: skip


def test_garbage_is_no_leak():
    def make():
        garbage = forward()

        def again():
            return again, garbage

    gc.disable()
    try:
        make()  # its inner function refers to itself, so only the collector frees what it holds
        assert "garbage" not in found()
    finally:
        gc.enable()


def test_the_report():
    losses = [step() for _ in range(3)]
    report = leaks(1)
    assert list(report)[0] is report[0] and len(report) == len(report.rows)
    header, rule, *lines = str(report).splitlines()
    assert header.split() == ["variable", "is", "a", "in", "assigned", "at", "tensors", "nodes", "bytes"]
    line = next(line for line in lines if line.startswith("losses[...]"))
    assert "local variable" in line and f"{HERE}:" in line and line.split()[-3:-1] == ["3", "6"]
    assert "losses[...]: keep the number only: loss.item() or float(loss)" in lines
    assert "losses[...]" in report._repr_html_()
    console = Console(width=200)
    with console.capture() as capture:
        console.print(report)
    assert "losses[...]: keep the number only" in capture.get()
    del losses
