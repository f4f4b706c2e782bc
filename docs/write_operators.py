"""Write docs/operators.md from the operator registry.

python docs/write_operators.py            writes the page
python docs/write_operators.py --check    exit code 1 if the page is not up to date
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "operators.md"

sys.path.insert(0, str(ROOT))

import operator_dtypes  # noqa: E402

import transpile.torch  # noqa: E402, F401  (registers every operator)
from tests.conformance.op_db.scope import EXCLUDED, LACKING, LACKING_IN_CPP  # noqa: E402
from transpile.ops.registry import Operator, all_operators, overloads  # noqa: E402

_HEAD = """\
# Operators

Written by `python docs/write_operators.py` from the operator registry; do not edit.

{total} overloads of {names} operators.  All of them have a NumPy kernel, which eager mode and the interpreter use.
{cpp} overloads have a C++ counterpart; a program that needs one of the {lacking} others is refused by `ts2cpp export` with its
Python line and the reason that stands [at the end](#without-a-c-counterpart).

- **overloads**: the names that follow the dot in PyTorch's schemas; `default` is the one without a name.
- **out**: the overloads that write into given tensors (`out=`); they are made of the others and are in C++ where those are.
- **in place**: the twin that writes its first argument (`relu_`) exists as well.
- **dtypes**: what the kernel takes as its main operand, in eager mode and in C++ alike: the tests compare them.  *ints* are
  uint8, int8, int16, int32 and int64, *floats* float32 and float64, *halfs* float16 and bfloat16.
- **C++**: `yes`, `no`, or the overloads that C++ has.

[What PyTorch's own database of operators says](#pytorchs-database-of-operators) stands at the end as well.
- **fusible**: chains of such operators become one loop.
"""


def _overload(operator: Operator) -> str:
    return operator.schema.overload or "default"


def _row(name: str, group: list[Operator], twin: list[Operator]) -> str:
    outs = ", ".join(o.schema.overload for o in overloads(name) if o.is_out)
    covered = [o for o in group if o.no_cpp is None]
    some = ", ".join(_overload(o) for o in covered)
    cpp = "yes" if len(covered) == len(group) else some or "no"
    fusible = "yes" if any(o.scalar_cpp for o in group) else ""
    names = ", ".join(_overload(o) for o in group)
    dtypes = next(filter(None, map(operator_dtypes.taken, group)), "")
    return f"| `{name}` | {names} | {outs} | {'yes' if twin else ''} | {dtypes} | {cpp} | {fusible} |"


def page() -> str:
    """The text of the page."""
    operators = list(all_operators())
    by_name: dict[str, list[Operator]] = defaultdict(list)
    for operator in operators:
        by_name[operator.name].append(operator)
    families: dict[str, list[str]] = defaultdict(list)
    for name, group in by_name.items():
        if not (name.endswith("_") and not name.endswith("__") and name[:-1] in by_name):
            families[group[0].family].append(name)
    total_cpp = sum(o.no_cpp is None for o in operators)
    text = _HEAD.format(total=len(operators), names=len(by_name), cpp=total_cpp, lacking=len(operators) - total_cpp)
    for family in sorted(families):
        text += f"\n## {family}\n\n| operator | overloads | out | in place | dtypes | C++ | fusible |\n{7 * '|---'}|\n"
        for name in sorted(families[family]):
            text += _row(name, by_name[name], by_name.get(name + "_", [])) + "\n"
    return text + _lacking(operators) + _database()


def _database() -> str:
    """The section on PyTorch's database: what is not judged, and what does not pass."""
    text = """
## PyTorch's database of operators

`python -m tests.conformance.op_db --all`, where PyTorch 2.13 is installed, runs every sample of
`torch.testing._internal.common_methods_invocations.op_db` in eager mode and as compiled C++.  Not judged are:

| entry | why |
|---|---|
"""
    text += "".join(f"| `{name}` | {why} |\n" for name, why in EXCLUDED.items())
    text += "\nWhat does not pass, in one sample at least:\n\n| entry | eager | C++ | why |\n|---|---|---|---|\n"
    text += "".join(f"| `{name}` | no | no | {why} |\n" for name, why in LACKING.items())
    return text + "".join(f"| `{name}` | yes | no | {why} |\n" for name, why in LACKING_IN_CPP.items())


def _lacking(operators: list[Operator]) -> str:
    """The section on the overloads without a C++ counterpart."""
    rows = [(o.schema.qualified_name, o.no_cpp) for o in operators if o.no_cpp is not None]
    text = "\n## Without a C++ counterpart\n\n| overload | why | instead |\n|---|---|---|\n"
    for name, lacks in sorted(rows, key=lambda row: row[0]):
        text += f"| `{name}` | {lacks.reason} | {lacks.instead} |\n"
    return text


def main() -> int:
    """Write or check the page."""
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("docs/operators.md is not up to date: run `python docs/write_operators.py`", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
