"""Modules: what they consist of, their modes and state, initial values, and the layers of fully connected nets."""

import copy
import pickle

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, CheckpointError, DTypeError, ShapeError
from tensorgraph.nn import BatchNorm1d, Dropout, Linear, Module, Parameter, ReLU, Sequential, init


class Leaf(Module):
    """A parameter, a buffer, and things that are neither."""

    def __init__(self, size=2):
        self.w = Parameter(np.arange(size, dtype=float))
        self.seen = np.zeros(size)
        self.width, self.label, self.constant = size, "leaf", tg.Tensor([1.0])

    def forward(self, x):
        return x * self.w


class Tree(Module):
    """Parts of every kind: an attribute, a list, a tuple, a dict, and lists in them."""

    def __init__(self):
        self.one = Leaf()
        self.several = [Leaf(), [Leaf(), (Leaf(),)]]
        self.named = {"a": Leaf(), "more": {"b": [Leaf()]}}
        self.own = Parameter(np.ones(3))
        self.free = (Parameter(np.ones(1)), [np.ones(4)])


def through_pickle(x):
    return pickle.loads(pickle.dumps(x))


PARTS = ["one", "several.0", "several.1.0", "several.1.1.0", "named.a", "named.more.b.0"]


def names(pairs):
    return [name for name, _ in pairs]


# What a module consists of


def test_parts_are_found_in_attributes_and_containers_however_deep():
    tree = Tree()
    assert names(tree.named_modules()) == ["", *PARTS]
    assert list(tree.modules()) == [module for _, module in tree.named_modules()]
    assert names(tree.named_parameters()) == ["own", "free.0", *[f"{part}.w" for part in PARTS]]
    assert names(tree.named_buffers()) == ["free.1.0", *[f"{part}.seen" for part in PARTS]]
    assert [id(p) for p in tree.parameters()] == [id(p) for _, p in tree.named_parameters()]


def test_what_is_neither_parameter_nor_buffer_is_no_state():
    assert list(Leaf().state_dict()) == ["w", "seen"]


def test_what_is_appended_later_counts():
    tree = Tree()
    tree.several.append(Leaf())
    tree.one.extra = Parameter(np.ones(1))
    assert {"several.2.w", "one.extra"} <= set(names(tree.named_parameters()))
    del tree.one
    assert not [name for name in names(tree.named_parameters()) if name.startswith("one")]


def test_shared_modules_and_parameters_are_counted_once():
    net = Sequential(Leaf(), Leaf())
    net.again = net.parts[0]
    net.parts[1].tied = net.parts[0].w
    assert names(net.named_modules()) == ["", "parts.0", "parts.1"]
    assert names(net.named_parameters()) == ["parts.0.w", "parts.1.w"]
    assert names(net.named_buffers()) == ["parts.0.seen", "parts.1.seen"]


def test_modules_that_contain_each_other_are_walked_once():
    one, two = Leaf(), Leaf()
    one.other, two.other = two, one
    assert names(one.named_parameters()) == ["w", "other.w"]
    assert "other: Leaf" in repr(one)


def test_a_shared_parameter_gets_the_gradients_of_all_its_uses():
    leaf = Leaf()
    Sequential(leaf, leaf)(np.array([1.0, 2.0])).sum().backward()
    np.testing.assert_array_equal(leaf.w.grad.numpy(), 2 * leaf.w.numpy() * [1, 2])


def test_parameters_require_gradients_and_are_tensors_of_floats():
    assert isinstance(Parameter([1.0]), tg.Tensor)
    assert Parameter([1.0]).requires_grad
    assert Parameter([1, 2], dtype=np.float32, name="w").dtype == np.float32
    with pytest.raises(DTypeError, match="floating point"):
        Parameter([1, 2])


def test_parts_are_named_after_the_attribute_they_are_first_assigned_to():
    tree = Tree()
    assert [module.name for module in tree.modules()] == [None, *PARTS]
    assert [tree.own.name, tree.free[0].name, tree.one.w.name] == ["own", "free.0", "w"]
    tree.alias = tree.one
    assert tree.one.name == "one"
    given = Leaf()
    given.name = "given"
    tree.other = given
    assert given.name == "given"


