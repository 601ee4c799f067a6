"""``explain.summary``: what is in the table, and that nothing is changed by making it."""

import random

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.explain import summary
from tensorgraph.nn import BatchNorm1d, Dropout, Linear, Module, Parameter, ReLU, Sequential


def course_net(**settings):
    return tg.nn.FullyConnectedNet([7], input_dim=6, num_classes=3, use_batchnorm=True, dropout=0.5, seed=0, **settings)


def by_path(report):
    return {row.path: row for row in report.rows}


# The numbers


def test_each_module_has_a_row_with_its_own_numbers():
    report = summary(course_net(), (4, 6), training=True)
    rows = by_path(report)
    assert list(rows) == ["", "layers.0", "layers.0.affine", "layers.0.norm", "layers.0.dropout", "scores"]
    assert [row.depth for row in report.rows] == [0, 1, 2, 2, 2, 1]
    assert [row.kind for row in report.rows] == [
        "FullyConnectedNet", "Layer", "Linear", "BatchNorm1d", "Dropout", "Linear"
    ]  # fmt: skip
    assert [row.outputs for row in report.rows] == [((4, 3),), ((4, 7),), ((4, 7),), ((4, 7),), ((4, 7),), ((4, 3),)]
    assert [row.parameters for row in report.rows] == [0, 0, 6 * 7 + 7, 14, 0, 7 * 3 + 3]
    assert [row.parameter_bytes for row in report.rows] == [4 * row.parameters for row in report.rows]
    assert [row.buffer_bytes for row in report.rows] == [0, 0, 0, 2 * 7 * 4, 0, 0]
    wide, narrow = 4 * 7 * 4, 4 * 3 * 4
    assert [row.activation_bytes for row in report.rows] == [0, wide, wide, wide, wide, narrow]  # of a Layer: its relu
    assert all(row.calls == 1 and row.seconds > 0 for row in report.rows)


def test_totals_are_sums_of_the_columns():
    net = course_net()
    net.scores.bias.requires_grad = False
    report = summary(net, (4, 6))
    assert report.parameters == sum(parameter.size for parameter in net.parameters()) == 49 + 14 + 24
    assert report.trainable == report.parameters - 3
    assert report.parameter_bytes == 4 * report.parameters
    assert report.buffer_bytes == 56
    assert report.input_bytes == 4 * 6 * 4
    assert report.activation_bytes == sum(row.activation_bytes for row in report.rows)
    assert report.seconds == sum(row.seconds for row in report.rows)


def test_a_part_that_is_run_but_not_called_is_seen():
    """Modules may run ``part.forward(x)``, which enters no scope."""
    rows = by_path(summary(course_net(), (4, 6)))
    assert rows["layers.0.affine"].calls == 1
    assert rows["layers.0.affine"].outputs == ((4, 7),)


def test_the_time_of_a_part_is_not_that_of_the_whole():
    from time import sleep

    class Slow(Module):
        def forward(self, x):
            sleep(0.02)
            return x

    report = summary(Sequential(Slow()), (2, 2))
    assert report.rows[1].seconds >= 0.02 > report.rows[0].seconds
    assert report.seconds >= 0.02


def test_a_module_that_is_used_twice_has_one_row():
    linear = Linear(5, 5, rng=0)
    report = summary(Sequential(linear, ReLU(), linear), (2, 5))
    assert [row.calls for row in report.rows] == [1, 2, 1]
    assert report.parameters == 30
    assert report.rows[1].activation_bytes == 2 * 2 * 5 * 4
    assert "parts.0: Linear x 2" in str(report)


def test_a_shared_parameter_counts_once():
    first, second = Linear(5, 5, rng=0), Linear(5, 5, rng=1)
    second.weight = first.weight
    rows = summary(Sequential(first, second), (2, 5)).rows
    assert [row.parameters for row in rows] == [0, 30, 5]
    assert [row.parameter_bytes for row in rows] == [0, 120, 20]


def test_a_part_that_never_runs_says_so():
    class Idle(Module):
        def __init__(self):
            self.used, self.spare = Linear(2, 2, rng=0), Linear(2, 9, rng=0)

        def forward(self, x):
            return self.used(x)

    report = summary(Idle(), (1, 2))
    spare = by_path(report)["spare"]
    assert (spare.calls, spare.outputs, spare.parameters, spare.activation_bytes) == (0, (), 27, 0)
    line = next(line for line in str(report).splitlines() if "spare" in line)
    assert line.split()[:4] == ["spare:", "Linear", "not", "called"]


def test_views_and_inputs_are_no_activations():
    class Views(Module):
        def __init__(self):
            self.weight = Parameter(np.ones((3, 2), np.float32))

        def forward(self, x):
            return x.reshape(-1, 2), self.weight.T, (x * 2).T

    report = summary(Views(), (4, 3))
    assert report.rows[0].outputs == ((6, 2), (2, 3), (3, 4))
    assert report.activation_bytes == 4 * 3 * 4


# Inputs


def test_several_inputs_dtypes_and_arrays():
    class Embedding(Module):
        def __init__(self):
            self.table = Parameter(np.ones((10, 4)))

        def forward(self, words, scale):
            return {"scaled": self.table[words] * scale, "words": words}

    report = summary(Embedding(), np.array([1, 2, 9]), (3, 1))
    assert report.rows[0].outputs == ((3, 4), (3,))
    assert report.input_bytes == 3 * 8 + 3 * 8  # float64, as the parameters are
    report = summary(Embedding(), (3,), np.ones((3, 1)), dtype=np.int32)
    assert report.input_bytes == 3 * 4 + 3 * 8


