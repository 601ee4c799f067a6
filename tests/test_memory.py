"""``explain.memory``: the bytes that a graph keeps alive are those that Python's own tracer sees grow."""

import gc
import sys
import tracemalloc

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.core import reachable
from tensorgraph.errors import ArgumentError
from tensorgraph.explain import memory

X = np.random.default_rng(0).standard_normal((200, 64))
y = np.arange(200) % 10
w = tg.Tensor(X[:64, :30].copy(), requires_grad=True, name="w")
b = tg.Tensor(np.ones(30), requires_grad=True)
NET = tg.nn.FullyConnectedNet([100, 50], 64, use_batchnorm=True, dropout=0.5, reg=0.1, seed=0)
NARROW = tg.nn.FullyConnectedNet([40], 64, seed=0)
ROWS = np.arange(0, 64, 2)


def grown(build):
    """What ``build()`` gives, and by how many bytes the memory in use has grown when it is there."""
    build()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        built = build()
        gc.collect()
        return built, tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def fused_with_residuals_and_masks():
    return NET.objective(X, y)  # X is cast to float32, which makes an array that only the graph holds


def fused_sandwich():
    net = NET.layers[0]
    out, _, _ = tg.affine_batchnorm_relu(X, net.affine.weight, net.affine.bias, net.norm.gamma, net.norm.beta)
    return out.sum()


def views():
    h = (X @ w + b).reshape(100, 60).T
    a = h[::2] * h[1::2]
    return (np.sin(a) * a[:, ::-1]).sum()


def broadcasts():
    h = np.exp(w)
    return (h * h.sum(axis=0) + np.broadcast_to(h.mean(axis=1, keepdims=True), (64, 30)) * h + b * h).sum()


def tensors_of_several_nodes():
    h = np.exp(w)
    return (h * h + h * np.log(h) + np.sqrt(h) * h).sum()


def python_scalars():
    total = w.sum()
    for i in range(300):
        total = total * (1.0 + i % 3) + i * 0.001
    return total


def indices():
    h, chosen = w * 2, np.arange(5000) % 64
    return h[chosen].sum() + h[tg.Tensor(chosen),].sum() + h[ROWS].sum() + h[[1, 2, 3]].sum() + h[5:7, ..., None].sum()


def joined():
    parts = [np.tanh(w * k) for k in range(1, 6)]
    return np.concatenate([np.stack(parts).sum(axis=0), *parts]).prod(axis=1).sum()


def a_second_order_graph():
    h = np.tanh(X @ w)
    (slope,) = tg.grad(lambda v: (np.tanh(X @ v) ** 2).sum(), argnums=(0,))(w)
    return (slope * slope).sum() + h.sum()


PROGRAMS = [
    fused_with_residuals_and_masks, fused_sandwich, views, broadcasts, tensors_of_several_nodes, python_scalars,
    indices, joined, a_second_order_graph,
]  # fmt: skip


@pytest.mark.parametrize("build", PROGRAMS, ids=lambda build: build.__name__)
def test_within_five_percent_of_what_the_tracer_sees(build):
    loss, growth = grown(build)
    assert growth > 10_000
    assert memory(loss).total == pytest.approx(growth, rel=0.05)


def test_what_a_variable_of_the_user_holds_as_well_is_part_of_the_graph():
    (h, p, loss), growth = grown(lambda: (h := np.tanh(X @ w), p := tg.softmax(h), p.sum()))
    report = memory(loss)
    assert report.total == pytest.approx(growth, rel=0.05)
    assert report.freed < 1000  # backward does not free what variables hold
    del h, p
    assert memory(loss).freed > 2 * 200 * 30 * 8


@pytest.mark.parametrize("build", [p for p in PROGRAMS if p is not python_scalars], ids=lambda build: build.__name__)
def test_backward_frees_what_was_said(build):
    loss = build()
    freed = memory(loss).freed
    for leaf in [*NET.parameters(), w, b]:
        leaf.grad = tg.Tensor(np.zeros(leaf.shape, leaf.dtype))  # so that no gradient is new
    gc.collect()
    tracemalloc.start()
    try:
        loss = build()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for node in reachable(loss.node):
            if node.plan is not None:
                node.saved = None  # all that a backward leaves behind
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        for leaf in [*NET.parameters(), w, b]:
            leaf.grad = None
    assert freed == pytest.approx(before - after, rel=0.05, abs=1500)  # of small objects Python keeps the memory
    assert memory(loss).arrays <= 8


