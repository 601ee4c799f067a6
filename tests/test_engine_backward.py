"""Backward: where gradients arrive, what is kept and freed, hooks, what is refused, dtypes, complex numbers."""

import sys
import threading

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.core import Op
from tensorgraph.errors import ArgumentError, BackwardError, FreedGraphError, RuleError, ShapeError


def leaf(values=(1.0, 2.0, 3.0), dtype=np.float64, **options):
    return Tensor(np.array(values, dtype), requires_grad=True, **options)


def op_with_rule(rule, *inputs, forward=lambda x: x * 2.0):
    """An op of its own, in no registry."""
    made = Op(forward, "made")
    made.grad(*(inputs or ("x",)))(rule)
    return made


# Where gradients arrive


def test_leaves_accumulate_over_backward_passes():
    x = leaf()
    (2 * x).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 + 2 * x.numpy())
    np.testing.assert_array_equal(first.numpy(), [2, 2, 2], "an earlier gradient that someone holds must not change")


def test_grad_set_to_none_starts_again():
    x = leaf()
    for _ in range(2):
        x.grad = None
        (3 * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3, 3, 3])


def test_intermediates_keep_nothing():
    x = leaf()
    y = x * 2
    y.sum().backward()
    assert y.grad is None
    assert x.grad is not None


def test_retain_grad_keeps_and_does_not_accumulate():
    x = leaf()
    y = x * 2
    y.retain_grad()
    loss = (y * y).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    np.testing.assert_array_equal(y.grad.numpy(), 2 * y.numpy())
    np.testing.assert_array_equal(x.grad.numpy(), 2 * 2 * 4 * x.numpy())


def test_one_tensor_used_many_times():
    x = leaf()
    y = x * x + x * 3 + x - x / 2
    (y + y).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * (2 * x.numpy() + 3 + 1 - 0.5))


def test_same_tensor_in_both_places_of_one_op():
    x = leaf()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * x.numpy())


def test_a_leaf_is_its_own_output():
    x = leaf(2.0)
    x.backward()
    x.backward(5.0)
    assert x.grad.item() == 6.0


def test_a_tensor_may_die_and_its_gradient_still_flows():
    x = leaf()
    y = x * 2
    z = y * 5
    del y
    z.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [10, 10, 10])


def test_gradients_of_two_leaves_never_share_memory():
    """Rules of sums hand the same array to both sides; who scales one gradient must not scale the other."""
    a, b = leaf(), leaf()
    given = np.array([1.0, 1.0, 1.0])
    (a + b).backward(given)
    with tg.no_grad():
        a.grad *= 10
        b.grad *= 100
    np.testing.assert_array_equal(a.grad.numpy(), [10, 10, 10])
    np.testing.assert_array_equal(b.grad.numpy(), [100, 100, 100])
    np.testing.assert_array_equal(given, [1, 1, 1])


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("program", [lambda a, b: (a + b).sum(), lambda a, b: ((a + b) * 1.0).sum()])
def test_gradients_that_rules_made_are_not_shared_either(program, create_graph):
    a, b = leaf(), leaf()
    program(a, b).backward(create_graph=create_graph)
    with tg.no_grad():
        a.grad *= 10
        b.grad *= 100
    np.testing.assert_array_equal(a.grad.numpy(), [10, 10, 10])
    np.testing.assert_array_equal(b.grad.numpy(), [100, 100, 100])


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_can_be_written_into(create_graph):
    """The gradient of a sum is a broadcast view, the one of a transpose a transposed one: leaves get plain memory."""
    x = leaf(np.ones((2, 3)))
    (x.T + 0).sum().backward(create_graph=create_graph)
    with tg.no_grad():
        x.grad[0, 0] = 7.0
    np.testing.assert_array_equal(x.grad.numpy(), [[7, 1, 1], [1, 1, 1]])


def test_retained_gradient_is_independent_of_the_leaf():
    x = leaf()
    y = +x
    y.retain_grad()
    (y * 2).sum().backward()
    with tg.no_grad():
        x.grad *= 3
    np.testing.assert_array_equal(y.grad.numpy(), [2, 2, 2])


