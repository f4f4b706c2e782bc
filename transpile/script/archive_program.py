"""Programs of archives: classes and functions compiled from their text when something needs them.

Names mean what the format says they mean; nothing is looked up in Python.
"""

from __future__ import annotations

import ast
import enum
import typing
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import MissingOperatorError, NoMatchingOverloadError, ScriptTypeError
from transpile.core.source import Source, SourceRange
from transpile.ir.evaluate import is_instance
from transpile.ir.function import Function
from transpile.ops import registry
from transpile.script import archive_names as names
from transpile.script.archive_source import ArchivedSource, Definition
from transpile.script.frontend import FunctionSource
from transpile.script.python_values import EnumClass, NamedTupleClass
from transpile.script.resolver import MISSING, Resolver
from transpile.script.signatures import Signature, signature_of
from transpile.script.upgraders import Upgrader, upgraders
from transpile.script.values import FunctionValue, OperatorFunction, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter
    from transpile.script.unit import Unit

_TYPES: dict[str, Any] = {
    "Tensor": T.TENSOR, "int": T.INT, "float": T.FLOAT, "bool": T.BOOL, "str": T.STR, "complex": T.COMPLEX,
    "number": T.NUMBER, "Scalar": T.NUMBER, "NoneType": T.NONE, "None": T.NONE, "Device": T.DEVICE, "Any": T.ANY,
    "Generator": T.GENERATOR, "Stream": T.STREAM, "list": T.ANY_LIST, "tuple": T.ANY_TUPLE, "Future": names.FUTURE,
    **{name: vars(typing)[name] for name in ("List", "Dict", "Tuple", "Optional", "Union")},
}  # fmt: skip


