"""Tensors among NumPy code: protocols, what is refused, making tensors, values off the graph, copies."""

import copy
import math
import operator
import pickle
from collections import namedtuple

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.core import NUMPY, OPS
from tensorgraph.errors import (
    ArgumentError,
    BackwardError,
    DTypeError,
    IndexingError,
    ShapeError,
    TrackedTensorError,
    UnsupportedFunctionError,
)


def leaf(values=(1.0, 2.0, 3.0), dtype=np.float64, **options):
    return Tensor(np.array(values, dtype), requires_grad=True, **options)


# Operators and dispatch


BINARY = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.mod, operator.pow, operator.matmul,
]  # fmt: skip


@pytest.mark.parametrize("apply", BINARY)
def test_array_op_tensor_is_a_tensor_on_either_side(apply):
    a, x = np.array([[1.0, 2.0], [3.0, 4.0]]), leaf([[2.0, 1.0], [5.0, 2.0]])
    for result, expected in ((apply(a, x), apply(a, x.numpy())), (apply(x, a), apply(x.numpy(), a))):
        assert type(result) is Tensor
        assert result.requires_grad
        np.testing.assert_array_equal(result.numpy(), expected)


@pytest.mark.parametrize("apply", BINARY[:-1])
@pytest.mark.parametrize(
    "scalar", [3, 2.5, np.float64(2.5), np.float32(1.5), np.int64(3), np.array(2.5), True, np.True_]
)
def test_scalars_on_either_side_are_weak(apply, scalar):
    """A Python number, a NumPy scalar or a 0-d array beside a float32 tensor leaves float32; values are NumPy's."""
    x = leaf((1.5, 2.0, 0.5), np.float32)
    number = scalar.item() if isinstance(scalar, np.generic | np.ndarray) else scalar
    for result, expected in (
        (apply(x, scalar), apply(x.numpy(), number)),
        (apply(scalar, x), apply(number, x.numpy())),
    ):
        assert type(result) is Tensor
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result.numpy(), expected)
        result.sum().backward()
    assert x.grad.dtype == np.float32


def test_scalars_widen_where_numbers_would():
    assert (Tensor(np.array([1, 2])) * np.float64(0.5)).dtype == np.float64
    assert (leaf(dtype=np.float32) * np.complex64(1j)).dtype == np.complex64
    assert (leaf(dtype=np.float32) * np.float64(0.5)).dtype == np.float32
    assert (leaf(dtype=np.float32) * np.array([0.5])).dtype == np.float64, "an array with an axis is no scalar"


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], (1.0, 2.0, 3.0)])
@pytest.mark.parametrize("apply", [*BINARY, np.maximum, np.hypot, np.arctan2])
def test_lists_are_arrays_beside_a_tensor_forward_and_backward(apply, values):
    array = np.array(values)
    for left in (True, False):
        x, y = leaf((0.5, 1.5, 2.5)), leaf((0.5, 1.5, 2.5))
        apply(*(values, x) if left else (x, values)).sum().backward()
        apply(*(array, y) if left else (y, array)).sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), y.grad.numpy())


def test_namedtuples_may_index():
    Place = namedtuple("Place", "row column")
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert x[Place(Tensor(1), 0)].item() == 3.0


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])
def test_comparisons_give_masks_on_no_graph(compare):
    x = leaf()
    for mask in (compare(x, 2.0), compare(2.0, x), compare(x, x), compare(np.full(3, 2.0), x)):
        assert type(mask) is Tensor
        assert not mask.requires_grad
        assert mask.dtype == bool
    np.testing.assert_array_equal(compare(x, 2.0), compare(x.numpy(), 2.0))
    assert not np.any(x == None)  # noqa: E711


