"""Joining, splitting and building: forms of calls beyond the samples, and what is refused."""

import numpy as np
import pytest
from linear import check_linear

from tensorgraph import Tensor
from tensorgraph.errors import ArgumentError, DTypeError, IndexingError, ShapeError

X = np.random.default_rng(0).standard_normal((3, 4))
CUBE = np.random.default_rng(1).standard_normal((2, 3, 4))

LINEAR = {
    "concatenate in another dtype": lambda x: np.concatenate([x, x[:1]], dtype=np.longdouble),
    "vstack of a line and a matrix": lambda x: np.vstack([x[0], x, [1, 2, 3, 4]]),
    "hstack of lines": lambda x: np.hstack([x[0], x[:, 1], 1.5]),
    "dstack of matrices": lambda x: np.dstack((x, x * 2)),
    "column_stack": lambda x: np.column_stack([x[:, 0], x, [1, 2, 3]]),
    "append all": lambda x: np.append(x, x[0]),
    "append to an array": lambda x: np.append(np.ones((1, 4)), x, axis=0),
    "block of blocks": lambda x: np.block([[x, np.ones((3, 1))], [np.zeros((1, 4)), 7.0]]),
    "block with more axes than levels": lambda x: np.block([[x, x]])[None],
    "block of one": lambda x: np.block(x),
    "diagonal above": lambda x: np.diagonal(x, 2),
    "diagonal below": lambda x: np.diagonal(x, -2),
    "diagonal beyond": lambda x: np.diagonal(x, 4),
    "diagonal far below": lambda x: np.diagonal(x, -7),
    "diag of a line": lambda x: np.diag(x[0], -2),
    "diag of no line": lambda x: np.diag(x[0, :0], 1),
    "diagflat": lambda x: np.diagflat(x, 1),
    "tril": lambda x: np.tril(x, 1),
    "triu": lambda x: np.triu(x, -1),
    "triu of a line": lambda x: np.triu(x[0]),
    "rot90": lambda x: np.rot90(x, 3),
    "rot90 twice": lambda x: np.rot90(x, 2),
    "rot90 not at all": lambda x: np.rot90(x, -4),
    "roll over one": lambda x: np.roll(x, 13),
    "roll twice along one axis": lambda x: np.roll(x, (1, 2), (1, 1)),
    "roll along all by one": lambda x: np.roll(x, 1, (0, 1)),
    "roll by an array": lambda x: np.roll(x, np.array([1, -3]), (0, -1)),
    "matrix_transpose": np.matrix_transpose,
    "ix_": lambda x: np.ix_(x[0], [True, False, True])[0],
    "meshgrid": lambda x: np.meshgrid(x[0], [1, 2, 3], x[:, 1])[2],
    "meshgrid of numbers": lambda x: np.meshgrid(x[0], 2.0, sparse=True)[0],
    "meshgrid of one": lambda x: np.meshgrid(x)[0],
    "unstack": lambda x: np.unstack(x, axis=1)[2],
    "hsplit": lambda x: np.hsplit(x, [1, 3])[1],
    "vsplit": lambda x: np.vsplit(x, 3)[2],
    "dsplit": lambda x: np.dsplit(x[None], 2)[1],
    "split": lambda x: np.split(x, np.array([1, 3]), axis=-1)[1],
    "atleast_3d of a matrix": np.atleast_3d,
    "atleast_3d of a line": lambda x: np.atleast_3d(x[0]),
    "atleast_3d of a number": lambda x: np.atleast_3d(x[0, 0]),
    "apply_along_axis": lambda x: np.apply_along_axis(lambda row, k: np.roll(row, k)[:2], 1, x, k=1),
    "apply_along_axis of sums": lambda x: np.apply_along_axis(np.sum, 0, x),
    "apply_over_axes": lambda x: np.apply_over_axes(np.sum, x, [0, 1]),
}


@pytest.mark.parametrize("name", LINEAR)
def test_linear(name):
    check_linear(LINEAR[name], X)


@pytest.mark.parametrize("start", range(-3, 4))
@pytest.mark.parametrize("axis", range(-3, 3))
def test_rollaxis(axis, start):
    check_linear(lambda x: np.rollaxis(x, axis, start), CUBE)


@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (-1, 0), (1, 2)])
@pytest.mark.parametrize("k", range(5))
def test_rot90(k, axes):
    check_linear(lambda x: np.rot90(x, k, axes), CUBE)


@pytest.mark.parametrize("axes", [(0, 1), (2, 1), (-1, -3)])
@pytest.mark.parametrize("offset", range(-4, 5))
def test_diagonal(offset, axes):
    check_linear(lambda x: np.diagonal(x, offset, *axes), CUBE)


@pytest.mark.parametrize("k", range(-5, 6))
def test_triangles(k):
    check_linear(lambda x: np.tril(x, k), CUBE)
    check_linear(lambda x: np.triu(x, k), CUBE)


def test_triangles_stop_what_is_not_finite():
    x = Tensor([[1.0, np.inf], [np.nan, 2.0]], requires_grad=True)
    assert np.triu(np.tril(x)).tolist() == [[1, 0], [0, 2]]


