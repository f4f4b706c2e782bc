"""What a program quotes, says and names its variables changes nothing in the headers and aliases of its C++."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import transpile.torch as torch
from transpile.codegen.project.exporter import ExportRequest, generate
from transpile.entry import compile_entry

_WORDS = ("math", "ops", "io", "text", "IntSpan", "TensorSpan", "optional", "ts2cpp", "std", "Scalar", "Error", "nn")
# A text with NUL is a std::string with its length, which needs a header.
_QUOTED = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20) | st.sampled_from(
    ["math::sqrt(x)", "ops::relu(x)", "ts2cpp::Error", "std::vector<int>", "Tensor", "IntSpan{1}"]
)


def _preamble(name: str, text: str, comment: str) -> list[str]:
    """The include lines, aliases and ``using`` declarations of the header and the source of a small program."""
    source = (
        f"def f(x: Tensor, {name}: int) -> Tensor:\n"
        f"    {name}_s = {text!r}\n"
        f"    print({name}_s)  # {comment}\n"
        f"    return x.view({name}, -1)\n"
    )
    entry = compile_entry(torch.jit.CompilationUnit(source).f)
    files = generate(ExportRequest(entry.root, "m", "model.py")).files
    lines = [line for file in ("include/m/m.hpp", "src/m.cpp") for line in files[file].decode().split("\n")]
    return [line for line in lines if line.startswith(("#include", "using ", "namespace "))]


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_WORDS), _QUOTED, st.sampled_from(_WORDS))
@example("math", "math::sqrt(x) ops:: IntSpan", "math ops IntSpan")
def test_text_and_names_change_nothing(name: str, text: str, comment: str) -> None:
    assert _preamble(name, text, comment) == _preamble("x_2", "plain", "plain")
