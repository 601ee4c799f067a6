"""What some tests need besides Python packages that are always there."""

import shutil
from importlib.util import find_spec

import pytest

needs_graphviz = pytest.mark.skipif(
    shutil.which("dot") is None and find_spec("pygraphviz") is None, reason="neither dot nor pygraphviz is installed"
)
