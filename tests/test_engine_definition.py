"""Defining ops: what a rule may ask for, what is kept alive for it and for how long, and what is refused."""

import gc
import weakref

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.core import OPS, Op, implements, op, ufunc
from tensorgraph.core.registry import NUMPY
from tensorgraph.errors import ArgumentError, DefinitionError, NotDifferentiableError, UnsupportedFunctionError


def leaf(values=(1.0, 2.0, 3.0), dtype=np.float64, **options):
    return Tensor(np.array(values, dtype), requires_grad=True, **options)


def make(forward, saves="", aux="", **rules):
    """An op in no registry: each keyword is a rule, named after its input."""
    made = Op(forward, "made", saves=saves, aux=aux, fused=bool(saves))
    for inputs, rule in rules.items():
        made.grad(*inputs.split("_and_"))(rule)
    return made


@pytest.fixture
def registry():
    """The registry as it was, once the test is over."""
    ops, functions = dict(OPS), dict(NUMPY)
    yield
    for table, before in ((OPS, ops), (NUMPY, functions)):
        table.clear()
        table.update(before)


# Errors of definition


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda g, z: g, r"the rule for x asks for 'z'; it may ask for g, x, x_shape, k, k_shape, out$"),
        (lambda x: x, "the first parameter of the rule for x must be g"),
        (lambda: 0, "the first parameter of the rule for x must be g"),
        (lambda out, g: g, "the first parameter of the rule for x must be g"),
        (lambda g, *rest: g, "asks for 'rest'"),
        (lambda g, **rest: g, "asks for 'rest'"),
        (lambda g, *, x: g, "takes 'x' by name only"),
        (lambda g, y_shape: g, "asks for 'y_shape'"),
        (lambda g, out_shape: g, "asks for 'out_shape'"),
    ],
)
def test_rule_parameters_are_checked_when_the_rule_is_given(rule, message):
    with pytest.raises(DefinitionError, match=message):
        make(lambda x, k=2: x * k, x=rule)


def test_rule_of_an_unknown_input():
    with pytest.raises(DefinitionError, match="made: has no input 'z'; its parameters are x"):
        make(lambda x: x, z=lambda g: g)


def test_an_input_has_one_rule():
    made = make(lambda x, y: x + y, x_and_y=lambda g: (g, g))
    with pytest.raises(DefinitionError, match="made: there is already a rule for x"):
        made.grad("x")(lambda g: g)


@pytest.mark.parametrize("forward", [lambda g: g, lambda out: out, lambda x, r: x])
def test_names_that_would_mean_two_things(forward):
    with pytest.raises(DefinitionError, match="would mean two things"):
        Op(forward, "made", saves="r", fused=True)


def test_forward_signatures_that_cannot_work():
    with pytest.raises(DefinitionError, match=r"\*\*options has none"):
        Op(lambda x, **options: x, "made")
    with pytest.raises(DefinitionError, match=r"\*arrays must come first"):
        Op(lambda x, *arrays: x, "made")


def test_residuals_need_a_forward_that_runs_on_tensors():
    with pytest.raises(DefinitionError, match="an op with residuals is fused"):
        op(saves="r")(lambda x: (x, x))


def test_an_op_for_a_numpy_function_has_numpys_parameter_names(registry):
    with pytest.raises(DefinitionError, match=r"cumsum: np\.cumsum has no parameter 'x'; it has \['a', 'axis'"):

        @op(np.cumsum)
        def cumsum(x, axis=None):
            return x.cumsum(axis)


@pytest.mark.parametrize("result", [1.0, None, [1.0], "text"])
def test_forward_must_return_an_array(result):
    with pytest.raises(DefinitionError, match=f"the forward must return an array, not {type(result).__name__}"):
        make(lambda x: result, x=lambda g: g)(leaf())


@pytest.mark.parametrize("call", [lambda made: made(leaf()), lambda made: made(np.ones((2, 3)))])
@pytest.mark.parametrize(
    ("result", "given"), [(lambda x: x, "ndarray"), (lambda x: (x, x), "2"), (lambda x: [x] * 3, "list")]
)
def test_forward_must_return_its_residuals_and_aux(result, given, call):
    """An array in place of the tuple would otherwise be taken apart along its first axis."""
    with pytest.raises(DefinitionError, match=rf"must return a tuple \(out, r, info\); it returned {given}$"):
        call(make(result, saves="r", aux="info", x=lambda g, r: g))


