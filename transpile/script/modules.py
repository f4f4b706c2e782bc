"""Scripting ``nn.Module`` instances: their types, attributes, constants and methods.

Instances of one Python class whose attributes have equal types and whose constants are equal share one ``ClassType``,
so that their methods are compiled once.  Methods are compiled when something calls them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError, SourceError
from transpile.core.script_markers import overloads_of
from transpile.core.source import SourceRange
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Value
from transpile.nn.parameter import is_lazy
from transpile.script import hints, names
from transpile.script.constructor_annotations import warn_of_lost_annotations
from transpile.script.hooks import call_with_hooks, compile_hooks, refuse_own_call
from transpile.script.inference import raw_value
from transpile.script.library import is_torch
from transpile.script.module_attributes import ModuleLayout, read_layout
from transpile.script.python_values import constant_value, modifier_of, operator_name, sugared
from transpile.script.resolver import Resolver
from transpile.script.values import Actual, MethodValue, OperatorFunction, SimpleValue, Sugared, SugaredTuple

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter
    from transpile.script.unit import Unit


class ConcreteType:
    """The compiled side of a group of module instances that share code."""

    def __init__(self, layout: ModuleLayout, type: T.ClassType) -> None:
        self.layout = layout
        self.type = type
        self.submodules: dict[str, ConcreteType] = {}
        self.is_adopted = False  # compiled before, by script or trace: it has all the methods it will have

    @property
    def python_class(self) -> type[Any]:
        return self.layout.python_class

    @property
    def container(self) -> str:
        """``"list"`` or ``"dict"`` for the module and parameter containers, else nothing."""
        return self.layout.container


class ModuleRegistry:
    """All module types of a unit."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._by_class: dict[type, list[ConcreteType]] = {}
        self._by_type: dict[int, ConcreteType] = {}
        self._objects: dict[int, tuple[Any, ScriptObject]] = {}
        self._tensors: dict[int, tuple[Any, Any]] = {}
        self._python_modules: dict[int, tuple[Any, Any]] = {}

    # ---- instances
    def script(self, module: Any) -> ScriptObject:
        """The object for a module instance, with the methods of all its types compiled."""
        module = self.python_module(module)
        warn_of_lost_annotations(module)
        _refuse_uninitialized(module)
        self._objects.clear()
        concrete = self.concrete(module)
        instance = self.instance(module, concrete)
        self._objects.clear()  # who scripts a module again gets the attributes that it has then
        self._compile_tree(concrete, set())
        return instance

    def with_exported_methods(self, module: Any) -> ScriptObject:
        """An object of a type of its own, for a module that is traced: only exported methods are compiled."""
        concrete = self.concrete(module, share=False)
        instance = self.instance(module, concrete)
        self._compile_exported(concrete)
        return instance

    def _compile_exported(self, concrete: ConcreteType) -> None:
        for child in concrete.submodules.values():
            self._compile_exported(child)
        for name in entry_points(concrete):
            if name != "forward" and name not in concrete.type.methods:
                self.method(concrete, name, None)

    def python_module(self, module: Any, path: str = "") -> Any:
        """``module``, or what it was made from if its library has scripted it; always the same object for it."""
        if not self.unit.library.is_scripted(module):
            return module
        known = self._python_modules.get(id(module))
        if known is None:
            known = self._python_modules[id(module)] = (module, self.unit.library.python_module(module, path))
        return known[1]

    def concrete(self, module: Any, *, share: bool = True) -> ConcreteType:
        """The type of a module instance; an equal one that exists is shared."""
        scripted = getattr(module, "_object", None)
        if isinstance(scripted, ScriptObject):
            return self.adopt(scripted, module)
        layout = read_layout(self.unit, module)
        children = {name: self.concrete(child, share=share) for name, child in layout.submodules.items()}
        known = self._by_class.setdefault(layout.python_class, [])
        for candidate in known if share else ():
            if candidate.submodules == children and candidate.layout.same_as(layout):
                return candidate
        type = T.ClassType(self.unit.names.claim(names.of_object(layout.python_class)), is_module=True)
        type.python_class = layout.python_class
        made = ConcreteType(layout, type)
        made.submodules = children
        for attribute in layout.attributes:
            type.add_attribute(
                attribute.name, attribute.type, parameter=attribute.is_parameter, buffer=attribute.is_buffer
            )
        for name, child in children.items():
            type.add_attribute(name, layout.interfaces.get(name, child.type))
        layout.forget_instance()
        type.constants = dict(layout.constants)
        if share:
            known.append(made)
        self._by_type[id(type)] = made
        return made

    def adopt(self, scripted: ScriptObject, module: Any) -> ConcreteType:
        """The type of a module that was scripted before."""
        known = self._by_type.get(id(scripted.type))
        if known is not None:
            return known
        layout = ModuleLayout(type(module))
        made = ConcreteType(layout, scripted.type)
        made.is_adopted = True
        if getattr(module, "_unit", self.unit) is not self.unit:  # loaded: its names were its own
            scripted.type.name = self.unit.names.claim(scripted.type.name)
        self._by_type[id(scripted.type)] = made
        for name, value in scripted.slots.items():
            if isinstance(value, ScriptObject) and value.type.is_module:
                made.submodules[name] = self.adopt(value, module)
        layout.constants = dict(scripted.type.constants)
        return made

    def instance(self, module: Any, concrete: ConcreteType) -> ScriptObject:
        """The object that holds the module's attributes; a module reached twice is one object."""
        scripted = getattr(module, "_object", None)
        if isinstance(scripted, ScriptObject):
            return scripted
        known = self._objects.get(id(module))
        if known is not None and known[1].type is concrete.type:
            return known[1]
        made = ScriptObject(concrete.type)
        self._objects[id(module)] = (module, made)
        layout = read_layout(self.unit, module, warn=False)
        for attribute in layout.attributes:
            value = layout.values[attribute.name]
            made.slots[attribute.name] = raw_value(value, attribute.type, self.unit.library, self._array_of)
        for name, child in layout.submodules.items():
            made.slots[name] = self.instance(child, concrete.submodules[name])
        return made

    def _array_of(self, tensor: Any) -> Any:
        """The array of a tensor that is not a bundled one; a tensor with two names is one array."""
        known = self._tensors.get(id(tensor))
        if known is None:
            known = self._tensors[id(tensor)] = (tensor, self.unit.library.array_of(tensor))
        return known[1]

    # ---- methods
    def _compile_tree(self, concrete: ConcreteType, seen: set[int]) -> None:
        """Compile what is called from outside, submodules first."""
        if id(concrete) in seen:
            return
        seen.add(id(concrete))
        if concrete.is_adopted:
            return
        entries = entry_points(concrete)
        outermost = len(seen) == 1
        for child in concrete.submodules.values():
            self._compile_tree(child, seen)
        self.define_container(concrete)
        if outermost:
            refuse_own_call(concrete.python_class, None)
        if outermost and "forward" in concrete.layout.functions:
            entries = ["forward", *entries]
        for name in entries:
            # Overloads of a submodule's method are compiled where they are called, with the types of the call.
            overloaded = bool(overloads_of(python_method(concrete, name)))
            if name not in concrete.type.methods and (outermost or not overloaded):
                try:
                    self.method(concrete, name, None)
                except SourceError as error:
                    if self.unit.errors is None:
                        raise
                    self.unit.note(error)
        for name, interface in concrete.layout.interfaces.items():
            problem = T.interface_problem(concrete.submodules[name].type, interface)
            if problem:
                raise ScriptTypeError(f"Could not cast attribute '{name}' to type {interface.name}: {problem}")
        compile_hooks(self.unit, concrete, None)
        for name in property_names(concrete):
            if f"__{name}_getter" not in concrete.type.methods:
                self.property_method(concrete, name, "getter", None)
        methods = concrete.type.methods
        concrete.type.methods = {n: methods[n] for n in [*entries, *methods] if n in methods}

    def define_container(self, concrete: ConcreteType) -> None:
        """Give containers their ``__len__`` and ``__contains__``: the size is part of the type."""
        if not concrete.container or "__len__" in concrete.type.methods:
            return
        keys = list(concrete.submodules) or [a.name for a in concrete.layout.attributes if a.is_parameter]
        self._add(concrete, self.unit.define_method(f"def __len__(self):\n   return {len(keys)}\n", concrete.type))
        if concrete.container == "dict":
            text = f"def __contains__(self, key: str):\n   return str(key) in {keys!r}\n"
            if keys:
                self._add(concrete, self.unit.define_method(text, concrete.type))

    def _add(self, concrete: ConcreteType, method: Function) -> Function:
        concrete.type.methods[method.name] = method
        return method

    def method(self, concrete: ConcreteType, name: str, range: SourceRange | None) -> Function:
        """The compiled method called ``name``; it is compiled on first use."""
        known = concrete.type.methods.get(name)
        if known is not None:
            return known  # type: ignore[no-any-return]
        _refuse_replaced(concrete, name)
        function = python_method(concrete, name)
        declared = overloads_of(function)
        signature = self.declared_signature(concrete, declared[0]) if declared else None
        return self._add(concrete, self.unit.compile_method(function, concrete.type, range, name, signature))

    def declared_signature(self, concrete: ConcreteType, declaration: Callable[..., Any]) -> Any:
        """The signature that an overload declares."""
        from transpile.script.frontend import source_of_function
        from transpile.script.signatures import signature_of

        resolver = Resolver(self.unit, declaration)
        return signature_of(self.unit, source_of_function(declaration), resolver, concrete.type)

    def property_method(
        self, concrete: ConcreteType, name: str, which: str, range: SourceRange | None
    ) -> Function | None:
        """The compiled getter or setter of a property."""
        method = f"__{name}_{which}"
        known = concrete.type.methods.get(method)
        if known is not None:
            return known  # type: ignore[no-any-return]
        found = inspect.getattr_static(concrete.python_class, name, None)
        function = (found.fget if which == "getter" else found.fset) if isinstance(found, property) else None
        if function is None:
            return None
        return self._add(concrete, self.unit.compile_method(function, concrete.type, range, method))

    def self_value(self, value: Value, type: T.ClassType) -> Sugared:
        """``self`` inside a method."""
        concrete = self._by_type.get(id(type))
        return ModuleValue(value, concrete) if concrete is not None else SimpleValue(value)

    def value(self, value: Value) -> Sugared:
        """A module value that was read from an attribute."""
        assert isinstance(value.type, T.ClassType)
        return self.self_value(value, value.type)


