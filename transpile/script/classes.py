"""User classes and interfaces: their types, constructors and methods."""

from __future__ import annotations

import dataclasses
import inspect
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError, SourceError
from transpile.core.schema import Argument, Schema
from transpile.core.source import SourceRange
from transpile.ir.graph import Value
from transpile.script import names
from transpile.script.calls import IgnoredFunction, UnusedFunction
from transpile.script.frontend import source_of_function, unsupported
from transpile.script.library import is_torch
from transpile.script.library_classes import library_class
from transpile.script.module_attributes import class_scope
from transpile.script.python_values import modifier_of, sugared
from transpile.script.resolver import Resolver
from transpile.script.signatures import signature_of
from transpile.script.values import Actual, MethodValue, PythonValue, SimpleValue, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter
    from transpile.script.unit import Unit


class ClassValue(Sugared):
    """A class used as a value: calling it makes an object."""

    kind = "class"

    def __init__(self, type: T.ClassType) -> None:
        self.type = type

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        made = e.insert("prim::CreateObject", (), [self.type], range).output
        if "__init__" not in self.type.methods:
            raise ScriptTypeError(
                f"Class {self.type.annotation().rpartition('.')[2]} does not have an __init__ function defined", range
            )
        MethodValue(made, ["__init__"]).call(e, range, arguments, keywords)
        return SimpleValue(made)

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        member = inspect.getattr_static(self.type.python_class, name, None)
        if isinstance(member, staticmethod):
            return sugared(e.unit, e, member.__func__, range)
        raise ScriptTypeError(
            f"Tried to lookup unknown attribute on class {self.type.annotation()}",
            range,
            hint="attributes of classes are not part of scripts: make it an attribute that __init__ sets, or an Enum",
        )


class ModuleClassValue(PythonValue):
    """A module class: only its static methods can be used."""

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        raise unsupported(
            f"Cannot instantiate class '{self.python.__name__}' in a script function",
            range,
            "make the module in __init__ and keep it as an attribute, or use torch.nn.functional",
        )

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        member = inspect.getattr_static(self.python, name, None)
        if isinstance(member, staticmethod):
            return sugared(e.unit, e, member.__func__, range)
        raise ScriptTypeError("Python type cannot be used as a value", range)


def is_module_class(cls: type) -> bool:
    """Whether ``cls`` is an ``nn.Module`` class."""
    return any(b.__name__ == "Module" and is_torch(b.__module__) for b in cls.__mro__)


def class_type(unit: Unit, cls: type, range: SourceRange | None) -> T.Type | None:
    """The type of a user class or interface as an annotation, or ``None`` if it is neither."""
    known = unit.classes.get(cls)
    if known is not None:
        return known
    if vars(cls).get("__torch_script_interface__"):
        return declare_interface(unit, cls, is_module=is_module_class(cls))
    library = library_class(cls)
    if library is not None:
        return _compile_library(unit, cls, *library)
    if is_module_class(cls) or cls.__module__ in ("builtins", "typing", "collections.abc", "numbers"):
        return None
    if is_torch(cls.__module__) or cls.__module__.partition(".")[0] == "numpy":
        return None
    bases = [b for b in cls.__bases__ if b is not object]
    if bases:
        raise SourceError(
            "TorchScript classes does not support inheritance yet. Please directly inherit from 'object'.",
            range,
            hint="put the members of the base class into the class itself",
        )
    return compile_class(unit, cls)


def compile_class(unit: Unit, cls: type) -> T.ClassType:
    """Compile all methods of a class, the constructor first: it defines the attributes."""
    made = T.ClassType(unit.names.claim(names.of_object(cls)))
    made.python_class = cls
    unit.classes[cls] = made
    try:
        if dataclasses.is_dataclass(cls):
            _dataclass_methods(unit, cls, made)
        members = dict(vars(cls))
        order = ["__init__", *members]
        for name in order:
            member = members.get(name)
            if inspect.isfunction(member):
                _method(unit, made, name, member, None)
            elif isinstance(member, property):
                _property(unit, made, name, member)
    except SourceError:
        del unit.classes[cls]
        raise
    return made


def _method(unit: Unit, owner: T.ClassType, name: str, member: Any, range: SourceRange | None) -> None:
    if name in owner.methods or modifier_of(member) in ("ignore", "unused"):
        return
    if name in ("__repr__", "__hash__") and dataclasses.is_dataclass(owner.python_class):
        return
    if not hasattr(member, "__code__") or member.__code__.co_filename.startswith("<"):
        return  # written by a decorator such as dataclass
    owner.methods[name] = unit.compile_method(member, owner, range, name)


def _property(unit: Unit, owner: T.ClassType, name: str, member: property) -> None:
    for which, function in (("getter", member.fget), ("setter", member.fset)):
        method = f"__{name}_{which}"
        if function is not None and method not in owner.methods and modifier_of(function) not in ("ignore", "unused"):
            owner.methods[method] = unit.compile_method(function, owner, None, method)


