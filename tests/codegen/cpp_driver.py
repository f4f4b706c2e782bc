"""Compiled functions called again in C++: drivers that rebuild recorded arguments, call, and write each result as text.

A ``Session`` is a function, or a module object with calls that are made on it in order.  ``run`` writes the C++ of many
programs into a few translation units, builds them, runs them, and says for each program what became of it.  A program that
does not compile, crashes or does not end is found and the others are not harmed.
"""

from __future__ import annotations

import enum
import hashlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.build_tree import compiler as fastest_compiler
from tests.build_tree import locked, parts_library
from tests.codegen.driver_header import DriverHeader, driver_header
from transpile.codegen.driver import final_program, write_cpp
from transpile.codegen.emit.constants import TypeNames
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.codegen.emit.state import State
from transpile.codegen.plan.held_constants import held_constants
from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.errors import CompileErrors, ExportError, SourceError
from transpile.cpp import tree as C
from transpile.cpp.library import short_names
from transpile.cpp.literals import quoted
from transpile.cpp.names import SHORT_NAMES
from transpile.cpp.printer import print_definition, print_header
from transpile.cpp.statements import print_statements
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import constant_type
from transpile.jit.interpreter.future import Future
from transpile.ops.display import text_of
from transpile.ops.mapping import TensorKey

# ---- what to call


@dataclass
class Call:
    """One call.  ``arguments`` are raw values as they were before it, the module left out; the rest is what came of it.

    ``printed``, ``result`` and ``after`` (the arguments afterwards) are text as ``show`` writes it; a result that was not
    one is ``raised RuntimeError: 'message'``.
    """

    method: str
    arguments: list[Any]
    made_up: bool = False  # of an error only the kind is compared: the words of operators differ in places
    printed: str = "''"
    result: str = ""
    after: str = ""


@dataclass
class Session:
    """Calls of one function, or on one module object (as it was before the first of them)."""

    root: Function | ScriptObject
    calls: list[Call]
    methods: list[str] = field(default_factory=list)  # written even if they are not called

    def function(self, name: str) -> Function:
        return self.root if isinstance(self.root, Function) else self.root.type.methods[name]

    def parameters(self, name: str) -> list[T.Type]:
        types = [a.type for a in self.function(name).schema.arguments]
        return types if isinstance(self.root, Function) else types[1:]

    def result_type(self, name: str) -> T.Type | None:
        returns = self.function(name).schema.returns
        return returns[0].type if returns else None


# ---- values as text, the counterpart of tests/cpp/driver.hpp


def show(value: Any, type: T.Type | None = None) -> str:
    """The text of a raw value; ``type`` tells a float that Python holds as an int, and a device from a string."""
    if isinstance(type, T.OptionalType):
        type = type.element
    if type == T.ANY:
        return f"any({show(text_of(value))})"
    if isinstance(type, T.InterfaceType):
        return "interface"
    if isinstance(value, TensorKey):
        return show(value.tensor)
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, enum.Enum):
        return f"{value.__class__.__name__}.{value.name}"
    if isinstance(value, (int, np.integer)):
        return show(float(value)) if type == T.FLOAT else str(int(value))
    if isinstance(value, float):
        text = f"{value:.17g}"
        return "nan" if value != value else text if set(text) - set("-0123456789") else f"{text}.0"
    if isinstance(value, complex):
        return f"complex({show(value.real)}, {show(value.imag)})"
    if isinstance(value, str):
        shown = (
            chr(b) if 32 <= b < 127 and b not in b"\\'" else f"\\x{b:02x}"
            for b in value.encode("utf-8", "surrogatepass")
        )
        return f"'{''.join(shown)}'"
    if isinstance(value, np.ndarray):
        items = ", ".join(show(v) for v in value.reshape(-1).tolist())
        return f"tensor({D.from_numpy(value.dtype).name}, {list(value.shape)}, [{items}])"
    if isinstance(value, list):
        element = type.element if isinstance(type, T.ListType) else None
        return f"[{', '.join(show(v, element) for v in value)}]"
    if isinstance(value, tuple):
        elements: Sequence[T.Type | None] = type.elements if isinstance(type, T.TupleType) else [None] * len(value)
        return f"({', '.join(show(v, t) for v, t in zip(value, elements, strict=True))})"
    if isinstance(value, dict):
        key, item = (type.key, type.value) if isinstance(type, T.DictType) else (None, None)
        return f"{{{', '.join(f'{show(k, key)}: {show(v, item)}' for k, v in value.items())}}}"
    if isinstance(value, Future):
        return show(value.wait(), type.element if isinstance(type, T.FutureType) else None)
    if isinstance(value, ScriptObject):
        attributes = value.type.attributes.values()
        return f"object({', '.join(f'{a.name}={show(value.slots.get(a.name), a.type)}' for a in attributes)})"
    return f"<{value!r}>"


