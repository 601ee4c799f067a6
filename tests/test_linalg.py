"""Linear algebra where generated tests do not look: complex vectors, equal eigenvalues, singular matrices, errors."""

import sys
from functools import partial
from itertools import permutations

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.errors import (
    ArgumentError,
    DTypeError,
    MatrixError,
    MissingDependencyError,
    ShapeError,
    UnsupportedFunctionError,
)
from tensorgraph.testing import gradcheck, gradgradcheck


def rng():
    return np.random.default_rng(7)


def real(*shape):
    return rng().standard_normal(shape)


def complex_numbers(*shape):
    random = rng()
    return random.standard_normal(shape) + 1j * random.standard_normal(shape)


def adjoint(x):
    return np.swapaxes(x, -1, -2).conj()


def hermitian(x):
    return (x + adjoint(x)) / 2


def leaf(values):
    return Tensor(np.array(values, dtype=np.result_type(np.asarray(values), float)), requires_grad=True)


def check(f, *inputs):
    gradcheck(f, inputs)
    gradgradcheck(f, inputs, directions=3)


# Complex vectors: what does not depend on their phases is differentiated


def function_of_hermitian(x):
    values, vectors = np.linalg.eigh(hermitian(x))
    return abs(vectors * np.exp(values)[..., None, :] @ adjoint(vectors)) ** 2


def sizes_of_eigenvectors(x):
    values, vectors = np.linalg.eig(x)
    return abs(vectors) ** 2, abs(values) ** 3


def function_of_singular_values(full_matrices):
    def function(x):
        u, s, vh = np.linalg.svd(x, full_matrices=full_matrices)
        k = s.shape[-1]
        return abs((u[..., :k] * np.exp(s)[..., None, :]) @ vh[..., :k, :]) ** 2

    return function


def rest_of_the_basis(x):
    """The projection onto what is perpendicular to the columns, by the vectors that complete their basis."""
    u, _, _ = np.linalg.svd(x)
    q, _ = np.linalg.qr(x, mode="complete")
    n = x.shape[-1]
    return [abs(b[..., n:] @ adjoint(b[..., n:])) ** 2 for b in (u, q)]


VECTORS = [
    ("eigh", function_of_hermitian, (2, 3, 3)),
    ("eig", sizes_of_eigenvectors, (2, 3, 3)),
    ("full svd", function_of_singular_values(True), (4, 2)),
    ("full svd of wide", function_of_singular_values(True), (2, 4)),
    ("svd", function_of_singular_values(False), (2, 2, 4)),
    ("svd of square", function_of_singular_values(False), (3, 3)),
    ("rest of the basis", rest_of_the_basis, (4, 2)),
    ("sign and logarithm of det", lambda x: [abs(1 + part) ** 2 for part in np.linalg.slogdet(x)], (2, 3, 3)),
]

# What is not determined has no gradient

PHASES = (
    "the gradient depends on the phases of complex vectors, which nothing determines: each may be multiplied by any "
    "number of absolute value 1. Make the loss independent of them: use abs(v)"
)
REST = (
    "the gradient depends on vectors that only complete the basis, of which nothing is determined but the space that "
    "they span. Ask for the reduced form"
)
EQUAL_EIGENVALUES = (
    "two eigenvalues are equal, so their eigenvectors are not determined, and no gradient flows through these. If the "
    "loss needs eigenvalues only, use np.linalg."
)
EQUAL_SINGULAR_VALUES = (
    "two singular values are equal, so their singular vectors are not determined, and no gradient flows through these. "
    "If the loss needs singular values only, use np.linalg.svdvals"
)
ZERO = (
    "a singular value is zero, so its singular vectors are not determined by each other, and no gradient flows through "
    "these. If the loss needs singular values only, use np.linalg.svdvals"
)
TURNED = np.linalg.qr(real(4, 4))[0]
EQUAL = TURNED @ np.diag([3.0, 1.0, 1.0, 1.0]) @ TURNED.T
SINGULAR = np.diag([2.0, 1, 0])[:, 1:]
BATCH = np.stack([np.diag([1e3, 2e3, 4e3, 5e3]), 1e-3 * EQUAL])