def test_masks_indices_and_counts_work_where_arrays_and_numbers_do():
    x, scores = np.array([[1.0, 5.0], [7.0, 3.0]]), leaf([[0.0, 2.0], [3.0, 0.0]])
    best = np.argmax(scores, axis=1)
    assert x[np.arange(2), best].tolist() == [5.0, 7.0]
    assert x[scores > 1].tolist() == [5.0, 7.0]
    assert scores[scores > 1].tolist() == [2.0, 3.0]
    assert ["a", "b", "c", "d"][np.argmax(scores)] == "c"
    assert int((scores > 1).sum()) == 2
    assert f"{np.mean(best == [1, 0]):.2f}" == "1.00"
    assert [int(i) for i in best] == [1, 0]
    mask = scores > 1
    mask |= scores == 0
    assert mask.all()
    rows, columns = np.nonzero(scores)
    assert (type(rows), columns.tolist()) == (Tensor, [1, 0])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x, axis=0),
        lambda x: np.mean(a=x, axis=(0, 1), keepdims=True),
        lambda x: np.var(x, 1, ddof=1),
        lambda x: np.reshape(x, (4, 1)),
        lambda x: np.transpose(x, axes=(1, 0)),
        lambda x: np.concatenate([x, np.ones((1, 2)), x]),
        lambda x: np.concatenate((np.ones((1, 2)), x), axis=None),
        lambda x: np.stack([x, x], axis=-1),
        lambda x: np.where([[True, False], [False, True]], x, 7.0),
        lambda x: np.einsum("ij,kj->ik", x, np.eye(2)),
        lambda x: np.clip(x, 1.5, None),
        lambda x: np.dot(np.ones(2), x),
        lambda x: np.swapaxes(x, 0, 1),
        lambda x: np.pad(x, 1),
        lambda x: np.squeeze(np.expand_dims(x, (0, 2))),
    ],
)
def test_numpy_functions_take_tensors_as_they_take_arrays(call):
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    result = call(x)
    assert type(result) is Tensor
    assert result.requires_grad
    np.testing.assert_array_equal(result.numpy(), call(x.numpy()))


@pytest.mark.parametrize("name", ["argmax", "argmin", "argsort", "any", "all"])
@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": 1, "keepdims": True}])
def test_methods_that_ask_about_values_answer_with_tensors(name, options):
    if name == "argsort":
        options = {key: value for key, value in options.items() if key == "axis"}
    x = leaf([[0.0, 2.0], [3.0, 0.0]])
    answer, expected = getattr(x, name)(**options), getattr(x.numpy(), name)(**options)
    assert type(answer) is Tensor
    assert answer.dtype == expected.dtype
    np.testing.assert_array_equal(answer, expected)


def test_functions_without_gradients_take_tensors():
    x = leaf()
    assert np.argmax(x) == 2
    assert np.shape(x) == (3,)
    assert np.allclose(x, [1, 2, 3])
    assert type(np.zeros_like(x)) is Tensor
    np.testing.assert_array_equal(np.argsort(-x), [2, 1, 0])


# No object arrays, no function that silently loses the gradient


def all_numpy_functions():
    """NumPy's public functions that dispatch on their arguments, and its ufuncs."""
    for module in (np, np.linalg, np.fft):
        for name in sorted(set(dir(module))):
            function = getattr(module, name)
            if isinstance(function, np.ufunc) or hasattr(function, "_implementation"):
                yield f"{module.__name__}.{name}", function


CALLS = [(lambda f, x: f(x)), (lambda f, x: f(x, x)), (lambda f, x: f([x, x])), (lambda f, x: f(x, 1))]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # newer NumPy versions will drop some of these functions
@pytest.mark.parametrize(("name", "function"), list(all_numpy_functions()))
def test_no_numpy_function_makes_object_arrays_or_loses_the_gradient(name, function):
    """Whatever is called: a tensor, a plain result that is meant to be plain, or an error. Never an object array."""
    for call in CALLS:
        for x in (leaf([[4.0, 1.0], [1.0, 3.0]]), leaf((1.0, 2.0, 3.0)), leaf(0.5)):
            try:
                with np.errstate(all="ignore"):
                    result = call(function, x)
            except (TypeError, ValueError, AttributeError, RuntimeError, IndexError, BackwardError, RuntimeWarning):
                continue
            for part in result if isinstance(result, tuple | list) else [result]:
                assert isinstance(part, type) or getattr(part, "dtype", np.dtype(float)).kind != "O", name
                if not isinstance(part, Tensor):
                    assert function in NUMPY or function in OPS, f"{name} gave {part!r} without a rule"


def test_ufunc_without_a_rule_says_what_to_use():
    with pytest.raises(UnsupportedFunctionError, match=r"vectorized\) has no rule.*\(t\.numpy\(\)\).*ops\.md"):
        np.frompyfunc(twice, 1, 1)(leaf())


def test_function_without_a_rule_is_named_with_its_module(monkeypatch):
    monkeypatch.delitem(NUMPY, np.linalg.qr)
    with pytest.raises(UnsupportedFunctionError, match=r"np\.linalg\.qr has no rule"):
        np.linalg.qr(leaf(np.eye(2)))


