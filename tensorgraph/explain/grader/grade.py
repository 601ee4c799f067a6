"""Grade a pair of functions, a loss, or an update rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import ArgumentError, DTypeError
from ...testing import Draw
from .activations import RELU, SIGMOID, TANH
from .affine import AFFINE
from .batchnorm import BATCHNORM
from .dropout import DROPOUT
from .layer import TEST, Case, Layer
from .losses import SOFTMAX, SVM
from .pair import grade_loss, grade_pair
from .report import GradeReport
from .rules import RULES, grade_rule
from .sandwiches import AFFINE_BATCHNORM_RELU, AFFINE_RELU
from .student import contained
from .unknown import layer_of, unknown

LAYERS = {
    layer.name: layer for layer in (AFFINE, RELU, SIGMOID, TANH, BATCHNORM, DROPOUT, AFFINE_RELU, AFFINE_BATCHNORM_RELU)
}
LOSSES = {layer.name: layer for layer in (SOFTMAX, SVM)}
_ALSO_CALLED = {
    "fc": "affine", "linear": "affine", "dense": "affine", "bn": "batchnorm", "batch_norm": "batchnorm",
    "affine_bn_relu": "affine_batchnorm_relu", "softmax": "softmax_loss", "svm": "svm_loss",
}  # fmt: skip


def grade(
    forward: Callable,
    backward: Callable | None = None,
    *,
    layer: str | None = None,
    inputs: tuple | list[tuple] | None = None,
    dtype: Any = np.float64,
    seed: int = 0,
) -> GradeReport:
    """Grade hand-written gradients: say whether they are right, and if not, name the mistake and hint at the fix.

    forward   ``x_forward(x, w, b) -> out, cache``; or a loss ``(x, y) -> loss, dx``, or an update rule
              ``(w, dw, config) -> next_w, config``, which have no backward
    backward  ``x_backward(dout, cache) -> dx, dw, db``: gradients in the order of the forward's inputs
    layer     which layer it is; by default what the name of ``forward`` says. For one that is not known, gradients are
              compared with the engine's derivative of ``forward`` itself, and its output is not judged
    inputs    arguments of ``forward`` to try, as a tuple, or a list of several; by default they are drawn
    dtype     of what is drawn: float64, or float32 for a student who works in float32
    seed      of what is drawn

    An exception in the student's code is a finding as well, and what it prints is dropped; NumPy's global random state
    is left as it was. Raises ArgumentError for a layer that is not known, or a pair that is not complete.

    >>> import numpy as np
    >>> def affine_forward(x, w, b):
    ...     return x.reshape(len(x), -1) @ w + b, (x, w)
    >>> def affine_backward(dout, cache):
    ...     x, w = cache
    ...     return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=1)
    >>> report = grade(affine_forward, affine_backward)
    >>> report.verdict, [(finding.where, finding.mistake) for finding in report.findings]
    ('wrong', [('db', 'wrong-axis')])
    """
    if np.dtype(dtype) not in (np.float64, np.float32):
        raise DTypeError(f"grade: dtype is float64 or float32; got {np.dtype(dtype)}")
    name = layer or name_of(forward)
    if layer is not None and layer not in (*LAYERS, *LOSSES, *RULES):
        known = ", ".join([*LAYERS, *LOSSES, *RULES])
        raise ArgumentError(f"grade: there is no layer {layer!r}; there are {known}. Leave it out for one of your own")
    with contained():
        if backward is None:
            if name in RULES:
                return grade_rule(name, forward)
            if name in LOSSES:
                return grade_loss(*_layer_and_cases(name, forward, inputs, dtype, seed), forward, dtype)
            raise ArgumentError(
                f"grade: {name} is neither a loss nor an update rule that is known, so its backward is needed as well: "
                "grade(forward, backward)"
            )
        return grade_pair(*_layer_and_cases(name, forward, inputs, dtype, seed), forward, backward, dtype)


def name_of(function: Callable) -> str:
    """The layer that a function's name stands for: ``affine`` for ``affine_forward``."""
    name = getattr(function, "__name__", type(function).__name__)
    name = name.removesuffix("_naive").removesuffix("_forward")
    return _ALSO_CALLED.get(name, name)


def _layer_and_cases(name: str, forward: Callable, inputs: Any, dtype: Any, seed: int) -> tuple[Layer, list[Case]]:
    """The layer that is graded, and the batches it is tried on."""
    layer = LAYERS.get(name) or LOSSES.get(name)
    if inputs is None:
        layer = layer or unknown(name, forward, dtype, seed)
        return layer, layer.cases(Draw(dtype, seed))
    given = [_case(args) for args in (inputs if isinstance(inputs, list) else [inputs])]
    if layer is not None and any(len(case.args) != len(layer.inputs) for case in given):
        raise ArgumentError(f"grade: the inputs of {name} are ({', '.join(layer.inputs)})")
    return layer or layer_of(name, forward, given), given


def _case(args: Any) -> Case:
    if not isinstance(args, tuple) or not any(isinstance(a, np.ndarray) and a.dtype.kind == "f" for a in args):
        raise ArgumentError(
            "grade: inputs is a tuple of the forward's arguments, or a list of such tuples; "
            "at least one of them is an array of floating point numbers"
        )
    testing = any(isinstance(a, dict) and a.get("mode") == "test" for a in args)
    return Case(args, TEST if testing else "")