REFUSED = [  # function, at which point it has no gradient, and what the error says
    (lambda x: np.linalg.eigh(hermitian(x))[1], complex_numbers(3, 3), "eigh: " + PHASES),
    (lambda x: np.linalg.eig(x)[1], complex_numbers(3, 3), "eig: " + PHASES),
    (lambda x: np.linalg.svd(x)[0], complex_numbers(3, 3), "svd: " + PHASES),
    (lambda x: np.linalg.svd(x)[2], complex_numbers(3, 3), "svd: " + PHASES),
    (lambda x: np.linalg.svd(x)[0], real(4, 2), "svd: " + REST),
    (lambda x: np.linalg.svd(x)[2], real(2, 4), "svd: " + REST),
    (lambda x: np.linalg.qr(x, mode="complete")[0], real(4, 2), "qr: " + REST),
    (lambda x: np.linalg.eigh(x)[1], EQUAL, "eigh: " + EQUAL_EIGENVALUES + "eigvalsh"),
    (lambda x: np.linalg.eigh(x)[1], -EQUAL, "eigh: " + EQUAL_EIGENVALUES + "eigvalsh"),
    (lambda x: np.linalg.eigh(x)[1], 1e-9 * EQUAL, "eigh: " + EQUAL_EIGENVALUES + "eigvalsh"),
    (lambda x: np.linalg.eigh(x)[1], 1e9 * EQUAL, "eigh: " + EQUAL_EIGENVALUES + "eigvalsh"),
    (lambda x: np.linalg.eigh(x)[1], np.zeros((4, 4)), "eigh: " + EQUAL_EIGENVALUES + "eigvalsh"),
    (lambda x: np.linalg.eigh(x)[1], BATCH, "eigh: " + EQUAL_EIGENVALUES + "eigvalsh"),
    (lambda x: np.linalg.eig(x)[1], np.eye(4), "eig: " + EQUAL_EIGENVALUES + "eigvals"),
    (lambda x: np.linalg.svd(x)[0], EQUAL, "svd: " + EQUAL_SINGULAR_VALUES),
    (lambda x: np.linalg.svd(x)[2], EQUAL, "svd: " + EQUAL_SINGULAR_VALUES),
    (lambda x: np.linalg.svd(x, full_matrices=False)[0], SINGULAR, "svd: " + ZERO),
    (lambda x: np.linalg.svd(x, full_matrices=False)[2], SINGULAR.T, "svd: " + ZERO),
    (lambda x: np.linalg.svd(x, full_matrices=False)[0], TURNED[:3, :3] @ SINGULAR, "svd: " + ZERO),
]


def refuses(function, matrix, message):
    x = leaf(matrix)
    found = function(x)
    with pytest.raises(MatrixError) as raised:
        (found.real * np.arange(found.size).reshape(found.shape)).sum().backward()
    assert str(raised.value) == message


# Equal values by themselves have gradients; so do vectors of other values

EQUAL_VALUES = [  # function, and its gradient
    (lambda x: np.linalg.eigvalsh(x).sum(), lambda m: np.eye(4)),
    (lambda x: np.linalg.eigh(x)[0].sum(), lambda m: np.eye(4)),
    (lambda x: np.linalg.eigvals(x).real.sum(), lambda m: np.eye(4)),
    (lambda x: (np.linalg.eigvalsh(x) ** 3).sum(), lambda m: 3 * m @ m),
    (lambda x: (np.linalg.svdvals(x) ** 2).sum(), lambda m: 2 * m),
    (lambda x: (np.linalg.svd(x)[1] ** 2).sum(), lambda m: 2 * m),
    (lambda x: np.linalg.norm(x, "nuc"), lambda m: np.eye(4) if m.any() else m),
]


def has_gradient(function, gradient, matrix):
    np.testing.assert_allclose(tg.grad(function)(matrix), gradient(matrix), atol=1e-12)


def simple_eigenvector(x):
    return abs(np.linalg.eigh(hermitian(x @ adjoint(x)) + np.eye(4))[1][:, -1])


def simple_singular_vector(x):
    u, _, vh = np.linalg.svd(x @ adjoint(x))
    return abs(u[:, 0]) * abs(vh[0])


# Determinants of any rank


