"""The command line as a user meets it: the main job, its folder, its options, its errors."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.cli import check as check_command
from tensorgraph.cli import curves, main, run_folder, terminal
from tensorgraph.cli.history import measured_at, records
from tensorgraph.errors import ArgumentError, GradientCheckError, MissingDependencyError
from tensorgraph.io import load_checkpoint
from tensorgraph.tables import print_table

ROOT = Path(tg.__file__).parent.parent
SMALL = ["--layers", "12", "8", "--epochs", "2", "--batch-size", "30"]


def command(*arguments, cwd, **environment):
    """Run in a process of its own, where nobody watches."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"} | environment
    line = [sys.executable, "-W", "error", "-m", "tensorgraph", *arguments]
    return subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to work in. Its pictures are not drawn, to save time: those of the main job are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_folder, "curves_png", lambda *_: b"a picture")
    monkeypatch.setattr(run_folder, "render", lambda loss, path, **options: path.write_text("a picture"))
    return tmp_path


@pytest.fixture
def fails(here, capsys):
    """Run a command that must fail with one clear message and leave nothing behind; gives the message."""

    def run(*arguments):
        before = sorted(here.rglob("*"))
        capsys.readouterr()
        assert main(arguments) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("error: ")
        assert "Traceback" not in printed.err
        assert sorted(here.rglob("*")) == before
        return printed.err

    return run


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# The main job


def test_the_main_job(tmp_path):
    run = command("train", cwd=tmp_path)
    assert run.stderr == ""
    assert run.returncode == 0
    (folder,) = (tmp_path / "runs").iterdir()
    line, *rest = run.stdout.splitlines()
    assert re.fullmatch(
        r"trained 920 iterations in \d+\.\d s: epoch 40 of 40, loss 0\.\d{4}, best validation accuracy \d\d\.\d%", line
    )
    assert rest[0] == "examples of  number  accuracy"
    names, counts, shares = zip(*[row.split() for row in rest[1:4]])
    assert names == ("training", "validation", "test")
    assert counts == ("1,197", "300", "300")
    on_training, _, on_test = (float(share.removesuffix("%")) for share in shares)
    assert on_test >= 97
    assert on_training >= 99
    assert rest[4] == f"in runs/{folder.name}:"
    files = ["curves.png", "graph.svg", "graph.html", "checkpoint.npz", "history.jsonl", "config.json", "resume.npz"]
    assert [row.split()[0] for row in rest[5:]] == files
    assert sorted(os.listdir(folder)) == sorted(files)

    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    picture = (folder / "graph.svg").read_text()
    for word in ("affine", "batchnorm", "dropout", "softmax_loss", "W1", "gamma2", "(50, 64)"):
        assert word in picture
    checkpoint = load_checkpoint(folder / "checkpoint.npz")
    data, net = tg.data.digits(), checkpoint.build()
    right = (net.loss(data.X_test).argmax(axis=1) == data.y_test).mean()
    assert right == checkpoint.extra["test_accuracy"]
    assert f"{right:.1%}" == shares[2]
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert [record["epoch"] for record in history] == list(range(41))
    assert history[0].keys() == {"epoch", "iteration", "loss", "train_accuracy", "val_accuracy"}
    assert max(record["val_accuracy"] for record in history) == checkpoint.extra["val_accuracy"]
    assert json.loads((folder / "config.json").read_text())["layers"] == [200, 100]


def test_the_same_seed_gives_the_same_bits(tmp_path):
    runs = []
    for name, seed, hashes in (("a", "3", "1"), ("b", "3", "2"), ("c", "4", "1")):
        run = command("train", *SMALL, "--seed", seed, "--out", name, cwd=tmp_path, PYTHONHASHSEED=hashes)
        assert run.returncode == 0
        runs.append(contents(tmp_path / name))
    a, b, c = runs
    assert all(run.pop("graph.html").startswith(b"<!doctype html>") for run in runs)  # which tells times
    assert a == b
    assert a["checkpoint.npz"] != c["checkpoint.npz"]
    assert a["history.jsonl"] != c["history.jsonl"]


