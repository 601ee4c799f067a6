"""``viz.graph``: names, views, measures, less of a graph, and its other forms.

When the JSON is meant to look different, write the golden file again: python tests/test_graph.py
"""

import json
import re
from collections import Counter
from itertools import permutations
from pathlib import Path

import graphviz
import numpy as np
import pytest
from needs import needs_graphviz
from visits import visits

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, MissingDependencyError
from tensorgraph.viz import Statistics, graph, render, statistics, write_tensorboard

GOLDEN = Path(__file__).parent / "golden" / "net.json"


def parameter(*shape, name=None):
    return Tensor(np.ones(shape), requires_grad=True, name=name)


def titles(drawn):
    return [vertex.op or vertex.name or vertex.kind for vertex in drawn.vertices]


def by_title(drawn):
    return dict(zip(titles(drawn), drawn.vertices))


def facts_of(drawn):
    return {title: drawn.details[v.id].facts for title, v in by_title(drawn).items()}


def net_and_data():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((6, 4)), np.arange(6) % 3
    net = tg.nn.FullyConnectedNet([5, 5, 5], 4, 3, dtype=np.float64, weight_scale=0.5, seed=0)
    return net, X, y


# Names


def test_variables_give_names():
    weights, data = parameter(3), np.ones(3)
    hidden = weights * data
    assert [v.name for v in graph(hidden).vertices] == ["weights", "data", "hidden"]


def test_a_module_in_a_variable_gives_paths():
    class Net(tg.nn.Module):
        def __init__(self):
            self.fc1 = tg.nn.Linear(3, 2, rng=0)
            self.norm = tg.nn.BatchNorm1d(2)

        def forward(self, x):
            return self.norm(self.fc1(x))

    net = Net().eval()
    drawn = graph(net(np.ones((4, 3), np.float32)))
    assert {v.name for v in drawn.vertices if v.kind == "parameter"} == {
        "fc1.weight", "fc1.bias", "norm.gamma", "norm.beta"
    }  # fmt: skip
    assert {"norm.running_mean", "norm.running_var"} <= {v.name for v in drawn.vertices}


def test_of_several_names_the_first_counts():
    by_variable = parameter(2)
    by_name = parameter(2, name="given")
    by_params = parameter(2, name="other")
    total = by_variable + by_name + by_params
    found = graph(total, {"chosen": by_params}).vertices
    assert [v.name for v in found if v.kind == "parameter"] == ["by_variable", "given", "chosen"]


def test_a_parameter_with_a_name_of_its_own_keeps_it():
    layer = tg.nn.Linear(2, 2, rng=0)
    layer.weight.name = "projection"
    names = {v.name for v in graph(layer(np.ones((1, 2), np.float32))).vertices if v.kind == "parameter"}
    assert names == {"projection", "bias"}


def test_names_that_nobody_gave_do_not_count():
    _hidden = parameter(2)
    assert [v.name for v in graph(_hidden * 2).vertices] == [None, None]


# What is known


def test_what_was_recorded_is_known_in_full():
    x, shift = parameter(3), np.ones(3)
    bare = x + shift
    assert titles(graph(bare)) == ["x", "add"], "no rule of add uses what was added, so it is not kept"
    with tg.record():
        total = x + shift  # where it was added
    drawn = graph(total)
    assert titles(drawn) == ["x", "shift", "add"]
    place = drawn.details[by_title(drawn)["add"].id].place
    assert (place.function, place.source) == (
        "test_what_was_recorded_is_known_in_full", "total = x + shift  # where it was added"
    )  # fmt: skip
    total.sum().backward()
    assert titles(graph(total)) == ["x", "shift", "add"], "also after backward"


def test_numbers_and_scalars_are_settings_of_recorded_ops():
    x = parameter(3)
    with tg.record():
        y = (x + 2) * np.float64(3) - np.array(4)
    assert [v.settings for v in graph(y).vertices if v.kind == "op"] == [(("y", 2),), (("y", 3.0),), (("y", 4),)]


def test_what_is_saved_is_told():
    x, W, b = np.ones((4, 3)), parameter(3, 2), parameter(2)
    out = tg.affine(x, W, b)
    drawn = graph(out)
    (saved,) = drawn.details[by_title(drawn)["affine"].id].saved
    assert tuple(saved) == ("x", (4, 3), "float64", 96)
    with tg.record():
        out = tg.relu(tg.affine(x, W, b))
    before = graph(out)
    assert [s.name for s in before.details[by_title(before)["relu"].id].saved] == ["out"]
    out.sum().backward()
    after = graph(out)
    assert after.details == before.details, "what the backward freed is known from the recording"


