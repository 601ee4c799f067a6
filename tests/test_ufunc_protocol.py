"""The options and the methods of ufuncs on tensors, and ``out=`` of other functions: NumPy's values, with gradients."""

import operator

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.core import OPS, Op
from tensorgraph.errors import (
    ArgumentError,
    DTypeError,
    IndexingError,
    ShapeError,
    TrackedTensorError,
    UnsupportedFunctionError,
)
from tensorgraph.testing import gradcheck

RANDOM = np.random.default_rng(0)
A = np.abs(RANDOM.normal(size=(2, 3, 4))) + 0.5
B = np.abs(RANDOM.normal(size=(2, 3, 4))) + 0.5


def leaf(values=(1.0, 2.0, 3.0), dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True)


def same(result, expected):
    """The result is a tensor with these values, in this dtype."""
    assert type(result) is Tensor
    assert result.dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(result.numpy(), expected, rtol=4 * np.finfo(float).eps)


# dtype, signature, casting, order, subok


@pytest.mark.parametrize(
    "options",
    [
        {"dtype": np.float32},
        {"dtype": np.complex128},
        {"signature": "dd->d"},
        {"casting": "no"},
        {"casting": "unsafe", "dtype": np.float32},
        {"order": "F"},
        {"order": "C", "subok": False},
        {"dtype": None, "where": True},
    ],
    ids=str,
)
def test_options_of_a_call(options):
    result, expected = np.multiply(Tensor(A), B, **options), np.multiply(A, B, **options)
    same(result, expected)
    assert result.data.strides == expected.strides
    x = Tensor(A, requires_grad=True)
    np.sum(np.multiply(x, B, **options)).real.backward()
    np.testing.assert_allclose(x.grad.numpy(), B, rtol=1e-6)


def test_a_dtype_is_that_of_the_computation():
    x = leaf((1 / 3, 2 / 3), np.float32)
    same(np.add(x, 1.0, dtype=np.float64), np.add(x.numpy(), 1.0, dtype=np.float64))
    np.add(x, 1.0, dtype=np.float64).sum().backward()
    assert x.grad.dtype == np.float32
    same(np.divide(Tensor(np.arange(3)), 2, dtype=np.float32), np.divide(np.arange(3), 2, dtype=np.float32))
    same(np.add(leaf(), np.float64(1), dtype=np.float32), np.float32([2, 3, 4]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: np.add(x, 1.0, dtype=int),
            "np.add: Cannot cast ufunc 'add' input 0 from dtype('float64') to dtype('int64') with casting rule "
            "'same_kind'. Cast inputs with astype, or give another casting=",
        ),
        (
            lambda x: np.add(x, np.ones(3, np.float32), casting="no"),
            "np.add: Cannot cast ufunc 'add' input 1 from dtype('float32') to dtype('float64') with casting rule 'no'. "
            "Cast inputs with astype, or give another casting=",
        ),
        (
            lambda x: np.exp(x, out=Tensor(np.zeros(3, int))),
            "np.exp: the result is float64, which cannot be written into out= of int64 with casting='same_kind'. "
            "Give an out= of float64, or cast the result with astype",
        ),
    ],
)
def test_dtypes_that_do_not_fit_raise(call, message):
    with pytest.raises(DTypeError) as error:
        call(leaf())
    assert str(error.value) == message


# out and where


def test_out_of_a_tensor_on_no_graph():
    out, x = Tensor(np.zeros(3)), Tensor(np.array([1.0, 4.0, 9.0]))
    assert np.sqrt(x, out=out) is out
    np.testing.assert_array_equal(out.numpy(), [1, 2, 3])
    array = np.zeros((2, 3), np.float32)
    assert np.add(x, 1.0, array) is array
    np.testing.assert_array_equal(array, [[2, 5, 10], [2, 5, 10]])
    with tg.no_grad():
        np.add(leaf(), 1.0, out=out)
    np.testing.assert_array_equal(out.numpy(), [2, 3, 4])


