"""The functions ``load``, which make the exported model with its saved state, the table of the weights they check, and how the
model is copied."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from transpile.codegen.emit.constants import dtype_expr
from transpile.codegen.emit.state import State
from transpile.codegen.emit.writer import Written
from transpile.codegen.plan.names import free_names
from transpile.codegen.plan.program_plan import ProgramPlan
from transpile.core import dtype as D
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.cpp.library import outside


def table_row(name: str, dtype: D.DType, shape: tuple[int, ...], offset: int) -> C.Expr:
    """One tensor in the table of weights: ``{"conv.weight", ts2cpp::DType::float32, {4, 2, 3, 3}, 256}``."""
    sizes: list[C.Expr] = [C.Integer(size) for size in shape]
    return C.Braces(None, [C.string(name), outside(dtype_expr(dtype)), C.Braces(None, sizes), C.integer(offset)])


@dataclass
class Loading:
    """How the model is made with its saved state: the functions that the header declares, and one for the source alone,
    which they call."""

    functions: list[C.Function]
    inner: C.Function | None = None
    own_members: list[C.Function] = field(default_factory=list)  # what objects hold, for copies of the model
    copying: C.Copying | None = None

    def all(self) -> list[object]:
        """The trees of the source file."""
        inner = [self.inner] if self.inner is not None else []
        return [*self.functions, *self.own_members, *inner, *(self.copying.body if self.copying is not None else [])]


def with_copying(loading: Loading, written: Written) -> Loading:
    """``loading``, and how the model is copied if its calls change memory that a copy as C++ makes it would share."""
    if written.root is None or not written.root.copied_by_hand:
        return loading
    original, copies = free_names(["original", "copies"], [f.name for f in written.root.fields])
    body: list[C.Stmt] = [
        C.Declare(C.runtime("Copies"), copies),
        *(C.Evaluate(C.Call(C.Member(C.Name(copies), "own"), [member])) for member in written.separate),
    ]
    own_members = [_own_members(written, type) for type in written.classes]
    return replace(loading, own_members=own_members, copying=C.Copying(written.root, original, body))


def _own_members(written: Written, type: T.ClassType) -> C.Function:
    object, copies = C.Name("object"), C.Name("copies")
    names = [written.names.member_name(type, attribute.name) for attribute in type.attributes.values()]
    parameters = [
        C.Parameter(C.Reference(C.runtime("Copies")), copies.name, used=bool(names)),
        C.Parameter(C.Reference(written.names.class_namer(type)), object.name, used=bool(names)),
    ]
    calls: list[C.Stmt] = [C.Evaluate(C.Call(C.Member(copies, "own"), [C.Member(object, name)])) for name in names]
    return C.Function("own_members", C.VOID, parameters, calls)


def load_functions(plan: ProgramPlan, state: State, *, embed: bool) -> Loading:
    """``Net load(const std::string& file)`` and ``Net load(Span<const std::byte> weights)``, or one ``load`` without a
    parameter if the weights are compiled in or there are none; nothing if what is exported is a function."""
    root = plan.program.root
    if root is None:
        return Loading([])
    struct = C.Named(plan.names[root])
    model = C.Name("model")
    body: list[C.Stmt] = [C.Declare(struct, model.name), *state.statements, C.Return(model)]
    table, weights = C.Name("kWeights"), C.Named("Weights", "ts2cpp::io")
    if not state.tensors or embed:
        if state.tensors:
            embedded: list[C.Expr] = [C.Name("kWeightsData"), C.Name("kWeightsSize"), table]
            read = C.Call(C.StaticMember(weights, "from_memory"), embedded)
            body.insert(0, C.Declare(C.Const(C.AUTO), "weights", read))
        return Loading([C.Function("load", struct, [], body, comments=["The model with its saved state."])])
    file, data = C.Name("file"), C.Name("weights")
    size = C.Call(C.Named("static_cast", arguments=(C.SIZE,)), [C.Call(C.Member(data, "size"))])
    sources: list[tuple[C.Type, C.Name, C.Expr, str]] = [
        (
            C.Reference(C.Const(C.STRING)), file, C.Call(C.StaticMember(weights, "load"), [file, table]),
            "The model with the weights of a file; throws ts2cpp::Error if the file does not belong to this code.",
        ),
        (
            C.runtime("Span", C.Const(C.std("byte"))), data,
            C.Call(C.StaticMember(weights, "from_memory"), [C.Call(C.Member(data, "data")), size, table]),
            "The same with the bytes of such a file, which are copied.",
        ),
    ]  # fmt: skip
    functions = [
        C.Function("load", struct, [C.Parameter(type, name.name)], [C.Return(C.Call(C.Name("load"), [read]))], comments=[text])
        for type, name, read, text in sources
    ]  # fmt: skip
    parameter = C.Parameter(C.Reference(C.Const(weights)), data.name)
    return Loading(functions, C.Function("load", struct, [parameter], body))
