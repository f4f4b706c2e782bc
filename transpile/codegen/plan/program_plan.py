"""The plan of a whole program: the names of everything in it, the members of its structs, and the plans of its functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transpile.codegen.plan.collect import raise_all
from transpile.codegen.plan.fields import Member, Path, Submodule, copies, lay_out, member_names
from transpile.codegen.plan.function import FunctionPlan, Place
from transpile.codegen.plan.interfaces import overridden, problems_of_override
from transpile.codegen.plan.managers import exit_parameters
from transpile.codegen.plan.mutation import hands_to_writer
from transpile.codegen.plan.origins import origin
from transpile.codegen.plan.planning import plan_function
from transpile.codegen.plan.program import FunctionSpec, ModuleSpec, Program, attribute_path, is_object, target_of
from transpile.codegen.plan.specialising import COPY
from transpile.codegen.plan.user_types import UserType, UserTypes
from transpile.codegen.plan.variants import struct_hints
from transpile.core import types as T
from transpile.core.errors import ExportError, SourceError, UnsupportedOperatorError, our_fault
from transpile.core.names import NameScope
from transpile.core.schema import Argument
from transpile.ir.graph import Node, Value

Names = Mapping[FunctionSpec | ModuleSpec, str]
Layouts = Mapping[ModuleSpec, Member]


@dataclass(frozen=True)
class ProgramPlan:
    """What C++ is written from.  A function that cannot be written has problems instead of a plan.

    ``names`` are those of functions, methods and structs in C++, ``layouts`` the members of structs with their names and forms,
    ``origins`` what is said of where a class comes from.
    """

    program: Program
    types: UserTypes
    names: Names
    layouts: Layouts
    origins: Mapping[UserType, str]
    functions: Mapping[FunctionSpec, FunctionPlan]
    problems: Sequence[SourceError]

    def class_name(self, type: T.Type) -> str:
        """The C++ name of a module's class or of a type that the program defines."""
        return class_name(self.program, self.types, self.names, type)


def plan_program(program: Program) -> ProgramPlan:
    """Decide everything; problems are collected."""
    types, names = _name_everything(program)
    taken = [*types.names(), *(names[m] for m in program.modules)]
    layouts = dict(zip(program.modules, copies([m.members for m in program.modules]), strict=True))
    problems: list[SourceError] = []
    for module, members in layouts.items():
        problems += _lay_out(module, members, names, taken)
    raise_all(problems)  # nothing can be planned of a struct that lacks a member
    functions: dict[FunctionSpec, FunctionPlan] = {}
    for spec in program.all_functions():
        problems += problems_of_override(program, spec, names[spec], types.member)
        where = spec.function.range
        try:
            with our_fault(f"planning {spec.function.shown_name}", where):
                functions[spec] = _plan(program, types, names, layouts, spec, taken)
        except ExportError as error:
            problem = error if isinstance(error, SourceError) else UnsupportedOperatorError(str(error), where)
            problem.range = problem.range or where
            problems.append(problem)
    origins = {type: origin(type) for type in (*types.all(), *(m.type for m in program.modules))}
    return ProgramPlan(program, types, names, layouts, origins, functions, problems)


def class_name(program: Program, types: UserTypes, names: Names, type: T.Type) -> str:
    """The C++ name of a module's class or of a type that the program defines; ``ExportError`` if it has none."""
    for module in program.modules:
        if module.type is type:
            return names[module]
    return types.name(type)


def _name_everything(program: Program) -> tuple[UserTypes, Names]:
    scope = NameScope(taken=["load", "Model"])
    hints = [f.function.name for f in program.functions]
    named = scope.unique_all(hints, "function")
    names: dict[FunctionSpec | ModuleSpec, str] = {}
    seen: set[str] = set()
    for spec, hint in zip(program.functions, hints, strict=True):
        names[spec] = named[hint] if hint not in seen else scope.unique(hint, "function")
        seen.add(hint)
    types = UserTypes(program, scope)
    for module, hint in struct_hints(program.modules).items():
        names[module] = scope.unique(hint, "Module")
    taken = [*types.names(), *(names[m] for m in program.modules)]
    types.name_members(taken)
    for object_class in program.classes:
        for name, spec in object_class.methods.items():
            names[spec] = types.member(object_class.type, name)
    for module in program.modules:
        own = NameScope(taken=taken)
        members = own.unique_all([name for name in module.methods if COPY not in name], "method")
        for name, spec in module.methods.items():
            names[spec] = members[name] if name in members else own.unique(spec.function.name, "method")
    return types, names


