"""What to write instead: advice that goes with the messages of the compiler."""

from __future__ import annotations

import ast
import difflib
import re
import typing
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from transpile.core import types as T
from transpile.ir.graph import Value

_NAMED_TYPES = {
    "set": "use a List, or a Dict whose keys are the elements",
    "frozenset": "use a List, or a Dict whose keys are the elements",
    "Callable": "functions cannot be passed around: call them by name, or keep them as attributes of a module",
    "Literal": "annotate with the type of the value (str, int) and check the value with assert",
    "Sequence": "use List[...]",
    "Iterable": "use List[...]",
    "Iterator": "use List[...]",
    "Collection": "use List[...]",
    "Mapping": "use Dict[..., ...]",
    "Generator": "use List[...]",
    "Final": "only attributes of modules can be Final: annotate with the type alone",
    "ClassVar": "annotate with the type alone",
    "NoReturn": "write '-> None'",
    "Never": "write '-> None'",
    "bytes": "use str, or a tensor of uint8",
    "object": "use Any",
    "layout": "use int: layouts are numbers in scripts",
    "memory_format": "use int: memory formats are numbers in scripts",
    "Size": "use List[int]",
    "ellipsis": "a tuple has a fixed number of elements: use List[...]",
}


_MAY_BE_NONE = (
    "the value may be None, and a test refines only a local variable: y = self.y (an attribute, or an element), then "
    "'if y is not None'"
)
_BUILTINS: dict[Any, str] = {
    super: "a script has no super(): give the work of the base class a method of a name of its own there, and call it in both: "
    "self.run(x)",
    reversed: "walk a slice, 'for layer in self.layers[::-1]: x = layer.forward(x)', which lists have too; a range counts down: "
    "range(n - 1, -1, -1)",
    map: "use a list comprehension: [f(x) for x in xs]",
    filter: "use a for loop with an 'if' and append",
    iter: "walk it with 'for'",
    next: "walk it with 'for'",
    set: "use a List, or a Dict whose keys are the elements",
    setattr: "write the attribute's name: self.name = value",
    type: "write isinstance(x, C)",
}


def for_builtin(value: Any) -> str:
    """Advice for a builtin of Python that scripts do not have."""
    return _BUILTINS.get(value, "") if isinstance(value, Hashable) else ""


def for_type(value: Any) -> str:
    """Advice for an annotation that means no type."""
    if isinstance(value, typing.TypeVar):
        return "write one function for each type and join them with torch.jit._overload, or use Any"
    supertype = getattr(value, "__supertype__", None)
    if supertype is not None:
        return f"annotate with the type itself: {getattr(supertype, '__name__', supertype)}"
    if isinstance(value, type) and any(base.__name__ == "Module" for base in value.__mro__):
        return "a module cannot be passed as an argument: keep it as an attribute of the module that calls it"
    name = getattr(value, "__name__", None) or str(value).removeprefix("typing.")
    return _NAMED_TYPES.get(str(name).rpartition(".")[2], "")


LIST_IN_TUPLE = (
    "lists have no fixed length: a function of lists takes them as they are, without tuple(...); write [a] + b for [a, *b], "
    "and f([1] + b) for f(1, *b)"
)


def for_arguments(values: Sequence[Value], reasons: Iterable[str]) -> str:
    """Advice for a call that no signature accepts, from the types of its arguments."""
    types = [value.type for value in values]
    for type in types:
        if isinstance(type, T.OptionalType) or (isinstance(type, T.UnionType) and T.NONE in type.members):
            return _MAY_BE_NONE
    for type in types:
        if type == T.ANY or isinstance(type, T.UnionType):
            return "narrow the type first: 'if isinstance(x, int):', or torch.jit.isinstance for containers"
        if isinstance(type, T.EnumType):
            return "an enum member has no operators: use its .value"
    said = "\n".join(reasons)
    unannotated = _for_unannotated(values, said)
    if unannotated:
        return unannotated
    if "type 'float'" in said and "found type 'int'" in said:
        return "an int is not converted to float: write 1.0, or float(n)"
    if any(isinstance(t, T.ListType) and t.element == T.TENSOR for t in types) and "Could not match type" in said:
        element = next((t.annotation() for t in types if not isinstance(t, (T.ListType, T.TensorType))), "int")
        return f"a list without annotation holds tensors: l: List[{element}] = []"
    wanted = re.findall(r"type '(List\[.+\])' for argument '\w+' but instead found type 'List\[Tensor\]'", said)
    if len(wanted) == 1:
        return f"a list without annotation holds tensors: l: {wanted[0]} = []"
    if any(isinstance(t, T.ListType) for t in types) and "Optional[" in said and "List[" in said:
        return "lists are not converted: annotate where the list is made, l: List[Optional[int]] = [...]"
    if "unknown." in said or "not provided" in said or "Expected at most" in said:
        return "the signature says which arguments there are"
    if len(types) > 1 and all(isinstance(t, T.TupleType) for t in types):
        return "compare the elements one by one"
    mixed = _for_mixed(types, said)
    if mixed:
        return mixed
    if any(isinstance(t, T.ClassType) and not t.is_module for t in types):
        return (
            "give the class a method for the operator, such as __add__ or __lt__ (there are no __radd__ and the like)"
        )
    return ""


