"""Statements without blocks: assignments, changes of containers and objects, calls, errors."""

from __future__ import annotations

from collections.abc import Callable

from tests.codegen.random_programs import tensors
from tests.codegen.random_programs import types as T
from tests.codegen.random_programs.expressions import call, condition, expression, literal, pure, stored
from tests.codegen.random_programs.scope import Scope

Writer = Callable[[Scope], bool]
EXCEPTIONS = ("ValueError", "RuntimeError", "KeyError", "IndexError", "TypeError", "NotImplementedError")


def some_type(g: Scope) -> T.Type:
    """A type for a new variable."""
    groups: list[tuple[float, list[T.Type]]] = [
        (5, list(T.SCALARS)), (4, list(T.LISTS)), (2, list(T.DICTS)), (2, list(T.TUPLES)), (2, list(T.OPTIONALS)),
        (3, list(T.TENSORS)),
    ]  # fmt: skip
    if g.named:
        groups.append((4, list(g.named)))
    return g.choose(g.weighted(groups))


def declare(g: Scope, type: T.Type | None = None) -> bool:
    """A new variable."""
    type = type if type is not None else some_type(g)
    name = g.fresh(_hint(type))
    value = stored(g, type)
    annotated = isinstance(type, (T.OptionalType, T.UnionType)) or g.chance(0.2)
    g.emit(f"{name}: {type} = {value}" if annotated else f"{name} = {value}")
    g.set(name, type)
    return True


def _hint(type: T.Type) -> str:
    for kind, hint in ((T.ListType, "xs"), (T.DictType, "d"), (T.TupleType, "t"), (T.TensorType, "u"), (T.OptionalType, "o"),
                       (T.UnionType, "either"), (T.EnumType, "e"), (T.NamedTupleType, "p"), (T.ClassType, "obj")):  # fmt: skip
        if isinstance(type, kind):
            return hint
    return {T.INT: "n", T.FLOAT: "r", T.BOOL: "b", T.STR: "s"}[type]


def assign(g: Scope) -> bool:
    """A new value for a variable, which may narrow an optional or a union for the rest of the block."""
    visible = g.visible()
    names = [n for n in visible if n not in g.fixed and n != g.log and visible[n] != T.NONE]
    if not names:
        return False
    name = g.choose(names)
    type = visible[name]
    if isinstance(type, (T.OptionalType, T.UnionType)):
        # The value's own type counts, whatever `annotate` says of it.
        wide = (
            [f"({stored(g, type.element)} if {expression(g, T.BOOL, 1)} else None)"]
            if isinstance(type, T.OptionalType)
            else []
        )
        wide += g.names(type)
        if wide and g.chance(0.5):
            g.emit(f"{name} = {g.choose(wide)}")
            g.set(name, type)
        else:
            member = g.choose(T.members(type))
            g.emit(f"{name} = {stored(g, member)}")
            g.set(name, member)
        return True
    if name not in g.assignable(type):
        return False
    g.emit(f"{name} = {stored(g, type)}")
    g.set(name, type)
    return True


def augment(g: Scope) -> bool:
    """``+=`` and its kin on a name, an element or an attribute."""
    # Small steps: loops repeat them.
    forms: list[tuple[str, T.Type]] = []
    for name in g.assignable(T.INT):
        forms.append(
            (
                f"{name} {g.choose(('+=', '-='))} {g.choose((expression(g, T.INT, 1) + ' % 50', literal(g, T.INT)[0]))}",
                T.INT,
            )
        )
        forms.append((f"{name} {g.choose(('&= 255', '|= 3', '^= 5', '>>= 1'))}", T.INT))
    for name in g.assignable(T.FLOAT):
        forms.append((f"{name} {g.choose(('+= 0.5', '-= 1', '*= 0.5', '/= 2'))}", T.FLOAT))
    for name in g.assignable(T.STR):
        forms.append((f"{name} += {g.choose(('x', '12', ''))!r}", T.STR))
    for lists in (T.list_of(T.INT), T.list_of(T.STR)):
        if g.may_change(lists):
            forms += [(f"{xs} += {literal(g, lists)[0]}", lists) for xs in g.assignable(lists)]
    if not forms:
        return False
    text, type = g.choose(forms)
    if isinstance(type, T.ListType):
        g.note_change(type)
        g.emit(f"if len({text.split()[0]}) < 8:")
        g.emit(text, 1)
        return True
    g.emit(text)
    return True