def test_ufunc_of_another_package_is_not_called_numpys():
    with pytest.raises(UnsupportedFunctionError, match=r"^twice \(vectorized\) has no rule"):
        np.frompyfunc(twice, 1, 1)(leaf())


def twice(v):
    return 2 * v


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.clip(x, 0, 1, where=[True, False, True]), r"np\.clip: where= is not supported"),
    ],
)
def test_forms_of_calls_that_cannot_be_followed_raise(call, message):
    with pytest.raises(UnsupportedFunctionError, match=message):
        call(leaf())


def test_default_options_may_be_spelled_out():
    x = leaf()
    assert np.sum(x, axis=None, dtype=None, out=None).item() == 6.0


def test_array_in_place_with_a_tensor_raises_and_leaves_the_array():
    a = np.zeros(3)
    with pytest.raises(TrackedTensorError, match="array \\+= tensor"):
        a += leaf()
    with pytest.raises(TrackedTensorError):
        a[:] = leaf()
    np.testing.assert_array_equal(a, [0, 0, 0])


@pytest.mark.parametrize(
    "other",
    [np.array([1, 2, 3], object), "words", None, object(), {1}, np.array(["a", "b", "c"])],
    ids=lambda other: type(other).__name__,
)
def test_operands_that_are_not_numbers_raise(other):
    for call in (lambda: leaf() + other, lambda: other * leaf(), lambda: np.maximum(leaf(), other)):
        with pytest.raises(TypeError):
            call()


def test_object_results_are_refused_by_name():
    with pytest.raises(DTypeError, match=r"multiply: the result would be an object array(.|\n)*y  \(3,\) object"):
        leaf() * np.array([1, 2, 3], object)


def test_masked_arrays_are_refused():
    with pytest.raises(DTypeError, match="multiply: a masked array would lose its mask"):
        leaf() * np.ma.masked_array([1.0, 2.0, 3.0], [True, False, False])
    with pytest.raises(DTypeError, match="masked"):
        Tensor(np.ma.masked_array([1.0], [True]))


def test_subclasses_of_ndarray_become_plain_arrays():
    """A matrix has a multiplication and reductions of its own; rules could not work with it."""
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    x = leaf([[1.0, 1.0], [2.0, 2.0]])
    y = x * matrix
    assert type(y.data) is np.ndarray
    np.testing.assert_array_equal(y.numpy(), [[1, 2], [6, 8]])
    y.sum(axis=0).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.asarray(matrix))


def test_bad_shapes_and_indices_name_the_op_and_its_inputs():
    x = leaf(name="x")
    with pytest.raises(ShapeError, match=r"add: (.|\n)*x  \(3,\) float64 from x\n  y  \(2,\) float64"):
        x + np.ones(2)
    with pytest.raises(IndexError, match="getitem: index 10 is out of bounds"):
        x[10]
    with pytest.raises(IndexingError, match="sum: axis 3 is out of bounds"):
        x.sum(axis=3)
    with pytest.raises(ArgumentError, match=r"logsumexp: does not take 'axes'.*takes \(a, axis=None, keepdims=False\)"):
        x.logsumexp(axes=0)


def test_what_is_no_array_is_named():
    x = leaf([[1.0, 2.0]])
    with pytest.raises(DTypeError, match="affine: weight must be an array or a tensor; got list"):
        tg.affine(x, [[1.0], [2.0]], [0.0])
    with pytest.raises(DTypeError, match="affine: bias must be an array or a tensor; got NoneType"):
        tg.affine(np.ones((1, 2)), np.ones((2, 1)), None)


def test_integers_from_floats_are_on_no_graph():
    x = leaf((1.7, 2.2))
    for whole in (x.astype(int), np.astype(x, np.int32)):
        assert not whole.requires_grad
        np.testing.assert_array_equal(whole.numpy(), [1, 2])
    (x * x.astype(int)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 2])


# Making tensors


@pytest.mark.parametrize("value", [[1.0, 2.0], (1, 2), np.arange(3), 3.5, np.float32(1), True, range(3), [[1], [2]]])
def test_tensor_takes_what_asarray_takes(value):
    np.testing.assert_array_equal(Tensor(value).numpy(), np.asarray(value))
    assert Tensor(value).dtype == np.asarray(value).dtype
    assert Tensor(value, dtype=np.float32).dtype == np.float32