def test_the_place_that_debug_remembers_is_told():
    x = parameter(2)
    with tg.debug():
        y = x * 2  # under debug
    drawn = graph(y)
    assert drawn.details["n1"].place.source == "y = x * 2  # under debug"


def test_a_function_is_run_and_recorded():
    net, X, y = net_and_data()
    drawn = graph(lambda: net.objective(X, y), measure=True)
    assert drawn.title == "softmax_loss"
    assert all(drawn.details[v.id].facts.forward_seconds > 0 for v in drawn.vertices if v.kind == "op")
    with tg.no_grad():
        assert len(graph(lambda: net.objective(X, y)).vertices) == len(drawn.vertices)


# Measures


def test_statistics_of_arrays():
    found = statistics(np.array([0.0, 0.0, -1.0, 3.0, np.nan, np.inf, -np.inf, 2.0]))
    assert found[:6] == (-1.0, 0.8, 3.0, 0.25, 0.125, 0.25)
    assert len(found.counts) == 20 and sum(found.counts) == 5
    assert (found.edges[0], found.edges[-1]) == (-1.0, 3.0)
    assert statistics(np.zeros((0, 3))) is None
    assert statistics(np.full(3, 7))[:3] == (7.0, 7.0, 7.0)
    assert statistics(np.array([3 + 4j]))[:3] == (5.0, 5.0, 5.0)
    assert statistics(np.array(True)).mean == 1.0
    hopeless = statistics(np.array([np.nan, np.inf]))
    assert hopeless[3:] == (0.0, 0.5, 0.5, [], []) and np.isnan(hopeless.mean)
    assert sum(statistics(np.array([1e308, -1e308])).counts) == 2
    assert sum(statistics(np.array([1.0, np.nextafter(1.0, 2.0)])).counts) in (1, 2)
    assert isinstance(found, Statistics)


def test_measures_are_those_of_numpy():
    x, w = np.array([[1.0, -2.0], [3.0, -4.0]]), Tensor(np.array([2.0, 5.0]), requires_grad=True)
    with tg.record():
        loss = tg.relu(x * w).sum()
    facts = facts_of(graph(loss, measure=True))
    assert facts["multiply"].values[:4] == (-20.0, -5.5, 6.0, 0.0)
    assert facts["relu"].values.zeros == 0.5
    assert facts["relu"].dead == 0.5
    assert facts["w"].gradients[:3] == (0.0, 2.0, 4.0)
    assert facts["w"].gradient_norm == 4.0
    assert facts["relu"].gradient_norm == 2.0
    assert facts["x"].values.mean == -0.5
    assert all(facts[op].forward_seconds > 0 and facts[op].backward_seconds > 0 for op in ("multiply", "relu", "sum"))
    assert w.grad is None, "measuring is no backward of the user's"


def test_measuring_leaves_everything_as_it_was():
    x = parameter(3)
    seen = []
    with tg.record():
        hidden = np.exp(x)
        loss = hidden.sum()
    hidden.retain_grad()
    loss.backward(retain_graph=True)
    x.register_hook(seen.append)
    before = x.grad.tolist(), hidden.grad
    graph(loss, measure=True)
    assert (x.grad.tolist(), hidden.grad) == before
    loss.backward()
    assert x.grad.tolist() == [2 * np.e] * 3


def test_without_a_recording_what_is_saved_is_known():
    x = parameter(3)
    y = np.exp(x * 2)
    facts = facts_of(graph(y.sum(), measure=True))
    assert facts["exp"].values.max == np.exp(2)
    assert facts["multiply"].values is None and facts["multiply"].forward_seconds is None
    assert facts["multiply"].gradient_norm == pytest.approx(np.sqrt(3) * np.exp(2))
    assert facts["x"].values.mean == 1.0, "the variable is at hand"


def test_after_backward_what_was_recorded_is_known():
    x = parameter(3)
    with tg.record():
        loss = np.exp(x).sum()
        loss.backward()
    facts = facts_of(graph(loss, measure=True))
    assert facts["exp"].gradient_norm == pytest.approx(np.sqrt(3))
    assert facts["exp"].saved_bytes == 24
    assert facts["x"].gradient_norm == pytest.approx(np.sqrt(3) * np.e)


