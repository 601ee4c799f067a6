"""``grad_paths``: the parts of a gradient, path by path, add up to it; the graph stays as it is."""

import itertools
import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.core import reachable
from tensorgraph.errors import ArgumentError, BackwardError, FreedGraphError, OverwrittenError
from tensorgraph.explain import grad_paths


def leaf(*values, name=None, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True, name=name)


def of_each_path(loss, p):
    """All paths as (node, input) pairs, found by brute force."""
    found, stack = [], [(loss.node, ())]
    while stack:
        node, path = stack.pop()
        if node is p.node:
            found.append(path)
        else:
            stack += [(parent, (*path, (node, i))) for i, parent in enumerate(node.parents) if parent is not None]
    return found


def programs():
    rng = np.random.default_rng(0)
    x, w, b = (Tensor(rng.standard_normal(s), requires_grad=True) for s in ((4, 3), (3, 3), (3,)))
    h = np.tanh(tg.affine(x, w, b))
    yield "layers that share a weight", np.sum(tg.affine(h, w, b) * h), w
    yield "a bias, over the batch", np.sum(tg.affine(h, w, b) * b), b
    yield "one input used twice by an op", np.sum(x * x), x
    out, *_ = tg.batchnorm(x * 2, b * 1, b)
    yield "a joint rule, twice", np.sum(out * out), b
    yield "several inputs of one name", np.sum(np.concatenate([x, h, x]) ** 2), x
    yield "a computed tensor", np.sum(h * h + np.exp(h)), h
    f = Tensor(rng.standard_normal((2, 3)), requires_grad=True, dtype=np.float32)
    yield "float32, promoted", np.sum(f * np.ones((2, 3)) + f), f
    z = Tensor(rng.standard_normal(3) + 1j * rng.standard_normal(3), requires_grad=True)
    yield "complex", np.sum(np.abs(z * z + np.exp(z))), z
    net = tg.nn.FullyConnectedNet([5, 4], input_dim=3, num_classes=3, use_batchnorm=True, seed=0)
    yield "a net", net.objective(np.eye(3), np.array([0, 1, 2])), next(net.parameters())
    yield "of no dimension", (w[0, 0] * w[1, 1]) ** 2, w
    yield "without elements", np.sum(np.zeros((0, 3)) @ w), w