def entry_points(concrete: ConcreteType) -> list[str]:
    """The methods that are compiled although nothing calls them: ``forward`` and what is exported."""
    cls, layout = concrete.python_class, concrete.layout
    found = []
    forward = python_method(concrete, "forward")
    if forward is not None and not _unimplemented(forward) and modifier_of(forward) not in ("ignore", "unused"):
        if "forward" not in layout.functions:
            found.append("forward")
    for name in sorted({*dir(cls), *layout.methods}):
        function = layout.methods.get(name) or inspect.getattr_static(cls, name, None)
        if name != "forward" and callable(function) and modifier_of(function) == "export":
            found.append(name)
    return found


def python_method(concrete: ConcreteType, name: str) -> Any:
    """The Python function behind a method: the one that the instance has in its place, else that of the class."""
    return concrete.layout.methods.get(name) or getattr(concrete.python_class, name, None)


def _refuse_replaced(concrete: ConcreteType, name: str) -> None:
    """What an instance has in the place of a method, but is no method of it, is not passed over for the class's own."""
    layout = concrete.layout
    if name in layout.functions or name in layout.failed:
        short = concrete.python_class.__name__
        raise ScriptTypeError(
            f"'{name}' of this '{short}' is not the method of its class: what was set on the instance in its place is no "
            "method of the module",
            hint=f"write def {name}(self, ...) in a class that derives from {short}, and call the other object there",
        )