def test_nodes_know_the_modules_they_were_recorded_in():
    class Outer(Module):
        def __init__(self):
            self.parts = [Leaf(), Leaf()]

        def forward(self, x):
            return self.parts[1](self.parts[0](x)) + 1

    inner = Leaf()(np.ones(2))
    outer = Outer()(np.ones(2))
    assert inner.node.scope == ("Leaf",)
    assert outer.node.scope == ("Outer",)
    assert outer.node.parents[0].scope == ("Outer", "parts.1")
    assert tg.Tensor([1.0], requires_grad=True).exp().node.scope == ()


def test_the_scope_is_left_when_forward_fails():
    with pytest.raises(ShapeError):
        Linear(3, 2)(np.ones((1, 4)))
    assert np.exp(tg.Tensor([1.0], requires_grad=True)).node.scope == ()


def test_a_module_without_forward_says_so():
    class Empty(Module):
        pass

    with pytest.raises(TypeError, match="Empty does not define forward"):
        Empty()(1)


# Modes


def test_train_and_eval_reach_every_part_and_give_the_module_back():
    tree = Tree()
    assert all(module.training for module in tree.modules())
    assert tree.eval() is tree
    assert not any(module.training for module in tree.modules())
    tree.several[0].train()
    assert [module.training for module in tree.modules()].count(True) == 1
    assert tree.train() is tree
    assert all(module.training for module in tree.modules())


def test_zero_grad_forgets_all_gradients():
    net = Sequential(Leaf(), Leaf())
    net.parts[1].w.requires_grad = False
    net(np.ones(2)).sum().backward()
    assert net.parts[0].w.grad is not None
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [None, None]


# State


def test_a_state_is_a_copy():
    leaf = Leaf()
    state = leaf.state_dict()
    state["w"][...] = state["seen"][...] = 7
    assert not (leaf.w.numpy() == 7).any()
    assert not (leaf.seen == 7).any()


def test_state_goes_round():
    source, target = Tree(), Tree()
    rng = np.random.default_rng(0)
    for array in [*[p.data for p in source.parameters()], *[b for _, b in source.named_buffers()]]:
        array[...] = rng.normal(size=array.shape)
    places = {name: p.data for name, p in target.named_parameters()}
    target.load_state_dict(source.state_dict())
    for name, value in source.state_dict().items():
        np.testing.assert_array_equal(target.state_dict()[name], value)
    assert all(p.data is places[name] for name, p in target.named_parameters()), "parameters keep their memory"


def test_loading_casts_within_a_kind():
    linear = Linear(2, 1)
    linear.load_state_dict({"weight": np.array([[1.5], [2]]), "bias": np.array([3])})
    assert linear.weight.dtype == np.float32
    assert linear.weight.numpy().tolist() == [[1.5], [2.0]]
    assert linear.bias.numpy().tolist() == [3.0]


def test_a_state_that_does_not_fit_is_refused_whole_and_every_fault_named():
    tree = Tree()
    before = tree.state_dict()
    state = {name: value + 1 for name, value in before.items()}
    del state["one.w"]
    state |= {"extra": np.ones((2, 2)), "own": np.ones((3, 1)), "named.a.seen": np.array([1j, 2])}
    with pytest.raises(CheckpointError) as caught:
        tree.load_state_dict(state)
    assert str(caught.value).splitlines() == [
        "Tree cannot load this state:",
        "  dtype: named.a.seen is float64 here and complex128 in the state",
        "  missing: one.w (2,)",
        "  shape: own is (3,) here and (3, 1) in the state",
        "  unexpected: extra (2, 2)",
    ]
    for name, value in tree.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_a_state_of_another_type_is_refused():
    with pytest.raises(CheckpointError, match="Leaf loads a dict of arrays by name; got list"):
        Leaf().load_state_dict([1, 2])
    with pytest.raises(CheckpointError, match="dtype: w is float64 here and object in the state"):
        Leaf().load_state_dict({"w": np.array([None, None]), "seen": np.zeros(2)})