def test_what_an_optimizer_changed_is_told():
    w = Tensor(np.array([3.0, 4.0]), requires_grad=True)
    optimizer = tg.optim.SGD([w], lr=0.1)
    with tg.record():
        loss = (w * w).sum()
        loss.backward()
        optimizer.step()
    assert facts_of(graph(loss, measure=True))["w"].update_ratio == pytest.approx(0.2)


def test_memory_is_counted_once_and_parameters_not_at_all():
    x, w = np.ones((10, 10)), parameter(10, 10)
    with tg.record(), tg.scope("block"):
        h = x @ w  # keeps x; w is a parameter
        a = tg.relu(h)  # keeps its result
        b = np.exp(a)  # keeps its result
        c = a * b  # keeps both: nothing new
        loss = (c * x).sum()  # keeps x again
    drawn = graph(loss, measure=True)
    kept = [drawn.details[v.id].facts.saved_bytes for v in drawn.vertices if v.kind == "op"]
    assert kept == [800, 800, 800, 0, 0, 0]
    (block,) = drawn.scopes
    assert (block.path, block.times, block.parameters, block.facts.saved_bytes) == (("block",), 1, 100, 2400)
    assert block.facts.forward_seconds == pytest.approx(
        sum(drawn.details[v.id].facts.forward_seconds for v in drawn.vertices if v.kind == "op")
    )


def test_a_result_that_is_no_scalar_or_complex_is_measured():
    x = parameter(2)
    assert facts_of(graph(np.exp(x), measure=True))["exp"].gradient_norm == pytest.approx(np.sqrt(2))
    z = Tensor(np.array([1 + 1j]), requires_grad=True)
    with tg.record():
        y = z * z
    facts = facts_of(graph(y, measure=True))["multiply"]
    assert facts.values.mean == pytest.approx(2.0) and facts.gradient_norm == 1.0
    assert graph(x, measure=True).details["n0"].facts.values.mean == 1.0


# Views


def chain():
    w = parameter(3)
    with tg.record():
        return w, np.exp(w * w).sum()


def test_the_backward_is_a_graph_of_gradients():
    w, loss = chain()
    drawn = graph(loss, view="backward")
    assert [v.kind for v in drawn.vertices] == ["gradient"] * 4
    assert [v.id for v in drawn.vertices] == ["d3", "d2", "d1", "d0"]
    assert [tuple(e) for e in drawn.edges] == [
        ("d3", "d2", "a"),
        ("d2", "d1", "x"),
        ("d1", "d0", "x"),
        ("d1", "d0", "y"),
    ]
    assert [v.output for v in drawn.vertices] == [False, False, False, True]
    assert drawn.title == "∂loss"


def test_both_shows_what_the_backward_uses_of_the_forward():
    w, loss = chain()
    drawn = graph(loss, view="both")
    assert [v.id for v in drawn.vertices] == ["n0", "n1", "n2", "n3", "d3", "d2", "d1", "d0"]
    across = [tuple(e) for e in drawn.edges if e.source.startswith("n") and e.target.startswith("d")]
    assert across == [("n2", "d2", "out"), ("n0", "d1", "y"), ("n0", "d1", "x")]
    assert drawn.title == "loss"


def test_both_shows_which_parts_of_a_variadic_input_the_backward_uses():
    a, b = parameter(2, 3, name="a"), parameter(3, 4, name="b")
    drawn = graph(np.einsum("ij,jk->ik", a, b).sum(), view="both")
    product = next(v for v in drawn.vertices if v.op == "einsum" and v.kind == "gradient")
    saved = [(source, name) for source, name in zip(product.sources, product.arguments) if source.startswith("n")]
    assert saved == [("n0", "operands[0]"), ("n1", "operands[1]")]


def test_the_backward_has_its_own_measures():
    w, loss = chain()
    drawn = graph(loss, view="both", measure=True)
    assert drawn.details["d0"].facts.gradient_norm == pytest.approx(np.linalg.norm(2 * w.numpy() * np.exp(1)))
    assert drawn.details["d1"].facts.forward_seconds is None
    assert drawn.details["d1"].facts.backward_seconds > 0
    assert drawn.details["d2"].place == drawn.details["n2"].place


def test_views_have_names():
    with pytest.raises(ArgumentError) as caught:
        graph(parameter(2) * 2, view="up")
    assert str(caught.value) == "graph: view is one of forward, backward, both; got 'up'"


