"""Where the templates and the C++ runtime lie: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """The folder ``templates`` or ``runtime_cpp``; ``FileNotFoundError`` if the installation is damaged."""
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"ts2cpp is not installed completely: the folder {name!r} is missing")
