"""The namespace of the Array API standard: its names, its values where NumPy's are others, and its gradients.

Conformance itself is tested by the public suite, which is no part of this project: docs/array_api.md says how to run
it. The suite knows nothing of gradients; here each function of the namespace has its place, in one table or the other.
"""

import inspect

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor, array_api
from tensorgraph.errors import ArgumentError, DTypeError, TrackedTensorError
from tensorgraph.testing import gradcheck

xp = array_api

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 3))
Y = RNG.standard_normal((2, 3))
P = RNG.uniform(0.5, 2.5, (2, 3))
UNIT = RNG.uniform(-0.9, 0.9, (2, 3))
LARGE = RNG.uniform(1.2, 3.0, (2, 3))
SQUARE = RNG.standard_normal((3, 3)) + 3 * np.eye(3)
SYMMETRIC = SQUARE + SQUARE.T
POSITIVE_DEFINITE = SQUARE @ SQUARE.T
V, W = RNG.standard_normal(3), RNG.standard_normal(3)
Z = X + 1j * Y
ZSQUARE = SQUARE + 1j * RNG.standard_normal((3, 3))


def lower(x):
    """What a symmetric matrix is made of, so that steps keep it symmetric."""
    return x + xp.matrix_transpose(x)


DIFFERENTIABLE = {  # calls by name: each a tuple of the arrays that have gradients, and how they are used
    **{name: [(X,), (Z,)] for name in (
        "exp", "sin", "cos", "sinh", "cosh", "square", "negative", "positive", "real", "imag", "conj", "sum",
        "mean", "prod", "concat", "stack", "flip", "roll", "permute_dims", "matrix_transpose", "tril", "triu",
        "cumulative_sum", "cumulative_prod", "expand_dims", "squeeze", "reshape", "repeat", "tile", "unstack",
        "broadcast_to", "broadcast_arrays", "moveaxis", "take", "take_along_axis", "diff", "meshgrid", "where",
        "asarray", "astype", "from_dlpack", "abs", "tanh", "expm1", "sign",
    )},
    **{name: [(X,)] for name in (
        "asinh", "atan", "clip", "max", "min", "nextafter", "sort", "std", "unique_all", "unique_counts",
        "unique_inverse", "unique_values", "var",
    )},
    **{name: [(UNIT,)] for name in ("asin", "acos", "atanh", "tan")},
    **{name: [(P,)] for name in ("log", "log1p", "log2", "log10", "sqrt", "reciprocal")},
    "acosh": [(LARGE,)],
    **{name: [(X, Y), (Z, Y)] for name in ("add", "subtract", "multiply")},
    **{name: [(X, P), (X[0], P)] for name in (
        "divide", "atan2", "hypot", "logaddexp", "maximum", "minimum", "remainder", "copysign",
    )},
    "pow": [(P, X)],
    "matmul": [(X, SQUARE), (Z, SQUARE)],
    "tensordot": [(X, Y.T)],
    "vecdot": [(X, Y), (Z, Z + 1)],
    **{f"linalg.{name}": [(SQUARE,), (ZSQUARE,)] for name in (
        "det", "inv", "slogdet", "diagonal", "trace", "matrix_norm", "vector_norm", "matrix_power", "matrix_transpose",
        "pinv", "svdvals", "qr", "eigvals",
    )},
    **{f"linalg.{name}": [(SYMMETRIC,)] for name in ("eigvalsh",)},
    "linalg.cholesky": [(POSITIVE_DEFINITE,)],
    **{f"linalg.{name}": [(SYMMETRIC,)] for name in ("eigh", "svd", "eig")},
    "linalg.solve": [(SQUARE, V), (SQUARE, X.T)],
    "linalg.outer": [(V, W)],
    "linalg.cross": [(X, Y)],
    "linalg.matmul": [(X, SQUARE)],
    "linalg.tensordot": [(X, Y.T)],
    "linalg.vecdot": [(X, Y)],
    **{f"fft.{name}": [(Z,)] for name in (
        "fft", "ifft", "fftn", "ifftn", "irfft", "irfftn", "hfft", "fftshift", "ifftshift"
    )},
    **{f"fft.{name}": [(X,)] for name in ("rfft", "rfftn", "ihfft")},
}  # fmt: skip

