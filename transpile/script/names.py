"""Qualified names: ``__torch__.module.name``, made distinct where two things would share one."""

from __future__ import annotations

from typing import Any

_BUNDLED = "transpile."
# Bundled packages whose modules stand for PyTorch's of the same name.
_STANDS_FOR_TORCH = ("transpile.nn", "transpile.optim", "transpile.eager", "transpile.jit", "transpile.torch")


def module_path(module: str | None) -> str:
    """The module part of a qualified name; empty for the main program."""
    if not module or module == "__main__":
        return ""
    if module == "transpile.eager.grad_mode":
        return "torch.autograd.grad_mode"
    if module.startswith("transpile.torch"):
        return "torch" + module[len("transpile.torch") :]
    if module.startswith(_STANDS_FOR_TORCH):
        path = "torch." + module[len(_BUNDLED) :]
        if path.startswith("torch.nn.functional."):
            # The functionals are spread over files; PyTorch keeps them in one.
            return "torch.nn.functional"
        return path
    return module


def qualified(module: str | None, name: str) -> str:
    """``__torch__.module.name``."""
    path = module_path(module)
    return f"__torch__.{path}.{name}" if path else f"__torch__.{name}"


def of_object(value: Any) -> str:
    """The qualified name of a Python function or class."""
    name = getattr(value, "__name__", type(value).__name__)
    if name == "<lambda>":
        name = "_lambda"
    return qualified(getattr(value, "__module__", None), name)


class Names:
    """The qualified names in use."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next = 0

    def claim(self, name: str) -> str:
        """``name``, or a variation of it when it is taken: ``__torch__.m.___torch_mangle_0.f``."""
        if name not in self._taken:
            self._taken.add(name)
            return name
        path, _, last = name.rpartition(".")
        while True:
            candidate = f"{path}.___torch_mangle_{self._next}.{last}"
            self._next += 1
            if candidate not in self._taken:
                self._taken.add(candidate)
                return candidate
