"""Writes a program as C++ text: the header, the source, the weights table and the runner's main."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from transpile.codegen.emit.constants import TypeNames, constant
from transpile.codegen.emit.cpp_types import cpp_type, result_type
from transpile.codegen.emit.expressions import require_cpp
from transpile.codegen.emit.state import State, attribute_type
from transpile.codegen.emit.statements import write_function
from transpile.codegen.emit.user_types import UserType, UserTypes
from transpile.codegen.plan.collect import raise_all
from transpile.codegen.plan.fields import Member, Path, access, layout, member_names
from transpile.codegen.plan.function import Place
from transpile.codegen.plan.interfaces import is_const, overridden, problems_of_override
from transpile.codegen.plan.managers import exit_parameters
from transpile.codegen.plan.planning import plan_function
from transpile.codegen.plan.program import (
    FunctionSpec,
    ModuleSpec,
    Program,
    attribute_path,
    called_function,
    is_library,
    resolve,
)
from transpile.core import types as T
from transpile.core.errors import ExportError, SourceError, UnsupportedOperatorError, our_fault
from transpile.core.names import NameScope
from transpile.cpp import tree as C
from transpile.cpp.literals import comment_text
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Node, Value
from transpile.ops.registry import Operator, get
from transpile.passes.fold_batch_norm import fold_weights

# What precedes a class's own name in TorchScript's spelling of its type.
_QUALIFIED = re.compile(r"\b__torch__\.(?:\w+\.)*(?=\w)")


@dataclass
class Written:
    """What the header declares, what the source file defines, the classes whose instances are shared objects, and what
    ``load`` does."""

    header: list[C.Declaration]
    source: list[C.Function]
    names: TypeNames
    state: State
    classes: Sequence[T.ClassType]


class ProgramWriter:
    """Turns a ``Program`` into C++."""

    def __init__(self, program: Program, namespace: str, observed: Mapping[str, str] | None = None) -> None:
        """``observed`` says of exported methods what went in and came out of the example run."""
        self.program = program
        self.observed = observed or {}
        self.namespace = namespace
        self.scope = NameScope(taken=["load", "Model"])
        self.structs: dict[ModuleSpec, C.Struct] = {}
        self.problems: list[SourceError] = []

    def write(self) -> Written:
        """All declarations and definitions; ``CompileErrors`` with every problem if something has no C++ counterpart."""
        self._name_everything()
        for spec in self.program.modules:
            self._lay_out(spec)
        raise_all(self.problems)  # nothing can be written of a struct that lacks a member
        functions = [self._function(spec) for spec in self.program.functions]
        methods: list[C.Function] = []
        classes: dict[T.ClassType, list[C.Function]] = {}
        for object_class in self.program.classes:
            written_methods = [self._function(spec) for spec in object_class.methods.values()]
            classes[object_class.type] = [m.declaration() for m in written_methods]
            methods += written_methods
        for module in self.program.modules:
            struct = self.structs[module]
            for item in module.methods.values():
                method = self._function(item)
                struct.methods.append(method.declaration())
                methods.append(method)
                if any(not is_const(self.program, i) for i in overridden(self.program, item)):
                    struct.inline_methods.append(self._twin(method))
        raise_all(self.problems)
        structs = [self.structs[m] for m in self.program.modules]
        header = [*self.user_types.declarations(classes), *(f.declaration() for f in functions), *structs]
        source = [f.definition() for f in (*functions, *methods)]
        written = Written(header, source, self, State(self), self.user_types.classes)
        if self.program.root is not None:
            self._collect_tensors(self.program.root.instance, self.program.root, written)
        return written

    # ---- names
    def _name_everything(self) -> None:
        hints = [f.function.name for f in self.program.functions]
        named = self.scope.unique_all(hints, "function")
        seen: set[str] = set()
        for spec in self.program.functions:
            hint = spec.function.name
            spec.cpp_name = named[hint] if hint not in seen else self.scope.unique(hint, "function")
            seen.add(hint)
        self.user_types = UserTypes(self.program, self.scope)
        for module in self.program.modules:
            module.cpp_name = self.scope.unique(module.type.name.rpartition(".")[2], "Module")
        self.user_types.name_members(self._type_names())
        for object_class in self.program.classes:
            for name, spec in object_class.methods.items():
                spec.cpp_name = self.user_types.member(object_class.type, name)

    def _type_names(self) -> list[str]:
        return [*self.user_types.names(), *(m.cpp_name for m in self.program.modules)]

    def class_namer(self, type: T.Type) -> C.Named:
        """The C++ name of a module's class or of a type that the program defines."""
        for module in self.program.modules:
            if module.type is type:
                return C.Named(module.cpp_name)
        return self.user_types.name(type)

    def member_name(self, type: UserType, name: str) -> str:
        """The C++ name of a named tuple's field, an enum's member, or a class's attribute or method."""
        return self.user_types.member(type, name)

    def _lay_out(self, module: ModuleSpec) -> None:
        """The struct: attributes that its methods or others use, and the submodules whose methods are called."""
        root = module.members
        self._type_members(root)
        for path, child in module.children.items():
            if module.holder_of(path)[0] is module:
                root.at(path).type = C.Named(child.cpp_name)
        methods = NameScope(taken=self._type_names())
        for name, spec in zip(
            methods.unique_all(module.methods, "method").values(), module.methods.values(), strict=True
        ):
            spec.cpp_name = name
        taken = [*self._type_names(), *(s.cpp_name for s in module.methods.values())]
        struct = layout(root, NameScope(taken=taken))
        struct.name = module.cpp_name
        struct.bases = [self.user_types.name(i) for i in module.interfaces]
        struct.comments = [self._origin(module)]
        self.structs[module] = struct

    def _type_members(self, member: Member) -> None:
        """Give the attributes below ``member`` their types; the structs of submodules have theirs already."""
        for child in member.children.values():
            if child.held is not None:
                child.type = self._member_type(child, child.held)
            self._type_members(child)

    def _member_type(self, member: Member, held: T.Type) -> C.Named:
        try:
            if isinstance(held, T.InterfaceType) and held.is_module:
                raise ExportError(
                    f"attribute {member.attribute!r} holds one module now and another later: that has no C++ counterpart yet"
                )
            return cpp_type(held, self.class_namer)
        except ExportError as error:
            self.problems.append(UnsupportedOperatorError(str(error), member.range))
            return C.TENSOR

    def _origin(self, module: ModuleSpec) -> str:
        cls = module.type.python_class
        text = f"class {module.type.name.rpartition('.')[2]}"
        try:
            file, line = inspect.getsourcefile(cls), inspect.getsourcelines(cls)[1]
            if file is not None:
                text += f", {PurePath(file).name}:{line}"
        except (OSError, TypeError):
            pass
        return comment_text(text)

    # ---- functions
    def _function(self, spec: FunctionSpec) -> C.Function:
        function = spec.function
        where = function.range
        file = where.filename if where is not None else ""
        owner = spec.owner
        taken = [*self._type_names(), *(f.cpp_name for f in self.program.functions)]
        if owner is not None:
            taken += [m.name for m in owner.members.children.values()] + [m.cpp_name for m in owner.methods.values()]
        if spec.receiver is not None:
            taken += self.user_types.members(spec.receiver.type)
        struct = self._struct_name(spec)
        surroundings = _Around(self, spec)
        arguments = function.schema.arguments[1:] if spec.is_method else function.schema.arguments
        if spec.receiver is not None and function.name == "__exit__" and not exit_parameters(spec.receiver.type):
            arguments = ()
        schema_names = [a.name for a in function.schema.arguments]
        holder = owner or spec.receiver
        label = f"{holder.type.name.rpartition('.')[2]}.{function.name}" if holder is not None else function.name
        interfaces = overridden(self.program, spec)
        self.problems += problems_of_override(self.program, spec, self.user_types.member)
        try:
            with our_fault(f"writing {function.shown_name}", where):
                plan = plan_function(
                    spec.graph, surroundings, NameScope(taken=taken), _result(spec), place=Place(file, label),
                    has_self=spec.is_method, takes_arguments=bool(arguments), keeps_parameters=bool(interfaces),
                )  # fmt: skip
                emitted = write_function(plan, surroundings)
        except ExportError as error:
            problem = error if isinstance(error, SourceError) else UnsupportedOperatorError(str(error), where)
            if problem.range is None:
                problem.range = where
            self.problems.append(problem)
            return C.Function(spec.cpp_name, C.VOID, [], [])
        self.problems += emitted.problems
        for parameter, argument in zip(emitted.parameters, arguments, strict=True):
            if argument.has_default and not isinstance(argument.default, (list, dict)):
                parameter.default = constant(argument.default, argument.type, self)
        _drop_inner_defaults(emitted.parameters)
        result = result_type(_result(spec), self.class_namer)
        comments = [self._signature_comment(spec, schema_names)]
        key = function.name if owner is not None else "forward"
        if spec in self.program.entries and key in self.observed:
            comments.append(comment_text(self.observed[key], 200))
        return C.Function(
            spec.cpp_name, result, emitted.parameters, emitted.body, struct,
            const=owner is not None and not spec.mutates, comments=comments,
            override=any(owner is None or is_const(self.program, i) for i in interfaces),
        )  # fmt: skip

    def _twin(self, method: C.Function) -> C.Function:
        """What overrides the method of an interface that objects stand behind too, which is not ``const``."""
        call = C.Call(
            C.Member(C.Call(C.std("as_const"), [C.Unary("*", C.Name("this"))]), method.name),
            [C.Name(p.name) for p in method.parameters],
        )
        body: list[C.Stmt] = [C.Evaluate(call) if method.result == C.VOID else C.Return(call)]
        parameters = [C.Parameter(p.type, p.name) for p in method.parameters]
        return C.Function(method.name, method.result, parameters, body, override=True)

    def _struct_name(self, spec: FunctionSpec) -> str:
        """The C++ name of the struct that a method belongs to."""
        if spec.receiver is not None:
            return self.user_types.name(spec.receiver.type).name
        return spec.owner.cpp_name if spec.owner is not None else ""

    def _signature_comment(self, spec: FunctionSpec, names: list[str]) -> str:
        function = spec.function
        shown: list[str] = []
        for name, argument in zip(names, function.schema.arguments, strict=True):
            if shown or not spec.is_method or argument is not function.schema.arguments[0]:
                shown.append(f"{name}: {argument.type.annotation()}")
        returned = function.schema.returns[0].type.annotation() if function.schema.returns else "None"
        text = f"def {function.name}({', '.join(shown)}) -> {returned.replace('NoneType', 'None')}"
        if function.range is not None:
            text += f", {PurePath(function.range.filename).name}:{function.range.line}"
        return comment_text(_QUALIFIED.sub("", text), 200)

    # ---- tensors
    def _collect_tensors(self, root: ScriptObject, spec: ModuleSpec, written: Written) -> None:
        """Where each tensor of each instance goes; the same tensor under two names is stored once."""
        state = written.state

        def visit(instance: ScriptObject, module: ModuleSpec, prefix: Path, base: C.Expr) -> None:
            folded = {f"{'.'.join(p)}": a for p, a in folded_tensors(module, instance).items()}
            for path in _leaves(module.members, ()):
                name = ".".join((*prefix, *path))
                target = access(module.members, path, base)
                if path in module.children:
                    child = resolve(instance, path)
                    visit(child, module.children[path], (*prefix, *path), target)
                    continue
                value = folded[".".join(path)] if ".".join(path) in folded else resolve(instance, path)
                type = T.TENSOR if isinstance(value, np.ndarray) else attribute_type(instance, path)
                state.assign(target, value, type, name)

        visit(root, spec, (), C.Name("model"))


