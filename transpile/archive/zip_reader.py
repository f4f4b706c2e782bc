"""Reading zip files that may be hostile: everything is checked before memory is allocated for it.

The central directory says what there is, and every local header must agree with it.  Members may not overlap, nor be
encrypted, nor have a name twice; what precedes the first member or follows the directory is refused.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from transpile.core.errors import ArchiveError

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _DESCRIPTOR, _PATCHED, _MASKED = 0x1, 0x8, 0x20, 0x2000
_MAX32, _MAX16 = 0xFFFFFFFF, 0xFFFF

MAX_ENTRIES = 100_000
MAX_NAME = 1024
MAX_RATIO = 100  # of inflated to deflated bytes, beyond the first megabyte
_FREE = 1 << 20
MAX_GROWTH = 4  # what all members may grow by when they are inflated: so many times the file,
FREE_GROWTH = 16 << 20  # and so much more


@dataclass(frozen=True)
class _Member:
    name: str
    method: int
    crc: int
    packed: int
    size: int
    start: int


class ZipReader:
    """The members of a zip file by name.  ``data`` is the whole file."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        self._members: dict[str, _Member] = {}
        self._checked: set[str] = set()
        self._read_directory()

    @property
    def names(self) -> list[str]:
        """The names of all members, in the order of the directory."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def size(self, name: str) -> int:
        """How many bytes ``read`` gives."""
        return self._member(name).size

    def read(self, name: str) -> memoryview:
        """The content of a member, checked against its CRC; no copy is made of what is stored."""
        member = self._member(name)
        content = self._data[member.start : member.start + member.packed]
        if member.method == _DEFLATED:
            content = memoryview(_inflate(content, member))
        if name not in self._checked and zlib.crc32(content) != member.crc:
            raise ArchiveError("the checksum does not match the content", name)
        self._checked.add(name)
        return content

    def check(self) -> None:
        """Check those members, too, that nobody has read."""
        for name, member in self._members.items():
            if name not in self._checked:
                _check(self._data[member.start : member.start + member.packed], member)
                self._checked.add(name)

    def _member(self, name: str) -> _Member:
        member = self._members.get(name)
        if member is None:
            raise ArchiveError("there is no such member in the archive", name)
        return member

    # ---- the directory
    def _read_directory(self) -> None:
        data = self._data
        at = self._find_end()
        _, disk, first_disk, here, count, length, start, _ = _END.unpack_from(data, at)
        end = at
        short = (disk, first_disk, here, count, length, start)
        is_wide = at >= _LOCATOR64.size and bytes(data[at - _LOCATOR64.size :][:4]) == b"PK\x06\x07"
        if is_wide or _MAX16 in short[:4] or _MAX32 in short[4:]:
            end, *wide = self._find_end64(at)
            if any(a not in (b, _MAX16 if i < 4 else _MAX32) for i, (a, b) in enumerate(zip(short, wide, strict=True))):
                raise ArchiveError("the two ends of the archive do not agree")
            disk, first_disk, here, count, length, start = wide
        if disk or first_disk or here != count:
            raise ArchiveError("the archive is spread over several files, which is not supported")
        if count > MAX_ENTRIES:
            raise ArchiveError(f"the archive has {count} members, more than {MAX_ENTRIES}")
        if start + length != end:
            raise ArchiveError("the directory of the archive does not end where the archive ends")
        position = start
        extents: list[tuple[int, int]] = []
        for _ in range(count):
            position, member, extent = self._entry(position, end)
            if member.name in self._members:
                raise ArchiveError("the archive has this name twice", member.name)
            self._members[member.name] = member
            extents.append(extent)
        if position != end:
            raise ArchiveError("the directory of the archive is longer than its entries")
        grown = sum(m.size - m.packed for m in self._members.values())
        if grown > MAX_GROWTH * len(data) + FREE_GROWTH:
            raise ArchiveError(f"the members of the archive would grow by {grown} bytes")
        reached = 0
        for first, last in sorted(extents):
            if first < reached:
                raise ArchiveError("members of the archive overlap")
            if first - reached not in (0, 12, 16, 20, 24):
                raise ArchiveError("the archive has bytes between its members that belong to none")
            reached = last
        if start - reached not in (0, 12, 16, 20, 24):
            raise ArchiveError("the archive has bytes before its directory that belong to no member")

    def _find_end(self) -> int:
        data = self._data
        last = len(data) - _END.size
        for at in range(last, max(last - _MAX16, 0) - 1, -1):
            if data[at] == 0x50 and at + _END.size + _END.unpack_from(data, at)[-1] == len(data):
                if bytes(data[at : at + 4]) == b"PK\x05\x06":
                    return at
        raise ArchiveError("this is no zip file, or its end is missing")

    def _find_end64(self, at: int) -> tuple[int, int, int, int, int, int, int]:
        data = self._data
        locator = at - _LOCATOR64.size
        if locator < 0 or bytes(data[locator : locator + 4]) != b"PK\x06\x07":
            raise ArchiveError("the archive is a zip64 file without the record that says where its directory is")
        where: int = _LOCATOR64.unpack_from(data, locator)[2]
        if where + _END64.size > locator or bytes(data[where : where + 4]) != b"PK\x06\x06":
            raise ArchiveError("the zip64 directory of the archive is not where it should be")
        _, size, _, _, disk, first_disk, here, count, length, start = _END64.unpack_from(data, where)
        if where + 12 + size != locator:
            raise ArchiveError("the zip64 directory of the archive has a wrong length")
        return where, disk, first_disk, here, count, length, start

    def _entry(self, position: int, end: int) -> tuple[int, _Member, tuple[int, int]]:
        data = self._data
        if position + _CENTRAL.size > end:
            raise ArchiveError("the directory of the archive is cut off")
        (magic, _, _, flags, method, _, _, crc, packed, size, name_length, extra_length, comment_length, disk, _, _,
         offset) = _CENTRAL.unpack_from(data, position)  # fmt: skip
        name_at = position + _CENTRAL.size
        extra_at = name_at + name_length
        after = extra_at + extra_length + comment_length
        if magic != b"PK\x01\x02" or after > end:
            raise ArchiveError("the directory of the archive is damaged")
        name = _name(data[name_at:extra_at])
        packed, size, offset = _wide(data[extra_at : extra_at + extra_length], packed, size, offset, name)
        if flags & (_ENCRYPTED | _PATCHED | _MASKED) or disk:
            raise ArchiveError("encrypted, patched and split members are not supported", name)
        if method not in (_STORED, _DEFLATED):
            raise ArchiveError(f"the member is compressed by method {method}; expected stored or deflated", name)
        if method == _STORED and packed != size:
            raise ArchiveError("the member is stored, but its two sizes differ", name)
        if size > max(packed * MAX_RATIO, _FREE):
            raise ArchiveError(f"the member would grow from {packed} to {size} bytes", name)
        start = self._local(name, flags, method, crc, packed, size, offset, end)
        return after, _Member(name, method, crc, packed, size, start), (offset, start + packed)

    def _local(
        self, name: str, flags: int, method: int, crc: int, packed: int, size: int, offset: int, end: int
    ) -> int:
        """Where the content of a member begins; its own header must agree with the directory."""
        data = self._data
        if offset + _LOCAL.size > end:
            raise ArchiveError("the member is outside of the archive", name)
        magic, _, own_flags, own_method, _, _, own_crc, own_packed, own_size, name_length, extra_length = (
            _LOCAL.unpack_from(data, offset)
        )
        name_at = offset + _LOCAL.size
        start: int = name_at + name_length + extra_length
        if magic != b"PK\x03\x04" or start + packed > end:
            raise ArchiveError("the member is outside of the archive", name)
        same = own_method == method and (own_flags ^ flags) & _ENCRYPTED == 0
        if not same or _name(data[name_at : name_at + name_length]) != name:
            raise ArchiveError("the member's own header does not agree with the directory", name)
        for own, said in ((own_crc, crc), (own_packed, packed), (own_size, size)):
            if own not in (said, _MAX32) and not (flags & _DESCRIPTOR and own == 0):
                raise ArchiveError("the member's own header does not agree with the directory", name)
        return start


def _name(raw: memoryview) -> str:
    if not 0 < len(raw) <= MAX_NAME:
        raise ArchiveError(f"a name in the archive has {len(raw)} bytes; expected 1 to {MAX_NAME}")
    try:
        name = bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise ArchiveError("a name in the archive is no UTF-8 text") from None
    if "\0" in name:
        raise ArchiveError("a name in the archive has a zero byte")
    return name


def _wide(extra: memoryview, packed: int, size: int, offset: int, name: str) -> tuple[int, int, int]:
    """The sizes and the offset, from the zip64 field where the short ones are full."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        body = extra[position + 4 : position + 4 + length]
        if len(body) != length:
            raise ArchiveError("an extra field of the directory is cut off", name)
        if kind == 1:
            values = [v[0] for v in struct.iter_unpack("<Q", body[: length - length % 8])]
            wanted = [size == _MAX32, packed == _MAX32, offset == _MAX32]
            if len(values) < sum(wanted):
                raise ArchiveError("the zip64 field of the directory is too short", name)
            found = iter(values)
            size = next(found) if wanted[0] else size
            packed = next(found) if wanted[1] else packed
            offset = next(found) if wanted[2] else offset
        position += 4 + length
    return packed, size, offset


