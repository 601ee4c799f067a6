"""The kinds of checks that every op passes. Each is a function of one case, and gives what it found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Tensor
from ..errors import GradientCheckError, TensorGraphError, UnsupportedFunctionError
from ..nesting import flatten
from ..transforms import jvp
from ..transforms.batching import Batched, NotBatchedError
from ..transforms.run import Run
from .case import Case
from .compare import agree, gradients_of, normal_like, outputs_of, same_kind, second_of
from .differences import Differences
from .gradcheck import GradcheckReport, Skipped, gradcheck, gradgradcheck
from .strict import StrictArray

CLOSE = 1e-5  # how far forward mode may be from finite differences
ROUGH = 1e-3  # how far float32 may be from float64


def values(case: Case) -> float:
    """Tensors give the values that arrays give, and NumPy's function does, in the same shapes and dtypes."""
    of, tensors = case.subject, list(map(Tensor, case.inputs))
    expected, found = (flatten(case.apply(of.call, inputs))[0] for inputs in (case.inputs, tensors))
    _refuse_other_types(of.op, expected, found)
    error = agree(found, expected, "the value on tensors")
    if of.numpy is not None:
        own, dispatched = (flatten(case.by_numpy(*inputs))[0] for inputs in (case.inputs, tensors))
        error = max(error, agree(expected, own, "the value, beside that of NumPy's function,"))
        error = max(error, agree(dispatched, own, "the value of NumPy's function on tensors"))
    return error


def first_order(case: Case) -> GradcheckReport:
    """Gradients against finite differences along every coordinate."""
    return gradcheck(case, case.inputs, names=case.names)


def second_order(case: Case) -> GradcheckReport:
    """Gradients of gradients against finite differences along a random direction of each input."""
    return gradgradcheck(case, case.inputs, names=case.names, directions=1)


def forward_mode(case: Case) -> GradcheckReport:
    """The pushforward against finite differences, along a random direction of all inputs."""
    _, directions = _draw(case)
    difference = Differences(case, case.inputs).along(dict(enumerate(directions)))
    if difference is None:
        return GradcheckReport(skipped=[Skipped(name, None) for name in case.names])
    _, pushed = jvp(case, tuple(case.inputs), tuple(difference.tangents))
    error = 0.0
    for found, expected, noise in zip(pushed, difference.outputs, difference.noise, strict=True):
        same_kind(found, expected, "the pushforward")
        off = abs(found - expected) / np.maximum(1, abs(expected)) - noise
        error = max(error, float(np.max(off, initial=0)))
        if not error <= CLOSE:
            raise GradientCheckError(f"the pushforward is off by {error:.3g} from the finite difference")
    return GradcheckReport(checked=1, error=error)


def each_input_alone(case: Case) -> float:
    """First and second derivatives stay what they are when only one of the inputs requires a gradient."""
    weights, directions = _draw(case)
    together = gradients_of(case, case.inputs, weights)
    error = 0.0
    for k, x in enumerate(case.inputs if len(case.inputs) > 1 else ()):

        def alone(value: Any, k: int = k) -> list:
            return case(*case.inputs[:k], value, *case.inputs[k + 1 :])

        found = gradients_of(alone, [x], weights)
        error = max(error, agree(found, [together[k]], f"the gradient of {case.names[k]} alone"))
        along = [d if i == k else np.zeros_like(d) for i, d in enumerate(directions)]
        expected = second_of(case, case.inputs, weights, along)[k]
        found = second_of(alone, [x], weights, [directions[k]])
        error = max(error, agree(found, [expected], f"the second derivative in {case.names[k]} alone"))
    return error


def dtypes(case: Case) -> float:
    """Outputs and gradients have the dtype of the inputs, also beside NumPy's scalars, and where inputs differ."""
    exact = gradients_of(case, case.inputs, _draw(case)[0])
    single = case.astype(np.float32)
    outputs, (weights, directions) = outputs_of(single, single.inputs), _draw(single)
    gradients = gradients_of(single, single.inputs, weights)
    for kind, cast in ((np.float64, case), (np.float32, single)):
        own = [y.dtype for y in flatten(cast.by_numpy(*cast.inputs))[0]] if case.subject.numpy is not None else []
        for y in flatten(cast.apply(case.subject.call, map(Tensor, cast.inputs)))[0]:
            wanted = (kind, np.result_type(kind, np.complex64), *own)
            if y.dtype.kind in "fc" and y.dtype not in wanted and not case.asks_for_dtype:
                raise GradientCheckError(f"inputs of {np.dtype(kind)} give an output of {y.dtype}")
    _refuse_other_dtypes(exact, case.inputs)
    _refuse_other_dtypes(gradients, single.inputs)
    _refuse_other_dtypes(second_of(single, single.inputs, weights, directions), single.inputs)
    agree([g.astype(np.float64) for g in gradients], exact, "the gradient in float32", ROUGH)
    error = 0.0
    for scalar in (np.float64, np.array) if case.has_numbers else ():
        beside = single.with_numbers_as(scalar)
        error = max(error, agree(outputs_of(beside, single.inputs), outputs, "beside NumPy's scalars, the output"))
        found = gradients_of(beside, single.inputs, weights)
        error = max(error, agree(found, gradients, "beside NumPy's scalars, the gradient"))
    mixed = case.astype(np.float32, np.float64)
    if len(mixed.inputs) > 1:
        _refuse_other_dtypes(gradients_of(mixed, mixed.inputs, _draw(mixed)[0]), mixed.inputs)
    return error