def test_broadcast_operands_get_gradients_of_their_own_shape():
    x, row, column, scalar = leaf(np.ones((4, 3))), leaf(np.ones(3)), leaf(np.ones((4, 1))), leaf(1.0)
    (x * row * column * scalar).sum().backward()
    assert [t.grad.shape for t in (x, row, column, scalar)] == [(4, 3), (3,), (4, 1), ()]
    assert [float(t.grad.numpy().flat[0]) for t in (x, row, column, scalar)] == [1, 4, 3, 12]


@pytest.mark.parametrize(
    "shapes", [((0, 3), (1, 3)), ((2, 0), (2, 1)), ((0,), ()), ((1, 1), (0, 4)), ((2, 1, 3), (0, 1))]
)
def test_broadcast_with_empty_axes(shapes):
    a, b = (leaf(np.ones(shape)) for shape in shapes)
    (a * b).sum().backward()
    assert (a.grad.shape, b.grad.shape) == shapes
    assert not a.grad.numpy().any()
    assert not b.grad.numpy().any()


# retain_graph, freed graphs


def test_second_backward_needs_retain_graph():
    x = leaf()
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), 4 * x.numpy())
    with pytest.raises(FreedGraphError, match=r"'sum' was freed.*retain_graph=True"):
        loss.backward()


def test_freed_part_is_named_when_only_part_of_the_graph_was_freed():
    x = leaf()
    shared = np.exp(x)
    shared.sum().backward()
    with pytest.raises(FreedGraphError, match="'exp'"):
        (shared * 2).sum().backward()


def test_create_graph_retains():
    x = leaf()
    loss = (x**3).sum()
    loss.backward(create_graph=True)
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * 3 * x.numpy() ** 2)


def test_a_chain_of_derivatives_by_create_graph():
    x = leaf(2.0)
    y = x**5
    for expected in (5 * 2**4, 20 * 2**3, 60 * 2**2, 120 * 2):
        x.grad = None
        y.backward(create_graph=True)
        y = x.grad
        assert y.requires_grad
        assert y.item() == pytest.approx(expected)


def test_gradient_penalty():
    """The gradient of a gradient's norm, mixed with the loss itself, against the derivative by hand."""
    w, x = leaf((0.3, -0.2)), np.array([1.5, 0.7])
    loss = np.tanh(w @ x)
    loss.backward(create_graph=True)
    g = w.grad
    w.grad = None
    (loss + (g * g).sum()).backward()
    t = np.tanh(w.numpy() @ x)
    slope = 1 - t * t  # g = slope * x, so g.g = slope**2 * x.x
    np.testing.assert_allclose(w.grad.numpy(), (slope + 2 * slope * (-2 * t * slope) * (x @ x)) * x)


def test_without_create_graph_gradients_are_constants():
    x = leaf()
    (x**3).sum().backward()
    assert not x.grad.requires_grad


# inputs=


def test_inputs_limits_who_gets_a_gradient():
    a, b = leaf(), leaf()
    (a * b).sum().backward(inputs=[a])
    np.testing.assert_array_equal(a.grad.numpy(), b.numpy())
    assert b.grad is None


def test_inputs_may_be_intermediate_and_one_tensor():
    x = leaf()
    y = np.exp(x)
    (y * y).sum().backward(inputs=y)
    np.testing.assert_array_equal(y.grad.numpy(), 2 * y.numpy())
    assert x.grad is None


def test_backward_in_two_stages_equals_backward_in_one():
    """What lies behind the chosen tensors is neither run nor freed."""
    x = leaf()
    y = np.exp(x)
    (y * y).sum().backward(inputs=[y])
    y.backward(y.grad)
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(2 * x.numpy()))


def test_inputs_on_one_path_of_two():
    x = leaf()
    left, right = x * 2, x * 3
    (left * right).sum().backward(inputs=[left, x])
    np.testing.assert_array_equal(left.grad.numpy(), right.numpy())
    np.testing.assert_array_equal(x.grad.numpy(), 12 * x.numpy())


