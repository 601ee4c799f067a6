"""Write ``docs/images/graph.svg``: the picture that the first program in README.md draws.

Run it when pictures look different: python docs/make_picture.py
"""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
TARGET = HERE / "images" / "graph.svg"


def program() -> str:
    """The first block of Python in README.md, which renders ``graph.svg``."""
    readme = (HERE.parent / "README.md").read_text(encoding="utf-8")
    return re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1]


if __name__ == "__main__":
    with TemporaryDirectory() as folder, contextlib.chdir(folder):
        exec(compile(program(), "README.md", "exec"), {})
        shutil.copy("graph.svg", TARGET)
    print(f"wrote {TARGET}")
