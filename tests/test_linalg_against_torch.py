"""Linear algebra and Fourier transforms beside PyTorch: values, gradients and second derivatives, real and complex.

What depends on the phases of eigenvectors and singular vectors has no gradient; these programs do not.
"""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor

torch = pytest.importorskip("torch")


class Numpy:
    """NumPy's functions, under the names that programs use."""

    linalg, fft, exp, conj, swapaxes = np.linalg, np.fft, np.exp, np.conj, np.swapaxes
    constant = staticmethod(np.asarray)
    expm = staticmethod(tg.expm)


class Torch:
    """PyTorch's, under the same names."""

    linalg, fft, exp, conj, swapaxes = torch.linalg, torch.fft, torch.exp, torch.conj, torch.swapaxes
    constant = staticmethod(torch.tensor)
    expm = staticmethod(torch.linalg.matrix_exp)


WEIGHTS = np.random.default_rng(1).standard_normal((4, 4))


def adjoint(m, x):
    return m.conj(m.swapaxes(x, -1, -2))


def hermitian(m, x):
    return x + adjoint(m, x)


def positive(m, x):
    return x @ adjoint(m, x) + m.constant(np.eye(x.shape[-1]))


def function_of_hermitian(m, x):
    values, vectors = m.linalg.eigh(hermitian(m, x))
    return abs((vectors * m.exp(0.3 * values)[..., None, :]) @ adjoint(m, vectors) * m.constant(WEIGHTS)) ** 2


def eigenvectors_of_hermitian(m, x):
    values, vectors = m.linalg.eigh(x)
    return abs(vectors) ** 2 * m.constant(WEIGHTS) * values[..., None, :] ** 2


def eigenvectors(m, x):
    values, vectors = m.linalg.eig(x)
    return abs(vectors) ** 2 * m.constant(WEIGHTS) * abs(values)[..., None, :]


def singular(full):
    def program(m, x):
        u, s, vh = m.linalg.svd(x, full_matrices=full)
        k = s.shape[-1]
        return abs((u[..., :k] * m.exp(s)[..., None, :]) @ vh[..., :k, :]) ** 3 * (s**3).sum()

    return program


def basis_and_triangle(mode):
    def program(m, x):
        q, r = m.linalg.qr(x, mode=mode)
        return abs(q).sum() ** 2 * (abs(r) ** 3 + abs(r + 1))

    return program


def log_of_determinant(m, x):
    sign, log = m.linalg.slogdet(x)
    return abs(sign + (1 + 2 * log)) ** 3


def cholesky(upper):
    return lambda m, x: abs(m.linalg.cholesky(positive(m, x), upper=upper) + 1) ** 3


def norm(order):
    return lambda m, x: m.linalg.norm(x, order) ** 2


PROGRAMS = {  # name: (program, shapes of its inputs)
    "eigh": (function_of_hermitian, [(2, 4, 4)]),
    "eigvalsh": (lambda m, x: m.linalg.eigvalsh(hermitian(m, x)) ** 3, [(2, 4, 4)]),
    "eig": (eigenvectors, [(2, 4, 4)]),
    "eigvals": (lambda m, x: abs(m.linalg.eigvals(x)) ** 3, [(2, 4, 4)]),
    "svd, square": (singular(True), [(2, 3, 3)]),
    "svd, tall": (singular(False), [(4, 2)]),
    "svd, tall, full": (singular(True), [(4, 2)]),
    "svd, wide": (singular(False), [(2, 3, 4)]),
    "svd, wide, full": (singular(True), [(3, 4)]),
    "svdvals": (lambda m, x: m.linalg.svdvals(x) ** 3, [(2, 4, 3)]),
    "qr": (basis_and_triangle("reduced"), [(2, 4, 3)]),
    "qr, wide": (basis_and_triangle("reduced"), [(2, 4)]),
    "qr, complete": (basis_and_triangle("complete"), [(3, 3)]),
    "cholesky": (cholesky(False), [(2, 4, 4)]),
    "cholesky, upper": (cholesky(True), [(4, 4)]),
    "pinv, tall": (lambda m, x: abs(m.linalg.pinv(x)) ** 3, [(4, 3)]),
    "pinv, wide": (lambda m, x: abs(m.linalg.pinv(x)) ** 3, [(2, 3, 4)]),
    "pinv of lower rank": (lambda m, x: abs(m.linalg.pinv(x @ m.swapaxes(x, 0, 1), rtol=1e-6)) ** 3, [(4, 2)]),
    "det": (lambda m, x: abs(m.linalg.det(x)) ** 3, [(2, 4, 4)]),
    "slogdet": (log_of_determinant, [(2, 4, 4)]),
    "inv": (lambda m, x: abs(m.linalg.inv(x)) ** 3, [(2, 4, 4)]),
    "solve": (lambda m, x, y: abs(m.linalg.solve(x, y)) ** 3, [(2, 4, 4), (4, 3)]),
    "lstsq": (lambda m, x, y: abs(m.linalg.lstsq(x, y)[0]) ** 3, [(5, 3), (5, 2)]),
    "cond": (lambda m, x: m.linalg.cond(x) ** 2, [(3, 4)]),
    "cond, -2": (lambda m, x: m.linalg.cond(x, -2) ** 2, [(3, 4)]),
    "matrix_power": (lambda m, x: abs(m.linalg.matrix_power(x, 5)) ** 2, [(3, 3)]),
    "vecdot": (lambda m, x, y: abs(m.linalg.vecdot(x, y)) ** 3, [(2, 4), (2, 4)]),
    "expm": (lambda m, x: abs(m.expm(x)) ** 2, [(2, 3, 3)]),
}
for each in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
    PROGRAMS[f"norm of a matrix, {each}"] = norm(each), [(4, 3)]
