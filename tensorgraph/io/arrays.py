"""Named arrays in one file, ``.npz`` or ``.safetensors``, with a checksum that is verified when they are loaded.

Both formats hold nothing but numbers and text: loading them runs no code. ``.npz`` needs NumPy only.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, CheckpointError, DTypeError, MissingDependencyError
from ..files import atomic_write, read_bytes, read_npz

FORMAT = "tensorgraph 1"
_HEADER = "__metadata__"  # the name of the entry that holds the metadata; safetensors reserves the same one

Arrays = dict[str, np.ndarray]
Texts = dict[str, str]


def save_arrays(path: str | os.PathLike, arrays: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> Path:
    """Write named arrays, and texts that describe them, to ``.npz`` or ``.safetensors``; whole or not at all.

    Shapes and dtypes are kept, also of 0-d and empty arrays; memory order is not. Raises ArgumentError for another
    suffix, DTypeError for arrays that are not numbers, FileError when the file cannot be written, and
    MissingDependencyError for ``.safetensors`` without that package.

    >>> import numpy as np, tempfile, tensorgraph as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = tg.io.save_arrays(folder + "/weights.npz", {"W": np.eye(2)}, {"made by": "hand"})
    ...     tg.io.load_arrays(path)
    ({'W': array([[1., 0.],
           [0., 1.]])}, {'made by': 'hand'})
    """
    encode = _codec(path).encode
    plain = {name: _plain(name, value) for name, value in arrays.items()}
    texts = dict(metadata or {})
    if _HEADER in plain:
        raise ArgumentError(f"save_arrays: the name {_HEADER} is taken by the file format")
    return atomic_write(path, encode(plain, texts | {"format": FORMAT, "sha256": _digest(plain, texts)}))


def load_arrays(path: str | os.PathLike) -> tuple[Arrays, Texts]:
    """The arrays and texts that ``save_arrays`` wrote.

    Raises FileError when the file cannot be read, CheckpointError when it is damaged, was changed, or is not of ours.
    """
    arrays, texts = _codec(path).decode(Path(path))
    version, digest = texts.pop("format", None), texts.pop("sha256", None)
    if version is None or digest is None:
        raise CheckpointError(f"{path} was not written by tensorgraph.io: it has no format and checksum")
    if version != FORMAT:
        raise CheckpointError(f"{path} has the format {version!r}, and this version reads {FORMAT!r}")
    if digest != _digest(arrays, texts):
        raise CheckpointError(f"{path} was changed or damaged after it was written: its SHA-256 differs")
    return arrays, texts


def _plain(name: str, value: Any) -> np.ndarray:
    """A C-ordered array in the machine's byte order. (safetensors 0.8 stores other orders wrongly, and silently.)"""
    array = np.asarray(value, order="C")
    if array.dtype.kind not in "biufc":
        raise DTypeError(f"save_arrays: {name} holds {array.dtype}; only numbers and booleans can be saved")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _digest(arrays: Arrays, texts: Texts) -> str:
    """SHA-256 of everything: texts, names, dtypes, shapes, values."""
    sha = hashlib.sha256(json.dumps(sorted(texts.items())).encode())
    for name, array in sorted(arrays.items()):
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        sha.update(json.dumps([name, little.dtype.str, little.shape]).encode())
        sha.update(little.tobytes())
    return sha.hexdigest()


def _encode_npz(arrays: Arrays, texts: Texts) -> bytes:
    header = np.frombuffer(json.dumps(texts).encode(), np.uint8)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # np.savez cannot store arrays that are named after its parameters
        for name, array in {**arrays, _HEADER: header}.items():
            with archive.open(zipfile.ZipInfo(name + ".npy"), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
    return buffer.getvalue()


def _decode_npz(path: Path) -> tuple[Arrays, Texts]:
    arrays = read_npz(path, CheckpointError)
    return arrays, _texts(path, arrays.pop(_HEADER, np.array([])).tobytes())


def _encode_safetensors(arrays: Arrays, texts: Texts) -> bytes:
    for name, array in arrays.items():
        if array.dtype.kind == "c" or array.dtype.itemsize > 8:
            raise DTypeError(f"save_arrays: safetensors cannot hold {array.dtype} ({name}). Save to .npz")
    return _safetensors().save(arrays, {"tensorgraph": json.dumps(texts)})  # one entry: it would shuffle several


def _decode_safetensors(path: Path) -> tuple[Arrays, Texts]:
    library, content = _safetensors(), read_bytes(path)
    try:
        arrays = library.load(content)
    except Exception as reason:  # its error class is compiled, and NumPy's may come through
        raise CheckpointError(f"{path} is damaged or no .safetensors file: {reason}") from reason
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    return arrays, _texts(path, header.get(_HEADER, {}).get("tensorgraph", ""))


def _texts(path: Path, text: str | bytes) -> Texts:
    try:
        return dict(json.loads(text)) if text else {}
    except (ValueError, TypeError) as reason:
        raise CheckpointError(f"{path} is damaged: its metadata cannot be read ({reason})") from reason


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise MissingDependencyError(
            ".safetensors files need a package: pip install 'tensorgraph[train]'. Files that end in .npz need none"
        ) from error
    return safetensors.numpy


class _Codec(NamedTuple):
    encode: Callable[[Arrays, Texts], bytes]
    decode: Callable[[Path], tuple[Arrays, Texts]]


_CODECS = {
    ".npz": _Codec(_encode_npz, _decode_npz),
    ".safetensors": _Codec(_encode_safetensors, _decode_safetensors),
}


def _codec(path: str | os.PathLike) -> _Codec:
    suffix = Path(path).suffix
    if suffix not in _CODECS:
        raise ArgumentError(f"{path}: the name must end in {' or '.join(_CODECS)}; got {suffix!r}")
    return _CODECS[suffix]
