"""The circles of imports that there are, each with the reason why it stays.  The list may only shrink."""

from __future__ import annotations

KNOWN: dict[str, str] = {
    "The compiler is recursive as Python's grammar is: statements hold expressions, expressions comprehensions, a call "
    "compiles what it calls; and what a value can do (attribute, call, item) is a method of the value.": """
        transpile.script.assignment transpile.script.attributes transpile.script.builtins transpile.script.calls
        transpile.script.comprehensions transpile.script.conditions transpile.script.dispatch transpile.script.emitter
        transpile.script.expressions transpile.script.hooks transpile.script.inference transpile.script.loops
        transpile.script.matching transpile.script.module_attributes transpile.script.modules
        transpile.script.python_values transpile.script.resolver transpile.script.signatures
        transpile.script.statements transpile.script.subscripts transpile.script.values
    """,
    "An attribute of a module and the result of a method may be a module: what Python sees of one leads to the others.": """
        transpile.jit.module.compiled_side transpile.jit.module.conversion transpile.jit.module.script_function
        transpile.jit.module.script_module transpile.jit.module.script_object
    """,
    "Operators give tensors, and the methods of a tensor are operators.": """
        transpile.eager.creation transpile.eager.dispatch transpile.eager.indexing transpile.eager.matching
        transpile.eager.tensor
    """,
    "``torch.jit`` compiles source text in which the name ``torch`` stands for all of the façade.": """
        transpile.jit transpile.jit.compilation_unit transpile.torch transpile.torch._jit_internal transpile.torch.jit
    """,
    "``str(graph)`` is its text, as in PyTorch.": "transpile.ir.graph transpile.ir.printer",
}
