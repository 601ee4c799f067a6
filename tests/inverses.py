"""Pairs of inverse functions, for ``test_properties``: name, function, inverse, shape, domain."""

import numpy as np

import tensorgraph as tg
from tensorgraph.testing import Draw

MATRIX = np.array([[2.0, -1.0, 0.5], [0.3, 1.5, -0.7], [-0.4, 0.6, 1.8]])
LOWER = np.tril_indices(3)


def draw_from(domain, shape, seed):
    """Random values: of a domain of ``Draw``, well-conditioned square matrices, or lower triangles."""
    draw = Draw(np.float64, seed)
    if domain == "distinct":
        return draw.distinct(*shape)
    if domain == "lower":
        return np.where(LOWER[0] == LOWER[1], 1.5, 0.4) * draw.positive(*shape)
    if domain == "matrix":
        return 0.4 * draw(*shape) + 2 * np.eye(shape[-1])
    return getattr(draw, domain)(*shape)


def parts(z):
    """Complex numbers as pairs of real ones."""
    return np.stack([np.real(z), np.imag(z)])


def whole(pair):
    return pair[0] + 1j * pair[1]


def of_complex(f):
    return lambda pair: parts(f(whole(pair)))


def lower(matrix):
    """The lower triangle of a matrix as a vector."""
    return matrix[LOWER]


def from_lower(vector):
    """The matrix with this lower triangle, and zeros above it."""
    return tg.ops.indexing.scatter(vector, LOWER, (3, 3))


def definite(vector):
    """The lower triangle of L L^T, from that of L."""
    factor = from_lower(vector)
    return lower(factor @ factor.T)


def factor(vector):
    """The lower triangle of the Cholesky factor of the symmetric matrix with this one."""
    below = from_lower(vector)
    return lower(np.linalg.cholesky(below + below.T - np.diag(np.diag(below))))


def ratios(x):
    """What has these cumulative products."""
    return x / np.concatenate([np.ones(1), x[:-1]])


GRID, HEIGHTS = np.array([-3.0, -1.0, 0.2, 1.1, 3.0]), np.array([-2.0, -1.5, 0.1, 2.0, 2.5])
V, M = (4,), (3, 3)