def unpack(g: Scope) -> bool:
    """Several targets at once: new names, a swap, a starred one."""
    kind = g.choose(("tuple", "swap", "star", "list"))
    if kind == "swap":
        types = [t for t in (T.INT, T.STR, T.FLOAT, T.list_of(T.INT), T.VECTOR) if len(g.assignable(t)) > 1]
        if not types:
            return False
        type = g.choose(types)
        a, b = g.random.sample(g.assignable(type), 2)
        g.emit(f"{a}, {b} = {b}, {g.choose((a, stored(g, type, 1)))}")
        return True
    types = [
        t for t in (*T.TUPLES, *[n for n in g.named if isinstance(n, T.NamedTupleType)]) if g.paths(t) or g.chance(0.2)
    ]
    if kind == "list":
        lists = g.paths(T.list_of(T.INT))
        if not lists:
            return False
        xs, a, b = g.choose(lists), g.fresh("n"), g.fresh("n")
        g.emit(f"{a}, {b} = ({xs} + [3, 1])[:2]")
        g.set(a, T.INT)
        g.set(b, T.INT)
        return True
    if not types:
        return False
    type = g.choose(types)
    elements = (
        type.elements
        if isinstance(type, T.TupleType)
        else tuple(e for _, e in type.fields)
        if isinstance(type, T.NamedTupleType)
        else ()
    )
    names = [g.fresh(_hint(e)) for e in elements]
    targets = list(names)
    value = expression(g, type, 1)
    if kind == "star" and isinstance(type, T.TupleType) and len(names) > 2:
        targets[1] = f"*{targets[1]}"
        elements = (elements[0], T.tuple_of(*elements[1:-1]), *elements[2:])
    g.emit(f"{', '.join(targets)} = {value}")
    for name, element in zip(names, elements, strict=True):
        g.set(name, element)
    return True


# ---- containers
def change_list(g: Scope) -> bool:
    choices = [(p, t) for t in T.LISTS for p in g.paths(t)]
    if not choices:
        return False
    xs, type = g.choose(choices)
    if not g.may_change(type):
        return False
    assert isinstance(type, T.ListType)
    item = stored(g, type.element)
    grow = (
        f"{xs}.append({item})",
        f"{xs}.append({item})",
        f"{xs}.insert({pure(g, T.INT, 0)}, {item})",
        f"{xs}.extend({expression(g, type, 1)}[:3])",
    )
    shrink = [
        f"{xs}[{g.choose(('0', '-1', f'{pure(g, T.INT, 0)} % len({xs})'))}] = {item}",
        f"{xs}.pop({g.choose(('', '0', '-1'))})",
        f"del {xs}[0]",
    ]
    free = [f"{xs}.reverse()", f"{xs}.clear()"]
    if type.element in (T.INT, T.STR, T.FLOAT):
        free += [f"{xs}.sort()", f"{xs}.sort(reverse={g.choose(('True', 'False'))})"]
        shrink.append(f"{xs}.remove({xs}[-1])")
        shrink.append(f"{xs}[0], {xs}[-1] = {xs}[-1], {item}")
    if type.element == T.INT:
        shrink.append(f"{xs}[-1] {g.choose(('+=', '-='))} {pure(g, T.INT)} % 30")
    if not g.may_change(type):  # an expression may have been the place to ask again
        return False
    g.note_change(type)
    kind = g.weighted(((4, "grow"), (4, "shrink"), (1, "free")))
    if kind == "free":
        g.emit(g.choose(free))
        return True
    g.emit(f"if len({xs}) {'< 8' if kind == 'grow' else '> 0'}:")
    g.emit((g.choose(grow) if kind == "grow" else g.choose(shrink)), 1)
    return True