def test_inputs_that_the_output_does_not_depend_on():
    x, other = leaf(), leaf()
    (x * 2).sum().backward(inputs=[other])
    assert other.grad is None


def test_hooks_off_the_way_to_the_inputs_do_not_run():
    joint = op_with_rule(lambda g, x, y: (g * y, g * x), "x", "y", forward=lambda x, y: x * y)
    a, b = leaf(), leaf()
    behind = b * 1
    behind.register_hook(lambda g: pytest.fail("nobody asked for this gradient"))
    joint(a, behind).sum().backward(inputs=[a])
    np.testing.assert_array_equal(a.grad.numpy(), b.numpy())


def test_inputs_off_the_graph_or_empty_are_refused():
    x = leaf()
    with pytest.raises(BackwardError, match="inputs: this tensor is on no graph"):
        (x * 2).sum().backward(inputs=[Tensor([1.0])])
    with pytest.raises(BackwardError, match="inputs: expected a Tensor, got ndarray"):
        (x * 2).sum().backward(inputs=[np.ones(3)])
    with pytest.raises(ArgumentError, match="inputs= names no tensor"):
        (x * 2).sum().backward(inputs=[])


# Hooks


def test_hooks_run_in_order_and_each_sees_what_the_one_before_returned():
    x = leaf()
    y = x * 1
    seen = []
    y.register_hook(lambda g: seen.append(("first", g.numpy().copy())))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(("third", g.numpy().copy())))
    (y * 2).sum().backward()
    assert [name for name, _ in seen] == ["first", "third"]
    np.testing.assert_array_equal(seen[0][1], [2, 2, 2])
    np.testing.assert_array_equal(seen[1][1], [20, 20, 20])
    np.testing.assert_array_equal(x.grad.numpy(), [20, 20, 20])


def test_hook_sees_the_whole_gradient_once():
    x = leaf()
    y = x * 1
    seen = []
    y.register_hook(seen.append)
    (y * y + y * 3).sum().backward()
    assert len(seen) == 1
    np.testing.assert_array_equal(seen[0].numpy(), 2 * x.numpy() + 3)


def test_hook_on_a_leaf_replaces_what_arrives():
    x = leaf()
    x.register_hook(lambda g: np.clip(g, -1, 1))
    (x * 100).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 1, 1])


def test_hook_comes_before_retain_grad():
    x = leaf()
    y = x * 1
    y.retain_grad()
    y.register_hook(lambda g: -g)
    y.sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), [-1, -1, -1])


def test_removed_hook_does_not_run():
    x = leaf()
    remove = x.register_hook(lambda g: g * 100)
    x.register_hook(lambda g: g * 2)
    assert remove() is None
    remove()  # a second time is harmless
    x.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2, 2])


def test_hook_that_removes_itself():
    x = leaf()

    def once(g):
        remove()
        return g * 10

    remove = x.register_hook(once)
    x.sum().backward()
    x.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [11, 11, 11])


@pytest.mark.parametrize("wrong", [lambda g: g.sum(), lambda g: g.astype(np.float32), lambda g: np.ones(4)])
def test_hook_that_returns_something_else_is_refused(wrong):
    x = leaf(name="weights")
    x.register_hook(wrong)
    with pytest.raises(RuleError, match=r"a hook on weights returned .* for a gradient of \(3,\) float64"):
        x.sum().backward()


def test_hook_under_create_graph_is_differentiated():
    x = leaf()
    y = x * 1
    remove = y.register_hook(lambda g: g * g)
    (y**2).sum().backward(create_graph=True)  # x.grad = (2x)**2
    first, x.grad = x.grad, None
    remove()  # y is on the way of the second pass too
    first.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 8 * x.numpy())


# What is refused


def test_non_scalar_without_a_gradient():
    with pytest.raises(BackwardError, match=r"only a scalar.*has shape \(3,\).*sum\(\).*gradient="):
        (leaf() * 2).backward()