def test_an_array_is_shared():
    a = np.ones(3)
    assert Tensor(a).numpy() is a
    assert Tensor(Tensor(a)).numpy() is a


@pytest.mark.parametrize("value", [None, "text", object(), {1, 2}, {"a": 1}, np.array(["a"]), np.datetime64("2020")])
def test_tensor_of_what_is_no_number_is_refused(value):
    with pytest.raises(DTypeError, match="elements must be numbers or booleans; got dtype"):
        Tensor(value)


def test_ragged_lists_are_refused():
    with pytest.raises(ArgumentError, match="list cannot become an array"):
        Tensor([[1.0, 2.0], [3.0]])


@pytest.mark.parametrize("dtype", [int, bool, np.uint8])
def test_only_floats_can_require_gradients(dtype):
    with pytest.raises(DTypeError, match="only floating point and complex tensors can require gradients; got"):
        Tensor(np.array([1, 0]).astype(dtype), requires_grad=True)
    t = Tensor(np.array([1, 0]).astype(dtype))
    with pytest.raises(DTypeError, match="Give floats"):
        t.requires_grad = True


def test_wrapping_tracked_tensors_is_refused():
    x = leaf()
    for make in (lambda: Tensor(x), lambda: Tensor([x, x]), lambda: np.array([x[0], x[1]]), lambda: np.sum([x, x])):
        with pytest.raises(TrackedTensorError, match=r"silently lose its gradient. Use \.numpy\(\) or \.detach\(\)"):
            make()


def test_requires_grad_is_set_on_leaves_only():
    x = Tensor([1.0])
    x.requires_grad = True
    assert x.is_leaf
    y = x * 2
    with pytest.raises(BackwardError, match=r"can be set on leaves only.*detach"):
        y.requires_grad = False
    x.requires_grad = False
    assert not (x * 2).requires_grad


def test_grad_must_fit():
    x = leaf()
    x.grad = np.ones(3)
    assert isinstance(x.grad, Tensor)
    for wrong in (np.ones(2), np.ones(3, np.float32)):
        with pytest.raises(ArgumentError, match=r"the shape and dtype of its tensor, \(3,\) float64; got"):
            x.grad = wrong


# Values off the graph


def test_array_conversion_of_untracked_tensors():
    t = Tensor([1.0, 2.0])
    assert np.asarray(t) is t.data
    assert np.array(t) is not t.data
    assert np.asarray(t, dtype=np.float32).dtype == np.float32
    assert np.asarray(t.sum()).shape == ()
    with pytest.raises(ValueError, match="copy"):
        np.asarray(t, dtype=np.float32, copy=False)
    np.testing.assert_array_equal(np.array([t, t]), [[1, 2], [1, 2]])
    assert np.array([t, t]).dtype == np.float64


@pytest.mark.parametrize("make", [leaf, lambda: leaf() * 2, lambda: leaf().sum()])
def test_array_conversion_of_tracked_tensors_raises(make):
    tracked = make()
    for convert in (np.asarray, np.array, lambda t: np.array(t, dtype=object), lambda t: np.array([t]), list_of_arrays):
        with pytest.raises(TrackedTensorError, match="become a plain array"):
            convert(tracked)
    with tg.no_grad(), pytest.raises(TrackedTensorError):
        np.asarray(tracked)


def list_of_arrays(t):
    return np.stack([np.asarray(t)])


def test_dlpack():
    t = Tensor(np.arange(6.0).reshape(2, 3))
    shared = np.from_dlpack(t)
    assert np.shares_memory(shared, t.numpy())
    np.testing.assert_array_equal(np.from_dlpack(t.sum()), 15.0)
    with pytest.raises(TrackedTensorError, match="DLPack"):
        np.from_dlpack(leaf())


def test_detach_and_numpy_share_memory():
    x = leaf()
    assert x.detach().data is x.data
    assert x.numpy() is x.data
    assert not x.detach().requires_grad
    assert type((x * 1).sum().numpy()) is np.ndarray


def test_numbers():
    x = leaf((2.5,))
    assert (float(x), int(x), complex(x), x.item()) == (2.5, 2, 2.5 + 0j, 2.5)
    assert type(x.item()) is float
    assert math.sqrt(leaf((4.0,))) == 2.0
    assert x.tolist() == [2.5]
    for convert in (float, int, Tensor.item):
        with pytest.raises(ValueError, match="size"):
            convert(leaf())


