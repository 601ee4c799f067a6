"""The methods of ndarray on tensors: each has a state, and what it does is what NumPy's does."""

import copy
import pickle

import numpy as np
import pytest
from linear import check_linear

from tensorgraph import Tensor
from tensorgraph.errors import TrackedTensorError, UnsupportedAttributeError
from tensorgraph.ops.methods import REFUSED_ATTRIBUTES

X = np.random.default_rng(0).standard_normal((3, 4))
PROTOCOLS = {  # of ndarray and its subclasses among themselves; copy, pickle and del have what they need without
    "__array_finalize__", "__array_interface__", "__array_namespace__", "__array_priority__", "__array_struct__",
    "__array_wrap__", "__class_getitem__", "__copy__", "__deepcopy__", "__delitem__", "__setstate__",
}  # fmt: skip


def test_every_attribute_of_arrays_has_a_state():
    known = {*dir(Tensor), *REFUSED_ATTRIBUTES, *PROTOCOLS}
    assert set(dir(np.ndarray)) - known <= {"device", "mT", "to_device"}
    assert not set(REFUSED_ATTRIBUTES) & set(dir(Tensor))
    assert set(REFUSED_ATTRIBUTES) <= set(dir(np.ndarray))


LINEAR = {
    "take": lambda x: x.take([5, 0, 0]),
    "take along an axis": lambda x: x.take([5, 0], axis=1, mode="clip"),
    "repeat": lambda x: x.repeat([1, 0, 2], axis=0),
    "diagonal": lambda x: x.diagonal(1),
    "trace": lambda x: x[:, :3].trace(),
    "compress": lambda x: x.compress([True, False, True], axis=0),
    "conjugate": lambda x: x.conjugate(),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "squeeze": lambda x: x[None].squeeze(0),
    "ravel": lambda x: x.ravel("F"),
    "flatten": lambda x: x.flatten(),
    "copy": lambda x: x.copy("F"),
    "astype": lambda x: x.astype(np.longdouble),
    "reshape": lambda x: x.reshape(4, 3, order="F"),
    "transpose": lambda x: x.transpose(1, 0),
    "sum": lambda x: x.sum(axis=0),
    "dot": lambda x: x.dot(np.arange(4.0)),
    "remainder": lambda x: divmod(x, 100.0)[1] if isinstance(x, Tensor) else x % 100.0,
}


@pytest.mark.parametrize("name", LINEAR)
def test_linear(name):
    check_linear(LINEAR[name], X)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.argmax(axis=1),
        lambda x: x.argmin(1, keepdims=True),
        lambda x: x.argsort(axis=0),
        lambda x: x.argsort(axis=None, kind="stable"),
        lambda x: x.any(axis=0),
        lambda x: x.all(axis=1, keepdims=True),
        lambda x: x.all(where=[True, False, True, True]),
        lambda x: x[0].searchsorted([0.0, 1.0], side="right"),
        lambda x: x.argpartition(2, axis=1),
        lambda x: np.stack(x.nonzero()),
    ],
)
def test_questions_give_tensors_on_no_graph(call):
    found, expected = call(Tensor(X, requires_grad=True)), call(X)
    assert type(found) is Tensor
    assert not found.requires_grad
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_facts_about_memory():
    x = Tensor(X.T, requires_grad=True)
    assert (x.itemsize, x.nbytes, x.strides) == (8, 96, (8, 32))
    assert x.flags.f_contiguous
    assert np.isfortran(x)
    assert x.tobytes() == X.T.tobytes()
    assert x.tobytes("F") == X.T.tobytes("F")


def test_fill_writes_everywhere():
    x = Tensor(np.ones((2, 2)))
    assert x.fill(3) is None
    assert x.tolist() == [[3, 3], [3, 3]]
    with pytest.raises(TrackedTensorError):
        Tensor([1.0], requires_grad=True).fill(0)


@pytest.mark.parametrize("name", REFUSED_ATTRIBUTES)
def test_what_is_refused_says_what_to_use(name):
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert not hasattr(x, name)
    with pytest.raises(UnsupportedAttributeError) as found:
        getattr(x, name)
    assert str(found.value) == f"t.{name}: {REFUSED_ATTRIBUTES[name]}"
    assert "Use " in str(found.value) or "use " in str(found.value)
    assert (found.value.name, found.value.obj) == (name, x)


def test_what_is_not_there_is_not_there():
    with pytest.raises(AttributeError, match="^'Tensor' object has no attribute 'veiw'$"):
        Tensor([1.0]).veiw  # noqa: B018
    assert not hasattr(Tensor([1.0]), "__array_interface__")


def test_copies_and_pickles_find_no_attributes_that_are_not_there():
    x = Tensor([1.0], requires_grad=True, name="x")
    for other in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert other.tolist() == [1.0]
        assert other.requires_grad
        assert other.name == "x"


def test_half_made_tensors_do_not_recurse():
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'data'"):
        Tensor.__new__(Tensor).data  # noqa: B018