def test_an_array_that_one_node_keeps_twice_counts_once():
    h = w + 1.0
    loss = (h * h).sum()
    del h
    report = memory(loss)
    assert (report.arrays, report.elsewhere) == (w.data.nbytes, 0)


def test_backward_frees_the_tuples_too():
    t = w.sum()
    loss = t * (1.0 + len(w))
    (row,) = [row for row in memory(loss).rows if row.op == "multiply"]
    assert row.freed == sys.getsizeof(loss.node.saved) + sys.getsizeof(65.0)


def test_each_buffer_counts_once_with_the_oldest_node_that_keeps_it():
    h = np.exp(w)
    loss = (h * h.T.reshape(64, 30)[::1]).sum() + (h * 3.0).sum()
    del h
    by_op = {row.name: row for row in memory(loss).by_op()}
    assert by_op["exp"].arrays == w.data.nbytes
    assert by_op["multiply"].arrays == w.data.nbytes  # the copy that reshape made; exp's output is counted there
    assert by_op["multiply"].nodes == 2


def test_parameters_and_data_are_counted_apart():
    report = memory((X @ w).sum())
    assert report.arrays == 0
    assert report.elsewhere == X.nbytes
    assert memory((w * w).sum()).elsewhere == w.data.nbytes


def test_constants_that_only_the_graph_holds_are_counted():
    report = memory((X.copy() @ w).sum())
    assert (report.arrays, report.elsewhere) == (X.nbytes, 0)


def test_a_view_of_a_parameter_costs_no_array():
    report = memory((w.T * w.T[:]).sum())
    assert report.arrays == 0
    assert report.elsewhere == w.data.nbytes


def test_what_record_pins_is_counted_when_only_the_graph_holds_it():
    with tg.record() as recording:
        loss = (w + 1.0).sum()
    kept = memory(loss).arrays
    assert kept == 0
    del recording
    assert memory(loss).arrays == w.data.nbytes


def test_retained_gradients_are_counted():
    h = np.exp(w)
    h.retain_grad()
    loss = h.sum()
    loss.backward()
    w.grad = None
    del h
    assert memory(loss).arrays == w.data.nbytes


def test_by_module():
    report = memory(NARROW.objective(X, y))
    net = "FullyConnectedNet"
    assert {row.name for row in report.by_scope()} == {f"{net}/layer1", f"{net}/layer2", "-"}
    assert sum(row.total for row in report.by_scope()) == sum(row.total for row in report.by_op()) == report.total
    assert sum(row.freed for row in report.by_op()) == report.freed
    assert [row.total for row in report.rows] == sorted((row.total for row in report.rows), reverse=True)


def test_a_leaf_keeps_nothing():
    report = memory(w)
    assert (report.rows, report.total, report.freed, report.elsewhere) == ([], 0, 0, 0)
    assert str(report).startswith("0 nodes behind w (64, 30) keep 0 bytes alive")


def test_deep_graphs():
    t = w.sum()
    for _ in range(20_000):
        t = t + 1.0
    assert len(memory(t).rows) == 20_001


def test_it_leaves_the_graph_as_it_was():
    loss = views()
    w.grad = None
    memory(loss)
    loss.backward()
    assert w.grad.shape == w.shape
    w.grad = b.grad = None


def test_what_has_no_graph_is_refused():
    with pytest.raises(ArgumentError) as caught:
        memory(3.0)
    assert str(caught.value) == "memory: takes a Tensor; got float"
    with pytest.raises(ArgumentError) as caught:
        memory(w.detach())
    assert str(caught.value) == (
        "memory: this tensor is on no graph, which keeps nothing: no input of it requires gradients, "
        "or it was computed under no_grad() or detach()"
    )


def test_the_tables():
    report = memory(NARROW.objective(X, y))
    text = str(report)
    assert text.splitlines()[0] == (
        f"5 nodes behind softmax_loss () keep {report.total:,} bytes alive: "
        f"arrays {report.arrays:,}, bookkeeping {report.bookkeeping:,}"
    ).replace("5 nodes", f"{len(report.rows)} nodes")
    assert "FullyConnectedNet/layer1" in text and "affine (200, 40)" in text
    assert report._repr_html_().count("<table>") == 3
    with tg.scope("<i>"):
        page = memory((w * 2).sum())._repr_html_()
    assert "&lt;i&gt;" in page and "<i>" not in page
