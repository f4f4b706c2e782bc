"""Streams of devices.  There is no device that has one: the class is there for annotations."""

from __future__ import annotations


class Stream:
    """A queue of work on a device; cannot be made."""

    def __init__(self, device: object = None) -> None:
        raise RuntimeError("torch.Stream requires an accelerator, and there is none")