def show_error(error: BaseException) -> str:
    """What a call that raised ``error`` has as its result."""
    kind, message = type(error).__name__, str(error.args[0]) if error.args else ""
    if kind == "RuntimeError" and (found := re.match(r"(\w+Error): ", message)):
        kind, message = found[1], message[found.end() :]  # TorchScript has one kind, and the other in the text
    return f"raised {kind}: {show(message)}"


def shown_after(arguments: Sequence[Any], types: Sequence[T.Type]) -> str:
    """The arguments that a call may have changed."""
    return ", ".join(show(v, t) for v, t in zip(arguments, types, strict=True) if _changes(t))


def _changes(type: T.Type) -> bool:
    changing = (T.TensorType, T.ListType, T.DictType, T.ClassType)
    return isinstance(type, changing) or any(map(_changes, type.contained()))


_NUMBER = re.compile(r"-?(?:\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+|\d+|inf|nan)")


def agree(expected: str, actual: str, rtol: float = 1e-5, atol: float = 1e-6) -> bool:
    """Whether two texts are the same but for the last digits of floats."""
    if expected == actual:
        return True
    if _NUMBER.split(expected) != _NUMBER.split(actual):
        return False
    for ours, theirs in zip(_NUMBER.findall(expected), _NUMBER.findall(actual), strict=True):
        if ours != theirs:
            if not set(ours + theirs) & set(".e"):
                return False
            a, b = float(ours), float(theirs)
            if not abs(a - b) <= atol + rtol * abs(b):
                return False
    return True


# ---- values as C++


def string_literal(text: str | bytes) -> str:
    """A literal of all bytes of ``text``: a NUL inside makes it a ``std::string`` with its length."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return f"std::string({quoted(data)}, {len(data)})" if b"\0" in data else quoted(data)


def tensor_expression(value: np.ndarray[Any, Any]) -> str:
    """The bytes of a tensor as a C++ literal."""
    dtype = D.from_numpy(value.dtype).name
    sizes = ", ".join(map(str, value.shape))
    data = np.ascontiguousarray(value).tobytes().hex()
    return f"driver::tensor(DType::{'bool_' if dtype == 'bool' else dtype}, {{{sizes}}}, {string_literal(data)})"


def _weights(state: State) -> list[str]:
    lines = ["driver::Weights weights;"] if state.tensors else []
    for name, array in state.tensors.items():
        lines.append(f"weights.tensors[{string_literal(name)}] = {tensor_expression(array)};")
    return lines


def _argument(state: State, value: Any, type: T.Type, name: str) -> str:
    if isinstance(type, T.FutureType):
        return f"ts2cpp::fork([=] {{ return {_argument(state, value.wait(), type.element, name)}; }})"
    if type == T.ANY and value is not None:
        return f"ts2cpp::Any({_argument(state, value, any_type(value), name)})"
    return state.value(value, type, name).text()


def any_type(value: Any) -> T.Type:
    """The TorchScript type of a raw value of which nothing else is known."""
    if isinstance(value, ScriptObject):
        return value.type
    if isinstance(value, list) and value:
        return T.ListType(any_type(value[0]))
    if isinstance(value, tuple):
        return T.TupleType(tuple(map(any_type, value)))
    if isinstance(value, dict) and value:
        key, item = next(iter(value.items()))
        return T.DictType(any_type(key), any_type(item))
    return constant_type(value)


def _shows(names: TypeNames, classes: Sequence[T.ClassType]) -> str:
    """What writes objects of the program's classes as text."""
    heads = [f"inline std::string show(const ts2cpp::Ref<{names.class_namer(c).text()}>& value)" for c in classes]
    lines = [f"{head};" for head in heads]
    for head, cls in zip(heads, classes, strict=True):
        lines += [f"{head} {{", "  using driver::show;", '  std::string text = "object(";']
        for number, attribute in enumerate(cls.attributes.values()):
            start = f"{', ' if number else ''}{attribute.name}="
            lines.append(f"  text += {string_literal(start)} + show(value->{names.member_name(cls, attribute.name)});")
        lines += ['  return text + ")";', "}"]
    return "\n".join(lines)


# ---- programs


@dataclass
class Outcome:
    """What became of a program: ``same``, ``different``, ``refused`` (by the exporter), ``broken`` (does not compile),
    ``crashed``; with the reason."""

    kind: str
    detail: str = ""


