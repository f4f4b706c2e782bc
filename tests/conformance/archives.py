"""Archives that PyTorch has written, with what it computes from them.

    python -m tests.conformance.archives

writes them anew, where PyTorch is installed.
"""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.cases import HERE, load

PROGRAM = HERE / "programs" / "archives" / "saved.py"
FOLDER = HERE.parent / "data" / "archives"


def plain(value: Any) -> Any:
    """Tensors as nested lists, so that JSON has all of it."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.tolist() if hasattr(value, "tolist") else value


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    computed = {}
    for name, (saved, arguments) in load(PROGRAM).SAVED.items():
        saved.save(str(FOLDER / f"{name}.pt"))
        computed[name] = plain(saved(*arguments))
    (FOLDER / "computed.json").write_text(json.dumps(computed, indent=1) + "\n")
