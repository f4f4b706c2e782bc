"""PyTorch runs on one thread here: which of several bad elements it names depends on how many there are."""

import os

os.environ["OMP_NUM_THREADS"] = "1"
