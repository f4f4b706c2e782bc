"""``torch.jit``: compiling Python functions and modules, and what one can do with the result."""

from __future__ import annotations

import importlib
from typing import Any

# Where each name lives.  They are imported when first asked for, so that model files that script nothing start quickly.
_HOME = {
    "api": (
        "Error", "ScriptWarning", "interface", "script", "script_if_tracing",
    ),
    "unit": ("compile_all", "default_unit"),
    "compilation_unit": ("CompilationUnit",),
    "module.containers": ("ScriptDict", "ScriptList"),
    "module.script_function": ("ScriptFunction", "ScriptMethod"),
    "module.script_module": ("RecursiveScriptModule", "ScriptModule"),
    "markers": (
        "Attribute", "Final", "_overload", "_overload_method", "_unwrap_optional", "annotate", "export", "ignore",
        "is_scripting", "is_tracing", "isinstance", "script_method", "unused",
    ),
    "futures": ("Future", "fork", "wait"),
    "code.inspection": ("_hide_source_ranges", "export_opnames"),
    "interpreter.switches": (
        "enable_onednn_fusion", "fuser", "last_executed_optimized_graph", "onednn_fusion_enabled",
        "optimized_execution", "set_fusion_strategy", "strict_fusion",
    ),
    "tracing.trace": ("TracerWarning", "TracingCheckError", "trace", "trace_module"),
    "module.freezing": ("freeze", "optimize_for_inference", "run_frozen_optimizations"),
    "archive.serialize": ("load", "save"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

_SUBMODULES = ("_state", "frontend")

__all__ = sorted((*_MODULE_OF, *_SUBMODULES))


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"transpile.jit.{name}")
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'transpile.jit' has no attribute '{name}'")
    try:
        found = getattr(importlib.import_module(f"transpile.jit.{module}"), name)
    except ModuleNotFoundError as error:
        if error.name != f"transpile.jit.{module}":
            raise
        raise AttributeError(f"torch.jit.{name} is not part of this release") from None
    globals()[name] = found
    return found
