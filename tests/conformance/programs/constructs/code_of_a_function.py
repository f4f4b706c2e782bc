"""The text that a type comment's function is compiled to."""
import torch


@torch.jit.script
def zigzag(steps):
    # type: (int) -> torch.Tensor
    total = torch.ones(2, 3)
    for k in range(steps):
        if k % 2 == 0:
            total = total * 3.0
        else:
            total = total - 1.0
    return total


print(zigzag.code)
print(zigzag(3).tolist())
print(zigzag.schema)
