"""A loop that depends on data is compiled when a trace meets it."""
import torch


@torch.jit.script_if_tracing
def halve_until(x, bound):
    while bool(x.max() > bound):
        x = x / 2
    return x


def scaled(x, bound):
    return halve_until(x, bound) + 1


print(scaled(torch.tensor([8.0]), torch.tensor(3.0)).tolist())
traced = torch.jit.trace(scaled, (torch.tensor([8.0]), torch.tensor(3.0)))
print(traced(torch.tensor([64.0]), torch.tensor(3.0)).tolist(), traced(torch.tensor([1.0]), torch.tensor(3.0)).tolist())