def test_input_without_a_rule_that_requires_a_gradient():
    made = make(lambda x, y: x * y, x=lambda g, y: g * y)
    made(leaf(), np.ones(3)).sum().backward()
    with pytest.raises(NotDifferentiableError, match=r"no gradient with respect to y.*t\.detach\(\).*made\.grad"):
        made(leaf(), leaf())


def test_input_without_a_rule_is_no_error_under_no_grad():
    with tg.no_grad():
        assert make(lambda x: x * 2)(leaf()).tolist() == [2, 4, 6]


# Definition through the decorators


def test_op_is_registered_by_name_and_as_a_method(registry):
    @op(method=True)
    def tripled(x):
        """Three times."""
        return x * 3

    try:
        tripled.grad("x")(lambda g: g * 3)
        x = leaf()
        assert OPS["tripled"] is tripled
        assert tripled.__doc__ == "Three times."
        x.tripled().sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), [3, 3, 3])
    finally:
        del Tensor.tripled


def test_op_for_a_numpy_function_takes_its_arguments(registry):
    @op(np.cumsum)
    def cumsum(a, axis=None):
        return a.cumsum(axis)

    cumsum.grad("a")(lambda g, axis: g[::-1].cumsum(axis)[::-1])
    x = leaf()
    (np.cumsum(x, axis=0) * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [111, 110, 100])
    assert np.cumsum(x, 0, None, None).tolist() == [1, 3, 6]
    with pytest.raises(UnsupportedFunctionError, match=r"np\.cumsum: dtype= is not supported on tensors; it takes \(a"):
        np.cumsum(x, dtype=np.float32)


def test_ufunc_and_composition(registry):
    ufunc(np.spacing, x=lambda g: g * 0)
    assert np.spacing(leaf()).requires_grad

    @implements(np.nansum)
    def nansum(a):
        return np.where(np.isnan(a), 0, a).sum()

    x = leaf((1.0, np.nan))
    np.nansum(x).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 0])


def test_on_arrays_an_op_is_its_forward():
    made = make(lambda x, k=2: (x * k, x), saves="r", x=lambda g, r: g)
    result = made(np.ones(3))
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(made(np.ones(3), k=5), [5, 5, 5])


def test_arguments_are_bound_as_python_binds_them():
    made = make(lambda x, k, s=1.0: x * k + s, x=lambda g, k: g * k)
    x = leaf()
    for y in (made(x, 2, 1.0), made(x, 2), made(x, k=2), made(k=2, x=x), made(x, s=1.0, k=2)):
        np.testing.assert_array_equal(y.numpy(), [3, 5, 7])
    with pytest.raises(ArgumentError, match=r"the argument 'k' is missing; it takes \(x, k, s=1\.0\)"):
        made(x)
    with pytest.raises(ArgumentError, match="got 4 arguments"):
        made(x, 1, 2, 3)
    with pytest.raises(ArgumentError, match="does not take 'x', or has it already"):
        made(x, 2, x=x)
    with pytest.raises(ArgumentError, match="does not take 'q'"):
        made(x, 2, q=1)


# What rules are given


def test_rules_are_given_what_they_name_in_any_order():
    given = {}

    def rule(g, y_shape, out, k, r, x):
        given.update(y_shape=y_shape, out=out, k=k, r=r, x=x)
        return g * k

    made = make(lambda x, y, k: (x * k, x + 100), saves="r", x=rule)
    x = leaf()
    made(x, np.ones((2, 5)), 7.0).sum().backward()
    assert given["y_shape"] == (2, 5)
    assert given["k"] == 7.0
    np.testing.assert_array_equal(given["x"], x.numpy())
    np.testing.assert_array_equal(given["out"], 7 * x.numpy())
    np.testing.assert_array_equal(given["r"], x.numpy() + 100)
    assert all(type(given[name]) is np.ndarray for name in ("x", "out", "r"))


def test_only_rules_of_inputs_that_need_gradients_run():
    ran = []
    made = make(lambda x, y: x * y, x=lambda g, y: ran.append("x") or g * y, y=lambda g, x: ran.append("y") or g * x)
    made(leaf(), np.ones(3)).sum().backward()
    made(np.ones(3), leaf()).sum().backward()
    made(leaf(), leaf()).sum().backward()
    assert ran == ["x", "y", "x", "y"]


