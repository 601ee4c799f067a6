"""Writing into tensors: in-place operators, item assignment, and arrays that a recorded op saved."""

import gc
import operator
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.core import WRITES, garbage, reachable
from tensorgraph.core.capture import capture
from tensorgraph.core.memory import MEMORIES
from tensorgraph.debug import fingerprint
from tensorgraph.errors import (
    ArgumentError,
    DTypeError,
    IndexingError,
    OverwrittenError,
    ShapeError,
    TrackedTensorError,
)


def leaf(values=(1.0, 2.0, 3.0), dtype=np.float64, **options):
    return Tensor(np.array(values, dtype), requires_grad=True, **options)


LEAF = "w: a leaf that requires gradients would be overwritten. Write under no_grad(), or into a copy: t = a.copy()"
INPLACE = [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow]


@pytest.mark.parametrize("write", INPLACE)
def test_in_place_on_a_leaf_needs_no_grad(write):
    x = leaf(name="w")
    with pytest.raises(TrackedTensorError) as refusal:
        write(x, 2.0)
    assert str(refusal.value) == LEAF
    memory, expected = x.numpy(), write(x.numpy().copy(), 2.0)
    with tg.no_grad():
        assert write(x, Tensor(2.0)) is x
    assert x.numpy() is memory
    np.testing.assert_array_equal(memory, expected)
    assert x.requires_grad


def test_in_place_on_a_computed_tensor():
    x = leaf()
    y = same = np.exp(x)
    memory, view = y.data, y[1:]
    y *= 3
    assert y is same
    assert y.data is memory
    np.testing.assert_array_equal(view.numpy(), 3 * np.exp([2.0, 3.0]))
    (y.sum() + view.sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp(x.numpy()) * [3, 6, 6])


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


def gradient(x, loss):
    x.grad = None
    loss.backward()
    return x.grad.numpy()


def test_item_assignment():
    x = leaf(name="w")
    for write in (lambda: x.__setitem__(0, 1.0), lambda: x[1:].__setitem__(0, x[2])):
        with pytest.raises(TrackedTensorError) as refusal:
            write()
        assert str(refusal.value) == LEAF
    with tg.no_grad():
        x[0] = 9.0
        x[Tensor([1, 2])] = Tensor([7.0, 8.0])
    np.testing.assert_array_equal(x.numpy(), [9, 7, 8])
    free = Tensor(np.zeros(3))
    free[1:] += 2
    np.testing.assert_array_equal(free.numpy(), [0, 2, 2])
    assert not free.requires_grad


def test_a_constant_that_is_written_into_becomes_tracked_with_all_its_views():
    x, t = leaf(), Tensor(np.zeros(4))
    view, other = t[1:3], Tensor(t.data)
    t[1] = x[0] * 2
    assert t.requires_grad
    assert view.requires_grad
    np.testing.assert_array_equal(gradient(x, (view * 10).sum() + t.sum() + (other * 100).sum()), [222, 0, 0])


def test_a_view_that_is_written_into_changes_its_base():
    x = leaf()
    y = x * 2
    row, last = y.reshape(3, 1)[1], y[2:]
    row[0] = x[0] * 5
    np.testing.assert_array_equal(y.numpy(), [2, 5, 6])
    np.testing.assert_array_equal(gradient(x, y.sum() + (last * 10).sum()), [7, 0, 22])


def test_the_last_of_several_writes_to_one_place_wins():
    x, t = leaf(), Tensor(np.zeros(2))
    t[[0, 1, 1]] = x
    np.testing.assert_array_equal(t.numpy(), [1, 3])
    np.testing.assert_array_equal(gradient(x, t.sum()), [1, 0, 1])


def test_itself_moved():
    x = leaf()
    t = +x
    t[1:] = t[:-1]
    np.testing.assert_array_equal(t.numpy(), [1, 1, 2])
    np.testing.assert_array_equal(gradient(x, t.sum()), [2, 1, 0])
    t = +x
    t += t
    np.testing.assert_array_equal(gradient(x, (t * x.numpy()).sum()), [2, 4, 6])


@pytest.mark.parametrize("index", [np.zeros(3, bool), slice(0, 0), [], (slice(3, None),)])
def test_nothing_selected(index):
    x = leaf()
    t = x * 2
    t[index] = x[:1] if isinstance(index, slice) else x[0]
    np.testing.assert_array_equal(gradient(x, t.sum()), [2, 2, 2])


