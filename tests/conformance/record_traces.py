"""Write what the ``torch`` that is imported makes of the traced programs.

python -m tests.conformance.record_traces                         # PyTorch 2.13: the recorded files
ts2cpp python -m tests.conformance.record_traces FOLDER [FILE...]  # the bundled torch, elsewhere
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.conformance.traced_program import RECORDED, TRACED_FILES, observe, programs, write


def main(folder: str = str(RECORDED), *wanted: str) -> None:
    """Run the programs of each file, or of those whose stem is wanted."""
    for path in TRACED_FILES:
        if not wanted or path.stem in wanted:
            write(Path(folder) / f"{path.stem}.txt", {p.name: observe(p) for p in programs(path)})


if __name__ == "__main__":
    main(*sys.argv[1:])
