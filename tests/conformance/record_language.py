"""Record what PyTorch makes of the programs in ``tests/data/language_variations.json``; run it where PyTorch is installed.

    python -m tests.conformance.record_language

Each program runs in a process of its own, without the profiling executor, whose constant folding is known to give wrong results.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import tempfile
from pathlib import Path

from tests.conformance.language_cases import VARIATIONS, Case, Outcome, load_cases, run_case


def main() -> None:
    """Write the outcomes of all programs anew."""
    import torch

    rows = json.loads(VARIATIONS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder, torch.jit.optimized_execution(False):
        for row, case in zip(rows, load_cases(VARIATIONS), strict=True):
            row["res"] = _text(_in_a_child(case, Path(folder)), folder)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    VARIATIONS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _in_a_child(case: Case, folder: Path) -> Outcome:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with os.fdopen(write, "wb") as out:
            pickle.dump(run_case(case, folder), out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as given:
        outcome: Outcome = pickle.load(given)
    os.waitpid(child, 0)
    return outcome


def _text(outcome: Outcome, folder: str) -> str:
    """Output, then the first line of the exception; ``[interpreter]`` marks one of the compiled program."""
    text = re.sub(r"\S*/site-packages/", "", outcome.output.replace(f"{folder}/", ""))
    if outcome.error:
        stage = "[interpreter] " if outcome.verdict == "failed" else ""
        text += f"{outcome.error}: {stage}{outcome.message.strip().splitlines()[0] if outcome.message.strip() else ''}"
    return text + "".join(f"\nwarn> {warning}" for warning in outcome.warnings)


if __name__ == "__main__":
    main()
