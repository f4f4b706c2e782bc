"""``python -m tests.checkpoint.record``: files that PyTorch writes, for the tests that run without it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.checkpoint.values import OF_TAR, TAR, contents, described, tar_checkpoint

FOLDER = Path(__file__).parents[1] / "data" / "checkpoints"


def main() -> None:
    import torch

    FOLDER.mkdir(exist_ok=True)
    value = contents(torch)
    torch.save(value, FOLDER / "zip.pt")
    torch.save(value, FOLDER / "stream.pt", _use_new_zipfile_serialization=False)
    (FOLDER / "described.json").write_text(json.dumps(repr(described(value))) + "\n")
    (FOLDER / "tar.pt").write_bytes(tar_checkpoint(TAR))  # PyTorch reads these, and writes them no more
    found = torch.load(FOLDER / "tar.pt", weights_only=False)
    assert {"a": found["a"].tolist(), "b": found["b"].tolist(), "c": found["c"][0].tolist()} == OF_TAR


if __name__ == "__main__":
    main()
