"""Writing a project's files: whole or not at all, and never over files that are not ours."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from transpile.core.errors import ExportError

MANIFEST = "ts2cpp-manifest.json"


def managed_files(folder: Path) -> list[str] | None:
    """The files that ts2cpp wrote into ``folder``, or ``None`` if it is no project of ours."""
    try:
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = data["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(files, list) or not all(isinstance(f, str) for f in files):
        return None
    return [f for f in files if _is_inside(f)]


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and bool(path.parts)


def check_target(folder: Path, *, force: bool) -> None:
    """``ExportError`` if ``folder`` exists, is not empty and was not written by ts2cpp, unless ``force``."""
    if not folder.exists() or force:
        if folder.exists() and not folder.is_dir():
            raise ExportError(f"--out {folder} is a file, expected a folder")
        return
    if not folder.is_dir():
        raise ExportError(f"--out {folder} is a file, expected a folder")
    if any(folder.iterdir()) and managed_files(folder) is None:
        raise ExportError(
            f"--out {folder} exists and was not written by ts2cpp; name another folder, or add --force to write into it"
        )


def write_files(folder: Path, files: Mapping[str, bytes], manifest: Mapping[str, object]) -> None:
    """Write ``files`` (POSIX paths relative to ``folder``).

    Everything is staged in a sibling folder first.  A new folder appears by one rename; in an existing one our old files
    that are not written again are removed, and nothing else is touched.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    record = {**manifest, "files": sorted((*files, MANIFEST))}
    everything = {**files, MANIFEST: (json.dumps(record, indent=2) + "\n").encode()}
    stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, data in everything.items():
            target = stage / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        os.chmod(stage, 0o755)
        if not folder.exists():
            os.rename(stage, folder)
            return
        old = managed_files(folder) or []
        for name in everything:
            target = folder / name
            if target.is_symlink():
                raise ExportError(f"{target} is a symbolic link; remove it first")
            target.parent.mkdir(parents=True, exist_ok=True)
            # An unchanged file keeps its time stamp, so that a build tree recompiles only what changed.
            if not target.is_file() or not filecmp.cmp(stage / name, target, shallow=False):
                os.replace(stage / name, target)
        for name in set(old) - everything.keys():
            (folder / name).unlink(missing_ok=True)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
