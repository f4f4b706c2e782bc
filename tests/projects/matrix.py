"""Every example's project with every compiler, warnings as errors, and every sanitizer.

    python -m tests.projects.matrix [EXAMPLE...] [--compilers g++,clang++] [--variants strict,address,thread]

Prints a table as it goes; exit code 1 if anything failed.  The last lines of what failed go to standard error.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.build_tree import BUILD, ROOT

WARNINGS = "-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
# The runtime's headers are system headers for CMake; `strict` looks at them as well, `warnings` only at generated code.
VARIANTS = {
    "warnings": ("-O1", WARNINGS, False),
    "strict": ("-O1", WARNINGS, True),
    "address": ("-O0", "-fsanitize=address,undefined -fno-sanitize-recover=all", False),
    "thread": ("-O0", "-fsanitize=thread", False),
}


def show_runtime_headers(project: Path) -> None:
    """Make the runtime's headers ordinary ones in a project, so that warnings in them count."""
    path = project / "CMakeLists.txt"
    text = path.read_text(encoding="utf-8")
    assert " SYSTEM PUBLIC" in text
    path.write_text(text.replace(" SYSTEM PUBLIC", " PUBLIC"), encoding="utf-8")


def build_and_test(project: Path, build: Path, compiler: str, variant: str, jobs: int = 2) -> tuple[bool, str]:
    """Configure, build and ctest: whether it went well, and the output."""
    optimisation, flags, shown = VARIANTS[variant]
    if shown:
        show_runtime_headers(project)
    commands = [
        ["cmake", "-S", str(project), "-B", str(build), f"-DCMAKE_CXX_COMPILER={compiler}", "-DCMAKE_BUILD_TYPE=Release",
         f"-DCMAKE_CXX_FLAGS_RELEASE={optimisation}", f"-DCMAKE_CXX_FLAGS={flags}"],
        ["cmake", "--build", str(build), "--parallel", str(jobs)],
        ["ctest", "--test-dir", str(build), "--output-on-failure"],
    ]  # fmt: skip
    for command in commands:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            return False, done.stdout
    return "100% tests passed" in done.stdout, done.stdout


def export_example(example: str, out: Path) -> None:
    """Write an example's project."""
    program = "from transpile.cli import main; main()"
    arguments = ["export", str(ROOT / "examples" / f"{example}.py"), "--out", str(out), "--torch", "bundled"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    examples = sorted(p.stem for p in (ROOT / "examples").glob("*.py"))
    parser.add_argument("examples", nargs="*", default=examples, metavar="EXAMPLE")
    parser.add_argument("--compilers", default="g++,clang++")
    parser.add_argument("--variants", default="strict,address,thread", help=f"of {', '.join(VARIANTS)}")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    compilers = [c for c in options.compilers.split(",") if shutil.which(c)]
    failures = 0
    print(f"{'example':22} {'compiler':10} {'variant':10} {'result':8} seconds", flush=True)
    for example in options.examples:
        for compiler in compilers:
            for variant in options.variants.split(","):
                folder = BUILD / "matrix" / f"{example}-{compiler}-{variant}"
                shutil.rmtree(folder, ignore_errors=True)
                export_example(example, folder)
                begin = time.perf_counter()
                good, output = build_and_test(folder, folder / "build", compiler, variant, options.jobs)
                seconds = time.perf_counter() - begin
                print(
                    f"{example:22} {compiler:10} {variant:10} {'ok' if good else 'FAILED':8} {seconds:7.1f}", flush=True
                )
                if good:
                    shutil.rmtree(folder)
                else:
                    failures += 1
                    print("\n".join(output.splitlines()[-40:]), file=sys.stderr, flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
