"""Operators with several names get one.

Before: ``aten::multiply``, ``aten::absolute_``.  After: ``aten::mul``, ``aten::abs_``.
"""

from __future__ import annotations

from transpile.ir.graph import Graph
from transpile.ir.parser import resolve_operator
from transpile.ops.registry import Operator, find, overloads

_ALIASES = {
    "absolute": "abs", "arccos": "acos", "arcsin": "asin", "arctan": "atan", "arccosh": "acosh", "arcsinh": "asinh",
    "arctanh": "atanh", "clip": "clamp", "concat": "cat", "concatenate": "cat", "det": "linalg_det", "divide": "div",
    "fix": "trunc", "ger": "outer", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "matrix_exp": "linalg_matrix_exp", "moveaxis": "movedim", "multiply": "mul", "negative": "neg", "not_equal": "ne",
    "orgqr": "linalg_householder_product", "special_erf": "erf", "special_erfc": "erfc", "special_erfinv": "erfinv",
    "special_exp2": "exp2", "special_expit": "sigmoid", "special_expm1": "expm1", "special_gammainc": "igamma",
    "special_gammaincc": "igammac", "special_gammaln": "lgamma", "special_i0": "i0", "special_log1p": "log1p",
    "special_log_softmax": "log_softmax", "special_logit": "logit", "special_logsumexp": "logsumexp",
    "special_multigammaln": "mvlgamma", "special_polygamma": "polygamma", "special_psi": "digamma",
    "special_digamma": "digamma", "special_round": "round", "special_sinc": "sinc", "special_softmax": "softmax",
    "special_xlogy": "xlogy", "subtract": "sub", "swapaxes": "transpose", "swapdims": "transpose", "true_divide": "div",
    "row_stack": "vstack", "inverse": "linalg_inv",
}  # fmt: skip
_IN_PLACE = frozenset((
    "absolute", "arccos", "arcsin", "arctan", "arccosh", "arcsinh", "arctanh", "clip", "divide", "fix", "greater",
    "greater_equal", "less", "less_equal", "multiply", "negative", "not_equal", "subtract", "swapaxes", "swapdims",
    "true_divide",
))  # fmt: skip


def normalize_ops(graph: Graph, context: object = None) -> bool:
    """Rename the operators that have a canonical name."""
    changed = False
    for node in graph.walk():
        namespace, _, name = node.kind.partition("::")
        if namespace != "aten":
            continue
        canonical = _ALIASES.get(name)
        if canonical is None and name.endswith("_") and name[:-1] in _IN_PLACE:
            canonical = _ALIASES[name[:-1]] + "_"
        if canonical is None:
            continue
        old = node.operator
        kind = f"aten::{canonical}"
        overload = f".{old.schema.overload}" if old is not None and old.schema.overload else ""
        found = find(kind + overload)
        if found is not None and old is not None and len(found.schema.arguments) != len(old.schema.arguments):
            found = _overload_like(kind, old)
            if found is None:
                continue
        node.kind = kind
        node.operator = found or resolve_operator(kind, [v.type for v in node.inputs])
        changed = True
    return changed


def _overload_like(kind: str, old: Operator) -> Operator | None:
    """The overload of ``kind`` with the arguments of ``old``: ``special_round`` is ``round.decimals``."""
    names = [a.name for a in old.schema.arguments]
    return next((o for o in overloads(kind) if [a.name for a in o.schema.arguments] == names), None)
