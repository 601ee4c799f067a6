"""Modes: no_grad and enable_grad, scopes, observers, debug; each seen only by the thread or task that set it."""

import asyncio
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.config import Observer, current, observing
from tensorgraph.core import Node, Op
from tensorgraph.errors import ArgumentError, NonFiniteError, OverwrittenError


def leaf(values=(1.0, 2.0, 3.0), dtype=np.float64, **options):
    return Tensor(np.array(values, dtype), requires_grad=True, **options)


# no_grad, enable_grad


def test_no_grad_and_enable_grad_nest():
    x = leaf()
    assert tg.is_grad_enabled()
    with tg.no_grad():
        assert not tg.is_grad_enabled()
        assert not (x * 2).requires_grad
        with tg.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_no_grad_results_are_leaves_that_may_require_gradients():
    with tg.no_grad():
        y = leaf() * 2
    assert y.is_leaf
    y.requires_grad = True
    (y * y).sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), 2 * y.numpy())


def test_mode_is_restored_after_an_exception():
    with pytest.raises(ZeroDivisionError), tg.no_grad():
        raise ZeroDivisionError
    assert tg.is_grad_enabled()


def test_as_decorator():
    @tg.no_grad()
    def predict(x, depth=0):
        """What predict says."""
        assert not tg.is_grad_enabled()
        return predict(x, depth + 1) if depth < 3 else x * 2

    assert not predict(leaf()).requires_grad
    assert predict.__doc__ == "What predict says."
    assert tg.is_grad_enabled()
    assert tg.no_grad()(tg.enable_grad()(lambda x: x * 2))(leaf()).requires_grad


def test_one_object_may_be_entered_again_and_inside_itself():
    off = tg.no_grad()
    for _ in range(2):
        with off, off:
            assert not tg.is_grad_enabled()
        assert tg.is_grad_enabled()


def test_a_decorated_coroutine_runs_without_recording():
    @tg.no_grad()
    async def predict(x):
        await asyncio.sleep(0)
        return x * 2

    async def both():
        results = await asyncio.gather(predict(leaf()), predict(leaf()))
        return results, tg.is_grad_enabled()

    results, enabled = asyncio.run(both())
    assert not any(y.requires_grad for y in results)
    assert enabled


def test_a_generator_cannot_be_decorated():
    """Its body runs after the call is over, so a decorator would silently do nothing."""

    def batches():
        yield 1

    async def others():
        yield 1

    for function in (batches, others):
        with pytest.raises(ArgumentError, match=f"{function.__name__} is a generator.*Use `with` inside"):
            tg.no_grad()(function)


def test_backward_under_no_grad_runs_and_records_nothing():
    x = leaf()
    y = (x**2).sum()
    with tg.no_grad():
        y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * x.numpy())
    assert not x.grad.requires_grad


def test_create_graph_under_no_grad_still_records():
    x = leaf()
    y = (x**3).sum()
    with tg.no_grad():
        y.backward(create_graph=True)
        assert not tg.is_grad_enabled()
    assert x.grad.requires_grad


def test_mode_inside_hooks_and_after():
    x = leaf()
    seen = []
    x.register_hook(lambda g: seen.append(tg.is_grad_enabled()))
    (x * 2).sum().backward()
    (x * 2).sum().backward(create_graph=True)
    assert seen == [False, True]
    assert tg.is_grad_enabled()


# Threads and tasks


