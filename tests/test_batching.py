"""Batches of gradients: NumPy's functions on them, backward rules on them, and which ops still go one by one."""

import sys

import numpy as np
import pytest
from test_ops import ALL_OPS, COMPOSED, names

import tensorgraph as tg
from tensorgraph.testing import check_op
from tensorgraph.transforms.batching import Batched, NotBatchedError, array, axes

COUNT = 3
RNG = np.random.default_rng(11)

# Backward rules on batches

ONE_BY_ONE = set()
"""Ops whose rules do something that NumPy cannot do along one more axis: right, but slower."""


@pytest.fixture
def loops(monkeypatch):
    """The functions that were applied to the arrays of a batch one by one."""
    found, original = [], array.one_by_one

    def noted(function, args, options):
        if array.size_of((args, options)) is not None:
            found.append(getattr(function, "__name__", str(function)))
        return original(function, args, options)

    for module in [m for name, m in sys.modules.items() if name.startswith(array.__package__)]:
        if hasattr(module, "one_by_one"):
            monkeypatch.setattr(module, "one_by_one", noted)
    return found


@pytest.mark.parametrize("of", ALL_OPS + COMPOSED, ids=names)
def test_rules_take_batches(of, loops, monkeypatch):
    """In one go: neither one by one inside, nor refused."""
    refused = []
    monkeypatch.setattr(NotBatchedError, "__init__", lambda self, *args: refused.append(args))
    check_op(of, "batched")
    assert bool(loops or refused) == (names(of) in ONE_BY_ONE), (set(loops), refused)


# NumPy's functions on batches


def B(*shape):
    return Batched(RNG.normal(size=(COUNT, *shape)))


def F(*shape):
    return RNG.normal(size=shape)


def matrices(*shape):
    return Batched(RNG.normal(size=(COUNT, *shape)) @ np.eye(shape[-1]))


