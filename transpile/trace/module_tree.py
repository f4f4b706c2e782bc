"""The modules of the module that is traced: their paths, their types, and which attributes their tensors are."""

from __future__ import annotations

from typing import Any

from transpile.core import types as T

Path = tuple[str, ...]


class ModuleTree:
    """Paths below a module.  A tensor or module that is reached twice has the path by which it is reached first."""

    def __init__(self, module: Any, type: T.ClassType) -> None:
        self.module = module
        self.type = type
        self._paths: dict[int, tuple[Any, Path]] = {}
        self._scopes: dict[int, Path] = {id(module): ()}
        self._walk(module, ())
        self._name_scopes(module, ())

    def _walk(self, module: Any, path: Path) -> None:
        for table in ("_parameters", "_buffers"):
            for name, tensor in module.__dict__[table].items():
                if tensor is not None:
                    self._paths.setdefault(id(tensor), (tensor, (*path, name)))
        for name, child in module.__dict__["_modules"].items():
            if child is not None:
                self._paths.setdefault(id(child), (child, (*path, name)))
                self._walk(child, (*path, name))

    def _name_scopes(self, module: Any, path: Path) -> None:
        seen = set()
        for name, child in module.__dict__["_modules"].items():
            if child is not None and id(child) not in seen:
                seen.add(id(child))
                self._scopes[id(child)] = (*path, name)
                self._name_scopes(child, (*path, name))

    def path_of(self, value: Any) -> Path | None:
        """Where a tensor or a module is an attribute."""
        found = self._paths.get(id(value))
        return found[1] if found is not None else None

    def scope_of(self, module: Any) -> Path | None:
        """The path that a call of ``module`` is recorded under; ``()`` for the traced module itself."""
        return self._scopes.get(id(module))

    def type_at(self, path: Path) -> T.Type:
        """The type of the attribute at ``path``."""
        type: T.Type = self.type
        for name in path:
            assert isinstance(type, T.ClassType)
            type = type.attributes[name].type
        return type
