"""The house in order: imports go down its floors, start-up stays light, files stay small, metadata is complete."""

import ast
import configparser
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tensorgraph

PACKAGE = Path(tensorgraph.__file__).parent
ROOT = PACKAGE.parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

FLOORS = [  # from the ground up; a room imports from the floors below it, never from its own
    {"errors"},
    {"config", "files", "nesting", "places", "rule_source", "tables"},
    {"core"},
    {"ops"},
    {"array_api", "transforms", "debug", "recording", "profiling"},
    {"testing"},
    {"nn", "optim", "data"},
    {"viz", "io"},
    {"explain"},
    {"solver"},
    {"cli"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MOST_LINES = 400


def room_of(path):
    """The room a file belongs to: a folder of the package, or a file in it."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path):
    """Each module that a file imports, under its full name, and whether that happens when the file is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    within = {child for part in ast.walk(tree) if isinstance(part, ast.FunctionDef) for child in ast.walk(part)}
    package = ["tensorgraph", *path.relative_to(PACKAGE).parts[:-1]]
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            for alias in part.names:
                yield alias.name, part not in within
        elif isinstance(part, ast.ImportFrom):
            base = package[: len(package) + 1 - part.level] if part.level else []
            base = [*base, *(part.module or "").split(".")] if part.module else base
            for alias in part.names:
                yield ".".join([*base, alias.name]), part not in within


def names(path):
    return str(path.relative_to(ROOT))


def test_every_room_has_a_floor():
    rooms = {room_of(path) for path in SOURCES} - {"__init__", "__main__"}
    assert rooms == set(FLOOR_OF), "give a new room its floor in FLOORS, and take a removed one out"


@pytest.mark.parametrize("path", [p for p in SOURCES if not room_of(p).startswith("__")], ids=names)
def test_imports_go_down(path):
    own = room_of(path)
    for module, _ in imports_of(path):
        parts = module.split(".")
        if parts[0] != "tensorgraph" or parts[1:2] in ([own], ["__version__"]):
            continue
        assert len(parts) > 1 and parts[1] in FLOOR_OF, f"import {module}: name the room, not the whole package"
        assert FLOOR_OF[parts[1]] < FLOOR_OF[own], f"{own} must not import {module}: it is not on a lower floor"


@pytest.mark.parametrize("path", SOURCES, ids=names)
def test_optional_packages_are_imported_when_they_are_needed(path):
    outside = {
        (module.split(".")[0], at_once)
        for module, at_once in imports_of(path)
        if module.split(".")[0] not in sys.stdlib_module_names | {"tensorgraph"}
    }
    core = requirements(setup_cfg()["options"]["install_requires"])
    low = {"core": {"numpy"}, "ops": {"numpy", "scipy"}}
    assert {module for module, _ in outside} <= low.get(room_of(path), core | declared())
    assert {module for module, at_once in outside if at_once} <= core


def test_start_up_imports_only_numpy():
    """A package that may be missing, or that takes long to import, is not imported before it is used."""
    code = "import sys, numpy; before = set(sys.modules); import tensorgraph; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert "tensorgraph" in loaded
    assert not loaded & declared()
    later = r"tensorgraph\.(array_api|nn|optim|data|io|viz|explain|profiling|solver|cli|testing)"
    assert not [n for n in run.stdout.split() if re.match(later, n)]


@pytest.mark.parametrize("path", SOURCES, ids=names)
def test_files_are_small(path):
    count = len(path.read_text(encoding="utf-8").splitlines())
    assert count <= MOST_LINES, f"{count} lines: would a reader find two rooms here?"


@pytest.mark.parametrize("room", ["core", "ops"])
def test_the_design_leads_to_every_file(room):
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:core/|ops/)?(\w+)(?:\.py|/)?`", design))
    assert {path.stem for path in (PACKAGE / room).glob("*.py")} - {"__init__"} - named == set()


def test_ops_that_are_imported_later_take_nothing_over():
    """Otherwise what a NumPy function does with tensors would depend on what was called before."""
    code = """if True:
        from tensorgraph.core.registry import NUMPY, OPS, import_the_rest
        before = [dict([*dict.items(table)]) for table in (NUMPY, OPS)]  # a Table's own items() imports the rest
        import_the_rest()
        for table, old in zip((NUMPY, OPS), before):
            assert len(table) > len(old)
            print(*[key for key, entry in old.items() if table[key] is not entry])
    """
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.split() == []


# Metadata


def setup_cfg():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def requirements(text):
    return {re.split(r"[<>=\[; ]", line, maxsplit=1)[0] for line in text.split("\n") if line}


def declared():
    """Packages that a user's installation may bring: the core's own but NumPy, and the extras for use."""
    parser = setup_cfg()
    extras = parser["options.extras_require"]
    core = requirements(parser["options"]["install_requires"]) - {"numpy"}
    return core.union(*[requirements(extras[name]) for name in ("train", "viz", "tensorboard", "scipy")])


def test_metadata_is_complete():
    metadata = setup_cfg()["metadata"]
    wanted = ["name", "version", "description", "long_description", "author", "license", "keywords", "classifiers"]
    assert [key for key in wanted if not metadata.get(key, "").strip()] == []
    assert metadata["version"] == "attr: tensorgraph.__version__"
    options = setup_cfg()["options"]
    assert options["python_requires"] == ">=3.11"
    assert requirements(options["install_requires"]) == {"numpy", "graphviz"}
    assert set(setup_cfg()["options.extras_require"]) == {
        "train", "viz", "tensorboard", "scipy", "test", "dev", "docs", "bench"
    }  # fmt: skip


def test_pyproject_leaves_the_metadata_to_setup_cfg():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project) == {"name", "dynamic"}
    fields = {"version", "description", "readme", "authors", "license", "keywords", "classifiers"}
    assert set(project["dynamic"]) == fields | {"requires-python", "dependencies", "optional-dependencies", "scripts"}


def test_the_command_exists():
    name, _, target = setup_cfg()["options.entry_points"]["console_scripts"].strip().partition(" = ")
    module, _, function = target.partition(":")
    assert name == "tensorgraph"
    assert callable(getattr(importlib.import_module(module), function))


def test_every_file_of_the_package_is_installed():
    patterns = [pattern.strip() for pattern in setup_cfg()["options.package_data"]["*"].split(",")]
    others = [p for p in PACKAGE.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")]
    assert PACKAGE / "py.typed" in others
    assert [names(p) for p in others if not any(p.match(pattern) for pattern in patterns)] == []


def test_the_changelog_knows_this_version():
    assert f"\n## {tensorgraph.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# Pages

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r'\]\(([^)\s]+)\)|src="([^"]+)"', text)
    inside = [a or b for a, b in targets if not (a or b).startswith(("http", "#"))]
    assert [target for target in inside if not (page.parent / target.partition("#")[0]).exists()] == []


def test_the_readme_has_two_commands_that_do_their_own_set_up():
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    train, test = blocks
    assert train.endswith("-m tensorgraph train\n")
    assert test.endswith("-m pytest\n")
    assert all("python3 -m venv .venv && .venv/bin/pip install" in block for block in blocks)