def _inflate(content: memoryview, member: _Member) -> bytes:
    machine = zlib.decompressobj(-15)
    try:
        result = machine.decompress(content, member.size + 1)
    except zlib.error as error:
        raise ArchiveError(f"the member cannot be decompressed: {error}", member.name) from None
    if len(result) != member.size or not machine.eof or machine.unused_data or machine.unconsumed_tail:
        raise ArchiveError("the member does not have the size that the directory says", member.name)
    return result


def _check(content: memoryview, member: _Member) -> None:
    """See that a member has the size and checksum that the directory says, without holding all of it."""
    crc = size = 0
    if member.method == _STORED:
        crc, size = zlib.crc32(content), len(content)
    else:
        machine, rest = zlib.decompressobj(-15), bytes(content)
        while not machine.eof and size <= member.size:
            try:
                part = machine.decompress(rest, 1 << 16)
            except zlib.error as error:
                raise ArchiveError(f"the member cannot be decompressed: {error}", member.name) from None
            rest = machine.unconsumed_tail
            crc, size = zlib.crc32(part, crc), size + len(part)
            if not part and not machine.eof:
                break
        if machine.unused_data or not machine.eof:
            size = -1
    if size != member.size:
        raise ArchiveError("the member does not have the size that the directory says", member.name)
    if crc != member.crc:
        raise ArchiveError("the checksum does not match the content", member.name)
