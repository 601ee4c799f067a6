"""Every example runs, in a folder of its own and without a warning, and is short."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [path.name])
    if "os.environ" in path.read_text(encoding="utf-8"):  # it sets what others must not see: a process of its own
        run = [sys.executable, "-W", "error", str(path)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        shown = subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout
    else:
        runpy.run_path(str(path), run_name="__main__")
        shown = capsys.readouterr().out
    assert shown.strip(), "an example shows something"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    assert "def main(" in text


def test_there_are_examples():
    assert len(EXAMPLES) >= 6