def by_permutations(x):
    """The determinant as the sum of its products."""
    terms = []
    for order in permutations(range(x.shape[-1])):
        sign = round(np.linalg.det(np.eye(len(order))[list(order)]))
        terms.append(sign * np.prod(np.stack([x[i, j] for i, j in enumerate(order)])))
    return sum(terms)


def derivatives_of_determinants(size, rank, orders, draw=real):
    start, direction = draw(size, rank) @ draw(rank, size)[::-1], draw(size, size + 1)[:, 1:]
    found, expected = [
        lambda t, f=f: (f(start + t * direction) * (1 + 2j)).real for f in (np.linalg.det, by_permutations)
    ]
    for _ in range(orders):
        found, expected = tg.grad(found), tg.grad(expected)
        np.testing.assert_allclose(found(0.0), expected(0.0), rtol=1e-9, atol=1e-11)


def determinants_of_badly_scaled_matrices():
    x = np.diag([1e8, 1.0, 1e-7, 1e-12]) + 0j
    np.testing.assert_allclose(tg.grad(lambda x: np.linalg.det(x).real)(x), np.diag([1e-19, 1e-11, 1e-4, 10]), 1e-12)


def determinants_of_a_batch_of_every_rank():
    ranks = np.stack([np.diag([2.0, 3, 5]), np.diag([2.0, 3, 0]), np.diag([2.0, 0, 0]), np.zeros((3, 3))])
    expected = [np.diag([15.0, 10, 6]), np.diag([0.0, 0, 6]), np.zeros((3, 3)), np.zeros((3, 3))]
    np.testing.assert_allclose(tg.grad(lambda x: np.linalg.det(x).sum())(ranks), expected, atol=1e-12)


def second_derivatives_of_nearly_singular_determinants():
    """By the inverse alone, these lose so many digits as the matrix is near a singular one."""
    x = TURNED @ np.diag([3.0, 2.0, 1.0, 1e-9]) @ TURNED.T[::-1]
    second = tg.grad(lambda x: (tg.grad(np.linalg.det)(x) * TURNED).sum())(x)
    expected = tg.grad(lambda x: (tg.grad(by_permutations)(x) * TURNED).sum())(x)
    np.testing.assert_allclose(second, expected, atol=1e-12)


# Hermitian matrices are given by a triangle, and have Hermitian gradients

OF_HERMITIAN = [
    lambda x: np.linalg.eigvalsh(x)[0],
    lambda x: np.linalg.eigh(x, "U")[0][0],
    lambda x: (abs(np.linalg.eigh(x)[1]) ** 2 * TURNED[:3, :3]).sum(),
    lambda x: abs(np.linalg.cholesky(x + 9 * np.eye(3))).sum(),
    lambda x: abs(np.linalg.cholesky(x + 9 * np.eye(3), upper=True)).sum(),
    lambda x: abs(np.linalg.pinv(x, hermitian=True) * TURNED[:3, :3]).sum(),
]


def has_hermitian_gradient(function, matrix):
    gradient = tg.grad(function)(hermitian(matrix))
    np.testing.assert_allclose(gradient, adjoint(gradient), atol=1e-12)
    assert abs(gradient).max() > 0.01


PROOFS = {  # what the mutants of rules are put to, besides the generated checks
    **{
        f"{name} {draw.__name__}": partial(check, function, draw(*shape))
        for name, function, shape in VECTORS
        for draw in (real, complex_numbers)
    },
    **{f"refused {i}": partial(refuses, *row) for i, row in enumerate(REFUSED)},
    **{
        f"equal values {i} {name}": partial(has_gradient, *row, matrix)
        for i, row in enumerate(EQUAL_VALUES)
        for name, matrix in {"one": np.eye(4), "some": EQUAL, "zero": np.zeros((4, 4))}.items()
    },
    "an eigenvector beside equal values": partial(gradcheck, simple_eigenvector, real(4, 1)),
    "a singular vector beside equal values": partial(gradcheck, simple_singular_vector, real(4, 1)),
    **{f"determinant of rank {rank}": partial(derivatives_of_determinants, 4, rank, 4) for rank in range(5)},
    "complex determinant": partial(derivatives_of_determinants, 3, 2, 3, complex_numbers),
    "determinant of five rows": partial(derivatives_of_determinants, 5, 1, 5),
    "badly scaled determinant": determinants_of_badly_scaled_matrices,
    "batch of determinants": determinants_of_a_batch_of_every_rank,
    "nearly singular determinant": second_derivatives_of_nearly_singular_determinants,
    **{
        f"of hermitian {i} {draw.__name__}": partial(has_hermitian_gradient, f, draw(3, 3))
        for i, f in enumerate(OF_HERMITIAN)
        for draw in (real, complex_numbers)
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PROOFS)
def test_proof(name):
    PROOFS[name]()


# Singular matrices


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (np.linalg.inv, "inv"),
        (lambda x: np.linalg.solve(x, np.ones(2)), "solve"),
        (lambda x: np.linalg.cond(x, 1), "inv"),
        (lambda x: np.linalg.matrix_power(x, -1), "inv"),
        (np.linalg.tensorinv, None),
    ],
)
def test_singular_matrices_raise_what_numpy_raises(call, name):
    x = leaf(np.ones((2, 2)))
    with pytest.raises(np.linalg.LinAlgError if name else ArgumentError) as raised:
        call(x)
    assert name is None or str(raised.value).startswith(f"{name}: Singular matrix\n  a  (2, 2) float64")


