"""The digits that come with the package, and data from files: right when good, refused with a clear word when not."""

import hashlib
import io

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.data import check_examples, digits, from_npz, optical_digits, split
from tensorgraph.errors import DataError, FileError


def test_digits():
    data = digits()
    parts = [(data.X_train, data.y_train), (data.X_val, data.y_val), (data.X_test, data.y_test)]
    assert [len(y) for _, y in parts] == [1197, 300, 300]
    for X, y in parts:
        assert X.shape == (len(y), 64)
        assert (X.dtype, y.dtype) == (np.float32, np.int64)
        assert X.min() == 0
        assert X.max() == 1
        assert set(y.tolist()) == set(range(10))
    assert (data.num_classes, data.input_dim) == (10, 64)


def test_digits_are_all_there_once():
    data = digits()
    images, labels = optical_digits._load()
    assert images.shape == (1797, 8, 8)
    as_the_source_lists_them = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(labels).tolist() == as_the_source_lists_them

    def rows(X, y):
        return sorted(map(bytes, np.column_stack([X, y]).astype(np.uint8)))

    X, y = (np.concatenate([data[f"{name}_{part}"] for part in ("train", "val", "test")]) for name in "Xy")
    assert rows(X * 16, y) == rows(images.reshape(-1, 64), labels)


def test_the_split_never_changes():
    labels = digits().y_test.astype(np.uint8).tobytes()
    assert hashlib.sha256(labels).hexdigest()[:16] == "7d23ec74cf0b9fd8"
    assert (digits(seed=1).y_test != digits().y_test).any()
    assert (digits(seed=1).y_test == digits(seed=1).y_test).all()


def test_a_look_at_a_digit():
    """The first image of the source is a zero: a ring with a hole."""
    images, labels = optical_digits._load()
    assert labels[0] == 0
    assert images[0, 3:5, 3:5].max() < images[0, :, 2].max()


@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: c[:100] + b"x" + c[101:], lambda c: b""])
def test_damaged_digits_are_refused(tmp_path, monkeypatch, damage):
    content = (optical_digits.files("tensorgraph.data") / "digits.npz").read_bytes()
    (tmp_path / "digits.npz").write_bytes(damage(content))
    monkeypatch.setattr(optical_digits, "files", lambda package: tmp_path)
    with pytest.raises(DataError, match=r"is damaged\. Install tensorgraph again"):
        digits()
    (tmp_path / "digits.npz").unlink()
    with pytest.raises(DataError, match=r"is missing .*Install tensorgraph again"):
        digits()


def test_the_licence_is_beside_the_data():
    text = (optical_digits.files("tensorgraph.data") / "DIGITS.txt").read_text()
    for word in ("Alpaydin", "Kaynak", "UCI", "CC BY 4.0", "creativecommons.org/licenses/by/4.0"):
        assert word in text


# A data set as a record and as a dict


def test_dataset_is_a_record_and_a_dict():
    data = digits()
    assert data["X_train"] is data.X_train
    assert dict(data).keys() == {"X_train", "y_train", "X_val", "y_val", "X_test", "y_test"}
    assert "X_val" in data
    assert "num_classes" not in data
    with pytest.raises(KeyError):
        data["num_classes"]
    net = tg.nn.TwoLayerNet(64, 5, 10, seed=0)
    for given in (data, dict(data)):
        tg.Solver(net, given, num_epochs=1, verbose=False).train()


def test_split_keeps_examples_with_their_labels():
    X = np.arange(50.0)[:, None]
    data = split(X, np.arange(50), val_fraction=0.2, test_fraction=0.1, seed=3)
    assert [len(data[f"y_{part}"]) for part in ("train", "val", "test")] == [35, 10, 5]
    together = np.concatenate([data.y_train, data.y_val, data.y_test])
    assert sorted(together) == list(range(50))
    assert (np.concatenate([data.X_train, data.X_val, data.X_test])[:, 0] == together).all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_too_few_to_split(n):
    with pytest.raises(DataError, match=f"{n} examples cannot be split"):
        split(np.zeros((n, 2)), np.zeros(n, int))


# Examples of one's own


