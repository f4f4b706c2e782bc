"""How long a project takes to export and build, and how large its program is.

    python benchmarks/size_and_build.py [--models resnet18,lenet] [--jobs 2] [--native] [--json FILE]

Every example is exported and compiled from scratch in Release mode.  The program is `NAME_run`, stripped; its weights are a
file of their own and do not count.  Needs a C++17 compiler and `strip`; PyTorch is not used.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from projects import MODELS, build, conditions, export, run


def measure(model: str, folder: Path, *, native: bool, jobs: int) -> dict[str, object]:
    """One row: seconds of export and build, bytes of the stripped program and of the weights."""
    out = folder / model
    exporting = export(model, out)
    building = build(model, out, out / "build", native=native, jobs=jobs)
    program = folder / f"{model}_stripped"
    shutil.copy(out / "build" / f"{model}_run", program)
    run(["strip", str(program)])
    weights = out / "weights.safetensors"
    return {
        "model": model,
        "export_s": round(exporting, 2),
        "build_s": round(building, 2),
        "program_bytes": program.stat().st_size,
        "weights_bytes": weights.stat().st_size if weights.exists() else 0,
        "jobs": jobs,
        "native": native,
        **conditions(),
    }


def main() -> None:
    """Print the table, and write it to a file if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--jobs", type=int, default=2, help="compilers at a time")
    parser.add_argument("--native", action="store_true", help="build for the instruction set of this machine")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    print(f"{'model':22}{'export s':>10}{'build s':>10}{'program kB':>12}{'weights MB':>12}{'load':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models.split(","):
            row = measure(model, Path(folder), native=options.native, jobs=options.jobs)
            rows.append(row)
            sizes = f"{int(str(row['program_bytes'])) / 1e3:12.0f}{int(str(row['weights_bytes'])) / 1e6:12.1f}"
            print(f"{model:22}{row['export_s']:10}{row['build_s']:10}{sizes}{row['load']:6}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
