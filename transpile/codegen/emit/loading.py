"""The function ``load``, which makes the exported model with its saved state, and the table of the weights it checks."""

from __future__ import annotations

from transpile.codegen.emit.constants import dtype_expr
from transpile.codegen.emit.state import State
from transpile.codegen.plan.program_plan import ProgramPlan
from transpile.core import dtype as D
from transpile.cpp import tree as C
from transpile.cpp.library import outside


def table_row(name: str, dtype: D.DType, shape: tuple[int, ...], offset: int) -> C.Expr:
    """One tensor in the table of weights: ``{"conv.weight", ts2cpp::DType::float32, {4, 2, 3, 3}, 256}``."""
    sizes: list[C.Expr] = [C.Integer(size) for size in shape]
    return C.Braces(None, [C.string(name), outside(dtype_expr(dtype)), C.Braces(None, sizes), C.integer(offset)])


def load_function(plan: ProgramPlan, state: State, *, embed: bool) -> C.Function | None:
    """``Net load(const std::string& file)``, without a parameter if the weights are compiled in or there are none.

    ``None`` if what is exported is a function.
    """
    root = plan.program.root
    if root is None:
        return None
    struct = C.Named(plan.names[root])
    model = C.Name("model")
    body: list[C.Stmt] = []
    parameters: list[C.Parameter] = []
    comment = "The model with its saved state."
    if state.tensors:
        table = C.Name("kWeights")
        weights = C.Named("Weights", "ts2cpp::io")
        if embed:
            embedded: list[C.Expr] = [C.Name("kWeightsData"), C.Name("kWeightsSize"), table]
            read = C.Call(C.StaticMember(weights, "from_memory"), embedded)
        else:
            parameters.append(C.Parameter(C.Reference(C.Const(C.STRING)), "file"))
            read = C.Call(C.StaticMember(weights, "load"), [C.Name("file"), table])
            comment = (
                "The model with the weights of a file; throws ts2cpp::Error if the file does not belong to this code."
            )
        body.append(C.Declare(C.Const(C.AUTO), "weights", read))
    body += [C.Declare(struct, model.name), *state.statements, C.Return(model)]
    return C.Function("load", struct, parameters, body, comments=[comment])
