"""Ray Data: the wheel of a model over the batches of a data set.

    ts2cpp export examples/robot_policy.py --out build/robot_policy
    ts2cpp wheel build/robot_policy --out dist && pip install dist/robot_policy-*.whl 'ray[data]'
    python examples/pipelines/ray_batches.py OBSERVATIONS.npy FOLDER

A worker loads the model once; processes on one machine share the memory of its weights.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import ray
import robot_policy


class Policy:
    """What each worker holds. ``threads`` is what Ray gives it: the model starts no other ones."""

    def __init__(self, threads: int) -> None:
        self.model = robot_policy.Model(threads=threads)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        action, value = self.model(batch["data"])
        return {"action": action, "value": value}


def predict(observations: ray.data.Dataset, workers: int = 2, threads: int = 1) -> ray.data.Dataset:
    """Actions and values of the observations in the column ``data``, in their order."""
    return observations.map_batches(
        Policy, fn_constructor_args=(threads,), batch_size=4096, num_cpus=threads, concurrency=workers
    )


if __name__ == "__main__":
    rows = np.load(sys.argv[1])
    ray.init(logging_level="warning")
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    begin = time.perf_counter()
    predict(ray.data.from_numpy(np.array_split(rows, 16))).write_parquet(sys.argv[2])
    seconds = time.perf_counter() - begin
    print(f"{len(rows)} rows in {seconds:.1f} s: {len(rows) / seconds:.0f} rows/s")