def _write_session(session: Session, label: str, space: str) -> tuple[str, str]:
    """The C++ of one session, and the name of the function that makes its calls."""
    methods = list(dict.fromkeys([*session.methods, *(c.method for c in session.calls)]))
    with held_constants(session.root):
        program = final_program(session.root, methods)
        written = write_cpp(program, space)
    entries = {e.function.name if e.owner is not None else "": e for e in program.entries}
    lines = [f"namespace {space} {{"]
    # What the calls below are given may have any type of the runtime.
    used = [*(C.runtime(name) for name in SHORT_NAMES), written.header, written.source]
    lines += [*short_names(used), print_header(written.header)]
    lines += [*map(print_definition, written.source), _shows(written.names, written.classes)]
    if program.root is not None:
        struct = written.plan.names[program.root]
        body = [
            *_weights(written.state),
            f"{struct} model;",
            *print_statements(written.state.statements, 0).splitlines(),
            "return model;",
        ]
        lines += [f"static {struct} load() {{", *(f"  {line}" for line in body), "}"]
    lines.append("static void drive() {")
    if session.calls and program.root is not None:
        lines.append(f"  {'' if any(e.mutates for e in entries.values()) else 'const '}auto model = load();")
    for number, call in enumerate(session.calls):
        key = "" if isinstance(session.root, Function) else call.method
        lines += _call(written.names, session, call, written.plan.names[entries[key]], f"{label}.{number}")
    lines += ["}", f"}}  // namespace {space}", ""]
    return "\n".join(lines), f"{space}::drive"


def _call(names: TypeNames, session: Session, call: Call, callee: str, label: str) -> list[str]:
    state = State(names)
    declared, arguments, watched = [], [], []
    for number, (value, type) in enumerate(zip(call.arguments, session.parameters(call.method), strict=True)):
        name = f"argument_{number}"
        made = _argument(state, value, type, f"value_{number}")
        declared.append(f"{cpp_type(type, names.class_namer).text()} {name} = {made};")
        arguments.append(name)
        if _changes(type):
            watched.append(name)
    receiver = "" if isinstance(session.root, Function) else "model."
    capture = "&" if arguments or receiver else ""
    made = f"[{capture}] {{ return {receiver}{callee}({', '.join(arguments)}); }}"
    lines = [*_weights(state), *print_statements(state.statements, 0).splitlines(), *declared]
    lines.append(f"driver::call({', '.join([string_literal(label), made, *watched])});")
    return ["  {", *(f"    {line}" for line in lines), "  }"]


@dataclass
class _Written:
    label: str
    text: str
    entry_points: list[str]


def _write_program(label: str, sessions: Sequence[Session]) -> _Written:
    texts, entry_points = [], []
    for number, session in enumerate(sessions):
        text, entry = _write_session(session, f"{label}.{number}", f"{label}_{number}")
        texts.append(text)
        entry_points.append(entry)
    return _Written(label, "\n".join(texts), entry_points)


def refusal(error: Exception) -> str:
    """An exporter's refusal in one line."""
    errors = error.errors if isinstance(error, CompileErrors) else [error]
    return "; ".join(dict.fromkeys(str(e).partition("\n")[0] or repr(e) for e in errors))


def run(
    programs: Mapping[str, Sequence[Session]],
    folder: Path,
    *,
    units: int = 8,
    compiler: str | None = None,
    rtol: float = 1e-5,
    atol: float = 1e-6,
) -> dict[str, Outcome]:
    """Write, build and run programs by label (an identifier); what became of each, and of no other.

    ``compiler`` is that of the test programs unless a test wants to hear a certain one's warnings.
    """
    compiler = compiler or fastest_compiler() or "c++"

    def judged(label: str, value: Outcome | dict[str, list[str]]) -> Outcome:
        return value if isinstance(value, Outcome) else _compare(label, programs[label], value, rtol, atol)

    outcomes: dict[str, Outcome] = {}
    written: list[_Written] = []
    for label, sessions in programs.items():
        try:
            written.append(_write_program(label, sessions))
        except (ExportError, SourceError) as error:
            outcomes[label] = Outcome("refused", refusal(error))
        except Exception as error:  # a defect of the exporter
            outcomes[label] = Outcome("refused", f"{type(error).__name__}: {error}")
    header = driver_header(compiler)
    with locked(folder / "lock"):
        groups = [written[i::units] for i in range(units)]
        with ThreadPoolExecutor(2) as pool:
            for found in pool.map(
                lambda row: _run_unit(row[1], folder, f"unit{row[0]}", header, compiler), enumerate(groups)
            ):
                for label, value in found.items():
                    outcomes[label] = judged(label, value)
    return {label: outcomes[label] for label in programs}