def test_truth():
    assert leaf(1.0)
    assert not leaf([0.0])
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf())
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf() > 1)


def test_index():
    assert list(range(5))[Tensor(2)] == 2
    assert np.arange(5)[Tensor([1, 2])].tolist() == [1, 2]
    for no_index in (leaf(1.0), leaf().sum(), Tensor([1, 2])):
        with pytest.raises(TypeError):
            operator.index(no_index)


def test_length_iteration_and_membership():
    x = leaf([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert len(x) == 3
    rows = list(x)
    assert [type(row) for row in rows] == [Tensor] * 3
    a, b, c = x
    (a * 1 + b * 10 + c * 100).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[1, 1], [10, 10], [100, 100]])
    assert 4.0 in x
    assert Tensor(7.0) not in x
    assert [row.tolist() for row in reversed(x)] == [[5, 6], [3, 4], [1, 2]]
    for call in (len, iter, list):
        with pytest.raises(TypeError):
            call(leaf(1.0))


def test_repr_shows_value_dtype_and_origin():
    x = leaf((1.0, 2.0), np.float32, name="w")
    assert repr(x) == "Tensor([1., 2.], dtype=float32, requires_grad=True, name='w')"
    assert repr(x * 2) == "Tensor([2., 4.], dtype=float32, op=multiply)"
    assert repr(Tensor(3)) == "Tensor(3, dtype=int64)"
    assert repr((x * 2).sum()) == "Tensor(6., dtype=float32, op=sum)"
    assert len(repr(leaf(np.zeros((1000, 1000))))) < 1000
    assert str(x) == repr(x)


def test_format():
    x = leaf((1.0, 2.0))
    assert f"{x.sum():.3f} {x[:1]:5.1f}" == "3.000   1.0"
    assert f"{x}" == repr(x)
    assert f"{x:>60}" == repr(x).rjust(60)


# Copies


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))], ids=["deepcopy", "pickle"])
def test_copies_of_leaves(copied):
    x = leaf(name="w", dtype=np.float32)
    (x * 2).sum().backward()
    y = copied(x)
    assert (y.requires_grad, y.name, y.dtype, y.is_leaf) == (True, "w", np.float32, True)
    np.testing.assert_array_equal(y.grad.numpy(), x.grad.numpy())
    assert not np.shares_memory(x.numpy(), y.numpy())
    assert not np.shares_memory(x.grad.numpy(), y.grad.numpy())
    (y * 5).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2, 2])
    plain = copied(Tensor([1, 2]))
    assert not plain.requires_grad
    assert plain.dtype == np.int64


class Tagged(Tensor):
    """A subclass with attributes of its own."""


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))], ids=["deepcopy", "pickle"])
def test_copies_of_subclasses_keep_their_attributes(copied):
    x = Tagged([1.0, 2.0], requires_grad=True)
    x.tags = ["a", "b"]
    y = copied(x)
    assert type(y) is Tagged
    assert y.requires_grad
    assert y.tags == ["a", "b"]
    assert y.tags is not x.tags


def test_a_deep_copy_keeps_sharing():
    x = leaf()
    both = copy.deepcopy({"a": x, "b": x})
    assert both["a"] is both["b"]
    assert both["a"] is not x


@pytest.mark.parametrize("copied", [copy.deepcopy, pickle.dumps])
def test_computed_tensors_are_not_copied(copied):
    with pytest.raises(TrackedTensorError, match=r"computed by 'multiply'.*detach"):
        copied(leaf() * 2)
    copied((leaf() * 2).detach())


def test_hash_is_identity():
    x, y = leaf(), leaf()
    assert {x: 1, y: 2}[x] == 1
    assert len({x, y, x}) == 2


@pytest.mark.parametrize("count", [Tensor(3), Tensor(True), Tensor(np.uint8(3))])
def test_a_count_widens_no_dtype_of_floating_point_numbers(count):
    for dtype in (np.float16, np.float32, np.complex64):
        x = Tensor(np.ones(2, dtype), requires_grad=True)
        for result in (x / count, count * x, np.maximum(x, count), x.sum() - count):
            assert result.dtype == dtype
        assert (x**count).sum().dtype == dtype
    assert (Tensor(np.ones(2, np.int8)) + Tensor(3)).dtype == np.int64  # integers are promoted as such
    assert (Tensor(np.ones(2, np.float32)) * Tensor([3])).dtype == np.float64
