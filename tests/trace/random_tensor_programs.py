"""Random tensor programs without Python control flow: what a trace records completely.

``source(seed, name)`` is a function of four tensors whose first size, the batch, a trace must not fix.  Values that are
compared, rounded or converted to integers are exact in float32 (the writer keeps the exponents of their greatest magnitude
and of their smallest step), so that implementations that differ in last digits still agree.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.trace.tensor_variables import INPUTS, ONE, Variables, broadcast, count, fixed, sum_top

PARAMETERS = "x, y, w, n"


class _Writer(Variables):
    # ---- pointwise
    def unary(self) -> None:
        u = self.pick(lambda v: v.floating)
        assert u is not None
        name = self.random.choice((
            "relu", "neg", "abs", "clamp", "sign", "tanh", "sigmoid", "sin", "cos", "exp", "sqrt", "log1p", "gelu", "silu",
            "floor", "erf", "leaky_relu", "square", "reciprocal", "softplus",
        ))  # fmt: skip
        a, shape = u.name, u.shape
        exact = {
            "relu": (f"torch.relu({a})", u.top), "neg": (f"-{a}", u.top), "abs": (f"{a}.abs()", u.top),
            "clamp": (self.random.choice((f"{a}.clamp(min=0)", f"torch.clamp({a}, -1, 1.5)", f"{a}.clamp(max=1.0)")), u.top),
        }  # fmt: skip
        if name in exact:
            text, top = exact[name]
            self.new(text, shape, u.dtype, top, None if u.step is None else min(u.step, -1))
        elif name == "square":
            self.new(f"{a} ** 2", shape, u.dtype, 2 * u.top, None if u.step is None else 2 * u.step)
        elif name in ("sign", "floor"):
            if u.exact:
                self.new(f"torch.{name}({a})", shape, u.dtype, max(u.top, 0) + 1, 0)
        else:
            text, top = {
                "exp": (f"torch.exp(-{a}.abs())", 0.0), "sqrt": (f"{a}.abs().sqrt()", u.top / 2 + 1),
                "log1p": (f"torch.log1p({a}.abs())", 3),
                "gelu": (f"F.gelu({a})", u.top), "silu": (f"F.silu({a})", u.top), "softplus": (f"F.softplus({a})", u.top + 1),
                "leaky_relu": (f"F.leaky_relu({a}, 0.1)", u.top), "reciprocal": (f"1.0 / ({a}.abs() + 1)", 0.0),
            }.get(name, (f"torch.{name}({a})", 0.0))  # fmt: skip
            self.new(text, shape, u.dtype, top, None)

    def with_number(self) -> None:
        u = self.pick(lambda v: v.dtype != "bool")
        assert u is not None
        a = u.name
        if u.floating:
            text, top, step = self.random.choice((
                (f"{a} * 0.5", u.top - 1, -1), (f"{a} + 1", u.top + 1, 0), (f"2 - {a}", u.top + 1, 0), (f"{a} * 2", u.top + 1, 0),
                (f"{a} - 0.25", u.top + 1, 0), (f"{a} / 2", u.top - 1, -1), (f"torch.add({a}, 1.5, alpha=2)", u.top + 2, 0),
            ))  # fmt: skip
            self.new(text, u.shape, u.dtype, max(top, 1), None if u.step is None else min(u.step, -2) + step)
        else:
            text = self.random.choice(
                (f"{a} + 1", f"{a} * 3 - 1", f"{a} // 2", f"{a} % 3", f"-{a}", f"{a} & 3", f"{a}.abs()")
            )
            self.new(text, u.shape, u.dtype, u.top + 3, 0)

    def binary(self) -> None:
        u = self.pick(lambda v: v.dtype != "bool")
        assert u is not None
        v = self.pick(lambda v: v.dtype == u.dtype and broadcast(u.shape, v.shape) is not None)
        assert v is not None
        shape = broadcast(u.shape, v.shape) or ()
        low = None if u.step is None or v.step is None else min(u.step, v.step)
        product = None if u.step is None or v.step is None else u.step + v.step
        top = max(u.top, v.top)
        a, b = u.name, v.name
        text, top, step = self.random.choice((
            (f"{a} + {b}", top + 1, low), (f"{a} - {b}", top + 1, low), (f"{a} * {b}", u.top + v.top, product),
            (f"torch.maximum({a}, {b})", top, low), (f"torch.minimum({a}, {b})", top, low),
            (f"torch.sub({a}, {b}, alpha=2)", top + 2, low),
            (f"{a} / ({b}.abs() + 1)", u.top, None),
        ))  # fmt: skip
        if "/" in text and not u.floating:
            text, top, step = f"{a} // ({b}.abs() + 1)", u.top + 1, 0
        self.new(text, shape, u.dtype, top, step)

    def compare(self) -> None:
        u = self.pick(lambda v: v.exact and v.dtype != "bool")
        if u is None:
            return
        v = self.pick(lambda v: v.exact and v.dtype == u.dtype and broadcast(u.shape, v.shape) == u.shape)
        sign = self.random.choice((">", "<", ">=", "==", "!="))
        right = v.name if v is not None and self.random.random() < 0.5 else self.random.choice(("0", "0.5", "1"))
        condition = f"{u.name} {sign} {right}"
        choice = self.random.randrange(4)
        if choice == 0:
            self.new(condition, u.shape, "bool", 0, 0)
        elif choice == 1:
            self.new(
                f"torch.where({condition}, {u.name}, 2)", u.shape, u.dtype, max(u.top, 1), u.step and min(u.step, 0)
            )
        elif choice == 2:
            self.new(
                f"{u.name}.masked_fill({condition}, -1)", u.shape, u.dtype, max(u.top, 1), u.step and min(u.step, 0)
            )
        else:
            self.new(f"({condition}).sum()", (), "int64", sum_top(count(u.shape)), 0)

    def logic(self) -> None:
        u = self.pick(lambda v: v.dtype == "bool")
        if u is None:
            return
        choice = self.random.randrange(4)
        if choice == 0:
            self.new(f"~{u.name}", u.shape, "bool", 0, 0)
        elif choice == 1:
            self.new(f"{u.name}.{self.random.choice(('any', 'all'))}()", (), "bool", 0, 0)
        elif choice == 2:
            self.new(f"{u.name}.float()", u.shape, "float32", 0, 0)
        else:
            v = self.pick(lambda v: v.dtype == "bool" and broadcast(u.shape, v.shape) is not None)
            assert v is not None
            self.new(f"{u.name} {self.random.choice('&|^')} {v.name}", broadcast(u.shape, v.shape) or (), "bool", 0, 0)

    # ---- products, reductions
    def product(self) -> None:
        u = self.pick(lambda v: v.dtype == "float32" and 2 <= len(v.shape) <= 3)
        if u is None:
            return
        v = self.pick(lambda v: v.dtype == "float32" and len(v.shape) == 2 and v.shape[0] == u.shape[-1])
        top, step = 0.0, None
        if v is not None and self.random.random() < 0.7:
            text = self.random.choice(
                (f"{u.name} @ {v.name}", f"torch.matmul({u.name}, {v.name})", f"F.linear({u.name}, {v.name}.t())")
            )
            shape = (*u.shape[:-1], v.shape[1])
            top, step = u.top + v.top, None if u.step is None or v.step is None else u.step + v.step
        else:
            text = f"{u.name} @ {u.name}.transpose(-1, -2)"
            shape = (*u.shape[:-1], u.shape[-2])
            top, step = 2 * u.top, None if u.step is None else 2 * u.step
        self.new(text, shape, "float32", top + sum_top(u.shape[-1]), step)

    def reduce(self) -> None:
        u = self.pick(lambda v: v.floating and len(v.shape) > 0)
        if u is None:
            return
        axis = self.axis(u)
        assert axis is not None
        keep = self.random.random() < 0.4
        rest = tuple(ONE if i == axis else s for i, s in enumerate(u.shape) if keep or i != axis)
        a, grown = u.name, u.top + sum_top(u.shape[axis])
        name = self.random.choice(
            (
                "sum",
                "sum",
                "all",
                "mean",
                "amax",
                "amin",
                "max",
                "softmax",
                "cumsum",
                "norm",
                "argmax",
                "var",
                "logsumexp",
            )
        )
        arguments = f"{axis}, keepdim=True" if keep else str(axis)
        if name == "sum":
            self.new(f"{a}.sum({arguments})", rest, u.dtype, grown, u.step)
        elif name == "all":
            self.new(f"{a}.sum()", (), u.dtype, u.top + sum_top(count(u.shape)), u.step)
        elif name in ("amax", "amin"):
            self.new(f"{a}.{name}({arguments})", rest, u.dtype, u.top, u.step)
        elif name == "max":
            self.new(f"{a}.max({arguments})[0]", rest, u.dtype, u.top, u.step)
        elif name in ("softmax", "cumsum"):
            self.new(
                f"{a}.{name}({axis})",
                u.shape,
                u.dtype,
                grown if name == "cumsum" else 0,
                u.step if name == "cumsum" else None,
            )
        elif name == "argmax":
            if u.exact:
                self.new(f"{a}.argmax({arguments})", rest, "int64", 3, 0)
        elif name == "var":
            if u.shape[axis] != ONE:
                self.new(f"{a}.var({arguments})", rest, u.dtype, 2 * u.top, None)
        else:
            self.new(f"{a}.{name}(dim={arguments})", rest, u.dtype, grown, None)

    # ---- views
    def view(self) -> None:
        u = self.pick(lambda v: len(v.shape) > 0)
        if u is None:
            return
        a, shape, axis = u.name, u.shape, self.axis(u) or 0
        size, before, after = shape[axis], shape[:axis], shape[axis + 1 :]
        at = ":, " * axis
        choice = self.random.randrange(11)
        if choice == 0:
            self.alias(f"{a}[{at}{self.random.choice(('0', '-1'))}]", (*before, *after), u)
        elif choice == 1 and size[1] == 0 and size[0] > 1:
            text, left = self.random.choice(
                (
                    ("1:", size[0] - 1),
                    ("::2", (size[0] + 1) // 2),
                    (":-1", size[0] - 1),
                    (f":{size[0] // 2}", size[0] // 2),
                )
            )
            self.alias(f"{a}[{at}{text}]", (*before, fixed(left), *after), u)
        elif choice == 2 and size[1]:
            self.alias(f"{a}[{at}:1]", (*before, ONE, *after), u)
        elif choice == 3 and len(shape) > 1:
            other = (axis + 1) % len(shape)
            swapped = list(shape)
            swapped[axis], swapped[other] = swapped[other], swapped[axis]
            self.alias(f"{a}.transpose({axis}, {other})", tuple(swapped), u)
        elif choice == 4 and len(shape) < 4:
            text = self.random.choice((f"{a}.unsqueeze({axis})", f"{a}[{at}None]"))
            self.alias(text, (*before, ONE, size, *after), u)
        elif choice == 5 and size == ONE:
            self.alias(f"{a}.squeeze({axis})", (*before, *after), u)
        elif choice == 6 and len(shape) > 1:
            order = self.random.sample(range(len(shape)), len(shape))
            self.alias(f"{a}.permute({', '.join(map(str, order))})", tuple(shape[i] for i in order), u)
        elif choice == 7 and len(shape) > 1:
            self.alias(f"{a}.reshape({self.size(u, 0)}, -1)", (shape[0], count(shape[1:])), u)
        elif choice == 8 and len(shape) < 4:
            wide = ", ".join(["2", *(self.size(u, i) for i in range(len(shape)))])
            self.alias(f"{a}.unsqueeze(0).expand({wide})", (fixed(2), *shape), u, writable=False)
        elif choice == 9 and size[1] == 0 and size[0] % 2 == 0:
            half = (*before, fixed(size[0] // 2), *after)
            text = self.random.choice((f"{a}.chunk(2, {axis})", f"{a}.split({size[0] // 2}, dim={axis})"))
            self.alias(f"{text}[{self.random.randrange(2)}]", half, u)
        elif choice == 10:
            self.alias(f"{a}.reshape(-1)", (count(shape),), u)

    # ---- in place
    def in_place(self) -> None:
        u = self.pick(lambda v: v.writable and v.floating)
        if u is None:
            return
        v = self.pick(lambda v: v.base != u.base and v.dtype == u.dtype and broadcast(u.shape, v.shape) == u.shape)
        a = u.name
        choice = self.random.randrange(8)
        if choice == 0 and v is not None and u.top < 7 and v.top < 7:
            sign = self.random.choice(("+", "-"))
            line = (
                f"{a}.{'add_' if sign == '+' else 'sub_'}({v.name})"
                if self.random.random() < 0.5
                else f"{a} {sign}= {v.name}"
            )
            self.changed(u, line, max(u.top, v.top) + 1, v.step)
        elif choice == 1 and v is not None:
            self.changed(u, f"{a}.copy_({v.name})", max(u.top, v.top), v.step)
        elif choice == 2:
            line, step = self.random.choice((
                (f"{a}.mul_(0.5)", -3), (f"{a} *= 0.5", -3), (f"{a}.relu_()", 0), (f"{a}.clamp_(-1, 1)", 0),
                (f"torch.neg_({a})", 0),
            ))  # fmt: skip
            self.changed(u, line, u.top, None if u.step is None else u.step + step if step else u.step)
        elif choice == 3:
            self.changed(u, self.random.choice((f"{a}.fill_(1.5)", f"{a}.zero_()")), max(u.top, 1), -1)
        elif choice == 4:
            self.changed(
                u, self.random.choice((f"{a}.tanh_()", f"{a}.sigmoid_()", f"{a}.mul_(0.3)")), max(u.top, 0), None
            )
        elif choice in (5, 6) and u.shape:
            axis = self.axis(u) or 0
            part = f"{a}[{':, ' * axis}{self.random.choice(('0', '-1', ':1', '1:'))}]"
            row = u.shape[:axis] + u.shape[axis + 1 :]
            w = self.pick(
                lambda v: (
                    v.base != u.base
                    and v.dtype == u.dtype
                    and (not v.shape or (v.shape == row and not part.endswith(":1]")))
                )
            )
            if w is not None and ":1]" not in part and "1:]" not in part and self.random.random() < 0.6:
                self.changed(u, f"{part} = {w.name}", max(u.top, w.top), w.step)
            elif u.top < 7:
                self.changed(u, self.random.choice((f"{part} = 0.5", f"{part} += 1", f"{part} *= 2")), u.top + 1, -2)
        elif choice == 7 and u.exact and u.shape:
            self.changed(u, f"{a}.masked_fill_({a} > 1, 0.25)", max(u.top, 0), -2)

    # ---- indices, joining, types, sizes
    def index(self) -> None:
        u = self.pick(lambda v: len(v.shape) > 0)
        if u is None:
            return
        axis = self.axis(u, lambda s: s[1] > 0 or s[0] > 1)
        if axis is None:
            return
        at, rest = ":, " * axis, (u.shape[:axis], u.shape[axis + 1 :])
        choice = self.random.randrange(5)
        if choice == 0:
            self.new(f"{u.name}[{at}[1, 0, 1]]", (*rest[0], fixed(3), *rest[1]), u.dtype, u.top, u.step)
        elif choice == 1:
            self.new(f"{u.name}.flip({axis})", u.shape, u.dtype, u.top, u.step)
        elif choice == 2:
            self.new(f"torch.roll({u.name}, 1, {axis})", u.shape, u.dtype, u.top, u.step)
        elif choice == 3:
            positions = f"torch.arange({self.size(u, axis)})"
            self.new(f"{u.name}.index_select({axis}, {positions})", u.shape, u.dtype, u.top, u.step)
        elif u.exact:
            self.new(f"{u.name}.sort({axis})[0]", u.shape, u.dtype, u.top, u.step)

    def join(self) -> None:
        u = self.pick(lambda v: 0 < len(v.shape) < 4)
        if u is None:
            return
        v = self.pick(lambda v: v.dtype == u.dtype and v.shape == u.shape) or u
        axis = self.axis(u) or 0
        top, step = max(u.top, v.top), None if u.step is None or v.step is None else min(u.step, v.step)
        if self.random.random() < 0.5:
            size = (2 * u.shape[axis][0], u.shape[axis][1])
            self.new(
                f"torch.cat([{u.name}, {v.name}], {axis})",
                (*u.shape[:axis], size, *u.shape[axis + 1 :]),
                u.dtype,
                top,
                step,
            )
        else:
            self.new(
                f"torch.stack([{u.name}, {v.name}], {axis})",
                (*u.shape[:axis], fixed(2), *u.shape[axis:]),
                u.dtype,
                top,
                step,
            )

    def convert(self) -> None:
        u = self.pick()
        assert u is not None
        choice = self.random.randrange(6)
        if choice == 0 and u.floating:
            self.new(
                f"{u.name}.double()", u.shape, "float64", u.top, u.step, view_of=u if u.dtype == "float64" else None
            )
        elif choice == 1:
            self.new(
                f"{u.name}.float()", u.shape, "float32", u.top, u.step, view_of=u if u.dtype == "float32" else None
            )
        elif choice == 2 and u.exact:
            self.new(
                f"{u.name}.to(torch.int64)",
                u.shape,
                "int64",
                max(u.top, 0),
                0,
                view_of=u if u.dtype == "int64" else None,
            )
        elif choice == 3 and u.exact:
            self.new(f"{u.name}.bool()", u.shape, "bool", 0, 0, view_of=u if u.dtype == "bool" else None)
        elif choice == 4:
            self.new(f"{u.name}.clone()", u.shape, u.dtype, u.top, u.step)
        elif choice == 5:
            self.alias(f"{u.name}.contiguous()", u.shape, u)

    def sizes(self) -> None:
        u = self.pick(lambda v: v.floating and len(v.shape) > 0)
        if u is None:
            return
        a, axis = u.name, self.axis(u) or 0
        size = self.size(u, axis)
        shape = ", ".join(self.size(u, i) for i in range(len(u.shape)))
        choice = self.random.randrange(6)
        if choice == 0:
            self.new(f"{a} / {a}.shape[{axis}]", u.shape, u.dtype, u.top, None)
        elif choice == 1:
            self.new(f"torch.zeros({shape}) + 1", u.shape, "float32", 0, 0)
        elif choice == 2:
            self.new(f"torch.arange({size})", (u.shape[axis],), "int64", 4, 0)
        elif choice == 3:
            self.new(
                self.random.choice((f"torch.ones_like({a})", f"torch.full_like({a}, 0.5)", f"torch.ones({a}.shape)")),
                u.shape,
                u.dtype,
                0,
                -1,
            )
            if "shape" in self.lines[-1]:
                self.vars[-1].dtype = "float32"
        elif choice == 4:
            self.new(f"{a} * {a}.size({axis})", u.shape, u.dtype, u.top + 3, u.step)
        elif len(u.shape) < 3:
            self.new(
                f"{a}.repeat(2{', 1' * (len(u.shape) - 1)})",
                ((2 * u.shape[0][0], u.shape[0][1]), *u.shape[1:]),
                u.dtype,
                u.top,
                u.step,
            )

    def write(self, name: str) -> str:
        kinds = [
            self.unary, self.with_number, self.binary, self.binary, self.compare, self.logic, self.product, self.reduce,
            self.reduce, self.view, self.view, self.view, self.in_place, self.in_place, self.in_place, self.index, self.join,
            self.convert, self.sizes,
        ]  # fmt: skip
        wanted = self.random.randint(5, 12)
        for _ in range(60):
            if len(self.lines) >= wanted:
                break
            self.random.choice(kinds)()
        made = [v.name for v in self.vars[len(INPUTS) :]][-4:] or ["x"]
        # Something fresh: a trace that returns its inputs untouched is refused.
        returned = ", ".join([*made, "x + 1"])
        return "\n".join(
            [f"def {name}({PARAMETERS}):", *(f"    {line}" for line in self.lines), f"    return {returned}", ""]
        )


def source(seed: int, name: str) -> str:
    """The text of the program with that seed."""
    return _Writer(seed).write(name)


def shrunk(text: str, fails: Callable[[str], bool]) -> str:
    """A shorter program that still ``fails``; what cannot run does not fail."""
    lines = text.splitlines()
    position = len(lines) - 2
    while position > 0:
        shorter = lines[:position] + lines[position + 1 :]
        lost = lines[position].split(" = ")[0].strip()
        shorter[-1] = shorter[-1].replace(f" {lost},", "")
        try:
            if fails("\n".join([*shorter, ""])):
                lines = shorter
        except (NameError, RuntimeError, IndexError):
            pass
        position -= 1
    return "\n".join([*lines, ""])
