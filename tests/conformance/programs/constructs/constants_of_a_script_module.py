"""Names in __constants__ are constants of the code."""
import torch


class Polynomial(torch.jit.ScriptModule):
    __constants__ = ["degree", "factor"]

    def __init__(self):
        super().__init__()
        self.degree = 3
        self.factor = 0.5

    @torch.jit.script_method
    def forward(self, x):
        total = torch.zeros_like(x)
        for power in range(self.degree):
            total = total + self.factor * x**power
        return total


m = Polynomial()
print(m(torch.tensor([1.0, 2.0])).tolist(), m.degree)
print("0.5" in m.code, "range(3)" in m.code)