def test_rules_of_inputs_that_lead_nowhere_do_not_run():
    ran = []
    made = make(lambda x, y: x * y, x=lambda g, y: ran.append("x") or g * y, y=lambda g, x: ran.append("y") or g * x)
    a, b = leaf(), leaf()
    made(a, b).sum().backward(inputs=[b])
    assert ran == ["y"]


def test_joint_rule_runs_once_and_its_parts_go_where_they_belong():
    ran = []

    def rule(g, x, y, z):
        ran.append(1)
        return g * y * z, g * x * z, g * x * y

    made = make(lambda x, y, z: x * y * z, x_and_y_and_z=rule)
    x, z = leaf((2.0,)), leaf((5.0,))
    made(x, np.array([3.0]), z).backward(np.ones(1))
    assert (x.grad.tolist(), z.grad.tolist(), ran) == ([15.0], [6.0], [1])


def test_variadic_inputs():
    def total(*xs, scale=1.0):
        return scale * sum(xs[1:], xs[0])

    shapes = []

    def rule(g, xs, xs_shape, scale):
        shapes.append((xs_shape, len(xs)))
        return [g * scale for _ in xs]

    made = make(total, xs=rule)
    a, b = leaf(), leaf()
    made(a, np.ones(3), b, a, scale=10.0).sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), [20, 20, 20])
    np.testing.assert_array_equal(b.grad.numpy(), [10, 10, 10])
    assert shapes == [(((3,),) * 4, 4)]
    made(b).sum().backward()
    np.testing.assert_array_equal(b.grad.numpy(), [11, 11, 11])
    with pytest.raises(ArgumentError, match=r"it takes \(\*xs, scale=1\.0\)"):
        made(a, b, factor=2)


def test_keyword_only_settings_reach_forward_and_rules():
    def powered(x, *, n, sign=1.0):
        return sign * x**n

    made = make(powered, x=lambda g, x, n, sign: g * sign * n * x ** (n - 1))
    x = leaf()
    made(x, n=3, sign=-1.0).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), -3 * x.numpy() ** 2)
    with pytest.raises(ArgumentError, match="'n' is missing"):
        made(x)


def test_aux_comes_as_plain_arrays_that_no_gradient_flows_through():
    made = make(lambda x: (x * 2, x.max(), x.shape), aux="top shape", x=lambda g: g * 2)
    y, top, shape = made(leaf())
    assert isinstance(y, Tensor)
    assert not isinstance(top, Tensor)
    assert (top, shape) == (3.0, (3,))
    y, top, shape = made(np.ones(2))
    assert (type(y), top, shape) == (np.ndarray, 1.0, (2,))


def test_recorded_rules_see_tensors_and_residuals_of_them():
    """In a recorded backward nothing that a rule sees is a constant: the second derivative flows through residuals."""
    kinds = []

    def rule(g, r, k):
        kinds.append((type(g), type(r), type(k)))
        return g * 2 * r * k

    made = make(lambda x, k: (x * x * k, x * 1.0), saves="r", x=rule)
    x = leaf()
    made(x, 3.0).sum().backward(create_graph=True)
    g, x.grad = x.grad, None
    g.sum().backward()
    assert kinds[0] == (Tensor, Tensor, float)
    np.testing.assert_array_equal(x.grad.numpy(), [6, 6, 6])


# Retention


def alive(arrays):
    gc.collect()
    return [ref() is not None for ref in arrays]


def recorded(made, *live):
    """Call an op of three inputs on arrays that only the graph keeps alive: which of x, y, z, out and r live on."""
    kept = []

    def call():
        inputs = [Tensor(np.ones(3) * k, requires_grad=bool(need)) * 1.0 for k, need in enumerate(live, 1)]
        kept.extend(weakref.ref(x.data) for x in inputs)
        y = made(*inputs)
        kept.append(weakref.ref(y.data))
        return y.node

    node = call()
    return node, alive(kept)


def rules_of(**needs):
    return {name: eval(f"lambda {', '.join(['g', *names.split()])}: g") for name, names in needs.items()}