def folded_tensors(module: ModuleSpec, instance: ScriptObject) -> dict[Path, np.ndarray[Any, Any]]:
    """The tensors of one instance that passes computed anew (batch norms folded into layers)."""
    result: dict[Path, np.ndarray[Any, Any]] = {}

    def tensor(owner: Path, name: str) -> np.ndarray[Any, Any] | None:
        path = (*owner, name)
        if path in result:
            return result[path]
        value = resolve(instance, owner).slots.get(name) if name else None
        return value if isinstance(value, np.ndarray) else None

    for fold in module.folds:
        layer, norm = _split(fold.conv_path), _split(fold.bn_path)
        weight, mean, var = tensor(layer, "weight"), tensor(norm, fold.mean), tensor(norm, fold.var)
        assert weight is not None and mean is not None and var is not None
        weight_path, bias_path = (*layer, "weight"), (*layer, "bias")
        result[weight_path], result[bias_path] = fold_weights(
            weight, tensor(layer, "bias"), mean, var, tensor(norm, fold.gamma), tensor(norm, fold.beta),
            fold.eps, fold.transposed, fold.groups,
        )  # fmt: skip
    return result


def _result(spec: FunctionSpec) -> T.Type:
    returned = spec.function.schema.returns
    return returned[0].type if returned else T.NONE


