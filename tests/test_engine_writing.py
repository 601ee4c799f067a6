"""Writing into tensors: in-place operators, item assignment, and arrays that a recorded op saved."""

import operator

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.core import WRITES
from tensorgraph.errors import OverwrittenError, TrackedTensorError


def leaf(values=(1.0, 2.0, 3.0), dtype=np.float64, **options):
    return Tensor(np.array(values, dtype), requires_grad=True, **options)


INPLACE = [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow]


@pytest.mark.parametrize("write", INPLACE)
def test_in_place_on_a_leaf_needs_no_grad(write):
    x = leaf(name="w")
    with pytest.raises(TrackedTensorError, match=r"w.*a leaf that requires gradients.*no_grad\(\)"):
        write(x, 2.0)
    memory, expected = x.numpy(), write(x.numpy().copy(), 2.0)
    with tg.no_grad():
        assert write(x, Tensor(2.0)) is x
    assert x.numpy() is memory
    np.testing.assert_array_equal(memory, expected)
    assert x.requires_grad


def test_in_place_on_a_computed_tensor_makes_a_new_one():
    x = leaf()
    y = old = np.exp(x)
    y *= 3
    assert y is not old
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * np.exp(x.numpy()))
    np.testing.assert_array_equal(old.numpy(), np.exp(x.numpy()))


def test_in_place_sum_of_losses():
    x, total = leaf(), Tensor(0.0)
    for k in range(4):
        total += (x * k).sum()
    total.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [6, 6, 6])


def test_in_place_keeps_the_dtype_and_refuses_to_narrow():
    t = Tensor(np.ones(3, np.float32))
    t += np.ones(3)
    assert t.dtype == np.float32
    with pytest.raises(TypeError, match="same_kind"):
        t += 1j
    whole = Tensor(np.ones(3, int))
    with pytest.raises(TypeError, match="same_kind"):
        whole += 0.5


def test_in_place_on_a_computed_scalar():
    with tg.no_grad():
        t = leaf(dtype=np.float32).sum()
        t *= np.float64(0.5)
    assert t.dtype == np.float32
    assert t.item() == 3.0


def test_item_assignment():
    x = leaf()
    for write in (lambda: x.__setitem__(0, 1.0), lambda: Tensor(np.zeros(3)).__setitem__(0, x[0])):
        with pytest.raises(TrackedTensorError, match=r"would lose gradients. Use np\.where .*scatter.*no_grad\(\)"):
            write()
    with tg.no_grad():
        x[0] = 9.0
        x[Tensor([1, 2])] = Tensor([7.0, 8.0])
    np.testing.assert_array_equal(x.numpy(), [9, 7, 8])
    free = Tensor(np.zeros(3))
    free[1:] += 2
    np.testing.assert_array_equal(free.numpy(), [0, 2, 2])


# Writing into what an op saved


WAYS = {
    "in-place operator": lambda t: t.__imul__(10.0),
    "item": lambda t: t.__setitem__(0, 10.0),
    "a view of it": lambda t: t[1:].__iadd__(1.0),
    "a reshaped view": lambda t: t.reshape(3, 1).__setitem__((0, 0), 5.0),
    "a detached alias": lambda t: t.detach().__imul__(2.0),
    "another tensor on its memory": lambda t: Tensor(t.numpy()).__imul__(2.0),
    "a tensor on a view of its memory": lambda t: Tensor(t.numpy()[::-1]).__setitem__(0, 5.0),
}


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS)
def test_writing_into_a_saved_input_is_found(write):
    x = leaf()
    loss = (x * x).sum()
    with tg.no_grad():
        write(x)
    with pytest.raises(OverwrittenError, match=r"'multiply' saved [xy] for its gradient, and it was written into"):
        loss.backward()
    x.grad = None
    (x * x).sum().backward()  # computed again it is right
    np.testing.assert_array_equal(x.grad.numpy(), 2 * x.numpy())


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS)
def test_writing_into_a_saved_output_is_found(write):
    x = leaf()
    y = np.exp(x)
    loss = y.sum()
    with tg.no_grad():
        write(y)
    with pytest.raises(OverwrittenError, match="'exp' saved out"):
        loss.backward()