def test_an_empty_batch_and_a_scalar():
    assert summary(Linear(3, 2, rng=0), (0, 3)).rows[0].outputs == ((0, 2),)

    class Double(Module):
        def forward(self, x):
            return 2 * x

    report = summary(Double(), ())
    assert report.rows[0].outputs == ((),)
    assert report.input_bytes == 4


def test_what_is_no_shape_is_refused():
    with pytest.raises(ArgumentError) as caught:
        summary(Linear(3, 2), 3)
    assert str(caught.value) == (
        "summary: an input is given as its shape with the batch axis, such as (50, 64), or as an array; got 3"
    )
    with pytest.raises(ArgumentError) as caught:
        summary(np.tanh, (1, 3))
    assert str(caught.value) == "summary: takes a Module, such as tensorgraph.nn.Linear; got ufunc"


def test_a_wrong_shape_is_told_by_the_op():
    with pytest.raises(ShapeError, match="affine: x has 5 columns but weight has 6 rows"):
        summary(course_net(), (4, 5))


# Nothing is changed


def traces(net):
    """Everything that a run could change."""
    return {
        "state": {name: array.tobytes() for name, array in net.state_dict().items()},
        "buffers": [id(buffer) for _, buffer in net.named_buffers()],
        "modes": [module.training for module in net.modules()],
        "grads": [None if p.grad is None else (id(p.grad), p.grad.tolist()) for p in net.parameters()],
        "rng": net.rng.bit_generator.state,
        "attributes": [sorted(vars(module)) for module in net.modules()],
        "numpy": np.random.get_state()[1].tobytes(),
        "python": random.getstate(),
    }


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("width", [6, 5])
def test_nothing_is_changed_also_by_an_error(training, width):
    class Restless(Module):
        def __init__(self):
            self.net, self.rng = course_net(), np.random.default_rng(3)
            self.seen = []

        def forward(self, x):
            self.seen.append(x)
            self.rng.random()
            np.random.seed(7)
            random.seed(7)
            return self.net(x) * np.random.random()

    net = Restless()
    net.net.norm_was = net.net.layers[0].norm.running_mean
    net.net.layers[0].eval()
    net.net(np.ones((3, 6))).sum().backward()
    before = traces(net)
    seen = []
    with tg.record() as recording:
        if width == 6:
            summary(net, (4, width), training=training)
        else:
            with pytest.raises(ShapeError):
                summary(net, (4, width), training=training)
    assert traces(net) == before
    assert net.seen == seen
    assert recording.events == []


def test_batch_statistics_are_used_in_training_mode_only():
    class Spy(Module):
        def __init__(self):
            self.norm, self.dropout = BatchNorm1d(2), Dropout(keep=0.5, rng=0)

        def forward(self, x):
            modes.append(self.norm.training)
            return self.dropout(self.norm(x))

    modes = []
    summary(Spy(), (3, 2))
    summary(Spy(), (3, 2), training=True)
    assert modes == [False, True]


def test_a_computed_tensor_in_a_module_is_copied_without_its_graph():
    class Recurrent(Module):
        def __init__(self):
            self.state = Parameter(np.ones(2)) * 2

        def forward(self, x):
            self.state = self.state + x
            return self.state

    net = Recurrent()
    state = net.state
    assert summary(net, (2,)).rows[0].outputs == ((2,),)
    assert net.state is state and state.tolist() == [2, 2]


def test_what_cannot_be_copied_is_named():
    net = Linear(2, 2)
    net.lock = __import__("threading").Lock()
    with pytest.raises(ArgumentError) as caught:
        summary(net, (1, 2))
    assert str(caught.value) == (
        "summary: runs on a copy of the Linear, and something in it cannot be copied: "
        "cannot pickle '_thread.lock' object"
    )


# The table


def test_the_table_is_aligned_with_thousands_separators():
    report = summary(Sequential(Linear(1000, 100, rng=0)), (10, 1000))
    header, rule, *lines = str(report).split("\n\n")[0].splitlines()
    assert header.split()[:3] == ["layer", "output", "parameters"]
    assert set(rule) == {"-", " "}
    assert "100,100" in lines[1] and "400,400" in lines[1]
    ends = header.index("parameters") + len("parameters")
    assert all(line[ends - 1].isdigit() and line[ends] == " " for line in lines)
    assert str(report).splitlines()[-3:-1] == [
        "parameters  100,100: 100,100 trainable, 0 others",
        "bytes       444,400: parameters 400,400, buffers 0, activations 4,000, inputs 40,000",
    ]


def test_html_is_escaped():
    class Named(Module):
        def __init__(self):
            self.parts = {"<b>&": Linear(2, 2, rng=0)}

        def forward(self, x):
            return self.parts["<b>&"](x)

    page = summary(Named(), (1, 2))._repr_html_()
    assert "parts.&lt;b&gt;&amp;: Linear" in page
    assert "<b>" not in page
    assert page.count("<tr>") == page.count("</tr>") == 3


def test_rich_shows_the_same():
    from rich.console import Console

    console = Console(width=200)
    with console.capture() as capture:
        console.print(summary(Sequential(Linear(1000, 100, rng=0)), (10, 1000)))
    shown = capture.get()
    assert "parts.0: Linear" in shown and "100,100" in shown and "trainable" in shown
