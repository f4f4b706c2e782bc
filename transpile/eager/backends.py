"""``torch.backends``: switches of back ends that do not exist here, with the values a CPU build of PyTorch has."""

from __future__ import annotations

from typing import Any


class _Backend:
    def __init__(self, name: str, **flags: Any) -> None:
        self._name = name
        self._available = bool(flags.pop("available", False))
        self.__dict__.update(flags)

    def is_available(self) -> bool:
        return self._available

    def is_built(self) -> bool:
        return self._available

    def __repr__(self) -> str:
        return f"<torch.backends.{self._name}>"


cudnn: Any = _Backend("cudnn", enabled=True, benchmark=False, deterministic=False, allow_tf32=True)
mkldnn: Any = _Backend("mkldnn", enabled=True)
cuda: Any = _Backend("cuda")
mps: Any = _Backend("mps")
openmp: Any = _Backend("openmp")
mkl: Any = _Backend("mkl")


class _Fastpath:
    enabled = True


class mha:
    """Whether attention layers may use their fused operators."""

    @staticmethod
    def get_fastpath_enabled() -> bool:
        return _Fastpath.enabled

    @staticmethod
    def set_fastpath_enabled(value: bool) -> None:
        _Fastpath.enabled = value
