"""Writing archives: members aligned to 64 bytes, without dates, so that the same content gives the same bytes."""

from __future__ import annotations

import io
import zipfile

ALIGNMENT = 64
_LOCAL_HEADER = 30


class ZipWriter:
    """Collects members below one root folder."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._buffer = io.BytesIO()
        self._file = zipfile.ZipFile(self._buffer, "w", allowZip64=True)

    def add(self, name: str, content: bytes, *, compress: bool = False) -> None:
        """Add a member; what is not compressed can be used where it lies in the file."""
        info = zipfile.ZipInfo(f"{self._root}/{name}", (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        header = self._buffer.tell() + _LOCAL_HEADER + len(info.filename.encode()) + 4
        padding = -header % ALIGNMENT
        info.extra = b"FB" + padding.to_bytes(2, "little") + b"Z" * padding
        self._file.writestr(info, content)

    def finish(self) -> bytes:
        """The whole file."""
        self._file.close()
        return self._buffer.getvalue()