def test_out_of_several_results():
    x, whole = Tensor(np.array([1.5, -2.25])), np.zeros(2)
    fraction, same_whole = np.modf(x, out=(None, whole))
    assert same_whole is whole
    same(fraction, [0.5, -0.25])
    np.testing.assert_array_equal(whole, [1, -2])


def test_a_mask_hides_elements_from_the_function():
    """No warning of log(0) is given, and warnings are errors here."""
    x, out = Tensor(np.array([0.0, 1.0, np.e])), Tensor(np.full(3, 7.0))
    assert np.log(x, out=out, where=x > 0) is out
    np.testing.assert_array_equal(out.numpy(), [7, 0, 1])
    out = np.zeros((2, 3))
    np.add(Tensor(np.ones(3)), [[1.0], [2.0]], out=out, where=np.array([True, False, True]))
    np.testing.assert_array_equal(out, [[2, 0, 2], [3, 0, 3]])


OUTS = [
    lambda x, out: np.sum(x, out=out),
    lambda x, out: np.mean(x, 0, None, out),
    lambda x, out: np.concatenate([x, x], 0, out),
    lambda x, out: np.clip(x, 1.5, 2.5, out=out),
    lambda x, out: np.dot(np.ones((2, 3)), x, out),
    lambda x, out: np.argmax(x, out=out),
    lambda x, out: np.subtract.reduce(x, out=out),
    lambda x, out: np.maximum.accumulate(x, out=out),
    lambda x, out: np.multiply.outer(x, x, out=out),
]


@pytest.mark.parametrize("call", OUTS)
@pytest.mark.parametrize("kind", [np.asarray, Tensor])
def test_out_of_functions(call, kind):
    x = np.array([1.0, 2.0, 3.0])
    expected = np.asarray(call(x, None))
    out = kind(np.empty_like(expected))
    assert call(Tensor(x), out) is out
    np.testing.assert_array_equal(np.asarray(out), expected)


@pytest.mark.parametrize(
    "name", ["sum", "prod", "mean", "var", "std", "max", "min", "clip", "cumsum", "round", "argmax"]
)
def test_out_of_methods(name):
    x = np.array([1.0, 2.5, 3.0])
    expected = np.asarray(getattr(x, name)(0))
    for out in (np.empty_like(expected), Tensor(np.empty_like(expected))):
        assert getattr(Tensor(x), name)(0, out=out) is out
        np.testing.assert_array_equal(np.asarray(out), expected)


def test_out_of_a_method_has_its_gradient():
    x, out = leaf(), Tensor(np.zeros(()))
    x.sum(out=out)
    out.backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.ones(x.shape))


def test_out_of_the_wrong_shape():
    with pytest.raises(ShapeError, match=r"^np\.sum: the result has shape \(\), and out= has shape \(3,\)$"):
        np.sum(leaf(), out=np.zeros(3))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: np.add(x, 1, out=np.zeros(3)), "np.add"),
        (lambda x: operator.iadd(np.zeros(3), x), "np.add"),
        (lambda x: np.mean(x, out=np.zeros(())), "np.mean"),
        (lambda x: np.add.reduce(x, out=np.zeros(())), "np.add.reduce"),
        (lambda x: np.concatenate([x, x], out=np.zeros(6)), "np.concatenate"),
    ],
)
def test_a_gradient_is_not_lost_in_a_plain_array(call, name):
    with pytest.raises(TrackedTensorError) as error:
        call(leaf())
    assert str(error.value) == (
        f"{name}: a result that requires gradients would lose them in a plain array (out=, or `array += tensor`). "
        "Use the result that is returned (a = a + t), give a tensor as out=, or compute from t.numpy()"
    )