def _unimplemented(forward: Any) -> bool:
    return bool(getattr(forward, "__is_unimplemented__", False)) or forward.__name__ == "_forward_unimplemented"


def property_names(concrete: ConcreteType) -> list[str]:
    """The properties of a user's module class that are compiled."""
    unused = set(getattr(concrete.python_class, "__jit_unused_properties__", ()))
    out = []
    for cls in concrete.python_class.__mro__:
        if cls.__name__ == "Module" and is_torch(cls.__module__):
            break
        for name, member in vars(cls).items():
            if not isinstance(member, property) or member.fget is None or name in unused or name in out:
                continue
            if modifier_of(member.fget) not in ("ignore", "unused"):
                out.append(name)
    return out


class ModuleValue(Sugared):
    """A module: ``self`` or a submodule."""

    kind = "module"

    def __init__(self, value: Value, concrete: ConcreteType) -> None:
        self.value = value
        self.concrete = concrete

    def as_value(self, e: Emitter, range: SourceRange | None) -> Value:
        return self.value

    # ---- attributes
    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        concrete, layout = self.concrete, self.concrete.layout
        if name not in layout.hidden and (name in concrete.type.attributes or name in concrete.submodules):
            return self._slot(e, name)
        if concrete.container and name in ("keys", "values", "items"):
            return ContainerMethod(self, name)
        if name in _TRAVERSALS:
            return ContainerMethod(self, name)
        if name in layout.constants:
            found = constant_value(e, layout.constants[name], range)
            if found is not None:
                return found
        if name in layout.functions:
            return self._function(e, range, name)
        if name in layout.failed:
            raise self._missing(name, range)
        if name in concrete.type.methods:
            return MethodValue(self.value, [name])
        member = layout.methods.get(name) or inspect.getattr_static(concrete.python_class, name, None)
        if isinstance(member, property):
            return self._property(e, range, name, member)
        if member is not None:
            found = self._member(e, range, name, member)
            if found is not None:
                return found
        raise self._missing(name, range)

    def _slot(self, e: Emitter, name: str) -> Sugared:
        type = self.concrete.type.attributes[name].type
        value = e.insert("prim::GetAttr", [self.value], [type], None, name=name).output
        value.set_name(name if name.isidentifier() else f"_{name}")
        child = self.concrete.submodules.get(name)
        return ModuleValue(value, child) if child is not None and type is child.type else SimpleValue(value)

    def _function(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        function = self.concrete.layout.functions[name]
        if operator_name(function):
            return OperatorFunction(operator_name(function))
        try:
            return sugared(e.unit, e, function, range)
        except SourceError as error:
            raise ScriptTypeError(
                f"Module '{self._short_name()}' has no attribute '{name}' (This function exists as an attribute "
                "on the Python "
                "module, but we failed to compile it to a TorchScript function. \nThe error stack is reproduced "
                "here:\n"
                f"{error})",
                range,
            ) from error

    def _property(self, e: Emitter, range: SourceRange | None, name: str, member: property) -> Sugared:
        if modifier_of(member.fget) in ("ignore", "unused"):
            raise self._missing(name, range)
        e.unit.modules.property_method(self.concrete, name, "getter", range)
        return MethodValue(self.value, [f"__{name}_getter"]).call(e, range, (), ())

    def _member(self, e: Emitter, range: SourceRange | None, name: str, member: Any) -> Sugared | None:
        """A method or static method of the Python class."""
        from transpile.script.calls import IgnoredFunction, UnusedFunction

        if isinstance(member, staticmethod):
            return sugared(e.unit, e, member.__func__, range)
        function = member.__func__ if isinstance(member, classmethod) else member
        if not callable(function) or (not hasattr(function, "__code__") and not hasattr(function, "__wrapped__")):
            return None
        modifier = modifier_of(function)
        if modifier in ("ignore", "unused"):
            schema = e.unit.python_schema(function, self.concrete.type)
            made = IgnoredFunction if modifier == "ignore" else UnusedFunction
            return made(function, schema, self.value) if made is IgnoredFunction else UnusedFunction(schema, self.value)
        overloads = overloads_of(function)
        if overloads:
            return MethodValue(self.value, self._overloads(e, range, name, function, overloads))
        e.unit.modules.method(self.concrete, name, range)
        return MethodValue(self.value, [name])

    def _overloads(
        self, e: Emitter, range: SourceRange | None, name: str, function: Callable[..., Any], declared: Sequence[Any]
    ) -> list[str]:
        found = []
        for index, declaration in enumerate(declared):
            method = f"{name}__{index}"
            found.append(method)
            if method not in self.concrete.type.methods:
                signature = e.unit.modules.declared_signature(self.concrete, declaration)
                compiled = e.unit.compile_method(function, self.concrete.type, range, method, signature)
                self.concrete.type.methods[method] = compiled
        return found

    def has_attribute(self, e: Emitter, range: SourceRange | None, name: str) -> bool:
        layout = self.concrete.layout
        known = (
            self.concrete.type.attributes, self.concrete.submodules, layout.constants, layout.functions, layout.methods
        )  # fmt: skip
        if any(name in table for table in known):
            return True
        member = inspect.getattr_static(self.concrete.python_class, name, None)
        return isinstance(member, (property, staticmethod, classmethod)) or hasattr(member, "__code__")

    def set_attribute(self, e: Emitter, range: SourceRange | None, name: str, value: Value) -> None:
        if name not in self.concrete.type.attributes:
            e.unit.modules.property_method(self.concrete, name, "setter", range)
        try:
            SimpleValue(self.value).set_attribute(e, range, name, value)
        except ScriptTypeError as error:
            if name in self.concrete.layout.failed:
                error.hint = f"annotate it in the body of the class: {name}: {value.type.annotation()}"
            raise

    def _short_name(self) -> str:
        return self.concrete.type.name.rpartition(".")[2]

    def _missing(self, name: str, range: SourceRange | None) -> ScriptTypeError:
        hint = ""
        reason = self.concrete.layout.failed.get(name, "")
        if reason:
            reason = f"({reason})"
            hint = hints.for_unconverted(name, self.concrete.layout.failed[name])
        elif name in self.concrete.layout.ignored:
            reason = "attribute was ignored during compilation"
            hint = "take it out of __jit_ignored_attributes__"
        elif name in self.concrete.layout.hidden:
            hint = f"the class has an attribute '{name}' too, and Python finds that one first: rename one of the two"
        elif hasattr(self.concrete.python_class, name):
            hint = "class attributes are not part of the instance: set it in __init__, or mark it Final"
        else:
            hint = "set it in __init__"
        return ScriptTypeError(f"Module '{self._short_name()}' has no attribute '{name}' {reason}", range, hint=hint)

    # ---- calls
    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        refuse_own_call(self.concrete.python_class, range)
        forward = self.attribute(e, range, "forward")
        return call_with_hooks(e, self, forward, range, arguments, keywords)

    def is_instance(self, e: Emitter, node: ast.expr) -> bool:
        """``isinstance(module, cls)`` with a class or a tuple of classes."""
        if isinstance(node, ast.Tuple):
            return any(self.is_instance(e, part) for part in node.elts)
        wanted = e.resolver.value_of(node, e.range(node))
        return isinstance(wanted, type) and any(
            e.unit.library.canonical(base) is wanted for base in self.concrete.python_class.__mro__
        )

    # ---- containers
    def _entries(self) -> list[str]:
        if self.concrete.submodules or not self.concrete.container:
            return list(self.concrete.submodules)
        return [a.name for a in self.concrete.layout.attributes if a.is_parameter]

    def as_tuple(self, e: Emitter, range: SourceRange | None, size: int | None = None) -> list[Sugared]:
        if not self.concrete.container:
            raise ScriptTypeError(f"'{self._short_name()}' object is not iterable", range)
        if self.concrete.container == "dict":
            return [SimpleValue(e.constant(name, range)) for name in self._entries()]
        return [self._slot(e, name) for name in self._entries()]

    def iterate(self, e: Emitter, range: SourceRange | None) -> Sugared:
        if not self.concrete.container:
            raise ScriptTypeError(
                "Only constant Sequential, ModuleList, ModuleDict, or ParameterList can be used as an iterable", range
            )
        return SugaredTuple(self.as_tuple(e, range))

    def length(self, e: Emitter, range: SourceRange | None) -> Value:
        return e.constant(len(self._entries()), range)

    def item(self, e: Emitter, range: SourceRange | None, index: Value, hint: T.Type | None = None) -> Sugared:
        if not self.concrete.container:
            raise ScriptTypeError(f"'{self._short_name()}' object is not subscriptable", range)
        if isinstance(hint, T.InterfaceType):
            node = e.insert("prim::ModuleContainerIndex", [self.value, index], [hint], range)
            return SimpleValue(node.output)
        if self.concrete.container == "dict":
            key = index.literal
            if not isinstance(key, str):
                raise ScriptTypeError(
                    "Unable to extract string literal index. ModuleDict indexing is only supported with string "
                    "literals. For "
                    "example, 'i = \"a\"; self.layers[i](x)' will fail because i is not a literal. Enumeration "
                    "of ModuleDict "
                    "is supported, e.g. 'for k, v in self.items(): ...'",
                    range,
                )
            if key not in self._entries():
                raise ScriptTypeError(f"Key Error, {key}", range)
            return self._slot(e, key)
        return SugaredTuple(self.as_tuple(e, range)).item(e, range, index)

    def modules(self, e: Emitter, prefix: str = "") -> list[tuple[str, Sugared]]:
        """This module and all below it, with their paths."""
        out: list[tuple[str, Sugared]] = [(prefix, self)]
        for name in self.concrete.submodules:
            child = self._slot(e, name)
            if isinstance(child, ModuleValue):
                out += child.modules(e, f"{prefix}.{name}" if prefix else name)
        return out


_TRAVERSALS = ("named_children", "children", "named_modules", "modules", "named_parameters", "named_buffers")


class ContainerMethod(Sugared):
    """``items()`` and the like: the result is unrolled."""

    kind = "method"

    def __init__(self, owner: ModuleValue, name: str) -> None:
        self.owner = owner
        self.name = name

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        owner = self.owner

        def key(name: str) -> Sugared:
            return SimpleValue(e.constant(name, range))

        if self.name in ("named_modules", "modules"):
            found = owner.modules(e)
        elif self.name in ("named_parameters", "named_buffers"):
            wanted = "is_parameter" if self.name == "named_parameters" else "is_buffer"
            found = [(a.name, owner._slot(e, a.name)) for a in owner.concrete.layout.attributes if getattr(a, wanted)]
        else:
            found = [(name, owner._slot(e, name)) for name in owner._entries()]
        if self.name == "keys":
            return SugaredTuple([key(name) for name, _ in found])
        if self.name in ("values", "children", "modules"):
            return SugaredTuple([value for _, value in found])
        return SugaredTuple([SugaredTuple([key(name), value]) for name, value in found])


def _refuse_uninitialized(module: Any) -> None:
    """A lazy module can be compiled when it knows its sizes."""
    for part in module.modules() if hasattr(module, "modules") else ():
        waiting = [name for name, value in getattr(part, "_parameters", {}).items() if is_lazy(value)]
        if waiting:
            kind = names.of_object(type(part)).removeprefix("__torch__.")
            raise RuntimeError(
                f"'{kind}' has uninitialized parameters {waiting[0]}. Did you forget to run a forward pass?"
            )
