"""``torch.jit.CompilationUnit``: functions compiled from source text."""

from __future__ import annotations

import importlib
import math
import sys
from collections import ChainMap
from typing import Any

from transpile.jit.module.script_function import ScriptFunction
from transpile.jit.unit import default_unit
from transpile.script.text_functions import compile_text


class CompilationUnit:
    """Functions compiled from source text; they become attributes.

    The text sees ``torch``, ``math``, and what is visible where the unit is made.
    """

    def __init__(self, lang: str | None = None, _frames_up: int = 0) -> None:
        self._functions: dict[str, ScriptFunction] = {}
        if lang is not None:
            self.define(lang, _frames_up=_frames_up + 1)

    def define(self, lang: str, rcb: Any = None, _frames_up: int = 0) -> None:
        """Compile the functions in ``lang``."""
        frame = sys._getframe(_frames_up + 1)
        torch = importlib.import_module("transpile.torch")
        scope = ChainMap(frame.f_locals, frame.f_globals, {"torch": torch, "math": math})
        for function in compile_text(default_unit(), lang, scope):
            self._functions[function.name] = ScriptFunction(function)

    def find_function(self, name: str) -> ScriptFunction | None:
        """The function called ``name``."""
        return self._functions.get(name)

    def get_functions(self) -> list[ScriptFunction]:
        """All functions, in order of definition."""
        return [*self._functions.values()]

    def __getattr__(self, name: str) -> ScriptFunction:
        found = self.__dict__.get("_functions", {}).get(name)
        if found is None:
            raise AttributeError(f"'CompilationUnit' object has no attribute '{name}'")
        return found  # type: ignore[no-any-return]