class ArchiveProgram:
    """The definitions of one archive, compiled into ``unit``.

    ``constants`` are what the code calls ``CONSTANTS.c0``...: raw values with their types.  ``version`` is that of the format.
    """

    def __init__(
        self, unit: Unit, found: Mapping[str, Definition], constants: Sequence[tuple[Any, T.Type]], version: int
    ) -> None:
        self.unit = unit
        self.found = found
        self.constants = constants
        self.version = version
        self.compiled: list[Function] = []
        self._types: dict[str, T.Type] = {}
        self._functions: dict[str, Function] = {}
        self._classes: dict[int, Definition] = {}
        self._complete: set[int] = set()
        self._claimed: dict[str, str] = {}
        self._signatures: dict[tuple[int, str], Signature] = {}
        self._failed: dict[tuple[int, str], NoMatchingOverloadError] = {}

    # ---- types
    def type(self, name: str, range: SourceRange | None = None) -> T.Type:
        """The type that the archive calls ``name``."""
        known = self._types.get(name)
        if known is not None:
            return known
        definition = self.found.get(name)
        if definition is None or not isinstance(definition.node, ast.ClassDef):
            raise ScriptTypeError(f"Unknown type name '{name}'", range, hint=_hint(name))
        node = definition.node
        base = ast.unparse(node.bases[0]) if node.bases else ""
        if base == "NamedTuple":
            made: T.Type = self._named_tuple(definition)
        elif base == "Enum":
            made = self._enum(definition)
        elif base in ("Interface", "ModuleInterface"):
            made = T.InterfaceType(self.unit.names.claim(name), is_module=base == "ModuleInterface")
            self._types[name] = made
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    made.methods[method.name] = self._interface_method(definition, method, made)
        elif base in ("", "Module"):
            return self._class(definition, is_module=base == "Module")
        else:
            raise ScriptTypeError(f"a class of the archive derives from {base!r}", self.range(definition, node))
        self._types[name] = made
        return made

    def range(self, definition: Definition, node: ast.AST) -> SourceRange:
        """Where a node of the archive's code stands."""
        return definition.source.range(getattr(node, "lineno", 1), getattr(node, "col_offset", 0))

    def _annotation(self, definition: Definition, node: ast.expr) -> T.Type:
        resolver = ArchiveResolver(self, definition.source)
        return resolver.annotation(None, node, self.range(definition, node))

    def _class(self, definition: Definition, *, is_module: bool) -> T.ClassType:
        node = definition.node
        assert isinstance(node, ast.ClassDef)
        made = T.ClassType(self.unit.names.claim(definition.name), is_module=is_module)
        made.methods = _MethodsOnDemand(self, made, node)
        self._types[definition.name] = made
        self._classes[id(made)] = definition
        self.unit.archived[id(made)] = self
        special: dict[str, list[str]] = {}
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                if line.value is None:
                    made.add_attribute(line.target.id, self._annotation(definition, line.annotation))
                else:
                    made.constants[line.target.id] = _literal(line.value, self.range(definition, line))
            elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Subscript):
                key = _literal(line.targets[0].slice, self.range(definition, line))
                made.add_attribute(str(key), self._annotation(definition, line.value))
            elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                special[line.targets[0].id] = _literal(line.value, self.range(definition, line))
            elif not isinstance(line, (ast.FunctionDef, ast.Pass)):
                raise ScriptTypeError("this line has no place in a class", self.range(definition, line))
        for key, listed in special.items():
            if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
                raise ScriptTypeError(f"{key} is no list of names", self.range(definition, node))
        made.forward_pre_hooks = list(special.get("__forward_pre_hooks__", ()))
        made.forward_hooks = list(special.get("__forward_hooks__", ()))
        for attribute in made.attributes.values():
            attribute.is_parameter = attribute.name in special.get("__parameters__", ())
            attribute.is_buffer = attribute.name in special.get("__buffers__", ())
        return made

    def _named_tuple(self, definition: Definition) -> T.TupleType:
        assert isinstance(definition.node, ast.ClassDef)
        fields, types, defaults = [], [], []
        for line in definition.node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                fields.append(line.target.id)
                types.append(self._annotation(definition, line.annotation))
                if line.value is not None:
                    defaults.append((line.target.id, _literal(line.value, self.range(definition, line))))
        return T.TupleType(tuple(types), self.unit.names.claim(definition.name), tuple(fields), tuple(defaults))

    def _enum(self, definition: Definition) -> T.EnumType:
        assert isinstance(definition.node, ast.ClassDef)
        members: dict[str, Any] = {}
        for line in definition.node.body:
            where = self.range(definition, line)
            target = line.targets[0] if isinstance(line, ast.Assign) else None
            if not isinstance(line, ast.Assign) or not isinstance(target, ast.Name) or target.id.startswith("_"):
                raise ScriptTypeError("expected a member of an enum", where)
            members[target.id] = _literal(line.value, where)
        kinds = {type(v) for v in members.values()}
        value_type = {int: T.INT, float: T.FLOAT, str: T.STR}.get(next(iter(kinds))) if len(kinds) == 1 else None
        if value_type is None or "mro" in members:
            raise ScriptTypeError(
                "the members of an enum must have values of one type", self.range(definition, definition.node)
            )
        name = definition.node.name
        try:
            python = enum.Enum(name, members)  # type: ignore[misc]
        except (ValueError, TypeError) as error:
            raise ScriptTypeError(f"no enum: {error}", self.range(definition, definition.node)) from None
        return T.EnumType(self.unit.names.claim(definition.name), value_type, tuple(members.items()), python)

    def _interface_method(self, definition: Definition, node: ast.FunctionDef, owner: T.InterfaceType) -> Any:
        from transpile.core.schema import Argument, Schema

        source = FunctionSource(node.name, node, definition.source)
        signature = self._signature(source, ArchiveResolver(self, definition.source), owner)
        return Schema(node.name, "", tuple(signature.arguments), (Argument("", signature.result or T.TENSOR),))

    # ---- code
    def compile_methods(self, type: T.ClassType) -> None:
        """Compile all methods of a class."""
        definition = self._classes.get(id(type))
        if definition is None or id(type) in self._complete:
            return
        assert isinstance(definition.node, ast.ClassDef)
        self._complete.add(id(type))
        for node in definition.node.body:
            if isinstance(node, ast.FunctionDef):
                try:
                    self.method(type, node.name, None)
                except NoMatchingOverloadError as error:
                    type.methods[node.name] = self._raising(definition, node, type, error)
        order = [node.name for node in definition.node.body if isinstance(node, ast.FunctionDef)]
        type.methods = {name: type.methods[name] for name in order}

    def require_methods(self, type: T.ClassType) -> None:
        """Refuse a module that can do nothing but raise because operators are missing; all of these are named."""
        failed = {name: self._failed.get((id(type), name)) for name in type.methods}
        error = failed.get("forward") if "forward" in failed else next(iter(failed.values()), None)
        if error is None or ("forward" not in failed and None in failed.values()):
            return
        missing = self._missing_operators()
        if len(missing) > 1 and isinstance(error, MissingOperatorError):
            error.message = f"Unknown builtin ops: {', '.join(missing)}"
        raise error

    def _missing_operators(self) -> list[str]:
        """The operators that the code of the archive names and that this release does not have."""
        found: dict[str, None] = {}
        for definition in self.found.values():
            for node in ast.walk(definition.node):
                name = names.operator_name(node)
                if name and not registry.overloads(name):
                    found[name] = None
        return list(found)

    def _raising(
        self, definition: Definition, node: ast.FunctionDef, type: T.ClassType, error: NoMatchingOverloadError
    ) -> Function:
        """What stands for a method that calls what this release does not have: it says so when it is called."""
        key = (id(type), node.name)
        message = ast.Constant(error.message.strip())
        returned = node.returns if node.returns is not None else ast.Name("Tensor", ast.Load())
        call = ast.Attribute(
            ast.Attribute(ast.Name("ops", ast.Load()), "prim", ast.Load()), "RaiseException", ast.Load()
        )
        body: list[ast.stmt] = [
            ast.Expr(ast.Call(call, [message], [])),
            ast.Return(ast.Call(ast.Name("uninitialized", ast.Load()), [returned], [])),
        ]
        stub = ast.FunctionDef(node.name, node.args, body, [], node.returns)
        ast.fix_missing_locations(ast.copy_location(stub, node))
        source = FunctionSource(node.name, stub, definition.source, None, definition.node.name)
        resolver = ArchiveResolver(self, definition.source)
        name = f"{type.name}.{node.name}"
        return self.unit.compile_archived(source, resolver, name, type, None, self._signatures[key])

    def method(self, type: T.ClassType, name: str, range: SourceRange | None) -> Function | None:
        """The compiled method of a class of the archive; ``None`` if it has none of that name."""
        known = dict.get(type.methods, name)
        if known is not None:
            return known  # type: ignore[no-any-return]
        definition = self._classes[id(type)]
        assert isinstance(definition.node, ast.ClassDef)
        for node in definition.node.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                compiled = self._compile(definition, node, f"{type.name}.{name}", type, range)
                type.methods[name] = compiled
                return compiled
        return None

    def function(self, name: str, range: SourceRange | None) -> Function:
        """The compiled function called ``name``."""
        if name not in self._functions:
            definition = self.found[name]
            assert isinstance(definition.node, ast.FunctionDef)
            if name not in self._claimed:
                self._claimed[name] = self.unit.names.claim(name)
            self._functions[name] = self._compile(definition, definition.node, self._claimed[name], None, range)
        return self._functions[name]

    def _compile(
        self,
        definition: Definition,
        node: ast.FunctionDef,
        name: str,
        owner: T.ClassType | None,
        range: SourceRange | None,
    ) -> Function:
        key = (id(owner), node.name if owner is not None else name)
        if key in self._failed:
            raise self._failed[key]
        resolver = ArchiveResolver(self, definition.source)
        class_name = definition.node.name if owner is not None else ""
        source = ArchivedSource(
            node.name, resolver.take_tasks(node), definition.source, None, class_name, origins=definition.origins
        )
        signature = self._signatures[key] = self._signature(source, resolver, owner)
        try:
            made = self.unit.compile_archived(source, resolver, name, owner, range, signature)
        except NoMatchingOverloadError as error:
            self._failed[key] = error
            raise
        self.compiled.append(made)
        return made

    def _signature(self, source: FunctionSource, resolver: ArchiveResolver, owner: T.Type | None) -> Signature:
        """Read a signature; unlike Python's functions, those of archives may have lists as defaults."""
        node = source.node
        if owner is not None:
            _takes_self(source)
        defaults, node.args.defaults = node.args.defaults, []
        signature = signature_of(self.unit, source, resolver, owner)
        first = len(signature.arguments) - len(defaults)
        for index, default in enumerate(defaults, first):
            argument, where = signature.arguments[index], source.range(default)
            value = _literal(default, where)
            if argument.type in (T.FLOAT, T.OptionalType(T.FLOAT)) and value.__class__ is int:
                value = float(value)
            if not is_instance(value, argument.type):
                raise ScriptTypeError(f"the default of {argument.name} is no {argument.type.annotation()}", where)
            signature.arguments[index] = replace(argument, default=value)
        return signature

    # ---- values
    def lookup(self, e: Emitter, name: str, range: SourceRange | None) -> Sugared:
        """What a dotted name below ``__torch__`` stands for."""
        definition = self.found.get(name)
        if definition is None:
            return names.Space(self, name)
        if isinstance(definition.node, ast.FunctionDef):
            return FunctionValue([self.function(name, range)])
        type = self.type(name, range)
        if isinstance(type, T.TupleType):
            return NamedTupleClass(type)
        if isinstance(type, T.EnumType):
            return EnumClass(type)
        if not isinstance(type, T.ClassType):
            raise ScriptTypeError(f"{name} is no value", range)
        return names.ClassName(type, self)

    def operator(self, name: str, range: SourceRange | None) -> Sugared:
        """The registered operator of that name."""
        if not registry.overloads(name):
            raise MissingOperatorError(
                f"Unknown builtin op: {name}", range, hint=_hint(name) or "this operator is not supported"
            )
        return OperatorFunction(name)


