"""Layers made of others: ``affine_relu`` and ``affine_batchnorm_relu``.

Their suspects are those of their parts, carried through the rest: a mistake in relu's ``dx`` becomes one in everything
that backward computes from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...testing import Draw
from .activations import RELU
from .affine import AFFINE
from .batchnorm import BATCHNORM, param
from .layer import TEST, Case, Layer, Pieces, Suspect


class _Stage(NamedTuple):
    """A part of a sandwich: the layer, and how many arguments it has besides the output of the part before it."""

    layer: Layer
    takes: int


def _sandwich(name: str, cases: Callable[[Draw], list[Case]], *stages: _Stage) -> Layer:
    inputs, gradients = ["x"], ["dx"]
    for stage in stages:
        inputs += stage.layer.inputs[1:]
        gradients += stage.layer.gradients[1:]
    parts = ", ".join(stage.layer.name for stage in stages)

    def pieces(case: Case, out: Any) -> Pieces:
        return _pieces(stages, case)

    return Layer(
        name, tuple(inputs), tuple(gradients), cases, pieces, _suspects(stages), f"the engine's {parts}, in a row"
    )


def _pieces(stages: tuple[_Stage, ...], case: Case) -> Pieces:
    """Right results by running the parts forward, and back in reverse; each part's own pieces with its own dout."""
    value, rest, parts = case.args[0], case.args[1:], []
    for stage in stages:
        own, rest = rest[: stage.takes], rest[stage.takes :]
        parts.append(stage.layer.pieces(Case((value, *own)), None))
        value = parts[-1].right["out"]
    testing = "dx" not in parts[-2].right

    def pullback(g: Any) -> tuple:
        found: dict[str, Any] = {}
        for part in reversed(parts):
            found = part.pull(g) | {name: d for name, d in found.items() if name != "dx"}
            g = found["dx"]
        return tuple(found.values())

    names = [d[1:] for d in _pulled(parts)]
    p = Pieces(value, names, pullback, case.args[0], parts=parts)
    if testing:
        p.right = {"out": value}
        return p
    g = p.dout
    for part in reversed(parts):
        _enter(part, g)
        g = part.right["dx"]
    return p


def _pulled(parts: list[Pieces]) -> list[str]:
    names: dict[str, None] = {}
    for part in reversed(parts):
        names = dict.fromkeys([*part.pull(part.dout), *[name for name in names if name != "dx"]])
    return list(names)


def _enter(part: Pieces, dout: Any) -> None:
    """Give a part the gradient that comes in to it here, in place of the one it drew."""
    part.dout = dout
    part.right |= part.pull(dout)
    if hasattr(part, "gamma"):
        part.dxhat = dout * part.gamma


def _suspects(stages: tuple[_Stage, ...]) -> tuple[Suspect, ...]:
    found: list[Suspect] = []
    for k, stage in enumerate(stages[1:], start=1):
        name = stage.layer.name
        skipped = Suspect(
            "dx", f"{name}-skipped", f"backward leaves out its {name}",
            f"go back through every part of the forward: {name}_backward belongs here", lambda p: p.dout,
        )  # fmt: skip
        found += _carried_back(skipped, stages, k)
    for k, stage in enumerate(stages):
        for s in [s for s in stage.layer.suspects if s.fits is None]:
            sentence = f"in its {stage.layer.name}: {s.sentence}"
            for where in s.where.split(", "):
                if where == "dx" and k:
                    found += _carried_back(s._replace(sentence=sentence), stages, k)
                elif where in ("out", *stage.layer.gradients):
                    carried = _forward(s.predict, k) if where == "out" else _own(s.predict, k)
                    found.append(s._replace(where=where, sentence=sentence, predict=carried))
                elif where == f"out {TEST}":
                    found.append(s._replace(where=where, sentence=sentence, predict=_forward(s.predict, k)))
    return tuple(found)


def _own(predict: Callable, k: int) -> Callable[[Pieces], Any]:
    return lambda p: predict(p.parts[k])


def _forward(predict: Callable, k: int) -> Callable[[Pieces], Any]:
    """The output, when part k gives what a suspect of it predicts."""

    def carried(p: Pieces) -> Any:
        value = predict(p.parts[k])
        for part in p.parts[k + 1 :]:
            value = _again(part, value)
        return value

    return carried


def _again(part: Pieces, x: Any) -> Any:
    """A later part's output for another input: batchnorm by its definition, or else relu."""
    if not hasattr(part, "gamma"):
        return np.maximum(x, 0)
    mean, var = (x.mean(axis=0), x.var(axis=0)) if "dx" in part.right else part.running
    return part.gamma * (x - mean) / np.sqrt(var + part.eps) + part.beta


def _carried_back(s: Suspect, stages: tuple[_Stage, ...], k: int) -> list[Suspect]:
    """A suspect for each gradient that backward computes from the wrong ``dx`` of part k."""
    names = ["dx"]
    for stage in stages[:k]:
        names += stage.layer.gradients[1:]

    def carried(name: str) -> Callable[[Pieces], Any]:
        def predict(p: Pieces) -> Any:
            found: dict[str, Any] = {}
            g = s.predict(p.parts[k])
            for part in reversed(p.parts[:k]):
                found |= part.pull(g)
                g = found["dx"]
            return found[name]

        return predict

    return [s._replace(where=name, predict=carried(name)) for name in names]


def _affine_relu_cases(draw: Draw) -> list[Case]:
    """Rows, images, and small whole numbers, with which many sums are exactly 0."""
    whole = [np.round(draw(*shape)).astype(draw.dtype) for shape in ((8, 4), (4, 3), (3,))]
    return [
        Case((draw(6, 4), draw(4, 3), draw(3))),
        Case((draw(5, 2, 4), draw(8, 7), draw(7))),
        Case(tuple(whole)),
    ]


def _affine_batchnorm_relu_cases(draw: Draw) -> list[Case]:
    """Rows, images, a column that gamma and beta make exactly 0, and test mode."""
    one_is_zero = np.array([0.0, 1.0, -1.0], draw.dtype)
    return [
        Case((draw(6, 4), draw(4, 3), draw(3), draw(3), draw(3), param(draw, 3, eps=1e-2))),
        Case((draw(7, 2, 4), draw(8, 5), draw(5), draw(5), draw(5), param(draw, 5))),
        Case((draw(5, 4), draw(4, 3), draw(3), one_is_zero, one_is_zero / 2, param(draw, 3))),
        Case((draw(6, 4), draw(4, 3), draw(3), draw(3), draw(3), param(draw, 3, mode="test", eps=1e-2)), TEST),
        Case((draw(5, 4), draw(4, 2), draw(2), draw(2), draw(2), param(draw, 2, mode="test")), TEST),
    ]


AFFINE_RELU = _sandwich("affine_relu", _affine_relu_cases, _Stage(AFFINE, 2), _Stage(RELU, 0))
AFFINE_BATCHNORM_RELU = _sandwich(
    "affine_batchnorm_relu", _affine_batchnorm_relu_cases, _Stage(AFFINE, 2), _Stage(BATCHNORM, 3), _Stage(RELU, 0)
)