def test_cholesky_of_what_is_not_positive_definite():
    with pytest.raises(np.linalg.LinAlgError, match="cholesky: Matrix is not positive definite"):
        np.linalg.cholesky(leaf(-np.eye(2)))


def test_condition_numbers_of_singular_matrices():
    assert np.linalg.cond(leaf([[1.0, 0.0], [0.0, 0.0]])).item() == np.inf
    assert np.linalg.cond(leaf(np.zeros((2, 2)))).item() == np.inf
    assert np.linalg.cond(leaf(np.zeros((2, 2))), -2).item() == np.inf


@pytest.mark.parametrize("UPLO", ["L", "U"])
def test_only_one_triangle_is_read(UPLO):
    x = real(3, 3)
    for function in (np.linalg.eigvalsh, lambda x, uplo: np.linalg.eigh(x, uplo)[0]):
        np.testing.assert_array_equal(function(leaf(x), UPLO).numpy(), function(x, UPLO))
    for upper in (False, True):
        x = real(3, 3) + 9 * np.eye(3)
        given = np.linalg.cholesky(leaf(x), upper=upper).numpy()
        np.testing.assert_array_equal(given, np.linalg.cholesky(x, upper=upper))


# Values have NumPy's types


def test_results_with_names():
    x = leaf(real(3, 3))
    assert np.linalg.eigh(x)._fields == ("eigenvalues", "eigenvectors")
    assert np.linalg.eig(x)._fields == ("eigenvalues", "eigenvectors")
    assert np.linalg.svd(x)._fields == ("U", "S", "Vh")
    assert np.linalg.svd(x, hermitian=True)._fields == ("U", "S", "Vh")
    assert np.linalg.qr(x)._fields == ("Q", "R")
    assert np.linalg.slogdet(x)._fields == ("sign", "logabsdet")
    assert np.linalg.slogdet(x).sign.item() in (-1, 1)


def test_eigenvalues_of_real_matrices_are_complex_where_numpys_are():
    turn = leaf([[0.0, -1.0], [1.0, 0.0]])
    assert np.linalg.eigvals(turn).dtype == np.complex128
    np.testing.assert_array_equal(np.linalg.eigvals(turn).numpy(), [1j, -1j])
    abs(np.linalg.eigvals(turn * 2.0)).sum().backward()
    assert turn.grad.dtype == np.float64


def test_counts_are_on_no_graph():
    x = leaf(real(3, 3))
    for count in (np.linalg.matrix_rank(x), np.linalg.lstsq(x, np.ones(3))[2], np.linalg.norm(x[0], 0)):
        assert type(count) is Tensor and not count.requires_grad
        assert count == 3
    path, _ = np.einsum_path("ij,jk->ik", x, x)
    assert path == ["einsum_path", (0, 1)]
    np.testing.assert_array_equal(np.fft.fftfreq(4), [0, 0.25, -0.5, -0.25])


