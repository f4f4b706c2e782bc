"""A subclass of ScriptModule says with Attribute what an empty container holds."""
from typing import Dict, List

import torch


class Inventory(torch.jit.ScriptModule):
    def __init__(self):
        super().__init__()
        self.stock = torch.jit.Attribute({}, Dict[str, int])
        self.log = torch.jit.Attribute([], List[str])
        self.limit = torch.jit.Attribute(12, int)

    @torch.jit.script_method
    def add(self, name: str, n: int) -> int:
        if name not in self.stock:
            self.stock[name] = 0
        self.stock[name] = min(self.stock[name] + n, self.limit)
        self.log.append(name)
        return self.stock[name]


m = Inventory()
print(m.add("bolt", 5), m.add("bolt", 9), m.add("nut", 1), m.stock, m.log, m.limit)