def test_without_axes():
    x, t = leaf(), Tensor(np.array(1.0))
    t[()] = x[1] * 3
    t *= x[0]
    np.testing.assert_array_equal(gradient(x, +t), [6, 3, 0])
    total = x.sum()
    total[...] = total * x[0]
    np.testing.assert_array_equal(gradient(x, total), [7, 1, 1])


def test_a_value_is_cast_and_broadcast():
    x = leaf()
    t = Tensor(np.zeros((2, 3), np.float32))
    t[:] = x
    t[0] = x[None, :1]
    assert t.dtype == np.float32
    np.testing.assert_array_equal(gradient(x, t.sum()), [4, 1, 1])
    z = Tensor(np.zeros(3, complex))
    z[:] = x
    z *= 1j
    np.testing.assert_array_equal(gradient(x, (z * -1j).real.sum()), [1, 1, 1])


def test_real_and_imaginary_parts_are_views():
    x = leaf()
    z = x * (1 + 2j)
    re, im = z.real, z.imag
    im[0] = x[1] * 7
    np.testing.assert_array_equal(z.numpy(), [1 + 14j, 2 + 4j, 3 + 6j])
    np.testing.assert_array_equal(gradient(x, re.sum() + im.sum() * 10), [1, 91, 21])


def test_a_tensor_that_is_overwritten_keeps_zero_gradient():
    x = leaf()
    y = x * 2
    y[...] = 0
    assert y.requires_grad
    np.testing.assert_array_equal(gradient(x, y.sum()), [0, 0, 0])


def test_a_name_and_a_kept_gradient_stay_with_the_tensor():
    x = leaf()
    y = x * 2
    y.name = "buffer"
    y.retain_grad()
    y[0] = x[2]
    (y * y).sum().backward()
    assert y.name == "buffer"
    np.testing.assert_array_equal(y.grad.numpy(), [6, 8, 12])


def test_writes_in_no_grad_leave_the_graph_as_it_is():
    x = leaf()
    y = x * 2
    with tg.no_grad():
        y[0] = 100.0
        view = y[1:]
        view[0] = 50.0
    np.testing.assert_array_equal(y.numpy(), [100, 50, 6])
    np.testing.assert_array_equal(gradient(x, y.sum()), [2, 2, 2])


def test_what_left_the_graph_stays_constant():
    x = leaf()
    y = x * 2
    before = y.detach()
    y[0] = x[1] * 5
    with tg.no_grad():
        unrecorded = y[:2]
    for constant in (before, y.detach(), unrecorded, Tensor(y.numpy())):
        assert not constant.requires_grad
        assert np.shares_memory(constant.data, y.data)
        assert not constant[:1].requires_grad
    np.testing.assert_array_equal(gradient(x, (y * before).sum()), [0, 5 * 10 + 2 * 4, 2 * 6])


def test_a_buffer_that_is_used_again_starts_anew():
    x, buffer = leaf(), np.zeros(3)
    for k in (1, 2, 3):
        t = Tensor(buffer)
        t[:2] = x[:2] * k
        np.testing.assert_array_equal(gradient(x, t.sum()), [k, k, 0])
    np.testing.assert_array_equal(buffer, [3, 6, 0])


def test_writes_past_the_graph_are_found():
    x = leaf()
    y = x * 2
    y.detach()[0] = x[1]
    with pytest.raises(TrackedTensorError) as refusal:
        y.sum()
    assert str(refusal.value) == (
        "'multiply' shares its memory with a tensor that is not on its graph (made by detach(), numpy() or "
        "Tensor(array)), into which a value with a gradient was written. Write into a copy: t.detach().copy()"
    )
    y = x * 2
    before = y.detach()
    y[1] = x[0]
    with pytest.raises(TrackedTensorError) as refusal:
        before[0] = x[1]
    assert str(refusal.value) == (
        "a value with a gradient was about to be written into memory that 'multiply' shares, through a tensor that was "
        "detached from it. Write into a copy: t.detach().copy()"
    )
    y.detach()[0] = x[1]
    with pytest.raises(OverwrittenError) as lost:
        y.sum()
    assert str(lost.value) == (
        "'setitem' shares its memory with another tensor, into which a value with a gradient was written; gradients "
        "cannot follow. Write into a copy: t = Tensor(array.copy())"
    )