def test_loading_into_a_net_whose_graph_still_waits_makes_its_backward_raise():
    linear = Linear(3, 2, dtype=float)
    x = tg.Tensor(np.ones((1, 3)), requires_grad=True)
    loss = linear(x).sum()
    linear.load_state_dict(linear.state_dict())
    with pytest.raises(tg.errors.OverwrittenError, match="affine"):
        loss.backward()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, through_pickle])
def test_copies_are_whole_and_independent(duplicate):
    net = Sequential(Linear(3, 4, rng=0), BatchNorm1d(4), ReLU(), Dropout(keep=0.5, rng=1), Linear(4, 2, rng=2))
    net.tied = net.parts[0].weight
    net(np.ones((5, 3), np.float32)).sum().backward()
    other = duplicate(net)
    assert names(other.named_parameters()) == names(net.named_parameters())
    assert other.tied is other.parts[0].weight, "what was shared still is"
    assert [p.name for p in other.parameters()] == [p.name for p in net.parameters()]
    for mine, theirs in zip(net.parameters(), other.parameters()):
        np.testing.assert_array_equal(mine.grad.numpy(), theirs.grad.numpy())
        assert not np.shares_memory(mine.data, theirs.data)
    X = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_array_equal(net(X).numpy(), other(X).numpy())  # the generator was copied in its state
    np.testing.assert_array_equal(net.parts[1].running_mean, other.parts[1].running_mean)


def test_repr_shows_the_parts_and_their_sizes():
    net = Sequential(Linear(4, 3), Sequential(BatchNorm1d(3), Dropout(keep=0.5)), ReLU())
    assert repr(net).splitlines() == [
        "Sequential()",
        "  parts.0: Linear(weight (4, 3), bias (3,))",
        "  parts.1: Sequential()",
        "    parts.0: BatchNorm1d(momentum=0.9, eps=1e-05, gamma (3,), beta (3,))",
        "    parts.1: Dropout(keep=0.5)",
        "  parts.2: ReLU()",
    ]


# Initial values


SHAPE = (300, 200)
SPREADS = {
    "normal": (init.normal(0.05), 0.05),
    "normal by default": (init.normal(), 0.01),
    "xavier_normal": (init.xavier_normal, np.sqrt(2 / 500)),
    "xavier_uniform": (init.xavier_uniform, np.sqrt(2 / 500)),
    "kaiming_normal": (init.kaiming_normal, np.sqrt(2 / 300)),
    "kaiming_uniform": (init.kaiming_uniform, np.sqrt(2 / 300)),
}


@pytest.mark.parametrize("name", SPREADS)
def test_random_initial_values_have_their_mean_and_spread(name):
    initializer, spread = SPREADS[name]
    values = initializer(SHAPE, np.random.default_rng(0), np.float64)
    n = values.size
    assert values.shape == SHAPE
    assert abs(values.mean()) < 4 * spread / np.sqrt(n)
    assert abs(values.std() / spread - 1) < 4 / np.sqrt(2 * n)
    if name.endswith("uniform"):
        assert abs(values).max() <= spread * np.sqrt(3)
        assert abs(values).max() > 0.99 * spread * np.sqrt(3)
    else:
        assert abs((abs(values) < spread).mean() - 0.6827) < 0.01


