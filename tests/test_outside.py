"""Callables of NumPy that ask no tensor what to do: none of them makes a plain array of a tracked one silently."""

import contextlib
import io

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from tensorgraph import Tensor
from tensorgraph.core import REFUSED
from tensorgraph.errors import TrackedTensorError

VALUE = 0.7310585786300049  # no number that NumPy would come upon by itself
ASIDE = {"test", "row_stack"}  # NumPy's own tests, and a name that NumPy is about to drop


def callables_that_do_not_dispatch():
    for name in sorted(dir(np)):
        function = getattr(np, name)
        dispatches = isinstance(function, np.ufunc) or hasattr(function, "_implementation")
        if callable(function) and not dispatches and not name.startswith("_") and name not in ASIDE:
            yield pytest.param(function, id=name)


OUTSIDE = list(callables_that_do_not_dispatch())


def tracked(shape):
    return Tensor(np.full(shape, VALUE), requires_grad=True)


CALLS = [
    lambda f, t: f(t),
    lambda f, t: f([t, t]),
    lambda f, t: f([[t], [t]]),
    lambda f, t: f((t, 1.0)),
    lambda f, t: f(2, t),
    lambda f, t: f((2, 2), t),
    lambda f, t: f(t, t),
    lambda f, t: f(lambda x: x)(t),
    lambda f, t: f([t], float),
    lambda f, t: f(t, dtype=float),
]
TAKES_VALUES = {np.float64, np.fromiter, np.complex64, np.complex128}
"""They ask a tensor without axes for its value, as ``float(t)`` does, and cannot be told from it."""
UNINITIALIZED = {np.empty, np.ndarray, np.recarray}
"""Their results hold whatever the memory held before."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", OUTSIDE)
def test_nothing_becomes_plain_silently(function):
    for call in CALLS:
        for shape in ((3,), (2, 2), ()):
            if function in UNINITIALIZED or function in TAKES_VALUES and (not shape or function is np.fromiter):
                continue
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    result = call(function, tracked(shape))
            except (TypeError, ValueError, AttributeError, RuntimeError, IndexError, KeyError, OSError):
                continue
            if isinstance(result, np.ndarray | np.generic) and not isinstance(result, np.str_):
                assert result.dtype != object
                assert not np.any(np.asarray(result) == VALUE)


TRACKED = [
    lambda t: np.array(t), lambda t: np.array([t, t]), lambda t: np.array([t[0], t[1]]), lambda t: np.asarray(t),
    lambda t: np.asanyarray([[t]]), lambda t: np.asarray(t, dtype=object), lambda t: np.asarray_chkfinite(t),
    lambda t: np.ascontiguousarray(t), lambda t: np.asfortranarray(t), lambda t: np.require(t, float, "C"),
    lambda t: np.from_dlpack(t), lambda t: np.full(3, t), lambda t: np.full(3, t[0]), lambda t: np.float64(t),
    lambda t: np.float32(t[0]), lambda t: np.int64(t), lambda t: np.bool_(t[0]), lambda t: np.object_(t),
    lambda t: np.arange(t[0]), lambda t: np.arange(0, t[0], 0.5), lambda t: np.kaiser(5, t[0]),
    lambda t: np.vectorize(lambda v: v)(t), lambda t: np.nditer(t), lambda t: np.nditer([t, np.ones(3)]),
    lambda t: np.ndenumerate(t), lambda t: np.broadcast(t, np.ones(3)), lambda t: as_strided(t, (2,), (8,)),
]  # fmt: skip


@pytest.mark.parametrize("call", TRACKED)
def test_tracked_tensors_are_refused_with_the_fix(call):
    with pytest.raises(TrackedTensorError, match=r"Use \.numpy\(\) or \.detach\(\)"):
        call(tracked((3,)))


def test_tensors_that_require_nothing_become_arrays():
    x = Tensor([1.0, 2.0])
    assert np.array([x, x]).tolist() == [[1, 2], [1, 2]]
    assert np.full(2, x).tolist() == [1, 2]
    assert np.float32(x).tolist() == [1, 2]
    assert [value for _, value in np.ndenumerate(x)] == [1, 2]


def test_sizes_may_be_tensors():
    size = Tensor(2)
    assert np.zeros(size).shape == (2,)
    assert np.eye(size).shape == (2, 2)
    assert list(np.ndindex(size)) == [(0,), (1,)]


def test_facts_may_be_asked_of_tensors():
    x = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    assert np.dtype(x) == np.float32
    assert np.finfo(x).bits == 32
    assert np.iterable(x)
    assert not np.isfortran(x)
    assert np.broadcast_shapes(x.shape, (1,)) == (2, 3)


def test_what_can_be_used_instead_is_right():
    """What the reasons recommend for ``np.full``, ``np.arange`` and ``np.kaiser``."""
    t = Tensor(0.5)
    np.testing.assert_array_equal(np.broadcast_to(t, (2, 2)).numpy(), np.full((2, 2), 0.5))
    np.testing.assert_array_equal((1 + t * np.arange(3)).numpy(), np.arange(1, 2.5, 0.5))
    values = np.i0(0.5 * np.sqrt(1 - np.linspace(-1, 1, 5) ** 2)) / np.i0(0.5)
    np.testing.assert_allclose(values, np.kaiser(5, 0.5), rtol=1e-14)


@pytest.mark.parametrize("why", sorted({REFUSED[f.values[0]] for f in OUTSIDE if f.values[0] in REFUSED}))
def test_reasons_say_what_to_use(why):
    assert "Use " in why
