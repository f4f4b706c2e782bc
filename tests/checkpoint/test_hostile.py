"""Files that nobody's PyTorch wrote: nothing runs, nothing takes long, and what is wrong is said."""

from __future__ import annotations

import io
import random
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checkpoint.record import FOLDER
from transpile import torch
from transpile.archive.zip_reader import ZipReader
from transpile.archive.zip_writer import ZipWriter
from transpile.core.errors import ArchiveError

_STORAGE = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x06tQ"
_LARGE = b"\x8a\x08\0\0\0\0\0\0\0"  # 2 ** 56 times the byte that follows
_TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"


def zipped(pickled: bytes, storage: bytes = b"\0" * 24) -> bytes:
    out = ZipWriter("archive")
    out.add("data.pkl", pickled)
    out.add("data/0", storage)
    return out.finish()


def body(text: bytes) -> bytes:
    return zipped(b"\x80\x02" + text + b".")


def load(content: bytes) -> Any:
    return torch.load(io.BytesIO(content), weights_only=False)


# Tuples that hold each other twice: 2 ** 60 of them, if anything walked over them.
_NESTED = b")q\x00" + b"".join(b"0h" + bytes([n]) + b"h" + bytes([n]) + b"\x86q" + bytes([n + 1]) for n in range(60))
_LIST = b"](" + b"K\x01" * 50_000 + b"eq\x00"
HOSTILE = {
    "a call of the system": b"cos\nsystem\n(X\x04\x00\x00\x00truetR",
    "eval": b"cbuiltins\neval\n(X\x01\x00\x00\x001tR",
    "a call of what was made": b"]" + b")R",
    "a method by a long name": b"\x8c\x08builtins\x8c\x10getattr.__call__\x93)R",
    "a tuple of tuples as a key": b"}" + _NESTED + b"K\x01s",
    "a set of them": b"c__builtin__\nset\n](" + _NESTED + b"e\x85R",
    "a list that is copied over and over": _LIST + b"0" + b"cbuiltins\nset\nh\x00\x85R0" * 50_000 + b"N",
    "a text that is encoded over and over": b"X\x00\x00\x10\x00" + b"a" * (1 << 20) + b"q\x00"
    + b"c_codecs\nencode\nh\x00\x85R0" * 10_000,
    "an unhashable key": b"}]K\x01s",
    "a tensor without arguments": _TENSOR + b")R",
    "a tensor of text": _TENSOR + b"(X\x01\x00\x00\x00aK\x00K\x01\x85K\x01\x85\x89}tR",
    "a tensor that reaches too far": _TENSOR + b"(" + _STORAGE + b"K\x04K\x03\x85K\x01\x85\x89}tR",
    "a tensor with negative strides": _TENSOR + b"(" + _STORAGE + b"K\x00K\x03\x85J\xff\xff\xff\xff\x85\x89}tR",
    "a tensor of 2 ** 60": _TENSOR + b"(" + _STORAGE + b"K\x00" + _LARGE + b"\x10\x85K\x00\x85\x89}tR",
    "a tensor of nothing times 2 ** 61": _TENSOR + b"(" + _STORAGE + b"K\x00K\x00" + _LARGE + b"\x20\x86K\x01K\x01\x86\x89}tR",
    "a size that is no number": _TENSOR + b"(" + _STORAGE + b"K\x00N\x85K\x01\x85\x89}tR",
    "a storage of 2 ** 60": _STORAGE.replace(b"K\x06", _LARGE + b"\x10"),
    "a storage of another kind": b"K\x03Q",
    "a storage that is not there": _STORAGE.replace(b"\x000X", b"\x007X"),
    "an integer of 2 ** 31 bytes": b"\x8b\xff\xff\xff\x7f",
    "a text that is cut off": b"X\xff\xff\xff\xffabc",
    "half a character": b"X\x01\x00\x00\x00\xff",
    "a mark that is not closed": b"(((",
    "a value out of nothing": b"a",
    "memory of what is not there": b"h\x07",
    "a state of nothing": b"Nb",
    "a state of a number": b"K\x01}b",
    "items for a number": b"K\x01(K\x01K\x02u",
    "half an item": b"}(K\x01u",
    "an ordered dict of no pairs": b"ccollections\nOrderedDict\n](K\x01e\x85R",
    "attributes of an ordered dict that are no names": b"ccollections\nOrderedDict\n)R}K\x01K\x02sb",
    "a complex number of texts": b"cbuiltins\ncomplex\nX\x01\x00\x00\x00a\x85R",
    "a dtype that is called": b"ctorch\nfloat32\n)R",
    "a size of texts": b"ctorch\nSize\n](X\x01\x00\x00\x00ae\x85R",
    "a device that is not known": b"ctorch\ndevice\nX\x03\x00\x00\x00tpu\x85R",
    "an array of objects": b"cnumpy\ndtype\n(X\x01\x00\x00\x00OK\x00K\x01tR",
    "an array of NumPy that is too short": b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
    b"(K\x01K\x05\x85cnumpy\ndtype\n(X\x02\x00\x00\x00f8K\x00K\x01tR\x89C\x01xtb",
    "tensors of a type that there is not": b"ctorch\nQInt8Storage\n",
    "another of those": b"ctorch\nfloat8_e4m3fn\n",
    "another protocol": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hand_made(name: str, tmp_path: Path) -> None:
    content = zipped(b"\x80\x00.") if name == "another protocol" else body(HOSTILE[name])
    (tmp_path / "file.pt").write_bytes(content)
    for file in (io.BytesIO(content), tmp_path / "file.pt"):
        with pytest.raises(RuntimeError) as raised:
            torch.load(file, weights_only=False)
        assert isinstance(raised.value, ArchiveError) or "device" in str(raised.value)


def test_deep_data_is_read() -> None:
    value = load(body(_NESTED + b"K\x01\x86"))
    assert value[1] == 1
    assert len(load(body(b"]" * 20_000 + b"a" * 19_999))) == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02.", b"\x80\x02N.", b"hello", b"\0" * 600])
def test_no_checkpoints(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.pt").write_bytes(content)
    for file in (io.BytesIO(content), tmp_path / "file.pt"):
        with pytest.raises((ArchiveError, EOFError)):
            torch.load(file)


def test_streams_with_wrong_storages() -> None:
    whole = (FOLDER / "stream.pt").read_bytes()
    for cut in (1, 9, 100, 1000, len(whole) - 30):
        with pytest.raises(ArchiveError):
            load(whole[:-cut])
    size = struct.pack("<q", 6)
    assert size in whole
    with pytest.raises(ArchiveError, match="elements, expected"):
        load(whole.replace(size, struct.pack("<q", 1 << 60)))


def mutations(seed: int, count: int) -> Any:
    """Files in all formats with some bytes changed, cut out or doubled; the checksums of zip members are right."""
    generator = random.Random(seed)
    archive = ZipReader((FOLDER / "zip.pt").read_bytes())
    members = {name.partition("/")[2]: bytes(archive.read(name)) for name in archive.names}
    streams = [(FOLDER / f"{name}.pt").read_bytes() for name in ("stream", "tar")]
    for number in range(count):
        whole = bytearray(members["data.pkl"] if number % 3 == 0 else streams[number % 3 - 1])
        for _ in range(generator.randint(1, 4)):
            at = generator.randrange(len(whole))
            kind = generator.randrange(4)
            if kind == 0:
                whole[at] = generator.randrange(256)
            elif kind == 1:
                del whole[at : at + generator.randint(1, 8)]
            elif kind == 2:
                whole[at:at] = whole[at : at + generator.randint(1, 40)]
            else:
                whole[at] ^= 1 << generator.randrange(8)
        if number % 3:
            yield bytes(whole)
            continue
        out = ZipWriter("archive")
        for name, content in members.items():
            out.add(name, bytes(whole) if name == "data.pkl" else content)
        yield out.finish()


def check(content: bytes) -> bool:
    """Whether a file is read; anything but the errors of ``torch.load`` comes out."""
    try:
        load(content)
    except (ArchiveError, EOFError):
        return False
    except RuntimeError as error:
        assert type(error) is RuntimeError and ("device" in str(error) or "location" in str(error)), repr(error)
        return False
    return True


def test_mutated_files() -> None:
    forbidden = ("os.system", "subprocess.Popen", "exec", "import")
    seen: list[str] = []
    watching = [True]
    sys.addaudithook(lambda event, _: seen.append(event) if watching and watching[0] and event in forbidden else None)
    try:
        results = [check(content) for content in mutations(0, 300)]
    finally:
        watching[0] = False
    assert any(results) and not all(results)
    assert not seen


if __name__ == "__main__":
    found = [check(content) for content in mutations(int(sys.argv[1]), int(sys.argv[2]))]
    print(f"{len(found)} files, {sum(found)} read, {len(found) - sum(found)} refused")
