"""Writes a program as a C++ tree: what the header declares, what the source file defines, what ``load`` does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import numpy as np

from transpile.codegen.emit.constants import TypeNames, constant
from transpile.codegen.emit.cpp_types import result_type
from transpile.codegen.emit.in_program import InProgram
from transpile.codegen.emit.state import State, attribute_type
from transpile.codegen.emit.statements import write_function
from transpile.codegen.emit.structs import access, struct_of
from transpile.codegen.emit.user_types import Declarations
from transpile.codegen.plan.collect import raise_all
from transpile.codegen.plan.fields import Member, Path
from transpile.codegen.plan.interfaces import is_const, overridden
from transpile.codegen.plan.program import (
    FunctionSpec,
    ModuleSpec,
    resolve,
)
from transpile.codegen.plan.program_plan import ProgramPlan, arguments_of, result_of
from transpile.codegen.plan.user_types import UserType
from transpile.core import types as T
from transpile.core.errors import ExportError, SourceError, UnsupportedOperatorError, our_fault
from transpile.cpp import tree as C
from transpile.cpp.literals import comment_text
from transpile.ir.function import ScriptObject
from transpile.passes.fold_batch_norm import fold_weights

# What precedes a class's own name in TorchScript's spelling of its type.
_QUALIFIED = re.compile(r"\b__torch__\.(?:\w+\.)*(?=\w)")


@dataclass
class Written:
    """What the header declares, what the source file defines, the classes whose instances are shared objects, what ``load``
    does, and the plan of all that."""

    header: list[C.Declaration]
    source: list[C.Function]
    names: TypeNames
    state: State
    plan: ProgramPlan
    classes: Sequence[T.ClassType]
    root: C.Struct | None = None  # the struct of the model, if a module is exported
    separate: list[C.Expr] = field(default_factory=list)  # members, seen from inside, that copies of it do not share


class ProgramWriter:
    """Turns the plan of a program into C++."""

    def __init__(self, plan: ProgramPlan, namespace: str, observed: Mapping[str, str] | None = None) -> None:
        """``observed`` says of exported methods what went in and came out of the example run."""
        self.plan = plan
        self.program = plan.program
        self.observed = observed or {}
        self.namespace = namespace
        self.structs: dict[ModuleSpec, C.Struct] = {}
        self.problems: list[SourceError] = []

    def write(self) -> Written:
        """All declarations and definitions; ``CompileErrors`` with every problem if something has no C++ counterpart."""
        for module in self.program.modules:
            self.structs[module] = self._struct(module)
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
        raise_all([*self.plan.problems, *self.problems])
        structs = [self.structs[m] for m in self.program.modules]
        header = [
            *Declarations(self.plan).all(classes),
            *(f.declaration() for f in functions),
            *structs,
        ]
        source = [f.definition() for f in (*functions, *methods)]
        written = Written(header, source, self, State(self), self.plan, self.plan.types.classes)
        if self.program.root is not None:
            written.root = self.structs[self.program.root]
            self._collect_tensors(self.program.root.instance, self.program.root, written)
            written.root.copied_by_hand = bool(written.separate)
        return written

    # ---- names
    def class_namer(self, type: T.Type) -> C.Named:
        """The C++ name of a module's class or of a type that the program defines."""
        return C.Named(self.plan.class_name(type))

    def member_name(self, type: UserType, name: str) -> str:
        """The C++ name of a named tuple's field, an enum's member, or a class's attribute or method."""
        return self.plan.types.member(type, name)

    def _struct(self, module: ModuleSpec) -> C.Struct:
        problems: list[UnsupportedOperatorError] = []
        struct = struct_of(self.plan.layouts[module], self.plan.names[module], self.class_namer, problems)
        struct.bases = [self.class_namer(i) for i in module.interfaces]
        struct.comments = [comment_text(self.plan.origins[module.type])]
        self.problems += problems
        return struct

    # ---- functions
    def _function(self, spec: FunctionSpec) -> C.Function:
        function = spec.function
        where = function.range
        owner = spec.owner
        plan = self.plan.functions.get(spec)
        if plan is None:
            return C.Function(self.plan.names[spec], C.VOID, [], [])
        interfaces = overridden(self.program, spec)
        try:
            with our_fault(f"writing {function.shown_name}", where):
                emitted = write_function(plan, InProgram(self.plan, self.namespace, spec, plan))
        except ExportError as error:
            problem = error if isinstance(error, SourceError) else UnsupportedOperatorError(str(error), where)
            problem.range = problem.range or where
            self.problems.append(problem)
            return C.Function(self.plan.names[spec], C.VOID, [], [])
        self.problems += emitted.problems
        for parameter, argument in zip(emitted.parameters, arguments_of(spec), strict=True):
            if argument.default_fits and not isinstance(argument.default, (list, dict)):
                parameter.default = constant(argument.default, argument.type, self)
        _drop_inner_defaults(emitted.parameters)
        result = result_type(result_of(spec), self.class_namer)
        comments = [self._signature_comment(spec)]
        key = function.name if owner is not None else "forward"
        if spec in self.program.entries and key in self.observed:
            comments.append(comment_text(self.observed[key], 200))
        return C.Function(
            self.plan.names[spec], result, emitted.parameters, emitted.body, self._struct_name(spec),
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
            return self.plan.types.name(spec.receiver.type)
        return self.plan.names[spec.owner] if spec.owner is not None else ""

    def _signature_comment(self, spec: FunctionSpec) -> str:
        function = spec.function
        shown: list[str] = []
        for argument in function.schema.arguments:
            if shown or not spec.is_method or argument is not function.schema.arguments[0]:
                shown.append(f"{argument.name}: {argument.type.annotation()}")
        returned = function.schema.returns[0].type.annotation() if function.schema.returns else "None"
        text = f"def {function.name}({', '.join(shown)}) -> {returned.replace('NoneType', 'None')}"
        text = _QUALIFIED.sub("", text)
        if function.range is not None:
            text += f", {PurePath(function.range.filename).name}:{function.range.line}"
        return comment_text(text, 200)

    # ---- tensors
    def _collect_tensors(self, root: ScriptObject, spec: ModuleSpec, written: Written) -> None:
        """Where each tensor of each instance goes; the same tensor under two names is stored once."""
        state = written.state

        def visit(
            instance: ScriptObject, module: ModuleSpec, prefix: Path, base: C.Expr, inside: C.Expr | None
        ) -> None:
            folded = {f"{'.'.join(p)}": a for p, a in folded_tensors(module, instance).items()}
            for path in _leaves(self.plan.layouts[module], ()):
                name = ".".join((*prefix, *path))
                target, own = (access(self.plan.layouts[module], path, b) for b in (base, inside))
                if path in module.children:
                    child = resolve(instance, path)
                    visit(child, module.children[path], (*prefix, *path), target, own)
                    continue
                value = folded[".".join(path)] if ".".join(path) in folded else resolve(instance, path)
                type = T.TENSOR if isinstance(value, np.ndarray) else attribute_type(instance, path)
                state.assign(target, value, type, name)
                owner = resolve(instance, path[:-1])
                if (owner.type, path[-1]) in self.program.separate:
                    written.separate.append(own)

        visit(root, spec, (), C.Name("model"), None)


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