PAIRS = [
    ("exp and log", np.exp, np.log, V, "normal"),
    ("exp2 and log2", np.exp2, np.log2, V, "normal"),
    ("expm1 and log1p", np.expm1, np.log1p, V, "normal"),
    ("powers of ten and log10", lambda x: 10.0**x, np.log10, V, "unit"),
    ("sin and arcsin", np.sin, np.arcsin, V, "unit"),
    ("cos and arccos", np.cos, np.arccos, V, "positive"),
    ("tan and arctan", np.tan, np.arctan, V, "unit"),
    ("sinh and arcsinh", np.sinh, np.arcsinh, V, "normal"),
    ("cosh and arccosh", np.cosh, np.arccosh, V, "positive"),
    ("tanh and arctanh", np.tanh, np.arctanh, V, "normal"),
    ("square and sqrt", np.square, np.sqrt, V, "positive"),
    ("cube and cbrt", lambda x: x**3, np.cbrt, V, "nonzero"),
    ("power and root", lambda x: np.power(x, 2.5), lambda x: np.float_power(x, 0.4), V, "positive"),
    ("reciprocal", np.reciprocal, np.reciprocal, V, "nonzero"),
    ("negative", np.negative, np.negative, V, "normal"),
    ("deg2rad and rad2deg", np.deg2rad, np.rad2deg, V, "normal"),
    ("radians and degrees", np.radians, np.degrees, V, "normal"),
    ("sigmoid and its inverse", tg.sigmoid, lambda y: np.log(y / (1 - y)), V, "normal"),
    ("complex exp and log", of_complex(np.exp), of_complex(np.log), (2, 3), "unit"),
    ("complex square and sqrt", of_complex(np.square), of_complex(np.sqrt), (2, 3), "positive"),
    ("complex sin and arcsin", of_complex(np.sin), of_complex(np.arcsin), (2, 3), "unit"),
    ("conjugate", of_complex(np.conj), of_complex(np.conj), (2, 3), "normal"),
    ("polar coordinates", lambda p: parts(p[0] * np.exp(1j * p[1])),
     lambda p: np.stack([np.hypot(p[0], p[1]), np.arctan2(p[1], p[0])]), (2, 3), "positive"),
    ("modulus and angle", lambda p: parts(p[0] * np.exp(1j * p[1])),
     lambda p: np.stack([np.abs(whole(p)), np.angle(whole(p))]), (2, 3), "positive"),
    ("fft and ifft", of_complex(np.fft.fft), of_complex(np.fft.ifft), (2, 5), "normal"),
    ("fft and ifft, orthonormal", of_complex(lambda z: np.fft.fft(z, norm="ortho")),
     of_complex(lambda z: np.fft.ifft(z, norm="ortho")), (2, 4), "normal"),
    ("fft2 and ifft2", of_complex(np.fft.fft2), of_complex(np.fft.ifft2), (2, 3, 2), "normal"),
    ("fftn and ifftn", of_complex(np.fft.fftn), of_complex(np.fft.ifftn), (2, 2, 3), "normal"),
    ("fftshift and ifftshift", np.fft.fftshift, np.fft.ifftshift, (5,), "normal"),
    ("inv", np.linalg.inv, np.linalg.inv, M, "matrix"),
    ("pinv", np.linalg.pinv, np.linalg.pinv, M, "matrix"),
    ("matrix_power to -1", lambda x: np.linalg.matrix_power(x, -1), np.linalg.inv, M, "matrix"),
    ("product and solve", lambda x: MATRIX @ x, lambda y: np.linalg.solve(MATRIX, y), (3, 2), "normal"),
    ("tensordot and tensorsolve", lambda x: np.tensordot(MATRIX, x, 1), lambda y: np.linalg.tensorsolve(MATRIX, y),
     (3,), "normal"),
    ("tensorinv", lambda x: np.linalg.tensorinv(x, 1), lambda x: np.linalg.tensorinv(x, 1), M, "matrix"),
    ("L L^T and cholesky", definite, factor, (6,), "lower"),
    ("cumsum and diff", np.cumsum, lambda y: np.diff(y, prepend=0.0), V, "normal"),
    ("cumulative_sum and diff", lambda x: np.cumulative_sum(x), lambda y: np.diff(y, prepend=0.0), V, "normal"),
    ("cumprod and ratios", np.cumprod, ratios, V, "nonzero"),
    ("interp", lambda x: np.interp(x, GRID, HEIGHTS), lambda y: np.interp(y, HEIGHTS, GRID), V, "unit"),
    ("flip", np.flip, np.flip, (2, 3), "normal"),
    ("roll", lambda x: np.roll(x, 2), lambda x: np.roll(x, -2), (2, 3), "normal"),
    ("rot90", lambda x: np.rot90(x), lambda x: np.rot90(x, -1), (2, 3), "normal"),
    ("transpose", np.transpose, np.transpose, (2, 3), "normal"),
    ("moveaxis", lambda x: np.moveaxis(x, 0, 2), lambda x: np.moveaxis(x, 2, 0), (2, 1, 3), "normal"),
    ("ravel and reshape", np.ravel, lambda x: np.reshape(x, (2, 3)), (2, 3), "normal"),
    ("split and concatenate", lambda x: np.concatenate(np.split(x, [1])[::-1]),
     lambda x: np.concatenate(np.split(x, [3])[::-1]), V, "normal"),
    ("take of a permutation", lambda x: np.take(x, [2, 0, 3, 1]), lambda x: np.take(x, [1, 3, 0, 2]), V, "normal"),
    ("batch normalization's affine part", lambda x: x * MATRIX[0] + 2, lambda y: (y - 2) / MATRIX[0], M, "normal"),
]  # fmt: skip

