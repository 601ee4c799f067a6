"""What is saved comes back to the bit; what was damaged, changed or is foreign is refused; nothing is unpickled."""

import io
import json
import sys
import zipfile

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, CheckpointError, DTypeError, FileError, MissingDependencyError
from tensorgraph.io import Checkpoint, load_arrays, load_checkpoint, save_arrays, save_checkpoint
from tensorgraph.io.tree import pack, unpack

SUFFIXES = [".npz", ".safetensors"]
both = pytest.mark.parametrize("suffix", SUFFIXES)

BASE = np.arange(24.0).reshape(4, 6)
LAYOUTS = {
    "plain": BASE,
    "transposed": BASE.T,
    "fortran": np.asfortranarray(BASE),
    "strided": BASE[::2, 1::3],
    "backwards": BASE[::-1, ::-1],
    "broadcast": np.broadcast_to(np.arange(3.0), (2, 3)),
    "0-d": np.array(2.5),
    "empty": np.zeros((0, 3)),
    "big endian": BASE.astype(">f8"),
    "swapped axes": np.arange(24).reshape(2, 3, 4).transpose(1, 2, 0),
}


def net(**options):
    settings = dict(dropout=0.5, use_batchnorm=True, reg=0.1, seed=4)
    return tg.nn.FullyConnectedNet([5, 4], input_dim=6, num_classes=3, **settings | options)


def batch():
    rng = np.random.default_rng(0)
    return rng.standard_normal((8, 6)).astype(np.float32), rng.integers(0, 3, 8)


# Arrays


@both
def test_every_memory_layout(tmp_path, suffix):
    loaded, _ = load_arrays(save_arrays(tmp_path / f"a{suffix}", LAYOUTS))
    assert loaded.keys() == LAYOUTS.keys()
    for name, array in LAYOUTS.items():
        assert loaded[name].shape == array.shape, name
        assert loaded[name].dtype == array.dtype.newbyteorder("="), name
        assert (loaded[name] == array).all(), name


@both
@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"])
def test_every_dtype(tmp_path, suffix, dtype):
    array = np.array([0, 1, 1]).astype(dtype)
    loaded, _ = load_arrays(save_arrays(tmp_path / f"a{suffix}", {"a": array}))
    assert loaded["a"].dtype == array.dtype
    assert (loaded["a"] == array).all()


def test_complex_goes_into_npz_only(tmp_path):
    array = np.array([1 + 2j])
    assert load_arrays(save_arrays(tmp_path / "a.npz", {"a": array}))[0]["a"] == array
    with pytest.raises(DTypeError, match=r"safetensors cannot hold complex128 \(a\)\. Save to \.npz"):
        save_arrays(tmp_path / "a.safetensors", {"a": array})


@both
def test_names_and_texts(tmp_path, suffix):
    names = ["file", "allow_pickle", "arr_0", "a/b", "a.b", "ü", "args", "../up"]
    arrays = {name: np.array(i) for i, name in enumerate(names)}
    texts = {"note": 'quotes " and ü\n', "empty": ""}
    loaded, found = load_arrays(save_arrays(tmp_path / f"a{suffix}", arrays, texts))
    assert {name: int(a) for name, a in loaded.items()} == {name: i for i, name in enumerate(names)}
    assert found == texts


@both
def test_the_same_contents_give_the_same_bytes(tmp_path, suffix):
    a, b = (save_arrays(tmp_path / f"{name}{suffix}", LAYOUTS, {"k": "v"}) for name in "ab")
    assert a.read_bytes() == b.read_bytes()


@both
@pytest.mark.parametrize("array", [np.array([None]), np.array(["a"]), np.array(["2020-01-01"], "M8[D]")])
def test_only_numbers(tmp_path, suffix, array):
    with pytest.raises(DTypeError, match="save_arrays: a holds"):
        save_arrays(tmp_path / f"a{suffix}", {"a": array})
    assert not list(tmp_path.iterdir())


def test_the_suffix_says_the_format(tmp_path):
    with pytest.raises(ArgumentError, match=r"must end in \.npz or \.safetensors; got '\.pkl'"):
        save_arrays(tmp_path / "a.pkl", {})
    with pytest.raises(ArgumentError, match="must end in"):
        load_arrays(tmp_path / "a")