def change_dict(g: Scope) -> bool:
    choices = [(p, t) for t in T.DICTS for p in g.paths(t)]
    if not choices:
        return False
    table, type = g.choose(choices)
    if not g.may_change(type):
        return False
    assert isinstance(type, T.DictType)
    key, value = stored(g, type.key, 1), stored(g, type.value)
    fixed = pure(g, type.key, 0)
    guarded = [f"del {table}[{fixed}]", f"{table}.pop({fixed})"]
    if type.value == T.INT:
        guarded.append(f"{table}[{fixed}] += {literal(g, T.INT)[0]}")
    free = [f"{table}[{key}] = {value}"] * 4 + [
        f"{table}.clear()",
        f"{table}.update({expression(g, type, 1)})",
        f"{table}.setdefault({key}, {value})",
        f"{table}.pop({key}, {value})",
    ]
    g.note_change(type)
    if g.chance(0.3):
        g.emit(f"if {fixed} in {table}:")
        g.emit(g.choose(guarded), 1)
    else:
        g.emit(g.choose(free))
    return True


def change_object(g: Scope) -> bool:
    """An attribute of an object gets a value, or a method is called."""
    objects = [(n, t) for n, t in g.visible().items() if isinstance(t, T.ClassType)]
    if not objects or g.pure:
        return False
    name, type = g.choose(objects)
    if g.chance(0.5):
        made = call(g, lambda s: s in type.methods, 1)
        if made is not None:
            g.emit(made)
            return True
    if not g.may_change(type):
        return False
    attribute, element = g.choose(type.attributes)
    g.note_change(type)
    if element == T.INT and g.chance(0.4):
        g.emit(f"{name}.{attribute} += {literal(g, T.INT)[0]}")
    else:
        g.emit(f"{name}.{attribute} = {stored(g, element)}")
    return True


def call_for_effect(g: Scope) -> bool:
    made = call(g, lambda s: bool(s.changes), 1)
    if made is None:
        return False
    g.emit(made)
    return True


# ---- errors
def check(g: Scope) -> bool:
    """An assertion or an exception, rarely met."""
    g.raises = True
    test = condition(g, 1)
    if g.chance(0.4):
        g.emit(f"assert {test} or {condition(g, 1)}, {expression(g, T.STR, 1)}")
        return True
    g.emit(f"if {test} and {condition(g, 1)}:")
    error = g.choose(EXCEPTIONS)
    g.emit(f"raise {error}({expression(g, T.STR, 1)})", 1)
    return True


def risk(g: Scope) -> bool:
    """An operation that may fail.  Its result is seen: TorchScript leaves out what nobody uses, failures included."""
    if not g.log or g.pure:
        return False
    forms = []
    number = pure(g, T.INT)
    for xs in g.paths(T.list_of(T.INT)):
        forms += [f"{xs}[{number}]", f"{xs}[-2]", f"{xs}.index({number})"]
        if g.may_change(T.list_of(T.INT)):
            forms.append(f"{xs}.pop()")
    for table in g.paths(T.dict_of(T.STR, T.INT)):
        forms += [f"{table}[{pure(g, T.STR)}]", f"{table}['a']"]
    forms += [f"({number} // {pure(g, T.INT)})", f"ord({pure(g, T.STR)}[1])"]
    g.emit(f"{g.log}.append({g.choose(forms)})")
    return True


def note(g: Scope) -> bool:
    """What the log sees of the order of things."""
    if not g.log:
        return False
    g.emit(f"{g.log}.append({stored(g, T.INT)})")
    return True


SIMPLE: list[tuple[float, Writer]] = [
    (5, declare), (6, assign), (4, augment), (2, unpack), (5, change_list), (3, change_dict), (4, tensors.statement),
    (3, change_object), (1.5, call_for_effect), (0.7, check), (0.5, risk), (1.5, note),
]  # fmt: skip