REFUSED = {
    "a plain array": (
        lambda x: np.copyto(np.zeros(3), x),
        TrackedTensorError,
        "a value with a gradient was about to be written into a plain array, which would lose it. Make the array a "
        "Tensor first: t = Tensor(array)",
    ),
    "whole numbers": (
        lambda x: Tensor(np.zeros(3, int)).__setitem__(0, x[0]),
        DTypeError,
        "t[index] = value: a tensor of int64 cannot hold the gradient of the value. Make it of floats first: "
        "t = t.astype(float)",
    ),
    "complex into real": (
        lambda x: Tensor(np.zeros(3)).__setitem__(0, x[0] * 1j),
        DTypeError,
        "t[index] = value: the value is complex and the tensor float64. Say which part is meant: value.real",
    ),
    "a shape that does not fit": (
        lambda x: (x * 1).__setitem__(slice(2), x),
        ShapeError,
        "setitem: could not broadcast input array from shape (3,) into shape (2,)\n"
        "  x      (3,) float64 from multiply\n  value  (3,) float64 from leaf",
    ),
    "an index out of bounds": (
        lambda x: (x * 1).__setitem__(3, 1.0),
        IndexingError,
        "setitem: index 3 is out of bounds for axis 0 with size 3\n  x      (3,) float64 from multiply",
    ),
    "a larger result": (
        lambda x: operator.iadd(x * 1, np.ones((2, 3))),
        ShapeError,
        "add in place: the result has shape (2, 3), which does not fit into (3,)",
    ),
    "a wider result": (
        lambda x: operator.iadd(x * 1, 1j),
        DTypeError,
        "add in place: cannot cast the result from complex128 to float64 with casting rule 'same_kind'",
    ),
}