def test_options_arrive(here):
    options = (
        "--layers 7 --keep 0.9 --no-batchnorm --optimizer sgd_momentum --learning-rate 0.05 --lr-decay 0.5 --reg 0.001 "
        "--weight-scale 0.2 --batch-size 40 --epochs 3 --seed 5 --out out"
    )
    assert main(["train", *options.split()]) == 0
    assert json.loads((here / "out" / "config.json").read_text()) == {
        "layers": [7], "keep": 0.9, "batchnorm": False, "optimizer": "sgd_momentum", "learning_rate": 0.05,
        "lr_decay": 0.5, "reg": 0.001, "weight_scale": 0.2, "batch_size": 40, "epochs": 3, "seed": 5, "data": None,
    }  # fmt: skip
    assert load_checkpoint(here / "out" / "checkpoint.npz").config == {
        "hidden_dims": [7], "input_dim": 64, "num_classes": 10, "dropout": 0.9, "use_batchnorm": False, "reg": 0.001,
        "weight_scale": 0.2, "dtype": "float32", "seed": 5,
    }  # fmt: skip
    saved = load_checkpoint(here / "out" / "resume.npz")
    assert saved.optimizer["kind"] == "SGD"
    assert saved.optimizer["groups"][0]["lr"] == pytest.approx(0.05 / 8)
    assert saved.optimizer["groups"][0]["momentum"] == 0.9
    assert saved.extra["iteration"] == 3 * (1197 // 40)


@pytest.mark.parametrize("optimizer", ["sgd", "sgd_momentum", "sgd_nesterov_momentum", "rmsprop", "adam"])
def test_every_optimizer_learns_at_its_own_rate(here, optimizer):
    assert main(["train", "--optimizer", optimizer, "--layers", "30", "--epochs", "6", "--out", "out"]) == 0
    assert load_checkpoint(here / "out" / "checkpoint.npz").extra["test_accuracy"] > 0.9


def test_no_hidden_layers(here):
    assert main(["train", "--layers", "--epochs", "2", "--out", "out"]) == 0
    assert load_checkpoint(here / "out" / "checkpoint.npz").config["hidden_dims"] == []


def test_data_of_ones_own(here):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 120)
    np.savez("my.npz", X=np.eye(3)[y].reshape(-1, 1, 3) + 0.1 * rng.standard_normal((120, 2, 3)), y=y)
    assert main(["train", "--data", "my.npz", *SMALL, "--epochs", "20", "--out", "out"]) == 0
    checkpoint = load_checkpoint(here / "out" / "checkpoint.npz")
    assert (checkpoint.config["input_dim"], checkpoint.config["num_classes"]) == (6, 3)
    assert checkpoint.extra["test_accuracy"] > 0.9
    assert json.loads((here / "out" / "config.json").read_text())["data"] == str(here / "my.npz")


# Going on


def test_resumed_is_as_if_never_stopped(here):
    assert main(["train", *SMALL, "--epochs", "5", "--out", "whole"]) == 0
    assert main(["train", *SMALL, "--epochs", "2", "--out", "part"]) == 0
    assert main(["train", "--resume", "part", "--epochs", "5"]) == 0
    whole, part = contents(here / "whole"), contents(here / "part")
    assert whole == part


def test_an_interrupted_run_is_whole_and_goes_on(here, capsys, monkeypatch):
    assert main(["train", *SMALL, "--epochs", "4", "--out", "whole"]) == 0
    update = terminal.Progress.update

    def interrupt(self, done, text):
        if done == 100:
            raise KeyboardInterrupt
        update(self, done, text)

    monkeypatch.setattr(terminal.Progress, "update", interrupt)
    capsys.readouterr()
    assert main(["train", *SMALL, "--epochs", "4", "--out", "part"]) == 130
    printed = capsys.readouterr()
    assert "interrupted after 100 iterations" in printed.out
    assert "epoch 2 of 4" in printed.out
    assert "train --resume part" in printed.out
    assert contents(here / "part").keys() == contents(here / "whole").keys()
    monkeypatch.setattr(terminal.Progress, "update", update)
    assert main(["train", "--resume", "part"]) == 0
    assert contents(here / "part") == contents(here / "whole")


