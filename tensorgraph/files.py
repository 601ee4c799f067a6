"""Files, safely: none is ever half-written, and reading one runs nothing that is in it."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .errors import FileError, TensorGraphError


def atomic_write(path: str | os.PathLike, content: bytes | str) -> Path:
    """Write a file whole or not at all, and return its path. An existing file is replaced in one step.

    content  bytes, or text that is written as UTF-8

    The bytes are on the disk before the file gets its name, so a crash leaves the old file or the new one. A symbolic
    link is followed. Raises FileError when the folder is missing or cannot be written, or the path is no plain file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     atomic_write(folder + "/notes.txt", "six words").read_text()
    'six words'
    """
    path = Path(path)
    target = Path(os.path.realpath(path))
    if os.path.exists(target) and not os.path.isfile(target):  # renaming over a device such as /dev/null would break it
        raise FileError(f"cannot write {path}: it is {'a folder' if os.path.isdir(target) else 'not a plain file'}")
    data = content.encode() if isinstance(content, str) else content
    temporary = target.with_name(f".tmp-{secrets.token_hex(8)}")
    try:
        try:
            _write_new(temporary, data)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except FileNotFoundError as error:
        raise FileError(f"cannot write {path}: the folder {target.parent} does not exist. Make it first") from error
    except OSError as error:
        raise FileError(f"cannot write {path}: {_reason(error, target.parent)}") from error
    _sync_folder(target.parent)
    return path


def writable_folder(path: str | os.PathLike) -> Path:
    """Make a folder, if it is not there, and prove that a file can be written into it: before long work, not after.

    Raises FileError.
    """
    path = Path(path)
    probe = path / f".tmp-{secrets.token_hex(8)}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        _write_new(probe, b"")
        probe.unlink()
    except OSError as error:
        raise FileError(f"cannot write into the folder {path}: {_reason(error, path)}") from error
    return path


def read_bytes(path: str | os.PathLike) -> bytes:
    """All bytes of a file. Raises FileError when there is none, or it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from error


def read_npz(
    source: str | os.PathLike | BinaryIO,
    error: type[TensorGraphError],
    keys: Iterable[str] | None = None,
    *,
    name: str | None = None,
) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz`` file; never unpickles.

    source  a path, or an open binary file
    error   what to raise when the file is damaged, holds Python objects, or lacks a key
    keys    read only these
    name    what to call the file in messages (default: its path)

    Raises FileError when the file cannot be opened.
    """
    name = name or str(source)
    with contextlib.ExitStack() as stack:
        if isinstance(source, str | os.PathLike):
            try:
                source = stack.enter_context(open(source, "rb"))
            except OSError as reason:
                raise FileError(f"cannot read {name}: {reason.strerror or reason}") from reason
        try:
            archive = stack.enter_context(np.load(source, allow_pickle=False))
            missing = [key for key in keys or () if key not in archive]
            if not missing:
                return {key: archive[key] for key in keys or archive.files}
        except Exception as reason:  # on damage zipfile, zlib and NumPy raise nearly anything, OSError among it
            said = str(reason) or type(reason).__name__
            advice = ". Save arrays of numbers with np.savez" if "allow_pickle" in said else ""
            raise error(f"{name} is damaged or no .npz file of numbers ({said}){advice}") from reason
    raise error(f"{name} has no array {missing[0]!r}; it has {', '.join(archive.files) or 'none'}")


def _write_new(path: Path, data: bytes) -> None:
    """Write a new file and wait for the disk. The system takes the umask off its mode."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too. Where a folder cannot be synced (Windows, some disks) the file is still whole."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _reason(error: OSError, folder: Path) -> str:
    """What went wrong, and what to do about it."""
    said = error.strerror or str(error)
    if isinstance(error, NotADirectoryError | FileExistsError):
        return f"{folder}, or a part of that path, is not a folder. Choose another place"
    if isinstance(error, PermissionError | FileNotFoundError):
        return f"{said}. Choose a folder that you may write into"
    return said