def _unit_text(programs: Sequence[_Written]) -> str:
    lines = ["#include <driver.hpp>", ""]
    for program in programs:
        lines += [f'#line 1 "{program.label}.cpp"', program.text]
        steps = " ".join(f"{entry}();" for entry in program.entry_points)
        lines.append(f"static void drive_{program.label}() {{ {steps} }}")
    lines += ['#line 1 "main.cpp"', "int main(int argc, char** argv) {", "  return driver::main(argc, argv, {"]
    lines += [f'    {{"{p.label}", drive_{p.label}}},' for p in programs]
    return "\n".join([*lines, "  });", "}", ""])


def _run_unit(
    programs: list[_Written], folder: Path, name: str, header: DriverHeader, compiler: str
) -> dict[str, Outcome | dict[str, list[str]]]:
    """Build and run one translation unit; programs whose errors the compiler reports are taken out and the rest goes on."""
    outcomes: dict[str, Outcome | dict[str, list[str]]] = {}
    programs = list(programs)
    while programs:
        failed = _compile(programs, folder, name, header, compiler)
        if not failed:
            outcomes.update(_execute([p.label for p in programs], folder / name))
            break
        outcomes.update({label: Outcome("broken", detail) for label, detail in failed.items()})
        programs = [p for p in programs if p.label not in failed]
    return outcomes


def _compile(
    programs: Sequence[_Written], folder: Path, name: str, header: DriverHeader, compiler: str
) -> dict[str, str]:
    source, binary, marker = folder / f"{name}.cpp", folder / name, folder / f"{name}.stamp"
    text = _unit_text(programs)
    digest = hashlib.sha256((header.stamp + text).encode()).hexdigest()
    if marker.exists() and marker.read_text() == digest and binary.exists():
        return {}
    source.write_text(text, encoding="utf-8")
    # The parts are made by the compiler of most test programs: they are the same to all that link with them.
    linked = [*header.objects, str(parts_library(fastest_compiler() or compiler))]
    command = [compiler, *header.options, str(source), "-o", str(binary), *linked]
    done = subprocess.run(command, capture_output=True, text=True)
    failed = _blame(done.stderr, [p.label for p in programs])
    if done.returncode == 0 and not failed:
        marker.write_text(digest)
        return {}
    if not failed:
        raise AssertionError(f"{source} does not compile:\n{done.stderr[:4000]}")
    return failed


def _blame(diagnostics: str, labels: Sequence[str]) -> dict[str, str]:
    """The programs that errors and warnings are about, with the first of each."""
    known = set(labels)
    failed: dict[str, str] = {}
    around: list[str] = []
    for line in diagnostics.splitlines():
        named = re.findall(r"\b(\w+)\.cpp\b|\b([A-Za-z]\w*?)_\d+::", line)
        around += [label for pair in named for label in pair if label in known]
        found = re.search(r"\b(?:error|warning): (.*)", line)
        if found and around:
            failed.setdefault(around[-1] if f"{around[-1]}.cpp" in line else around[0], found.group())
        if found:
            around = []
    return failed


def _execute(labels: Sequence[str], binary: Path) -> dict[str, Outcome | dict[str, list[str]]]:
    """Run all programs of a unit; after a crash go on with the next one."""
    outcomes: dict[str, Outcome | dict[str, list[str]]] = {}
    left = list(labels)
    while left:
        done = subprocess.run([str(binary), *left], capture_output=True, check=False)
        current = ""
        rows: dict[str, dict[str, list[str]]] = {}
        for line in done.stdout.decode("ascii", "replace").splitlines():
            parts = line.split("\t")
            if len(parts) == 1:
                current = line
                rows[current] = {}
            elif current:
                rows[current][parts[0]] = parts[1:]
        outcomes.update(rows)
        if done.returncode == 0:
            break
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        ended = "did not end in ten seconds" if done.returncode == -14 else f"exit code {done.returncode}"
        outcomes[current or left[0]] = Outcome("crashed", f"{ended} {said[-1] if said else ''}".strip())
        left = left[left.index(current or left[0]) + 1 :]
    return outcomes


def _compare(
    label: str, sessions: Sequence[Session], rows: Mapping[str, list[str]], rtol: float, atol: float
) -> Outcome:
    for number, session in enumerate(sessions):
        for position, call in enumerate(session.calls):
            key = f"{label}.{number}.{position}"
            expected = [call.printed, call.result, call.after]
            actual = rows.get(key, ["", "no result", ""])
            for wanted, given in zip(expected, actual, strict=True):
                if (
                    call.made_up
                    and wanted.startswith("raised ")
                    and given.partition(":")[0] == wanted.partition(":")[0]
                ):
                    continue
                if not agree(wanted, given, rtol, atol):
                    name = session.function(call.method).name
                    return Outcome("different", f"{name}, call {position}: {wanted} in Python, {given} in C++")
    return Outcome("same")
