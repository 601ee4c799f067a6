"""Write ``docs/coverage.md``: what every callable of NumPy does with tensors, from the registry.

Run it after adding or changing an op: python docs/make_coverage.py
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import scipy.special

from tensorgraph.core import REFUSED, STATES, state_of

TARGET = Path(__file__).parent / "coverage.md"
ASIDE = {"test", "row_stack"}  # NumPy's own tests, and a name that NumPy is about to drop
UFUNCS = {name: f for name, f in vars(scipy.special).items() if isinstance(f, np.ufunc)}
NAMESPACES = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft, "scipy.special": SimpleNamespace(**UFUNCS)}

INTRO = """\
<!-- Made by docs/make_coverage.py from the registry: do not edit. -->

# What NumPy does with tensors

Every callable of `numpy`, `numpy.linalg` and `numpy.fft`, and every ufunc of `scipy.special`, has one of three states.

- **Differentiable**: gradients of every order flow through it. What it computes from tensors is recorded; the rules are
  in the [list of ops](ops.md).
- **Constant**: its result is a mask, an index, a count or a step, whose derivative is zero or does not exist. It gives
  tensors on no graph.
- **Refused**: it raises `UnsupportedFunctionError` or `TrackedTensorError`, which say why, and what to use instead.

No call ever gives an array of objects, or silently loses a gradient.
"""


def callables(module: ModuleType | SimpleNamespace) -> dict[str, Callable]:
    """The public callables of a module by name, without those that are the same object under an older name."""
    found: dict[int, tuple[str, Callable]] = {}
    for name in sorted(dir(module)):
        value = getattr(module, name)
        if name.startswith("_") or not callable(value) or name in ASIDE:
            continue
        if id(value) not in found or getattr(value, "__name__", None) == name:
            found[id(value)] = name, value
    return dict(sorted(found.values(), key=lambda pair: pair[0]))


def text() -> str:
    """The text of the page."""
    groups = {space: callables(module) for space, module in NAMESPACES.items()}
    counts = {space: Counter(map(state_of, group.values())) for space, group in groups.items()}
    parts = [INTRO, "| | " + " | ".join(STATES) + " | together |\n|---|" + "---|" * 4]
    for space, count in counts.items():
        parts.append(f"| `{space}` | {' | '.join(str(count[state]) for state in STATES)} | {count.total()} |")
    for space, group in groups.items():
        parts.append(f"\n## `{space}`\n")
        for state in STATES[:2]:
            names = [f"`{space}.{name}`" for name, function in group.items() if state_of(function) == state]
            if names:
                parts.append(f"**{state.capitalize()}**: {', '.join(names)}.\n")
        parts.append("**Refused**:\n\n" + _refused(space, group))
    return "\n".join(textwrap.fill(p, 118) if p.startswith("**D") or p.startswith("**C") else p for p in parts)


def _refused(space: str, group: dict[str, Callable]) -> str:
    """The refused functions by reason: a row for each reason."""
    by_reason: dict[str, list[str]] = {}
    for name, function in group.items():
        if function in REFUSED:
            by_reason.setdefault(REFUSED[function], []).append(f"`{space}.{name}`")
    rows = [f"| {', '.join(names)} | {why} |" for why, names in by_reason.items()]
    return "\n".join(["| function | why, and what to use |", "|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"wrote {TARGET}")
