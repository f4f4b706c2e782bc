"""Zip files that are not what they say are refused before anything is allocated for them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from transpile.archive.zip_reader import MAX_ENTRIES, ZipReader
from transpile.archive.zip_writer import ALIGNMENT, ZipWriter
from transpile.core.errors import ArchiveError


def written(*members: tuple[str, bytes], compress: bool = False) -> bytes:
    writer = ZipWriter("root")
    for name, content in members:
        writer.add(name, content, compress=compress)
    return writer.finish()


def by_zipfile(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
    return buffer.getvalue()


GOOD = written(("a", b"hello"), ("b/c", bytes(200)))


def changed(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def directory(data: bytes) -> int:
    return data.index(b"PK\x01\x02")


def test_round_trip_and_alignment() -> None:
    reader = ZipReader(GOOD)
    assert reader.names == ["root/a", "root/b/c"]
    assert bytes(reader.read("root/a")) == b"hello"
    assert bytes(reader.read("root/b/c")) == bytes(200)
    assert reader._members["root/b/c"].start % ALIGNMENT == 0
    assert written(("a", b"hello"), ("b/c", bytes(200))) == GOOD


def test_files_of_other_writers() -> None:
    content = bytes(range(256)) * 3
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert bytes(ZipReader(by_zipfile(("x/y", content), method=method)).read("x/y")) == content


def test_a_missing_member_is_named() -> None:
    with pytest.raises(ArchiveError, match="root/z: there is no such member"):
        ZipReader(GOOD).read("root/z")


BOMB = by_zipfile(("x/bomb", bytes(200 << 20)))
TWICE = by_zipfile(("x/aa", b"1"), ("x/bb", b"2"), method=zipfile.ZIP_STORED).replace(b"x/bb", b"x/aa")
HOSTILE = {
    "empty": b"",
    "no zip": b"\x80\x02}q\x00." * 10,
    "cut off": GOOD[:-30],
    "trailing bytes": GOOD + b"#!/bin/sh",
    "leading bytes": b"MZ" + GOOD,
    "bomb": BOMB,
    "name twice": TWICE,
    "encrypted": changed(GOOD, directory(GOOD) + 8, b"\x01\x00"),
    "unknown method": changed(GOOD, directory(GOOD) + 10, b"\x0c\x00"),
    "size in directory": changed(GOOD, directory(GOOD) + 20, struct.pack("<LL", 6, 6)),
    "huge size": changed(GOOD, directory(GOOD) + 20, struct.pack("<LL", 0xFFFFFF00, 0xFFFFFF00)),
    "offset outside": changed(GOOD, directory(GOOD) + 42, struct.pack("<L", 0x7FFFFFFF)),
    "overlapping": changed(GOOD, GOOD.rindex(b"PK\x01\x02") + 42, struct.pack("<L", 0)),
    "other name in the local header": GOOD.replace(b"root/a", b"root/x", 1),
    "count of entries": changed(GOOD, GOOD.index(b"PK\x05\x06") + 8, struct.pack("<HH", 3, 3)),
    "too many entries": changed(GOOD, GOOD.index(b"PK\x05\x06") + 8, struct.pack("<HH", 0xFFFE, 0xFFFE)),
    "zip64 without its record": changed(GOOD, GOOD.index(b"PK\x05\x06") + 16, struct.pack("<L", 0xFFFFFFFF)),
    "two disks": changed(GOOD, GOOD.index(b"PK\x05\x06") + 4, b"\x01\x00"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str) -> None:
    with pytest.raises(ArchiveError):
        reader = ZipReader(HOSTILE[name])
        for member in reader.names:
            reader.read(member)


def test_damaged_content_is_noticed() -> None:
    at = GOOD.index(b"hello")
    with pytest.raises(ArchiveError, match="checksum"):
        ZipReader(changed(GOOD, at, b"j")).read("root/a")


def test_deflated_bytes_must_give_the_size_that_was_said() -> None:
    data = written(("a", b"x" * 50), compress=True)
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    other = packed.compress(b"x" * 50) + packed.flush()
    assert other in data
    with pytest.raises(ArchiveError):
        ZipReader(changed(data, data.index(other), b"\xff" * len(other))).read("root/a")


def test_single_bytes_changed_anywhere_never_give_other_errors() -> None:
    for at in range(len(GOOD)):
        data = changed(GOOD, at, bytes([GOOD[at] ^ 0x55]))
        try:
            reader = ZipReader(data)
            for member in reader.names:
                reader.read(member)
        except ArchiveError:
            continue


def test_limit_of_entries_is_in_reach_of_no_real_model() -> None:
    assert MAX_ENTRIES >= 10_000
