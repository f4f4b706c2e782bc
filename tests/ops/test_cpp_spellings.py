"""Every C++ spelling in the registry names something that exists and takes these arguments.

One function per operator is compiled, not run: ``Tensor f(const Tensor& a0, ...) { return ops::add(a0, a1, a2); }``.
"""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess

import pytest

from transpile.core import types as T
from transpile.core.schema import Argument
from transpile.cpp import tree as C
from transpile.ops import registry

ROOT = pathlib.Path(__file__).parents[2]
_PLAIN = {
    T.INT: "std::int64_t", T.FLOAT: "double", T.BOOL: "bool", T.STR: "std::string", T.NUMBER: "Scalar",
    T.COMPLEX: "std::complex<double>", T.TENSOR: "Tensor", T.DEVICE: "Device",
}  # fmt: skip
_RENAMED = {"__and__": "bitwise_and", "__or__": "bitwise_or", "__xor__": "bitwise_xor"}


def cpp_type(type: T.Type, special: str = "") -> str | None:
    """The C++ type of a schema type; ``None`` where there is no single one (enums, Any, generators)."""
    if special == "ScalarType":
        return "DType" if not isinstance(type, T.OptionalType) else "std::optional<DType>"
    if type in _PLAIN:
        return _PLAIN[type]
    if isinstance(type, T.VarType):
        return "std::int64_t"
    inner = [cpp_type(t) for t in type.contained()]
    if not inner or None in inner:
        return None
    if isinstance(type, T.OptionalType):
        return f"std::optional<{inner[0]}>"
    if isinstance(type, T.ListType):
        return f"List<{inner[0]}>"
    if isinstance(type, T.DictType):
        return f"Dict<{inner[0]}, {inner[1]}>"
    return f"std::tuple<{', '.join(str(i) for i in inner)}>" if isinstance(type, T.TupleType) else None


def spelling(operator: registry.Operator, names: list[str]) -> str:
    name = operator.name.partition("::")[2]
    arguments: list[C.Expr] = [C.Name(n) for n in names]
    if operator.spelling is not None:
        return operator.spelling.fill(arguments).text()
    return C.Call(C.ops(_RENAMED.get(name, name), header=operator.header), arguments).text()


def function(index: int, operator: registry.Operator) -> str | None:
    """The C++ function for an operator; ``None`` if its types have no C++ counterpart here."""
    if operator.schema.is_vararg:
        return None
    shown: list[Argument] = [
        a for a in operator.schema.arguments if not a.ignored and a.type != T.OptionalType(T.GENERATOR)
    ]
    types = [cpp_type(a.type, a.special) for a in shown]
    if None in types:
        return None
    parameters = ", ".join(f"[[maybe_unused]] const {t}& a{i}" for i, t in enumerate(types))
    call = spelling(operator, [f"a{i}" for i in range(len(types))])
    return f"// {operator.schema}\nvoid f{index}({parameters}) {{ static_cast<void>({call}); }}"


def missing(operators: list[registry.Operator]) -> list[str]:
    """The operators whose spelling does not compile, each with the first error."""
    compiler = shutil.which("g++") or shutil.which("c++")
    assert compiler is not None
    include = ROOT / "runtime_cpp" / "include"
    headers = [*(include / "ts2cpp" / "ops").glob("*.hpp"), *(include / "ts2cpp").glob("*.hpp")]
    lines = [f"#include <{header.relative_to(include)}>" for header in sorted(headers)]
    lines += ["using namespace ts2cpp;", ""]
    owner: dict[int, registry.Operator] = {}
    for index, operator in enumerate(operators):
        text = function(index, operator)
        if text is not None:
            lines += text.split("\n")
            owner[len(lines)] = operator
    command = [compiler, "-std=c++17", "-fsyntax-only", "-fmax-errors=0", "-x", "c++", "-"]
    command += ["-I", str(include)]
    run = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    for line, message in re.findall(r"^<stdin>:(\d+):\d+: error: (.*)$", run.stderr, re.MULTILINE):
        if int(line) in owner:
            found.setdefault(str(owner[int(line)].schema), message)
    return [f"{schema}: {message}" for schema, message in found.items()]


@pytest.mark.skipif(shutil.which("g++") is None and shutil.which("c++") is None, reason="no C++ compiler")
def test_scalar_spellings_compile() -> None:
    found = missing([o for o in registry.all_operators() if "scalar" in o.tags])
    assert not found, "\n".join(found)