def test_gradients_look_different():
    w, loss = chain()
    text = graph(loss, view="both").to_dot()
    assert "d3 [label=<<b>∂sum</b>" in text and 'style="rounded,filled,dashed"' in text
    assert 'd2 -> d3 [color="#8a4f9e" dir=back]' in text
    assert "n2 -> d2 [style=dotted constraint=false arrowhead=open]" in text
    assert 'd3 -> d2 [color="#8a4f9e"]' in graph(loss, view="backward").to_dot()


# Less of it


def test_hidden_vertices_are_bridged():
    x = parameter(2)
    y = np.exp(np.negative(np.negative(x * 2))).sum()
    drawn = graph(y).hide(lambda v: v.op == "negative")
    assert titles(drawn) == ["x", "multiply", "exp", "sum"]
    assert [(e.source, e.target) for e in drawn.edges] == [("n0", "n1"), ("n1", "n4"), ("n4", "n5")]
    leaves = graph(y).hide(lambda v: v.kind == "op")
    assert titles(leaves) == ["x"] and leaves.edges == []
    assert titles(graph(y).hide(lambda v: v.kind == "parameter"))[0] == "multiply"


def test_equal_neighbours_fold():
    net, X, y = net_and_data()
    drawn = graph(net.objective(X, y))
    folded = drawn.fold()
    assert folded.times == {("FullyConnectedNet", "layer2"): 2}
    assert [v.name for v in folded.vertices if v.kind == "parameter"] == [
        "W1", "b1", "W2 … W3", "b2 … b3", "W4", "b4"
    ]  # fmt: skip
    ids = {v.id for v in folded.vertices}
    assert all({e.source, e.target} <= ids for e in folded.edges)
    scores = next(v for v in folded.vertices if v.op == "affine" and v.scope[-1] == "layer4")
    assert folded.vertices[[v.id for v in folded.vertices].index(scores.sources[0])].scope[-1] == "layer2"
    assert [b.times for b in folded.scopes] == [1, 1, 2, 1]
    assert "layer2 <b>× 2</b>" in folded.to_dot()
    assert len(drawn.vertices) == 6 + 4 * 3 + 3 - 4 - 1 + 1 or drawn.times == {}


@pytest.mark.parametrize("change", ["op", "shape", "setting", "wiring"])
def test_what_differs_does_not_fold(change):
    x = Tensor(np.ones((2, 3)))
    w = [parameter(3), parameter(3)]
    for i in range(2):
        with tg.scope(f"block{i}"):
            x = x * w[i]
            if change == "op":
                x = np.exp(x) if i else np.sin(x)
            elif change == "shape":
                x = x.reshape(3, 2).reshape(2, 3) if i else x.reshape(6).reshape(2, 3)
            elif change == "setting":
                x = x * (2.0 + i)
            else:
                x = (x + x * x) if i else (x * x + x)
    assert graph(x).fold().times == {}


def test_folding_goes_inside():
    w = [[parameter(3) for _ in range(2)] for _ in range(3)]
    x = Tensor(np.ones((2, 3)))
    for i in range(3):
        with tg.scope(f"outer{i}"):
            for j in range(2):
                with tg.scope(f"inner{j}"):
                    x = np.tanh(x * w[i][j])
    folded = graph(x).fold()
    assert folded.times == {("outer0",): 3, ("outer0", "inner0"): 2}
    assert titles(folded) == ["parameter", "multiply", "tanh"] or len(folded.vertices) == 4
    assert sum(v.output for v in folded.vertices) == 1


def test_closed_modules_are_one_vertex():
    net, X, y = net_and_data()
    drawn = graph(net.objective(X, y)).to_depth(1)
    modules = [v for v in drawn.vertices if v.kind == "module"]
    assert [v.name for v in modules] == ["layer1", "layer2", "layer3", "layer4"]
    assert [v.settings for v in modules] == [
        (("ops", 2), ("parameters", 25)),
        (("ops", 2), ("parameters", 30)),
        (("ops", 2), ("parameters", 30)),
        (("ops", 1), ("parameters", 18)),
    ]
    assert all(v.scope == ("FullyConnectedNet",) for v in modules)
    assert [(e.source, e.target) for e in drawn.edges][:4] == [
        ("a0", "m1_0"),
        ("m1_0", "m1_1"),
        ("m1_1", "m1_2"),
        ("m1_2", "m1_3"),
    ]
    whole = graph(net.objective(X, y)).to_depth(0)
    assert titles(whole) == ["X", "FullyConnectedNet", "y", "softmax_loss"]
    assert "penwidth=2" in whole.to_dot()
    folded = graph(net.objective(X, y)).fold().to_depth(1)
    assert "layer2 × 2" in titles(folded)
    assert graph(net.objective(X, y)).to_depth(9).vertices == graph(net.objective(X, y)).vertices
    with pytest.raises(ArgumentError, match="to_depth: the depth is at least 0; got -1"):
        drawn.to_depth(-1)


