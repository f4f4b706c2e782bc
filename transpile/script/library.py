"""The library that a program is written with, as far as the front end has to know it.

The front end knows the bundled torch.  Another one whose objects stand for those of the bundled torch is given to the
``Unit`` that compiles the program.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from transpile.core.errors import InternalError
from transpile.core.script_markers import is_script_class


class Library:
    """The bundled torch, whose objects are what they are."""

    def canonical(self, value: Any) -> Any:
        """The bundled object that ``value`` stands for; ``value`` itself if it stands for none."""
        return value

    def python_function(self, value: Any) -> Any:
        """The Python function that ``value`` was scripted from; ``None`` if it is nothing of that kind."""
        return None

    def is_scripted(self, module: Any) -> bool:
        """Whether the library has scripted or traced a module, so that ``python_module`` is what to compile."""
        return False

    def python_module(self, scripted: Any, path: str = "") -> Any:
        """The module to compile in place of a scripted one, with the state that it has now."""
        return scripted

    def is_script_class(self, cls: type) -> bool:
        """Whether a class was scripted: its instances may be attributes."""
        return is_script_class(cls)

    def array_of(self, tensor: Any) -> Any:
        """The memory of a tensor that is not a bundled one."""
        raise InternalError(f"a tensor of {type(tensor).__module__} has come in with the bundled torch")


BUNDLED = Library()


def is_torch(module: str | None) -> bool:
    """Whether the module of that name is part of a torch: of the bundled one, or of one that it stands for."""
    return (module or "").partition(".")[0] in ("torch", "transpile")


def public_name(text: str) -> str:
    """``text`` with the names of our modules as those of the torch that they make."""
    named = re.sub(r"\btranspile\.torch\b", "torch", text)
    named = re.sub(r"\btranspile\.eager\.(?:\w+\.)*(?=\w)", "torch.", named)
    return re.sub(r"\btranspile\.(?=nn\b|optim\b|jit\b)", "torch.", named)


_PACKAGE = Path(__file__).parent.parent
# Where the bundled torch is written in the TorchScript language.
_LANGUAGE = (str(_PACKAGE / "nn") + os.sep, str(_PACKAGE / "eager" / "functional.py"))


def is_own_source(filename: str) -> bool:
    """Whether a file is one of ours, whose lines mean nothing to the author of a program."""
    return filename.startswith(str(_PACKAGE) + os.sep)


def is_python_only(filename: str) -> bool:
    """Whether a file of ours is written for Python alone."""
    return is_own_source(filename) and not filename.startswith(_LANGUAGE)
