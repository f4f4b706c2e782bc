"""Matrix products of the C++ runtime: the default build against one for this machine, in GFLOP/s and per cent of the peak.

    python benchmarks/gemm.py [--shapes 1024x1024x1024,linear:128x3072x768] [--double] [--threads 1] [--rounds 9]
                              [--against FOLDER] [--torch] [--json FILE]

A shape is rows x columns x depth; ``linear:`` has the right factor transposed, as the weight of a layer lies, ``layer:`` is
the same with the weight of a loaded model, which is packed once.  Each build is a shared library: the default one chooses its
instruction set at run time, the native one is compiled with -march=native.  All are timed in this process, in turns; the
quickest round counts.  The peak is that of multiply-adds between registers, measured in the same run.  ``--against`` adds the
runtime of another checkout, ``--torch`` PyTorch.  Needs a C++17 compiler.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from projects import conditions, run

HERE = Path(__file__).resolve().parent
SHAPES = (
    "64x64x64", "127x127x127", "256x256x256", "1000x77x1000", "1024x1024x1024", "256x3136x64", "512x784x128",
    "linear:1x512x784", "linear:1x2304x768", "linear:4x2304x768", "linear:8x2304x768", "linear:128x3072x768",
    "layer:1x512x784", "layer:1x10x128", "layer:1x2304x768", "layer:2x2304x768", "layer:4x2304x768", "layer:8x2304x768",
    "layer:128x768x768", "layer:128x3072x768", "layer:128x768x3072", "layer:197x768x768",
)  # fmt: skip


def library(folder: Path, name: str, include: Path, flags: list[str]) -> ctypes.CDLL:
    """The compiled calls; libraries share nothing with each other."""
    compiler = os.environ.get("CXX") or next((c for c in ("c++", "g++", "clang++") if shutil.which(c)), "")
    target = folder / f"{name}.so"
    common = ["-std=c++17", "-O3", "-DNDEBUG", "-fPIC", "-shared", "-pthread", "-fvisibility=hidden", f"-I{include}"]
    run([compiler, *common, *flags, str(HERE / "gemm_calls.cpp"), "-o", str(target)])
    found = ctypes.CDLL(str(target))
    found.peak.restype = ctypes.c_double
    found.seconds.restype = ctypes.c_double
    found.seconds.argtypes = [
        ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p,
        ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int, ctypes.c_int,
    ]  # fmt: skip
    return found


def torch_seconds(linear: bool, x: Any, w: Any, calls: int, threads: int) -> float:
    """The same call by PyTorch."""
    import time

    import torch

    torch.set_num_threads(threads)
    a, b = torch.from_numpy(x), torch.from_numpy(w)
    with torch.inference_mode():
        begin = time.perf_counter()
        for _ in range(calls):
            torch.nn.functional.linear(a, b) if linear else torch.mm(a, b)
        return (time.perf_counter() - begin) / calls


def measure(name: str, libraries: dict[str, ctypes.CDLL], options: argparse.Namespace) -> dict[str, float]:
    """The quickest seconds of a call by each library."""
    kind, _, sizes = name.rpartition(":")
    m, n, k = (int(size) for size in sizes.split("x"))
    linear = ("", "linear", "layer").index(kind)
    random = np.random.default_rng(m + n + k)
    dtype = np.float64 if options.double else np.float32
    x = random.standard_normal((m, k)).astype(dtype)
    w = random.standard_normal((n, k) if linear else (k, n)).astype(dtype)

    def call(one: ctypes.CDLL, calls: int) -> float:
        return float(one.seconds(linear, not options.double, x.ctypes.data, w.ctypes.data, m, n, k, 1, calls))

    first = next(iter(libraries.values()))
    calls = max(1, int(options.slice / call(first, 1)))
    best = dict.fromkeys([*libraries, *(["torch"] if options.torch else [])], float("inf"))
    for _ in range(options.rounds):
        for key, one in libraries.items():
            best[key] = min(best[key], call(one, calls))
        if options.torch:
            best["torch"] = min(best["torch"], torch_seconds(bool(linear), x, w, calls, options.threads))
    return best


def main() -> None:
    """Print the table, and write the rows to a file if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--double", action="store_true", help="float64 instead of float32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--slice", type=float, default=0.01, help="seconds of a round, at least one call")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout's runtime_cpp/include")
    parser.add_argument(
        "--define", action="append", default=[], help="a macro for a further build, e.g. TS2CPP_WIDEST_BYTES=32"
    )
    parser.add_argument("--torch", action="store_true", help="PyTorch as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    options = parser.parse_args()
    include = HERE.parent / "runtime_cpp" / "include"
    defines = [f"-D{macro}" for macro in options.define]
    builds = {"default": (include, defines), "native": (include, [*defines, "-march=native"])}
    if options.against:
        builds |= {"against": (options.against, defines), "against-n": (options.against, [*defines, "-march=native"])}
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        libraries = {name: library(Path(folder), name, *build) for name, build in builds.items()}
        for one in libraries.values():
            one.use_threads(options.threads)
        names = [*libraries, *(["torch"] if options.torch else [])]
        print(f"{'shape':24}" + "".join(f"{name:>18}" for name in names), file=sys.stderr)
        for name in options.shapes.split(","):
            peaks = [libraries["default"].peak(bytes_) for bytes_ in (32, 64)]
            peak = max(peaks) / (2 if options.double else 1) * options.threads
            seconds = measure(name, libraries, options)
            m, n, k = (int(size) for size in name.rpartition(":")[2].split("x"))
            rates = {key: m * n * k / value for key, value in seconds.items()}
            rows.append({
                "shape": name, "peak_gflops": round(2e-9 * peak, 1), "threads": options.threads, **conditions(),
                **{f"{key}_us": round(value * 1e6, 2) for key, value in seconds.items()},
                **{f"{key}_gflops": round(2e-9 * rate, 1) for key, rate in rates.items()},
            })  # fmt: skip
            print(
                f"{name:24}" + "".join(f"{2e-9 * r:9.1f} = {100 * r / peak:4.1f}%" for r in rates.values())
                + f"   peak {2e-9 * peak:.0f}", flush=True,
            )  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
