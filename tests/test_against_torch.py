"""The same programs in PyTorch: values, gradients, second derivatives and dtypes are equal."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")


class Numpy:
    """NumPy's functions and this package's, under the names that programs use."""

    def __getattr__(self, name):
        return getattr(tg, name, None) or getattr(np, name)

    var = staticmethod(np.var)
    as_index = staticmethod(np.asarray)
    power = staticmethod(np.power)


class Torch:
    """PyTorch's functions under the same names."""

    def __getattr__(self, name):
        return getattr(torch, name)

    as_index = staticmethod(torch.tensor)
    power = staticmethod(torch.pow)
    amax = staticmethod(torch.amax)

    @staticmethod
    def var(x, axis, ddof=0):
        return torch.var(x, axis, correction=ddof)

    @staticmethod
    def std(x, axis, ddof=0):
        return torch.std(x, axis, correction=ddof)

    @staticmethod
    def prod(x, axis):
        return torch.prod(x, axis)

    @staticmethod
    def sign(x):
        return torch.sgn(x)

    @staticmethod
    def affine(x, weight, bias):
        return torch.nn.functional.linear(x.reshape(len(x), -1), weight.T, bias)

    @staticmethod
    def affine_relu(x, weight, bias):
        return torch.relu(Torch.affine(x, weight, bias))

    @staticmethod
    def batchnorm(x, gamma, beta):
        out = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True)
        return out, x.mean(0), x.var(0, correction=0)

    @staticmethod
    def batchnorm_test(x, gamma, beta, mean, var):
        return torch.nn.functional.batch_norm(x, mean, var, gamma, beta)

    @staticmethod
    def softmax(x, axis=-1):
        return torch.softmax(x, axis)

    @staticmethod
    def log_softmax(x, axis=-1):
        return torch.log_softmax(x, axis)

    @staticmethod
    def leaky_relu(x, slope):
        return torch.nn.functional.leaky_relu(x, slope)

    @staticmethod
    def softmax_loss(scores, y):
        return torch.nn.functional.cross_entropy(scores, y)

    @staticmethod
    def svm_loss(scores, y):
        return torch.nn.functional.multi_margin_loss(scores, y) * scores.shape[1]

    @staticmethod
    def mse_loss(a, b):
        return torch.nn.functional.mse_loss(a, b)


POSITIVE = {"sqrt", "log", "log2", "log10", "log1p", "power", "reciprocal", "cbrt"}
LABELS = np.array([2, 0, 1])
ROWS, COLUMNS = np.array([0, 2, 2, 1]), np.array([3, 0, 0, 1])

