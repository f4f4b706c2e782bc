"""Code of an archive that is known to be the library's: its text comes to the same digest as the recorded one.

What a class or function is called in a file proves nothing.  So the text of a method and of all that it calls, with the
annotations of the attributes that it reads, is brought to a form without names: what is evaluated, in order, each value with a
number.  What comes out is looked up in ``library_digests.py``.  A literal that stands for a setting of the layer
(``hidden_size``) counts as that setting, if the class says that this is its value.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transpile.core.names import without_numbers
from transpile.jit.archive.library_digests import DIGESTS
from transpile.script.archive_source import Definition

# What no code of the library does, and what would hide from the form below what it means.
_OPAQUE = frozenset(("CONSTANTS", "getattr", "setattr", "fork"))
# How many parts the forms of one archive may have together.
_ROOM = 2_000_000


class _UnknownError(Exception):
    """A text that no code of the library has."""


@dataclass(frozen=True)
class Literal:
    """A number, text or ``None`` in a text, with the constants of the class that it stands in."""

    value: Any
    settings: Mapping[str, Any] = field(repr=False)

    @property
    def kind(self) -> str:
        return type(self.value).__name__

    def is_setting(self, name: str) -> bool:
        """Whether the literal is what the class says that the setting is."""
        known = settings_of(self.settings).get(name)
        return known is not None and known == self.value and isinstance(known, bool) == isinstance(self.value, bool)


Part = str | Literal


def settings_of(constants: Mapping[str, Any]) -> dict[str, Any]:
    """What a literal may stand for: constants of a class, the elements of tuples, what recurrent layers make of theirs."""
    found: dict[str, Any] = {}
    for name, value in constants.items():
        if isinstance(value, (tuple, list)):
            found |= {f"{name}.{index}": item for index, item in enumerate(value)}
        else:
            found[name] = value
    if isinstance(constants.get("num_layers"), int) and isinstance(constants.get("batch_first"), bool):
        found["rows"] = constants["num_layers"] * (2 if constants.get("bidirectional") else 1)
        found["state_size"] = constants.get("proj_size") or constants.get("hidden_size")
        found["batch_dim"] = 0 if constants["batch_first"] else 1
        found["length_dim"] = 1 if constants["batch_first"] else 0
    return found


def digest(parts: Sequence[Part], settings: Mapping[int, str]) -> str | None:
    """The digest of a form whose literals at some positions are settings; ``None`` if one is not what its class says."""
    made = hashlib.sha256()
    literals = 0
    for part in parts:
        text = part
        if isinstance(part, Literal):
            name = settings.get(literals)
            literals += 1
            if name is not None and not part.is_setting(name):
                return None
            text = f"{part.kind} {repr(part.value) if name is None else name}"
        made.update(f"{text}\0".encode("utf-8", "backslashreplace"))
    return made.hexdigest()[:32]


class LibraryCode:
    """The definitions of an archive, as forms."""

    def __init__(self, found: Mapping[str, Definition]) -> None:
        self._found = found
        self._forms: dict[str, list[Part]] = {}
        self._active: set[str] = set()
        self._room = _ROOM

    def known(self, version: int) -> set[str]:
        """The qualified names of the methods and functions that are the library's, in an archive of format ``version``.

        What an older archive says might mean something else.
        """
        known: set[str] = set()
        for name, definition in self._found.items():
            for qualified, bare in candidates(name, definition, DIGESTS):
                parts = self.form(qualified)
                for wanted, (oldest, settings) in DIGESTS[bare].items() if parts is not None else ():
                    if parts is not None and version >= oldest and digest(parts, settings) == wanted:
                        known.add(qualified)
        return known

    def form(self, qualified: str) -> list[Part] | None:
        """The form of a method or function; ``None`` if no code of the library has one like it."""
        try:
            if qualified in self._found:
                return self.parts_of(qualified)
            name, _, method = qualified.rpartition(".")
            return _Form(self, name).method(method)
        except (_UnknownError, RecursionError):
            return None

    def parts_of(self, name: str) -> list[Part]:
        """The form of a function, or of a class as a whole."""
        if name not in self._forms:
            if name in self._active:
                raise _UnknownError
            self._active.add(name)
            node = self._found[name].node
            form = _Form(self, name)
            made = form.whole_class(node) if isinstance(node, ast.ClassDef) else form.function(node)
            self._forms[name] = made
            self._active.discard(name)
        self.spend(len(self._forms[name]))
        return self._forms[name]

    def spend(self, count: int) -> None:
        self._room -= count
        if self._room < 0:
            raise _UnknownError

    def definition(self, name: str) -> ast.ClassDef | ast.FunctionDef | None:
        found = self._found.get(name)
        return found.node if found is not None else None


def candidates(name: str, definition: Definition, wanted: Collection[str]) -> list[tuple[str, str]]:
    """What of a definition has one of the ``wanted`` plain names: qualified names, each with its plain one."""
    found = [name]
    if isinstance(definition.node, ast.ClassDef):
        found = [f"{name}.{line.name}" for line in definition.node.body if isinstance(line, ast.FunctionDef)]
    return [(qualified, without_numbers(qualified)) for qualified in found if without_numbers(qualified) in wanted]


class _Form:
    """The parts of one definition."""

    def __init__(self, code: LibraryCode, name: str) -> None:
        self.code = code
        self.name = name
        node = code.definition(name)
        if node is None:
            raise _UnknownError
        self.lines = node.body if isinstance(node, ast.ClassDef) else []
        self.methods = {line.name: line for line in self.lines if isinstance(line, ast.FunctionDef)}
        self.settings = dict(_constants(self.lines))
        self.locals: dict[str, list[Part]] = {}
        self.unknown: set[str] = set()
        self.loads: Counter[str] = Counter()
        self.receiver = ""
        self.made: list[Part] = []
        self.values = 0
        self.asked: list[str] = []

    # ---- definitions
    def method(self, name: str) -> list[Part]:
        """A method, the attributes that it reads, and the methods of the same object that it calls."""
        if name not in self.methods:
            raise _UnknownError
        # What a class says of itself in words may be told from nothing else: which function an RNN applies.
        self.made += [f"{key} is {value!r}" for key, value in self.settings.items() if isinstance(value, str)]
        self.asked.append(name)
        for asked in self.asked:  # grows on the way
            self.made.append(f"asked {asked}")
            if asked in self.methods:
                self.function(self.methods[asked])
                continue
            line = self._attribute(asked)
            if line is None:
                raise _UnknownError
            self.plain(line.annotation)
            self.plain(line.value)
        return self.made

    def _attribute(self, name: str) -> ast.AnnAssign | None:
        for line in self.lines:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.target.id == name:
                return line
        return None

    def whole_class(self, node: ast.ClassDef) -> list[Part]:
        """All of a class but the lists that say what its tensors are."""
        self.made += [f"class {without_numbers(self.name)}", *(ast.dump(base) for base in node.bases)]
        for line in node.body:
            target = line.targets[0] if isinstance(line, ast.Assign) else None
            if isinstance(target, ast.Name) and target.id in ("__parameters__", "__buffers__"):
                continue
            if isinstance(line, ast.FunctionDef):
                self.made.append(f"def {line.name}")
                self.function(line)
            else:
                self.locals, self.unknown, self.receiver = {}, set(), ""
                self.plain(line)
        return self.made

    def function(self, node: ast.FunctionDef) -> list[Part]:
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise _UnknownError
        names = [argument.arg for argument in arguments.args]
        self.locals, self.unknown = {name: [f"argument {name}"] for name in names}, set()
        self.receiver = names[0] if self.methods and names else ""
        inside = ast.walk(ast.Module(node.body, []))
        self.loads = Counter(n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
        for argument in arguments.args:
            self.made.append(f"takes {argument.arg}")
            self.plain(argument.annotation)
        for default in arguments.defaults:
            self.plain(default)
        self.plain(node.returns)
        self.block(node.body)
        self.made.append("end")
        return self.made

    # ---- what is no code: annotations, attributes of classes
    def plain(self, node: Any) -> None:
        """A tree as it stands."""
        self.code.spend(1)
        if isinstance(node, list):
            self.made.append(f"list {len(node)}")
            for item in node:
                self.plain(item)
        elif isinstance(node, ast.Constant):
            self.made.append(Literal(node.value, self.settings))
        elif isinstance(node, ast.Attribute):
            self.made += self._dotted(ast.unparse(node))
        elif isinstance(node, ast.AST):
            self.made.append(type(node).__name__)
            for _, value in ast.iter_fields(node):
                self.plain(value)
        else:
            self.made.append(repr(node))

    # ---- code
    def block(self, body: Sequence[ast.stmt]) -> None:
        for line in body:
            self.code.spend(1)
            match line:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._bind(name, self.operand(value))
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(
                    values
                ):
                    held = [self.operand(value) for value in values]
                    for target, parts in zip(targets, held, strict=True):
                        self._bind(_name_of(target), parts)
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                    whole = self.value(f"unpack {len(targets)}", self.operand(value))
                    for index, target in enumerate(targets):
                        self._bind(_name_of(target), [f"part {index}", *whole])
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
                    whole = self.operand(value)
                    self.made.append("typed")
                    self.plain(annotation)
                    self._bind(name, self.value("as", whole))
                case ast.If():
                    self._choice(line)
                case ast.Return(value=ast.expr() as value):
                    self.made += ["return", *self.operand(value)]
                case ast.Expr(value=value):
                    self.operand(value)
                case ast.Pass():
                    pass
                case _:
                    raise _UnknownError

    def _bind(self, name: str, value: list[Part]) -> None:
        if name == self.receiver:
            raise _UnknownError
        if self.loads[name] > 1 and any(isinstance(p, str) and p.startswith("List ") for p in value):
            # One list, not one for each use.
            value = self.value("list", value)
        self.unknown.discard(name)
        self.locals[name] = value

    def _choice(self, line: ast.If) -> None:
        """Both branches, and what the variables are after it that both assign; what one assigns is nothing afterwards."""
        self.made += ["if", *self.operand(line.test)]
        before = dict(self.locals)
        ends = []
        for body in (line.body, line.orelse):
            self.locals = dict(before)
            self.block(body)
            self.made.append("end")
            ends.append(self.locals)
        self.locals = before
        for name in dict.fromkeys((*ends[0], *ends[1])):
            first, second = (end.get(name) for end in ends)
            if first is None or second is None:
                self.locals.pop(name, None)
                self.unknown.add(name)
            else:
                self.locals[name] = first if first is second else self.value("either", [*first, *second])

    def value(self, what: str, operands: Sequence[Part]) -> list[Part]:
        """The number of what is computed here."""
        self.code.spend(len(operands))
        self.made += [what, *operands]
        self.values += 1
        return [f"value {self.values}"]

    def operand(self, node: ast.expr) -> list[Part]:
        """What stands for an expression, after what computes it."""
        self.code.spend(1)
        match node:
            case ast.Constant(value=value):
                return [Literal(value, self.settings)]
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return [Literal(-value, self.settings)]
            case ast.UnaryOp(op=ast.USub(), operand=ast.Name(id="inf") as number):
                return ["minus", *self.operand(number)]
            case ast.Name(id=name):
                if name in self.locals:
                    return self.locals[name]
                if name in self.unknown or name in _OPAQUE:
                    raise _UnknownError
                return [f"name {name}"]
            case ast.List(elts=items) | ast.Tuple(elts=items):
                parts = [self.operand(item) for item in items]
                return [f"{type(node).__name__} {len(items)}", *(part for item in parts for part in item)]
            case ast.Attribute(value=held, attr=name):
                return self._member(node, held, name)
            case ast.Subscript(value=held, slice=index):
                return self.value("subscript", [*self.operand(held), *self.operand(index)])
            case ast.Call(func=function, args=arguments, keywords=keywords):
                parts = [self.operand(function), *(self.operand(argument) for argument in arguments)]
                for keyword in keywords:
                    parts.append([f"for {keyword.arg}", *self.operand(keyword.value)])
                return self.value(f"call {len(arguments)} {len(keywords)}", [part for item in parts for part in item])
        raise _UnknownError

    def _member(self, node: ast.Attribute, held: ast.expr, name: str) -> list[Part]:
        root = held
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id not in self.locals:
            if root.id in self.unknown or root.id in _OPAQUE:
                raise _UnknownError
            return self._dotted(ast.unparse(node))
        if isinstance(held, ast.Name) and held.id == self.receiver:
            if name not in self.asked:
                self.asked.append(name)
            return [f"method {name}"] if name in self.methods else self.value(f"self.{name}", [])
        return self.value(f"attribute {name}", self.operand(held))

    def _dotted(self, name: str) -> list[Part]:
        if not name.startswith("__torch__."):
            return [f"name {name}"]
        if name == self.name:
            return ["own"]
        known = self.code.definition(name) is not None
        return [f"reference {without_numbers(name)}", *(self.code.parts_of(name) if known else ["no such"])]


def _name_of(node: ast.expr) -> str:
    if not isinstance(node, ast.Name):
        raise _UnknownError
    return node.id


def _constants(lines: Sequence[ast.stmt]) -> Iterator[tuple[str, Any]]:
    for line in lines:
        if isinstance(line, ast.AnnAssign) and line.value is not None and isinstance(line.target, ast.Name):
            try:
                yield line.target.id, ast.literal_eval(line.value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