class Gated(tg.nn.Module):
    """A way around two layers, and a gate from outside."""

    def __init__(self, rng):
        self.a, self.b = tg.nn.Linear(3, 3, rng=rng), tg.nn.Linear(3, 3, rng=rng + 50)

    def forward(self, x, gate):
        return x + self.b(np.maximum(self.a(x), 0)) * gate


class Gates(tg.nn.Module):
    def __init__(self):
        self.blocks = [Gated(i) for i in range(4)]
        self.gates = [tg.nn.Parameter(np.ones(3, np.float32)) for _ in range(4)]
        self.last = tg.nn.Linear(3, 2, rng=9)

    def forward(self, x):
        for block, gate in zip(self.blocks, self.gates):
            x = block(x, np.exp(gate))
        return self.last(x)


LESS = {
    "fold": lambda drawn: drawn.fold(),
    "close": lambda drawn: drawn.to_depth(1),
    "hide": lambda drawn: drawn.hide(lambda v: v.op in ("add", "exp")),
    "close more": lambda drawn: drawn.to_depth(0),
}


@pytest.mark.parametrize("view", ["forward", "backward", "both"])
@pytest.mark.parametrize("steps", [*permutations(LESS, 2), ("fold", "hide", "close"), ("close", "fold", "hide")])
def test_less_of_it_in_any_order_is_a_graph(view, steps):
    with tg.record():
        loss = (Gates()(np.ones((5, 3), np.float32)) ** 2).mean()
    drawn = graph(loss, view=view, measure=True)
    for step in steps:
        drawn = LESS[step](drawn)
    ids = [v.id for v in drawn.vertices]
    assert len(set(ids)) == len(ids)
    assert all({e.source, e.target} <= set(ids) and e.source != e.target for e in drawn.edges)
    used = {e.source for e in drawn.edges}
    assert all(v.id in used or v.output or v.kind == "gradient" for v in drawn.vertices)
    for text in (drawn.to_dot(), drawn.to_json(), drawn.to_model_explorer()):
        assert text
    drawn.to_html()


@pytest.mark.parametrize("view", ["forward", "backward", "both"])
def test_what_comes_from_outside_of_equal_blocks_is_kept(view):
    with tg.record():
        loss = Gates()(np.ones((5, 3), np.float32)).sum()
    drawn = graph(loss, view=view).fold()
    (blocks,) = [path for path in drawn.times if path[-1].startswith("blocks")]
    assert drawn.times[blocks] == (3 if view == "both" else 4)  # the first one's backward needs no weight of its own
    if view == "forward":  # four gates feed the one product
        product = next(v for v in drawn.vertices if v.op == "multiply")
        assert sum(drawn.vertices[[v.id for v in drawn.vertices].index(s)].op == "exp" for s in product.sources) == 4
    else:  # the gradient comes in from the layer after the last block
        last = next(v for v in drawn.vertices if v.kind == "gradient" and v.scope == ("Gates", "last") and v.op)
        assert any(last.id in v.sources for v in drawn.vertices if v.scope[:2] == blocks)


def test_sums_over_modules_are_kept():
    with tg.record():
        loss = Gates()(np.ones((5, 3), np.float32)).sum()
    drawn = graph(loss, measure=True)

    def whole(some):
        block = next(block for block in some.scopes if block.path == ("Gates",))
        return block.parameters, block.facts.saved_bytes, pytest.approx(block.facts.forward_seconds)

    assert whole(drawn) == (4 * 2 * 12 + 4 * 3 + 8, *whole(drawn)[1:])
    assert whole(drawn.fold()) == whole(drawn)
    assert whole(drawn.to_depth(1)) == whole(drawn)
    assert whole(drawn.fold().to_depth(1)) == whole(drawn)
    assert whole(drawn.to_depth(2).to_depth(1)) == whole(drawn)
    box = next(v for v in drawn.to_depth(2).to_depth(1).vertices if v.name == "blocks.0")
    assert (dict(box.settings), box.shape) == ({"ops": 5, "parameters": 24}, (5, 3))
    assert {v.shape for v in graph(loss, view="both").to_depth(1).vertices if v.kind == "module"} == {(5, 3), (5, 2)}


