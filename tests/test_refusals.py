"""Every call that tensors refuse says the function, why, and what to use instead. Tried for each.

Generated from the registry: the functions that are refused, and each keyword of each function that is not. A keyword
does what it does in NumPy, or it is refused by name; it is never ignored.
"""

import inspect
import io
import re
import warnings

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.core import NUMPY, OPS, REFUSED, plain
from tensorgraph.core.registry import numpy_name
from tensorgraph.errors import TensorGraphError, TrackedTensorError, UnsupportedFunctionError
from tensorgraph.nesting import flatten
from tensorgraph.testing.case import subject

ADVICE = re.compile(
    r"\b(use|call|give|take|write|pass|compute|define|round|compare|convert|fill|reduce|choose|split|detach|differentiate|"
    r"sort|slice|index|build|make|multiply|apply|ask|leave|with|\w+\.numpy|\.detach)\b|np\.|t\.",
    re.IGNORECASE,
)
DIFFERENTIABLE = {key: entry for key, entry in [*OPS.items(), *NUMPY.items()] if callable(key)}
SAMPLED = [key for key, entry in DIFFERENTIABLE.items() if getattr(entry, "sampler", None) is not None]


def tracked(value):
    return tg.Tensor(value, requires_grad=True)


# How to call a refused function with a tensor, where a tensor for each argument that it needs would mean another thing.
WITH = {
    np.savez: lambda t: np.savez(io.BytesIO(), t),
    np.savez_compressed: lambda t: np.savez_compressed(io.BytesIO(), t),
    np.save: lambda t: np.save(io.BytesIO(), t),
    np.savetxt: lambda t: np.savetxt(io.StringIO(), t),
    np.bmat: lambda t: np.bmat([[t]]),
    np.vectorize: lambda t: np.vectorize(abs)(t),
}

# These never look at a tensor as one: they take its numbers one by one, as float(t) does, or have no use for it at all
# and raise an error of their own. A poly1d keeps the tensor of its coefficients, and loses no gradient.
UNASKED = [
    np.datetime_data,
    np.poly1d,
    np.frompyfunc,
    np.fromiter,
    np.memmap,
    np.recarray,
    np.record,
    np.nested_iters,
    np.flatiter,
    *{*np.sctypeDict.values()},
]


def required(function):
    """How many arguments a function needs; None where Python cannot tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.default is p.empty and p.kind in kinds for p in parameters)


def refusal(function):
    """The error that a function raises for tracked tensors: given one for each argument that it needs."""
    if function in WITH:
        with pytest.raises(TensorGraphError) as caught:
            WITH[function](tracked(np.eye(2)))
        return caught.value
    counts = [required(function)] if required(function) is not None else [1, 2, 3]
    for count in counts:
        for given in (tracked(np.eye(2)), tracked(2.0)):
            try:
                function(*[given] * max(count, 1))
            except TensorGraphError as error:
                return error
            except TypeError:
                continue
    return None


@pytest.mark.parametrize("function", list(REFUSED), ids=numpy_name)
def test_refusals_have_a_reason_and_advice(function):
    reason, advice, *_ = re.split(r"(?<=[.:;]) ", REFUSED[function], maxsplit=1) + [""]
    assert len(reason.split()) >= 3
    assert ADVICE.search(advice or reason)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("function", [f for f in REFUSED if f not in UNASKED], ids=numpy_name)
def test_refused_functions_say_so_when_they_meet_a_tensor(function):
    error = refusal(function)
    assert isinstance(error, UnsupportedFunctionError | TrackedTensorError)
    if isinstance(error, UnsupportedFunctionError):
        assert str(error) == f"{numpy_name(function)}: {REFUSED[function]}"


def test_functions_without_a_state_say_what_to_do():
    def unknown(x):
        return x

    unknown.__module__ = "numpy"
    with pytest.raises(UnsupportedFunctionError) as caught:
        tg.Tensor([1.0]).__array_function__(unknown, (tg.Tensor,), (tg.Tensor([1.0]),), {})
    assert str(caught.value) == (
        "np.unknown has no rule for tensors. For its value alone call np.unknown(t.numpy()); for its gradient write it "
        "with functions that have rules (listed in docs/ops.md), or define an op with @tensorgraph.op"
    )


# Keywords

TRIALS = {
    "axis": [0, -1], "dtype": [np.float64], "keepdims": [True], "initial": [0.5], "order": ["F", "C"],
    "casting": ["unsafe"],
    "subok": [False], "where": [np.True_], "like": [np.zeros(1)], "mode": ["wrap", "clip", "same"],
    "copy": [True, False],
    "method": ["lower", "hazen"], "weights": [], "ddof": [1], "correction": [1], "k": [1], "kind": ["stable"],
    "sparse": [True], "indexing": ["ij"], "left": [0.25], "right": [0.25], "period": [10.0], "norm": ["ortho"],
    "optimize": [True], "rcond": [1e-3], "hermitian": [False], "returned": [True], "rowvar": [False], "bias": [True],
}  # fmt: skip


def keywords_of(function):
    """The parameters that a function has a default for, each with values to try."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return
    for parameter in parameters:
        if parameter.default is parameter.empty or parameter.name == "out":
            continue
        if parameter.name in TRIALS:
            trials = TRIALS[parameter.name]
        elif isinstance(parameter.default, bool):
            trials = [not parameter.default]
        elif isinstance(parameter.default, int | float):
            trials = [parameter.default + 1]
        else:
            trials = [1, True]
        for value in trials:
            if value is not parameter.default:
                yield parameter.name, value


def outcome(case, name, value, make):
    """What a call with one more keyword gives, as arrays; or the error that it raises."""
    positional, keywords = case.subject.for_numpy(*case._arguments([make(x.copy()) for x in case.inputs]))
    try:
        found = case.subject.numpy(*positional, **keywords, **{name: value})
    except Exception as error:
        return error
    return [np.asarray(plain(leaf)) for leaf in flatten(found)[0]]


KEYWORDS = [(function, name, value) for function in SAMPLED for name, value in keywords_of(function)]


@pytest.mark.parametrize(
    ("function", "name", "value"),
    KEYWORDS,
    ids=[f"{numpy_name(f)}-{name}-{getattr(v, '__name__', v)}" for f, name, v in KEYWORDS],
)
def test_keywords_do_what_they_do_in_numpy_or_are_refused(function, name, value):
    for case in subject(function).cases(3, np.float64, 0):
        positional, keywords = case.subject.for_numpy(*case._arguments(case.inputs))
        if name in keywords or name in inspect.signature(function).bind_partial(*positional).arguments:
            continue
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            expected, found = (outcome(case, name, value, make) for make in (np.asarray, tracked))
        if isinstance(expected, Exception):
            assert isinstance(found, Exception), f"NumPy refuses {name}={value!r}, and tensors do not: {expected}"
        elif isinstance(found, Exception):
            assert isinstance(found, TensorGraphError)
            assert re.match(r"(np\.)?[\w.]+: ", str(found))
            assert re.search(rf"\b{name}\b", str(found)), "the error names the keyword"
        else:
            for a, b in zip(found, expected, strict=True):
                assert a.shape == b.shape
                np.testing.assert_allclose(a, b, 1e-12, 1e-12)
