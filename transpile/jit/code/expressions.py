"""Nodes as expressions of ``.code``: operators, constructors, casts, calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.ir.graph import NO_CONSTANT, Node, Value
from transpile.ir.printer import quote
from transpile.ops import registry

if TYPE_CHECKING:
    from transpile.jit.code.printer import CodePrinter


def expression_of(p: CodePrinter, node: Node) -> str:
    """The text of a node's value."""
    form = _FORMS.get(node.kind)
    if form is not None:
        text = form(p, node)
        if text is not None:
            return text
    return _operator(p, node)


def _arguments(p: CodePrinter, values: Sequence[Value]) -> str:
    return ", ".join(p.use(v) for v in values)


def _operator(p: CodePrinter, node: Node) -> str:
    namespace, _, name = node.kind.partition("::")
    function = f"torch.{name}" if namespace == "aten" else f"ops.{namespace}.{name}"
    operator = node.operator if node.operator is not None else _find(node)
    if operator is None:
        return f"{function}({_arguments(p, node.inputs)})"
    formals = operator.schema.arguments
    count = _needed(node, formals)
    shown = []
    for formal, value in zip(formals, node.inputs, strict=False):
        text = p.use(value)
        shown.append(f"{formal.name}={text}" if formal.kwarg_only else text)
    shown = [text for text, keep in zip(shown, count, strict=False) if keep]
    shown += [p.use(v) for v in list(node.inputs)[len(formals) :]]
    return f"{function}({', '.join(shown)})"


def _find(node: Node) -> Any:
    found = [o for o in registry.overloads(node.kind) if len(o.schema.arguments) == len(node.inputs)]
    return found[0] if len(found) == 1 else None


def _needed(node: Node, formals: Sequence[Any]) -> list[bool]:
    """Which arguments are printed: those equal to their default are left out from the right."""
    keep = [True] * len(formals)
    keyword = [i for i, f in enumerate(formals) if f.kwarg_only and i < len(node.inputs)]
    positional = [i for i, f in enumerate(formals) if not f.kwarg_only and i < len(node.inputs)]
    for group in (keyword, positional):
        for index in reversed(group):
            if not _is_default(node.input(index), formals[index]):
                break
            keep[index] = False
    return keep


def _is_default(value: Value, formal: Any) -> bool:
    if not formal.has_default:
        return False
    default = formal.default
    inner = formal.type.element if isinstance(formal.type, T.OptionalType) else formal.type
    if isinstance(inner, T.ListType) and isinstance(default, (int, float)) and not isinstance(default, bool):
        default = [default] * (formal.size or 1)
    known = value.literal
    if known is NO_CONSTANT:
        return False
    return known.__class__ is default.__class__ and bool(known == default)


def _cast(name: str) -> Callable[[CodePrinter, Node], str | None]:
    return lambda p, node: f"{name}({p.use(node.input(0))})" if len(node.inputs) == 1 else None


def _annotated(p: CodePrinter, node: Node) -> str:
    return f"annotate({node.output.type.annotation()}, {p.use(node.input(0))})"


def _list(p: CodePrinter, node: Node) -> str:
    type = node.output.type
    text = f"[{_arguments(p, node.inputs)}]"
    if isinstance(type, T.ListType) and (
        not node.inputs or any(v.type != type.element for v in node.inputs) or isinstance(type.element, T.UnionType)
    ):
        return f"annotate({type.annotation()}, {text})"
    return text


def _dict(p: CodePrinter, node: Node) -> str:
    type = node.output.type
    values = list(node.inputs)
    pairs = [f"{p.use(k)}: {p.use(v)}" for k, v in zip(values[::2], values[1::2], strict=True)]
    text = "{" + ", ".join(pairs) + "}"
    if isinstance(type, T.DictType) and (
        not values or any(k.type != type.key for k in values[::2]) or any(v.type != type.value for v in values[1::2])
    ):
        return f"annotate({type.annotation()}, {text})"
    return text


def _tuple(p: CodePrinter, node: Node) -> str:
    type = node.output.type
    if isinstance(type, T.TupleType) and type.name:
        return f"{type.name}({_arguments(p, node.inputs)})"
    text = _arguments(p, node.inputs)
    return f"({text},)" if len(node.inputs) == 1 else f"({text})"


def _item(p: CodePrinter, node: Node) -> str:
    owner = p.use(node.input(0))
    shown = owner if owner.isidentifier() else f"({owner})"
    return f"{shown}[{p.use(node.input(1))}]"


