"""Grading everything in a student's file, and the command that does."""

import sys
from pathlib import Path

import pytest
from grader_corpus import right_ones

from tensorgraph.cli import main
from tensorgraph.errors import ArgumentError, FileError
from tensorgraph.explain import grade_file


def named(reports):
    return {finding.where: finding.mistake for report in reports for finding in report.findings}


STUDENT = """
import numpy as np
print("loaded")
np.random.seed(3)

def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)

def relu_forward(x):
    return np.maximum(0, x), x

def relu_backward(dout, cache):
    return dout * (cache > 0)

def helper_forward(x):
    return x
"""
WRONG_RELU = STUDENT.replace("cache > 0", "cache >= 0")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_right_file(here, capsys):
    (here / "student.py").write_text(STUDENT)
    assert main(["grade", "student.py"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "function        batches  result  mistakes",
        "affine_forward        4   right",
        "relu_forward          3   right",
        "",
        "2 of 2 right",
    ]
    assert [path.name for path in here.iterdir()] == ["student.py"]


def test_a_wrong_file(here, capsys):
    (here / "student.py").write_text(WRONG_RELU)
    assert main(["grade", "student.py"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "relu_forward          3   wrong  passes-at-zero"
    assert lines[4] == "relu_forward and relu_backward: wrong, against the engine's relu"
    assert lines[-1] == "1 of 2 right"
    assert main(["grade", "student.py", "--float32"]) == 1


@pytest.mark.parametrize(
    "text, message",
    [
        ("x = 1", "error: grade: there is nothing to grade in student.py: no pair *_forward and *_backward, none of "),
        (None, "error: cannot read student.py: No such file or directory"),
    ],
)
def test_nothing_to_grade(here, capsys, text, message):
    if text is not None:
        (here / "student.py").write_text(text)
    assert main(["grade", "student.py"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(message)


def test_files_that_are_no_python_files(here):
    (here / "student.txt").write_text(STUDENT)
    with pytest.raises(ArgumentError, match="student.txt is no Python file; its name must end in .py"):
        grade_file("student.txt")
    with pytest.raises(FileError, match="cannot read .*: Is a directory"):
        grade_file(here)
    with pytest.raises(SystemExit) as caught:
        main(["grade"])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "text, evidence",
    [
        ("def f(:\n    pass", "SyntaxError: invalid syntax; line 1: def f(:"),
        ("import numpy\n\nraise ValueError('no')", "ValueError: no; line 3 of student.py: raise ValueError('no')"),
        (
            "import no_such_module",
            "ModuleNotFoundError: No module named 'no_such_module'; line 1 of student.py: import",
        ),
        ("exit(0)", "SystemExit: 0; line 1 of student.py: exit(0)"),
    ],
)
def test_a_file_that_does_not_run(here, capsys, text, evidence):
    (here / "student.py").write_text(text)
    (report,) = grade_file("student.py")
    assert named([report]) == {"student.py": "raises"}
    assert report.findings[0].evidence.startswith(evidence)
    assert main(["grade", "student.py"]) == 1
    assert capsys.readouterr().out.endswith("0 of 1 right\n")


def test_half_a_pair(here):
    (here / "student.py").write_text(STUDENT.replace("def relu_backward", "def rleu_backward"))
    affine, relu = grade_file("student.py")
    assert affine.right
    assert named([relu]) == {"relu_backward": "function-missing"}


def test_the_mode_as_a_key_in_a_net(here):
    slip = "\nclass Net:\n    def loss(self, mode):\n        for p in self.bn_params:\n            p[mode] = mode\n"
    (here / "student.py").write_text(STUDENT + slip)
    *_, report = grade_file("student.py")
    assert named([report]) == {"student.py": "mode-as-key"}
    assert report.findings[0].evidence == "line 25: p[mode] = mode"


def test_a_neighbour_is_imported_anew(here, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for name in ("first", "second"):
        (here / name).mkdir()
        (here / name / "layers.py").write_text(STUDENT if name == "first" else WRONG_RELU)
        (here / name / "student.py").write_text("from layers import *")
    before = sys.path[:], set(sys.modules)
    assert [report.right for report in grade_file("first/student.py")] == [True, True]
    assert [report.right for report in grade_file("second/student.py")] == [True, False]
    assert (sys.path, set(sys.modules)) == before
    assert not list(here.rglob("__pycache__"))


def test_names_of_a_file_decide_which_layer_it_is(here):
    """Also where a pair is another function under this name."""
    text = STUDENT + "\nfc_forward, fc_backward = affine_forward, affine_backward\nrelu_forward = affine_forward\n"
    (here / "student.py").write_text(text)
    affine, relu, fc = grade_file("student.py")
    assert (affine.name, fc.name, relu.name) == ("affine", "affine", "relu")
    assert named([relu]) == {"affine_forward": "raises"}


def test_the_course_in_one_file(here):
    """Every function of the course, as a file."""
    source = Path(right_ones.__file__).read_text()
    body = source[source.index("    def affine_forward(x") : source.index("@right\nclass TheTestsReference")]
    (here / "student.py").write_text("class Homework:\n" + body + NAMES)
    reports = grade_file("student.py")
    assert [report.name for report in reports] == ["affine", "relu", "batchnorm", "dropout", "svm_loss", "softmax_loss"]
    assert all(report.right for report in reports)


NAMES = """
import numpy as np
globals().update({name: f for name, f in vars(Homework).items() if callable(f)})
"""
