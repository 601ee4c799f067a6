"""``np.pad`` on tensors: every mode at every width, tensors as values, functions, and what it refuses."""

import numpy as np
import pytest
from linear import check_linear

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, DTypeError, IndexingError, ShapeError

X = np.random.default_rng(0).standard_normal((3, 4))

MODES = [
    ("constant", {"constant_values": 2.5}),
    ("constant", {"constant_values": ((1, 2), (3, 4))}),
    ("constant", {"constant_values": (1, 2)}),
    ("edge", {}),
    ("linear_ramp", {}),
    ("linear_ramp", {"end_values": (1.1, -2.3)}),
    ("mean", {}),
    ("mean", {"stat_length": 2}),
    ("mean", {"stat_length": ((1, 2), (2, 9))}),
    ("reflect", {}),
    ("reflect", {"reflect_type": "odd"}),
    ("symmetric", {}),
    ("symmetric", {"reflect_type": "odd"}),
    ("wrap", {}),
]
ROUNDING = {mode: 1e-15 if mode == "linear_ramp" else 0.0 for mode, _ in MODES}
"""``np.linspace`` divides first or last, as it finds an equal start and end somewhere."""


@pytest.mark.parametrize(("mode", "options"), MODES)
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_all_widths(mode, options, length):
    x = X[:, :length]
    options = {name: value for name, value in options.items() if length > 1 or name != "stat_length"}
    for widths in ((0, 0), (1, 0), (0, 2), (3, 1), (2, 5), (7, 11)):
        check_linear(lambda x, widths=widths: np.pad(x, ((1, 0), widths), mode, **options), x, ROUNDING[mode])


@pytest.mark.parametrize("mode", ["maximum", "minimum"])
def test_extremes(mode):
    for options in ({}, {"stat_length": 2}, {"stat_length": ((1, 2), (3, 9))}):
        x = Tensor(X, requires_grad=True)
        found = np.pad(x, ((1, 2), (2, 1)), mode, **options)
        np.testing.assert_array_equal(found.numpy(), np.pad(X, ((1, 2), (2, 1)), mode, **options))
    x = Tensor([1.0, 3.0, 3.0], requires_grad=True)
    np.pad(x, (2, 0), "maximum").sum().backward()
    assert x.grad.tolist() == [1, 2, 2]  # two more copies of the extreme, shared by those that tie


@pytest.mark.parametrize(
    "widths", [1, (1,), (2, 1), ((2, 1),), ((1,), (2,)), [[0, 1], [2, 3]], np.array([1, 2]), {0: 2}, {-1: (0, 3), 0: 1}]
)
def test_forms_of_widths(widths):
    check_linear(lambda x: np.pad(x, widths), X)
    check_linear(lambda x: np.pad(x, widths, "wrap"), X)


@pytest.mark.parametrize(("mode", "name"), [("constant", "constant_values"), ("linear_ramp", "end_values")])
@pytest.mark.parametrize("shape", [(), (1,), (2,), (2, 1), (2, 2)])
def test_values_may_be_tensors(mode, name, shape):
    values = np.random.default_rng(1).standard_normal(shape)

    def padded(v):
        x = Tensor(X) if isinstance(v, Tensor) else X
        return np.pad(x, ((1, 2), (3, 0)), mode, **{name: v})

    check_linear(padded, values, ROUNDING[mode])


def test_the_content_of_empty_padding_has_no_gradient():
    x = Tensor(X, requires_grad=True)
    padded = np.pad(x, 2, "empty")
    np.testing.assert_array_equal(padded.numpy()[2:-2, 2:-2], X)
    padded.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.ones_like(X))


@pytest.mark.parametrize("mode", ["edge", "constant", "reflect", "mean", "linear_ramp"])
def test_nothing_to_pad_gives_a_copy(mode):
    x = Tensor(X)
    assert not np.shares_memory(np.pad(x, 0, mode).numpy(), X)
    assert np.pad(Tensor(1.5), 0, mode).tolist() == 1.5


def test_empty_arrays():
    x = Tensor(np.zeros((0, 3)), requires_grad=True)
    assert np.pad(x, ((0, 0), (1, 2)), "edge").shape == (0, 6)
    assert np.pad(x, 1).shape == (2, 5)


def test_a_function_writes_the_padding():
    def ends(row, widths, axis, options):
        row[: widths[0]] = options["value"] + axis
        row[len(row) - widths[1] :] = -options["value"]

    found = np.pad(Tensor(X), ((1, 2), (2, 0)), ends, value=3)
    np.testing.assert_array_equal(found.numpy(), np.pad(X, ((1, 2), (2, 0)), ends, value=3))


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (
            ArgumentError,
            "np.pad: there is no mode 'mirror'; there are constant, edge, linear_ramp, maximum, mean, median, "
            "minimum, reflect, symmetric, wrap, empty, and functions",
            lambda x: np.pad(x, 1, "mirror"),
        ),
        (
            ArgumentError,
            "np.pad: mode='edge' does not take constant_values=",
            lambda x: np.pad(x, 1, "edge", constant_values=1),
        ),
        (ArgumentError, "np.pad: pad_width cannot be negative; got -1", lambda x: np.pad(x, -1)),
        (DTypeError, "np.pad: pad_width must be integers; got float64", lambda x: np.pad(x, 1.5)),
        (
            IndexingError,
            "np.pad: axis 2 is out of bounds for an array of 2 axes",
            lambda x: np.pad(x, {2: 1}),
        ),
        (
            ShapeError,
            "np.pad: mode='edge' has nothing to fill shape (0, 3) with; use mode='constant'",
            lambda x: np.pad(np.zeros_like(x, shape=(0, 3)) if isinstance(x, np.ndarray) else x[:0, :3], 1, "edge"),
        ),
    ],
)
def test_what_is_refused(error, message, call):
    with pytest.raises((ValueError, TypeError, IndexError)):
        call(X)
    with pytest.raises(error) as found:
        call(Tensor(X, requires_grad=True))
    assert str(found.value) == message


def test_second_derivative_through_an_odd_reflection():
    def energy(x):
        return np.sum(np.pad(x, (2, 3), "reflect", reflect_type="odd") ** 2)

    matrix = np.array([np.pad(e, (2, 3), "reflect", reflect_type="odd") for e in np.eye(3)])
    np.testing.assert_allclose(tg.hessian(energy)(X[0, :3]), 2 * matrix @ matrix.T, rtol=1e-12)