PROGRAMS = {
    # name: (program, shapes of its inputs)
    "broadcast arithmetic": (lambda m, x, y, z: (x * y - z / (2 + y * y)) / (x * x + 1), [(3, 4), (4,), (3, 1)]),
    "scalars": (lambda m, x: 2 * x - 3 / (x * x + 1) + (1 - x) ** 3 - 0.5**x, [(3, 4)]),
    "0-d": (lambda m, x, y: m.sin(x) * y + x / (y * y + 1), [(), ()]),
    "0-d with arrays": (lambda m, x, y: m.exp(-x * x) * y + y * y * x, [(), (3, 4)]),
    "power": (lambda m, x, y: m.power(x * x + 0.5, y), [(3, 4), (4,)]),
    "integer powers": (lambda m, x: x**2 + x**3 - x**-1 * 0.1 + x**0, [(3, 4)]),
    "remainder": (lambda m, x, y: m.remainder(x, y * y + 0.7), [(3, 4), (4,)]),
    "trigonometry": (lambda m, x: m.sin(x) * m.cos(2 * x) + m.tan(0.3 * x) + m.arctan(x), [(3, 4)]),
    "inverse trigonometry": (lambda m, x: m.arcsin(m.tanh(x) * 0.9) + m.arccos(m.tanh(x) * 0.9), [(3, 4)]),
    "hyperbolic": (lambda m, x: m.sinh(x) + m.cosh(x) * m.tanh(x) + m.arcsinh(x), [(3, 4)]),
    "inverse hyperbolic": (lambda m, x: m.arccosh(x * x + 1.5) + m.arctanh(m.tanh(x) * 0.9), [(3, 4)]),
    "exponentials": (lambda m, x: m.exp(x) + m.exp2(x) + m.expm1(x), [(3, 4)]),
    "logarithms": (
        lambda m, x: m.log(x * x + 1) + m.log2(x * x + 1) + m.log10(x * x + 2) + m.log1p(x * x) + m.sqrt(x * x + 1),
        [(3, 4)],
    ),
    "logaddexp": (lambda m, x, y: m.logaddexp(x, y) + m.logaddexp2(x, 2 * y), [(3, 4), (4,)]),
    "hypot and arctan2": (lambda m, x, y: m.hypot(x, y) * m.arctan2(x, y), [(3, 4), (4,)]),
    "abs, sign and choices": (
        lambda m, x, y: m.abs(x) * m.sign(y) + m.maximum(x, y) - m.minimum(x, 2 * y) + m.fmax(x, -y) * m.fmin(x, y),
        [(3, 4), (4,)],
    ),
    "clip": (lambda m, x: m.clip(x, -0.5, 0.7) * x, [(3, 4)]),
    "where": (lambda m, x, y: m.where(x > y, x * y, y**3), [(3, 4), (4,)]),
    "sums": (lambda m, x: x.sum() * x.sum(0) + x.sum(1, keepdims=True) * (x**2).sum((0, 1)), [(3, 4)]),
    "means and variances": (lambda m, x: x.mean(1) * m.var(x, 1) + m.std(x, 1) * m.var(x, 1, ddof=1), [(3, 4)]),
    "extremes": (lambda m, x: m.amax(x, 1) * m.amin(x, 1) + x.max() * x.min(), [(3, 4)]),
    "prod": (lambda m, x: m.prod(x, 1), [(3, 4)]),
    "logsumexp": (lambda m, x: m.logsumexp(x, 1), [(3, 4)]),
    "shapes": (
        lambda m, x: (x.reshape(2, 6).T.reshape(-1) * x.swapaxes(0, 1).reshape(12))[3:].reshape(3, 3) ** 2,
        [(3, 4)],
    ),
    "concatenate and stack": (
        lambda m, x, y: m.concatenate([x, y, x * y], 1).sum(0)[:4] * m.stack([x, y], 1).sum((0, 1)),
        [(3, 4), (3, 4)],
    ),
    "moveaxis, squeeze, flip": (
        lambda m, x: m.moveaxis(x, 0, 2) * m.squeeze(m.flip(x, (0,))[None], 0).swapaxes(0, 1).swapaxes(1, 2),
        [(2, 3, 4)],
    ),
    "basic indexing": (lambda m, x: x[1:, ::2] * x[0, 1] + x[1:, ..., -1:] * x[None, 1:, :2][0], [(3, 4)]),
    "integer indexing with repeats": (
        lambda m, x: x[m.as_index(ROWS), m.as_index(COLUMNS)] * x[m.as_index(ROWS)][:, 1] ** 2,
        [(3, 4)],
    ),
    "boolean indexing": (lambda m, x: x[m.as_index(np.eye(3, 4) > 0)] ** 2, [(3, 4)]),
    "matmul of matrices": (lambda m, x, y: (x @ y) ** 2, [(3, 4), (4, 2)]),
    "matmul of vectors": (lambda m, x, y, w: (x @ w) * (y @ x @ w), [(3, 4), (3,), (4,)]),
    "matmul of batches": (lambda m, x, y: (x @ y) ** 2 + (x @ y[0]) * (x[0, 0] @ y), [(2, 1, 3, 4), (5, 4, 3)]),
    "einsum": (lambda m, x, y: m.einsum("ij,kj->ik", x, y) * m.einsum("ij,ij->", x, x), [(3, 4), (2, 4)]),
    "einsum of a trace": (lambda m, x: m.einsum("ii->i", x) * m.einsum("...ij->...ji", x), [(3, 3)]),
    "relu": (lambda m, x: m.relu(x) * x + m.leaky_relu(x, 0.1) ** 2, [(3, 4)]),
    "sigmoid": (lambda m, x: m.sigmoid(3 * x) * x, [(3, 4)]),
    "softmax": (lambda m, x: m.softmax(x) * x + m.softmax(x, axis=0), [(3, 4)]),
    "log_softmax": (lambda m, x: m.log_softmax(x) * x, [(3, 4)]),
    "affine": (lambda m, x, w, b: m.affine(x, w, b) ** 2, [(3, 2, 2), (4, 5), (5,)]),
    "affine_relu": (lambda m, x, w, b: m.affine_relu(x, w, b) ** 2, [(3, 4), (4, 5), (5,)]),
    "batchnorm": (lambda m, x, g, b: m.batchnorm(x, g, b)[0] ** 2, [(5, 3), (3,), (3,)]),
    "softmax_loss": (lambda m, x: m.softmax_loss(5 * x, m.as_index(LABELS)), [(3, 4)]),
    "mse_loss": (lambda m, x, y: m.mse_loss(x, y), [(3, 4), (3, 4)]),
    "a net": (
        lambda m, x, w, g, b, v: (
            m.softmax_loss(
                m.relu(m.batchnorm(m.affine(x, w, g[:5]), g, b)[0]) @ v, m.as_index(np.array([0, 1, 2, 1, 0, 2]))
            )
            + 0.1 * (w * w).sum()
        ),
        [(6, 4), (4, 5), (5,), (5,), (5, 3)],
    ),
}