def _for_mixed(types: Sequence[T.Type], said: str) -> str:
    """Advice for a value where another one that holds it, or is made of it, had to be."""
    numbers = (T.INT, T.FLOAT, T.BOOL, T.COMPLEX)
    if len(types) == 2 and T.STR in types and any(t in numbers for t in types):
        return 'text and numbers do not mix: make text of the number, str(n) or f"{n}", or a number of the text, int(s)'
    lists = [t for t in types if isinstance(t, T.ListType)]
    if len(types) == 2 and len(lists) == 1 and types[1 - types.index(lists[0])] == lists[0].element:
        return "a list is joined with lists: put the element into one, [x], or l.append(x)"
    found = re.findall(r"Expected a value of type '(.+)' for argument '\w+' but instead found type '(.+)'\.", said)
    if len(found) == 1 and found[0][0] == f"List[{found[0][1]}]":
        return "make a list of it: [x]"
    if len(found) == 1 and found[0][0] == "Tensor" and found[0][1] in ("int", "float", "bool", "complex"):
        return "make a tensor of the number: torch.tensor(n)"
    return ""


def _for_unannotated(values: Sequence[Value], said: str) -> str:
    """Advice where a parameter without annotation, which is taken for a tensor, had to be something else."""
    formal = re.search(r"argument '(\w+)' but instead found type '(.+)'\.\nInferred", said)
    if formal:
        return (
            f"a parameter without annotation is a tensor: write {formal[1]}: {formal[2]} where the function is defined"
        )
    known = [v.type.annotation() for v in values if isinstance(v.type, (T.SimpleType, T.ListType, T.DictType))]
    if "found type 'Tensor (inferred)'" in said:
        parameter = next(v for v in values if isinstance(v.type, T.TensorType) and v.type.inferred)
        name = parameter.name or "n"
        return f"a parameter without annotation is a tensor: annotate it, {name}: {known[0] if known else 'int'}"
    with_tensor = any(isinstance(v.type, T.TupleType) and T.TENSOR in v.type.elements for v in values)
    if with_tensor and ("List[int]'" in said or "type 'int'" in said):
        return "sizes are ints: annotate the parameter that one comes from (n: int), or convert it with int(n)"
    return ""


def for_attribute_value(name: str, found: T.Type, declared: T.Type) -> str:
    """Advice for a value that an attribute of another type is to hold."""
    empty = T.ListType(T.TENSOR), T.DictType(T.STR, T.TENSOR)
    if declared == T.NONE:
        return f"annotate it in the body of the class: {name}: Optional[{found.annotation()}]"
    if declared in empty and isinstance(found, (T.ListType, T.DictType)):
        return f"annotate it in the body of the class: {name}: {found.annotation()}"
    return for_value(found, declared)


def for_unconverted(name: str, reason: str) -> str:
    """Advice for an attribute of a module whose value has no type in scripts, for ``reason``."""
    if re.search("Python type: '(list|dict|tuple|OrderedDict)'", reason):
        return (
            f"annotate it in the body of the class ({name}: Dict[str, int]), or wrap it: torch.jit.Attribute(value, type); "
            "modules belong in a ModuleList or ModuleDict"
        )
    return f"keep what you need of it in attributes of their own, self.n = self.{name}.n in __init__"


def for_value(found: T.Type, wanted: T.Type) -> str:
    """Advice for a value of one type where another is declared."""
    if isinstance(found, T.OptionalType) and not isinstance(wanted, T.OptionalType):
        return _MAY_BE_NONE
    if found == T.NONE:
        return f"declare it as Optional[{wanted.annotation()}]"
    if wanted in (T.INT, T.FLOAT, T.STR, T.BOOL) and isinstance(found, (T.SimpleType, T.TensorType)):
        return f"convert it: {wanted.schema()}(...)"
    return "change the annotation or convert the value"


def for_name(name: str, function: ast.AST, visible: Iterable[str]) -> str:
    """Advice for a name that is undefined where it is read."""
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            return f"'{name}' has no value on some way to here (a loop body or a branch ends its names): set it before"
    close = difflib.get_close_matches(name, list(visible), 1)
    return f"did you mean '{close[0]}'?" if close else "define it at module level, or pass it as an argument"


def for_python_value(value: Any, text: str = "") -> str:
    """Advice for an object of Python, written as ``text``, that is no value in a script."""
    if isinstance(value, (bool, int, float, str)):
        name, written = text.rpartition(".")[2], text or "n"
        if not name.isidentifier():
            name = written = "n"
        return f"pass it as an argument, or make it an attribute of the module, self.{name} = {written} in __init__"
    if hasattr(value, "named_modules"):
        return "make the module a submodule of the one that uses it"
    if isinstance(value, (list, tuple, dict)) or hasattr(value, "dtype"):
        return "pass it as an argument, or make it an attribute or a buffer of a module"
    return "pass what you need of it as an argument"


GRADIENTS = ("backward", "register_hook", "retain_grad")
_TENSOR_METHODS = {
    **dict.fromkeys(GRADIENTS, "compiled programs compute no gradients: do it outside of the model"),
    "numpy": "arrays stay outside of scripts: return the tensor",
    "new_tensor": "write torch.tensor(...)",
    "__len__": "write len(x)",
}


def for_attribute(type: T.Type, name: str) -> str:
    """Advice for an attribute that a value does not have."""
    if isinstance(type, T.OptionalType):
        return _MAY_BE_NONE
    if type == T.ANY or isinstance(type, T.UnionType):
        return "narrow the type first: 'if isinstance(x, int):', or torch.jit.isinstance for containers"
    if isinstance(type, T.TensorType):
        if name in _TENSOR_METHODS:
            return _TENSOR_METHODS[name]
        if type.inferred:
            return "a parameter without annotation is a tensor: annotate it if it is something else"
    if isinstance(type, T.TupleType) and type.fields:
        return "make a new one with the constructor; the fields are " + ", ".join(type.fields)
    return ""
