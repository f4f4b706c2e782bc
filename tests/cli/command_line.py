"""The command line as a user starts it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_WITH_TORCH = {"export", "verify", "inspect", "run"}
_ENTRY = "from transpile.cli import main; main()"


def ts2cpp(
    *arguments: object, cwd: Path | None = None, program: str = _ENTRY, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``ts2cpp`` on the bundled torch.  ``program`` replaces the entry point, ``environment`` adds variables."""
    words = [str(a) for a in arguments]
    if words and words[0] in _WITH_TORCH and "--torch" not in words and "--help" not in words:
        words += ["--torch", "bundled"]
    if words[:2] in (["golden", "record"], ["golden", "check"]):
        words += ["--torch", "bundled"]
    env = {**os.environ, "TERM": "dumb", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env, timeout=600)


def listing(folder: Path) -> list[str]:
    """What lies in a folder, hidden files included."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))
