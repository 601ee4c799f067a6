"""Pages of graphs, as far as they can be seen without a browser: boxes, wires, layouts, and what is embedded how."""

import hashlib
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from contextlib import nullcontext
from html.parser import HTMLParser
from importlib.util import find_spec

import graphviz
import numpy as np
import pytest
from needs import needs_graphviz

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import FileError, MissingDependencyError
from tensorgraph.viz import graph
from tensorgraph.viz.page import dot, page_of, rows
from tensorgraph.viz.page.arrange import Arrangement, arrange
from tensorgraph.viz.page.plan import SINGLE, Plan
from tensorgraph.viz.page.sizes import node_size, text_width
from tensorgraph.viz.page.tree import GROUP, MOST_CHILDREN, MOST_PORTS, Box, Tree


def parameter(*shape, name=None):
    return Tensor(np.ones(shape), requires_grad=True, name=name)


def records(output, **options):
    return json.loads(graph(output, **options).to_json())


def net_loss():
    x, w1, w2 = np.ones((5, 4)), parameter(4, 8, name="W1"), parameter(8, 3, name="W2")
    with tg.scope("net"):
        with tg.scope("layer1"):
            hidden = tg.relu(tg.affine(x, w1, parameter(8, name="b1")))
        with tg.scope("layer2"):
            scores = tg.affine(hidden, w2, parameter(3, name="b2"))
    return tg.softmax_loss(scores, np.arange(5) % 3) + 0.5 * (w2 * w2).sum()


def chain(n):
    t = parameter(2)
    for _ in range(n - 1):
        t = np.sin(t)
    return t


def unrolled(steps):
    """A recurrent net without scopes: all of it uses the same three parameters."""
    w, u, h = parameter(2, 2, name="W"), parameter(2, 2, name="U"), parameter(1, 2, name="h")
    for _ in range(steps):
        h = np.tanh(h @ w + h @ u)
    return h


def boxes_by_name(tree):
    return {box.name: box for box in tree.boxes}


def wires(tree, box):
    """Wires by what is at their ends: names of nodes and boxes, and "in" and "out" for ports."""

    def called(child):
        return child.name if isinstance(child, Box) else tree.nodes[child]["op"] or tree.nodes[child]["name"]

    return sorted(
        (called(box.children[tail]) if tail >= 0 else "in", called(box.children[head]) if head >= 0 else "out")
        for tail, head in box.wires
    )


def tree_of(output, **options):
    return Tree(records(output, **options))


# Boxes and wires


def test_modules_are_boxes_in_boxes():
    tree = tree_of(net_loss())
    assert [(box.name, box.depth, box.size) for box in tree.boxes[1:]] == [
        ("net", 1, 7),
        ("layer1", 2, 4),
        ("layer2", 2, 3),
    ]
    assert tree.root.size == len(tree.nodes)
    assert [box.parent.name for box in tree.boxes[2:]] == ["net", "net"]


def test_wires_end_at_borders_and_go_on_outside():
    tree = tree_of(net_loss())
    found = boxes_by_name(tree)
    assert wires(tree, found["layer1"]) == [
        ("W1", "affine"), ("affine", "relu"), ("b1", "affine"), ("in", "affine"), ("relu", "out"),
    ]  # fmt: skip
    assert wires(tree, found["net"]) == [("in", "layer1"), ("layer1", "layer2"), ("layer2", "out"), ("layer2", "out")]
    assert ("net", "softmax_loss") in wires(tree, tree.root)
    assert ("net", "multiply") in wires(tree, tree.root), "W2 leaves the net"


def test_an_array_that_many_use_outside_has_one_port():
    w = parameter(2, name="w")
    with tg.scope("inner"):
        t = np.sin(w)
    tree = tree_of(np.exp(t) + np.cos(t) + np.tanh(t))
    assert len(boxes_by_name(tree)["inner"].outputs) == 1


def test_too_many_ports_are_one():
    parts = [parameter(1, name=f"p{i}") for i in range(MOST_PORTS + 1)]
    with tg.scope("inner"):
        parts = [np.sin(part) for part in parts]
    with tg.scope("user"):
        out = np.concatenate([np.exp(part) for part in parts])
    tree = tree_of(out)
    inner = boxes_by_name(tree)["inner"]
    assert set(inner.outputs.values()) == {0}
    assert set(Counter(head for _, head in inner.wires if head < 0)) == {-1}
    used = {source for (_, head), sources in inner.wires.items() if head == -1 for source in sources}
    assert used == set(inner.outputs)


