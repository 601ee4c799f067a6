"""What the table of differences says is so: of this package, of PyTorch, of JAX, and of who is right."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import MatrixError, OverwrittenError

from . import peers
from .differences import BETWEEN, DIFFERENCES, LIMIT, rendered

PAGE = Path(__file__).parents[2] / "docs" / "differences.md"
each_difference = pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.title)


def inputs_of(difference):
    return [np.asarray(x, complex if np.iscomplexobj(x) else float) for x in difference.at]


def derivative(difference, name, peer):
    """The first or the second derivative with respect to the first input, of the sum of the outputs."""
    f, inputs = difference.of(name), inputs_of(difference)
    second = difference.order == 2
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        values = [np.asarray(y) for y in peers.parts(difference.f(peers.Ours.names, *inputs))]
        weights = [np.ones_like(y) for y in peers.carrying(values)]
        directions = [np.ones_like(x) for x in inputs]
        found = peer.run(lambda *xs: f(peer.names, *xs), inputs, weights, directions, second)
    return (found.second if second else found.first)[0]


@each_difference
def test_here(difference):
    found = derivative(difference, "numpy", peers.Ours())
    np.testing.assert_allclose(found, difference.ours, 1e-9, 1e-9)


@each_difference
def test_pytorch(difference, torch):
    if difference.torch is None:
        with pytest.raises((AttributeError, NotImplementedError, RuntimeError)):
            derivative(difference, "torch", torch)
    else:
        np.testing.assert_allclose(derivative(difference, "torch", torch), difference.torch, 1e-9, 1e-9)


@each_difference
def test_jax(difference, jax):
    np.testing.assert_allclose(derivative(difference, "jax", jax), difference.jax, 1e-9, 1e-9)


def slopes(difference):
    """The derivatives from the left and from the right along each coordinate of the first input; complex numbers along
    the real and the imaginary axis.
    """
    x, *rest = inputs_of(difference)
    step = 1e-4 if difference.order == 2 else 1e-6

    def total(value):
        with np.errstate(all="ignore"):
            return np.sum(difference.f(peers.Ours.names, value, *rest)).real

    left, right = np.zeros(x.shape, x.dtype), np.zeros(x.shape, x.dtype)
    for at in np.ndindex(x.shape):
        for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
            move = np.zeros(x.shape, x.dtype)
            move[at] = step * unit
            left[at] += unit * (total(x) - total(x - move)) / step
            right[at] += unit * (total(x + move) - total(x)) / step
    return left, right, step


@pytest.mark.parametrize("difference", [d for d in DIFFERENCES if d.right == LIMIT], ids=lambda d: d.title)
def test_finite_differences_agree(difference):
    left, right, step = slopes(difference)
    numeric = (right - left) / step if difference.order == 2 else (left + right) / 2
    np.testing.assert_allclose(difference.ours, numeric, 1e-5, 1e-5)


@pytest.mark.parametrize("difference", [d for d in DIFFERENCES if d.right == BETWEEN], ids=lambda d: d.title)
def test_one_sided_derivatives_enclose_it(difference):
    left, right, _ = slopes(difference)
    assert (np.minimum(left, right) - 1e-5 <= difference.ours).all()
    assert (difference.ours <= np.maximum(left, right) + 1e-5).all()
    assert (left != right).any(), "then finite differences agree"


# Differences that are no points


def test_complex_gradients(torch, jax):
    def square(m):
        return lambda z: m.abs(z * z)

    z = torch.torch.tensor(1 + 2j, requires_grad=True)
    square(torch.torch)(z).backward()
    np.testing.assert_allclose(tg.grad(square(np))(1 + 2j), 2 + 4j, 1e-12)
    np.testing.assert_allclose(z.grad.numpy(), 2 + 4j, 1e-12)
    np.testing.assert_allclose(jax.jax.grad(square(jax.names))(1 + 2j), 2 - 4j, 1e-12)


def test_arrays_without_axes(torch, jax):
    single, double = np.ones(2, np.float32), np.array(1.0)
    assert (tg.Tensor(single) * tg.Tensor(double)).dtype == np.float64
    assert (torch.torch.tensor(single) * torch.torch.tensor(double)).dtype == torch.torch.float32
    assert (jax.names.asarray(single) * jax.names.asarray(double)).dtype == np.float64


def test_spread_of_a_sample(torch, jax):
    x = np.array([1.0, 3.0])
    assert np.var(tg.Tensor(x)).item() == jax.names.var(x).item() == 1
    assert torch.torch.var(torch.torch.tensor(x)).item() == 2


def test_an_array_changed_through_numpy(torch):
    """The derivative of x squared at 1 is 2. PyTorch reads what was written later: it says 100."""
    array = np.array(1.0)
    x = torch.torch.from_numpy(array).requires_grad_()
    y = x * x
    array[...] = 50
    y.backward()
    assert x.grad.item() == 100
    array = np.array(1.0)
    with tg.debug():
        x = tg.Tensor(array, requires_grad=True)
        y = x * x
        array[...] = 50
        with pytest.raises(OverwrittenError):
            y.backward()


def test_second_derivatives_at_equal_eigenvalues(torch, jax):
    def trace(m):
        return lambda x: m.sum(m.linalg.eigvalsh(x))

    x = np.eye(2)
    with pytest.raises(MatrixError, match="two eigenvalues are equal"):
        peers.Ours().run(trace(np), [x], [np.array(1.0)], [np.ones((2, 2))], True)
    for peer in (torch, jax):
        assert np.isnan(peer.run(trace(peer.names), [x], [np.array(1.0)], [np.ones((2, 2))], True).second[0]).all()


def test_the_page_has_the_table():
    assert rendered() in PAGE.read_text(encoding="utf-8"), "python docs/make_differences.py"