INDICES = np.array([2, 0, 1])
SPELLED = {  # calls that need more than the arrays, or of whose results only a part has a derivative
    "astype": lambda x: xp.astype(x, np.result_type(x.dtype, np.longdouble)),
    "broadcast_arrays": lambda x: xp.broadcast_arrays(x, x[0]),
    "broadcast_to": lambda x: xp.broadcast_to(x, (4, 2, 3)),
    "clip": lambda x: xp.clip(x, -0.5, 0.7),
    "concat": lambda x: xp.concat([x, 2 * x], axis=1),
    "cumulative_prod": lambda x: xp.cumulative_prod(x, axis=1, include_initial=True),
    "cumulative_sum": lambda x: xp.cumulative_sum(x, axis=0, include_initial=True),
    "expand_dims": lambda x: xp.expand_dims(x, axis=1),
    "linalg.cholesky": lambda x: xp.linalg.cholesky(lower(x), upper=True),
    "linalg.eig": lambda x: xp.abs(xp.linalg.eig(x)[1]),  # their phase is free
    "linalg.eigh": lambda x: xp.abs(xp.linalg.eigh(lower(x))[1]),
    "linalg.eigvalsh": lambda x: xp.linalg.eigvalsh(lower(x)),
    "linalg.matrix_power": lambda x: xp.linalg.matrix_power(x, 3),
    "linalg.qr": lambda x: xp.abs(xp.linalg.qr(x)[1]),
    "linalg.slogdet": lambda x: xp.linalg.slogdet(x)[1],
    "linalg.svd": lambda x: xp.abs(xp.linalg.svd(x, full_matrices=False)[0]),
    "meshgrid": lambda x: xp.meshgrid(x[0], x[1]),
    "moveaxis": lambda x: xp.moveaxis(x, 0, 1),
    "nextafter": lambda x: xp.nextafter(x, Tensor(Y)),
    "permute_dims": lambda x: xp.permute_dims(x, (1, 0)),
    "prod": lambda x: xp.prod(x, axis=0),
    "repeat": lambda x: xp.repeat(x, 2, axis=1),
    "reshape": lambda x: xp.reshape(x, (3, 2)),
    "roll": lambda x: xp.roll(x, 1, axis=1),
    "sort": lambda x: xp.sort(x, axis=1, descending=True),
    "squeeze": lambda x: xp.squeeze(x[:1], axis=0),
    "stack": lambda x: xp.stack([x, 2 * x]),
    "sum": lambda x: xp.sum(x, axis=1, dtype=np.result_type(x.dtype, np.longdouble)),
    "take": lambda x: xp.take(x, Tensor(INDICES), axis=1),
    "take_along_axis": lambda x: xp.take_along_axis(x, Tensor(INDICES[None])),
    "tensordot": lambda x, y: xp.tensordot(x, y, axes=1),
    "linalg.tensordot": lambda x, y: xp.linalg.tensordot(x, y, axes=1),
    "tile": lambda x: xp.tile(x, (2, 1)),
    "unique_all": lambda x: xp.unique_all(x).values,
    "unique_counts": lambda x: xp.unique_counts(x).values,
    "unique_inverse": lambda x: xp.unique_inverse(x).values,
    "where": lambda x: xp.where(Tensor(X > 0), x, -x),
}

STEPS = {  # of floats: integers, masks, and results that hardly ever change
    "argmax", "argmin", "argsort", "ceil", "count_nonzero", "empty_like", "equal", "floor", "floor_divide", "full_like",
    "greater", "greater_equal", "isfinite", "isinf", "isnan", "less", "less_equal", "logical_and", "logical_not",
    "logical_or", "logical_xor", "all", "any", "nonzero", "not_equal", "ones_like", "round",
    "searchsorted", "signbit", "trunc", "zeros_like", "linalg.matrix_rank",
}  # fmt: skip
STEPS_SPELLED = {
    "full_like": lambda x: xp.full_like(x, 2),
    "searchsorted": lambda x: xp.searchsorted(xp.sort(xp.reshape(x, (-1,))), x),
    **{name: lambda x, name=name: getattr(xp, name)(x, x) for name in (
        "equal", "floor_divide", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or",
        "logical_xor", "not_equal",
    )},
}  # fmt: skip

