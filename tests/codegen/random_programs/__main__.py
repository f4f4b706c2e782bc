"""``python -m tests.codegen.random_programs --first 1 --count 2000``: checks seeds and prints every failure, shrunk."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.codegen.random_programs.report import run, smallest


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--no-cpp", action="store_true", help="compare Python and the interpreter only")
    parser.add_argument("--shrink", default="", help="shrink the first failure of each kind that contains this text")
    parser.add_argument("--units", type=int, default=4, help="translation units of the C++")
    parser.add_argument("--folder", type=Path, help="where files go (default: a temporary folder)")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    report = run(
        range(options.first, options.first + options.count), folder, cpp=not options.no_cpp, units=options.units
    )
    shown: set[str] = set()
    for failure in report.failures:
        if options.shrink and options.shrink in failure.sign and failure.sign not in shown:
            shown.add(failure.sign)
            print(smallest(failure, folder), flush=True)
        else:
            print(f"seed {failure.program.seed}: {failure.detail[:600]}", flush=True)
    print(", ".join(f"{number} {kind}" for kind, number in sorted(report.counts.items())))


main()