def inputs_untouched(case: Case) -> float:
    """Forward and backward write neither into the arguments nor into the gradient that comes in."""
    case = case.with_leaves(_read_only)
    inputs = list(map(_read_only, case.inputs))
    weights, directions = (list(map(_read_only, arrays)) for arrays in _draw(case))
    held = [a for a in (*case.leaves, *inputs, *weights, *directions) if isinstance(a, np.ndarray)]
    before = [a.copy() for a in held]
    gradients_of(case, inputs, weights)
    second_of(case, inputs, weights, directions)
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(held, before)):
        raise GradientCheckError("an argument, or a gradient that came in, was written into")
    return 0.0


def without_axes(case: Case) -> GradcheckReport:
    """Inputs without axes have right gradients, or raise an error of ours where the op has no meaning for them."""
    inputs = [x.reshape(-1)[:1].reshape(()) for x in case.inputs if x.size]
    if len(inputs) < len(case.inputs) or all(x.shape == () for x in case.inputs) or case.makes_arguments:
        return GradcheckReport()
    return _right_or_refused(case, inputs)


def complex_numbers(case: Case) -> GradcheckReport:
    """Complex inputs have right gradients, or raise an error of ours where the op has no meaning for them."""
    if case.asks_for_dtype:
        return GradcheckReport()
    random = np.random.default_rng(0)
    return _right_or_refused(case, [x + 0.5j * random.standard_normal(x.shape) for x in case.inputs])


def _right_or_refused(case: Case, inputs: list) -> GradcheckReport:
    ours = TensorGraphError if case.subject.op else (TensorGraphError, ValueError, TypeError, IndexError, Warning)
    try:
        case(*inputs)
    except Exception:
        try:
            case(*map(Tensor, inputs))
        except ours:
            return GradcheckReport()
        raise GradientCheckError("arrays like that raise an error, but such tensors do not") from None
    one, two = (check(case, inputs, names=case.names, directions=1) for check in (gradcheck, gradgradcheck))
    return GradcheckReport(one.checked + two.checked, one.skipped + two.skipped, max(one.error, two.error))


def layouts(case: Case) -> float:
    """Memory in Fortran's order, in reverse or with gaps changes nothing, also that of the gradient that comes in."""
    weights, _ = _draw(case)
    outputs, gradients = outputs_of(case, case.inputs), gradients_of(case, case.inputs, weights)
    error = 0.0
    for lay in (_in_fortrans_order, _in_reverse, _with_gaps):
        inputs, how = list(map(lay, case.inputs)), lay.__name__.replace("_", " ").strip()
        error = max(error, agree(outputs_of(case, inputs), outputs, f"laid out {how}, the output"))
        found = gradients_of(case, inputs, list(map(lay, weights)))
        error = max(error, agree(found, gradients, f"laid out {how}, the gradient"))
    stretched = [np.broadcast_to(y.dtype.type(0.5), y.shape) for y in outputs]
    expected = gradients_of(case, case.inputs, [w.copy() for w in stretched])
    found = gradients_of(case, case.inputs, stretched)
    return max(error, agree(found, expected, "of a stretched gradient, the gradient"))


def strict_arrays(case: Case) -> float:
    """Values, first and second derivatives come without a meeting between an ndarray and a StrictArray."""
    weights, directions = _draw(case)

    def derivatives(case: Case, wrap: Callable) -> list:
        inputs, ws, ds = ([Tensor(wrap(x)) for x in arrays] for arrays in (case.inputs, weights, directions))
        return [*case(*inputs), *gradients_of(case, inputs, ws), *second_of(case, inputs, ws, ds)]

    strict = case.with_leaves(lambda leaf: StrictArray(leaf) if isinstance(leaf, np.ndarray) else leaf)
    try:
        found = [y.data.unwrap() for y in derivatives(strict, StrictArray)]
    except UnsupportedFunctionError:  # the op says that it is for NumPy's arrays only
        return 0.0
    return agree(found, derivatives(case, np.asarray), "on StrictArrays, a value or derivative")


def rules_equal_forward(case: Case) -> float:
    """Of a fused op: its rules give what the engine's own derivative of its forward gives, to second order."""
    if case.subject.op is None or not case.subject.op.fused:
        return 0.0
    weights, directions = _draw(case)
    both = (case, case.by_forward)
    first = [gradients_of(f, case.inputs, weights) for f in both]
    second = [second_of(f, case.inputs, weights, directions) for f in both]
    error = agree(first[0], first[1], "beside the derivative of the forward, the rule's gradient")
    return max(error, agree(second[0], second[1], "beside the derivative of the forward, the rule's second derivative"))