def _hint(name: str) -> str:
    """What to do about an archive that needs ``name``, an operator or a type that only PyTorch has."""
    if "quantized" in name:
        return "quantized models are not supported: save the float model, before torch.ao.quantization converts it"
    if "mkldnn" in name.lower():
        return (
            "what torch.jit.optimize_for_inference makes has no weights in the file: save the model, or what torch.jit.freeze "
            "makes of it"
        )
    if name.startswith("__torch__.torch.classes."):
        return "classes that are written in C++ are not supported: save a model without them"
    return ""


class _MethodsOnDemand(dict[str, Any]):
    """The methods of a class of an archive, each compiled when something asks for it."""

    def __init__(self, program: ArchiveProgram, owner: T.ClassType, node: ast.ClassDef) -> None:
        self._program = program
        self._owner = owner
        self._names = {line.name for line in node.body if isinstance(line, ast.FunctionDef)}

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self._names else default

    def __missing__(self, name: str) -> Any:
        found = self._program.method(self._owner, name, None)
        if found is None:
            raise KeyError(name)
        return found


class ArchiveResolver(Resolver):
    """Names as the format defines them."""

    may_lack_operators = True

    def __init__(self, program: ArchiveProgram, source: Source) -> None:
        super().__init__(program.unit, None)
        self.program = program
        self.source = source
        self.scopes = []
        self.tasks: dict[str, ast.FunctionDef] = {}

    def upgraders(self, operator: str) -> Mapping[str, Upgrader]:
        return upgraders(operator, self.program.version)

    def take_tasks(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """The function without the ones inside of it, which ``fork`` starts; they are kept in ``tasks``."""
        return typing.cast(ast.FunctionDef, _TakeTasks(self.tasks).visit_body(node))

    def lookup(self, name: str) -> Any:
        return MISSING

    def text(self, text: str, range: SourceRange | None) -> T.Type:
        raise ScriptTypeError("a text is no type", range)

    def name(self, e: Emitter, name: str, range: SourceRange | None) -> Sugared | None:
        return names.resolve(self, e, name, range)

    def value_of(self, node: ast.expr, range: SourceRange | None) -> Any:
        if isinstance(node, ast.Name):
            if node.id not in _TYPES:
                raise ScriptTypeError(f"Unknown type name '{node.id}'", range)
            return _TYPES[node.id]
        if isinstance(node, ast.Attribute):
            return self.program.type(ast.unparse(node), range)
        if isinstance(node, ast.Constant) and node.value is not None:
            raise ScriptTypeError("a text or number is no type", range)
        return super().value_of(node, range)


class _TakeTasks(ast.NodeTransformer):
    def __init__(self, tasks: dict[str, ast.FunctionDef]) -> None:
        self.tasks = tasks

    def visit_body(self, node: ast.FunctionDef) -> ast.AST:
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.tasks[node.name] = typing.cast(ast.FunctionDef, self.generic_visit(node))
        return ast.copy_location(ast.Pass(), node)


def _takes_self(source: FunctionSource) -> None:
    if not (source.node.args.posonlyargs or source.node.args.args):
        raise ScriptTypeError("a method takes self", source.range(source.node))


def _literal(node: ast.expr, range: SourceRange) -> Any:
    if isinstance(node, ast.Name) and node.id in names.NUMBERS:
        return names.NUMBERS[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Name):
        value = _literal(node.operand, range)
        return -value if isinstance(value, float) else value
    try:
        value = ast.literal_eval(node)
        repr(value)  # a ValueError for a number of too many digits
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                part.value.encode()  # a ValueError for halves of surrogate pairs
        return value
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ScriptTypeError("expected a number, a text or a list of them", range) from None