def test_lists_and_integers_beside_tensors():
    t = leaf(real(2, 2))
    np.testing.assert_allclose(np.linalg.solve([[2, 0], [0, 4]], t).numpy(), t.numpy() / [[2], [4]])
    np.linalg.solve([[2, 0], [0, 4]], t).sum().backward()
    np.testing.assert_allclose(t.grad.numpy(), [[0.5, 0.5], [0.25, 0.25]])
    t.grad = None
    np.kron([1, 2], t[0]).sum().backward()
    np.testing.assert_allclose(t.grad.numpy(), [[3, 3], [0, 0]])
    assert np.linalg.norm(Tensor([3, 4])).item() == 5.0
    assert np.dot(Tensor([1, 2]), Tensor([3, 4])).dtype == np.int64
    assert np.trace(Tensor([[1, 2], [3, 4]])).item() == 5
    np.testing.assert_array_equal(np.tensordot(Tensor([1, 2]), [3, 4], 1).numpy(), 11)
    assert np.linalg.det(Tensor([[1, 2], [3, 4]])).dtype == np.float64


def test_matrices_without_elements():
    empty = leaf(np.zeros((0, 0)))
    assert np.linalg.det(empty).item() == 1.0
    assert np.linalg.slogdet(empty).logabsdet.item() == 0.0
    assert np.linalg.inv(empty).shape == np.linalg.cholesky(empty).shape == (0, 0)
    assert np.linalg.eigh(empty).eigenvectors.shape == (0, 0)
    assert np.linalg.svd(leaf(np.zeros((3, 0)))).U.shape == (3, 3)
    assert np.linalg.pinv(leaf(np.zeros((0, 3)))).shape == (3, 0)
    assert np.linalg.norm(empty).item() == np.linalg.norm(empty, "nuc").item() == 0.0
    for function in (np.linalg.det, lambda x: np.linalg.eigh(x)[0].sum(), lambda x: np.linalg.svdvals(x).sum()):
        assert tg.grad(function)(np.zeros((0, 0))).shape == (0, 0)


def test_vectors_of_two_components():
    a, b = leaf([1.0, 2.0]), leaf([3.0, 5.0, 7.0])
    with pytest.warns(DeprecationWarning):
        expected = (
            np.cross(a.numpy(), a.numpy() * 2 + 1),
            np.cross(a.numpy(), b.numpy()),
            np.cross(b.numpy(), a.numpy()),
        )
    found = np.cross(a, a * 2 + 1), np.cross(a, b), np.cross(b, a)
    for mine, numpys in zip(found, expected):
        np.testing.assert_array_equal(mine.numpy(), numpys)
    check(lambda a, b: [np.cross(a, b), np.cross(b, a), np.cross(a, a * a)], a.numpy(), b.numpy())


def test_the_exponential_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.linalg", None)
    with pytest.raises(MissingDependencyError) as raised:
        tg.expm(Tensor(np.eye(2)))
    assert str(raised.value) == "expm: needs SciPy: pip install 'tensorgraph[scipy]'\n  a  (2, 2) float64"


# Refusals