@pytest.mark.parametrize("name", SPREADS)
def test_random_initial_values_depend_on_the_generator_alone(name):
    initializer, _ = SPREADS[name]
    np.random.seed(0)
    state = np.random.get_state()[1].copy()
    first, second = (initializer((3, 2), np.random.default_rng(5), np.float32) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    rng = np.random.default_rng(5)
    assert (initializer((3, 2), rng, np.float32) != initializer((3, 2), rng, np.float32)).all()
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # NumPy's global state was not touched


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("initializer", [*[pair[0] for pair in SPREADS.values()], init.zeros, init.ones])
def test_initial_values_have_the_dtype_that_is_asked_for(initializer, dtype):
    assert initializer((4, 3), np.random.default_rng(0), dtype).dtype == dtype


def test_constant_initial_values():
    assert init.zeros((2, 3), np.random.default_rng(0)).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert init.ones((2,), np.random.default_rng(0)).tolist() == [1, 1]


# Linear


def test_linear_is_the_affine_map_of_each_flattened_example():
    linear = Linear(6, 2, rng=0, dtype=np.float64)
    linear.bias.data[:] = [1, -1]
    X = np.random.default_rng(0).normal(size=(4, 3, 2))
    W = linear.weight.numpy()
    dot = [[sum(x * w for x, w in zip(X[n].ravel(), W[:, m])) for m in range(2)] for n in range(4)]
    np.testing.assert_allclose(linear(X).numpy(), np.array(dot) + [1, -1], rtol=1e-13)
    assert linear(np.ones((0, 6))).shape == (0, 2)


def test_linear_starts_as_its_initializer_says():
    linear = Linear(50, 40, init=init.ones)
    assert (linear.weight.numpy() == 1).all()
    assert not linear.bias.numpy().any()
    same = Linear(5, 4, rng=3).weight.numpy()
    np.testing.assert_array_equal(Linear(5, 4, rng=3).weight.numpy(), same)
    np.testing.assert_array_equal(Linear(5, 4, rng=np.random.default_rng(3)).weight.numpy(), same)
    assert (Linear(5, 4, rng=4).weight.numpy() != same).all()
    spread = Linear(400, 300, rng=0).weight.numpy().std()
    assert abs(spread / np.sqrt(2 / 400) - 1) < 0.02, "Kaiming, by default"


@pytest.mark.parametrize("width", [0, -1, 2.5, "2"])
def test_linear_refuses_widths_that_are_none(width):
    with pytest.raises(ArgumentError, match=f"Linear: in_features is a whole number of at least 1; got {width!r}"):
        Linear(width, 3)
    with pytest.raises(ArgumentError, match=f"Linear: out_features is a whole number of at least 1; got {width!r}"):
        Linear(3, width)


def test_linear_names_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"(?s)x has 4 columns but weight has 3 rows.*\(5, 4\).*weight\s+\(3, 2\)"):
        Linear(3, 2)(np.ones((5, 4)))
    with pytest.raises(DTypeError, match="x must be an array"):
        Linear(3, 2)([[1.0, 2.0, 3.0]])


# BatchNorm1d


def test_batchnorm_normalizes_by_the_batch_in_training():
    norm = BatchNorm1d(3, eps=1e-3, dtype=np.float64)
    norm.gamma.data[:], norm.beta.data[:] = [1, 2, 3], [0, 10, -10]
    X = np.random.default_rng(0).normal(5, 2, (8, 3))
    out = norm(X).numpy()
    np.testing.assert_allclose(out, (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-3) * [1, 2, 3] + [0, 10, -10], rtol=1e-12)


def test_batchnorm_keeps_running_statistics_of_the_biased_variance():
    norm = BatchNorm1d(2, momentum=0.8, dtype=np.float64)
    mean, var = np.zeros(2), np.ones(2)
    rng = np.random.default_rng(0)
    for _ in range(5):
        X = rng.normal(3, 2, (6, 2))
        norm(X)
        mean, var = 0.8 * mean + 0.2 * X.mean(0), 0.8 * var + 0.2 * X.var(0, ddof=0)
    np.testing.assert_allclose(norm.running_mean, mean, rtol=1e-13)
    np.testing.assert_allclose(norm.running_var, var, rtol=1e-13)


