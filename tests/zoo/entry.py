"""A model of the zoo: how it is made and called.  Packages are imported when one of their models is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

PACKAGES = ("torchvision", "timm", "transformers", "torchaudio")


@dataclass(frozen=True)
class Entry:
    """``make`` gives a module and ``inputs`` its arguments; ``script`` says whether the package means it to be scripted."""

    package: str
    name: str
    make: Callable[[], Any]
    inputs: Callable[[], tuple[Any, ...]]
    script: bool = True
    method: str = "forward"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.package}/{self.name}"


def entries(patterns: str = "*") -> list[Entry]:
    """The models whose ``package/name`` matches one of the comma-separated patterns."""
    found = [entry for package in PACKAGES for entry in import_module(f"tests.zoo.{package}_models").entries()]
    return [entry for entry in found if any(fnmatchcase(entry.key, p) for p in patterns.split(","))]