def test_parts_are_views():
    x = Tensor(CUBE, requires_grad=True)
    parts = [
        *np.unstack(x), *np.vsplit(x, 2), *np.hsplit(x, 3), *np.dsplit(x, 2), np.rot90(x), np.flipud(x), np.fliplr(x),
        np.diagonal(x[0]), np.rollaxis(x, 2), np.matrix_transpose(x), *np.meshgrid(x[0, 0], copy=False),
        np.atleast_2d(x),
    ]  # fmt: skip
    assert all(np.shares_memory(part.numpy(), CUBE) for part in parts)


def test_copies_are_none():
    x = Tensor(X[0])
    copies = [*np.meshgrid(x, x), np.tile(x, 1), np.repeat(x, 1), np.block(x), np.copy(x), x.copy(), x.flatten()]
    assert not any(np.shares_memory(part.numpy(), X) for part in copies)


def test_a_cast_that_must_be_asked_for():
    x = Tensor(X, requires_grad=True)
    found = np.concatenate([x, x], dtype=int, casting="unsafe")
    assert found.dtype == int
    assert not found.requires_grad
    np.testing.assert_array_equal(found.numpy(), np.concatenate([X, X], dtype=int, casting="unsafe"))


def test_coordinates_stay_places():
    rows, columns = np.ix_(Tensor([2, 0]), Tensor([True, False, True]))
    np.testing.assert_array_equal(X[rows.numpy(), columns], X[[2, 0]][:, [0, 2]])
    assert np.ix_([], Tensor([1]))[0].dtype == np.intp


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("count", range(4))
def test_grids(count, sparse, indexing):
    lines = [X[0], X[:, 0], X[0, :2]][:count]
    found = np.meshgrid(*map(Tensor, lines), sparse=sparse, indexing=indexing)
    for one, other in zip(found, np.meshgrid(*lines, sparse=sparse, indexing=indexing), strict=True):
        np.testing.assert_array_equal(one.numpy(), other)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(not hasattr(np, "row_stack"), reason="newer NumPy has dropped the name")
def test_an_old_name():
    assert np.row_stack([Tensor([1.0]), [2.0]]).tolist() == [[1], [2]]


REFUSED = [
    (
        DTypeError,
        "concatenate: Cannot cast array data from dtype('float64') to dtype('int64') according to the rule "
        "'same_kind'\n  arrays[0]  (3, 4) float64 from leaf",
        lambda x: np.concatenate([x], dtype=int),
    ),
    (ShapeError, "np.block: the list arrays[1] is empty", lambda x: np.block([[x], []])),
    (ShapeError, "np.block: arrays[0] is a tuple; blocks are arranged in lists", lambda x: np.block([(1,), x])),
    (
        ShapeError,
        "np.block: lists must be nested equally deep; under arrays[0] there are 1 levels, under arrays[1] 0",
        lambda x: np.block([[x], x]),
    ),
    (ShapeError, "np.diag: takes one axis or two; got shape (1, 3, 4)", lambda x: np.diag(x[None])),
    (ShapeError, "np.tril, np.triu: a number has no triangle; needs at least one axis", lambda x: np.tril(x[0, 0])),
    (ArgumentError, "np.meshgrid: indexing must be 'xy' or 'ij'; got 'yx'", lambda x: np.meshgrid(x, x, indexing="yx")),
    (ShapeError, "np.ix_: takes arrays of one axis; got shape (3, 4)", lambda x: np.ix_(x)),
    (
        ShapeError,
        "np.matrix_transpose: needs an array of at least 2 axes; got shape (4,)",
        lambda x: np.matrix_transpose(x[0]),
    ),
    (ShapeError, "np.unstack: an array without axes has no parts", lambda x: np.unstack(x[0, 0])),
    (ShapeError, "np.hsplit: needs an array of at least 1 axes; got shape ()", lambda x: np.hsplit(x[0, 0], 1)),
    (ShapeError, "np.vsplit: needs an array of at least 2 axes; got shape (4,)", lambda x: np.vsplit(x[0], 2)),
    (ShapeError, "np.dsplit: needs an array of at least 3 axes; got shape (3, 4)", lambda x: np.dsplit(x, 2)),
    (IndexingError, "np.rollaxis: start=3 is out of bounds for an array of 2 axes", lambda x: np.rollaxis(x, 1, 3)),
    (IndexingError, "np.rollaxis: start=-3 is out of bounds for an array of 2 axes", lambda x: np.rollaxis(x, 1, -3)),
    (
        ShapeError,
        "np.apply_along_axis: there is nothing along axis 1 of an array of shape (0, 4)",
        lambda x: np.apply_along_axis(np.sum, 1, x[:0]),
    ),
    (
        ShapeError,
        "np.apply_over_axes: the function took 2 axes away; it may take one",
        lambda x: np.apply_over_axes(lambda v, axis: np.sum(v), x, 0),
    ),
]


@pytest.mark.parametrize(("error", "message", "call"), REFUSED)
def test_what_numpy_refuses_is_refused(error, message, call):
    with pytest.raises((ValueError, TypeError, IndexError)):
        call(X)
    with pytest.raises(error) as found:
        call(Tensor(X, requires_grad=True))
    assert str(found.value) == message
