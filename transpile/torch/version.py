"""The version of PyTorch whose behaviour this implementation has."""

from __future__ import annotations

__version__ = "2.13.0+ts2cpp"
cuda = None
hip = None
git_version = "ts2cpp"
debug = False