def bent(m, g, v):
    """A real number whose gradient needs the second derivatives."""
    return (m.abs(g + v) ** 2).sum() if np.iscomplexobj(v) or m is torch and v.is_complex() else (g * v).sum()


def ours(program, arrays, vectors, weights):
    """Value, gradients, and the gradients of a number made of the gradients and ``vectors``."""
    inputs = [Tensor(a.copy(), requires_grad=True) for a in arrays]
    out = program(Numpy(), *inputs)
    (out * weights(out)).sum().backward(create_graph=True)
    first = [x.grad for x in inputs]
    second = sum(bent(np, g, v) for g, v in zip(first, vectors))
    for x in inputs:
        x.grad = None
    if second.requires_grad:
        second.backward()
    return out.numpy(), [g.numpy() for g in first], [None if x.grad is None else x.grad.numpy() for x in inputs]


def theirs(program, arrays, vectors, weights):
    """The same by PyTorch."""
    inputs = [torch.tensor(a, requires_grad=True) for a in arrays]
    out = program(Torch(), *inputs)
    first = torch.autograd.grad((out * torch.tensor(weights(out))).sum(), inputs, create_graph=True)
    second = sum(bent(torch, g, torch.tensor(v)) for g, v in zip(first, vectors))
    found = [None] * len(inputs)
    if second.requires_grad:
        found = torch.autograd.grad(second, inputs, allow_unused=True)
    plain = lambda values: [None if v is None else v.resolve_conj().detach().numpy() for v in values]  # noqa: E731
    return out.detach().numpy(), plain(first), plain(found)


def compare(program, arrays, vectors, rtol, atol):
    """Raise where the two differ; second derivatives that one calls 0 and the other absent are equal."""

    def weights(out):
        shape = tuple(out.shape)
        return (1 + np.arange(np.prod(shape, dtype=int)) % 5).reshape(shape).astype(arrays[0].real.dtype)

    value, first, second = ours(program, arrays, vectors, weights)
    expected, their_first, their_second = theirs(program, arrays, vectors, weights)
    assert value.shape == expected.shape
    assert value.dtype == expected.dtype
    np.testing.assert_allclose(value, expected, rtol, atol)
    for x, g, h in zip(arrays, first, their_first):
        assert g.dtype == h.dtype == x.dtype
        np.testing.assert_allclose(g, h, rtol, atol)
    for x, g, h in zip(arrays, second, their_second):
        g, h = (np.zeros_like(x) if d is None else d for d in (g, h))
        assert g.dtype == x.dtype
        np.testing.assert_allclose(g, h, 10 * rtol, 10 * atol)


def drawn(shapes, seed, dtype=np.float64):
    """Values at no ties, away from 0."""
    rng = np.random.default_rng(seed)
    made = [rng.uniform(0.2, 1.5, shape) * rng.choice([-1.0, 1.0], shape) for shape in shapes]
    return [np.asarray(a, dtype) for a in made]


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize(
    ("dtype", "rtol", "atol"), [(np.float64, 1e-10, 1e-11), (np.float32, 1e-3, 2e-4)], ids=["float64", "float32"]
)
def test_program(name, dtype, rtol, atol):
    program, shapes = PROGRAMS[name]
    compare(program, drawn(shapes, 0, dtype), drawn(shapes, 1, dtype), rtol, atol)


