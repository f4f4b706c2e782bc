"""Times a model file under PyTorch eager; run as a process of its own by ``ts2cpp bench``."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from transpile.cli.model_file import load_model
from transpile.pytorch.ownership import load


def main() -> None:
    """``time_pytorch MODEL THREADS REPEAT WARMUP``: prints ``median_us=... min_us=... repeat=...``."""
    path, threads, repeat, warmup = sys.argv[1:5]
    loaded = load_model(Path(path), "model", "pytorch")
    torch = load()
    torch.set_num_threads(int(threads))
    inputs = loaded.inputs.get("forward") if isinstance(loaded.inputs, dict) else loaded.inputs
    times = []
    with torch.inference_mode():
        for turn in range(int(warmup) + int(repeat)):
            begin = time.perf_counter()
            loaded.entry(*(inputs or ()))
            if turn >= int(warmup):
                times.append(1e6 * (time.perf_counter() - begin))
    print(f"median_us={statistics.median(times):.3f} min_us={min(times):.3f} repeat={repeat}")


if __name__ == "__main__":
    main()
