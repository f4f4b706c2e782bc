"""The long texts of errors, by their code."""

from __future__ import annotations

from typing import NamedTuple


class Explanation(NamedTuple):
    """What an error means, and what helps."""

    title: str
    text: str


EXPLANATIONS = {
    "not-torchscript": Explanation(
        "The text is not TorchScript",
        """
TorchScript is the part of Python that has types which are known before the program runs.  This line has no meaning in it,
whatever the types are.

What helps
  - Write what the hint names.
  - Move the code out of `forward`: `__init__` and everything else that runs once, in Python, may do anything.
  - Leave the function out of the script with `@torch.jit.unused` (it then raises when it is called), or take the side that
    scripts with `if torch.jit.is_scripting():`.
  - `--trace` records what the model does with its example inputs, and does not read the program; control flow that depends on
    data is lost in a trace.
""",
    ),
    "restricted-form": Explanation(
        "A Python form that TorchScript has only in part",
        """
Python allows more here than TorchScript does: for example only the standard containers can be walked, slices of lists have a
constant step, and a default value must be a constant.  PyTorch refuses the same line.

What helps
  - The hint names a spelling that TorchScript has: `xs[::-1]` for `reversed(xs)`, `range(n - 1, -1, -1)` for
    `reversed(range(n))`, an explicit base class call for `super().forward(x)`.
""",
    ),
    "unsupported-syntax": Explanation(
        "A Python construct that TorchScript does not have",
        """
Generators, `async`, `global`, `del` of attributes, `yield`, classes inside functions, `try` with handlers and the like cannot
be scripted.  PyTorch refuses the same line.

What helps
  - A loop with a list in place of a generator; a function of its own in place of a closure; `if` in place of `try`.
  - `@torch.jit.unused` or `@torch.jit.ignore` for code that the exported model never runs.
""",
    ),
    "type-mismatch": Explanation(
        "Types do not fit",
        """
A variable has one type in TorchScript, and a parameter without an annotation is a Tensor.

What helps
  - Annotate parameters that are no tensors: `def forward(self, x: torch.Tensor, n: int)`.
  - An empty list needs its type: `xs: List[torch.Tensor] = []`; so does a value that may be None: `Optional[int]`.
  - An attribute that may be None is tested through a local variable: `h = self.h`, then `if h is not None: ...`.
  - `torch.jit.isinstance(x, List[int])` tells the compiler the type of what it cannot know.
""",
    ),
    "undefined-name": Explanation(
        "A name is undefined, or cannot be used inside a script",
        """
A script sees its parameters and variables, the module's attributes, the functions and classes of the file that it was
compiled from, and constants (`Final`, or numbers at module level).

What helps
  - A global that changes cannot be seen: pass it as an argument, or make it an attribute of the module.
  - An attribute that could not be compiled is not there: annotate it in the class (`names: List[str]`).
""",
    ),
    "no-overload": Explanation(
        "No variant of an operator or function takes these arguments",
        """
The message shows the variants that come nearest.  Most often an argument is a tensor where a number is expected (`int(x)` or
`x.item()` makes one), a number where a tensor is expected, or an optional value that may still be None.
""",
    ),
    "missing-operator": Explanation(
        "An operator that this release does not have",
        """
The operator belongs to PyTorch and is not implemented here yet; docs/operators.md lists those that are.

What helps
  - Compose it of others; `torch.nn.functional` often has the parts.
  - In an archive the operator may be in a branch that your model never takes: such a branch is left out as far as it can be
    told.
  - Please report the operator and the model that needs it.
""",
    ),
    "trace": Explanation(
        "The function cannot be traced",
        """
A trace records the tensor operators of one run.  It needs example inputs (`example_inputs` in the model file, or --inputs), and
outputs that are tensors, or tuples, lists and dicts of them.  Control flow that depends on data is recorded as it went: script
such a model instead.
""",
    ),
    "archive": Explanation(
        "The file is not a well-formed archive",
        """
ts2cpp reads what `torch.jit.save` wrote: a zip file with code, constants and tensors, of format versions 1 to 10.  Nothing in
it is executed, and its size bounds what reading it takes, so a damaged or hostile file is refused.

What helps
  - A checkpoint (a state dict) is no model: export the Python file with `--weights-from CHECKPOINT`.
  - Download or copy the file again; compare its checksum with that of the original.
""",
    ),
    "export": Explanation(
        "A compiled program that cannot be written as C++",
        """
The program is TorchScript, and runs on the interpreter (`ts2cpp run`), but something in it has no counterpart in C++: a call
back into Python (`@torch.jit.ignore`), a type that only Python knows, tensors of the model that overlap and are written to.
The message names the line and what to write instead.
""",
    ),
    "no-cpp": Explanation(
        "An operator without a C++ counterpart",
        """
The operator works in Python and on the interpreter, and C++ does not have it, or not for these arguments; docs/operators.md
says why for each.
""",
    ),
    "toolchain": Explanation(
        "A compiler, CMake or another tool failed",
        """
The command and its output are shown above.  `ts2cpp doctor` tells which tools are here.  A generated project that does not
compile with g++ 11, clang++ 14 or newer is a defect of ts2cpp: please report it with the model.
""",
    ),
    "model-file": Explanation(
        "The model file cannot be used",
        """
A model file is Python that defines `model` (an nn.Module, a function, or a callable without arguments that returns one;
`--entry NAME` names another) and, if it is to be tested or traced, `example_inputs`: a tuple with one item per argument.  The
file is imported: what is under `if __name__ == "__main__":` does not run.
""",
    ),
}