CALLS = {
    np.reshape: [(B(2, 3), (3, 2)), (B(6), (2, -1)), (B(), (1, 1))],
    np.ravel: [(B(2, 3),)],
    np.copy: [(B(2, 3),)],
    np.astype: [(B(2, 3), np.float32)],
    np.transpose: [(B(2, 3, 4),), (B(2, 3, 4), (1, 0, 2)), (B(2, 3, 4), (-1, 0, 1)), (B(),)],
    np.swapaxes: [(B(2, 3, 4), 0, -1)],
    np.matrix_transpose: [(B(2, 3, 4),)],
    np.linalg.matrix_transpose: [(B(2, 3, 4),)],
    np.moveaxis: [(B(2, 3, 4), 0, -1), (B(2, 3, 4), (0, 1), (-1, 0))],
    np.rollaxis: [(B(2, 3, 4), 2), (B(2, 3, 4), 0, 3)],
    np.expand_dims: [(B(2, 3), 0), (B(2, 3), -1), (B(2, 3), (0, -1))],
    np.squeeze: [(B(1, 2, 1),), (B(1, 2, 1), 0), (B(1, 2, 1), -1)],
    np.broadcast_to: [(B(3), (2, 3)), (B(2, 1), (4, 2, 3)), (B(), (2,)), (B(), 2)],
    np.tile: [(B(2), 2), (B(2, 3), (2, 1, 2)), (B(2, 3), 2)],
    np.pad: [(B(2, 3), 1), (B(2, 3), ((1, 0), (0, 2)), "constant", {"constant_values": 1.5}), (B(3), 1, "edge")],
    np.diagonal: [(B(3, 3),), (B(3, 4, 2), 1, -1, 0)],
    np.trace: [(B(3, 3),), (B(3, 3, 2), 1)],
    np.rot90: [(B(2, 3),), (B(2, 3, 4), 3, (1, -1))],
    np.take_along_axis: [(B(2, 3), np.array([[0, 2], [1, 1]]), 1), (B(2, 3), np.array([5, 0]), None)],
    np.zeros_like: [(B(2, 3),), (B(2, 3), {"shape": (4,)}), (B(2), {"dtype": np.float32})],
    np.ones_like: [(B(2, 3),), (B(2, 3), {"shape": 4})],
    np.full_like: [(B(2, 3), 2.5)],
    np.shape: [(B(2, 3),)],
    np.ndim: [(B(2, 3),)],
    np.size: [(B(2, 3),), (B(2, 3), 1)],
    np.iscomplexobj: [(B(2),)],
    np.isrealobj: [(B(2),)],
    np.result_type: [(B(2), np.float32)],
    np.concatenate: [([B(2, 3), F(1, 3)],), ([F(2, 3), B(2, 1)], -1), ([B(2, 3), B(1, 3)], None)],
    np.stack: [([B(2, 3), F(2, 3)],), ([B(2), F(2), B(2)], -1)],
    np.append: [(B(2, 3), F(1, 3), 0), (F(2), B(2, 3))],
    np.split: [(B(4, 3), 2), (B(2, 6), [1, 4], 1)],
    np.array_split: [(B(5, 2), 2), (B(2, 5), 3, -1)],
    np.broadcast_arrays: [(B(2, 1), F(3)), (F(2, 1), B(3))],
    np.where: [(F(2, 3) > 0, B(3), 0), (F(3) > 0, F(3), B(2, 1)), (F(2, 3) > 0, B(), B(3))],
    np.clip: [(B(2, 3), -0.5, 0.5), (B(3), F(2, 1), None)],
    np.nan_to_num: [(B(2),)],
    np.real: [(B(2),)],
    np.imag: [(Batched(F(COUNT, 2) * 1j),)],
    np.angle: [(Batched(F(COUNT, 2) * (1 + 1j)),)],
    np.sinc: [(B(2),)],
    np.fix: [(B(2),)],
    np.round: [(B(2), 1)],
    np.isclose: [(B(2), F(3, 2))],
    np.matmul: [
        (B(2, 3), F(3, 4)), (B(3), F(3)), (B(2, 3), F(3)), (B(3), F(3, 4)), (B(2, 3), F(5, 3, 4)), (B(3), F(5, 3, 4)),
        (B(5, 2, 3), F(3, 4)), (B(5, 2, 3), F(3)), (F(2, 3), B(3, 4)), (F(3), B(3)), (F(2, 3), B(3)), (F(3), B(3, 4)),
        (F(5, 2, 3), B(3, 4)), (F(5, 2, 3), B(3)), (F(2, 3), B(5, 3, 4)), (F(3), B(5, 3, 4)), (B(2, 3), B(3, 4)),
        (B(3), B(3)), (B(2, 3), B(3)), (B(3), B(3, 4)), (B(0, 3), F(3, 0)), (B(3, 0), F(0, 2)),
    ],
    np.dot: [(B(2, 3), F(3, 4)), (F(2, 3), B(4, 3, 2)), (B(3), F(3)), (B(), F(3)), (F(2, 3), B(3))],
    np.inner: [(B(2, 3), F(4, 3)), (F(3), B(3)), (B(2), F())],
    np.outer: [(B(2), F(3)), (F(2, 2), B(3))],
    np.vdot: [(B(2, 3), F(3, 2)), (F(3), B(3))],
    np.tensordot: [
        (B(2, 3, 4), F(3, 4)), (F(2, 3), B(3, 2), ([0, 1], [1, 0])), (B(2, 3), B(3, 2), 1), (B(2), F(3), 0)
    ],
    np.einsum: [
        ("ij,jk->ik", B(2, 3), F(3, 4)), ("ij,jk", F(2, 3), B(3, 4)), ("i...->...", B(2, 3)), ("ii", B(3, 3)),
        ("...i,...i", B(2, 3), F(3)), ("ij,ij->", B(2, 3), B(2, 3), {"optimize": True}),
    ],
    np.linalg.solve: [
        (F(3, 3), B(3)), (F(3, 3), B(3, 2)), (F(4, 3, 3), B(3, 2)), (F(4, 3, 3), B(4, 3, 1)), (B(3, 3), F(3))
    ],
    np.roll: [(B(2, 3), 1), (B(2, 3), 1, 0), (B(2, 3), (1, 2), (0, -1))],
    **{f: [(B(2, 3),), (B(2, 3), {"axis": 0}), (B(2, 3), {"axis": (0, -1)}), (B(),)] for f in axes.OVER_ALL},
    **{f: [(B(2, 3),), (B(2, 3), {"axis": 0}), (B(2, 3), {"axis": -1})] for f in axes.IN_ONE_ROW},
    **{f: [(B(3, 4),), (B(3, 4), {"axis": 0}), (B(3, 4), {"axis": -1})] for f in axes.ALONG_ONE},
    **{f: [(B(3, 4),), (B(2, 3, 4), {"axes": (0, -1)})] for f in axes.OVER_AXES},
    **{f: [(matrices(2, 3, 3),)] for f in axes.OF_MATRICES},
    np.sum: [(B(2, 3), 1), (B(2, 3), {"axis": -1, "keepdims": True}), (B(2, 3), ()), (B(), 0)],
    np.cumulative_sum: [(B(3),), (B(2, 3), {"axis": 0})],
    np.cumulative_prod: [(B(3),), (B(2, 3), {"axis": -1})],
    np.partition: [(B(2, 3), 1), (B(2, 3), 1, {"axis": 0}), (B(2, 3), 1, None)],
    np.argpartition: [(B(2, 3), 1), (B(2, 3), 1, {"axis": 0}), (B(2, 3), 1, None)],
    np.take: [(B(2, 3), [4, 0, 0]), (B(2, 3), np.array([[1, 0]]), 1)],
    np.repeat: [(B(2, 3), 2), (B(2, 3), [1, 0, 2], -1)],
    np.delete: [(B(2, 3), 1), (B(2, 3), [0, 2], 1)],
    np.linalg.norm: [
        (B(2, 3),), (B(2, 3), {"keepdims": True}), (B(2, 3), 1), (B(3), np.inf), (B(2, 3), None, 1), (B(),),
        (B(2, 3), "nuc", (-1, 0)), (B(2, 3, 4), {"axis": (0, -1), "keepdims": True}), (B(2, 3, 4), 3, -2),
    ],
    np.linalg.matrix_power: [(B(3, 3), 3), (B(2, 3, 3), -2)],
    np.linalg.cholesky: [(Batched(np.eye(3) + 0.1 * np.ones((COUNT, 3, 3))),)],
    np.add.reduce: [(B(2, 3),), (B(2, 3), 1)],
    np.multiply.accumulate: [(B(2, 3),), (B(2, 3), 1)],
    np.add.outer: [(B(2), F(3))],
    np.hypot: [(B(2, 1), F(3)), (F(4, 2, 3), B(3)), (B(2, 3), B(3)), (B(), B(2))],
    np.divmod: [(B(2), 0.7)],
    np.interp: [(F(4), np.arange(3.0), B(3))],
    np.convolve: [
        (B(3), F(2)), (F(2), B(3)), (B(2), B(3)),
        *[(B(n), F(3), mode) for n in (1, 2, 5) for mode in ("full", "same", "valid")],
    ],
    np.correlate: [(B(3), F(2))],
    np.diff: [(B(3),), (B(2, 3), 1, 0), (B(3), {"prepend": np.zeros(1)})],
}  # fmt: skip