@pytest.mark.parametrize(
    ("live", "needs", "kept"),
    [
        ((1, 1, 1), {"x": "", "y": "", "z": ""}, [False, False, False, False]),
        ((1, 1, 1), {"x": "y", "y": "x", "z": ""}, [True, True, False, False]),
        ((1, 0, 0), {"x": "y", "y": "x", "z": "out"}, [False, True, False, False]),
        ((0, 1, 0), {"x": "y", "y": "x", "z": "out"}, [True, False, False, False]),
        ((0, 0, 1), {"x": "y", "y": "x", "z": "out"}, [False, False, False, True]),
        ((1, 1, 1), {"x": "x_shape", "y": "x_shape", "z": "z_shape"}, [False, False, False, False]),
        ((1, 1, 0), {"x": "z", "y": "z", "z": ""}, [False, False, True, False]),
    ],
)
def test_exactly_what_the_rules_name_is_kept_alive(live, needs, kept):
    made = make(lambda x, y, z: x * y * z, **rules_of(**needs))
    _node, found = recorded(made, *live)
    assert found == kept


def test_residuals_are_kept_only_for_rules_that_name_them():
    refs = []

    def forward(x, y):
        residual = x + y
        refs.append(weakref.ref(residual))
        return x * y, residual

    made = make(forward, saves="r", x=lambda g, r: g, y=lambda g: g)
    first = made(leaf(), np.ones(3))
    assert alive(refs) == [True]
    first.sum().backward()
    assert alive(refs) == [False]
    second = made(np.ones(3), leaf())
    assert alive(refs) == [False, False]
    assert second.requires_grad


def test_nothing_is_kept_without_recording():
    made = make(lambda x: x * 2, x=lambda g, x, out: g)
    x = leaf()
    with tg.no_grad():
        y = made(x)
    ref = weakref.ref(y.data)
    del y
    assert alive([ref]) == [False]
    assert made(Tensor([1.0])).node is None


def test_what_ops_saved_is_released_node_by_node():
    """When the rule of the k-th op runs, everything that later ops saved is gone already."""
    refs, living = [], []

    def forward(x):
        residual = x * 1.0
        refs.append(weakref.ref(residual))
        return x * 1.0, residual

    def rule(g, r):
        living.append([ref() is not None for ref in refs])
        return g * 1.0

    made = make(forward, saves="r", x=rule)
    y = leaf()
    for _ in range(4):
        y = made(y)
    y.sum().backward()
    # op 3 runs first; while it runs its own residual lives, and the one that ran just before it is gone
    assert living == [[True] * 4, [True] * 3 + [False], [True, True, False, False], [True, False, False, False]]
    assert alive(refs) == [False] * 4


def test_retain_graph_keeps_what_was_saved():
    made = make(lambda x: x * 1, x=lambda g, out: g)
    y = made(leaf())
    ref = weakref.ref(y.data)
    loss = y.sum()
    del y
    loss.backward(retain_graph=True)
    assert alive([ref]) == [True]
    loss.backward()
    assert alive([ref]) == [False]


def test_gradients_of_intermediates_are_released_on_the_way():
    refs, living = [], []

    def rule(g):
        living.append(sum(ref() is not None for ref in refs))
        d = g * 2.0
        refs.append(weakref.ref(d))
        return d

    made = make(lambda x: x * 2, x=rule)
    y = leaf()
    for _ in range(6):
        y = made(y)
    y.sum().backward()
    assert max(living) <= 2, "only the gradient that comes in, and the one before it that a variable may still hold"


def test_a_graph_without_a_tensor_to_it_is_freed():
    x = leaf(np.ones(3))
    saved = weakref.ref((y := np.exp(x)).data)
    z = y * 2
    del y, z
    assert alive([saved]) == [False]


def test_detached_values_keep_no_graph():
    x = leaf()
    y = np.exp(x)
    loss = (y * y).sum()
    kept = [loss.item(), loss.detach(), loss.numpy()]
    ref = weakref.ref(y.data)
    del y, loss
    assert alive([ref]) == [False]
    assert len(kept) == 3


def test_plans_are_per_set_of_inputs_that_need_gradients():
    """The plan for one set of inputs must not serve another."""
    made = make(lambda x, y: x * y, x=lambda g, y: g * y, y=lambda g, x: g * x)
    for need_x, need_y in ((1, 0), (0, 1), (1, 1), (1, 0)):
        x, y = Tensor([2.0], requires_grad=bool(need_x)), Tensor([3.0], requires_grad=bool(need_y))
        made(x, y).backward(np.ones(1))
        assert x.grad == (3.0 if need_x else None)
        assert y.grad == (2.0 if need_y else None)


def test_a_rule_given_anew_is_used():
    made = make(lambda x: x * 2, x=lambda g: g * 2)
    made(leaf()).sum().backward()
    made.grad("x")(lambda g: g * 7)
    x = leaf()
    made(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [7, 7, 7])