def good(n=30):
    return np.random.default_rng(0).standard_normal((n, 2, 3)), np.arange(n) % 3


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "my.npz", **arrays)
    return tmp_path / "my.npz"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.uint8, np.int64, bool])
def test_from_npz(tmp_path, dtype):
    X, y = good()
    data = from_npz(saved(tmp_path, X=X.astype(dtype), y=y.astype(np.uint8), more=X))
    assert data.X_train.dtype == np.float32
    assert data.y_train.dtype == np.int64
    assert (data.input_dim, data.num_classes) == (6, 3)
    assert sorted(np.concatenate([data.X_train, data.X_val, data.X_test])[:, 0, 0]) == sorted(
        X.astype(dtype)[:, 0, 0].astype(np.float32)
    )


def with_nan(X):
    X = X.copy()
    X[4, 1, 2] = np.nan
    return X


BAD = {
    "nan": (lambda X, y: (with_nan(X), y), r"1 NaN or Inf, the first at \(4, 1, 2\): nan"),
    "inf": (lambda X, y: (np.where(np.isnan(with_nan(X)), np.inf, X), y), r"at \(4, 1, 2\): inf"),
    "too large for float32": (lambda X, y: (np.where(X > 1, 1e300, X), y), "NaN or Inf"),
    "float labels": (lambda X, y: (X, y.astype(float)), r"must be integers; .* y is \(30,\) float64.*astype"),
    "boolean labels": (lambda X, y: (X, y > 1), "must be integers"),
    "text labels": (lambda X, y: (X, y.astype(str)), "must be integers"),
    "negative label": (lambda X, y: (X, y - 1), r"count from 0, but y\[0\] is -1"),
    "labels that are numbers of something else": (lambda X, y: (X, y + 1000), "the largest label is 1002, with 30"),
    "lengths": (lambda X, y: (X, y[:-1]), r"one label; X is \(30, 2, 3\) float64, y is \(29,\)"),
    "labels in a column": (lambda X, y: (X, y[:, None]), r"y \(N,\); .*y is \(30, 1\)"),
    "no axis of features": (lambda X, y: (X[:, 0, 0], y), "an axis of features"),
    "empty": (lambda X, y: (X[:0], y[:0]), "there are no examples"),
    "no features": (lambda X, y: (X[:, :0], y), "there are no examples"),
    "text": (lambda X, y: (X.astype(str), y), "X must hold numbers"),
    "complex": (lambda X, y: (X + 1j, y), "X must hold numbers"),
    "objects": (lambda X, y: (X.astype(object), y), "file of numbers"),
}


@pytest.mark.parametrize("spoil, message", BAD.values(), ids=BAD)
def test_bad_examples(tmp_path, spoil, message):
    X, y = spoil(*good())
    with pytest.raises(DataError, match=message) as caught:
        from_npz(saved(tmp_path, X=X, y=y))
    if message != "NaN or Inf":  # that one is found after the conversion
        assert "my.npz" in str(caught.value)


def test_bad_files(tmp_path):
    with pytest.raises(DataError, match="has no array 'y'; it has X, labels"):
        from_npz(saved(tmp_path, X=np.eye(3), labels=np.arange(3)))
    with pytest.raises(FileError, match="cannot read"):
        from_npz(tmp_path / "none.npz")
    path = saved(tmp_path, X=good()[0], y=good()[1])
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="damaged"):
        from_npz(path)
    path.write_text("X,y\n1,2\n")
    with pytest.raises(DataError, match="damaged or no .npz"):
        from_npz(path)


def test_a_bad_array_in_memory():
    X, y = good()
    with pytest.raises(DataError, match="X is a list, not an array"):
        check_examples(X.tolist(), y)
    with pytest.raises(DataError, match="y is a Tensor, not an array"):
        check_examples(X, tg.Tensor(y))


def test_reading_leaves_no_file_open(tmp_path):
    path = saved(tmp_path, X=good()[0], y=good()[1])
    from_npz(path)  # an unclosed file would be a ResourceWarning, which is an error here
    content = io.BytesIO(path.read_bytes())
    assert tg.files.read_npz(content, DataError, ("y",))["y"].shape == (30,)
    assert not content.closed
