"""Files are whole or not there; reading one runs nothing that is in it."""

import errno
import io
import os
import stat

import numpy as np
import pytest

from tensorgraph.errors import DataError, FileError
from tensorgraph.files import atomic_write, read_bytes, read_npz, writable_folder


def test_writes_bytes_and_text_and_replaces(tmp_path):
    path = tmp_path / "a.txt"
    assert atomic_write(path, b"one") == path
    atomic_write(str(path), "zwölf")
    assert path.read_bytes() == "zwölf".encode()
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_mode_is_that_of_an_ordinary_file(tmp_path, umask):
    before = os.umask(umask)
    try:
        atomic_write(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644 & ~umask


def test_bytes_are_on_the_disk_before_the_name(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (calls.append("fsync"), fsync(handle))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append("replace"), replace(a, b))[1])
    atomic_write(tmp_path / "a", b"x")
    assert calls == ["fsync", "replace", "fsync"]  # the file, its name, the folder


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    path = tmp_path / "a"
    path.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(FileError, match=r"cannot write .*a: No space left on device"):
        atomic_write(path, b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic_write(tmp_path / "a", b"new")
    assert os.listdir(tmp_path) == []


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real" / "file")
    atomic_write(link, b"x")
    assert link.is_symlink()
    assert (tmp_path / "real" / "file").read_bytes() == b"x"


def test_what_is_no_plain_file_is_refused(tmp_path):
    with pytest.raises(FileError, match="it is a folder"):
        atomic_write(tmp_path, b"")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="not a plain file"):
        atomic_write(tmp_path / "pipe", b"")


def test_bad_folders(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match=r"cannot write .*a: the folder .*none does not exist\. Make it first"):
        atomic_write(tmp_path / "none" / "a", b"")
    with pytest.raises(FileError, match="is not a folder"):
        atomic_write(tmp_path / "file" / "a", b"")
    with pytest.raises(FileError, match=r"cannot write into the folder .*is not a folder"):
        writable_folder(tmp_path / "file")
    with pytest.raises(FileError, match="is not a folder"):
        writable_folder(tmp_path / "file" / "below")
    with pytest.raises(FileError, match="cannot write"):
        atomic_write(tmp_path / ("x" * 300), b"")


def test_a_folder_without_permission(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileError, match=r"Permission denied\. Choose a folder that you may write into"):
        writable_folder(tmp_path)


def test_writable_folder_makes_it_and_leaves_it_empty(tmp_path):
    folder = writable_folder(tmp_path / "a" / "b")
    assert os.listdir(folder) == []


def test_read_bytes(tmp_path):
    with pytest.raises(FileError, match=r"cannot read .*none: No such file"):
        read_bytes(tmp_path / "none")
    with pytest.raises(OSError, match="Is a directory"):
        read_bytes(tmp_path)


def test_read_npz(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.eye(2), y=np.arange(3))
    assert read_npz(path, DataError).keys() == {"x", "y"}
    assert read_npz(path, DataError, ("y",)).keys() == {"y"}
    with pytest.raises(DataError, match=r"has no array 'z'; it has x, y"):
        read_npz(path, DataError, ("x", "z"))
    with pytest.raises(FileError, match="No such file"):
        read_npz(tmp_path / "none.npz", DataError)


def test_every_truncation_is_noticed(tmp_path):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.arange(50.0), y=np.arange(5))
    whole = buffer.getvalue()
    for length in range(len(whole)):
        with pytest.raises(DataError, match="data is damaged"):
            read_npz(io.BytesIO(whole[:length]), DataError, name="data")


class Bomb:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_python_objects_are_never_unpickled(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.array([Bomb(str(tmp_path / "boom"))], dtype=object))
    with pytest.raises(DataError, match=r"no \.npz file of numbers .*Save arrays of numbers with np\.savez"):
        read_npz(path, DataError)
    np.array([Bomb(str(tmp_path / "boom"))], dtype=object).dump(path)  # a bare pickle under that name
    with pytest.raises(DataError, match="no .npz file of numbers"):
        read_npz(path, DataError)
    assert not (tmp_path / "boom").exists()


def test_a_single_array_is_no_npz(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(2))
    with pytest.raises(DataError, match="no .npz file"):
        read_npz(tmp_path / "a.npy", DataError)