OF_INTEGERS = {
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "isin",
}  # fmt: skip
WITHOUT_INPUT = {
    "arange", "empty", "eye", "full", "linspace", "ones", "zeros", "fft.fftfreq", "fft.rfftfreq",
    "broadcast_shapes", "can_cast", "finfo", "iinfo", "isdtype", "result_type",
}  # fmt: skip


def function(name):
    """A function of the namespace, or of an extension, by its name."""
    place = xp
    for part in name.split("."):
        place = getattr(place, part)
    return place


def names():
    """Every function of the namespace and its extensions."""
    for prefix, space in (("", xp), ("linalg.", xp.linalg), ("fft.", xp.fft)):
        for name, value in vars(space).items():
            helper = inspect.isclass(value) or getattr(value, "__module__", None) == "typing"
            if callable(value) and not helper and not name.startswith("_"):
                yield prefix + name


# Names


def test_each_function_has_its_place_in_one_table():
    """The tables are the functions of the standard: one that is new or gone is noticed here."""
    tables = [set(DIFFERENTIABLE), STEPS, OF_INTEGERS, WITHOUT_INPUT]
    assert sum(map(len, tables)) == len(set.union(*tables))
    assert set.union(*tables) == set(names())


def test_dtypes_and_constants():
    wanted = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
    wanted += ["float32", "float64", "complex64", "complex128"]
    assert list(xp.__array_namespace_info__().dtypes()) == wanted
    assert all(getattr(xp, name) == np.dtype(name) for name in wanted)
    assert (xp.e, xp.pi, xp.inf, xp.newaxis) == (np.e, np.pi, np.inf, None)
    assert np.isnan(xp.nan)


# Gradients


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_flow_and_are_right(name):
    call = SPELLED.get(name, function(name))
    for inputs in DIFFERENTIABLE[name]:
        result = call(*[Tensor(a, requires_grad=True) for a in inputs])
        parts = result if isinstance(result, tuple) else [result]
        floats = [part for part in parts if part.dtype.kind in "fc"]
        assert floats
        assert all(type(part) is Tensor and part.requires_grad for part in floats)
        gradcheck(call, inputs)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_steps_of_tracked_tensors_are_tensors_on_no_graph(name):
    result = STEPS_SPELLED.get(name, function(name))(Tensor(SQUARE, requires_grad=True))
    for part in result if isinstance(result, tuple) else [result]:
        assert type(part) is Tensor
        assert not part.requires_grad


