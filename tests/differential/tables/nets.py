"""Functions of nets, under the names of this package."""

import numpy as np

from ..drawing import along, matrices, one, products
from ..rows import Row

LABELS = np.array([2, 0, 1, 1])


def batchnorm(m, x, gamma, beta):
    return m.nn.batchnorm(x, gamma, beta)[0]


def jax_batchnorm(n, x, gamma, beta):
    return gamma * (x - n.mean(x, 0)) / n.sqrt(n.var(x, 0) + 1e-5) + beta


def jax_softmax_loss(n, x):
    return -n.mean(n.nn.log_softmax(x)[n.arange(4), LABELS])


ROWS = [
    Row("nn.relu", one()),
    Row("nn.leaky_relu", one(), call=lambda m, x: m.nn.leaky_relu(x, 0.1)),
    Row("nn.sigmoid", one(), torch=lambda t, x: t.sigmoid(x)),
    Row("nn.softmax", along(), torch=lambda t, x, axis: t.softmax(x, axis)),
    Row("nn.log_softmax", along(), torch=lambda t, x, axis: t.log_softmax(x, axis)),
    Row("nn.affine", products("ij", "jk", "k"), torch=lambda t, x, w, b: t.nn.linear(x, w.T, b),
        jax=lambda n, x, w, b: x @ w + b),
    Row("nn.affine_relu", products("ij", "jk", "k"), torch=lambda t, x, w, b: t.relu(x @ w + b),
        jax=lambda n, x, w, b: n.nn.relu(x @ w + b)),
    Row("nn.batchnorm", products("aij", "j", "j").map(lambda c: ([(4, c[0][1][0]), *c[0][1:]], c[1])), call=batchnorm,
        torch=lambda t, x, g, b: t.nn.batch_norm(x, None, None, g, b, training=True), jax=jax_batchnorm),
    Row("nn.softmax_loss", matrices(rows=4, columns=3, batch=False), call=lambda m, x: m.nn.softmax_loss(x, LABELS),
        torch=lambda t, x: t.nn.cross_entropy(x, t.tensor(LABELS)), jax=jax_softmax_loss),
    Row("nn.svm_loss", matrices(rows=4, columns=3, batch=False), call=lambda m, x: m.nn.svm_loss(x, LABELS),
        torch=lambda t, x: 3 * t.nn.multi_margin_loss(x, t.tensor(LABELS)), jax=None, second=""),
    Row("nn.mse_loss", products("ij", "ij"), jax=lambda n, x, y: n.mean((x - y) ** 2)),
]  # fmt: skip
