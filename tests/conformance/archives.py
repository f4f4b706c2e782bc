"""Archives that PyTorch has written, with what it computes from them.

    python -m tests.conformance.archives

writes them anew, where PyTorch is installed.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.conformance.cases import HERE, load
from tests.conformance.old_archives import ARCHIVES, OldArchive

PROGRAM = HERE / "programs" / "archives" / "saved.py"
FOLDER = HERE.parent / "data" / "archives"
FAST_PATHS = HERE / "programs" / "archives" / "fast_paths.py"
FAST_FOLDER = FOLDER / "fast_paths"
OLD_COMPUTED = FOLDER / "old_archives.json"


def plain(value: Any) -> Any:
    """Tensors as nested lists, so that JSON has all of it."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.tolist() if hasattr(value, "tolist") else value


def record(program: Path, folder: Path) -> None:
    """Save what a program lists, and what PyTorch computes from it."""
    folder.mkdir(parents=True, exist_ok=True)
    computed = {}
    for name, (saved, arguments) in load(program).SAVED.items():
        saved.save(str(folder / f"{name}.pt"))
        computed[name] = plain(saved(*arguments))
    (folder / "computed.json").write_text(json.dumps(computed, indent=1) + "\n")


def run_old_archive(torch: Any, archive: OldArchive) -> list[Any]:
    """The dtype and values of what an archive computes with ``torch``, PyTorch's or the bundled one."""
    given = [
        torch.tensor(v.tolist(), dtype=getattr(torch, str(v.dtype))) if isinstance(v, np.ndarray) else v
        for v in archive.arguments
    ]
    result = torch.jit.load(io.BytesIO(archive.content()))(*given)
    return [str(result.dtype), plain(result.detach())]


if __name__ == "__main__":
    import torch

    old = {name: run_old_archive(torch, archive) for name, archive in ARCHIVES.items()}
    OLD_COMPUTED.write_text("{\n" + ",\n".join(f"{json.dumps(n)}: {json.dumps(r)}" for n, r in old.items()) + "\n}\n")
    record(PROGRAM, FOLDER)
    with torch.no_grad():  # PyTorch takes its fast paths where there are no gradients
        record(FAST_PATHS, FAST_FOLDER)
