"""A Python wheel of a built model: its shared library with the C interface, its weights, and a small layer of ctypes over them.

The format is that of the packaging specifications (binary distribution format 1.0); the same project gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import keyword
import sys
import sysconfig
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transpile import __version__
from transpile._resources import resource
from transpile.codegen.project import toolchain
from transpile.codegen.project.project import Project
from transpile.core.errors import ExportError
from transpile.core.names import upper

_SUFFIX = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")
_PYTHON_TYPES = {
    "tensor": "NDArray[Any]", "int": "int", "float": "float", "bool": "bool", "complex": "complex", "str": "str",
    "number": "complex", "None": "None",
}  # fmt: skip


def write_wheel(project: Project, out: Path, *, version: str = "0.1.0", options: Sequence[str] = ()) -> Path:
    """Build the project's shared library and write its wheel to ``out``.

    ``options`` are further options of CMake.  Raises ``ToolError`` if the build fails, ``ExportError`` if a name of the model
    cannot be a name in Python.
    """
    name = project.name
    methods = {key: method["interface"] for key, method in project.manifest["methods"].items() if "interface" in method}
    if not methods:
        raise ExportError(f"{project.path} was written by an older ts2cpp; export it again")
    for key, interface in methods.items():
        for word in (key, *(p["name"] for p in interface["parameters"])):
            if not word.isidentifier() or keyword.iskeyword(word):
                raise ExportError(f"{word!r} cannot be a name in Python")
    files = {
        f"{name}/__init__.py": _init(name, methods, has_weights=(project.path / "weights.safetensors").exists()),
        f"{name}/__init__.pyi": _stub(methods).encode(),
        f"{name}/_ts2cpp.py": (resource("templates") / "wheel" / "_ts2cpp.py").read_bytes(),
        f"{name}/libmodel{_SUFFIX}": _library(project, options),
        f"{name}/py.typed": b"",
    }
    if (project.path / "weights.safetensors").exists():
        files[f"{name}/weights.safetensors"] = (project.path / "weights.safetensors").read_bytes()
    tag = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    info = f"{name}-{version}.dist-info"
    files |= {f"{info}/licenses/{n}": (project.path / "runtime" / n).read_bytes() for n in ("LICENSE", "NOTICE")}
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: A model compiled by ts2cpp {__version__}\n"
        "Requires-Python: >=3.9\nRequires-Dist: numpy>=1.23\n"
    ).encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: ts2cpp {__version__}\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    )
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}-{version}-{tag}.whl"
    path.write_bytes(_zip(files))
    return path


def _library(project: Project, options: Sequence[str]) -> bytes:
    """The bytes of the shared library, which shows its C interface alone and needs nothing but the C library."""
    folder, prefix = project.path / "build-wheel", upper(project.name)
    static = ["-DCMAKE_SHARED_LINKER_FLAGS=-static-libstdc++ -static-libgcc -s"] if sys.platform == "linux" else []
    switches = [f"-D{prefix}_BUILD_RUNNER=OFF", f"-D{prefix}_BUILD_TESTS=OFF", f"-D{prefix}_C_ABI_ONLY=ON"]
    toolchain.configure(project.path, folder, ["-DBUILD_SHARED_LIBS=ON", *switches, *static, *options])
    toolchain.build(folder)
    for pattern in (f"lib{project.name}{_SUFFIX}", f"{project.name}{_SUFFIX}"):
        for found in folder.rglob(pattern):
            return found.resolve().read_bytes()
    raise ExportError(f"no shared library was found in {folder}")


def _init(name: str, methods: Mapping[str, Any], *, has_weights: bool) -> bytes:
    return (
        f'"""The model {name}, compiled by ts2cpp {__version__}."""\n\n'
        "from ._ts2cpp import make_model\n\n"
        f"Model = make_model(__name__, __file__, {name!r}, {dict(methods)!r}, {has_weights!r})\n"
        '__all__ = ["Model"]\n'
    ).encode()


def _stub(methods: Mapping[str, Any]) -> str:
    """What type checkers read."""
    tuples: dict[str, str] = {}
    lines = [
        "class Model:",
        "    def __init__(self, weights: str | os.PathLike[str] | None = None, *, threads: int | None = None) -> None: ...",
        "    @staticmethod",
        "    def manual_seed(seed: int) -> None: ...",
        "    def copy(self) -> Model: ...",
    ]
    main = "forward" if "forward" in methods else next(iter(methods))
    for key, interface in (*methods.items(), ("__call__", methods[main])):
        shown = ["self"]
        for parameter in interface["parameters"]:
            default = " = ..." if parameter["default"] else ""
            shown.append(f"{parameter['name']}: {_annotation(parameter['type'], tuples, given=True)}{default}")
        lines.append(f"    def {key}({', '.join(shown)}) -> {_annotation(interface['returns'], tuples)}: ...")
    head = "import os\nfrom typing import Any, NamedTuple\n\nfrom numpy.typing import ArrayLike, NDArray\n\n"
    return head + "".join(tuples.values()) + "\n".join(lines) + "\n"


def _annotation(type: Any, tuples: dict[str, str], *, given: bool = False) -> str:
    """A type as Python writes it; of an argument, which may be all that becomes an array, if ``given``."""
    if isinstance(type, str):
        return "ArrayLike" if given and type == "tensor" else _PYTHON_TYPES.get(type, "Any")

    def inner(one: Any) -> str:
        return _annotation(one, tuples, given=given)

    match type[0]:
        case "optional":
            return f"{inner(type[1])} | None"
        case "list":
            return f"list[{inner(type[1])}]"
        case "dict":
            return f"dict[{inner(type[1])}, {inner(type[2])}]"
        case "tuple":
            return f"tuple[{', '.join(map(inner, type[1:])) or '()'}]"
        case "named":
            words = [type[1], *(field for field, _ in type[2:])]
            if given or not all(w.isidentifier() and not keyword.iskeyword(w) for w in words):
                return f"tuple[{', '.join(inner(t) for _, t in type[2:])}]"
            fields = "".join(f"    {field}: {inner(t)}\n" for field, t in type[2:])
            tuples[type[1]] = f"class {type[1]}(NamedTuple):\n{fields}\n"
            return str(type[1])
    return "str"  # the name of an enum's member


def _record(files: Mapping[str, bytes], own: str) -> bytes:
    lines = []
    for path in sorted(files):
        digest = base64.urlsafe_b64encode(hashlib.sha256(files[path]).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(files[path])}\n")
    return "".join([*lines, f"{own},,\n"]).encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """An archive without dates; the metadata come last, as the format recommends."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files, key=lambda path: (".dist-info/" in path, path)):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path])
    return buffer.getvalue()