def test_a_scope_of_any_name_closes():
    with tg.scope(3):
        y = parameter(2) * 2
    assert titles(graph(y).to_depth(0)) == ["3"]


def test_measuring_is_no_part_of_the_program():
    w = parameter(3)
    with tg.record() as recording, tg.profile() as profile:
        loss = (w * 2).sum()
        graph(loss, measure=True)
    assert recording.pulls == []
    assert Counter(row.phase for row in profile.rows) == {"forward": 2}


def test_the_gradients_are_those_of_the_recorded_backward():
    w = parameter(3, name="w")
    graphs = []
    for scale in (1.0, 5.0):
        with tg.record():
            loss = (w * 2).sum()
            loss.backward(np.array(scale), retain_graph=True)
        graphs.append(loss)
    norms = [facts_of(graph(loss, measure=True))["w"].gradient_norm for loss in graphs]
    assert norms == pytest.approx([2 * np.sqrt(3), 10 * np.sqrt(3)])
    w.grad = None
    assert facts_of(graph(graphs[0], measure=True))["w"].gradient_norm == pytest.approx(norms[0])


def test_what_was_kept_is_known_after_backward():
    net, X, y = net_and_data()
    norm = tg.nn.BatchNorm1d(4, dtype=np.float64)
    with tg.record():
        loss = net.objective(norm(X), y)
    before = [d.facts.saved_bytes for d in graph(loss, measure=True).details.values()]
    loss.backward()
    assert [d.facts.saved_bytes for d in graph(loss, measure=True).details.values()] == before


def test_norms_do_not_overflow():
    w = Tensor(np.ones(1000, np.float16), requires_grad=True, name="w")
    with tg.record(), np.errstate(over="ignore"):
        loss = (w * np.float16(300)).sum()
    with np.errstate(all="raise"):
        assert facts_of(graph(loss, measure=True))["w"].gradient_norm == pytest.approx(300 * np.sqrt(1000))


def test_a_function_gives_a_tensor():
    with pytest.raises(ArgumentError) as caught:
        graph(lambda: 3)
    assert str(caught.value) == "graph: the function gives a int; it must give a Tensor"


def test_searching():
    net, X, y = net_and_data()
    drawn = graph(net.objective(X, y))
    assert [v.name for v in drawn.search("w3")] == ["W3"]
    assert len(drawn.search("AFFINE")) == 4
    assert {v.scope[-1] for v in drawn.search("layer2")} == {"layer2"}
    assert drawn.search("nowhere") == []


# Size


@pytest.mark.parametrize("view", ["forward", "backward", "both"])
def test_a_deep_chain(view):
    x = parameter()
    for _ in range(100_000):
        x = x * 0.99999
    assert len(graph(x, view=view).vertices) == {"forward": 1, "backward": 1, "both": 2}[view] * 100_001


@pytest.mark.parametrize("view", ["forward", "both"])
def test_a_deep_chain_in_other_forms(view):
    x = parameter()
    for _ in range(5_000):
        x = x * 0.99999
    drawn = graph(x, view=view, measure=True)
    assert len(drawn.fold().vertices) == len(drawn.vertices)
    assert len(drawn.hide(lambda v: v.op == "multiply" and int(v.id[1:]) % 2 == 0).vertices) < len(drawn.vertices)
    json.loads(drawn.to_json())
    json.loads(drawn.to_model_explorer())


def test_doublings_are_linear():
    def build(n):
        t = parameter(2)
        for _ in range(n):
            t = t + t
        return t

    assert len(graph(build(40), view="both", measure=True).vertices) == 82
    small, large = build(100), build(400)
    work = [visits(lambda t=t: graph(t, measure=True).fold()) for t in (small, large)]
    assert work[1] < 4.2 * work[0]


