"""``--weights-from``: the weights of a checkpoint for a module; and checkpoints in the place of a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transpile.archive.zip_reader import ZipReader
from transpile.checkpoint.reader import MAGIC, Reading, content_of, is_script, is_tar, is_zip, read
from transpile.checkpoint.safetensors import read_safetensors
from transpile.checkpoint.state_dict import StateDict, chosen, state_dicts, without_prefix
from transpile.cli import report
from transpile.cli.program import ModelFileError
from transpile.core.errors import ArchiveError, Ts2cppError
from transpile.eager.tensor import Tensor
from transpile.pytorch.ownership import is_pytorch

_PICKLE = b"\x80\x02\x8a\n" + MAGIC.to_bytes(10, "little")


def load_weights(module: Any, checkpoint: str) -> None:
    """Load the state dict of a checkpoint (``FILE``, or ``FILE:ENTRY`` for one entry of it) into a module.

    What was chosen and what was left out is said.  ``ModelFileError`` lists what does not fit, in PyTorch's words.
    """
    if not hasattr(module, "load_state_dict"):
        raise ModelFileError(f"--weights-from: the entry is a {type(module).__name__}, which holds no weights")
    path, entry = _split(checkpoint)
    found = _found(path)
    wanted = list(module.state_dict())
    one = _one_of(found, path, entry)
    entries, prefix = without_prefix(one.entries, wanted)
    others = [other.where for other in found if other is not one]
    said = [f"weights: {len(entries)} entries of {path}"]
    said += [f"found under {one.where!r}"] if one.where else []
    said += [f"of a module of class {one.module} that was pickled as a whole"] if one.module else []
    said += [f"not those under {', '.join(map(repr, others))}"] if others else []
    said += [f"the prefix {prefix!r} of their names is left out"] if prefix else []
    report.say("  " + "; ".join(said))
    try:
        module.load_state_dict(_for(module, entries))
    except Ts2cppError:
        raise
    except RuntimeError as error:
        raise ModelFileError(f"{path} does not fit the model. {error}") from None


def refuse_checkpoint(path: Path) -> None:
    """``ModelFileError`` for a file that holds weights and not a program, with what to do; others are left alone."""
    content = content_of(path)
    if is_zip(content):
        archive = ZipReader(content)
        if any(name.endswith("/archive_format") for name in archive.names):
            raise ModelFileError(
                f"{path} is what torch.export.save writes, and not a TorchScript archive: export the Python file that defines "
                "the model, or an archive that torch.jit.save has written"
            )
        if is_script(archive) or not any(name.endswith("/data.pkl") for name in archive.names):
            return
    elif not (path.suffix == ".safetensors" or is_tar(content) or bytes(content[: len(_PICKLE)]) == _PICKLE):
        return
    found = state_dicts(_value(path, content))
    if not found:
        raise ModelFileError(
            f"{path} holds neither a program nor a state dict: expected MODEL.py or an archive MODEL.pt"
        )
    holds = "; ".join(one.describe() for one in found[:4])
    raise ModelFileError(
        f"{path} holds {holds}, and not a model: the program that the weights belong to is not in the file. Export the Python "
        f"file that defines it, with these weights:\n  ts2cpp export MODEL.py --weights-from {path} --out DIR"
    )


def _split(checkpoint: str) -> tuple[Path, str]:
    head, colon, entry = checkpoint.rpartition(":")
    if colon and not Path(checkpoint).exists() and Path(head).is_file():
        return Path(head), entry
    if not Path(checkpoint).is_file():
        raise ModelFileError(f"--weights-from: there is no file {checkpoint}")
    return Path(checkpoint), ""


def _value(path: Path, content: memoryview) -> Any:
    """What a checkpoint holds; objects of classes that are not known stay data."""
    if path.suffix == ".safetensors":
        return read_safetensors(content, str(path))
    try:
        return read(content, Reading("cpu", weights_only=False, foreign=True))[0]
    except EOFError:
        raise ArchiveError("the file is empty", str(path)) from None


def _found(path: Path) -> list[StateDict]:
    if path.suffix == ".json":
        return [StateDict("", _of_shards(path))]
    content = content_of(path)
    if is_zip(content) and is_script(ZipReader(content)):
        from transpile.jit.archive.serialize import load

        return [StateDict("", load(path).state_dict())]
    found = state_dicts(_value(path, content))
    if not found:
        raise ModelFileError(f"--weights-from: {path} holds no state dict")
    return found


def _of_shards(index: Path) -> dict[str, Any]:
    """The tensors of a checkpoint in several files, which an index lists by name (``"weight_map"``)."""
    try:
        names = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        files = sorted({str(Path(file).name) for file in names.values()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelFileError(f"--weights-from: {index} is no index of a checkpoint in several files") from None
    entries: dict[str, Any] = {}
    for file in files:
        path = index.parent / file
        if not path.is_file():
            raise ModelFileError(f"--weights-from: {index} names {file}, which does not lie beside it")
        for one in state_dicts(_value(path, content_of(path))):
            entries.update(one.entries)
    lost = [name for name in names if name not in entries]
    if lost:
        raise ModelFileError(f"--weights-from: {index} lists {lost[0]!r}, which is in none of its files")
    return entries


def _one_of(found: list[StateDict], path: Path, entry: str) -> StateDict:
    names = ", ".join(repr(one.where) for one in found)
    if entry:
        for one in found:
            if one.where == entry:
                return one
        raise ModelFileError(f"--weights-from: {path} has no state dict under {entry!r}; it has {names}")
    one_found = chosen(found)
    if one_found is None:
        raise ModelFileError(
            f"--weights-from: {path} holds several state dicts, under {names}: say which, --weights-from {path}:{found[0].where}"
        )
    return one_found


def _for(module: Any, entries: Mapping[str, Any]) -> Any:
    """The state dict with tensors of the torch that the module is of."""
    if not is_pytorch(module):
        return entries
    from collections import OrderedDict

    from transpile.pytorch.library import tensor_of

    made: Any = OrderedDict((k, tensor_of(v._array.copy()) if isinstance(v, Tensor) else v) for k, v in entries.items())
    if hasattr(entries, "_metadata"):
        made._metadata = entries._metadata
    return made