def test_writing_into_the_base_of_a_saved_view_is_found():
    base = Tensor(np.arange(4.0))
    x = leaf((1.0, 2.0))
    loss = (x * base[1:3]).sum()
    base[0] = 5.0
    with pytest.raises(OverwrittenError, match="'multiply'"):
        loss.backward()


@pytest.mark.parametrize("place", [lambda i: i, lambda i: (i,), lambda i: (slice(None), i), lambda i: (i, [0, 1, 1])])
def test_writing_into_an_index_is_found(place):
    index = Tensor(np.array([0, 1, 1]))
    x = leaf(np.ones((2, 2)))
    loss = x[place(index)].sum()
    index -= 1
    with pytest.raises(OverwrittenError, match="'getitem' saved index"):
        loss.backward()


def test_writing_into_what_no_rule_needs_is_allowed():
    x, bias = leaf(), leaf()
    loss = ((x + bias) * 2).sum()
    with tg.no_grad():
        x *= 0
        bias[0] = 7.0
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2, 2])


def test_writing_before_the_op_or_after_backward_is_allowed():
    w = leaf()
    for _ in range(3):
        (w * w).sum().backward()
        with tg.no_grad():
            w -= 0.1 * w.grad
        w.grad = None
    np.testing.assert_allclose(w.numpy(), np.array([1.0, 2.0, 3.0]) * 0.8**3)


def test_an_update_between_forward_and_backward_of_two_losses_is_found():
    """Two losses on one net, an optimizer step between their backward passes: the second gradient would be wrong."""
    w, x = leaf(np.ones((3, 1))), np.ones((2, 3))
    hidden = x @ w
    first, second = (hidden**2).sum(), (np.tanh(hidden) @ w.T).sum()
    first.backward(retain_graph=True)
    with tg.no_grad():
        w -= 0.5 * w.grad
    with pytest.raises(OverwrittenError):
        second.backward()


@pytest.mark.parametrize(
    "make",
    [
        lambda params: tg.optim.SGD(params, lr=0.1),
        lambda params: tg.optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
        lambda params: tg.optim.RMSProp(params, lr=0.1),
        lambda params: tg.optim.Adam(params, lr=0.1),
        lambda params: tg.optim.AdamW(params, lr=0.1),
    ],
    ids=["SGD", "Nesterov", "RMSProp", "Adam", "AdamW"],
)
def test_an_optimizers_step_between_forward_and_backward_is_found(make):
    w = leaf()
    optimizer = make([w])
    w.grad = np.ones(3)
    loss = (w * w).sum()
    optimizer.step()
    with pytest.raises(OverwrittenError, match="'multiply'"):
        loss.backward()
    w.grad = None
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), 2 * w.numpy())


def test_loading_a_state_between_forward_and_backward_is_found():
    layer = tg.nn.Linear(2, 2, rng=0)
    loss = (layer(layer(np.ones((1, 2), np.float32)))).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(OverwrittenError, match="saved weight"):
        loss.backward()


def test_the_message_shows_the_line_under_debug():
    x = leaf()
    with tg.debug():
        loss = (x * x).sum()  # the line to show
    with tg.no_grad():
        x *= 2
    with pytest.raises(OverwrittenError, match=r"recorded at .*test_engine_writing\.py:\d+ in test_the_message"):
        loss.backward()


def test_writes_are_forgotten_with_their_memory():
    kept = len(WRITES._serial)
    tensors = [Tensor(np.zeros(3)) for _ in range(100)]
    for t in tensors:
        t += 1
    assert len(WRITES._serial) == kept + 100
    del tensors, t
    assert len(WRITES._serial) == kept