def _split(path: str) -> Path:
    return tuple(path.split(".")) if path else ()


def _leaves(member: Member, path: Path) -> list[Path]:
    """The paths of the attributes, and of the modules with structs of their own, below a member."""
    out: list[Path] = []
    for name, child in member.children.items():
        here = (*path, name)
        out += _leaves(child, here) if child.children else [here]
    return out


def _drop_inner_defaults(parameters: list[C.Parameter]) -> None:
    """C++ wants defaults at the end only."""
    trailing = True
    for parameter in reversed(parameters):
        if parameter.default is None:
            trailing = False
        elif not trailing:
            parameter.default = None


class _Around:
    """What one function's expressions ask of the program (the ``Surroundings`` protocol)."""

    def __init__(self, writer: ProgramWriter, spec: FunctionSpec) -> None:
        self.writer = writer
        self.spec = spec
        self._paths: dict[Value, C.Expr | None] = {}

    def class_namer(self, type: T.Type) -> C.Named:
        return self.writer.class_namer(type)

    def class_name(self, type: T.Type) -> str:
        return self.class_namer(type).name

    def member_name(self, type: UserType, name: str) -> str:
        return self.writer.member_name(type, name)

    def borrowed(self, value: Value, interface: T.InterfaceType) -> C.Expr:
        path = attribute_path(value)
        owner = self.spec.owner
        if path is None or owner is None or (path and path not in owner.children):
            raise UnsupportedOperatorError(
                "this module cannot be a value of an interface in C++ yet",
                value.node.range,
                hint="give it to a function or method with a parameter of the interface",
            )
        member = access(owner.members, path) if path else C.Unary("*", C.Name("this"))
        borrowed = C.Call(C.runtime("borrow", self.class_namer(interface)), [member])
        return borrowed if interface.is_module else C.Call(C.runtime("lend"), [borrowed])

    def modules_of(self, container: Value) -> list[tuple[str, C.Expr]]:
        path = attribute_path(container)
        owner = self.spec.owner
        if path is None or owner is None:
            raise UnsupportedOperatorError(
                "a container that is no attribute has no C++ counterpart", container.node.range
            )
        held = resolve(owner.instance, path).slots
        return [(n, access(owner.members, (*path, n))) for n, v in held.items() if isinstance(v, ScriptObject)]

    def is_this(self, value: Value) -> bool:
        return self.spec.receiver is not None and value is self.spec.graph.inputs[0]

    def path(self, value: Value) -> C.Expr | None:
        if value.node.kind != "prim::GetAttr" or self.spec.owner is None:
            return None
        if (value.node.input(0).type, str(value.node.attributes["name"])) in self.writer.program.mutated:
            return None  # read where Python reads it, not where it is used
        return self.member(value)

    def member_names(self, value: Value) -> Path | None:
        path = attribute_path(value)
        if self.path(value) is None or path is None or self.spec.owner is None:
            return None
        if isinstance(value.type, T.ClassType) and value.type.is_module:
            return path
        return member_names(self.spec.owner.members, path)

    def member(self, value: Value) -> C.Expr | None:
        if value not in self._paths:
            path = attribute_path(value)
            expression: C.Expr | None = None
            if path and self.spec.owner is not None:
                expression = access(self.spec.owner.members, path)
            self._paths[value] = expression
        return self._paths[value]

    def function(self, node: Node) -> C.Expr:
        function = called_function(node)
        for spec in self.writer.program.functions:
            if spec.function is function:
                hidden = self._hides(spec.cpp_name)
                return C.Named(spec.cpp_name, self.writer.namespace) if hidden else C.Name(spec.cpp_name)
        raise UnsupportedOperatorError(f"the function {function.name} is not part of the program", node.range)

    def _hides(self, name: str) -> bool:
        """Whether a member of the struct that is being written has this name too."""
        owner = self.spec.owner
        if self.spec.receiver is not None:
            return name in self.writer.user_types.members(self.spec.receiver.type)
        if owner is None:
            return False
        methods = {m.cpp_name for m in owner.methods.values()}
        return name in methods or name in {c.name for c in owner.members.children.values()}

    def method(self, node: Node) -> C.Expr:
        owner = self.spec.owner
        path = attribute_path(node.input(0))
        if owner is None or path is None:
            raise UnsupportedOperatorError(
                "an attribute of an object that is no module has no C++ counterpart yet", node.range
            )
        name = str(node.attributes["name"])
        if node.kind == "prim::SetAttr":
            return access(owner.members, (*path, name))
        target = owner if not path else owner.children[path]
        method = C.Name(target.methods[name].cpp_name)
        return C.Member(access(owner.members, path), method.name) if path else method

    def each(self, node: Node) -> tuple[C.Expr, str]:
        owner = self.spec.owner
        assert owner is not None
        path: Path = node.attributes["path"]
        first = (*path, "0")
        target = owner.children[first]
        return access(owner.members, path), target.methods[str(node.attributes["name"])].cpp_name

    def each_type(self, node: Node) -> str:
        owner = self.spec.owner
        assert owner is not None
        first: Path = (*node.attributes["path"], "0")
        return owner.children[first].type.name.rpartition(".")[2]

    def tensor_constant(self, value: np.ndarray[Any, Any], node: Node) -> C.Expr:
        from transpile.codegen.emit.constants import tensor_literal

        self.use_operator(get("aten::tensor"), node)
        return tensor_literal(value, node)

    def use_operator(self, operator: Operator, node: Node) -> None:
        require_cpp(operator, node)


__all__ = ["ProgramWriter", "Written", "folded_tensors", "is_library"]
