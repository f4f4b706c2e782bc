"""Random well-typed programs: loops, branches, exits, ints, lists, tuples and small tensors.

``source(seed)`` is a Python function that Python, the interpreter and C++ must agree on.  Integers stay small by a modulus,
loops are bounded, so every program ends.
"""

from __future__ import annotations

import random

PARAMETERS = "a: int, b: int, xs: List[int], t: torch.Tensor"
RESULT = "Tuple[int, int, List[int], torch.Tensor, str]"
# Called by the programs: returns early, from inside a loop.
HELPER = """def helper(a: int, b: int) -> int:
    for i in range(3):
        if (a + i) % 5 == b % 5:
            return i
        a = a - b
    return a % 31
"""


class _Writer:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.fresh = 0

    def emit(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    # ---- expressions
    def number(self, names: list[str], depth: int = 0) -> str:
        choice = self.random.randrange(9 if depth < 2 else 3)
        if choice == 0:
            return str(self.random.randint(-3, 9))
        if choice < 3:
            return self.random.choice(names)
        if choice == 3:
            return f"({self.number(names, depth + 1)} + {self.number(names, depth + 1)})"
        if choice == 4:
            return f"({self.number(names, depth + 1)} - {self.number(names, depth + 1)})"
        if choice == 5:
            return f"({self.number(names, depth + 1)} % {self.random.randint(2, 7)})"
        if choice == 6:
            return f"({self.number(names, depth + 1)} // {self.random.choice((-2, 2, 3))})"
        if choice == 7:
            return f"({self.number(names, depth + 1)} if {self.condition(names, depth + 1)} else {self.number(names, depth + 1)})"
        return "len(ys)"

    def condition(self, names: list[str], depth: int = 0) -> str:
        choice = self.random.randrange(6 if depth < 2 else 3)
        if choice < 3:
            sign = self.random.choice(("<", "<=", ">", "==", "!="))
            return f"{self.number(names, depth + 1)} {sign} {self.number(names, depth + 1)}"
        if choice == 3:
            return f"({self.condition(names, depth + 1)} and {self.condition(names, depth + 1)})"
        if choice == 4:
            return f"({self.condition(names, depth + 1)} or {self.condition(names, depth + 1)})"
        return f"not ({self.condition(names, depth + 1)})"

    def tensor(self) -> str:
        return self.random.choice((
            "u + 1.0", "u * 0.5", "u - v", "u.abs()", "torch.relu(u)", "u + v", "u * v.sigmoid()", "v.clone()", "u", "v",
            "torch.tanh(u) + v", "u.sum() + v",
        ))  # fmt: skip

    TEXTS = (
        "s = s + str(p % 10)", 's = f"{q % 7}-{s}"', "s = s[1:]", 's = "x" if len(s) > 9 else s + "y"', "s = s.upper()",
        'p = p + s.find("1")', 's = s.replace("-", "")', 's = "{}{}".format(r % 3, s)',
    )  # fmt: skip
    OPTIONALS = (
        "o = q % 5", "o = None", "if o is not None:;     p = p + o", "if o is None:;     o = r % 9",
        "r = o if o is not None else p % 6", "if o is not None and o > 2:;     q = q - o",
    )  # fmt: skip
    TABLES = (
        "d[str(p % 3)] = q % 17", "if str(q % 3) in d:;     p = d[str(q % 3)]", 'r = r + d.get("1", 4)', "q = q + len(d)",
        "for k in d.keys():;     r = (r * 3 + d[k]) % 911", 'pair = (p, q);     p, q = pair[1], pair[0]'.replace("     ", ""),
        'd = {"0": r % 4}', "e = d; e[\"2\"] = 8",
    )  # fmt: skip

    # ---- statements
    def block(self, depth: int, names: list[str], budget: int, in_loop: bool) -> None:
        names = list(names)
        for _ in range(self.random.randint(1, 4)):
            self.statement(depth, names, budget, in_loop)

    def statement(self, depth: int, names: list[str], budget: int, in_loop: bool) -> None:
        choice = self.random.randrange(18)
        mutable = ["p", "q", "r"]
        if choice < 3 or (budget <= 0 and choice > 9):
            self.emit(depth, f"{self.random.choice(mutable)} = ({self.number(names)}) % 1009")
        elif choice == 3:
            self.emit(depth, f"{self.random.choice(mutable)} += {self.number(names)}")
        elif choice == 4:
            x, y = self.random.sample(mutable, 2)
            self.emit(depth, f"{x}, {y} = {self.random.choice((f'{y}, {x}', f'{y}, {x} + {y}', f'{x} - {y}, {x}'))}")
        elif choice == 5:
            append = f"ys.append({self.number(names)} % 50)"
            self.emit(depth, self.random.choice((append, "ys = ys + [p % 7]", "zs = ys", "zs.append(q % 5)")))
        elif choice == 6:
            self.emit(depth, f"if len(ys) > {self.random.randint(0, 2)}:")
            self.emit(depth + 1, self.random.choice(("p = ys[-1]", "ys[0] = r % 11", "q = ys.pop()", "ys = ys[1:]")))
        elif choice == 7:
            self.emit(depth, f"{self.random.choice('uv')} = {self.tensor()}")
        elif choice == 8:
            through_view = "w = u.view(-1)\n" + "    " * depth + "w.mul_(0.5)"
            self.emit(depth, self.random.choice(("u.add_(0.25)", "u[0] = 1.5", "v = u[:]", through_view)))
        elif choice == 9 and in_loop:
            self.emit(depth, f"if {self.condition(names)}:")
            self.emit(depth + 1, self.random.choice(("break", "continue", "p = p + 1", "return p, q, ys, u, s")))
        elif choice == 10:
            self.fresh += 1
            name = f"i{self.fresh}"
            upwards = str(self.random.randint(1, 4))
            by_two = f"{self.random.randint(0, 2)}, {self.random.randint(2, 7)}, 2"
            bounds = self.random.choice((upwards, "len(ys) % 4", by_two, "3, 0, -1"))
            self.emit(depth, f"for {name} in range({bounds}):")
            self.block(depth + 1, [*names, name], budget - 1, True)
        elif choice == 11:
            self.fresh += 1
            name = f"n{self.fresh}"
            self.emit(depth, f"{name} = 0")
            self.emit(depth, f"while {name} < {self.random.randint(1, 4)} and ({self.condition(names)}):")
            self.emit(depth + 1, f"{name} += 1")
            self.block(depth + 1, [*names, name], budget - 1, True)
        elif choice == 12:
            self.fresh += 1
            name = f"e{self.fresh}"
            self.emit(depth, f"for {name} in xs:")
            self.block(depth + 1, [*names, name], budget - 1, True)
        else:
            if choice == 14:
                self.emit(depth, self.random.choice(self.TEXTS))
                return
            if choice == 15:
                # In a block of its own: an assignment in the block of the declaration would narrow the type for good.
                self.emit(depth, f"if {self.condition(names)}:")
                for line in self.random.choice(self.OPTIONALS).split("; "):
                    self.emit(depth + 1, line)
                return
            if choice == 16:
                for line in self.random.choice(self.TABLES).split("; "):
                    self.emit(depth, line)
                return
            if choice == 17:
                calls = ("p = helper(p, q)", "q = helper(r, 3) + helper(p, q)", "r = helper(len(s), r)")
                self.emit(depth, self.random.choice(calls))
                return
            self.emit(depth, f"if {self.condition(names)}:")
            self.block(depth + 1, names, budget - 1, in_loop)
            if self.random.random() < 0.6:
                self.emit(depth, "else:")
                self.block(depth + 1, names, budget - 1, in_loop)

    def write(self, name: str) -> str:
        self.emit(0, f"def {name}({PARAMETERS}) -> {RESULT}:")
        for line in ("p = a", "q = b", "r = 1", "ys = xs[:]", "zs = ys", "u = t.clone()", "v = t * 2.0",
                     's = ""', "o: Optional[int] = None", "d: Dict[str, int] = {}"):  # fmt: skip
            self.emit(1, line)
        for _ in range(self.random.randint(3, 6)):
            self.statement(1, ["p", "q", "r", "a"], 2, False)
        self.emit(1, "return p + r, q, ys + zs, u + v, s")
        return "\n".join(self.lines) + "\n"


def source(seed: int, name: str) -> str:
    """The text of the program with that seed."""
    return _Writer(seed).write(name)
