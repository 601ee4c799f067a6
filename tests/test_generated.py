"""Files that a script makes say what the code says now."""

import html
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("script", ["docs/make_ops.py", "docs/make_coverage.py", "tools/make_stub.py"])
def test_generated_files_are_current(script):
    names = runpy.run_path(str(ROOT / script))
    assert names["TARGET"].read_text(encoding="utf-8") == names["text"](), f"run python {script}"


def test_the_stub_lists_what_ops_attach():
    from tensorgraph import Tensor

    attached = runpy.run_path(str(ROOT / "tools/make_stub.py"))["attached"]()
    assert {"sum", "reshape", "backward", "__getitem__"} <= set(attached)
    assert not {"detach", "numpy", "__add__", "__len__"} & set(attached)
    assert all(getattr(Tensor, name) is function for name, function in attached.items())


def test_the_picture_in_the_readme_is_that_of_its_program(tmp_path, monkeypatch):
    from tensorgraph.viz import graph

    names = runpy.run_path(str(ROOT / "docs/make_picture.py"))
    picture = names["TARGET"].read_text(encoding="utf-8")
    shown = html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture)))
    program = {}
    monkeypatch.chdir(tmp_path)
    exec(names["program"](), program)
    vertices = graph(program["loss"]).vertices
    assert len(vertices) > 5
    for vertex in vertices:
        assert (vertex.op or vertex.name or vertex.kind) in shown
        assert f"{vertex.shape} {vertex.dtype}" in shown