def test_beside_a_forward_gradients_run_upwards():
    tree = tree_of(np.exp(np.sin(parameter(2, name="w"))).sum(), view="both")
    names = [f"{node['kind'][0]}:{node['op'] or node['name']}" for node in tree.nodes]
    found = {(names[tail], names[head]) for tail, head in tree.root.wires}
    assert ("o:sin", "o:exp") in found
    assert ("g:sin", "g:exp") in found, "from the one that takes to the one that gives"
    assert {(names[a], names[b]) for a, b in set(tree.root.wires) - tree.root.firm} == {
        ("o:exp", "g:exp"), ("p:w", "g:sin"),
    }  # fmt: skip


@pytest.mark.parametrize("n", [MOST_CHILDREN, MOST_CHILDREN + 1, 1234, 45_678])
def test_long_lists_are_cut_into_groups(n):
    tree = tree_of(chain(n))
    most = GROUP + GROUP // 4
    assert max(len(box.children) for box in tree.boxes) <= max(most, MOST_CHILDREN)
    assert sum(isinstance(child, int) for box in tree.boxes for child in box.children) == n
    assert (len(tree.boxes) == 1) == (n <= MOST_CHILDREN)
    assert max(box.depth for box in tree.boxes) == {400: 0, 401: 1, 1234: 1, 45_678: 2}[n]
    if n == 45_678:
        assert [box.name for box in tree.boxes if box.depth == 1][:2] == ["ops 1–10000", "ops 10001–20000"]
        assert [box.name for box in tree.boxes if box.depth == 2][:2] == ["ops 1–100", "ops 101–200"]
        assert [box.name for box in tree.boxes][-1] == "ops 45601–45678"


def test_forty_doublings_are_forty_one_nodes():
    t = parameter(2)
    for _ in range(40):
        t = np.maximum(t, t)
    tree = tree_of(t)
    assert len(tree.nodes) == 41
    assert len(tree.root.wires) == 40


# Layouts


def overlaps(spots):
    found = []
    for i, (x, y, width, height) in enumerate(spots):
        for u, v, wide, high in spots[:i]:
            if abs(x - u) < (width + wide) / 2 and abs(y - v) < (height + high) / 2:
                found.append(((x, y), (u, v)))
    return found


def check(record, arrangement):
    """Everything is inside of its box, apart from each other, and wires begin and end where they should."""
    boxes, layouts = arrangement["boxes"], arrangement["layouts"]
    placed = [child for box in boxes for child in box["children"] if child >= 0]
    assert sorted(placed) == list(range(len(record["nodes"])))
    for box in boxes:
        layout = layouts[box["layout"]]
        width, height = layout["size"]
        assert len(layout["spots"]) == len(box["children"])
        assert overlaps(layout["spots"]) == []
        for x, y, wide, high in layout["spots"]:
            assert x - wide / 2 >= -1 and x + wide / 2 <= width + 1
            assert y - high / 2 >= -1 and y + high / 2 <= height + 1
        assert len(layout["curves"]) == len(box["wires"])
        for (tail, head, sources), curve in zip(box["wires"], layout["curves"]):
            assert sources and len(curve) % 6 == 2, "3 k + 1 points"
            for place, ports, (x, y) in ((tail, layout["inputs"], curve[:2]), (head, layout["outputs"], curve[-2:])):
                if place < 0:
                    assert abs(x - ports[-1 - place]) <= 8
                else:
                    u, v, wide, high = layout["spots"][place]
                    assert abs(x - u) <= wide / 2 + 2 and abs(y - v) <= high / 2 + 2


@needs_graphviz
@pytest.mark.parametrize("view", ["forward", "backward", "both"])
def test_layouts_are_sound(view):
    record = records(net_loss(), view=view)
    check(record, arrange(record))


@needs_graphviz
def test_a_graph_of_one_node():
    record = records(parameter(3))
    check(record, arrange(record))


def test_far_users_are_laid_out_in_rows(monkeypatch):
    """An array that everything uses would cost Graphviz minutes."""
    asked = []
    monkeypatch.setattr(dot, "lay_out", lambda plans: [asked.append(plan) or rows.lay_out(plan) for plan in plans])
    record = records(unrolled(80))
    assert len(record["nodes"]) < MOST_CHILDREN
    check(record, arrange(record))
    assert asked == []
    asked.clear()
    record = records(unrolled(5))
    check(record, arrange(record))
    assert len(asked) == 1