@pytest.mark.parametrize(
    ("function", "call"),
    [(f, c) for f, calls in CALLS.items() for c in calls],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_a_function_of_a_batch_is_that_of_each(function, call):
    options = call[-1] if isinstance(call[-1], dict) else {}
    args = call[: len(call) - bool(options)]
    found = function(*args, **options)
    compare(found, [function(*array.item(args, i), **options) for i in range(COUNT)])


def compare(found, expected):
    if isinstance(found, tuple | list):
        assert [len(parts) for parts in expected] == [len(found)] * COUNT
        if any(isinstance(part, Batched) for part in found):
            for k, part in enumerate(found):
                compare(part, [parts[k] for parts in expected])
            return
    if isinstance(found, Batched):
        assert {(np.shape(e), e.dtype) for e in expected} == {(found.shape, found.dtype)}
        data = found.data.numpy() if isinstance(found.data, tg.Tensor) else found.data
        np.testing.assert_allclose(data, np.stack(expected), rtol=1e-12, atol=1e-12)
    elif isinstance(found, np.ndarray):
        assert all(np.array_equal(found, e) for e in expected)
    else:
        assert expected == [found] * COUNT
        assert type(found) is type(expected[0])


def test_every_row_is_tried():
    assert [key for key in array.ROWS if not isinstance(key, str) and key not in CALLS] == [np.empty_like]
    assert np.empty_like(B(2, 3)).data.shape == (COUNT, 2, 3)


INDICES = [
    1, (slice(None, None, -1), 2), (..., slice(1, None, 2)), (None, 0), [2, 0, 0], (np.array([[0, 1]]), [2, 1]),
    (0, slice(None), [1, 1, 3]), (np.array([0, 2]), slice(None), 1), ([[0], [1]], None, [2, 0]), (..., [0, 3]),
    (slice(None), np.array([True, False, True])), RNG.normal(size=(3, 3, 4)) > 0, (np.int64(1), ..., np.int64(-1)),
    (np.array([True, False, True]), slice(None), [0, 3]), (0, None, RNG.normal(size=(3, 4)) > 0),
    (True, slice(None), [1]),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_indices(index):
    x = B(3, 3, 4)
    compare(x[index], [x.data[i][index] for i in range(COUNT)])
    values = Batched(RNG.normal(size=(COUNT, *x.data[0][index].shape)))
    zeros = [np.zeros((3, 3, 4)) for _ in range(COUNT)]
    for i in range(COUNT):
        np.add.at(zeros[i], index, values.data[i])
    compare(tg.scatter(values, index, (3, 3, 4)), zeros)
    added = np.zeros_like(x)
    np.add.at(added, index, values)
    compare(added, zeros)
    written = np.zeros_like(x)
    written[index] = values
    written[index] = 1.5 * written[index]
    singles = [np.zeros((3, 3, 4)) for _ in range(COUNT)]
    for i in range(COUNT):
        singles[i][index] = values.data[i]
        singles[i][index] = 1.5 * singles[i][index]
    compare(written, singles)


def test_what_needs_the_values_of_one_array_is_refused():
    g = B(2)
    for ask in (bool, float, int, complex, np.asarray, lambda g: g.tolist(), lambda g: g[g]):
        with pytest.raises(NotBatchedError):
            ask(g)
    with pytest.raises(NotBatchedError, match="several values of type bool"):
        np.array_equal(Batched(np.arange(3.0)[:, None]), np.zeros(1))
    assert np.array_equal(Batched(np.zeros((3, 2))), np.zeros(2)) is True
    assert not hasattr(g, "mask")


def test_branches_that_all_take_are_taken():
    """And others are refused."""
    g = Batched(np.array([0.5, 1.0, 2.0]))
    assert g > 0
    assert not g > 2
    assert Batched(tg.Tensor([[1.0], [2.0]]))
    with pytest.raises(NotBatchedError, match="no single value"):
        bool(g > 1)


def test_what_is_written_may_be_a_tensor():
    """An array that a tensor is written into is one from then on, and what is read from it has the gradient."""
    t = tg.Tensor(F(COUNT, 2), requires_grad=True)
    g = B(3)
    data = g.data.copy()
    g[:2] = Batched(t)
    g[2] = 3 * g[0]
    np.testing.assert_array_equal(g.data.numpy(), np.column_stack([t.data, 3 * t.data[:, 0]]))
    assert not np.array_equal(g.data.numpy(), data)
    (g.data * [1.0, 2.0, 5.0]).sum().backward()
    np.testing.assert_allclose(t.grad, np.tile([16.0, 2.0], (COUNT, 1)))


def test_what_it_is():
    g = B(2, 3)
    assert (g.shape, g.ndim, g.size, len(g), g.dtype) == ((2, 3), 2, 6, 2, np.float64)
    assert repr(g) == "Batched(3 of shape (2, 3), float64)"
    compare(g.T, [x.T for x in g.data])
    compare(g.mT, [x.T for x in g.data])
    compare(list(g)[1], [x[1] for x in g.data])
    compare(g.flatten().real, [x.flatten() for x in g.data])
    compare(g.astype(np.float32), [x.astype(np.float32) for x in g.data])
    compare(g.cumsum(axis=0), [x.cumsum(axis=0) for x in g.data])
    compare(-g - 1 + 2.0 / g, [-x - 1 + 2.0 / x for x in g.data])
    compare(np.float64(2) * g > g, [2 * x > x for x in g.data])
    compare((g * 1j).conj().imag, [-x for x in g.data])


def test_batches_go_before_tensors():
    """A function that meets a batch behind a tensor does what it does with batches; so does an op."""
    x, g = tg.Tensor(F(3)), B(3)
    compare(np.convolve(x, g), [np.convolve(x.data, row) for row in g.data])
    compare(np.where(x > 0, x, g), [np.where(x.data > 0, x.data, row) for row in g.data])
    compare(x * g @ x, [x.data * row @ x.data for row in g.data])
    assert x.__array_function__(np.convolve, (tg.Tensor, Batched), (x, g), {}) is NotImplemented


def test_axes_out_of_range_never_reach_the_batch():
    for ask in (lambda g: g.sum(axis=-2), lambda g: np.cumsum(g, axis=-2), lambda g: np.concatenate([g, g], axis=-2)):
        with pytest.raises(np.exceptions.AxisError):
            ask(B(2))