WRITES = [
    lambda x, out: np.sin(x, out=out),
    lambda x, out: np.log(x, out=out, where=A[0] > 1),
    lambda x, out: np.add(x, out, out=out),
    lambda x, out: np.add(x, x, out, where=[True, False, True, True]),
    lambda x, out: np.multiply(x[0], 2, out=out),
    lambda x, out: np.modf(x, out=(out, None)),
    lambda x, out: np.cumsum(x, axis=0, out=out),
    lambda x, out: np.hypot.accumulate(x, out=out),
    lambda x, out: np.add.at(out, [0, 1, 1], x[:1]),
    lambda x, out: np.subtract.at(out, ([0, 0, 1], [1, 1, 2]), x[0, :3]),
    lambda x, out: np.hypot.at(out, ([0, 0, 1], [1, 1, 2]), x[0, :3]),
]


@pytest.mark.parametrize("write", WRITES)
def test_what_is_written_into_a_tensor_has_its_gradient(write):
    def squared(x):
        out = 0.5 * x
        write(x, out)
        return out * out

    report = gradcheck(squared, [A[0]])
    assert report.checked


def test_out_becomes_tracked():
    x, out = leaf(), Tensor(np.zeros(3))
    assert np.square(x, out=out) is out
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 4, 6])


def test_where_needs_out():
    with pytest.raises(UnsupportedFunctionError) as error:
        np.add(leaf(), 1, where=[True, False, True])
    assert str(error.value) == (
        "np.add: where= without out= leaves elements without a value. Use np.where(mask, np.add(...), other), "
        "or give out="
    )


# Methods

DIFFERENTIABLE = [op.forward for op in OPS.values() if isinstance(op, Op) and isinstance(op.forward, np.ufunc)]
BINARY = [f for f in DIFFERENTIABLE if (f.nin, f.nout) == (2, 1) and f.signature is None and hasattr(np, f.__name__)]
BINARY = [f for f in BINARY if getattr(np, f.__name__) is f and f is not np.ldexp]


@pytest.mark.parametrize("f", BINARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "call",
    [
        lambda f, a: f.reduce(a),
        lambda f, a: f.reduce(a, axis=1, keepdims=True),
        lambda f, a: f.reduce(a, -1),
        lambda f, a: f.accumulate(a),
        lambda f, a: f.accumulate(a, axis=-1),
        lambda f, a: f.reduceat(a, [0, 3, 1, 1], axis=2),
        lambda f, a: f.outer(a[0, 0], a[1]),
        lambda f, a: f.outer(a[0, 0], [1.5, 2.5]),
    ],
)
def test_methods_of_every_binary_ufunc(f, call):
    result = call(f, Tensor(A))
    expected = call(f, A.astype(np.longdouble))  # NumPy's loops for float64 give another value of power and arctan2
    assert result.shape == expected.shape
    assert result.dtype == np.float64
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-12)
    report = gradcheck(lambda a: call(f, a), [A], directions=2)
    assert report.checked


@pytest.mark.parametrize("f", BINARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("method", ["reduce", "accumulate", "reduceat", "outer"])
def test_methods_take_a_dtype(f, method):
    others = {"reduceat": ([0, 2],), "outer": (np.float32([1.5, 2.5]),)}.get(method, ())
    x = A[0, :, 0].astype(np.float32)
    result = getattr(f, method)(Tensor(x), *others, dtype=np.float64)
    assert result.dtype == np.float64
    expected = getattr(f, method)(x.astype(np.longdouble), *others)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-12)


REORDERABLE = [np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp, np.logaddexp2, np.hypot]