def test_rows_follow_the_flow():
    record = records(unrolled(80))
    (layout,) = arrange(record)["layouts"]
    places = {node["id"]: i for i, node in enumerate(record["nodes"])}
    for edge in record["edges"]:
        assert layout["spots"][places[edge["source"]]][1] < layout["spots"][places[edge["target"]]][1]


def test_rows_take_cycles_and_ports():
    sizes = ((80, 40),) * 3
    wires_ = ((-1, 0), (0, 1), (1, 2), (2, 0), (2, -1), (-2, 2), (0, -2))
    plan = Plan(sizes, (), 2, 2, wires_, ((0, 0),) * 7, (SINGLE,) * 3, (1,) * 7, ())
    layout = rows.lay_out(plan)
    assert overlaps(layout.spots) == []
    assert [spot[1] for spot in layout.spots] == sorted(spot[1] for spot in layout.spots)
    assert rows.span(plan) == 1 + 1 + 1 + 2 + 1 + 3 + 3


def test_lines_that_meet_in_no_row_share_a_lane():
    def lanes(*far):
        chain_ = [(i, i + 1) for i in range(7)]
        n = len(chain_) + len(far)
        plan = Plan(((80, 40),) * 8, (), 0, 0, (*chain_, *far), ((0, 0),) * n, (SINGLE,) * 8, (1,) * n, ())
        return [curve[6] for curve in rows.lay_out(plan).curves[7:]]

    assert len(set(lanes((0, 2), (4, 6)))) == 1
    assert len(set(lanes((0, 2), (0, 6)))) == 1, "from one child"
    assert len(set(lanes((0, 3), (1, 6)))) == 2


@needs_graphviz
def test_equal_boxes_are_laid_out_once(monkeypatch):
    """Also when they are not equally deep."""
    t = parameter(2) * 2
    for i in range(30):
        with tg.scope("outer") if i % 2 else nullcontext(), tg.scope(f"block{i:02}"):
            t = np.tanh(t) * 2 + t
    asked = []
    run = dot._run
    monkeypatch.setattr(dot, "_run", lambda texts: asked.extend(texts) or run(texts))
    found = Arrangement(records(np.exp(t)))
    assert len(found.tree.boxes) == 32
    assert len(asked) == len(found.layouts) == 3, "the whole, the outer one, and a block"


@needs_graphviz
@pytest.mark.parametrize("n, nodes", [(1000, 1000), (4000, 4000)])
def test_work_is_linear(n, nodes, monkeypatch):
    """Graphviz runs once for each depth, on what is not alike: no more for 4000 ops than for 1000."""
    asked = []
    run = dot._run
    monkeypatch.setattr(dot, "_run", lambda texts: asked.append(texts) or run(texts))
    record = records(chain(n))
    found = Arrangement(record)
    assert len(record["nodes"]) == nodes
    assert len(asked) == 2
    assert sum(map(len, asked)) <= 5
    assert sum(len(box.wires) for box in found.tree.boxes) <= 1.05 * n


@needs_graphviz
def test_the_size_of_a_page_grows_with_the_graph():
    base, one, two = (len(page_of(records(chain(n)))) for n in (500, 1000, 1500))
    assert abs((two - one) - (one - base)) < 0.1 * (one - base)


@needs_graphviz
def test_the_same_program_gives_the_same_page():
    code = """
import hashlib, json, numpy as np, tensorgraph as tg
from tensorgraph.viz.page import page_of
t = tg.Tensor(np.ones((2, 2)), requires_grad=True, name="t")
for name in "abc":
    with tg.scope(name):
        t = np.tanh(t @ t) + t
page = page_of(json.loads(tg.viz.graph(t.sum(), view="both").to_json()))
print(hashlib.sha256(page.encode()).hexdigest())
"""
    runs = [
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.strip()) == 64, runs[0].stderr


# Sizes


def test_boxes_have_room_for_what_is_written_in_them():
    assert text_width("", 12) == 0
    assert text_width("iii", 12) < text_width("aaa", 12) < text_width("WWW", 12) < text_width("中中中", 12)
    assert text_width("relu", 12) < text_width("relu", 12, bold=True)
    assert text_width("e\u0301", 12) == text_width("e", 12), "a combining mark takes no room"
    node = {"kind": "op", "op": "relu", "name": None, "shape": [5], "dtype": "float64", "settings": {}, "scope": []}
    small, long = node_size(node), node_size({**node, "op": "a_rather_long_name_of_an_op"})
    assert small[0] % 8 == long[0] % 8 == 0
    assert small[0] < long[0] < node_size({**node, "op": "x" * 1000})[0] == 264
    named = {**node, "op": None, "kind": "parameter", "name": "parts.0.parts.1.weight"}
    assert node_size({**named, "scope": ["net", "parts.0", "parts.1"]}) == node_size({**named, "name": "weight"})
    assert node_size({**named, "scope": ["net", "parts.0"]})[0] > node_size({**named, "name": "weight"})[0]
    assert node_size({**node, "settings": {"axis": 1, "keepdims": True}})[0] > small[0]


