"""The code in README.md and in docs/ runs as tests, each file as one program, in a folder of its own."""

import os
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from pathlib import Path
from tempfile import TemporaryDirectory

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

HERE = Path(__file__).parent
# Tests work on small arrays, where a second BLAS thread gains nothing and waits for a core on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
collect_ignore_glob = ["docs/*.py"]


def enter_new_folder(names):
    names["_folder"] = TemporaryDirectory()
    os.chdir(names["_folder"].name)


def leave_folder(names):
    os.chdir(HERE)
    names["_folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE)],
    path=str(HERE),
    patterns=["README.md", "docs/*.md"],
    excludes=["docs/ops.md"],  # generated: excerpts of the sources, not programs
    setup=enter_new_folder,
    teardown=leave_folder,
).pytest()