for each in (1, 2, 3.5, 0.5, -2, np.inf, -np.inf):
    PROGRAMS[f"norm of a vector, {each}"] = norm(each), [(5,)]


def transform(name, *args):
    return lambda m, x: abs(getattr(m.fft, name)(x, *args)) ** 3


REAL_ONLY = {"rfft", "ihfft", "rfftn", "rfft2"}
TRANSFORMS = {}
for each in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    for points, scale in ((4, "backward"), (7, "ortho"), (8, "forward"), (3, "ortho")):
        TRANSFORMS[f"{each} {points} {scale}"] = each, (points, -1, scale)
for each in ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"):
    TRANSFORMS[each] = each, ()
    TRANSFORMS[f"{each} along chosen axes"] = each, ((3, 7), (0, -1), "ortho")


def compare(program, arrays):
    ours = [Tensor(a.copy(), requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    mine, reference = program(Numpy, *ours).sum(), program(Torch, *theirs).sum()
    np.testing.assert_allclose(mine.numpy(), reference.detach().numpy(), rtol=1e-10)
    mine.backward(create_graph=True)
    first = [x.grad for x in ours]
    expected = torch.autograd.grad(reference, theirs, create_graph=True)
    agree(first, expected)
    for x in ours:
        x.grad = None
    sum([(abs(g) ** 2).sum() for g in first]).backward()
    squares = sum([(g.abs() ** 2).sum() for g in expected])
    agree([x.grad for x in ours], torch.autograd.grad(squares, theirs))


def agree(found, expected):
    for g, wanted in zip(found, expected, strict=True):
        wanted = wanted.resolve_conj().detach().numpy()
        assert g.dtype == wanted.dtype
        np.testing.assert_allclose(g.numpy(), wanted, rtol=1e-8, atol=1e-8 * (1 + abs(wanted).max()))


def drawn(shape, kind):
    random = np.random.default_rng(0)
    array = random.standard_normal(shape)
    return array + 1j * random.standard_normal(shape) if kind is complex else array


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("name", PROGRAMS)
def test_linear_algebra(name, kind):
    program, shapes = PROGRAMS[name]
    compare(program, [drawn(shape, kind) for shape in shapes])


@pytest.mark.parametrize("kind", [float, complex])
def test_gradients_of_hermitian_matrices(kind):
    matrix = drawn((4, 4), kind)
    compare(eigenvectors_of_hermitian, [matrix + matrix.conj().T])


@pytest.mark.parametrize(
    ("title", "kind"),
    [(t, kind) for t, (name, _) in TRANSFORMS.items() for kind in (float, complex)[: 1 + (name not in REAL_ONLY)]],
)
def test_fourier_transforms(title, kind):
    name, args = TRANSFORMS[title]
    compare(transform(name, *args), [drawn((2, 5, 4) if name[-1] in "n2" else (2, 5), kind)])
