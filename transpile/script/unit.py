"""A compilation unit: everything compiled together, each function, class and module type once."""

from __future__ import annotations

import ast
import enum
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import CompileErrors, ScriptTypeError, SourceError
from transpile.core.schema import Argument, Schema
from transpile.core.script_markers import overloads_of as declared_overloads
from transpile.core.source import SourceRange
from transpile.ir.function import Function
from transpile.ir.graph import Graph, Value
from transpile.script import names
from transpile.script.emitter import Emitter, PoisonedError
from transpile.script.frontend import FunctionSource, parse_text, source_of_function, syntax_errors, type_comments
from transpile.script.library import BUNDLED, Library, is_own_source, is_python_only
from transpile.script.resolver import Resolver
from transpile.script.signatures import Signature, signature_of
from transpile.script.ssa import convert_to_ssa
from transpile.script.values import Sugared

if TYPE_CHECKING:
    from transpile.script.archive_program import ArchiveProgram
    from transpile.script.modules import ModuleRegistry


class Unit:
    """Compiles functions, classes and modules, and remembers them.

    ``lower`` makes the graph that is run from the structured one.  With ``collect``, compiling goes on after an error;
    ``finish`` then raises them all at once.  ``library`` is what the program is written with.
    """

    def __init__(self, lower: Callable[[Graph], Graph], *, collect: bool = False, library: Library = BUNDLED) -> None:
        from transpile.script.modules import ModuleRegistry

        self.lower = lower
        self.library = library
        self.names = names.Names()
        self.errors: list[SourceError] | None = [] if collect else None
        self._failures = 0  # statements that did not compile, the known and the poisoned ones too
        self.functions: dict[int, tuple[Any, Function]] = {}
        self.classes: dict[type, T.Type] = {}
        self.named_tuples: dict[type, T.TupleType] = {}
        self.modules: ModuleRegistry = ModuleRegistry(self)
        self.archived: dict[int, ArchiveProgram] = {}  # by class type: the program that has its methods
        self._compiling: list[Any] = []
        self._calls: list[tuple[str, SourceRange | None]] = []
        self._overloads: dict[str, list[Callable[..., Any]]] = {}

    # ---- errors
    def note(self, error: SourceError) -> None:
        """Remember an error and go on."""
        assert self.errors is not None
        self._failures += 1
        for one in error.errors if isinstance(error, CompileErrors) else [error]:
            if isinstance(one, PoisonedError):
                continue
            self._locate(one)
            if not any(_place(known) == _place(one) and known.message == one.message for known in self.errors):
                self.errors.append(one)

    def _locate(self, error: SourceError) -> None:
        """Tell through which calls the compiler came to the error: it is shown where the program's own text ends."""
        if error.stack:
            return
        calls = list(self._calls)
        texts = [*(call for _, call in calls[1:]), error.range]  # where each function, or the error, was come upon
        python = [i for i, text in enumerate(texts) if text is not None and is_python_only(text.filename)]
        calls = calls[: python[0] + 1] if python else calls
        if not python and (error.range is None or not is_own_source(error.range.filename)):
            error.stack = [(name, None if call and is_own_source(call.filename) else call) for name, call in calls]
            return
        outside = [i for i, (_, call) in enumerate(calls) if call and not is_own_source(call.filename)]
        if outside:
            called, call = calls[outside[-1]]
            if python:
                error.message = f"'{called}' is a function of Python and cannot be compiled"
                error.hint = "call it outside of the compiled code"
            error.range, calls = call, calls[: outside[-1]]
            error.stack = [(name, None if call and is_own_source(call.filename) else call) for name, call in calls]
        else:  # the program is a layer of ours
            error.message = f"{error.message.strip()} (in {calls[-1][0]})" if calls else error.message
            error.range = None

    def finish(self) -> None:
        """Raise what was collected: one error as itself, several as ``CompileErrors``."""
        if self.errors:
            raise self.errors[0] if len(self.errors) == 1 else CompileErrors(self.errors)

    # ---- functions
    def compile_function(
        self, function: Callable[..., Any], range: SourceRange | None = None, caller: Emitter | None = None
    ) -> Function:
        """The compiled form of a Python function; ``range`` is the call that needs it."""
        function = inspect.unwrap(function)
        function = getattr(function, "__func__", function)
        known = self.functions.get(id(function))
        if known is not None:
            return known[1]
        if function in self._compiling:
            raise SourceError(
                f" function '{function.__name__}' is called recursively. Recursive calls are not supported",
                range,
                hint="write it as a loop",
            )
        source = source_of_function(function)
        resolver = Resolver(self, function)
        name = self.names.claim(names.of_object(function))
        compiled = self._compile(source, resolver, name, None, range, function)
        self.functions[id(function)] = (function, compiled)
        return compiled

    def compile_method(
        self,
        function: Callable[..., Any],
        owner: T.ClassType,
        range: SourceRange | None = None,
        name: str = "",
        declared: Signature | None = None,
    ) -> Function:
        """Compile a method and add it to its class; recursion is refused."""
        function = getattr(function, "__func__", function)
        name = name or function.__name__
        key = (id(owner), name)
        if key in self._compiling:
            raise SourceError(
                f" method '{name}' is called recursively. Recursive calls are not supported",
                range,
                hint="write it as a loop",
            )
        source = source_of_function(function, owner.name.rpartition(".")[2])
        # While a decorator compiles a class, the name of the class is not bound yet.
        own = (
            None if owner.is_module or owner.python_class is None else {owner.python_class.__name__: owner.python_class}
        )
        resolver = Resolver(self, inspect.unwrap(function), own)
        return self._compile(source, resolver, f"{owner.name}.{name}", owner, range, key, name, declared)

    def compile_source(self, source: FunctionSource, resolver: Resolver, range: SourceRange | None) -> Function:
        """The compiled form of a function that comes as text; ``range`` is the call that needs it."""
        if source.node in self._compiling:
            raise SourceError(
                f" function '{source.name}' is called recursively. Recursive calls are not supported",
                range,
                hint="write it as a loop",
            )
        return self._compile(source, resolver, source.name, None, range, source.node)

    def compile_archived(
        self,
        source: FunctionSource,
        resolver: Resolver,
        name: str,
        owner: T.ClassType | None,
        range: SourceRange | None,
        signature: Signature,
    ) -> Function:
        """The compiled form of a function or method of an archive."""
        if (id(owner), name) in self._compiling:
            raise SourceError(f" '{name}' is called recursively. Recursive calls are not supported", range)
        return self._compile(source, resolver, name, owner, range, (id(owner), name), source.name, signature)

    def define_method(self, text: str, owner: T.ClassType, scope: dict[str, Any] | None = None) -> Function:
        """Compile a method from text and add it to ``owner``."""
        tree, source = parse_text(text, "<string>")
        node = tree.body[0]
        assert isinstance(node, ast.FunctionDef)
        function = FunctionSource(node.name, node, source, None, owner.name.rpartition(".")[2], type_comments(source))
        resolver = Resolver(self, None, scope or {})
        return self._compile(
            function, resolver, f"{owner.name}.{node.name}", owner, None, (id(owner), node.name), node.name
        )

    def _compile(
        self,
        source: FunctionSource,
        resolver: Resolver,
        qualified_name: str,
        owner: T.ClassType | None,
        call: SourceRange | None,
        key: Any,
        name: str = "",
        declared: Signature | None = None,
    ) -> Function:
        failures_before = self._failures
        self._compiling.append(key)
        self._calls.append((f"{source.class_name}.{source.name}" if source.class_name else source.name, call))
        try:
            found = syntax_errors(source)
            if found and self.errors is None:
                raise found[0][1]
            for _, error in found:
                self.note(error)
            refused = frozenset(node for node, _ in found)
            signature = declared if declared is not None else signature_of(self, source, resolver, owner)
            function = self._body(source, resolver, qualified_name, owner, signature, name or source.name, refused)
        except SourceError as error:
            if not isinstance(error, PoisonedError):
                self._locate(error)
            raise
        finally:
            self._compiling.pop()
            self._calls.pop()
        if self._failures > failures_before:
            # Reported already; whoever calls this function cannot be compiled either.
            raise PoisonedError(f"{qualified_name} could not be compiled", call)
        return function

    def _body(
        self,
        source: FunctionSource,
        resolver: Resolver,
        qualified_name: str,
        owner: T.ClassType | None,
        signature: Signature,
        name: str,
        refused: frozenset[ast.AST],
    ) -> Function:
        from transpile.script.statements import leave_function
        from transpile.script.values import SimpleValue

        graph = Graph(qualified_name)
        emitter = Emitter(self, source, resolver, graph, refused)
        emitter.declared = signature.result
        for index, argument in enumerate(signature.arguments):
            value = graph.add_input(argument.type, argument.name)
            if index == 0 and owner is not None and owner.is_module:
                emitter.frame.values[argument.name] = self.modules.self_value(value, owner)
            else:
                emitter.assign(argument.name, SimpleValue(value), None)
        emitter.statements(source.node.body)
        if graph.block not in emitter.exits:
            range = source.range(source.node)
            if signature.result is not None and signature.result != T.NONE:
                raise ScriptTypeError(
                    "Function was not annotated as having type None, but does not return along all paths", range
                )
            leave_function(emitter, emitter.constant(None, range), range)
        convert_to_ssa(graph)
        result = emitter.merged
        if result is None:
            result = signature.result if signature.result is not None else T.NONE
        graph.return_type = result
        last = graph.block.last
        if last is not None and last.kind == "prim::Return":
            value = last.input(0)
            last.destroy()
            graph.block.add_return(value)
        schema = Schema(name, "", tuple(signature.arguments), (Argument("", result),))
        where = source.range(source.node)
        return Function(
            name, qualified_name, schema, graph, source.python, where, owner, source.source.text, lower=self.lower
        )

    def python_schema(self, function: Callable[..., Any], owner: T.Type | None = None) -> Schema:
        """The schema of a Python function that stays one: annotations, with Tensor for what has none."""
        inner = getattr(inspect.unwrap(function), "__func__", inspect.unwrap(function))
        source = source_of_function(inner)
        signature = signature_of(self, source, Resolver(self, inner), owner)
        result = signature.result if signature.result is not None else T.TENSOR
        return Schema(inner.__name__, "", tuple(signature.arguments), (Argument("", result),))

    def overloads_of(self, function: Callable[..., Any]) -> list[Function]:
        """The compiled overloads of a function declared with ``torch.jit._overload``; empty if there are none."""
        return [self._overload(function, d) for d in declared_overloads(function)]

    def _overload(self, function: Callable[..., Any], declaration: Callable[..., Any]) -> Function:
        known = self.functions.get(id(declaration))
        if known is not None:
            return known[1]
        source = source_of_function(function)
        resolver = Resolver(self, function)
        signature = signature_of(self, source_of_function(declaration), Resolver(self, declaration))
        name = self.names.claim(names.of_object(function))
        compiled = self._compile(source, resolver, name, None, None, declaration, "", signature)
        self.functions[id(declaration)] = (declaration, compiled)
        return compiled

    # ---- types
    def named_tuple(self, cls: type, resolver: Resolver, range: SourceRange | None) -> T.TupleType:
        """The type of a NamedTuple class."""
        if cls not in self.named_tuples:
            annotations = {
                k: v for base in reversed(cls.__mro__) for k, v in vars(base).get("__annotations__", {}).items()
            }
            fields: Sequence[str] = getattr(cls, "_fields", ())
            elements = tuple(resolver.type_of(annotations[f], range) if f in annotations else T.TENSOR for f in fields)
            defaults = tuple(getattr(cls, "_field_defaults", {}).items())
            self.named_tuples[cls] = T.TupleType(
                elements, self.names.claim(names.of_object(cls)), tuple(fields), defaults
            )
        return self.named_tuples[cls]

    def enum(self, cls: type[enum.Enum], range: SourceRange | None) -> T.EnumType:
        """The type of an Enum class."""
        if cls not in self.classes:
            members = tuple((m.name, m.value) for m in cls)
            kinds = {m.value.__class__ for m in cls}
            value_type = {int: T.INT, float: T.FLOAT, str: T.STR}.get(next(iter(kinds))) if len(kinds) == 1 else None
            if value_type is None:
                raise ScriptTypeError(
                    f"Enum class '{cls.__name__}' needs values of one type: all int, all float or all str",
                    range,
                    hint="make the values alike, such as str of each",
                )
            self.classes[cls] = T.EnumType(self.names.claim(names.of_object(cls)), value_type, members, cls)
        found = self.classes[cls]
        assert isinstance(found, T.EnumType)
        return found

    def class_type(self, cls: type, range: SourceRange | None) -> T.Type | None:
        """The type of a user class or interface as an annotation, or ``None`` if it is neither."""
        from transpile.script import classes

        return classes.class_type(self, cls, range)

    def class_value(self, e: Emitter, cls: type, range: SourceRange | None) -> Sugared:
        """A class used as a value: its constructor."""
        from transpile.script import classes

        return classes.class_value(self, e, cls, range)

    def class_attribute(
        self, e: Emitter, value: Value, type: T.ClassType, range: SourceRange | None, name: str
    ) -> Sugared | None:
        """An attribute of an object that is found in its Python class only."""
        from transpile.script import classes
        from transpile.script.values import MethodValue

        archive = self.archived.get(id(type))
        if archive is not None:
            return MethodValue(value, [name]) if archive.method(type, name, range) is not None else None
        return classes.class_attribute(self, e, value, type, range, name)

    def adds_attributes(
        self, e: Emitter, type: T.ClassType, name: str, value: Value, range: SourceRange | None
    ) -> bool:
        """Whether ``e`` compiles the constructor of ``type``, where attributes come into being."""
        from transpile.script import classes

        return classes.adds_attributes(e, type, name, value, range)


def _place(error: SourceError) -> tuple[str, int, int] | None:
    return (error.range.filename, error.range.line, error.range.col) if error.range is not None else None