def batched(case: Case) -> float:
    """A batch of gradients pulled back in one pass, and one of tangents pushed forward, give what they give one by one;
    and so does the derivative of the former."""
    random, count = np.random.default_rng(0), 3
    run = Run(case, tuple(map(Tensor, case.inputs)), "check_op")
    weights, directions = (
        [np.stack([normal_like(t.data, random) for _ in range(count)]) for t in tensors]
        for tensors in (run.outputs, run.inputs)
    )

    def pulled(run: Run, weights: list, record: bool = False) -> list:
        return run.gradients(list(zip(run.outputs, weights)), record)

    def all_pulled(*inputs: Any) -> list:
        found = pulled(Run(case, inputs, "check_op"), list(map(Batched, weights)), record=True)
        return [Tensor(np.zeros_like(d)) if g is None else g.data for g, d in zip(found, directions)]

    try:
        backward = pulled(run, list(map(Batched, weights)))
        forward = run.pushed(list(map(Batched, directions)), False)
        second = gradients_of(all_pulled, case.inputs, directions)
    except NotBatchedError:
        return 0.0  # a rule that asks for the values of one gradient: the transforms give it one by one
    each = [([w[i] for w in weights], [d[i] for d in directions]) for i in range(count)]
    seconds = [second_of(case, case.inputs, ws, ds) for ws, ds in each]
    return max(
        _agree_stacked(backward, [pulled(run, ws) for ws, _ in each], run.inputs, "the pullback of a batch"),
        _agree_stacked(forward, [run.pushed(ds, False) for _, ds in each], run.outputs, "the pushforward of a batch"),
        agree(second, [sum(parts) for parts in zip(*seconds)], "the derivative of the pullback of a batch"),
    )


def _agree_stacked(at_once: list, one_by_one: list[list], of: list, what: str) -> float:
    """The same, where None is zeros, and what is no batch the same for each."""
    found = [_of_each(d.data if isinstance(d, Batched) else d, t, len(one_by_one)) for d, t in zip(at_once, of)]
    expected = [np.stack([_of_each(d, t, 1)[0] for d in parts]) for parts, t in zip(zip(*one_by_one, strict=True), of)]
    return agree(found, expected, what)


def _of_each(d: Any, t: Tensor, count: int) -> Any:
    return np.broadcast_to(np.zeros_like(t.data) if d is None else d, (count, *t.shape))


KINDS: dict[str, Callable[[Case], float | GradcheckReport]] = {
    "values": values, "first order": first_order, "second order": second_order, "forward mode": forward_mode,
    "each input alone": each_input_alone, "dtypes": dtypes, "inputs untouched": inputs_untouched,
    "without axes": without_axes, "complex numbers": complex_numbers, "layouts": layouts,
    "strict arrays": strict_arrays, "rules equal forward": rules_equal_forward, "batched": batched,
}  # fmt: skip
"""Every kind of check, by its name."""


def _draw(case: Case) -> tuple[list, list]:
    """A random gradient for each output, and a random direction for each input."""
    random = np.random.default_rng(0)
    weights = [normal_like(y, random) for y in outputs_of(case, case.inputs)]
    return weights, [normal_like(x, random) for x in case.inputs]


def _refuse_other_types(op: Any, arrays: list, tensors: list) -> None:
    """Arrays give arrays. Tensors give tensors, also for counts and indices; and arrays for what is auxiliary."""
    carrying = len(tensors) - len(op.aux) if op else len(tensors)
    for i, (array, tensor) in enumerate(zip(arrays, tensors, strict=True)):
        if isinstance(array, Tensor) or isinstance(tensor, Tensor) != (i < carrying):
            raise GradientCheckError(
                "arrays must give arrays, and tensors give tensors, and arrays for what is auxiliary"
            )


def _refuse_other_dtypes(gradients: list, inputs: list) -> None:
    for gradient, x in zip(gradients, inputs, strict=True):
        if gradient.dtype != x.dtype:
            raise GradientCheckError(f"the gradient of a tensor of {x.dtype} is {gradient.dtype}")


def _read_only(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.setflags(write=False)
    return value


def _in_fortrans_order(array: np.ndarray) -> np.ndarray:
    return np.array(array, order="F")


def _in_reverse(array: np.ndarray) -> np.ndarray:
    backwards = (slice(None, None, -1),) * array.ndim
    return array[backwards].copy()[backwards]


def _with_gaps(array: np.ndarray) -> np.ndarray:
    roomy = np.full([2 * n for n in array.shape], np.nan, array.dtype)
    roomy[_every_other(array.ndim)] = array
    return roomy[_every_other(array.ndim)]


def _every_other(ndim: int) -> tuple:
    return (..., *[slice(None, None, 2)] * ndim)