def test_operators_give_tensors():
    x, i, mask = Tensor(X, requires_grad=True), Tensor([5, 3]), Tensor([True, False])
    of_floats = [x > 0, x == x, x // 2, 2 // x]
    for result in [*of_floats, i // 2, i & 1, i | 1, i ^ 1, i << 1, i >> 1, ~mask, mask & mask, -i, i % 2]:
        assert type(result) is Tensor
        assert not result.requires_grad
        assert result.__array_namespace__() is xp


# Values, where they are not NumPy's


INF, NAN = np.inf, np.nan


def same(found, wanted):
    """Equal to the sign of zeros, in both parts of complex numbers."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.dtype == wanted.dtype
    for part in (np.real, np.imag):
        np.testing.assert_array_equal(part(found), part(wanted))
        np.testing.assert_array_equal(np.signbit(part(found)), np.signbit(part(wanted)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floor_divide_at_infinity_is_the_floor_of_the_quotient(dtype):
    x = Tensor(np.array([INF, INF, -INF, -INF, 3, -3, 3, -3, 7, -7], dtype))
    y = Tensor(np.array([2, -2, 2, -2, INF, INF, -INF, -INF, 2, 2], dtype))
    wanted = np.array([INF, -INF, -INF, INF, 0.0, -0.0, -0.0, 0.0, 3, -4], dtype)
    same(xp.floor_divide(x, y), wanted)
    same(x // y, wanted)
    same(x.numpy() // y, wanted)
    same(x // 2.0, np.array([INF, INF, -INF, -INF, 1, -2, 1, -2, 3, -4], dtype))
    x //= y
    same(x, wanted)
    with np.errstate(invalid="ignore"):
        assert np.isnan((Tensor(np.array([INF, 0.0], dtype)) // np.array([INF, 0.0], dtype)).numpy()).all()


def test_floor_divide_of_integers_and_in_place():
    i = Tensor([7, -7])
    i //= 2
    assert (i.tolist(), i.dtype) == ([3, -4], np.int64)
    with pytest.raises(TypeError, match="cast"):
        i //= 2.5
    x = Tensor(X, requires_grad=True)
    y = x * 1
    y //= 1.0
    assert not np.any(tg.grad(lambda x: ((x * 1) // 1.0).sum() + 0 * x.sum())(X))


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize(
    ("name", "at", "wanted"),
    [
        ("expm1", complex(-0.0, 0.0), complex(0.0, 0.0)),
        ("expm1", complex(0.0, -0.0), complex(0.0, -0.0)),
        ("expm1", complex(INF, 0.0), complex(INF, 0.0)),
        ("expm1", complex(NAN, 0.0), complex(NAN, 0.0)),
        ("tanh", complex(INF, 2.0), complex(1.0, 0.0)),
        ("tanh", complex(INF, -2.0), complex(1.0, -0.0)),
        ("tanh", complex(-INF, 2.0), complex(-1.0, 0.0)),
        ("tanh", complex(INF, NAN), complex(1.0, 0.0)),
        ("sign", complex(-0.0, -0.0), complex(0.0, 0.0)),
        ("sign", complex(3.0, 4.0), complex(0.6, 0.8)),
    ],
)
def test_complex_functions_at_infinity_and_zero(name, at, wanted, dtype):
    same(function(name)(Tensor(np.array([at], dtype))), np.array([wanted], dtype))


@pytest.mark.parametrize(
    ("at", "real"), [(complex(-INF, INF), -1.0), (complex(-INF, NAN), -1.0), (complex(INF, INF), INF)]
)
def test_expm1_where_the_standard_leaves_a_sign_open(at, real):
    with np.errstate(invalid="ignore"):
        found = xp.expm1(Tensor([at])).numpy()[0]
    assert abs(found.real) == abs(real)
    assert np.isnan(found.imag) if real == INF else found.imag == 0


@pytest.mark.parametrize("name", ["expm1", "tanh", "sign"])
def test_gradients_beside_a_singular_point_stay_clean(name):
    """An infinite element of the same array makes no NaN elsewhere."""
    gradient = tg.grad(lambda z: xp.sum(xp.real(function(name)(z))))
    z = np.array([0.3 + 0.4j, complex(INF, 1.0)])
    with np.errstate(invalid="ignore"):
        found = gradient(z)
    np.testing.assert_allclose(found[0], gradient(z[:1])[0])
    assert found[0] != 0


def test_eigenvalues_are_complex_also_where_all_are_real():
    for dtype, wanted in ((np.float32, np.complex64), (np.float64, np.complex128)):
        x = Tensor(np.diag([1.0, 2.0]).astype(dtype))
        values, vectors = xp.linalg.eig(x)
        assert values.dtype == vectors.dtype == xp.linalg.eigvals(x).dtype == wanted
        assert values.tolist() == [1, 2]


def test_sorting_downwards_keeps_equal_elements_in_their_order():
    x = Tensor([1, 3, 2, 3])
    assert xp.sort(x, descending=True).tolist() == [3, 3, 2, 1]
    assert xp.argsort(x, descending=True).tolist() == [1, 3, 2, 0]
    assert xp.argsort(Tensor(X), axis=0, descending=True).tolist() == np.argsort(-X, axis=0).tolist()


# Data types


def test_finfo_and_iinfo_give_python_numbers_of_dtypes_and_tensors():
    for kind in (xp.float32, xp.complex64, Tensor(np.ones(1, np.float32))):
        info = xp.finfo(kind)
        assert {type(info.eps), type(info.max), type(info.min), type(info.smallest_normal)} == {float}
        assert (type(info.bits), info.bits, info.dtype) == (int, 32, np.float32)
    assert (xp.iinfo(Tensor([1])).max, xp.iinfo(xp.int8)) == (2**63 - 1, (8, 127, -128, np.int8))


def test_dtypes_of_tensors_are_asked_as_those_of_arrays():
    x = Tensor(np.ones(2, np.float32))
    assert xp.can_cast(x, xp.float64)
    assert not xp.can_cast(xp.float64, xp.float32)
    assert xp.result_type(x, Tensor([1], dtype=np.int8), 1.0) == xp.float32
    assert xp.isdtype(x.dtype, ("real floating", "integral"))


def test_astype():
    x = Tensor(X, requires_grad=True)
    assert xp.astype(x, xp.float64, copy=False) is x
    assert xp.astype(x, xp.float64) is not x
    assert not xp.astype(x, xp.int32).requires_grad
    with pytest.raises(DTypeError) as error:
        xp.astype(Tensor(Z), xp.float32)
    assert str(error.value) == (
        "astype: complex128 to float32 would lose the imaginary part. Use real(x), imag(x) or abs(x)"
    )


# Creation


def test_what_is_created_is_a_tensor():
    made = [xp.zeros(2), xp.ones((1, 2)), xp.full(2, 7), xp.arange(3), xp.linspace(0, 1, 3), xp.eye(2), xp.empty(2)]
    made += [
        xp.asarray([1, 2]),
        xp.asarray(X),
        xp.from_dlpack(X),
        xp.fft.fftfreq(4),
        xp.fft.rfftfreq(4, dtype=xp.float32),
    ]
    assert {type(t) for t in made} == {Tensor}
    assert not any(t.requires_grad for t in made)
    assert made[-1].dtype == np.float32
    with pytest.raises(ValueError, match="cpu"):
        xp.zeros(2, device="gpu")


def test_asarray_copies_when_it_is_asked_to():
    assert xp.asarray(X, copy=False).data is X
    assert not np.shares_memory(xp.asarray(X, copy=True).numpy(), X)
    x = Tensor(X, requires_grad=True)
    assert xp.asarray(x) is x
    for copied in (xp.asarray(x, copy=True), xp.from_dlpack(x, copy=True)):
        assert not np.shares_memory(copied.numpy(), X)
        assert copied.requires_grad
    assert xp.asarray(Tensor(True), copy=True).numpy() is not None
    with pytest.raises(ArgumentError) as error:
        xp.asarray(x, dtype=xp.float32, copy=False)
    assert str(error.value) == "asarray: float64 cannot become float32 without a copy. Use copy=None"
    with pytest.raises(ArgumentError) as error:
        xp.asarray(x, device="gpu")
    assert str(error.value) == "device: tensors are on the 'cpu'; got 'gpu'"


def test_asarray_of_lists_of_tensors_keeps_gradients():
    x, y = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    z = xp.asarray([[x, y], [1.0, x * y]])
    np.testing.assert_array_equal(z.numpy(), [[2, 3], [1, 6]])
    xp.sum(z).backward()
    assert (x.grad.item(), y.grad.item()) == (4.0, 3.0)
    assert xp.asarray((x, y), dtype=xp.float32).dtype == np.float32
    assert xp.asarray([x.detach(), 1]).tolist() == [2, 1]
    with pytest.raises(ArgumentError) as error:
        xp.asarray([x, y], copy=False)
    assert str(error.value) == "asarray: a list cannot become a tensor without a copy. Use copy=None"


# The array object


def test_the_namespace_of_a_tensor():
    x = Tensor(X)
    for version in (None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12"):
        assert x.__array_namespace__(api_version=version) is tg.array_api
    with pytest.raises(ArgumentError) as error:
        x.__array_namespace__(api_version="2020.12")
    assert str(error.value) == (
        "__array_namespace__: api_version is one of 2021.12, 2022.12, 2023.12, 2024.12, 2025.12; got '2020.12'"
    )


def test_devices():
    x = Tensor(X, requires_grad=True)
    assert x.device == "cpu"
    assert x.to_device(x.device) is x
    info = xp.__array_namespace_info__()
    assert (info.devices(), info.default_device()) == (("cpu",), "cpu")
    with pytest.raises(ArgumentError) as error:
        x.to_device("gpu")
    assert str(error.value) == "to_device: tensors are on the 'cpu', without streams; got 'gpu', stream=None"


def test_matrix_transpose():
    x = Tensor(RNG.standard_normal((2, 3, 4)), requires_grad=True)
    np.testing.assert_array_equal(x.mT.numpy(), x.numpy().mT)
    assert x.mT.requires_grad


def test_dlpack_shares_memory_and_keeps_gradients_at_home():
    x = Tensor(X.copy())
    assert np.shares_memory(np.from_dlpack(x), x.numpy())
    assert not np.shares_memory(np.from_dlpack(x, copy=True), x.numpy())
    assert x.__dlpack_device__() == (1, 0)
    with pytest.raises(TrackedTensorError, match="be handed over through DLPack"):
        Tensor(X, requires_grad=True).__dlpack__()