@pytest.mark.parametrize("f", REORDERABLE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("options", [{"axis": None}, {"axis": (0, -1)}, {"axis": (2, 1), "keepdims": True}], ids=str)
def test_reduce_over_several_axes(f, options):
    same_up_to_rounding(f.reduce(Tensor(A), **options), f.reduce(A, **options))
    assert gradcheck(lambda a: f.reduce(a, **options), [A], directions=2).checked


def same_up_to_rounding(result, expected):
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize("f", [np.logaddexp, np.logaddexp2, np.hypot], ids=lambda f: f.__name__)
def test_reduce_of_chosen_elements(f):
    mask = A > 1
    mask[0] = True
    for options in ({"where": mask}, {"initial": 1.5}, {"where": mask, "initial": 1.5, "axis": 2}):
        same_up_to_rounding(f.reduce(Tensor(A), **options), f.reduce(A, **options))
        assert gradcheck(lambda a, options=options: f.reduce(a, **options), [A], directions=2).checked


def test_logaddexp_reduce_of_no_chosen_element():
    """All that is left out counts as log(0): the result is log(0), and no gradient arrives, without a warning."""
    x = leaf(A[0])
    total = np.logaddexp.reduce(x, where=np.zeros((3, 4), bool))
    np.testing.assert_array_equal(total.numpy(), np.full(4, -np.inf))
    total.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((3, 4)))


def test_reduce_of_nothing_and_of_a_first_element():
    empty = Tensor(np.zeros((0, 2)))
    np.testing.assert_array_equal(np.hypot.reduce(empty).numpy(), [0, 0])
    same_up_to_rounding(np.subtract.reduce(Tensor(A), initial=1.5), np.subtract.reduce(A, initial=1.5))
    with pytest.raises(ArgumentError, match="^np.subtract.reduce: there are no elements, and the func"):
        np.subtract.reduce(empty)
    assert np.power.accumulate(empty).shape == (0, 2)


def test_fmax_and_fmin_reduce_pass_over_nan():
    values = np.array([[np.nan, 1.0, 3.0], [np.nan, np.nan, np.nan]])
    for f in (np.fmax, np.fmin):
        for options in ({"axis": 1}, {"axis": None}, {"axis": 1, "initial": 0.5}, {"axis": 0}):
            np.testing.assert_array_equal(f.reduce(Tensor(values), **options).numpy(), f.reduce(values, **options))
    np.testing.assert_array_equal(tg.grad(lambda a: np.fmax.reduce(a))(values[0]), [0, 0, 1])


def test_methods_of_constant_ufuncs_are_constant():
    x = leaf()
    np.testing.assert_array_equal(np.asarray(np.less.outer(x, x)), np.less.outer(x.numpy(), x.numpy()))
    assert bool(np.asarray(np.logical_and.reduce(x)))
    assert not getattr(np.equal.outer(x, x), "requires_grad", False)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda x: np.subtract.reduce(x, axis=None),
            ArgumentError,
            "np.subtract.reduce: it matters in which order elements are taken; give one axis",
        ),
        (
            lambda x: np.divide.reduce(x, where=np.ones((2, 3, 4), bool)),
            UnsupportedFunctionError,
            "np.divide.reduce: where= needs a function with an identity. Reduce a[mask]",
        ),
        (
            lambda x: np.hypot.reduceat(x, [0, 2]),
            IndexingError,
            "np.hypot.reduceat: index 2 is out of bounds for 2 elements",
        ),
        (
            lambda x: np.add.at(np.zeros(3), [0], x[0, 0, 0]),
            TrackedTensorError,
            "np.add.at: a value that requires gradients would lose them in a plain array. "
            "Write into a tensor, or give other.numpy()",
        ),
    ],
)
def test_what_methods_refuse(call, kind, message):
    with pytest.raises(kind) as error:
        call(Tensor(A, requires_grad=True))
    assert str(error.value) == message


AT = [
    lambda f, a: f.at(a, [0, 1, 1], 2.5),
    lambda f, a: f.at(a, ([0, 1, 1, 1], [2, 0, 0, 0]), np.array([1.5, 2.5, 3.5, 4.5])[:, None]),
    lambda f, a: f.at(a, (slice(None), -1), np.array([1.5, 2.5, 3.5, 4.5])),
    lambda f, a: f.at(a, A > 1, 1.5),
    lambda f, a: f.at(a, [], 1.5),
]