def _dataclass_methods(unit: Unit, cls: Any, owner: T.ClassType) -> None:
    """The constructor and the comparisons that ``dataclass`` writes."""
    scope = {**class_scope(cls), cls.__name__: cls}
    fields = [f for f in dataclasses.fields(cls) if f.init]
    for made in fields:
        if made.default_factory is not dataclasses.MISSING:
            raise SourceError(
                f"Default factory initializers are not supported in TorchScript dataclasses: field '{made.name}'",
                hint="let the default be None and make the value in __post_init__, or pass it always",
            )
    parameters = ["self"]
    for position, one in enumerate(fields):
        annotation = f"_field_type_{position}"
        scope[annotation] = one.type
        text = f"{one.name}: {annotation}"
        if one.default is not dataclasses.MISSING:
            text += f" = {one.default!r}"
        parameters.append(text)
    body = [f"self.{f.name} = {f.name}" for f in fields] or ["pass"]
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    _define(unit, owner, f"def __init__({', '.join(parameters)}):\n" + textwrap.indent("\n".join(body), "    "), scope)
    compared = [f.name for f in dataclasses.fields(cls) if f.compare]
    equal = " and ".join(f"self.{n} == other.{n}" for n in compared) or "True"
    if "__eq__" in vars(cls) and cls.__eq__.__code__.co_filename.startswith("<"):
        _define(unit, owner, f"def __eq__(self, other: {cls.__name__}) -> bool:\n    return {equal}\n", scope)
    if "__lt__" in vars(cls) and cls.__lt__.__code__.co_filename.startswith("<"):
        for name, operator, last in (("__lt__", "<", "False"), ("__le__", "<", "True"), ("__gt__", ">", "False"),
                                     ("__ge__", ">", "True")):  # fmt: skip
            lines = [f"def {name}(self, other: {cls.__name__}) -> bool:"]
            for field_name in compared:
                lines.append(f"    if self.{field_name} != other.{field_name}:")
                lines.append(f"        return self.{field_name} {operator} other.{field_name}")
            _define(unit, owner, "\n".join([*lines, f"    return {last}"]), scope)


def _define(unit: Unit, owner: T.ClassType, text: str, scope: dict[str, Any]) -> None:
    method = unit.define_method(text, owner, scope)
    owner.methods[method.name] = method


def _compile_library(unit: Unit, cls: type, name: str, methods: Sequence[str], scope: dict[str, Any]) -> T.ClassType:
    made = T.ClassType(unit.names.claim(name))
    made.python_class = cls
    unit.classes[cls] = made
    for text in methods:
        _define(unit, made, text, scope)
    return made


def class_value(unit: Unit, e: Emitter, cls: type, range: SourceRange | None) -> Sugared:
    """A class used as a value."""
    if is_module_class(cls):
        return ModuleClassValue(cls)
    found = class_type(unit, cls, range)
    return ClassValue(found) if isinstance(found, T.ClassType) else PythonValue(cls)


def class_attribute(
    unit: Unit, e: Emitter, value: Value, type: T.ClassType, range: SourceRange | None, name: str
) -> Sugared | None:
    """An attribute of an object that is found in its Python class only: a method not compiled yet, or none of ours."""
    if type.is_module or type.python_class is None:
        return None
    member = inspect.getattr_static(type.python_class, name, None)
    if isinstance(member, staticmethod):
        return sugared(unit, e, member.__func__, range)
    if isinstance(member, property):
        _property(unit, type, name, member)
        return MethodValue(value, [f"__{name}_getter"]).call(e, range, (), ())
    if inspect.isfunction(member):
        modifier = modifier_of(member)
        if modifier in ("ignore", "unused"):
            schema = unit.python_schema(member, type)
            return IgnoredFunction(member, schema, value) if modifier == "ignore" else UnusedFunction(schema, value)
        _method(unit, type, name, member, range)
        return MethodValue(value, [name]) if name in type.methods else None
    if member is not None and name in vars(type.python_class) and not name.startswith("__"):
        raise ScriptTypeError(
            f"'{type.annotation()}' object has no attribute or method '{name}'. '{name}' is defined as a class "
            "attribute which "
            "currently is not supported. Consider converting this to an instance attribute.",
            range,
            hint=f"set self.{name} in __init__",
        )
    return None


def adds_attributes(e: Emitter, type: T.ClassType, name: str, value: Value, range: SourceRange | None) -> bool:
    """Whether the assignment happens in the constructor of ``type``, where attributes come into being."""
    if type.is_module or e.function.node.name != "__init__" or not e.graph.inputs or e.graph.inputs[0].type is not type:
        return False
    if e.frame.block is not e.graph.block:
        raise ScriptTypeError(
            "First assignment cannot be in a control-flow block. Initialize the field at the top level first",
            range,
            hint=f"give self.{name} a value before the 'if'",
        )
    if _mentions(value.type, type):
        raise ScriptTypeError(
            f"Assignment to attribute '{name}' cannot be of a type that contains class '{type.annotation()}'.\n"
            "Classes that recursively contain instances of themselves are not yet supported",
            range,
        )
    return True


def _mentions(type: T.Type, wanted: T.ClassType) -> bool:
    return type is wanted or any(_mentions(t, wanted) for t in type.contained())


def declare_interface(unit: Unit, cls: type, *, is_module: bool) -> T.InterfaceType:
    """The type of an interface class; ``RuntimeError`` if a method has no declared result."""
    known = unit.classes.get(cls)
    if isinstance(known, T.InterfaceType):
        return known
    made = T.InterfaceType(unit.names.claim(names.of_object(cls)), is_module=is_module)
    unit.classes[cls] = made
    for base in reversed(cls.__mro__):
        if base is object or is_torch(base.__module__):
            continue
        for name, member in vars(base).items():
            if not inspect.isfunction(member):
                continue
            source = source_of_function(member)
            signature = signature_of(unit, source, Resolver(unit, member, class_scope(cls)), made)
            if signature.result is None:
                del unit.classes[cls]
                raise SourceError(
                    "interface declarations must have a return type annotated.", source.range(source.node),
                    hint="add '-> T' to the method",
                )  # fmt: skip
            made.methods[name] = Schema(name, "", tuple(signature.arguments), (Argument("", signature.result),))
    return made