def test_batchnorm_uses_running_statistics_in_test_mode_and_leaves_them_alone():
    norm = BatchNorm1d(2, dtype=np.float64).eval()
    norm.running_mean[:], norm.running_var[:] = [1, 2], [4, 9]
    norm.gamma.data[:], norm.beta.data[:] = [2, 3], [1, 1]
    X = np.random.default_rng(0).normal(size=(5, 2))
    expected = 1 + (X - [1, 2]) / np.sqrt(np.array([4, 9]) + 1e-5) * [2, 3]
    np.testing.assert_allclose(norm(X).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(norm(X[:1]).numpy(), expected[:1], rtol=1e-12)
    np.testing.assert_array_equal(norm.running_mean, [1, 2])


def test_batchnorm_refuses_to_train_on_one_example_and_then_leaves_its_statistics_alone():
    norm = BatchNorm1d(2)
    for n in (0, 1):
        with pytest.raises(ShapeError, match=f"at least 2 examples to take statistics of; got a batch of {n}"):
            norm(np.ones((n, 2)))
    with pytest.raises(ShapeError, match=r"batchnorm: takes x \(N, D\)"):
        norm(np.ones((4, 3)))
    assert norm.running_mean.tolist() == [0, 0]
    assert norm.running_var.tolist() == [1, 1]


@pytest.mark.parametrize("momentum", [0.9, np.float64(0.9)])
@pytest.mark.parametrize("batch", [np.float32, np.float64, int])
def test_running_statistics_keep_their_dtype(batch, momentum):
    norm = BatchNorm1d(2, momentum=momentum)
    norm(np.arange(8).reshape(4, 2).astype(batch))
    assert norm.running_mean.dtype == norm.running_var.dtype == np.float32
    np.testing.assert_allclose(norm.running_mean, [0.3, 0.4], rtol=1e-6)


def test_a_step_of_running_statistics_leaves_what_an_earlier_graph_saved():
    norm = BatchNorm1d(1, dtype=np.float64).eval()
    x = tg.Tensor([[1.0], [2.0]], requires_grad=True)
    loss = norm(x).sum()
    norm.train()(np.array([[5.0], [9.0]]))
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), np.full((2, 1), 1 / np.sqrt(1 + 1e-5)), rtol=1e-12)


def test_momentum_may_be_all_or_nothing():
    X = np.array([[1.0], [3.0]])
    last, first = BatchNorm1d(1, momentum=0), BatchNorm1d(1, momentum=1)
    last(X)
    first(X)
    assert (last.running_mean, last.running_var) == (2, 1)
    assert (first.running_mean, first.running_var) == (0, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"features": 0}, "features is a whole number of at least 1; got 0"),
        ({"features": 2, "momentum": 1.5}, r"momentum is a share in \[0, 1\]; got 1.5"),
        ({"features": 2, "momentum": float("nan")}, "momentum is a share"),
        ({"features": 2, "eps": 0}, "eps must be positive; got 0"),
    ],
)
def test_batchnorm_refuses_settings_out_of_range(settings, message):
    with pytest.raises(ArgumentError, match=f"BatchNorm1d: {message}"):
        BatchNorm1d(**settings)


# ReLU, Dropout, Sequential


def test_relu():
    out = ReLU()(np.array([-1.0, 0.0, 2.0]))
    assert isinstance(out, tg.Tensor)
    assert out.tolist() == [0, 0, 2]


def test_dropout_in_training_scales_what_an_injected_mask_keeps():
    x = tg.Tensor(np.arange(1.0, 7).reshape(2, 3), requires_grad=True)
    mask = np.array([[True, False, True], [False, True, True]])
    out = Dropout(keep=0.25)(x, mask)
    assert out.tolist() == [[4, 0, 12], [0, 20, 24]]
    out.sum().backward()
    assert x.grad.tolist() == (mask * 4.0).tolist()


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.8])
def test_dropout_draws_masks_that_keep_the_right_share_and_the_mean(keep):
    n = 1_000_000
    out = Dropout(keep=keep, rng=0)(np.ones(n, np.float32)).numpy()
    assert out.dtype == np.float32
    assert set(np.unique(out)) == {0, np.float32(1 / keep)}
    kept = out > 0
    assert abs(kept.mean() - keep) < 4 * np.sqrt(keep * (1 - keep) / n)
    again = kept[1:] & kept[:-1]  # neighbours are independent
    assert abs(again.mean() - keep**2) < 5 * np.sqrt(keep**2 / n)