def test_one_element_is_not_a_scalar():
    with pytest.raises(BackwardError, match="only a scalar"):
        (leaf([1.0]) * 2).backward()


def test_gradient_is_checked_and_cast():
    y = leaf(dtype=np.float32) * 1
    with pytest.raises(ShapeError, match=r"gradient has shape \(2,\) but the tensor has \(3,\)"):
        y.backward(np.ones(2))
    with pytest.raises(ArgumentError, match="gradient has dtype complex128 but the tensor has float32"):
        y.backward(np.ones(3, complex))
    with pytest.raises(ArgumentError, match="dtype object"):
        y.backward([None] * 3)
    x = leaf(dtype=np.float32)
    (x * 2).backward([1, 2, 3])
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad.numpy(), [2, 4, 6])


def test_no_graph():
    for off in (Tensor([1.0]).sum(), leaf().sum().detach()):
        with pytest.raises(BackwardError, match="on no graph"):
            off.backward()
    with tg.no_grad():
        off = leaf().sum()
    with pytest.raises(BackwardError, match="no_grad"):
        off.backward()


def test_exception_in_a_rule_names_the_op():
    def rule(g):
        raise ZeroDivisionError("in the rule")

    y = op_with_rule(rule)(leaf())
    with pytest.raises(ZeroDivisionError, match="in the rule") as caught:
        y.sum().backward()
    assert caught.value.__notes__ == ["in the backward rule of made (3,) float64"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda g: None, "made: the backward rule for x returned NoneType, not an array"),
        (lambda g: 1.0, "returned float, not an array"),
        (lambda g: np.ones(2), r"returned shape \(2,\), which cannot be summed to \(3,\)"),
        (lambda g: g.sum(), r"returned shape \(\), which cannot be summed to \(3,\)"),
        (lambda g: g.astype(np.float32), "returned float32 for a gradient of float64"),
        (lambda g: g > 0, "returned bool for a gradient of float64"),
    ],
)
def test_rule_that_returns_no_gradient_is_refused(rule, message):
    with pytest.raises(RuleError, match=message):
        op_with_rule(rule)(leaf()).sum().backward()


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        (lambda g: (g,), "1 gradients"),
        (lambda g: (g, g, g), "3 gradients"),
        (lambda g: np.stack([g, g]), "ndarray"),
    ],
)
def test_joint_rule_returns_one_gradient_for_each_input(rule, given):
    made = op_with_rule(rule, "x", "y", forward=lambda x, y: x + y)
    with pytest.raises(RuleError, match=f"made: the backward rule for x returned {given}, not a tuple of 2 gradients"):
        made(leaf(), leaf()).sum().backward()


def test_rule_sums_over_broadcast_axes_only_where_they_are():
    """A result of a shape that only NumPy's broadcasting would bring to the input's is a mistake of the rule."""
    with pytest.raises(RuleError, match="cannot be summed"):
        op_with_rule(lambda g: np.ones((3, 2)))(leaf(np.ones((3, 3)))).sum().backward()


# Gradient dtypes


@pytest.mark.parametrize("other", [np.float64, np.float32, np.int64, np.uint8, bool])
@pytest.mark.parametrize("own", [np.float16, np.float32, np.float64])
def test_gradient_has_its_tensors_dtype_beside_any_other(own, other):
    x = leaf(dtype=own)
    (x * np.array([1, 0, 1], other)).sum().backward()
    assert x.grad.dtype == own
    np.testing.assert_array_equal(x.grad.numpy(), [1, 0, 1])


def test_both_sides_of_a_mixed_product_get_their_own_dtype():
    single, double = leaf(dtype=np.float32), leaf((4.0, 5.0, 6.0))
    y = single * double + single
    assert y.dtype == np.float64
    y.sum().backward()
    assert (single.grad.dtype, double.grad.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(single.grad.numpy(), [5, 6, 7])


def test_a_detour_through_another_dtype():
    x = leaf(dtype=np.float32)
    (x.astype(np.float64) * 0.1).sum().backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad.numpy(), np.float32([0.1] * 3))


