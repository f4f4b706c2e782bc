"""Write what PyTorch prints for the programs; run it where PyTorch is installed.

python -m tests.conformance.record_graphs
"""

from __future__ import annotations

import warnings

from tests.conformance.graph_text import PROGRAM_FILES, RECORDED, report, write


def main() -> None:
    """Record every program file."""
    import torch

    warnings.simplefilter("ignore")
    for path in PROGRAM_FILES:
        write(RECORDED / f"{path.stem}.txt", report(path, torch.jit.script))


if __name__ == "__main__":
    main()