def test_a_mask_takes_16_random_bits_an_element():
    for n in (1, 4, 5, 1000):
        layer, rng = Dropout(keep=0.5, rng=3), np.random.default_rng(3)
        layer(np.ones(n))
        rng.bit_generator.advance(-(-n // 4))
        assert layer.rng.bit_generator.state["state"] == rng.bit_generator.state["state"]
    kept = Dropout(keep=2**-16, rng=0)(np.ones(4_000_000, np.float32)).numpy() > 0
    assert abs(kept.sum() - 61) < 40


def test_dropout_masks_depend_on_the_generator_alone():
    x = np.ones((7, 9))
    first, second = Dropout(keep=0.5, rng=3), Dropout(keep=0.5, rng=np.random.default_rng(3))
    one, two = first(x).numpy(), first(x).numpy()
    np.testing.assert_array_equal(second(x).numpy(), one)
    np.testing.assert_array_equal(second(x).numpy(), two)
    assert (one != two).any()


@pytest.mark.parametrize(
    "layer", [Dropout(keep=0.5, rng=0).eval(), Dropout(keep=1, rng=0)], ids=["test mode", "keep=1"]
)
def test_dropout_that_drops_nothing_passes_values_and_gradients_on_and_draws_nothing(layer):
    before = layer.rng.bit_generator.state
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    out = layer(x)
    assert out.tolist() == [1, 2]
    out.sum().backward()
    assert x.grad.tolist() == [1, 1]
    assert isinstance(layer(np.ones(2)), tg.Tensor)
    assert layer.rng.bit_generator.state == before


@pytest.mark.parametrize("shape", [(), (0,), (0, 4), (3,), (5, 1), (2, 3, 4)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64])
def test_dropout_keeps_shape_and_dtype(shape, dtype):
    x = tg.Tensor(np.ones(shape, dtype), requires_grad=True)
    out = Dropout(keep=0.5, rng=0)(x)
    assert isinstance(out, tg.Tensor)
    assert (out.shape, out.dtype) == (shape, dtype)


def test_dropout_of_whole_numbers_gives_floats():
    out = Dropout(keep=0.8)(np.array([1, 2]), np.array([True, True]))
    assert out.tolist() == [1.25, 2.5]


@pytest.mark.parametrize("keep", [0, -0.1, 1.0001, 2, float("nan")])
def test_dropout_refuses_a_keep_that_is_no_probability_to_keep(keep):
    with pytest.raises(ArgumentError, match=r"in \(0, 1\]; got"):
        Dropout(keep=keep)


def test_dropout_takes_no_bare_number():
    with pytest.raises(TypeError):
        Dropout(0.5)


@pytest.mark.parametrize("mask", [np.ones((3, 2), bool), np.ones((2, 3)), np.ones((2, 3), int), True])
def test_dropout_refuses_masks_that_are_none(mask):
    with pytest.raises(
        ShapeError, match=r"a mask is boolean, true for what is kept, of the shape of its input \(2, 3\)"
    ):
        Dropout(keep=0.5)(np.ones((2, 3)), mask)


def test_dropout_refuses_a_generator_of_shorter_words():
    with pytest.raises(ArgumentError, match="64-bit words"):
        Dropout(keep=0.5, rng=np.random.Generator(np.random.MT19937(0)))
    for kind in (np.random.PCG64DXSM, np.random.Philox, np.random.SFC64):
        out = Dropout(keep=0.5, rng=np.random.Generator(kind(0)))(np.ones(100_000)).numpy()
        assert abs((out > 0).mean() - 0.5) < 0.01


def test_sequential_runs_its_parts_in_order():
    one, two = Linear(3, 4, rng=0), Linear(4, 2, rng=1)
    net = Sequential(one, ReLU(), two)
    X = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_array_equal(net(X).numpy(), two(ReLU()(one(X))).numpy())
    assert len(net) == 3
    assert net[0] is one
    assert net[-1] is two
    assert list(net) == [one, net.parts[1], two]
    assert Sequential()(7) == 7
    assert names(net.named_parameters()) == ["parts.0.weight", "parts.0.bias", "parts.2.weight", "parts.2.bias"]


def test_a_module_of_your_own_trains():
    """Two parameters and a buffer, fitted by plain gradient descent."""

    class Line(Module):
        def __init__(self):
            self.slope, self.offset = Parameter(0.0), Parameter(0.0)
            self.scale = np.array(2.0)

        def forward(self, x):
            return self.scale * (self.slope * x + self.offset)

    line, x = Line(), np.linspace(-1, 1, 11)
    optimizer = tg.optim.SGD(line.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        tg.mse_loss(line(x), 6 * x - 4).backward()
        optimizer.step()
    assert {name: round(float(v), 6) for name, v in line.state_dict().items()} == {"slope": 3, "offset": -2, "scale": 2}