def test_the_name_of_the_metadata_is_taken(tmp_path):
    with pytest.raises(ArgumentError, match="__metadata__ is taken"):
        save_arrays(tmp_path / "a.npz", {"__metadata__": np.eye(1)})


def test_without_safetensors(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.delitem(sys.modules, "safetensors.numpy", raising=False)
    with pytest.raises(MissingDependencyError, match=r"pip install 'tensorgraph\[train\]'"):
        save_arrays(tmp_path / "a.safetensors", {"a": np.eye(1)})
    save_arrays(tmp_path / "a.npz", {"a": np.eye(1)})


# Damage


@both
def test_every_truncation_is_noticed(tmp_path, suffix):
    path = save_arrays(tmp_path / f"a{suffix}", {"a": np.arange(9.0)}, {"k": "v"})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            load_arrays(path)


@both
def test_no_changed_byte_changes_what_is_loaded(tmp_path, suffix):
    path = save_arrays(tmp_path / f"a{suffix}", {"a": np.arange(9.0), "b": np.arange(2)}, {"k": "v"})
    whole = path.read_bytes()
    noticed = 0
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x15]) + whole[at + 1 :])
        try:
            arrays, texts = load_arrays(path)
        except CheckpointError:
            noticed += 1
        else:  # dates and the like, in the zip's own records
            assert {name: array.tolist() for name, array in arrays.items()} == {"a": [*range(9)], "b": [0, 1]}
            assert texts == {"k": "v"}
    assert noticed > 0.6 * len(whole)


def test_a_value_changed_with_care_is_noticed(tmp_path):
    """A zip that is whole, its own checksums right, with another number in it."""
    path = save_arrays(tmp_path / "a.npz", {"a": np.arange(3.0)})
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    changed = io.BytesIO()
    np.save(changed, np.array([0.0, 1.0, 2.5]))
    entries["a.npy"] = changed.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(CheckpointError, match="was changed or damaged after it was written: its SHA-256 differs"):
        load_arrays(path)


@both
def test_files_of_others(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    if suffix == ".npz":
        np.savez(path, a=np.eye(2))
    else:
        import safetensors.numpy

        safetensors.numpy.save_file({"a": np.eye(2)}, path)
    with pytest.raises(CheckpointError, match="was not written by tensorgraph.io"):
        load_arrays(path)
    with pytest.raises(FileError, match="cannot read"):
        load_arrays(tmp_path / f"none{suffix}")


def test_a_later_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tensorgraph.io.arrays.FORMAT", "tensorgraph 9")
    path = save_arrays(tmp_path / "a.npz", {})
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="'tensorgraph 9', and this version reads 'tensorgraph 1'"):
        load_arrays(path)


# Trees


def test_trees():
    tree = {"a": [1, 2.5, None, True, "x", {"b": np.arange(3)}], "n": np.float32(0.1), "big": 2**100, "tiny": 1e-320}
    arrays, text = pack(tree)
    json.loads(text)
    found = unpack(arrays, text)
    assert found["a"][:5] == [1, 2.5, None, True, "x"]
    assert found["a"][5]["b"].tolist() == [0, 1, 2]
    assert found["n"] == np.float32(0.1)
    assert found["n"].dtype == np.float32
    assert (found["big"], found["tiny"]) == (2**100, 1e-320)
    found = unpack(*pack({"x": (1, np.float64(0.1))}))
    assert found == {"x": [1, 0.1]}
    assert type(found["x"][1]) is float


@pytest.mark.parametrize("value", [object(), {1, 2}, {1: 2}, {"$array": 1}, b"x", 1j, np.random.default_rng(0)])
def test_what_no_tree_can_hold(value):
    with pytest.raises(CheckpointError, match=r"here\.0: a \w+ cannot be saved"):
        pack({"here": [value]})


# Checkpoints


