"""How Sphinx builds these pages, from a clone and without a network: sphinx-build -W docs docs/_build"""

import re

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

import tensorgraph

project = "tensorgraph"
author = "The tensorgraph developers"
version = release = tensorgraph.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"

html_theme = "furo"
html_title = f"tensorgraph {version}"
html_math_renderer = "mathml"  # browsers draw it themselves; nothing is fetched

ARGUMENT = re.compile(r"(\*{0,2}\w+(?:, \w+)*)  +(\S.*)")


def name_arguments(app, what, name, obj, options, lines: list[str]) -> None:
    """Our docstrings list arguments as aligned lines, ``name  what it is``; Sphinx wants ``:param name: what``."""
    is_list = False
    for i, line in enumerate(lines):
        if found := ARGUMENT.fullmatch(line):
            first = not is_list and i and lines[i - 1]
            lines[i] = ("\n" if first else "") + f":param {found[1].replace(', ', ',')}: {found[2]}"
            is_list = True
        else:
            is_list = is_list and line.startswith(" ")


def inline_math(writer, node: nodes.math) -> None:
    writer.body.append(tex2mathml(node.astext(), as_block=False))
    raise nodes.SkipNode


def block_math(writer, node: nodes.math_block) -> None:
    writer.body.append(f"<div class='math'>{tex2mathml(node.astext(), as_block=True)}</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.connect("autodoc-process-docstring", name_arguments)