@needs_graphviz
@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_graph(count, tmp_path):
    drawn = graph(parameter(2, name="w"), measure=True)
    if not count:
        drawn = drawn.hide(lambda vertex: True)
    assert len(drawn.vertices) == count and drawn.edges == [] and drawn.scopes == []
    assert drawn.title == ("w" if count else "graph")
    assert drawn.fold().vertices == drawn.to_depth(0).vertices == drawn.vertices
    for kind in ("svg", "png", "pdf", "dot", "json", "explorer.json", "html"):
        assert drawn.save(tmp_path / f"g.{kind}").stat().st_size > 50
    assert len(json.loads(drawn.to_json())["nodes"]) == count
    write_tensorboard(drawn, tmp_path / "board")


# JSON


def drawn_net():
    net, X, y = net_and_data()
    return graph(net.objective(X, y), view="both")


def test_json_is_as_ever():
    text = drawn_net().to_json()
    assert text == GOLDEN.read_text(encoding="utf-8"), "if that is wanted: python tests/test_graph.py"
    assert text == drawn_net().to_json()


def test_json_tells_what_the_records_tell():
    w, loss = chain()
    drawn = graph(loss, view="both", measure=True)
    found = json.loads(drawn.to_json())
    assert (found["schema"], found["version"], found["title"], found["view"]) == (
        "tensorgraph.graph",
        1,
        "loss",
        "both",
    )
    assert [n["id"] for n in found["nodes"]] == [v.id for v in drawn.vertices]
    assert found["edges"] == [e._asdict() for e in drawn.edges]
    exp = found["nodes"][2]
    assert (exp["op"], exp["shape"], exp["dtype"], exp["kind"]) == ("exp", [3], "float64", "op")
    assert exp["saved"] == [{"name": "out", "shape": [3], "dtype": "float64", "bytes": 24}]
    assert exp["place"]["source"] == "return w, np.exp(w * w).sum()"
    assert exp["facts"]["values"]["counts"][10] == 3
    assert set(found["ops"]) == {"exp", "multiply", "sum"}
    assert "g * out" in found["ops"]["exp"]["rules"]["x"]
    assert found["ops"]["sum"]["doc"] == "Sum of elements over axes."


def test_json_has_no_numbers_that_json_has_not():
    x = parameter(2)
    with tg.record(), np.errstate(all="ignore"):
        y = np.log(x - 1) * complex(1, 2) * np.inf
    text = graph(y.real.sum(), measure=True).to_json()
    assert '"-inf"' not in text or json.loads(text)
    found = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    values = [n["settings"] for n in found["nodes"]]
    assert {"y": "(1+2j)"} in values and {"y": "inf"} in values


def test_hostile_names_arrive_in_json():
    hostile = "</script><!-- \"'\n\u2028 \\ é 🙂"
    x = parameter(2, name=hostile)
    with tg.scope(hostile):
        y = x * 2
    found = json.loads(graph(y).to_json())
    assert found["nodes"][0]["name"] == hostile
    assert found["scopes"][0]["path"] == [hostile]
    explorer = json.loads(graph(y).to_model_explorer())
    assert explorer["graphs"][0]["nodes"][0]["namespace"].count("/") == 0


def test_source_of_a_rule_typed_at_a_prompt():
    @tg.op()
    def typed(x):
        return x * 1.0

    exec("def rule(g): return g", names := {})
    typed.grad("x")(names["rule"])
    try:
        assert json.loads(graph(typed(parameter(2))).to_json())["ops"]["typed"] == {"doc": "", "rules": {"x": "rule"}}
    finally:
        del tg.OPS["typed"]


def test_model_explorer_reads_it():
    """The shape that its web application asks for: a label, and graphs of nodes with string attributes."""
    found = json.loads(drawn_net().to_model_explorer())
    assert set(found) == {"label", "graphs"}
    (only,) = found["graphs"]
    assert only["id"] == "both"
    ids = {node["id"] for node in only["nodes"]}
    for node in only["nodes"]:
        assert isinstance(node["label"], str) and isinstance(node["namespace"], str)
        for edge in node["incomingEdges"]:
            assert edge["sourceNodeId"] in ids and edge["sourceNodeOutputId"] == "0"
        pairs = [
            *node["attrs"],
            *(p for port in node["inputsMetadata"] + node["outputsMetadata"] for p in port["attrs"]),
        ]
        assert all(isinstance(p["key"], str) and isinstance(p["value"], str) for p in pairs)
    affine = next(node for node in only["nodes"] if node["label"] == "affine")
    assert affine["namespace"] == "FullyConnectedNet/layer1"
    assert affine["outputsMetadata"][0]["attrs"] == [{"key": "shape", "value": "float64[6, 5]"}]
    backward = next(node for node in only["nodes"] if node["label"] == "∂affine")
    assert "rule for weight" in {p["key"] for p in backward["attrs"]}
    w, loss = chain()
    measured = json.loads(graph(loss, measure=True).to_model_explorer())["graphs"][0]["nodes"][2]["attrs"]
    texts = {p["key"]: p["value"] for p in measured}
    assert texts["saved_bytes"] == "24 B" and texts["values"].startswith("2.71828 to 2.71828") and "place" in texts