@pytest.mark.parametrize("f", [np.add, np.subtract, np.multiply, np.divide, np.maximum, np.hypot], ids=repr)
@pytest.mark.parametrize("call", AT)
def test_at_takes_an_index_as_often_as_it_comes(f, call):
    array, tensor = A.copy(), Tensor(A.copy())
    assert call(f, tensor) is None
    call(f, array)
    np.testing.assert_allclose(tensor.numpy(), array, rtol=1e-14)


def test_at_of_one_input():
    array, tensor = A.copy(), Tensor(A.copy())
    np.negative.at(tensor, [0, 1, 1, 1])
    np.negative.at(array, [0, 1, 1, 1])
    np.testing.assert_array_equal(tensor.numpy(), array)


# Generalized ufuncs


@pytest.mark.parametrize(
    "options",
    [
        {"axes": [(0, 1), (1, 2), (0, 1)]},
        {"axes": [(2, 0), (0, 2), (-1, 0)]},
        {"axes": [(-2, -1), (-2, -1), (1, 2)], "dtype": np.float32},
    ],
    ids=str,
)
def test_matmul_over_other_axes(options):
    a = RANDOM.normal(size=(3, 3, 3))
    result, expected = np.matmul(Tensor(a), a, **options), np.matmul(a, a, **options)
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-5 if "dtype" in options else 1e-13)
    assert gradcheck(lambda a: np.matmul(a, 2 * a, axes=options["axes"]), [a], directions=2).checked


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda a: np.matmul(a, a, axis=0),
            ArgumentError,
            "np.matmul: axis= is for functions of one shared axis, without axes=; give axes=",
        ),
        (
            lambda a: np.matmul(a, a, keepdims=True),
            ArgumentError,
            "np.matmul: keepdims= is for functions that reduce the same axes of all inputs",
        ),
        (
            lambda a: np.matmul(a, a, axes=[0, 1, (0, 1)]),
            ArgumentError,
            "np.matmul: axes= needs a tuple of axes for each operand, as many as (n?,k),(k,m?)->(n?,m?) names",
        ),
        (
            lambda a: np.matmul(a, np.ones(4), axes=[(0, 1), (0, 1), (0, 1)]),
            ShapeError,
            "np.matmul: an input has fewer axes than (n?,k),(k,m?)->(n?,m?) names",
        ),
    ],
)
def test_axes_that_do_not_fit(call, kind, message):
    with pytest.raises(kind) as error:
        call(Tensor(A))
    assert str(error.value) == message


# Ufuncs of several results, and what has no gradient


def test_divmod_of_numpy_and_of_python():
    x = leaf((7.5, -7.5))
    for quotient, rest in (np.divmod(x, 2.0), divmod(x, 2.0)):
        np.testing.assert_array_equal(np.asarray(quotient), [3, -4])
        assert not quotient.requires_grad
        assert rest.requires_grad
        np.testing.assert_array_equal(rest.numpy(), [1.5, 0.5])
    _, rest = divmod(7.5, leaf((2.0, 4.0)))
    np.testing.assert_array_equal(rest.numpy(), [1.5, 3.5])


def test_frexp_and_ldexp_undo_each_other():
    x = leaf((0.3, -5.0, 1024.0))
    mantissa, exponent = np.frexp(x)
    back = np.ldexp(mantissa, exponent)
    np.testing.assert_array_equal(back.numpy(), x.numpy())
    back.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 1, 1])


@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": -2}, {"axes": [0, 0]}, {"axes": [0, -2, 1]}])
def test_reduced_axes_stay_with_keepdims(options):
    x, y = np.arange(12.0).reshape(3, 4), np.arange(12.0).reshape(3, 4) - 5
    expected = np.vecdot(x, y, keepdims=True, **options)
    found = np.vecdot(Tensor(x, requires_grad=True), y, keepdims=True, **options)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.numpy(), expected)
    assert gradcheck(lambda x, y: np.vecdot(x, y, keepdims=True, **options) * y[:1, :1], (x, y))