@pytest.mark.parametrize(
    "name", ["broadcast arithmetic", "sums", "matmul of matrices", "concatenate and stack", "basic indexing", "relu"]
)
def test_program_on_empty_batches(name):
    program, shapes = PROGRAMS[name]
    if name == "basic indexing":
        program = lambda m, x: x[1:, ::2] ** 2  # noqa: E731
    arrays = [a[:0] if a.ndim and len(a) == 3 else a for a in drawn(shapes, 0)]
    compare(program, arrays, arrays, 1e-12, 1e-12)


@pytest.mark.parametrize("own", [np.float32, np.float64])
@pytest.mark.parametrize("other", [np.float32, np.float64])
def test_mixed_dtypes(own, other):
    x, y = drawn([(3, 4), (3, 4)], 0)
    for program in (lambda m, x, y: x * y + x, lambda m, x, y: m.concatenate([x, y]), lambda m, x, y: x[:1] / y):
        compare(program, [x.astype(own), y.astype(other)], [x.astype(own), y.astype(other)], 1e-4, 1e-5)


def test_svm_loss():
    """To the first order: PyTorch has no second derivative of it."""
    (scores,) = drawn([(3, 4)], 0)
    x, t = Tensor(scores, requires_grad=True), torch.tensor(scores, requires_grad=True)
    tg.svm_loss(x, LABELS).backward()
    Torch.svm_loss(t, torch.tensor(LABELS)).backward()
    np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), 1e-12)


COMPLEX = {
    "real and imaginary part": lambda m, z, w: m.real(z * w) ** 2 + m.imag(z * 1j) * (w * w).real,
    "sign": lambda m, z, w: m.real(m.sign(z + 1j * w) * w),
    "variance": lambda m, z, w: m.var(z * w, 0) + m.std(w + 0j, 1, ddof=1)[:, None],
    "modulus": lambda m, z, w: m.abs(z * w + 1j) ** 2,
    "conjugate": lambda m, z, w: m.abs(z.conj() * w - z),
    "division and powers": lambda m, z, w: m.abs(z / w + z**2 - 1 / z),
    "functions": lambda m, z, w: m.abs(m.exp(0.3 * z) * m.sin(w) + m.tanh(z) * m.sqrt(w) + m.log(z)),
    "matmul": lambda m, z, w: m.abs((z + 0j) @ (w.T + 0j)) ** 2,
    "sums and shapes": lambda m, z, w: m.abs(z.sum(0) * w.mean(1, keepdims=True) + z.reshape(4, 3).T.reshape(3, 4)),
    "indexing": lambda m, z, w: m.abs(z[m.as_index(ROWS)] * w[1]),
    "where": lambda m, z, w: m.abs(m.where(m.abs(z) > m.abs(w), z * z + 0j, w + 0j)),
    "prod": lambda m, z, w: m.abs(m.prod(z, 1) + w.sum(1)),
}


@pytest.mark.parametrize("name", COMPLEX)
@pytest.mark.parametrize("real", [(), (0,), (1,)], ids=["both complex", "first real", "second real"])
def test_complex_program(name, real):
    def take(seed):
        parts = drawn([(3, 4)] * 4, seed)
        return [parts[2 * k] if k in real else parts[2 * k] + 1j * parts[2 * k + 1] for k in range(2)]

    arrays, vectors = take(0), take(1)
    if real:
        arrays = [np.abs(a) if k in real else a for k, a in enumerate(arrays)]
    compare(COMPLEX[name], arrays, [v.real if k in real else v for k, v in enumerate(vectors)], 1e-9, 1e-10)


