"""Writes what PyTorch gives for the calls of random functions: ``python -m tests.ops.record_seeded_calls``."""

from __future__ import annotations

import json

import numpy as np
import torch

from tests.ops.seeded_calls import CALLS, RECORD, made


def main() -> None:
    known = {}
    for call in CALLS:
        numbers = np.ascontiguousarray(made(torch, call))
        known[call] = {"dtype": numbers.dtype.str, "shape": list(numbers.shape), "bytes": numbers.tobytes().hex()}
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    print(f"{len(known)} calls")


if __name__ == "__main__":
    main()
