"""``torch.save`` and ``torch.load``: checkpoints as PyTorch's files, in which nothing is executed."""

from __future__ import annotations

import os
import pickle
import warnings
from typing import Any

from transpile.archive.zip_reader import ZipReader
from transpile.checkpoint import allowed
from transpile.checkpoint.reader import Reading, content_of, is_script, is_zip, read
from transpile.checkpoint.safetensors import read_safetensors
from transpile.checkpoint.storages import restore_location
from transpile.checkpoint.writer import stream_checkpoint, zip_checkpoint
from transpile.eager.size import device
from transpile.eager.storage import UntypedStorage

DEFAULT_PROTOCOL = 2


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Write tensors, dicts, lists and what else Python pickles to a path or a binary stream, so that PyTorch reads it."""
    is_path = isinstance(f, (str, os.PathLike))
    if not is_path and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    if _use_new_zipfile_serialization:
        stem = os.path.splitext(os.path.basename(os.fspath(f)))[0] if is_path else "archive"
        content = zip_checkpoint(obj, stem, pickle_protocol)
    else:
        content = stream_checkpoint(obj, pickle_protocol)
    if is_path:
        with open(f, "wb") as file:
            file.write(content)
    else:
        f.write(content)


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """The value of a file that ``torch.save`` wrote, in any format; tensors that shared memory share it again.

    Nothing in the file is executed, whatever ``weights_only`` says: with ``False``, numbers and arrays of NumPy may be in it
    as well, but no objects of other classes, unless ``add_safe_globals`` allows them.  ``RuntimeError`` says what is wrong with a
    file; it is a ``pickle.UnpicklingError`` if more than data would be needed.
    """
    only = weights_only if weights_only is not None else pickle_module is None
    if only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    how = Reading(map_location, only, encoding=pickle_load_args.get("encoding", "utf-8"))
    if isinstance(f, (str, os.PathLike)):
        path = os.fspath(f)
        if path.endswith(".safetensors"):
            return _load_safetensors(path, map_location)
        return _load(content_of(path), how, mmap, path)[0]
    start = _position(f)
    if mmap:
        raise ValueError("f must be a file path in order to use the mmap argument")
    value, taken = _load(memoryview(f.read()), how, mmap, None)
    f.seek(start + taken)
    return value


def _load(content: memoryview, how: Reading, mmap: bool | None, path: str | None) -> tuple[Any, int]:
    if not is_zip(content):
        if mmap:
            shown = "" if path is None else f"{path}, "
            raise RuntimeError(
                f"mmap can only be used with files saved with `torch.save({shown}_use_new_zipfile_serialization=True), "
                "please torch.save your checkpoint with this option in order to use mmap."
            )
    elif is_script(ZipReader(content)):
        return _load_script(content, how), len(content)
    return read(content, how)


def _load_script(content: memoryview, how: Reading) -> Any:
    from transpile.jit.archive.serialize import read_archive

    warnings.warn(
        "'torch.load' received a zip file that looks like a TorchScript archive dispatching to 'torch.jit.load' (call "
        "'torch.jit.load' directly to silence this warning)",
        UserWarning,
        stacklevel=4,
    )
    if how.weights_only:
        raise RuntimeError(
            "Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. Read them with "
            "`torch.jit.load`, or re-run `torch.load` with `weights_only` set to `False`: nothing in the file is executed."
        )
    return read_archive(bytes(content))


def _load_safetensors(path: str, map_location: Any) -> Any:
    if map_location is not None and not isinstance(map_location, (str, bytes, device)):
        kind = "dict" if isinstance(map_location, dict) else "callable"
        raise RuntimeError(
            f"Loading safetensors file with {kind} map_location is not supported. Use a device string or torch.device instead."
        )
    restore_location(map_location)(UntypedStorage(), "cpu")
    return read_safetensors(content_of(path), path)


def _position(f: Any) -> int:
    try:
        f.seek(f.tell())
    except (OSError, AttributeError) as error:  # io.UnsupportedOperation is an OSError
        if "seek" in str(error) or "tell" in str(error):
            raise type(error)(
                f"{error}. You can only torch.load from a file that is seekable. Please pre-load the data into a buffer like "
                "io.BytesIO and try to load from it instead."
            ) from None
        raise
    return int(f.tell())


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Allow checkpoints to hold objects of these classes, or results of these functions."""
    allowed.add(safe_globals)


def get_safe_globals() -> list[Any]:
    return allowed.current()


def clear_safe_globals() -> None:
    allowed.remove(allowed.current())


class safe_globals:
    """``add_safe_globals`` inside of a ``with``."""

    def __init__(self, safe_globals: list[Any]) -> None:
        self.safe_globals = safe_globals

    def __enter__(self) -> None:
        allowed.add(self.safe_globals)

    def __exit__(self, *_: object) -> None:
        allowed.remove(self.safe_globals)
