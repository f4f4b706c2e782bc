"""What the C++ of a function asks of the program around it: names of functions and types, members of modules."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.codegen.emit.constants import tensor_literal
from transpile.codegen.emit.expressions import require_cpp
from transpile.codegen.emit.structs import access
from transpile.codegen.plan.fields import Path
from transpile.codegen.plan.function import FunctionPlan
from transpile.codegen.plan.loops import counts_modules
from transpile.codegen.plan.program import FunctionSpec, attribute_path, called_function, resolve
from transpile.codegen.plan.program_plan import ProgramPlan, member_path
from transpile.codegen.plan.user_types import UserType
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.cpp import tree as C
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Node, Value
from transpile.ops.registry import Operator, get


class InProgram:
    """What the C++ of one function asks of the program (the ``Surroundings`` protocol)."""

    def __init__(self, plan: ProgramPlan, namespace: str, spec: FunctionSpec, function: FunctionPlan) -> None:
        self.plan = plan
        self.namespace = namespace
        self.spec = spec
        self._variables = function.all_variables()
        self._paths: dict[Value, C.Expr | None] = {}

    def class_namer(self, type: T.Type) -> C.Named:
        return C.Named(self.plan.class_name(type))

    def member_name(self, type: UserType, name: str) -> str:
        return self.plan.types.member(type, name)

    def borrowed(self, value: Value, interface: T.InterfaceType) -> C.Expr:
        path = attribute_path(value)
        owner = self.spec.owner
        if path is None or owner is None or (path and path not in owner.children):
            raise UnsupportedOperatorError(
                "this module cannot be a value of an interface in C++ yet",
                value.node.range,
                hint="give it to a function or method with a parameter of the interface",
            )
        member = self._reach(value) if path else C.Unary("*", C.Name("this"))
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
        return [(n, self._reach(container, (n,))) for n, v in held.items() if isinstance(v, ScriptObject)]

    def is_this(self, value: Value) -> bool:
        return self.spec.receiver is not None and value is self.spec.graph.inputs[0]

    def path(self, value: Value) -> C.Expr | None:
        return self.member(value) if member_path(self.plan.program, self.spec, value) is not None else None

    def member(self, value: Value) -> C.Expr | None:
        if value not in self._paths:
            path = attribute_path(value)
            expression: C.Expr | None = None
            if path and self.spec.owner is not None:
                expression = self._reach(value)
            self._paths[value] = expression
        return self._paths[value]

    def _reach(self, value: Value, rest: Path = ()) -> C.Expr:
        """The member that an attribute became, or the one at ``rest`` below it."""
        owner = self.spec.owner
        assert owner is not None
        node = value.node
        if node.kind == "prim::GetAttr":
            return self._reach(node.input(0), (str(node.attributes["name"]), *rest))
        layout = self.plan.layouts[owner]
        if node.kind != "ts2cpp::Element":
            return access(layout, rest)
        path = attribute_path(value)
        assert path is not None
        container, counter = node.inputs
        if (variable := self._variables.get(value)) is not None:
            module: C.Expr = C.Name(variable.name)
        else:
            place: C.Expr = C.Name(self._variables[counter].name)
            module = C.Index(self._reach(container), place if counts_modules(counter) else C.static_cast(C.SIZE, place))
        return access(layout.at(path), rest, module) if rest else module

    def function(self, node: Node) -> C.Expr:
        function = called_function(node)
        for spec in self.plan.program.functions:
            if spec.function is function:
                name = self.plan.names[spec]
                hidden = self._hides(name)
                return C.Named(name, self.namespace) if hidden else C.Name(name)
        raise UnsupportedOperatorError(f"the function {function.name} is not part of the program", node.range)

    def _hides(self, name: str) -> bool:
        """Whether a member of the struct that is being written has this name too."""
        owner = self.spec.owner
        if self.spec.receiver is not None:
            return name in self.plan.types.members(self.spec.receiver.type)
        if owner is None:
            return False
        methods = {self.plan.names[m] for m in owner.methods.values()}
        return name in methods or name in {c.name for c in self.plan.layouts[owner].children.values()}

    def method(self, node: Node) -> C.Expr:
        owner = self.spec.owner
        path = attribute_path(node.input(0))
        if owner is None or path is None:
            raise UnsupportedOperatorError(
                "an attribute of an object that is no module has no C++ counterpart yet", node.range
            )
        name = str(node.attributes["name"])
        if node.kind == "prim::SetAttr":
            return self._reach(node.input(0), (name,))
        target = owner if not path else owner.children[path]
        method = C.Name(self.plan.names[target.methods[name]])
        return C.Member(self._reach(node.input(0)), method.name) if path else method

    def each(self, node: Node) -> tuple[C.Expr, str, bool]:
        owner = self.spec.owner
        assert owner is not None
        path: Path = node.attributes["path"]
        layout, span = self.plan.layouts[owner], node.attributes.get("span")
        first: Path = (*path, str(span[0]) if span else "0")
        target = owner.children[first]
        called = target.methods[str(node.attributes["name"])]
        method = self.plan.names[called]
        if not span:
            return access(layout, path), method, called.mutates
        modules = [access(layout, (*path, str(i))) for i in range(*span)]
        return C.Braces(None, [C.Unary("&", module) for module in modules]), method, called.mutates

    def tensor_constant(self, value: np.ndarray[Any, Any], node: Node) -> C.Expr:
        self.use_operator(get("aten::tensor"), node)
        return tensor_literal(value, node)

    def use_operator(self, operator: Operator, node: Node) -> None:
        require_cpp(operator, node)