def random_program(seed):
    """A program of twenty operations on 4 x 4 values, each on results of earlier ones, all of them tame."""
    rng = np.random.default_rng(seed)
    unary = [
        lambda m, a: m.tanh(a),
        lambda m, a: m.sin(a) * 0.5,
        lambda m, a: m.exp(-a * a),
        lambda m, a: m.sqrt(a * a + 1),
        lambda m, a: a.T,
        lambda m, a: a - a.mean(1, keepdims=True),
        lambda m, a: a.sum(0) * 0.1 + a,
        lambda m, a: m.softmax(a),
        lambda m, a: m.relu(a) + a * 0.1,
        lambda m, a: m.logsumexp(a, 1)[:, None] - a,
        lambda m, a: a[m.as_index(np.array([1, 1, 3, 0]))],
        lambda m, a: a[::2].reshape(4, 2).sum(1)[:, None] + a[:, 1],
        lambda m, a: m.concatenate([a[2:], a[:2] * 2], 0),
        lambda m, a: m.flip(a, (1,)) / (1 + m.var(a, 0)),
        lambda m, a: m.clip(a, -1, 1.2) + m.amax(a, 1)[:, None] * 0.1,
    ]
    binary = [
        lambda m, a, b: a + b,
        lambda m, a, b: a - 0.5 * b,
        lambda m, a, b: a * b,
        lambda m, a, b: a / (b * b + 1),
        lambda m, a, b: (a @ b) * 0.2,
        lambda m, a, b: m.maximum(a, b + 0.013),
        lambda m, a, b: m.where(a > b, a, b * 0.3),
        lambda m, a, b: m.einsum("ij,kj->ik", a, b) * 0.2,
        lambda m, a, b: m.hypot(a, b),
    ]
    steps = []
    for k in range(20):
        op = [unary, binary][rng.integers(2)]
        chosen = op[rng.integers(len(op))]
        steps.append((chosen, rng.integers(k + 3, size=1 + (op is binary))))

    def program(m, x, y, z):
        values = [x, y, z]
        for op, places in steps:
            result = op(m, *[values[i] for i in places])
            values.append(m.tanh(result) if len(values) % 5 == 0 else result)
        return sum(values[1:], values[0])

    return program


@pytest.mark.parametrize("seed", range(60))
def test_random_program(seed):
    shapes = [(4, 4)] * 3
    compare(random_program(seed), drawn(shapes, seed), drawn(shapes, seed + 1), 1e-8, 1e-9)


# The traversal: random graphs with hooks, kept gradients, several passes, and passes to chosen tensors

LINKS = [
    lambda m, a, b: a * b,
    lambda m, a, b: a + b,
    lambda m, a, b: a - b * b,
    lambda m, a, b: m.sin(a),
    lambda m, a, b: m.exp(-a * a) * b,
    lambda m, a, b: a.sum() * b,
]


def pair_of_graphs(rng):
    """The same graph here and in PyTorch: tensors in order, some of them leaves, some detached."""
    values = [rng.normal(size=3) for _ in range(rng.integers(1, 4))]
    needs = [True, *(bool(rng.random() < 0.8) for _ in values[1:])]
    here = [Tensor(v.copy(), requires_grad=r) for v, r in zip(values, needs)]
    there = [torch.tensor(v, requires_grad=r) for v, r in zip(values, needs)]
    for _ in range(rng.integers(1, 15)):
        i, j = rng.integers(len(here), size=2)
        link, detached = LINKS[rng.integers(len(LINKS))], rng.random() < 0.1
        for graph, module in ((here, np), (there, torch)):
            result = link(module, graph[i], graph[j])
            graph.append(result.detach() if detached else result)
    return here, there


@pytest.mark.filterwarnings("ignore:.*create_graph=True:UserWarning", "ignore:The .grad attribute:UserWarning")
@pytest.mark.parametrize("seed", range(100))
def test_random_graph(seed):
    rng = np.random.default_rng(seed)
    here, there = pair_of_graphs(rng)
    live = [k for k, t in enumerate(here) if t.requires_grad]
    to_chosen = rng.random() < 0.5
    for k in live:
        if rng.random() < 0.2:
            factor = float(rng.normal())
            for graph in (here, there):
                graph[k].register_hook(lambda g, factor=factor: g * factor)
        if not to_chosen and rng.random() < 0.3:
            for graph in (here, there):
                graph[k].retain_grad()
    for turn in range(1 if to_chosen else 3):
        root, g, record = rng.choice(live), rng.normal(size=3), bool(rng.random() < 0.3)
        chosen = list({int(k) for k in rng.choice(live, size=2)}) if to_chosen else None
        for graph, given in ((here, g), (there, torch.tensor(g))):
            graph[root].backward(
                given if graph[root].shape == (3,) else None,
                retain_graph=True,
                create_graph=record,
                inputs=None if chosen is None else [graph[k] for k in chosen],
            )
        for x, t in zip(here, there):
            if turn and not x.is_leaf:
                continue  # what retain_grad keeps is of the last pass here, and the sum of all passes in PyTorch
            assert (x.grad is None) == (t.grad is None)
            if x.grad is not None:
                np.testing.assert_allclose(x.grad.numpy(), t.grad.detach().numpy(), 1e-9, 1e-11)