def test_a_run_that_was_killed_can_be_resumed(here, monkeypatch):
    """Also without the last words: what is saved while training is enough."""

    def killed(solver):
        if solver.epoch == 2:
            raise SystemExit

    with monkeypatch.context() as patch:
        save = run_folder.RunFolder.save
        patch.setattr(run_folder, "SECONDS", 0)
        patch.setattr(run_folder.RunFolder, "save", lambda self, solver: (killed(solver), save(self, solver)))
        with pytest.raises(SystemExit):
            main(["train", *SMALL, "--out", "part"])
    assert sorted(os.listdir("part")) == ["config.json", "history.jsonl", "resume.npz"]
    assert load_checkpoint(here / "part" / "resume.npz").extra["epoch"] == 1
    assert main(["train", "--resume", "part", "--epochs", "3"]) == 0
    assert len((here / "part" / "history.jsonl").read_text().splitlines()) == 4


def test_resume_takes_no_other_settings(fails, here):
    assert main(["train", *SMALL, "--out", "out"]) == 0
    for more in (["--seed", "1"], ["--out", "other"], ["--layers", "3"]):
        assert "only --epochs can be given along" in fails("train", "--resume", "out", *more)
    (here / "out" / "config.json").write_text('{"layer": [3]}')
    assert "config.json does not hold the settings of a run" in fails("train", "--resume", "out")
    (here / "out" / "config.json").write_text("{")
    assert "config.json does not hold the settings of a run" in fails("train", "--resume", "out")
    assert "cannot read nowhere/config.json: No such file" in fails("train", "--resume", "nowhere")


def test_a_damaged_resume_file(fails, here):
    assert main(["train", *SMALL, "--out", "out"]) == 0
    path = here / "out" / "resume.npz"
    path.write_bytes(path.read_bytes()[:5000])
    assert "resume.npz is damaged" in fails("train", "--resume", "out", "--epochs", "9")


# Errors


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--keep", "0"], "keep is the probability to keep an activation, in (0, 1]; got 0.0"),
        (["--keep", "1.5"], "in (0, 1]; got 1.5"),
        (["--keep", "nan"], "in (0, 1]; got nan"),
        (["--layers", "10", "0"], "every width is a whole number of at least 1; got [64, 10, 0, 10]"),
        (["--layers", "9000000000000"], "Unable to allocate"),
        (["--epochs", "0"], "num_epochs is a whole number of at least 1; got 0"),
        (["--batch-size", "-3"], "batch_size is a whole number of at least 1; got -3"),
        (["--learning-rate", "-1"], "lr is at least 0; got -1.0"),
        (["--lr-decay", "0"], "lr_decay is a factor above 0; got 0.0"),
        (["--reg", "-1"], "reg and weight_scale are at least 0; got -1.0"),
        (["--data", "none.npz"], "none.npz: No such file or directory"),
        (["--data", "text.npz"], "text.npz is damaged or no .npz file of numbers"),
        (["--data", "keys.npz"], "keys.npz has no array 'X'; it has x, y"),
        (["--data", "nan.npz"], "nan.npz: X holds 1 NaN or Inf, the first at (3, 1): nan"),
        (["--data", "float.npz"], "float.npz: labels are classes and must be integers"),
        (["--out", "text.npz"], "cannot write into the folder text.npz"),
        (["--out", "text.npz/below"], "is not a folder. Choose another place"),
    ],
)
def test_bad_input(fails, here, arguments, message):
    (here / "text.npz").write_text("no numbers")
    X, y = np.zeros((30, 2)), np.arange(30) % 3
    np.savez("keys.npz", x=X, y=y)
    np.savez("float.npz", X=X, y=y / 2)
    X[3, 1] = np.nan
    np.savez("nan.npz", X=X, y=y)
    assert message in fails("train", *arguments)


def test_a_batch_of_one_with_batchnorm(here, capsys):
    assert main(["train", "--batch-size", "1", "--out", "out"]) == 2
    assert "batchnorm: training needs at least 2 examples" in capsys.readouterr().err


