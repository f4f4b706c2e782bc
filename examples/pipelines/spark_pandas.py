"""Spark: the wheel of a model over the partitions of a data frame.

    ts2cpp export examples/robot_policy.py --out build/robot_policy
    ts2cpp wheel build/robot_policy --out dist && pip install dist/robot_policy-*.whl pyspark pandas pyarrow
    spark-submit examples/pipelines/spark_pandas.py OBSERVATIONS.npy FOLDER

On a cluster the wheel goes with the job: ``--archives`` of a packed environment, or ``--py-files`` of the unpacked wheel.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession

SCHEMA = "id long, action array<float>, value float"


def act(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Actions and values of the observations in a partition; the model is loaded once for it."""
    import robot_policy

    model = robot_policy.Model(threads=1)  # Spark runs as many of these as the machine has cores
    for frame in frames:
        action, value = model(np.stack(frame["observation"].to_list()).astype(np.float32))
        yield pd.DataFrame({"id": frame["id"], "action": list(action), "value": value})


def predict(observations: DataFrame) -> DataFrame:
    """Actions and values of a frame with the columns ``id`` and ``observation``."""
    return observations.mapInPandas(act, SCHEMA)


if __name__ == "__main__":
    rows = np.load(sys.argv[1])
    spark = SparkSession.builder.appName("robot_policy").getOrCreate()
    spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
    frame = spark.createDataFrame(pd.DataFrame({"id": np.arange(len(rows)), "observation": list(rows)})).repartition(8)
    frame.cache().count()
    begin = time.perf_counter()
    predict(frame).write.mode("overwrite").parquet(sys.argv[2])
    seconds = time.perf_counter() - begin
    print(f"{len(rows)} rows in {seconds:.1f} s: {len(rows) / seconds:.0f} rows/s")
    spark.stop()