# TensorBoard


def test_tensorboard_reads_it(tmp_path):
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.graph_pb2 import GraphDef

    w, loss = chain()
    assert write_tensorboard(graph(loss, measure=True), tmp_path / "board") == tmp_path / "board"
    (file,) = (tmp_path / "board").iterdir()
    data = file.read_bytes()
    events = []
    while data:  # the records of a TFRecord file: length, its checksum, the record, its checksum
        n = int.from_bytes(data[:8], "little")
        events.append(Event.FromString(data[12 : 12 + n]))
        data = data[16 + n :]
    graphs = [GraphDef.FromString(event.graph_def) for event in events if event.graph_def]
    (definition,) = graphs
    assert [(n.op, list(n.input)) for n in definition.node] == [
        ("Parameter", []),
        ("multiply", ["w_n0", "w_n0"]),
        ("exp", ["multiply_n1"]),
        ("sum", ["exp_n2"]),
    ]
    assert [d.size for d in definition.node[2].attr["_output_shapes"].list.shape[0].dim] == [3]


def test_tensorboard_names_take_any_name(tmp_path):
    pytest.importorskip("tensorboardX")
    from tensorgraph.viz.tensorboard import _names

    with tg.scope("a/b c"):
        y = parameter(2, name="</x>") * 2
    assert list(_names(graph(y, {}).vertices).values()) == ["a_b_c/x_n0", "a_b_c/y_n1"]


def test_tensorboard_without_its_package(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "tensorboardX", None)
    with pytest.raises(MissingDependencyError) as caught:
        write_tensorboard(graph(parameter(2)), tmp_path)
    assert str(caught.value) == "write_tensorboard: needs tensorboardX (pip install 'tensorgraph[tensorboard]')"


# Files and notebooks


@needs_graphviz
@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("g.svg", b"<?xml"), ("g.png", b"\x89PNG"), ("g.pdf", b"%PDF"), ("g.dot", b"digraph"),
        ("g.html", b"<!doctype html"),
        ("g.json", b'{\n "schema"'), ("g.explorer.json", b'{"label"'),
    ],
)  # fmt: skip
def test_the_name_says_the_format(tmp_path, name, begins):
    w, loss = chain()
    path = render(loss, tmp_path / name, view="both", measure=True)
    assert path == tmp_path / name
    assert path.read_bytes().startswith(begins)


@needs_graphviz
def test_measures_are_in_the_picture(tmp_path):
    w, loss = chain()
    picture = render(loss, tmp_path / "g.svg", measure=True).read_text(encoding="utf-8")
    assert re.search(r"\d ?µs · 24 B · \|g\| 1\.7", picture)


@needs_graphviz
def test_a_notebook_shows_it():
    w, loss = chain()
    bundle = graph(loss)._repr_mimebundle_()
    assert bundle["text/plain"] == "<Graph loss: 4 vertices, forward>"
    assert "<svg" in bundle["image/svg+xml"]
    assert bundle["text/html"].startswith('<iframe srcdoc="&lt;!doctype html')
    assert "<script" not in bundle["text/html"]


def test_a_notebook_without_graphviz_shows_text(monkeypatch):
    def no_dot(*args, **options):
        raise graphviz.ExecutableNotFound(["dot"])

    monkeypatch.setattr("graphviz.pipe", no_dot)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    bundle = graph(parameter(2) * 2)._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "needs pygraphviz" in bundle["text/plain"]


@needs_graphviz
def test_a_notebook_says_when_graphviz_fails(monkeypatch):
    monkeypatch.setattr("tensorgraph.viz.Graph.to_dot", lambda graph: "digraph {")
    bundle = graph(parameter(2) * 2)._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert bundle["text/plain"].startswith("<Graph multiply: 2 vertices, forward>\n")
    assert "exit status" in bundle["text/plain"]


if __name__ == "__main__":
    GOLDEN.write_text(drawn_net().to_json(), encoding="utf-8")
    print(f"wrote {GOLDEN}")