def test_byte_order_of_the_data_is_kept():
    x = Tensor(np.array([1.0, 2.0], ">f8"), requires_grad=True)
    (x.reshape(2, 1) * x[::-1] + x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.numpy().sum() + 2)


# Complex numbers: PyTorch's convention, the gradient is the direction of steepest ascent. Values worked out by hand.


Z = np.array([3 + 4j, 1 - 2j])


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (lambda z: np.abs(z), Z / np.abs(Z)),  # d|z| = Re(conj(z) dz) / |z|
        (lambda z: np.abs(z) ** 2, 2 * Z),
        (lambda z: np.abs(z * (2 - 1j)) ** 2, 2 * 5 * Z),  # |a z|**2 = |a|**2 |z|**2
        (lambda z: np.abs(z * z), 2 * np.abs(Z) * Z / np.abs(Z)),  # |z|**2
        (lambda z: np.abs(np.conj(z) + 1) ** 2, 2 * (Z + 1)),
        (lambda z: np.abs(np.exp(z)), np.exp(Z.real)),  # e**Re z: steepest along the real axis
        (lambda z: np.abs(1 / z), -Z / np.abs(Z) ** 3),
    ],
)
def test_gradient_of_a_real_loss_of_complex_numbers(loss, expected):
    z = leaf(Z, complex)
    loss(z).sum().backward()
    assert z.grad.dtype == np.complex128
    np.testing.assert_allclose(z.grad.numpy(), expected, rtol=1e-14, atol=1e-14)


def test_real_input_of_a_complex_program_gets_a_real_gradient():
    x = leaf((1.0, 2.0))
    (np.abs(x * Z) ** 2).sum().backward()
    assert x.grad.dtype == np.float64
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.numpy() * np.abs(Z) ** 2)


def test_complex_output_needs_a_gradient_and_conjugates_it_as_pytorch_does():
    z = leaf(Z, complex)
    with pytest.raises(BackwardError, match="only a real scalar"):
        (z * z).sum().backward()
    (z * z).sum().backward(1.0 + 0j)
    np.testing.assert_allclose(z.grad.numpy(), np.conj(2 * Z))  # PyTorch: grad_output * conj(f'(z))


def test_hooks_and_kept_gradients_are_in_the_same_convention():
    z = leaf(Z, complex)
    w = z * (2 + 1j)
    seen = []
    w.register_hook(lambda g: seen.append(g.numpy().copy()) or g * 1j)
    w.retain_grad()
    (np.abs(w) ** 2).sum().backward()
    np.testing.assert_allclose(seen[0], 2 * w.numpy())
    np.testing.assert_allclose(w.grad.numpy(), 2j * w.numpy())
    np.testing.assert_allclose(z.grad.numpy(), 2j * w.numpy() * np.conj(2 + 1j))


def test_second_derivative_through_complex_numbers():
    """|z|**4 = (x² + y²)²: the gradient's projection on a constant direction has a gradient that is known."""
    z = leaf([1 + 2j], complex)
    (np.abs(z) ** 4).sum().backward(create_graph=True)
    g, z.grad = z.grad, None
    np.testing.assert_allclose(g.numpy(), 4 * np.abs(z.numpy()) ** 2 * z.numpy())
    (np.abs(g) ** 2).sum().backward()  # |g|**2 = 16 |z|**6
    np.testing.assert_allclose(z.grad.numpy(), 16 * 6 * np.abs(z.numpy()) ** 4 * z.numpy())


# Threads


def test_many_threads_add_to_one_leaf_and_nothing_is_lost():
    x = leaf(np.ones(20_000))  # long enough for NumPy to let other threads run in the middle of an addition
    rounds, count = 300, 4
    ready = threading.Barrier(count)

    def add():
        ready.wait()
        for _ in range(rounds):
            (x * 1.0).sum().backward()

    threads = [threading.Thread(target=add) for _ in range(count)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # as often as possible in the middle of things
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    np.testing.assert_array_equal(x.grad.numpy(), rounds * count)
