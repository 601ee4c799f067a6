"""Pictures of graphs: the records of the walk, the DOT text, and the files that Graphviz makes of it.

When pictures are meant to look different, write the golden file again: python tests/test_viz.py
"""

import html
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import graphviz
import numpy as np
import pytest
from needs import needs_graphviz

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, FileError, MissingDependencyError
from tensorgraph.viz import graph, render, to_dot

GOLDEN = Path(__file__).parent / "golden" / "net.dot"


def parameter(*shape, name=None):
    return Tensor(np.ones(shape), requires_grad=True, name=name)


def net_loss():
    """Two layers written out, with everything that pictures have: frames in frames, shared weights, masks, labels."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 4)), np.arange(5) % 3
    w1, b1, gamma, beta = (
        parameter(*shape, name=name) for name, *shape in [("W1", 4, 8), ("b1", 8), ("γ", 8), ("β", 8)]
    )
    w2, b2 = parameter(8, 3, name="W2"), parameter(3, name="b2")
    with tg.scope("net"):
        with tg.scope("layer1"):
            hidden, _, _ = tg.batchnorm(tg.affine(x, w1, b1), gamma, beta)
            with tg.scope("dropout"):
                hidden = tg.dropout(tg.relu(hidden), np.ones((5, 8)) / 0.8)
        with tg.scope("layer2"):
            scores = tg.affine(hidden, w2, b2)
    return tg.softmax_loss(scores, y) + 0.5 * (w2 * w2).sum()


def doublings(n):
    t = parameter(2)
    for _ in range(n):
        t = np.maximum(t, t)
    return t


def titles(output, params=None):
    return [vertex.op or vertex.name or vertex.kind for vertex in graph(output, params).vertices]


def by_title(output, params=None):
    vertices = graph(output, params).vertices
    assert max(Counter(v.op or v.name for v in vertices).values()) == 1, "for graphs without repeated titles"
    return {v.op or v.name: v for v in vertices}


# The walk


def test_ops_parameters_and_inputs_become_records():
    x, w, y = np.ones((4, 3)), parameter(3, 2, name="w"), np.array([0, 1, 1, 0])
    found = by_title(tg.softmax_loss(tg.affine(x, w, parameter(2, name="b")), y))
    assert list(found) == ["x", "w", "b", "affine", "y", "softmax_loss"]
    assert [v.kind for v in found.values()] == ["input", "parameter", "parameter", "op", "input", "op"]
    assert [v.id for v in found.values()] == ["a0", "n0", "n1", "n2", "a1", "n3"]
    assert found["w"].shape == (3, 2)
    assert found["softmax_loss"].shape == ()
    assert (found["affine"].dtype, found["y"].dtype) == ("float64", "int64")
    assert [v.output for v in found.values()] == [False] * 5 + [True]


def test_edges_point_with_the_data_and_name_the_argument():
    x, w, b = np.ones((4, 3)), parameter(3, 2), parameter(2)
    edges = graph(np.sin(tg.affine(x, w, b))).edges
    assert [tuple(e) for e in edges] == [
        ("a0", "n2", "x"),
        ("n0", "n2", "weight"),
        ("n1", "n2", "bias"),
        ("n2", "n3", "x"),
    ]


def test_an_op_may_take_any_number_of_arrays():
    w = parameter(2)
    assert [e.argument for e in graph(np.concatenate([w, w, -w])).edges] == ["x", "arrays[0]", "arrays[1]", "arrays[2]"]


def test_a_tensor_used_twice_is_one_vertex_with_two_edges():
    x = parameter(2)
    drawn = graph(x * x)
    assert [v.kind for v in drawn.vertices] == ["parameter", "op"]
    assert [(e.source, e.argument) for e in drawn.edges] == [("n0", "x"), ("n0", "y")]


def test_an_array_used_twice_is_one_vertex():
    mask = np.ones(3)
    assert [v.id for v in graph(parameter(3) * mask * mask).vertices if v.kind == "input"] == ["a0"]


def test_equal_arrays_are_two_vertices():
    assert [v.id for v in graph(parameter(3) * np.ones(3) * np.ones(3)).vertices if v.kind == "input"] == ["a0", "a1"]


def test_numbers_are_settings_of_the_op():
    x = parameter(2, 3)
    assert graph((0.5 * x).sum(axis=1)).vertices[1].settings == (("x", 0.5),)
    assert graph(x.sum(axis=1)).vertices[1].settings == (("axis", 1),)
    assert "<b>multiply</b>&#160;x=0.333333<" in to_dot((1 / 3) * x)
    assert graph(x.sum()).vertices[1].settings == (), "what is as it is by default is not worth a word"
    assert graph(x.transpose((1, 0))).vertices[1].settings == (("axes", (1, 0)),)


def test_after_backward_only_the_inputs_are_gone():
    x, w = np.ones((4, 3)), parameter(3, 2, name="w")
    loss = (np.matmul(x, w) * np.ones(2)).sum()
    before = graph(loss)
    loss.backward()
    after = graph(loss)
    assert [v for v in before.vertices if v.kind == "input"]
    # what settings there were has been freed as well; here there are none
    assert [v._replace(sources=(), arguments=()) for v in before.vertices if v.kind != "input"] == [
        v._replace(sources=(), arguments=()) for v in after.vertices
    ]
    assert after.edges == [e for e in before.edges if e.source.startswith("n")]


def test_drawing_changes_nothing():
    drawn, not_drawn = parameter(3), parameter(3)
    loss = np.sum(np.sin(drawn) * np.ones(3))
    to_dot(loss)
    loss.backward()
    np.sum(np.sin(not_drawn) * np.ones(3)).backward()
    assert np.array_equal(drawn.grad.numpy(), not_drawn.grad.numpy())
    assert (drawn.name, not_drawn.name) == (None, None)


def test_the_graph_of_a_gradient_is_drawn_too():
    x = parameter(name="x")
    np.sin(x).backward(create_graph=True)
    assert titles(x.grad) == ["x", "cos", "input", "multiply"], "the input is the 1 that backward starts with"


def test_a_leaf_is_a_graph_of_one():
    drawn = graph(parameter(2, name="w"))
    (vertex,) = drawn.vertices
    assert (vertex.kind, vertex.name, vertex.output, drawn.edges) == ("parameter", "w", True, [])
    assert "shape=cylinder" in to_dot(parameter(2, name="w"))


@pytest.mark.parametrize("draw", [graph, to_dot])
def test_what_is_on_no_graph_is_refused(draw):
    with pytest.raises(ArgumentError, match="on no graph, so there is nothing to draw.*no_grad"):
        draw(Tensor([1.0]))
    with pytest.raises(ArgumentError, match="computed from can be drawn; got float"):
        draw(1.0)


# Names


def test_names_of_tensors():
    x = parameter(2, name="x")
    y = np.sin(x)
    y.name = "wave"
    assert [(v.op, v.name) for v in graph(y).vertices] == [(None, "x"), ("sin", "wave")]
    assert "<b>sin</b>&#160;<i>wave</i>" in to_dot(y)
    x.name = 3
    assert "<b>3</b>" in to_dot(y)


def test_params_give_names_to_all_kinds():
    x, w, y = np.ones((4, 3)), parameter(3, 2, name="its own"), Tensor(np.ones(2))
    hidden = np.matmul(x, w)
    names = {"image": x, 1: w, "hidden": hidden, 2: y, "not in this graph": parameter(1)}
    assert [v.name for v in graph(hidden * y, names).vertices] == ["image", "1", "hidden", "2", None]


def test_a_module_gives_names():
    net = tg.nn.Sequential(tg.nn.Linear(3, 4, rng=0), tg.nn.ReLU())
    found = titles(net(np.ones((2, 3), np.float32)), net)
    assert {name for name, _ in net.named_parameters()} <= set(found)


def test_an_argument_gives_its_name_to_an_array_except_a_ufuncs():
    x = parameter(3)
    assert titles(tg.dropout(x, np.ones(3))) == ["parameter", "mask", "dropout"]
    assert titles(x * np.ones(3)) == ["parameter", "input", "multiply"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([1], "a dict name -> Tensor, or a module; got list"),
        ({"w": 1.0}, r"params\['w'\] is neither Tensor nor array, but float"),
    ],
)
def test_what_gives_no_names_is_refused(params, message):
    with pytest.raises(ArgumentError, match=message):
        to_dot(parameter(2), params)


# Modules


def test_modules_are_scopes_and_the_data_comes_from_outside():
    scopes = {v.name: v.scope for v in graph(net_loss()).vertices if v.op is None}
    assert scopes["W1"] == scopes["β"] == ("net", "layer1")
    assert scopes["mask"] == ("net", "layer1", "dropout")
    assert scopes["W2"] == ("net", "layer2")
    assert scopes["x"] == scopes["y"] == ()


def test_an_array_that_joins_a_parameter_stands_with_it():
    with tg.scope("frame"):
        y = parameter(3, name="w") * np.ones(3)
    assert {v.scope for v in graph(y).vertices} == {("frame",)}


def test_a_scope_may_be_called_anything():
    with tg.scope(3):
        y = np.sin(parameter(2))
    assert "label=<3>" in to_dot(y)


def test_a_module_is_framed():
    net = tg.nn.Sequential(tg.nn.Linear(3, 4, rng=0), tg.nn.Linear(4, 2, rng=0))
    scopes = {v.scope for v in graph(net(np.ones((2, 3), np.float32))).vertices if v.op}
    assert len(scopes) == 2
    assert {scope[0] for scope in scopes} == {"Sequential"}


def test_a_shared_parameter_stands_where_it_is_used_first():
    w = parameter(2, name="w")
    with tg.scope("first"):
        y = np.sin(w)
    with tg.scope("second"):
        y = y * w
    assert by_title(y)["w"].scope == ("first",)


def test_frames_nest():
    x = parameter(2, name="x")
    with tg.scope("outer"):
        with tg.scope("inner"):
            y = np.sin(x)
        y = np.cos(y)
    with tg.scope("inner"):
        y = np.tanh(y)
    text = to_dot(np.exp(y))
    assert re.findall(r"label=<(outer|inner)>|<b>(\w+)</b>|^ *(})", text, re.MULTILINE) == [
        ("", "exp", ""),
        ("outer", "", ""),
        ("", "cos", ""),
        ("inner", "", ""),
        ("", "x", ""),
        ("", "sin", ""),
        ("", "", "}"),
        ("", "", "}"),
        ("inner", "", ""),
        ("", "tanh", ""),
        ("", "", "}"),
        ("", "", "}"),
    ]
    assert re.findall(r"subgraph (\w+)", text) == ["cluster_0", "cluster_1", "cluster_2"]


# The text


def test_the_net_is_drawn_as_ever():
    text = to_dot(net_loss())
    assert text == GOLDEN.read_text(encoding="utf-8"), "if that is wanted: python tests/test_viz.py, and look at it"
    assert text == to_dot(net_loss()), "the same program gives the same text"


def test_kinds_look_different():
    x, w = np.ones((4, 3)), parameter(3, 2, name="w")
    looks = [line.partition("]")[0] for line in to_dot(np.sin(tg.affine(x, w, parameter(2)))).splitlines()]
    looks = [re.sub(".*> ", "", line) for line in looks if re.match(r"  [an]\d \[", line)]
    assert len(looks) == 5
    assert len(set(looks)) == 4, "input, parameter (twice), op, output"


def test_only_the_kinds_that_are_there_are_explained():
    assert re.findall(r">(\w+)</font></td>", to_dot(np.sin(parameter(2)))) == ["output", "parameter"]


def test_leaves_stand_beside_the_op_unless_others_use_them_too():
    x, w, b, shared = (parameter(2, name=name) for name in "xwbs")
    y = np.sin(x) * w + b + shared - shared
    ids = {v.name: v.id for v in graph(y).vertices if v.name}
    text = to_dot(y)
    assert re.findall(r"rank=same (\w+) ->", text) == [ids["w"], ids["b"]]
    assert len(re.findall(rf"^  {ids['s']} -> \w+ \[weight=1]$", text, re.MULTILINE)) == 2
    assert text.count(" -> ") == len(graph(y).edges), "every edge is drawn once"


def test_an_arrow_has_a_line_for_each_use():
    x = np.sin(parameter(2))
    lines = re.findall(r"n1 -> n2(.*)", to_dot(np.concatenate([x, x, x])) + to_dot(x * x) + to_dot(-x))
    assert [line.count("#5d6874") for line in lines] == [3, 2, 0]


def test_two_leaves_stand_on_both_sides():
    x = np.sin(parameter(4, 3))
    text = to_dot(tg.affine(x, parameter(3, 2), parameter(2)))
    assert "{ rank=same n2 -> n4 n4 -> n3 [dir=back] }" in text


def test_of_many_leaves_two_stand_beside_and_the_others_above():
    x = np.sin(parameter(4, 3))
    y, _, _ = tg.affine_batchnorm_relu(x, parameter(3, 2), *[parameter(2) for _ in range(3)])
    text = to_dot(y)
    assert "{ rank=same n2 -> n6 n6 -> n3 [dir=back] }" in text
    assert "  n4 -> n6 [weight=1]\n  n5 -> n6 [weight=1]\n" in text


def test_a_row_is_kept_free_for_leaves_above_in_a_frame():
    shared = parameter(2)
    x = np.sin(parameter(2))
    with tg.scope("frame"):
        y = x * shared
    text = to_dot(y + shared)
    assert "n1 -> n3 [minlen=2]" in text
    assert "n3 -> n4\n" in text
    assert "minlen" not in to_dot(x * shared + shared), "without a frame there is always room"


HOSTILE = {
    'say "hi"': 'say "hi"',
    "two\nlines\ttab": r"two\nlines\ttab",
    r"C:\new \N \G": r"C:\new \N \G",
    "</script><script>alert(1)</script>": "</script><script>alert(1)</script>",
    "<b>&amp;</b>]>;}": "<b>&amp;</b>]>;}",
    "∂L/∂W 学習 😀": "∂L/∂W 学習 😀",
    "\x00\x1b[0m\ud800\u202e": r"\x00\x1b[0m\ud800\u202e",
    "  ": "'  '",
    "a" * 100: "a" * 59 + "…",
    "-->": "-->",
}


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_stay_one_label(name):
    x = parameter(2, name=name)
    with tg.scope(name):
        y = np.sin(x)
    text = to_dot(y, {name: y})
    assert len(text.splitlines()) == len(to_dot(np.sin(parameter(2))).splitlines()) + 3
    assert text.count(html.escape(HOSTILE[name]).replace("\\", 2 * "\\")) == 3
    text.encode()


@needs_graphviz
def test_hostile_names_arrive_in_the_picture(tmp_path):
    y = 0.0
    for name in HOSTILE:
        with tg.scope(name):
            y = y + np.sin(parameter(2, name=name))
    root = ElementTree.parse(render(y, tmp_path / "names.svg")).getroot()
    shown = [(e.text or "").replace("\xa0", " ") for e in root.iter() if e.tag.endswith("}text")]
    assert not [e for e in root.iter() if "script" in e.tag]
    for name, label in HOSTILE.items():
        assert shown.count(label) == 2, f"once for the leaf and once for the frame: {name!r}"


# Size


def test_shared_nodes_are_drawn_once():
    drawn = graph(doublings(40))
    assert (len(drawn.vertices), len(drawn.edges)) == (41, 80)
    assert to_dot(doublings(40)).count("label=<<b>") == 41


def test_a_deep_chain_is_drawn():
    t = parameter(2)
    for _ in range(100_000):
        t = -t
    assert to_dot(t).count("<b>negative</b>") == 100_000


def deeply_scoped(n):
    t = parameter(2)
    for i in range(n):
        with tg.scope(f"block{i}"):
            t = t * np.ones(2)
    return t


@pytest.mark.parametrize("build", [doublings, deeply_scoped])
def test_work_is_linear_in_the_size_of_the_graph(build):
    """Counted in lines of Python that run, which is exact where a clock is not."""

    def lines_run(n):
        count = 0

        def trace(frame, event, arg):
            nonlocal count
            count += event == "line"
            return trace

        output = build(n)
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            to_dot(output)
        finally:
            sys.settrace(before)
        return count

    small, middle, large = lines_run(1000), lines_run(2000), lines_run(4000)
    assert 1.9 * small < middle < 2.1 * small
    assert 1.9 * middle < large < 2.1 * middle


# Files


@needs_graphviz
@pytest.mark.parametrize(("suffix", "begins"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".PDF", b"%PDF")])
def test_render_writes_the_format_of_the_suffix(tmp_path, suffix, begins):
    path = tmp_path / f"graph{suffix}"
    path.write_text("an older picture")
    assert render(net_loss(), path) == path
    assert path.read_bytes().startswith(begins)
    assert list(tmp_path.iterdir()) == [path]


@needs_graphviz
def test_pixels_are_fine(tmp_path):
    y = np.sin(parameter(2))
    points = float(ElementTree.parse(render(y, tmp_path / "graph.svg")).getroot().get("width").removesuffix("pt"))
    pixels = int.from_bytes(render(y, tmp_path / "graph.png").read_bytes()[16:20], "big")
    assert pixels == pytest.approx(2 * points, abs=4), "144 of them to an inch of 72 points"


@needs_graphviz
def test_everything_is_in_the_picture(tmp_path):
    loss = net_loss()
    root = ElementTree.parse(render(loss, tmp_path / "net.svg", params={"data": loss})).getroot()
    shown = [e.text for e in root.iter() if e.tag.endswith("}text")]
    drawn = graph(loss)
    for vertex in drawn.vertices:
        assert f"{vertex.shape} {vertex.dtype}" in shown
        assert (vertex.op or vertex.name) in shown
    assert {"net", "layer1", "layer2", "dropout", "data"} <= set(shown)
    groups = Counter(e.get("class") for e in root.iter() if e.tag.endswith("}g"))
    pairs = {(edge.source, edge.target) for edge in drawn.edges}
    assert (groups["node"], groups["edge"], groups["cluster"]) == (len(drawn.vertices), len(pairs), 4)


@pytest.mark.parametrize("path", ["graph.jpg", "graph", "graph.svg.gz", ".svg"])
def test_another_suffix_is_refused_before_anything_else(tmp_path, path):
    kinds = ".svg, .png, .pdf, .dot, .json, .html, .explorer.json"
    with pytest.raises(ArgumentError, match=re.escape(f"viz: a graph is written as {kinds}; got '{tmp_path / path}'")):
        render(Tensor([1.0]), tmp_path / path)


def no_dot(*args, **options):
    raise graphviz.ExecutableNotFound(["dot"])


def test_without_any_program_both_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("graphviz.pipe", no_dot)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        MissingDependencyError, match=r"pygraphviz \(pip install 'tensorgraph\[viz\]'\) or the dot program"
    ):
        render(np.sin(parameter(2)), tmp_path / "graph.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(find_spec("pygraphviz") is None, reason="pygraphviz is not installed")
def test_pygraphviz_stands_in_for_the_program(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr("graphviz.pipe", no_dot)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)  # which may name the folder that is current
    Path("pygraphviz.py").write_text("raise SystemExit('a file of the user, which only has the same name')")
    text = render(net_loss(), "graph.svg").read_text(encoding="utf-8")
    assert "softmax_loss" in text
    assert capfd.readouterr() == ("", "")


def test_the_program_is_preferred(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("graphviz.pipe", lambda *args, **options: asked.append(args) or b"a picture")
    y = np.sin(parameter(2))
    assert render(y, tmp_path / "graph.pdf").read_bytes() == b"a picture"
    assert asked == [("dot", "pdf", to_dot(y).encode())]


def test_a_failing_program_leaves_the_old_file(tmp_path, monkeypatch):
    def fails(*args, **options):
        raise subprocess.CalledProcessError(1, "dot", stderr=b"Error: out of ink\n")

    monkeypatch.setattr("graphviz.pipe", fails)
    path = tmp_path / "graph.svg"
    path.write_text("an older picture")
    with pytest.raises(
        FileError, match=r"cannot write .*graph.svg: Graphviz failed on this graph: Error: out of ink\. Draw"
    ):
        render(np.sin(parameter(2)), path)
    assert path.read_text() == "an older picture"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(find_spec("pygraphviz") is None, reason="pygraphviz is not installed")
def test_a_crash_of_graphviz_is_an_error_and_no_crash(tmp_path, monkeypatch):
    monkeypatch.setattr("graphviz.pipe", no_dot)
    monkeypatch.setattr("tensorgraph.viz.Graph.to_dot", lambda graph: "digraph {")
    with pytest.raises(FileError, match="Graphviz failed on this graph: .*syntax error"):
        render(np.sin(parameter(2)), tmp_path / "graph.svg")


def test_a_folder_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("graphviz.pipe", lambda *args, **options: b"a picture")
    with pytest.raises(FileError, match="cannot write .*graph.svg: the folder .* does not exist"):
        render(np.sin(parameter(2)), tmp_path / "none" / "graph.svg")


if __name__ == "__main__":
    GOLDEN.write_text(to_dot(net_loss()), encoding="utf-8")
    print(f"wrote {GOLDEN}")
