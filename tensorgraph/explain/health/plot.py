"""The figure of a health report: distributions of activations and gradients, sizes of updates, the tiny batch."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import ArgumentError, MissingDependencyError
from ...files import atomic_write
from .vitals import Distribution

if TYPE_CHECKING:
    from .report import Health

FORMATS = ("png", "svg", "pdf")
MOST_ROWS = 8  # layers that are drawn
BLUE, ORANGE, GREY = "#1d548f", "#c2570e", "#5d6874"


def draw(report: Health, path: str | os.PathLike) -> Path:
    """Draw a report into a file."""
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise ArgumentError(f"plot: a picture is written as .png, .svg or .pdf; got {os.fspath(path)!r}")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("plot: needs matplotlib: pip install 'tensorgraph[train]'") from error

    layers = report.layers[:MOST_ROWS]
    figure = Figure(figsize=(11, 4.2 + 1.3 * len(layers)), layout="constrained")
    figure.suptitle(report.facts(), fontsize=11)
    rows = figure.add_gridspec(1 + len(layers), 2, height_ratios=[2.4] + [1] * len(layers))
    _learned(figure.add_subplot(rows[0, 0]), report)
    _updates(figure.add_subplot(rows[0, 1]), report)
    for i, layer in enumerate(layers, 1):
        _histogram(figure.add_subplot(rows[i, 0]), f"{layer.name}: activations", layer.activations, BLUE)
        if layer.gradients is not None:
            _histogram(figure.add_subplot(rows[i, 1]), f"{layer.name}: gradients", layer.gradients, ORANGE)
    picture = io.BytesIO()
    figure.savefig(picture, format=kind, dpi=130)
    return atomic_write(path, picture.getvalue())


def _learned(axes: Any, report: Health) -> None:
    axes.plot(np.maximum(report.overfit.losses, 1e-12), color=BLUE)
    axes.set(title="Loss on a tiny batch", xlabel="step", ylabel="loss", yscale="log")
    _bare(axes)


def _updates(axes: Any, report: Health) -> None:
    """A point for each parameter; one that was 0 before, as biases are, has no finite ratio and is left out."""
    moved = [w for w in report.weights if w.ratio and np.isfinite(w.ratio)]
    axes.axvspan(1e-4, 1e-1, color="#e6f0fa")
    axes.axvline(1e-3, color=GREY, linestyle=":")
    axes.plot([w.ratio for w in moved], range(len(moved)), "o", color=ORANGE)
    axes.set(title="Update over parameter, one step", xscale="log", xlabel="expected: about 1e-3, within the blue band")
    axes.set_yticks(range(len(moved)), [w.name for w in moved])
    axes.invert_yaxis()
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 2e-5), max(high, 0.5))
    _bare(axes)


def _histogram(axes: Any, title: str, found: Distribution, color: str) -> None:
    axes.stairs(found.counts, found.edges, fill=True, color=color)
    axes.set_title(f"{title} (mean {found.mean:.2g}, std {found.std:.2g})", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=5)
    _bare(axes)


def _bare(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