@both
def test_a_net_is_rebuilt(tmp_path, suffix):
    X, y = batch()
    one = net()
    one.loss(X, y)  # moves the running statistics
    two = load_checkpoint(save_checkpoint(tmp_path / f"net{suffix}", one)).build()
    assert two.config == one.config
    assert (two.loss(X) == one.loss(X)).all()
    for name, value in one.state_dict().items():
        assert (two.state_dict()[name] == value).all()


def test_a_two_layer_net_is_rebuilt(tmp_path):
    one = tg.nn.TwoLayerNet(6, 5, 3, dtype=np.float64, seed=1)
    two = load_checkpoint(save_checkpoint(tmp_path / "net.npz", one)).build()
    assert type(two) is tg.nn.TwoLayerNet
    assert (two.loss(batch()[0]) == one.loss(batch()[0])).all()


@both
@pytest.mark.parametrize("rule", ["SGD", "RMSProp", "Adam", "AdamW"])
def test_training_goes_on_where_it_was_saved(tmp_path, suffix, rule):
    X, y = batch()

    def step(model, optimizer):
        optimizer.zero_grad()
        model.objective(X, y).backward()
        optimizer.step()

    options = {"momentum": 0.9} if rule == "SGD" else {}
    one = net(dropout=1)
    first = getattr(tg.optim, rule)(one.parameters(), lr=0.1, **options)
    for _ in range(3):
        step(one, first)
    path = save_checkpoint(tmp_path / f"a{suffix}", one, first, extra={"note": "hm", "values": [np.eye(2)]})
    step(one, first)

    saved = load_checkpoint(path)
    two = saved.build()
    second = getattr(tg.optim, rule)(two.parameters(), lr=7, **options)
    second.load_state_dict(saved.optimizer)
    step(two, second)
    for name, value in one.state_dict().items():
        assert (two.state_dict()[name] == value).all(), name
    assert saved.extra["note"] == "hm"
    assert saved.extra["values"][0].tolist() == np.eye(2).tolist()


def test_a_net_of_ones_own(tmp_path):
    def make():
        return tg.nn.Sequential(tg.nn.Linear(6, 3, rng=0), tg.nn.BatchNorm1d(3))

    one = make()
    one(batch()[0])
    saved = load_checkpoint(save_checkpoint(tmp_path / "a.npz", one))
    with pytest.raises(CheckpointError, match=r"a Sequential cannot be made .* model\.load_state_dict"):
        saved.build()
    two = make()
    two.load_state_dict(saved.model)
    assert (two.eval()(batch()[0]).numpy() == one.eval()(batch()[0]).numpy()).all()


def test_what_does_not_fit(tmp_path):
    path = save_checkpoint(tmp_path / "a.npz", net())
    with pytest.raises(CheckpointError, match="W1"):
        net(dropout=1, use_batchnorm=False).load_state_dict(load_checkpoint(path).model | {"W1": np.eye(2)})
    with pytest.raises(CheckpointError, match="extra: a object cannot be saved"):
        save_checkpoint(tmp_path / "b.npz", net(), extra=object())
    assert not (tmp_path / "b.npz").exists()
    save_arrays(tmp_path / "c.npz", {"a": np.eye(1)})
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        load_checkpoint(tmp_path / "c.npz")
    arrays, _ = load_arrays(path)
    tree = pack(vars(load_checkpoint(path)))[1]
    arrays.pop("model.W1")
    save_arrays(tmp_path / "d.npz", arrays, {"checkpoint": tree})
    with pytest.raises(CheckpointError, match=r"do not fit together.*model\.W1"):
        load_checkpoint(tmp_path / "d.npz")
    save_arrays(tmp_path / "e.npz", {}, {"checkpoint": '{"kind": 1}'})
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        load_checkpoint(tmp_path / "e.npz")


def test_a_failed_save_leaves_the_old_checkpoint(tmp_path):
    path = save_checkpoint(tmp_path / "a.npz", net())
    before = path.read_bytes()
    with pytest.raises(FileError):
        save_checkpoint(tmp_path / "none" / "a.npz", net())
    with pytest.raises(CheckpointError):
        Checkpoint("x", None, {}, extra=object()).save(path)
    assert path.read_bytes() == before
