"""Compiled C++ against PyTorch eager, side by side in one run.

    python benchmarks/compare_pytorch.py [--models resnet18,lenet] [--threads 1,2] [--rounds 5]

Each example is exported, built for this machine (`-DNAME_NATIVE=ON`) and timed in turns with PyTorch; a row gives the median call
of the best round of each and their ratio (below 1: the compiled program is faster).  Needs PyTorch and a C++17 compiler.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MODELS = ("lenet", "gru_loop", "greedy_decode", "transformer_encoder", "resnet18")
REPEATS = {"resnet18": 15, "transformer_encoder": 100}
_LINE = re.compile(r"median_us=([\d.]+)")


def timed(command: list[str]) -> float:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    match = _LINE.search(done.stdout)
    if done.returncode or match is None:
        sys.exit(f"{' '.join(command)}\nfailed:\n{done.stderr}{done.stdout}")
    return float(match.group(1))


def build(model: str, folder: Path) -> Path:
    """Export with the weights the model file makes under PyTorch, build for this machine, and check the result."""
    out = folder / model
    run = [sys.executable, "-c", "from transpile.cli import main; main()"]
    subprocess.run([*run, "export", str(EXAMPLES / f"{model}.py"), "--out", str(out)], check=True, capture_output=True)
    configure = ["cmake", "-S", str(out), "-B", str(out / "build"), "-DCMAKE_BUILD_TYPE=Release", f"-D{model.upper()}_NATIVE=ON"]
    subprocess.run(configure, check=True, capture_output=True)
    subprocess.run(["cmake", "--build", str(out / "build")], check=True, capture_output=True)
    subprocess.run(["ctest", "--test-dir", str(out / "build")], check=True, capture_output=True)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{'model':22}{'threads':>8}{'ts2cpp us':>12}{'pytorch us':>12}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models.split(","):
            out = build(model, Path(folder))
            inputs = str(out / "golden" / "forward" / "inputs.npz")
            repeat = str(REPEATS.get(model, 300))
            for threads in options.threads.split(","):
                ours = [str(out / "build" / f"{model}_run"), "--inputs", inputs, "--outputs", str(out / "out.npz"),
                        "--threads", threads, "--repeat", repeat, "--warmup", "5"]  # fmt: skip
                theirs = [sys.executable, "-W", "ignore", "-m", "transpile.cli.time_pytorch",
                          str(EXAMPLES / f"{model}.py"), threads, repeat, "5"]  # fmt: skip
                pairs = [(timed(ours), timed(theirs)) for _ in range(options.rounds)]
                mine, other = min(p[0] for p in pairs), min(p[1] for p in pairs)
                print(f"{model:22}{threads:>8}{mine:12.1f}{other:12.1f}{mine / other:8.2f}", flush=True)


if __name__ == "__main__":
    main()