@pytest.mark.parametrize(("write", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(write, error, message):
    with pytest.raises(error) as refusal:
        write(leaf())
    assert str(refusal.value) == message


def test_rows_that_are_read_before_others_are_written():
    """A recurrence: each step saves the row before, and writes the next one."""
    w = Tensor(np.array([[0.5, 0.1], [0.2, 0.3]]), requires_grad=True)

    def scan(w, h):
        for i in range(1, 5):
            h[i] = np.tanh(h[i - 1] @ w) + 0.1
        return (h * h).sum()

    def stacked(w):
        rows = [np.ones(2)]
        for _ in range(4):
            rows.append(np.tanh(rows[-1] @ w) + 0.1)
        return sum((row * row).sum() for row in rows)

    start = np.ones((5, 2))
    expected = tg.grad(stacked)(w.numpy())
    np.testing.assert_allclose(gradient(w, scan(w, Tensor(start.copy()))), expected, rtol=1e-12)
    columns = Tensor(start.copy()).T
    np.testing.assert_allclose(gradient(w, scan(w, columns.T)), expected, rtol=1e-12)
    found = tg.hessian(lambda w: scan(w, Tensor(start.copy())))(w.numpy())
    np.testing.assert_allclose(found, tg.hessian(stacked)(w.numpy()), rtol=1e-10, atol=1e-12)


def test_writing_into_the_row_that_was_read_is_found():
    w, h = leaf(), Tensor(np.ones((2, 3)))
    h[0] = h[0] * w  # what made the value keeps a copy
    np.testing.assert_array_equal(gradient(w, h.sum()), [1, 1, 1])
    h = Tensor(np.ones((2, 3)))
    used = h[1] * w
    h[0] = +used
    h[1] = +used
    with pytest.raises(OverwrittenError, match=r"'multiply' saved x for its gradient, and it was written into"):
        h.sum().backward()


def test_an_argument_of_a_transform_that_is_written_into():
    def inner(v):
        v[0] = v[1] * 3
        return (v * v).sum()

    with pytest.raises(TrackedTensorError, match="a leaf that requires gradients would be overwritten"):
        tg.grad(inner)(np.array([1.0, 2.0]))
    outer = tg.grad(lambda x: (tg.grad(inner)(x * 1) * np.array([5.0, 7.0])).sum())(np.array([1.0, 2.0]))
    np.testing.assert_allclose(outer, [0, 7 * 20])


def filled(w, n):
    t = Tensor(np.zeros(n))
    for i in range(n):
        t[i] = w[i] * t[i - 1] if i else w[0]
    return t.sum()


def through_views(w, n):
    t = Tensor(np.zeros((n, 1)))
    for i, row in enumerate(t):
        row[...] = w[i]
    return t.sum()


def iterated(w, n):
    total = 0.0
    for each in w:
        total = total + each * each
    return total


@pytest.mark.parametrize("build", [filled, through_views, iterated])
@pytest.mark.parametrize("recorded", [False, True])
def test_many_small_parts_are_linear(build, recorded):
    """No copy of the whole for each part: what backward allocates at a time stays small, and few times the whole."""
    n = 400
    w = Tensor(np.ones(n), requires_grad=True)
    loss = build(w, n)
    whole = w.data.nbytes
    made = count_wholes(lambda: loss.backward(create_graph=recorded), whole)
    assert made < 40, made
    np.testing.assert_allclose(w.grad.numpy()[-1], 2 if build is iterated else 1)
    w.grad = None  # a recorded backward holds the graph that holds its leaf


def count_wholes(run, size):
    """How many arrays as large as the whole are made: zeros and copies, as backward makes them."""
    made = []
    zeros, array = np.zeros_like, np.array

    def counted(function):
        def call(*args, **kwargs):
            result = function(*args, **kwargs)
            if getattr(result, "nbytes", 0) >= size:
                made.append(result.shape)
            return result

        return call

    np.zeros_like, np.array = counted(zeros), counted(array)
    try:
        run()
    finally:
        np.zeros_like, np.array = zeros, array
    return len(made)


def test_memory_of_tensors_that_were_written_into_is_freed():
    gc.collect()
    garbage.collect()
    kept = len(MEMORIES)
    gc.disable()
    try:
        x = leaf()
        t = Tensor(np.zeros(3))
        view = t[1:]
        t[0] = x[0]
        view[1] = x[1]
        (t.sum() + view.sum()).backward()
        alive = weakref.ref(t.data)
        assert len(MEMORIES) == kept + 1
        del t, view
        assert alive() is None
        assert len(MEMORIES) == kept
    finally:
        gc.enable()


def test_threads_that_fill_tensors_of_their_own():
    def work(k):
        x = leaf((1.0, 2.0, k))
        for _ in range(50):
            t = Tensor(np.zeros(3))
            for i in range(3):
                t[i] = x[i] * x[2]
            found = gradient(x, t[1:].sum())
        return found

    with ThreadPoolExecutor(4) as pool:
        for k, found in enumerate(pool.map(work, range(8))):
            np.testing.assert_array_equal(found, [0, k, 2 + 2 * k])


def test_captured_writes_are_replayed():
    x, c = Tensor([1.0, 2.0, 3.0]), Tensor(np.zeros(4))
    view = c[1:]

    def program(x, c, view):
        y = x * 2
        c[0] = y[0]
        view[0] = y[1]
        y += 1
        y[1:] = x[:2]
        return (c * y[0]).sum() + view.sum() + y.sum()

    with capture() as tape:
        out = program(x, c, view)
    for values in ([1.0, 2.0, 3.0], [4.0, -1.0, 2.0]):
        zeros = np.zeros(4)
        assert tape.replay({x: values}, [out])[0] == program(np.array(values), zeros, zeros[1:])


def test_recorded_writes_keep_what_was_there():
    x = leaf()
    with tg.record() as recording:
        t = Tensor(np.zeros(2))
        t[0] = x[0]
        t[1] = x[1]
        t *= 10
    held = [call.value.tolist() for call in recording.calls if call.name == "setitem"]
    assert held == [[1, 0], [1, 2], [10, 20]]
    for node in reachable(t.node):
        node.notes = None  # what was recorded there holds the memory


# NumPy's functions that write


def test_functions_that_write_say_what_is_wrong():
    t = leaf() * 1
    for write, error, message in [
        (lambda: np.put(t, 5, 1.0), IndexingError, "np.put: there is no element 5 of 3"),
        (
            lambda: np.put(t, 0, 1.0, mode="wide"),
            ArgumentError,
            "np.put: mode is 'raise', 'wrap' or 'clip'; got 'wide'",
        ),
        (
            lambda: np.copyto(Tensor(np.zeros(3, np.float32)), t * 1j),
            DTypeError,
            "np.copyto: cannot cast from complex128 to float32 with casting='same_kind'",
        ),
        (lambda: np.place(t, [True], 1.0), ArgumentError, "np.place: mask has 1 elements and arr 3"),
        (
            lambda: np.place(t, [True] * 3, []),
            ArgumentError,
            "np.place: there are elements to fill, and vals is empty",
        ),
        (lambda: np.putmask(t, [True], 1.0), ArgumentError, "np.putmask: mask has 1 elements and a 3"),
        (
            lambda: np.put_along_axis(t, np.array([[0]]), 1.0, 0),
            ArgumentError,
            "np.put_along_axis: indices must have 1 axes; got 2",
        ),
        (lambda: np.fill_diagonal(t, 1.0), ArgumentError, "np.fill_diagonal: takes at least two axes; got 1"),
        (
            lambda: np.fill_diagonal(Tensor(np.zeros((2, 2, 3))), t),
            ArgumentError,
            "np.fill_diagonal: of more than two axes all must have one length; got (2, 2, 3)",
        ),
    ]:
        with pytest.raises(error) as refusal:
            write()
        assert str(refusal.value) == message


def test_empty_selections_of_functions():
    x = leaf()
    t = x * 2
    np.put(t, [], x)
    np.putmask(t, np.zeros(3, bool), x)
    np.place(t, np.zeros(3, bool), x)
    np.copyto(t, x, where=np.zeros(3, bool))
    np.put_along_axis(t, np.zeros(0, int), x[:0], 0)
    np.testing.assert_array_equal(gradient(x, t.sum()), [2, 2, 2])


# Writing past the engine, through NumPy arrays

ARRAYS = {
    "the array given to Tensor": lambda x, given, constant: given,
    "x.data": lambda x, given, constant: x.data,
    "a view": lambda x, given, constant: x.numpy()[::-1],
    "a constant": lambda x, given, constant: constant,
}


@pytest.mark.parametrize("size", [3, 3000])
@pytest.mark.parametrize("pick", ARRAYS.values(), ids=ARRAYS)
def test_debug_finds_writes_through_arrays(pick, size):
    given, constant = np.arange(1.0, size + 1), np.full(size, 2.0)
    x = Tensor(given, requires_grad=True)
    with tg.debug():
        loss = (x * x * constant).sum()  # the line to show
        pick(x, given, constant)[size // 2] = 100
        with pytest.raises(
            OverwrittenError,
            match=r"backward: 'multiply', called at .*:\d+ in .*, saved [xy] for its gradient, and it was written into "
            r"afterwards through a NumPy array\. Write into a copy, or write after backward",
        ):
            loss.backward()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128, np.int8])
@pytest.mark.parametrize("size", [1, 7, 511, 512, 1030, 5001])
def test_a_fingerprint_changes_with_every_element(dtype, size):
    array = np.random.default_rng(0).integers(1, 100, size).astype(dtype)
    before = fingerprint(array)
    assert fingerprint(array.copy()) == before
    assert fingerprint(np.stack([array, array], axis=1)[:, 0]) == before
    for i in {0, size // 3, size // 2, size - 1}:
        held = array[i]
        array[i] += 1
        assert fingerprint(array) != before
        array[i] = held
    if size > 1:
        array[0], array[-1] = 1, 2
        before = fingerprint(array)
        array[0], array[-1] = 2, 1
        assert fingerprint(array) != before


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


# What was written into does not live for ever


def fill(w, rows=6):
    """An array that is filled from its own rows, which the graph of its values saves."""
    table = Tensor(np.zeros((rows, 3)))
    for i in range(rows - 1):
        table[i + 1] = np.tanh(table[i] @ w + 1)
    return table


def two_tables(w):
    """Two arrays, each of which is filled from the other."""
    a, b = Tensor(np.zeros((4, 3))), Tensor(np.zeros((4, 3)))
    for i in range(3):
        a[i + 1] = np.tanh((a[i] * b[i] + 1) @ w)
        b[i + 1] = np.tanh((b[i] - a[i] * 2) @ w)
    return a


@pytest.mark.parametrize("program", [fill, two_tables])
def test_histories_that_no_one_can_reach_are_let_go(program):
    garbage.collect()
    before = len(MEMORIES)
    w = leaf(np.eye(3) / 2)
    for _ in range(50):
        program(w)  # no backward releases what was saved
        tg.grad(lambda v: program(v).sum())(np.eye(3))
        assert len(MEMORIES) < before + 30  # of 100 or 200
    garbage.collect()
    assert len(MEMORIES) == before


@pytest.mark.parametrize("program", [fill, two_tables])
def test_histories_that_someone_can_reach_are_kept(program):
    w = leaf(np.eye(3) / 2)
    table = program(w)
    row, other = table[2], table[3]
    del table
    garbage.collect()
    (row * other).sum().backward()
    expected = tg.grad(lambda v: (program(v)[2] * program(v)[3]).sum())(w.numpy())
    np.testing.assert_allclose(w.grad.numpy(), expected)


def test_an_earlier_result_still_knows_what_was_overwritten():
    w = leaf(np.eye(3) / 2)
    table = Tensor(np.ones((2, 3)))
    table[0] = w[0]
    early = table[0] @ w  # saves the row
    table[0] = w[1] * 2
    del table
    for _ in range(9):
        fill(w)
    garbage.collect()
    with pytest.raises(OverwrittenError, match="saved x"):
        early.sum().backward()