def test_a_new_thread_records_whatever_its_starter_does():
    with tg.no_grad(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(tg.is_grad_enabled).result()
        assert not tg.is_grad_enabled()


def test_toggling_in_one_thread_loses_no_graph_in_another():
    x, stop, lost = leaf(), threading.Event(), []

    def toggle():
        while not stop.is_set():
            with tg.no_grad():
                if (x * 2).requires_grad:
                    lost.append("recorded under no_grad")

    def record():
        for _ in range(2000):
            y = x * 2
            if not y.requires_grad:
                lost.append("not recorded")

    toggler = threading.Thread(target=toggle)
    recorders = [threading.Thread(target=record) for _ in range(3)]
    for thread in (toggler, *recorders):
        thread.start()
    for thread in recorders:
        thread.join()
    stop.set()
    toggler.join()
    assert lost == []


def test_toggling_in_one_task_loses_no_graph_in_another():
    x = leaf()

    async def toggle(rounds):
        for _ in range(rounds):
            with tg.no_grad():
                await asyncio.sleep(0)
                assert not (x * 2).requires_grad
            await asyncio.sleep(0)

    async def record(rounds):
        for _ in range(rounds):
            await asyncio.sleep(0)
            assert (x * 2).requires_grad

    async def main():
        await asyncio.gather(toggle(100), record(200), toggle(100), record(200))

    asyncio.run(main())


def test_a_task_inherits_the_mode_it_was_started_in():
    async def main():
        with tg.no_grad():
            task = asyncio.create_task(enabled())
        return await task, tg.is_grad_enabled()

    async def enabled():
        return tg.is_grad_enabled()

    assert asyncio.run(main()) == (False, True)


# Scopes


def test_scopes_nest_and_are_kept_by_nodes():
    x = leaf()
    with tg.scope("net"):
        a = x * 2
        with tg.scope("layer"):
            b = a * 2
        c = b * 2
    d = c * 2
    assert [t.node.scope for t in (a, b, c, d)] == [("net",), ("net", "layer"), ("net",), ()]


def test_scope_and_no_grad_do_not_disturb_each_other():
    with tg.scope("a"), tg.no_grad(), tg.scope("b"):
        assert current().scope == ("a", "b")
        assert not tg.is_grad_enabled()
        with tg.enable_grad():
            assert (leaf() * 2).node.scope == ("a", "b")
    assert current().scope == ()


def test_scope_as_decorator():
    @tg.scope("block")
    def block(x, depth=1):
        return block(x, depth - 1) if depth else x * 2

    assert block(leaf()).node.scope == ("block", "block")


def test_scope_is_left_after_an_exception():
    with pytest.raises(ValueError, match="inside"), tg.scope("a"):
        raise ValueError("inside")
    assert current().scope == ()


def test_made_up_scope_names_are_not_kept_for_ever():
    for k in range(5000):
        with tg.scope(f"step {k}"), tg.scope("inner"):
            assert current().scope == (f"step {k}", "inner")
    assert len(current()._derived) <= 1000


# Observers


class Watcher(Observer):
    """Hands the events of one kind on."""

    def __init__(self, **events):
        vars(self).update(events)


def test_observer_sees_every_operation_on_tensors():
    seen = []
    x = leaf()
    with observing(Watcher(operation=lambda op, args, result: seen.append((op, args, result)))):
        y = np.exp(x) * 2
        mask = x > 1
        np.exp(np.ones(3))  # no tensor, nothing to see
        with tg.no_grad():
            z = x + 1
    x * 5
    names = [getattr(op, "name", getattr(op, "__name__", None)) for op, _, _ in seen]
    assert names == ["exp", "multiply", "greater", "add"]
    assert seen[0][1][0] is x
    assert seen[1][2] is y
    assert seen[2][2] is mask
    assert seen[3][2] is z


def test_observers_add_up():
    first, second = [], []
    with observing(Watcher(operation=lambda *fact: first.append(fact))):
        leaf() * 2
        with observing(Watcher(operation=lambda *fact: second.append(fact))):
            leaf() * 3
        leaf() * 4
    assert (len(first), len(second)) == (3, 1)


def test_gradient_observer_sees_every_gradient_of_a_rule():
    seen = []
    x, w = leaf(), leaf()
    loss = (x * w).sum()
    with observing(Watcher(gradient=lambda node, i, g, d: seen.append((node.op.name, i, d.shape)))):
        loss.backward()
    assert seen == [("sum", 0, (3,)), ("multiply", 0, (3,)), ("multiply", 1, (3,))]


def test_observer_runs_forwards_and_rules():
    ran = []

    def run(what, function, args):
        ran.append((what, len(args)))
        return function(*args)

    x, w = leaf(), leaf()
    with observing(Watcher(run=run)):
        loss = (x * w).sum()
        product = loss.node.parents[0]
        loss.backward()
    assert ran == [
        (tg.OPS[np.multiply], 2), (tg.OPS[np.sum], 3), (loss.node, 3), (product, 2), (product, 2)
    ]  # fmt: skip
    assert np.array_equal(x.grad, w.numpy())


def test_observer_sees_values_leave_the_graph():
    seen = []
    x, total = leaf((2.0,)), Tensor(np.zeros(1))
    with observing(Watcher(left=lambda tensor, how, to: seen.append((tensor is x, how, to)))):
        d, n, i, f, t = x.detach(), x.numpy(), x.item(), float(x), x.tolist()
        with tg.no_grad():
            total[:] = x
            total += x
    assert all(of_x for of_x, _, _ in seen)
    hows = ["t.detach()", "t.numpy()", "t.item()", "t.item()", "t.tolist()", "t[index] = value", "add in place"]
    assert [how for _, how, _ in seen] == hows
    assert [to for _, _, to in seen[2:5]] == [i, f, t] == [2.0, 2.0, [2.0]]
    assert seen[0][2] is d and seen[1][2] is n and seen[5][2] is total and seen[6][2] is total


def test_observers_of_updates_and_runs_nest():
    order = []

    class Named(Observer):
        def __init__(self, name):
            self.name = name

        def run(self, what, function, args):
            order.append(self.name)
            return function(*args)

        def update(self, optimizer, parameters, apply):
            order.append((self.name, [p.name for p in parameters]))
            apply()

    w = leaf(name="w")
    w.grad = np.ones(3)
    with observing(Named("outer")), observing(Named("inner")):
        w * 2
        tg.optim.SGD([w], lr=1.0).step()
    assert order == ["outer", "inner", ("outer", ["w"]), ("inner", ["w"])]
    assert w.numpy().tolist() == [0.0, 1.0, 2.0]


def test_observer_that_raises_stops_the_program_and_leaves():
    def stop(*fact):
        raise KeyError("stop")

    with pytest.raises(KeyError), observing(Watcher(operation=stop)):
        leaf() * 2
    leaf() * 2
    assert current().observer is None


def test_symbolic_makes_tensors_of_constants_that_rules_see():
    class Seen(Observer):
        def run(self, what, function, args):
            if isinstance(what, Node):
                kinds.append([type(arg) for arg in args])
            return function(*args)

    kinds = []
    for symbolic in (False, True):
        y = leaf() * np.array([1.0, 2.0, 3.0])
        with observing(Seen(), symbolic=symbolic):
            y.backward(np.ones(3), create_graph=True)
    assert kinds == [[Tensor, np.ndarray], [Tensor, Tensor]]


# debug


def line_of(text):
    """Where in this file the line with this mark is."""
    with open(__file__, encoding="utf-8") as file:
        return next(i for i, line in enumerate(file, 1) if line.rstrip().endswith(f"# {text}"))


def test_debug_names_the_op_and_the_line_of_the_first_nan():
    def program(x):
        y = x * 1
        z = np.log(y)  # the first nan
        return z + 1

    with pytest.raises(NonFiniteError) as caught, tg.debug():
        program(leaf((1.0, -1.0)))
    message = str(caught.value)
    assert message.startswith("log made the first nan, at index (1,), from finite inputs within [-1, 1]; called at ")
    assert f"test_engine_modes.py:{line_of('the first nan')} in program" in message


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda x: x / 0.0, "divide made the first inf"),
        (lambda x: np.exp(x * 1e4), "exp made the first inf"),
        (lambda x: x * math.inf, "multiply was given inf, at index () of argument 1"),
        (lambda x: x * np.float64(np.inf), "multiply was given inf, at index () of argument 1"),
        (lambda x: x - np.array([0.0, np.inf, 0.0]), "subtract was given inf, at index (1,) of argument 1"),
        (lambda x: tg.affine(x[None], np.full((3, 1), 1e308), np.zeros(1)), "affine made the first inf"),
        (lambda x: (x * 0).sum() / (x * 0).sum(), "divide made the first nan, at index ()"),
        (lambda x: np.sqrt(-x.detach()), "sqrt made the first nan"),
        (lambda x: tg.softmax(x * np.array([1.0, np.nan, 1.0])), "multiply was given nan"),
    ],
)
def test_debug_finds_what_is_first_made_forward(make, name):
    with pytest.raises(NonFiniteError) as caught, tg.debug():
        make(leaf())
    assert str(caught.value).startswith(name)