# The page


class Page(HTMLParser):
    """The elements of a page, and what is in its scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.inside, self.texts = [], None, {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag in ("script", "style"):
            self.inside = dict(attributes).get("id", tag)

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside:
            self.texts[self.inside] = self.texts.get(self.inside, "") + data


HOSTILE = [
    "</script><script>alert(1)</script>", "<!--", "--><img src=x onerror=alert(2)>", "'\"`", "a\nb", "\u2028\u2029",
    "\u202egnp.exe", "👩\u200d🚀", "\x00", "]]>", "&lt;b&gt;", "{{x}}", "%%policy%%", "\\u003cb>", "",
]  # fmt: skip


def hostile_loss():
    t = parameter(2)
    for name in HOSTILE:
        with tg.scope(name or "empty"):
            t = np.sin(t * parameter(2, name=name))
    return t.sum()


@needs_graphviz
def test_data_is_embedded_as_it_is_and_cannot_end_its_element():
    record = records(hostile_loss())
    page = Page(page_of(record))
    assert json.loads(page.texts["graph"]) == record
    assert {node["name"] for node in record["nodes"]} >= {name for name in HOSTILE if name}
    assert [tag for tag, _ in page.elements].count("script") == 3
    assert not {tag for tag, _ in page.elements} & {"img", "b", "iframe", "link", "object"}
    assert "<" not in page.texts["graph"] + page.texts["arrangement"]


@needs_graphviz
def test_the_policy_allows_the_script_and_the_style_and_nothing_else():
    page = Page(page_of(records(net_loss())))
    policies = [a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    hashes = [
        "'sha256-" + b64encode(hashlib.sha256(page.texts[name].encode()).digest()).decode() + "'"
        for name in ("style", "script")
    ]
    assert policies == [
        f"default-src 'none'; style-src {hashes[0]}; script-src {hashes[1]}; base-uri 'none'; form-action 'none'"
    ]
    assert [a for _, a in page.elements if {"src", "href", "style", "onclick", "onload"} & set(a)] == []


@needs_graphviz
def test_the_script_puts_no_text_into_markup():
    script = Page(page_of(records(parameter(1)))).texts["script"]
    assert script.startswith("'use strict';")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|fetch\(|https?://(?!www\.w3)",
        script,
    )


@needs_graphviz
def test_a_graph_is_saved_as_a_page(tmp_path):
    drawn = graph(net_loss())
    path = drawn.save(tmp_path / "graph.html")
    assert path.read_text(encoding="utf-8") == drawn.to_html() == page_of(json.loads(drawn.to_json()))


# Graphviz


def test_without_graphviz_the_error_says_what_to_install(monkeypatch):
    def missing(*args, **kwargs):
        raise graphviz.ExecutableNotFound(["dot"])

    monkeypatch.setattr(graphviz, "pipe", missing)
    monkeypatch.setattr(dot.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError) as error:
        page_of(records(net_loss()))
    assert str(error.value) == (
        "to_html: needs pygraphviz (pip install 'tensorgraph[viz]') or the dot program of Graphviz "
        "(https://graphviz.org/download; on Debian and Ubuntu: apt install graphviz). to_dot needs neither"
    )


def test_when_graphviz_fails_the_error_says_so(monkeypatch):
    def fail(*args, **kwargs):
        raise subprocess.CalledProcessError(1, "dot", stderr=b"out of memory\n")

    monkeypatch.setattr(graphviz, "pipe", fail)
    with pytest.raises(FileError) as error:
        page_of(records(net_loss()))
    assert str(error.value) == (
        "to_html: Graphviz failed on this graph: out of memory. Draw an earlier tensor, which has a smaller graph"
    )


@pytest.mark.skipif(find_spec("pygraphviz") is None, reason="pygraphviz is not installed")
def test_pygraphviz_does_it_too(monkeypatch):
    def missing(*args, **kwargs):
        raise graphviz.ExecutableNotFound(["dot"])

    monkeypatch.setattr(graphviz, "pipe", missing)
    record = records(net_loss())
    check(record, arrange(record))