ONE_SIDED = [  # the inverse gives back what went in, but not the other way round
    ("rfft and irfft", lambda x: parts(np.fft.rfft(x)), lambda p: np.fft.irfft(whole(p), 5), (5,), "normal"),
    ("rfft2 and irfft2", lambda x: parts(np.fft.rfft2(x)), lambda p: np.fft.irfft2(whole(p), (3, 4)), (3, 4), "normal"),
    ("ihfft and hfft", lambda x: parts(np.fft.ihfft(x)), lambda p: np.fft.hfft(whole(p), 5), (5,), "normal"),
    ("pad and a slice", lambda x: np.pad(x, (1, 2)), lambda y: y[1:-2], V, "normal"),
    ("pad by reflection and a slice", lambda x: np.pad(x, (1, 2), "reflect"), lambda y: y[1:-2], V, "normal"),
    ("repeat and a slice", lambda x: np.repeat(x, 2), lambda y: y[::2], V, "normal"),
    ("tile and split", lambda x: np.tile(x, 2), lambda y: np.split(y, 2)[1], V, "normal"),
    ("insert and delete", lambda x: np.insert(x, 2, 1.5), lambda y: np.delete(y, 2), V, "normal"),
    ("append and a slice", lambda x: np.append(x, x**2), lambda y: y[:4], V, "normal"),
    ("polyint and polyder", np.polyint, np.polyder, V, "nonzero"),
    ("polymul and polydiv", lambda p: np.polymul(p, MATRIX[0]), lambda q: np.polydiv(q, MATRIX[0])[0], V, "nonzero"),
    ("diagflat and diagonal", np.diagflat, np.diagonal, (3,), "normal"),
    ("kron and a block", lambda x: np.kron(x, MATRIX), lambda y: y[::3, ::3] / 2, (2, 2), "normal"),
    ("tall product and lstsq", lambda x: np.vstack([MATRIX, MATRIX.T]) @ x,
     lambda y: np.linalg.lstsq(np.vstack([MATRIX, MATRIX.T]), y, rcond=None)[0], (3, 2), "normal"),
    ("tall product and pinv", lambda x: np.vstack([MATRIX, MATRIX.T]) @ x,
     lambda y: np.linalg.pinv(np.vstack([MATRIX, MATRIX.T])) @ y, (3, 2), "normal"),
    ("cumulative_sum from zero and diff", lambda x: np.cumulative_sum(x, include_initial=True), np.diff, V, "normal"),
]  # fmt: skip


def from_svd(x):
    u, s, v = np.linalg.svd(x, full_matrices=False)
    return (u * s) @ v


def from_qr(x):
    q, r = np.linalg.qr(x)
    return q @ r


def from_eigh(vector):
    below = from_lower(vector)
    values, vectors = np.linalg.eigh(below + below.T - np.diag(np.diag(below)))
    return lower((vectors * values) @ vectors.T)


def from_eig(x):
    values, vectors = np.linalg.eig(x)
    return np.real((vectors * values) @ np.linalg.inv(vectors))


RECONSTRUCTIONS = [  # name, function that takes apart and puts together, shape, domain
    ("svd", from_svd, (3, 3), "normal"),
    ("svd of a tall matrix", from_svd, (4, 2), "normal"),
    ("svd of a wide matrix", from_svd, (2, 4), "normal"),
    ("qr", from_qr, (3, 3), "matrix"),
    ("qr of a tall matrix", from_qr, (4, 2), "normal"),
    ("eigh", from_eigh, (6,), "normal"),
    ("eig", from_eig, (3, 3), "normal"),
    ("real and imaginary part", lambda p: parts(np.real(whole(p)) + 1j * np.imag(whole(p))), (2, 3), "normal"),
    ("maximum and minimum", lambda x: np.maximum(x, 0.3) + np.minimum(x, 0.3) - 0.3, (4,), "distinct"),
    ("modf", lambda x: sum(np.modf(x)), (4,), "distinct"),
    ("divmod", lambda x: np.divmod(x, 0.7)[0] * 0.7 + np.divmod(x, 0.7)[1], (4,), "distinct"),
    ("frexp and ldexp", lambda x: np.ldexp(*np.frexp(x)), (4,), "distinct"),
    ("sign and absolute", lambda x: np.sign(x) * np.absolute(x), (4,), "distinct"),
    ("tril and triu", lambda x: np.tril(x) + np.triu(x, 1), (3, 3), "normal"),
    ("partial sums and what is left", lambda x: np.cumsum(x)[::-1][:1] - np.sum(x) + x, (4,), "normal"),
    ("sort and its inverse", lambda x: np.sort(x)[np.argsort(np.argsort(x))], (4,), "distinct"),
]
