"""Prints the C++ tree.  Indentation and line breaks are clang-format's; without it the text is still tidy."""

from __future__ import annotations

from collections.abc import Iterable

from transpile.cpp import tree as C


def print_statements(statements: Iterable[C.Stmt], depth: int = 1) -> str:
    """Statements, one a line, indented by two spaces a level."""
    return "".join(_statement(s, "  " * depth, depth) for s in statements)


def _statement(statement: C.Stmt, pad: str, depth: int) -> str:
    match statement:
        case C.Comment(content):
            return f"{pad}// {content}\n"
        case C.Blank():
            return "\n"
        case C.Evaluate(expression, comment):
            return f"{pad}{expression.text()};" + (f"  // {comment}" if comment else "") + "\n"
        case C.Declare(type, name, value):
            return f"{pad}{type} {name}{f' = {value.text()}' if value is not None else ''};\n"
        case C.Assign(target, value, operator):
            return f"{pad}{target.text()} {operator} {value.text()};\n"
        case C.If(condition, then, otherwise):
            text = f"{pad}if ({condition.text()}) {{\n{print_statements(then, depth + 1)}{pad}}}"
            if len(otherwise) == 1 and isinstance(otherwise[0], C.If):
                return f"{text} else {_statement(otherwise[0], pad, depth).lstrip()}"
            if otherwise:
                text += f" else {{\n{print_statements(otherwise, depth + 1)}{pad}}}"
            return text + "\n"
        case C.While(condition, body):
            return f"{pad}while ({condition.text()}) {{\n{print_statements(body, depth + 1)}{pad}}}\n"
        case C.For(head, body):
            return f"{pad}for ({head}) {{\n{print_statements(body, depth + 1)}{pad}}}\n"
        case C.Return(value):
            return f"{pad}return{f' {value.text()}' if value is not None else ''};\n"
        case C.Break():
            return f"{pad}break;\n"
        case C.Continue():
            return f"{pad}continue;\n"
        case C.Scope(body):
            return f"{pad}{{\n{print_statements(body, depth + 1)}{pad}}}\n"
    raise TypeError(f"cannot print {statement!r}")


def _signature(function: C.Function, *, declaration: bool) -> str:
    parameters = ", ".join(p.text(declaration) for p in function.parameters)
    owner = f"{function.owner}::" if function.owner and not declaration else ""
    head = "virtual " if function.pure else ""
    tail = " const" if function.const else ""
    if declaration:
        tail += " override" if function.override else " = 0" if function.pure else ""
    return f"{head}{function.result} {owner}{function.name}({parameters}){tail}"


def print_declaration(function: C.Function, depth: int = 0) -> str:
    """``result name(parameters);`` with its documentation comments."""
    pad = "  " * depth
    comments = "".join(f"{pad}/// {c}\n" for c in function.comments)
    return f"{comments}{pad}{_signature(function, declaration=True)};\n"


def print_definition(function: C.Function) -> str:
    """The function with its body."""
    comments = "".join(f"// {c}\n" for c in function.comments[:1])
    return f"{comments}{_signature(function, declaration=False)} {{\n{print_statements(function.body)}}}\n"


def print_interface(struct: C.Struct) -> str:
    """A struct of pure virtual functions."""
    comments = "".join(f"/// {c}\n" for c in struct.comments)
    methods = "".join(print_declaration(m, 1) for m in struct.methods)
    return f"{comments}struct {struct.name} {{\n  virtual ~{struct.name}() = default;\n{methods}}};\n"


def print_struct(struct: C.Struct, depth: int = 0) -> str:
    """A struct with nested structs, fields and the declarations of its methods."""
    pad = "  " * depth
    text = "".join(f"{pad}/// {c}\n" for c in struct.comments)
    bases = f" : {', '.join(struct.bases)}" if struct.bases else ""
    text += f"{pad}struct {struct.name}{bases} {{\n"
    for nested in struct.structs:
        text += print_struct(nested, depth + 1) + "\n"
    for field in struct.fields:
        initial = f"{{{field.initial.text()}}}" if field.initial is not None else ""
        tail = f"  // {field.comment}" if field.comment else ""
        text += f"{pad}  {field.type} {field.name}{initial};{tail}\n"
    for position, method in enumerate(struct.methods):
        text += ("\n" if struct.fields or position else "") + print_declaration(method, depth + 1)
    for position, method in enumerate(struct.inline_methods):
        text += ("\n" if struct.fields or struct.methods or position else "") + _inline_definition(method, depth + 1)
    return text + f"{pad}}};\n"


def _inline_definition(method: C.Function, depth: int) -> str:
    pad = "  " * depth
    comments = "".join(f"{pad}/// {c}\n" for c in method.comments)
    signature = _signature(method, declaration=True)
    return f"{comments}{pad}{signature} {{\n{print_statements(method.body, depth + 1)}{pad}}}\n"


def print_enum(enum: C.Enum) -> str:
    """An enumeration; clang-format puts a short one on one line."""
    text = "".join(f"/// {c}\n" for c in enum.comments)
    members = (f"{name} = {value.text()}" if value is not None else name for name, value in enum.members)
    return f"{text}enum class {enum.name}{f' : {enum.underlying}' if enum.underlying else ''} {{ {', '.join(members)} }};\n"
