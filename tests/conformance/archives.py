"""Archives that PyTorch has written, with what it computes from them.

    python -m tests.conformance.archives

writes them anew, where PyTorch is installed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conformance.cases import HERE, load

PROGRAM = HERE / "programs" / "archives" / "saved.py"
FOLDER = HERE.parent / "data" / "archives"
FAST_PATHS = HERE / "programs" / "archives" / "fast_paths.py"
FAST_FOLDER = FOLDER / "fast_paths"


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


if __name__ == "__main__":
    import torch

    record(PROGRAM, FOLDER)
    with torch.no_grad():  # PyTorch takes its fast paths where there are no gradients
        record(FAST_PATHS, FAST_FOLDER)