def test_debug_finds_what_is_first_made_backward():
    def program(x):
        y = np.sqrt(x)  # the singular root
        (y * 3).sum().backward()

    with pytest.raises(NonFiniteError) as caught, tg.debug():
        program(leaf((4.0, 0.0)))
    message = str(caught.value)
    assert message.startswith(
        "the backward rule of sqrt made the first inf, at index (1,) of the gradient of x, from a finite gradient, "
        "which was called at "
    )
    assert f"test_engine_modes.py:{line_of('the singular root')} in program" in message


def test_debug_shows_the_line_when_a_rule_fails():
    made = Op(lambda x: x * 1, "made")
    made.grad("x")(lambda g: g @ np.ones(7))
    x = leaf()
    with tg.debug():
        y = made(x)  # the faulty op
    with pytest.raises(ValueError, match="matmul") as caught:
        y.sum().backward()
    assert f"test_engine_modes.py:{line_of('the faulty op')}" in caught.value.__notes__[0]


def test_debug_finds_what_was_written_into_through_a_numpy_array():
    """Such a write tells no one; outside of debug the gradient is silently that of the new values."""
    values = np.ones(3)
    x = Tensor(values, requires_grad=True)

    def program(write):
        loss = (x * x).sum()  # what it saved
        if write:
            values[1:] = 50.0
        loss.backward()

    with tg.debug():
        program(False)
        with pytest.raises(OverwrittenError, match="'multiply', .* saved y .* through a NumPy array") as caught:
            program(True)
    assert f"test_engine_modes.py:{line_of('what it saved')}" in str(caught.value)


