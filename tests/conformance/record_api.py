"""Write what PyTorch reports for the programs of ``programs/api``; run it where PyTorch is installed.

python -m tests.conformance.record_api [STEM]...
"""

from __future__ import annotations

import subprocess
import sys

from tests.conformance.cases import API_PROGRAMS, API_RECORDED, environment, report
from tests.conformance.graph_text import write


def main(stems: list[str]) -> None:
    """Record each file in a process of its own, so that the names of types do not depend on the others."""
    for path in API_PROGRAMS:
        if stems == ["--here", path.stem]:
            write(API_RECORDED / f"{path.stem}.txt", report(path))
        elif not stems or (path.stem in stems and "--here" not in stems):
            command = [sys.executable, "-m", __spec__.name, "--here", path.stem]
            subprocess.run(command, check=True, env=environment(path.stem))


if __name__ == "__main__":
    main(sys.argv[1:])