def _tuple_item(p: CodePrinter, node: Node) -> str:
    return f"({p.use(node.input(0))})[{p.use(node.input(1))}]"


def _get_attribute(p: CodePrinter, node: Node) -> str:
    name, owner = node.attributes["name"], p.use(node.input(0))
    if not name.isidentifier():
        return f"getattr({owner}, {quote(name)})"
    return f"{owner}.{name}"


def _call_function(p: CodePrinter, node: Node) -> str:
    arguments = "".join(f"{p.use(v)}, " for v in list(node.inputs)[1:])
    return f"{p.use(node.input(0))}({arguments})"


def hook_of(node: Node) -> str:
    """The full name of the hook that a node calls, for it is called like a function; empty for every other node."""
    owner = node.input(0).type if node.kind == "prim::CallMethod" else None
    if not isinstance(owner, T.ClassType):
        return ""
    name = str(node.attributes["name"])
    return f"{owner.annotation()}.{name}" if name in (*owner.forward_pre_hooks, *owner.forward_hooks) else ""


def _call_method(p: CodePrinter, node: Node) -> str:
    name = node.attributes["name"]
    hook = hook_of(node)
    if hook:
        return f"{p.hooks[hook]}({''.join(f'{p.use(v)}, ' for v in node.inputs)})"
    arguments = "".join(f"{p.use(v)}, " for v in list(node.inputs)[1:])
    return f"({p.use(node.input(0))}).{name}({arguments})"


def _python(p: CodePrinter, node: Node) -> str:
    return f"^{node.attributes['name']}()({_arguments(p, node.inputs)})"


def _isinstance(p: CodePrinter, node: Node) -> str:
    types = [t.annotation() for t in node.attributes["types"]]
    shown = types[0] if len(types) == 1 else f"({', '.join(types)})"
    return f"isinstance({p.use(node.input(0))}, {shown})"


def _unchecked_cast(p: CodePrinter, node: Node) -> str:
    return f"unchecked_cast({node.output.type.annotation()}, {p.use(node.input(0))})"


def _uninitialized(p: CodePrinter, node: Node) -> str:
    return f"uninitialized({node.output.type.annotation()})"


def _create_object(p: CodePrinter, node: Node) -> str:
    name = node.output.type.annotation()
    return f"{name}.__new__({name})"


def _tolist(p: CodePrinter, node: Node) -> str:
    return f"annotate({node.output.type.annotation()}, {p.use(node.input(0))}.tolist())"


def _print(p: CodePrinter, node: Node) -> str:
    return f"print({_arguments(p, node.inputs)})"


def _raise(p: CodePrinter, node: Node) -> str:
    values = list(node.inputs)
    if len(values) == 2 and values[1].is_none:
        values.pop()
    return f"ops.prim.RaiseException({_arguments(p, values)})"


def _enum(what: str) -> Callable[[CodePrinter, Node], str]:
    return lambda p, node: f"({p.use(node.input(0))}).{what}"


def _sorted(p: CodePrinter, node: Node) -> str:
    return f"sorted({_arguments(p, node.inputs)})"


def _container_index(p: CodePrinter, node: Node) -> str:
    return f"{p.use(node.input(0))}[{p.use(node.input(1))}]"


_FORMS: dict[str, Callable[[CodePrinter, Node], str | None]] = {
    "aten::Int": _cast("int"),
    "aten::Float": _cast("float"),
    "aten::Bool": _cast("bool"),
    "aten::str": _cast("str"),
    "aten::Complex": _cast("complex"),
    "aten::IntImplicit": _annotated,
    "aten::FloatImplicit": _annotated,
    "aten::ComplexImplicit": _annotated,
    "aten::ScalarImplicit": _annotated,
    "aten::__getitem__": _item,
    "aten::sorted": _sorted,
    "prim::ListConstruct": _list,
    "prim::DictConstruct": _dict,
    "prim::TupleConstruct": _tuple,
    "prim::TupleIndex": _tuple_item,
    "prim::GetAttr": _get_attribute,
    "prim::CallFunction": _call_function,
    "prim::CallMethod": _call_method,
    "prim::PythonOp": _python,
    "prim::isinstance": _isinstance,
    "prim::unchecked_cast": _unchecked_cast,
    "prim::Uninitialized": _uninitialized,
    "prim::CreateObject": _create_object,
    "prim::tolist": _tolist,
    "prim::Print": _print,
    "prim::RaiseException": _raise,
    "prim::EnumValue": _enum("value"),
    "prim::EnumName": _enum("name"),
    "prim::ModuleContainerIndex": _container_index,
}