def test_debug_says_when_a_gradient_from_outside_is_not_finite():
    with pytest.raises(NonFiniteError, match="the gradient nan came into multiply from outside"), tg.debug():
        (leaf() * 2).backward(np.array([1.0, np.nan, 1.0]))


def test_debug_lets_finite_programs_be():
    x = leaf()
    with tg.debug():
        loss = (np.tanh(x) ** 2).sum()
        loss.backward(create_graph=True)
        x.grad.sum().backward()
    with np.errstate(all="ignore"):
        np.log(x * 0)  # outside, a NaN is the user's own affair


def test_debug_works_inside_transforms():
    with pytest.raises(NonFiniteError, match="divide made the first"), tg.debug():
        tg.grad(lambda x: (x / 0.0).sum())(np.ones(2))


def test_debug_watches_the_steps_of_optimizers():
    w = leaf((1.0, 2.0, 3.0), dtype=np.float32, name="w")
    w.grad = np.array([0.0, 1e30, 0.0], np.float32)
    with pytest.raises(NonFiniteError) as caught, tg.debug():
        tg.optim.SGD([w], lr=1e30).step()  # too far
    assert str(caught.value) == (
        "the step of SGD made the first -inf, at index (1,) of w (3,), from a finite gradient within [0, 1e+30]; "
        f"called at {__file__}:{line_of('too far')} in test_debug_watches_the_steps_of_optimizers. "
        "Try a smaller learning rate"
    )


def test_debug_blames_the_gradient_that_an_optimizer_was_given():
    w = leaf((1.0, 2.0), name="w")
    w.grad = np.array([0.0, np.nan])
    with pytest.raises(NonFiniteError) as caught, tg.debug():
        tg.optim.SGD([w]).step()
    assert str(caught.value) == (
        "SGD was given nan, at index (1,) of the gradient of w (2,). Run backward inside debug() as well: "
        "it names the rule that made it"
    )
    assert w.numpy().tolist() == [1.0, 2.0]