def test_a_diverging_loss(here, capsys):
    arguments = ["--learning-rate", "1e30", "--no-batchnorm", "--optimizer", "sgd", "--out", "out"]
    assert main(["train", *SMALL, *arguments]) == 2
    printed = capsys.readouterr()
    assert re.search(r"error: Solver: the loss is (nan|inf) in iteration \d+ of 78 .*Try a lower rate", printed.err)
    assert printed.err.count("\n") == 1
    assert sorted(os.listdir("out")) == ["config.json", "history.jsonl", "resume.npz"]


def test_a_run_is_not_overwritten(fails):
    assert main(["train", *SMALL, "--out", "out"]) == 0
    message = fails("train", *SMALL, "--out", "out")
    assert "out holds a run already. Choose another folder, or --resume out" in message


def test_debug_shows_where(here):
    with pytest.raises(ArgumentError, match="keep"):
        main(["train", "--keep", "0", "--debug"])


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["train", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["train", "--optimizer", "adagrad"], "invalid choice: 'adagrad'"),
        (["train", "--layers", "ten"], "invalid int value: 'ten'"),
        (["train", "--seed", "-1"], "a seed is a whole number of at least 0; got '-1'"),
        (["dance"], "invalid choice: 'dance'"),
    ],
)
def test_wrong_usage(capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_without_a_command(capsys):
    assert main([]) == 0
    assert "Begin with: python -m tensorgraph train" in capsys.readouterr().out


def test_as_a_module(tmp_path):
    run = command("--version", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, f"tensorgraph {tg.__version__}\n")
    run = command("graph", "--keep", "2", cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr == "error: Dropout: keep is the probability to keep an activation, in (0, 1]; got 2.0\n"


def test_output_that_nobody_takes(tmp_path):
    """The work is done and saved all the same, and there is no traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    line = [sys.executable, "-m", "tensorgraph", "graph", "--out", "a.dot"]
    run = subprocess.run(line, cwd=tmp_path, env=environment, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (run.returncode, run.stderr) == (1, "")
    assert (tmp_path / "a.dot").exists()


# Without optional packages


def test_training_without_any_extra(here, capsys, monkeypatch):
    def missing(*_, **__):
        raise MissingDependencyError("render: needs the dot program")

    monkeypatch.setattr(run_folder, "curves_png", curves.curves_png)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(run_folder, "render", missing)
    assert main(["train", *SMALL, "--out", "out"]) == 0
    out = capsys.readouterr().out
    assert "note: curves need matplotlib: pip install 'tensorgraph[train]'" in out
    assert "note: render: needs the dot program" in out
    assert "graph.dot       the graph of a training step, as text for Graphviz" in out
    assert (here / "out" / "graph.dot").read_text().startswith("digraph")
    assert not (here / "out" / "graph.svg").exists()
    assert not (here / "out" / "curves.png").exists()


# graph and check


def test_graph(here, capsys):
    assert main(["graph"]) == 0
    assert capsys.readouterr().out == "drew graph.svg\n"
    assert "gamma2" in (here / "graph.svg").read_text()
    assert main(["graph", "--layers", "5", "--no-batchnorm", "--keep", "1", "--out", "a.dot", "--input-dim", "7"]) == 0
    text = (here / "a.dot").read_text()
    assert "(7, 5)" in text
    assert "gamma" not in text
    assert "dropout" not in text


def test_graph_of_a_checkpoint(here):
    tg.io.save_checkpoint("net.npz", tg.nn.TwoLayerNet(11, 13, 3))
    assert main(["graph", "net.npz", "--out", "a.dot", "--batch-size", "17"]) == 0
    assert "(11, 13)" in (here / "a.dot").read_text()
    assert "(17, 13)" in (here / "a.dot").read_text()


def test_graph_of_a_run(here, capsys):
    assert main(["train", *SMALL, "--out", "out"]) == 0
    assert main(["graph", "out", "--out", "run.json", "--view", "both", "--measure", "--batch-size", "9"]) == 0
    drawn = json.loads((here / "run.json").read_text())
    assert drawn["view"] == "both"
    assert next(n for n in drawn["nodes"] if n["name"] == "W1")["facts"]["gradient_norm"] > 0
    assert next(n for n in drawn["nodes"] if n["kind"] == "input")["shape"] == [9, 64]


OWN_CODE = """
import numpy as np
import tensorgraph as tg
w = tg.Tensor(np.ones(3), requires_grad=True, name="w")
product = w * 2
def loss(): return np.exp(w).sum()
class Net(tg.nn.Module):
    def __init__(self):
        self.fc1 = tg.nn.Linear(4, 2, rng=0)
    def forward(self, x):
        return tg.relu(self.fc1(x))
net = Net()
number = 3
"""


@pytest.fixture
def own_code_is_forgotten():
    yield
    sys.modules.pop("own", None)  # with the graphs in it


@pytest.mark.parametrize("where", ["own.py", "own"])
@pytest.mark.parametrize(
    "name, ops",
    [
        ("loss", ["exp", "sum"]),
        ("product", ["multiply"]),
        ("net", ["affine", "relu"]),
        ("Net", ["affine", "relu"]),
    ],
)
def test_graph_of_own_code(here, own_code_is_forgotten, where, name, ops):
    (here / "own.py").write_text(OWN_CODE)
    shape = ["--input-shape", "5", "4"] if "et" in name else []
    assert main(["graph", f"{where}:{name}", *shape, "--out", "a.json", "--measure"]) == 0
    drawn = json.loads((here / "a.json").read_text())
    assert [n["op"] for n in drawn["nodes"] if n["kind"] == "op"] == ops
    if name == "net":
        assert "fc1.weight" in {n["name"] for n in drawn["nodes"]}


def test_graph_for_tensorboard(here, capsys):
    pytest.importorskip("tensorboardX")
    assert main(["graph", "--tensorboard", "board"]) == 0
    assert capsys.readouterr().out == "drew into board. To see it: tensorboard --logdir board\n"
    assert len(list((here / "board").iterdir())) == 1


def test_graph_with_less_in_it(here):
    assert main(["graph", "--layers", "5", "5", "5", "--fold", "--depth", "1", "--out", "a.dot"]) == 0
    text = (here / "a.dot").read_text()
    assert "layer2 × 2" in text and "batchnorm" not in text


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--out", "graph.jpg"], ".svg, .png, .pdf"),
        (["--out", "none/graph.svg"], "cannot write none/graph.svg: the folder"),
        (["none.npz"], "cannot read none.npz"),
        (["none"], "takes a run's folder, a checkpoint, module:name or file.py:name; got 'none'"),
        (["none.py:loss"], "graph: there is no file none.py"),
        (["no_such_module:loss"], "graph: there is no module 'no_such_module' here"),
        (["json:nothing"], "graph: json has no 'nothing'"),
        (["math:pi"], "graph: math:pi is of type float; takes a Tensor, a function that gives one, a Module"),
        (["tensorgraph.nn:ReLU"], "graph: tensorgraph.nn:ReLU is a module: say what it takes, --input-shape 50 64"),
        (["math:sqrt"], "graph: math:sqrt failed: TypeError: math.sqrt() takes exactly one argument (0 given)"),
        (["tensorgraph.nn:ReLU", "--input-shape", "-1"], "graph: input-shape has no negative lengths; got [-1]"),
        (["--depth", "-1"], "to_depth: the depth is at least 0; got -1"),
        (["--batch-size", "1"], "batchnorm: training needs at least 2 examples"),
        (["--batch-size", "-1"], "batch-size is at least 1; got -1"),
        (["--classes", "0"], "every width is a whole number of at least 1"),
    ],
)
def test_graphs_that_cannot_be(fails, arguments, message):
    assert message in fails("graph", *arguments)


def test_check(capsys):
    assert main(["check", "relu", "affine"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in out] == ["op", "affine", "relu", "2"]
    assert out[1].endswith("passed")
    assert out[-1] == "2 of 2 ops passed"


def test_check_of_a_wrong_op(capsys, monkeypatch):
    check_op = check_command.check_op

    def wrong(op):
        if op.name == "relu":
            raise GradientCheckError("relu: first order: analytic 2, numeric 1")
        return check_op(op)

    monkeypatch.setattr(check_command, "check_op", wrong)
    assert main(["check", "relu", "tanh"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[1].split() == ["relu", "FAILED"]
    assert out[2].endswith("passed")
    assert out[3:] == ["relu: first order: analytic 2, numeric 1", "1 of 2 ops passed"]


def test_check_of_no_op(fails):
    assert "check: there is no op 'rleu'; there are absolute, add," in fails("check", "rleu")


def test_profile(here, capsys):
    options = ["--layers", "6", "5", "--steps", "3", "--batch-size", "20", "--trace", "trace.json"]
    assert main(["profile", *options]) == 0
    out = capsys.readouterr().out.splitlines()
    rows = {tuple(line.split()[:3]) for line in out}
    assert {("affine", "forward", "9"), ("dropout", "backward", "6"), ("Adam", "optimizer", "3")} <= rows
    assert [line.split()[1] for line in out if line.startswith("  layer3 ")] == ["12"]
    assert re.search(r"ms in \d+ runs of ops, rules and optimizers; the profile itself took at least", out[-2])
    assert out[-1] == "wrote trace.json: open it at https://ui.perfetto.dev"
    events = json.loads((here / "trace.json").read_text())["traceEvents"]
    assert sum(event.get("cat") == "optimizer" for event in events) == 3


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--steps", "0"], "profile: steps is at least 1; got 0"),
        (["--batch-size", "0"], "profile: batch-size is within 1 and 1197; got 0"),
        (["--batch-size", "1198"], "profile: batch-size is within 1 and 1197; got 1198"),
        (["--keep", "2"], "keep is the probability to keep an activation"),
        (["--steps", "1", "--trace", "none/trace.json"], "cannot write none/trace.json: the folder"),
    ],
)
def test_profiles_that_cannot_be(fails, arguments, message):
    assert message in fails("profile", *arguments)


# History and curves


@pytest.mark.parametrize("batch_size, expected", [(10, [1, 4, 8, 12]), (100, [1, 2, 3])])
def test_records(batch_size, expected):
    y = np.arange(40) % 3
    data = {"X_train": np.eye(3)[y], "y_train": y, "X_val": np.eye(3), "y_val": np.arange(3)}
    net = tg.nn.TwoLayerNet(3, 4, 3, seed=0)
    solver = tg.Solver(net, data, num_epochs=3, batch_size=batch_size, verbose=False, seed=0)
    assert (measured_at(solver), records(solver)) == ([], [])
    solver.train()
    assert measured_at(solver) == expected
    found = records(solver)
    assert [record["epoch"] for record in found] == [at // solver.iterations_per_epoch for at in expected]
    assert found[1]["loss"] == pytest.approx(np.mean(solver.loss_history[1 : expected[1]]))
    assert found[-1]["val_accuracy"] == solver.val_acc_history[-1]
    assert curves.curves_png(solver, 0.5).startswith(b"\x89PNG")


# The terminal


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("rich", [True, False])
def test_progress_on_a_terminal(monkeypatch, rich):
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.progress", None)
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    with terminal.Progress(20) as progress:
        for i in range(1, 21):
            progress.update(i, f"epoch {i}")
    shown = screen.getvalue()
    assert "100%" in shown or "100 %" in shown
    assert "epoch 20" in shown
    assert shown.endswith(("\x1b[2K", "\x1b[K"))  # the bar is gone when the work is done


def test_progress_where_nobody_watches(capsys):
    with terminal.Progress(2) as progress:
        progress.update(1, "one")
        progress.update(2, "two")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("rich", [True, False])
def test_tables(monkeypatch, capsys, rich):
    header, rows = ["part", "number"], [("a", "1"), ("bcdef", "23")]
    print_table(header, rows)
    assert capsys.readouterr().out == "part   number\na           1\nbcdef      23\n"
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.table", None)
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    print_table(header, rows)
    assert ("┃" in screen.getvalue()) == rich
    assert "bcdef" in screen.getvalue()
