"""A call of the Fourier transforms of the C++ runtime against NumPy's, by length.

    python benchmarks/fft.py [--lengths 128,1009,8192] [--rows 1,32] [--threads 1] [--rounds 9] [--json FILE]

The runtime is built with -O3 for the baseline instruction set.  Both are timed in this process, in turns; the quickest round
counts.  A ratio below 1 means that the runtime is quicker.  NumPy's time has its Python in it, which weighs on single short
rows: --rows 32 is nearer to the transforms themselves.  Needs a C++17 compiler.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from projects import conditions, run

HERE = Path(__file__).resolve().parent
# Powers of two, smooth numbers even and odd, products with a larger prime, primes.
LENGTHS = (
    128, 243, 256, 360, 441, 512, 625, 729, 961, 1000, 1001, 1009, 1024, 1331, 1536, 2039, 2048, 2187, 2401, 3000, 3125,
    3375, 4093, 4096, 4410, 5040, 6561, 7919, 8000, 8191, 8192,
)  # fmt: skip
KINDS = ("fft", "rfft", "irfft")


def library(folder: Path) -> ctypes.CDLL:
    """The compiled calls."""
    compiler = os.environ.get("CXX") or next((c for c in ("c++", "g++", "clang++") if shutil.which(c)), "")
    target = folder / "fft_calls.so"
    include = HERE.parent / "runtime_cpp" / "include"
    flags = ["-std=c++17", "-O3", "-DNDEBUG", "-fPIC", "-shared", "-pthread", f"-I{include}"]
    run([compiler, *flags, str(HERE / "fft_calls.cpp"), "-o", str(target)])
    found = ctypes.CDLL(str(target))
    found.seconds.restype = ctypes.c_double
    found.seconds.argtypes = [
        ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int, ctypes.c_int,
    ]  # fmt: skip
    return found


def quickest(call: Callable[[], Any], calls: int) -> float:
    begin = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - begin) / calls


def rows_of(kind: str, dtype: Any, rows: int, length: int) -> Any:
    """Deterministic input of a transform."""
    random = np.random.default_rng(length)
    real = random.standard_normal((rows, length)).astype(dtype)
    if kind == "rfft":
        return real
    if kind == "irfft":
        return np.fft.rfft(real).astype(np.result_type(dtype, np.complex64))
    return (real + 1j * random.standard_normal((rows, length))).astype(np.result_type(dtype, np.complex64))


def measure(calls_of: ctypes.CDLL, lengths: list[int], counts: list[int], rounds: int) -> Iterator[dict[str, Any]]:
    """A row for each transform, dtype, number of rows and length."""
    for kind in KINDS:
        for dtype in (np.float64, np.float32):
            for count in counts:
                for length in lengths:
                    data = rows_of(kind, dtype, count, length)
                    theirs = {
                        "fft": lambda d=data: np.fft.fft(d), "rfft": lambda d=data: np.fft.rfft(d),
                        "irfft": lambda d=data, n=length: np.fft.irfft(d, n),
                    }[kind]  # fmt: skip
                    calls = max(1, int(1e-3 / quickest(theirs, 2)))
                    numpy = ours = float("inf")
                    for _ in range(rounds):
                        numpy = min(numpy, quickest(theirs, calls))
                        ours = min(ours, calls_of.seconds(
                            KINDS.index(kind), int(dtype is np.float32), data.ctypes.data, count, length, 1, calls
                        ))  # fmt: skip
                    yield {
                        "transform": kind, "dtype": np.dtype(dtype).name, "rows": count, "length": length,
                        "numpy_us": round(numpy * 1e6, 2), "runtime_us": round(ours * 1e6, 2),
                        "ratio": round(ours / numpy, 3), **conditions(),
                    }  # fmt: skip


def main() -> None:
    """Print the table and the largest ratios, and write the rows to a file if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", default=",".join(map(str, LENGTHS)))
    parser.add_argument("--rows", default="1,32")
    parser.add_argument("--threads", type=int, default=1, help="of the runtime; NumPy has one")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    options = parser.parse_args()
    lengths = [int(n) for n in options.lengths.split(",")]
    counts = [int(n) for n in options.rows.split(",")]
    rows: list[dict[str, Any]] = []
    print(f"NumPy {np.__version__}, load {conditions()['load']}", file=sys.stderr)
    print(f"{'transform':10}{'dtype':9}{'rows':>6}{'length':>8}{'NumPy us':>11}{'runtime us':>12}{'ratio':>7}")
    with tempfile.TemporaryDirectory() as folder:
        calls_of = library(Path(folder))
        calls_of.use_threads(options.threads)
        for row in measure(calls_of, lengths, counts, options.rounds):
            rows.append(row)
            print(
                f"{row['transform']:10}{row['dtype']:9}{row['rows']:6}{row['length']:8}{row['numpy_us']:11.1f}"
                f"{row['runtime_us']:12.1f}{row['ratio']:7.2f}", flush=True,
            )  # fmt: skip
    ratios = sorted(r["ratio"] for r in rows)
    print(f"ratio: median {ratios[len(ratios) // 2]:.2f}, largest {ratios[-1]:.2f}; load {conditions()['load']}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
