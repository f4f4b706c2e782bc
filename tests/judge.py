"""Everything that is known of the operators, judged whole: an hour or two on two cores, with PyTorch 2.13.

    python -m tests.judge

PyTorch's database of operators and of layers (eager and as C++), hostile arguments, errors against float64, Fourier transforms
against NumPy's, factorizations against LAPACK's, seeded random numbers.  Each command can be run by itself.
"""

from __future__ import annotations

import subprocess
import sys

COMMANDS = (
    ["-m", "tests.conformance.op_db", "--all", "--summary", "--jobs", "2"],
    ["-m", "tests.hostile", "eager"],
    ["-m", "tests.hostile", "cpp"],
    ["-m", "tests.precision"],
    ["-m", "tests.precision", "--cpp"],
    ["-m", "tests.cpp_ops.spectra_precision"],
    ["benchmarks/fft.py"],
    ["-m", "tests.cpp_ops.linalg_accuracy"],
    ["-m", "pytest", "-q", "tests/ops/test_seeded_calls.py"],
)


def main() -> int:
    """Run the commands, one after the other; 1 if one of them finds something."""
    failed = []
    for command in COMMANDS:
        print(f"== {' '.join(command)}", flush=True)
        if subprocess.run([sys.executable, *command], check=False).returncode:
            failed.append(" ".join(command))
    print("\n".join(f"differs: {name}" for name in failed) or "nothing differs")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