x22, x33, x4 = np.ones((2, 2)), np.ones((3, 3)), np.ones(4)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: np.linalg.qr(leaf(x22), "raw"), UnsupportedFunctionError,
            "np.linalg.qr: mode='raw' is not supported on tensors. Use 'reduced', 'complete' or 'r'",
        ),
        (
            lambda: np.linalg.norm(leaf(x22), 3), ArgumentError,
            "np.linalg.norm: the order of a norm of matrices is 'fro', 1, -1, inf, -inf, 2, -2, 'nuc'; got 3",
        ),
        (
            lambda: np.linalg.norm(leaf(x4), "nuc"), ArgumentError,
            "norm: the order of a norm of vectors is a number or inf; got 'nuc'",
        ),
        (
            lambda: np.linalg.norm(leaf(np.ones((2, 2, 2))), 2), ArgumentError,
            "np.linalg.norm: a norm is over one axis or two; got (0, 1, 2) of shape (2, 2, 2)",
        ),
        (
            lambda: np.linalg.cond(leaf(np.ones((0, 2)))), MatrixError,
            "np.linalg.cond: not defined on empty matrices; got shape (0, 2)",
        ),
        (
            lambda: np.linalg.pinv(leaf(x22), 1e-3, rtol=1e-3), ArgumentError,
            "np.linalg.pinv: rtol and rcond mean the same; give one of them",
        ),
        (
            lambda: np.linalg.tensorinv(leaf(np.ones((2, 3, 4))), 1), ShapeError,
            "np.linalg.tensorinv: the first 1 axes and the others of (2, 3, 4) are not equally many",
        ),
        (
            lambda: np.linalg.tensorsolve(leaf(np.ones((2, 3))), x22[0]), ShapeError,
            "np.linalg.tensorsolve: (2, 3) is not a square matrix for b of shape (2,)",
        ),
        (
            lambda: np.tensordot(leaf(x22), x33), ShapeError,
            "np.tensordot: axes (0, 1) of a, of shape (2, 2), do not have the lengths of axes (0, 1) of b, of shape "
            "(3, 3)",
        ),
        (
            lambda: np.cross(leaf(x4), x4), ShapeError,
            "np.cross: vectors have 2 or 3 components; got arrays of shapes (4,) and (4,)",
        ),
        (
            lambda: np.linalg.cross(leaf(x4), x4), ShapeError,
            "np.linalg.cross: vectors have 3 components; got (4,) and (4,) with axis=-1",
        ),
        (
            lambda: np.linalg.outer(leaf(x22), x4), ShapeError,
            "np.linalg.outer: takes two vectors; got (2, 2) and (4,). np.outer flattens",
        ),
        (
            lambda: np.linalg.multi_dot([leaf(x22)]), ArgumentError,
            "np.linalg.multi_dot: multiplies two arrays or more; got 1",
        ),
        (
            lambda: np.linalg.multi_dot([leaf(x22), np.ones((1, 2, 2)), x22]), ShapeError,
            "np.linalg.multi_dot: takes matrices, and vectors at either end; got shape (1, 2, 2)",
        ),
        (
            lambda: np.linalg.matrix_power(leaf(np.ones((2, 3))), 2), ShapeError,
            "np.linalg.matrix_power: takes square matrices; got shape (2, 3)",
        ),
        (
            lambda: np.linalg.matrix_power(leaf(x22), 1.5), ArgumentError,
            "np.linalg.matrix_power: the exponent is an integer; got 1.5",
        ),
        (
            lambda: tg.expm(Tensor(np.ones((2, 3)))), ShapeError,
            "expm: takes square matrices, the last two axes\n  a  (2, 3) float64",
        ),
        (
            lambda: np.einsum(leaf(x22), [0, 52], [0]), ArgumentError,
            "einsum: indices are integers from 0 to 51, and ...; got [0, 52]",
        ),
        (
            lambda: np.einsum("ij->", leaf(x22), dtype=np.float32), DTypeError,
            "einsum: an operand of float64 cannot become float32 with casting='safe'; give another",
        ),
        (
            lambda: np.einsum("ii", leaf(np.ones((2, 3)))), ShapeError,
            "einsum: 'i' names axes of lengths 2 and 3",
        ),
        (
            lambda: np.fft.fftn(leaf(x22), (2, 2)), ArgumentError,
            "np.fft.fftn: with s, give axes, and a whole number for each: -1 is the whole axis",
        ),
        (
            lambda: np.fft.rfft2(leaf(x22), (2,), (0, 1)), ArgumentError,
            "np.fft.rfft2: s has 1 lengths for 2 axes",
        ),
        (
            lambda: np.fft.irfftn(leaf(1.0)), ArgumentError,
            "np.fft.irfftn: real numbers are transformed along one axis at least; got none",
        ),
        (
            lambda: np.fft.hfft(leaf(x4), norm="both"), ArgumentError,
            "np.fft: norm is None, 'backward', 'ortho' or 'forward'; got 'both'",
        ),
    ],
)  # fmt: skip
def test_errors(call, kind, message):
    with pytest.raises(kind) as raised:
        call()
    assert str(raised.value) == message


def test_einsum_keeps_the_axes_of_an_ellipsis():
    x = np.ones((2, 3, 3))
    assert np.einsum("...ij->...", leaf(x)).shape == (2,)
    with pytest.raises(ShapeError) as caught:
        np.einsum("...ij->j", leaf(x))
    assert str(caught.value) == (
        "einsum: '...ij->j' names no place in the result for the axes of '...'; write '->...j'"
    )
    assert np.einsum("...ij->j", leaf(x[0])).shape == (3,)  # there are none