@pytest.mark.parametrize("program", [name for name, _, _ in programs()])
def test_the_paths_add_up_to_the_gradient(program):
    loss, p = next((loss, p) for name, loss, p in programs() if name == program)
    found = grad_paths(loss, p)
    p.retain_grad()
    p.grad = None
    loss.backward(retain_graph=True)
    wanted = p.grad.numpy()
    assert len(found.paths) == found.count == len(of_each_path(loss, p))
    assert {tuple(zip(path.nodes, path.inputs)) for path in found.paths} == set(of_each_path(loss, p))
    tolerance = dict(rtol=1e-5, atol=1e-6) if p.dtype == np.float32 else dict(rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(found.total, wanted)
    assert all(path.norms.shape == (len(path.nodes) + 1,) for path in found.paths)
    assert all(path.contribution.shape == p.shape and path.contribution.dtype == p.dtype for path in found.paths)
    np.testing.assert_allclose(sum(path.contribution for path in found.paths), wanted, **tolerance)
    for limit in range(found.count):
        some = grad_paths(loss, p, limit=limit)
        assert len(some.paths) == limit
        np.testing.assert_allclose(sum([q.contribution for q in some.paths]) + some.rest, wanted, **tolerance)


def test_a_contribution_is_the_product_along_the_path():
    x = leaf(0.3, 0.7)
    a = np.sin(x)
    loss = np.sum(a * a * x)
    s, c, v = np.sin(x.numpy()), np.cos(x.numpy()), x.numpy()
    paths = grad_paths(loss, x).paths
    assert len(paths) == 3
    found = {tuple(path.inputs): path.contribution for path in paths}
    np.testing.assert_allclose(found[0, 1], s * s)
    np.testing.assert_allclose(found[0, 0, 0, 0], v * s * c)
    np.testing.assert_allclose(found[0, 0, 1, 0], v * s * c)
    for path in paths:
        assert path.norms[0] == 1.0
        np.testing.assert_allclose(path.norms[1], math.sqrt(2))
        np.testing.assert_allclose(path.norms[-1], path.size)


def test_paths_are_counted_exactly_and_few_are_listed():
    x = y = leaf(1.5)
    for _ in range(40):
        y = y + y
    found = grad_paths(np.sum(y), x, limit=5)
    assert found.count == 2**40
    assert len(found.paths) == 5
    assert found.total.tolist() == [2.0**40] and found.rest.tolist() == [2.0**40 - 5]
    assert str(found).endswith("the other 1,099,511,627,771 paths contribute 1.1e+12")


def test_numbers_of_paths_may_have_thousands_of_digits():
    x = y = leaf(1.0)
    for _ in range(20_000):
        y = (y + y) * 0.5
    found = grad_paths(np.sum(y), x, limit=1)
    assert found.count == 2**20_000
    assert str(found).startswith("2**20000 paths from sum to leaf; gradient of norm 1\n")
    assert str(found).endswith("the other about 2**19999 paths contribute 1")


def test_a_deep_chain():
    x = y = leaf(1.0)
    for _ in range(100_000):
        y = y * 1.0001
    found = grad_paths(np.sum(y), x)
    assert found.count == 1
    assert found.paths[0].norms.shape == (100_002,)
    np.testing.assert_allclose(found.paths[0].contribution, 1.0001**100_000)
    lines = str(found).splitlines()
    assert len(lines) == 2 + 1 + 30 + 1
    assert lines[18] == "  ... 99971 more"


def test_the_strongest_paths_are_listed():
    """Of scalars a path's gradient is the product of its gains, so the choice is exact."""
    rng = np.random.default_rng(1)
    x = leaf(1.0)
    layers = [[x * 1.0, x * 1.0]]
    for _ in range(6):
        a, b = layers[-1]
        layers.append([a * rng.uniform(0.1, 3) + b * rng.uniform(0.1, 3), a * rng.uniform(0.1, 3)])
    loss = np.sum(layers[-1][0] + layers[-1][1])
    everything = grad_paths(loss, x, limit=10_000)
    assert everything.count == len(everything.paths) > 20
    sizes = [path.size for path in everything.paths]
    assert sizes == sorted(sizes, reverse=True)
    for limit in (1, 2, 7, 20):
        assert [path.size for path in grad_paths(loss, x, limit).paths] == sizes[:limit]


def test_alive_paths_are_listed_before_dead_ones():
    x = leaf(1.0, 2.0)
    loss = np.sum(x * 0 + tg.relu(-x) + x * 1e-30 + np.sign(x))
    (path,) = grad_paths(loss, x, limit=1).paths
    assert path.size == pytest.approx(math.sqrt(2) * 1e-30)


def test_infinite_gradients_are_shown():
    x = leaf(0.0)
    with np.errstate(divide="ignore"):
        found = grad_paths(np.sum(np.log(x)) + np.sum(x), x)
    assert [path.size for path in found.paths] == [1.0, np.inf] or [path.size for path in found.paths] == [np.inf, 1.0]
    assert found.paths[0].size == np.inf
    assert found.paths[0].edges[-1].verdict == "explodes"


def test_nothing_is_changed():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    ran = []
    h = np.sin(x * w)
    loss = np.sum(h * h)
    for t in (x, h):
        t.register_hook(lambda g: ran.append(g) or g * 0)
    h.retain_grad()
    x.grad = np.ones(2)
    before = [(n, n.parents, n.saved, n.notes, n.serial) for n in reachable(loss.node)]
    with tg.record() as recording, tg.no_grad():
        found = grad_paths(loss, x)
    assert recording.events == [] and ran == []
    assert x.grad.tolist() == [1.0, 1.0] and h.grad is None and w.grad is None
    after = [(n, n.parents, n.saved, n.notes, n.serial) for n in reachable(loss.node)]
    assert all(all(a is b or a == b for a, b in zip(old, new)) for old, new in zip(before, after))
    s = np.sin(x.numpy() * w.numpy())
    c = np.cos(x.numpy() * w.numpy())
    np.testing.assert_allclose(found.total, 2 * s * c * w.numpy())  # without hooks
    loss.backward()
    assert len(ran) == 2


def test_where_it_vanishes_and_explodes_by_scope():
    x = leaf(1.0, name="x")
    with tg.record():
        with tg.scope("first"):
            h = x * 1000  # the growth
        with tg.scope("second"), tg.scope("inner"):
            h = np.exp(h * 1e-3) * 1e-2  # the fall
            loss = np.sum(h)
    found = grad_paths(loss, x)
    (path,) = found.paths
    assert [(e.op, e.argument, e.scope) for e in path.edges] == [
        ("sum", "a", ("second", "inner")),
        ("multiply", "x", ("second", "inner")),
        ("exp", "x", ("second", "inner")),
        ("multiply", "x", ("second", "inner")),
        ("multiply", "x", ("first",)),
    ]
    fall, rise = path.steepest_fall, path.steepest_rise
    assert fall.gain == pytest.approx(1e-3) and fall.place.source.endswith("# the fall")
    assert rise.gain == pytest.approx(1e3) and rise.place.source.endswith("# the growth")
    assert [(e.verdict) for e in path.edges] == ["", "vanishes", "", "vanishes", "explodes"]
    np.testing.assert_allclose(path.gains, [1, 1e-2, math.e, 1e-3, 1e3])
    inner, outer = path.stretches
    assert (inner.scope, inner.edges, outer.scope, outer.edges) == (("second", "inner"), 4, ("first",), 1)
    assert inner.gain == pytest.approx(math.e * 1e-5) and outer.gain == pytest.approx(1e3)
    assert str(found) == (
        "1 path from sum to x; gradient of norm 0.02718\n"
        "path 1 contributes 0.02718, 100 %\n"
        "  sum                         1\n"
        "  second / inner: sum.a       1\n"
        "  second / inner: multiply.x  0.01       << vanishes, times 0.01\n"
        "  second / inner: exp.x       0.02718\n"
        "  second / inner: multiply.x  2.718e-05  << vanishes, times 0.001\n"
        "  first: multiply.x           0.02718    >> explodes, times 1e+03\n"
        "  by scope: second / inner times 2.7e-05, first times 1e+03"
    )


def test_of_many_scopes_some_are_shown():
    x = h = leaf(1.0)
    for k in range(40):
        with tg.scope(f"layer{k}"):
            h = h * 0.5
    assert str(grad_paths(np.sum(h), x)).endswith("layer11 times 0.5, ... 11 more")


def test_steep_ops_are_shown_wherever_they_are():
    x = h = leaf(1.0)
    for k in range(100):
        h = h * (1e-3 if k == 50 else 1.0)
    lines = str(grad_paths(np.sum(h), x)).splitlines()
    (at,) = [k for k, text in enumerate(lines) if "vanishes" in text]
    assert lines[at - 1].strip().startswith("...") and lines[at + 1].strip().startswith("...")


def test_gains_of_nothing():
    x = leaf(0.0, name="x")
    (path,) = grad_paths(np.sum(np.sign(x) * 2), x).paths
    assert [e.gain for e in path.edges] == [1.0, 2.0, 0.0]
    (path,) = grad_paths(np.sum(x * 0 * 3), x).paths
    assert [e.gain for e in path.edges] == [1.0, 3.0, 0.0]
    assert path.edges[0]._replace(before=0.0, after=1.0).gain == math.inf
    assert path.edges[0]._replace(before=0.0, after=0.0).gain == 1.0
    (path,) = grad_paths(x * 1, x, gradient=[1.0]).paths
    assert path.steepest_fall is None and path.steepest_rise is None


def test_the_loss_itself_and_what_it_does_not_depend_on():
    x, w = leaf(2.0, name="x"), leaf(3.0, name="w")
    loss = np.sum(x * 2)
    found = grad_paths(loss, loss)
    assert (found.count, found.total, found.rest) == (1, 1.0, 0.0)
    assert found.paths[0].edges == [] and found.paths[0].steepest_fall is None
    assert str(found) == "1 path from sum to sum; gradient of norm 1\npath 1 contributes 1, 100 %\n  sum  1"
    found = grad_paths(loss, w)
    assert (found.paths, found.count, found.total.tolist(), found.rest.tolist()) == ([], 0, [0.0], [0.0])
    assert str(found) == "no path from sum to w; explain.why_no_grad tells why"


def test_a_gradient_of_the_loss_may_be_given():
    x = leaf(1.0, 2.0)
    found = grad_paths(x * x, x, gradient=np.array([10.0, 0.0]))
    assert found.total.tolist() == [20.0, 0.0]
    assert [path.norms.tolist() for path in found.paths] == [[10.0, 10.0]] * 2


def test_short_dtypes_do_not_overflow_in_norms():
    x = leaf(1.0, 1.0, dtype=np.float16)
    (path,) = grad_paths(x * np.float16(30000), x, gradient=np.ones(2, np.float16)).paths
    assert path.size == pytest.approx(30000 * math.sqrt(2))


def test_errors():
    x = leaf(1.0, 2.0)

    def refused(error, *args, **options):
        with pytest.raises(error) as caught:
            grad_paths(*args, **options)
        return str(caught.value)

    loss = np.sum(x * x)
    assert refused(ArgumentError, loss, np.ones(2)) == (
        "grad_paths: p is on no graph, so no path leads to it. Make it with requires_grad=True"
    )
    assert refused(ArgumentError, loss, x, -1) == "grad_paths: limit is how many paths to list, 0 or more; got -1"
    assert refused(BackwardError, x.detach(), x).startswith("grad_paths: this tensor is on no graph")
    assert refused(BackwardError, x * x, x).startswith("backward: only a scalar has a gradient by itself")
    with tg.no_grad():
        x[0] = 3.0
    assert refused(OverwrittenError, loss, x).startswith("backward: 'multiply' saved y for its gradient")
    loss = np.sum(x * x)
    loss.backward()
    assert refused(FreedGraphError, loss, x).startswith("backward: the graph behind 'sum' was freed")


def test_the_order_is_the_same_every_time():
    x = y = leaf(1.0)
    for _ in range(6):
        y = y + y
    first, second = (grad_paths(np.sum(y), x, limit=9) for _ in range(2))
    assert [path.inputs for path in first.paths] == [path.inputs for path in second.paths]
    assert [path.inputs for path in first.paths][:2] == [(0,) * 7, (0,) * 6 + (1,)]
    assert len({path.inputs for path in first.paths}) == 9
    assert set(itertools.chain(*[path.inputs for path in first.paths])) == {0, 1}