def _lay_out(module: ModuleSpec, members: Member, names: Names, taken: Sequence[str]) -> list[SourceError]:
    """The struct: attributes that its methods or others use, and the submodules whose methods are called."""
    problems: list[SourceError] = []
    for member in members.leaves():
        if isinstance(member.held, T.InterfaceType) and member.held.is_module:
            what = f"attribute {member.attribute!r} holds one module now and another later"
            problems.append(UnsupportedOperatorError(f"{what}: that has no C++ counterpart yet", member.range))
    for path, child in module.children.items():
        if module.holder_of(path)[0] is module:
            members.at(path).form = Submodule(names[child])
    lay_out(members, NameScope(taken=[*taken, *(names[s] for s in module.methods.values())]))
    return problems


def _plan(
    program: Program, types: UserTypes, names: Names, layouts: Layouts, spec: FunctionSpec, type_names: Sequence[str]
) -> FunctionPlan:
    function, owner = spec.function, spec.owner
    taken = [*type_names, *(names[f] for f in program.functions)]
    if owner is not None:
        taken += [m.name for m in layouts[owner].children.values()] + [names[m] for m in owner.methods.values()]
    if spec.receiver is not None:
        taken += types.members(spec.receiver.type)
    holder = owner or spec.receiver
    label = f"{holder.type.name.rpartition('.')[2]}.{function.name}" if holder is not None else function.name
    return plan_function(
        spec.graph, _Around(program, types, names, layouts, spec), NameScope(taken=taken), result_of(spec),
        place=Place(function.range.filename if function.range is not None else "", label),
        has_self=spec.is_method, takes_arguments=bool(arguments_of(spec)), keeps_parameters=bool(overridden(program, spec)),
    )  # fmt: skip


def arguments_of(spec: FunctionSpec) -> Sequence[Argument]:
    """The arguments of the schema that the function has in C++."""
    if spec.receiver is not None and spec.function.name == "__exit__" and not exit_parameters(spec.receiver.type):
        return ()
    arguments = spec.function.schema.arguments
    return arguments[1:] if spec.is_method else arguments


def result_of(spec: FunctionSpec) -> T.Type:
    """The declared type of the result."""
    returned = spec.function.schema.returns
    return returned[0].type if returned else T.NONE


class _Around:
    """What the plan of one function asks of the program (the ``Surroundings`` protocol)."""

    def __init__(self, program: Program, types: UserTypes, names: Names, layouts: Layouts, spec: FunctionSpec) -> None:
        self._program = program
        self._types = types
        self._names = names
        self._layouts = layouts
        self._spec = spec

    def class_name(self, type: T.Type) -> str:
        return class_name(self._program, self._types, self._names, type)

    def is_this(self, value: Value) -> bool:
        return self._spec.receiver is not None and value is self._spec.graph.inputs[0]

    def member_names(self, value: Value) -> Path | None:
        path = member_path(self._program, self._spec, value)
        if path is None or self._spec.owner is None:
            return None
        if isinstance(value.type, T.ClassType) and value.type.is_module:
            return path
        return member_names(self._layouts[self._spec.owner], path)

    def changes(self, node: Node, index: int) -> bool:
        return hands_to_writer(self._program, self._spec, node, index)

    def changes_module(self, node: Node) -> bool:
        if node.kind == "prim::SetAttr":
            return True
        if node.kind == "prim::CallMethod" and not is_object(node.input(0)):
            target = target_of(self._spec, node, {})
            return target is None or target.mutates
        return any(isinstance(v.type, T.ClassType) and v.type.is_module for v in node.inputs[1:])

    def each_type(self, node: Node) -> str:
        assert self._spec.owner is not None
        first: Path = (*node.attributes["path"], str(node.attributes.get("span", [0])[0]))
        return self._spec.owner.children[first].type.name.rpartition(".")[2]


def member_path(program: Program, spec: FunctionSpec, value: Value) -> Path | None:
    """The path of an attribute of ``self`` that never changes, and so may be named where it is used."""
    if value.node.kind == "ts2cpp::Element":
        return attribute_path(value)
    if value.node.kind != "prim::GetAttr" or spec.owner is None:
        return None
    if (value.node.input(0).type, str(value.node.attributes["name"])) in program.mutated:
        return None  # read where Python reads it, not where it is used
    return attribute_path(value) or None
