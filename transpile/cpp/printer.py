"""Prints declarations of the C++ tree.  Indentation and line breaks are clang-format's; without it the text is still tidy."""

from __future__ import annotations

from collections.abc import Iterable

from transpile.cpp import tree as C
from transpile.cpp.statements import comment_lines, line_comment, print_statements


def _signature(function: C.Function, *, declaration: bool) -> str:
    parameters = ", ".join(p.text(declaration) for p in function.parameters)
    owner = f"{function.owner}::" if function.owner and not declaration else ""
    head = "virtual " if function.pure else "inline " if function.inline else ""
    tail = " const" if function.const else ""
    if declaration:
        tail += " override" if function.override else " = 0" if function.pure else ""
    return f"{head}{function.result.text()} {owner}{function.name}({parameters}){tail}"


def print_declaration(function: C.Function, depth: int = 0) -> str:
    """``result name(parameters);`` with its documentation comments."""
    pad = "  " * depth
    comments = "".join(comment_lines(pad, c, "///") for c in function.comments)
    return f"{comments}{pad}{_signature(function, declaration=True)};\n"


def print_definition(function: C.Function) -> str:
    """The function with its body."""
    comments = "".join(comment_lines("", c) for c in function.comments[:1])
    return f"{comments}{_signature(function, declaration=False)} {{\n{print_statements(function.body)}}}\n"


def print_header(declarations: Iterable[C.Declaration]) -> str:
    """The declarations of a header, an empty line after each; functions without their body unless they are inline."""
    text = ""
    previous: C.Declaration | None = None
    for declaration in declarations:
        if isinstance(previous, C.Forward) and not isinstance(declaration, C.Forward):
            text += "\n"
        text += _declaration(declaration) + ("" if isinstance(declaration, C.Forward) else "\n")
        previous = declaration
    return text


def _declaration(declaration: C.Declaration) -> str:
    match declaration:
        case C.Forward(name):
            return f"struct {name};\n"
        case C.Enum():
            return print_enum(declaration)
        case C.Struct():
            return print_interface(declaration) if declaration.interface else print_struct(declaration)
    return print_definition(declaration) if declaration.inline else print_declaration(declaration)


def print_interface(struct: C.Struct) -> str:
    """A struct of pure virtual functions."""
    comments = "".join(comment_lines("", c, "///") for c in struct.comments)
    methods = "".join(print_declaration(m, 1) for m in struct.methods)
    return f"{comments}struct {struct.name} {{\n  virtual ~{struct.name}() = default;\n{methods}}};\n"


def print_struct(struct: C.Struct, depth: int = 0) -> str:
    """A struct with nested structs, fields and the declarations of its methods."""
    pad = "  " * depth
    text = "".join(comment_lines(pad, c, "///") for c in struct.comments)
    bases = f" : {', '.join(b.text() for b in struct.bases)}" if struct.bases else ""
    text += f"{pad}struct {struct.name}{bases} {{\n"
    for nested in struct.structs:
        text += print_struct(nested, depth + 1) + "\n"
    for field in struct.fields:
        initial = f"{{{', '.join(v.text() for v in field.initial)}}}" if field.initial is not None else ""
        code = f"{pad}  {field.type.text()} {field.name}{initial};"
        text += line_comment(f"{code}  ", field.comment) if field.comment else f"{code}\n"
    if struct.copied_by_hand:
        text += "\n" + _copying_members(struct.name, f"{pad}  ")
    for position, method in enumerate(struct.methods):
        text += ("\n" if struct.fields or position else "") + print_declaration(method, depth + 1)
    for position, method in enumerate(struct.inline_methods):
        text += ("\n" if struct.fields or struct.methods or position else "") + _inline_definition(method, depth + 1)
    return text + f"{pad}}};\n"


def _copying_members(name: str, pad: str) -> str:
    return (
        f"{pad}{name}() = default;\n"
        f"{pad}/// A copy shares nothing that calls change; constant weights stay shared.\n"
        f"{pad}{name}(const {name}& original);\n"
        f"{pad}{name}({name}&& original) = default;\n"
        f"{pad}{name}& operator=(const {name}& original);\n"
        f"{pad}{name}& operator=({name}&& original) = default;\n"
    )


def print_copying(copying: C.Copying) -> str:
    """The constructor and the assignment that copy a struct."""
    name, original = copying.struct.name, copying.original
    members = [f"{base.text()}({original})" for base in copying.struct.bases]
    members += [f"{field.name}({original}.{field.name})" for field in copying.struct.fields]
    return (
        f"{name}::{name}(const {name}& {original})\n    : {', '.join(members)} {{\n{print_statements(copying.body)}}}\n\n"
        f"{name}& {name}::operator=(const {name}& {original}) {{\n  return *this = {name}({original});\n}}\n"
    )


def _inline_definition(method: C.Function, depth: int) -> str:
    pad = "  " * depth
    comments = "".join(comment_lines(pad, c, "///") for c in method.comments)
    signature = _signature(method, declaration=True)
    return f"{comments}{pad}{signature} {{\n{print_statements(method.body, depth + 1)}{pad}}}\n"


def print_enum(enum: C.Enum) -> str:
    """An enumeration; clang-format puts a short one on one line."""
    text = "".join(comment_lines("", c, "///") for c in enum.comments)
    members = (f"{name} = {value.text()}" if value is not None else name for name, value in enum.members)
    underlying = f" : {enum.underlying.text()}" if enum.underlying is not None else ""
    return f"{text}enum class {enum.name}{underlying} {{ {', '.join(members)} }};\n"
