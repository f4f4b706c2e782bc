"""``check_trace``: what re-tracing finds, and how it says so."""

import torch
from torch import nn

from tests.conformance.traced_program import built, traced


def x34():
    return torch.rand(3, 4)


def loop_over_rows(x):
    result = x[0]
    for i in range(x.size(0)):
        result = result * x[i]
    return result


@built(lambda: torch.rand(3, 4), lambda: torch.rand(2, 4))
def loop_unchecked():
    return torch.jit.trace(loop_over_rows, x34())


@built()
def loop_with_other_inputs():
    return torch.jit.trace(loop_over_rows, x34(), check_inputs=[(torch.rand(3, 4),), (torch.rand(2, 4),)])


@built(x34, lambda: torch.rand(2, 1))
def good_check_inputs():
    return torch.jit.trace(lambda x: x * 2 + x.size(0), x34(), check_inputs=[(torch.rand(2, 2),), (torch.rand(5, 1),)])


@built(x34)
def branch_with_other_inputs():
    def branch(x):
        if x.sum() > 0:
            return x * 2
        return x - 1

    return torch.jit.trace(branch, x34(), check_inputs=[(-x34(),)])


@traced(x34)
def random_in_trace(x):
    return x + torch.rand(3, 4)


@traced(x34)
def dropout_in_trace(x):
    return torch.nn.functional.dropout(x, 0.5, True)


@traced(x34, check_trace=False)
def random_unchecked(x):
    return x + torch.rand(3, 4)


COUNTER = [0]


@traced(x34)
def counter_in_trace(x):
    COUNTER[0] += 1
    return x + COUNTER[0]


TABLE = torch.zeros(3)


@traced(x34)
def constant_changes(x):
    TABLE.add_(1)
    return x * TABLE.clone().sum()


CALLS = []


@traced(x34)
def constant_differs(x):
    CALLS.append(1)
    return x * torch.full((4,), float(len(CALLS)))


@traced(x34)
def tensor_constant_differs(x):
    CALLS.append(1)
    return x * torch.tensor([float(len(CALLS))])


@traced(x34)
def operator_differs(x):
    CALLS.append(1)
    return x.relu() if len(CALLS) % 2 else x.sigmoid()


@traced(x34)
def number_of_operators_differs(x):
    CALLS.append(1)
    for _ in range(len(CALLS)):
        x = x + 1
    return x


@traced(x34)
def depends_on_state(x):
    CALLS.append(1)
    return x.detach().clone().data * float(len(CALLS))


@built(x34)
def loose_tolerance():
    def noisy(x):
        return x + torch.rand(3, 4) * 1e-3

    return torch.jit.trace(noisy, x34(), check_tolerance=0.1)


@traced(x34)
def item_baked(x):
    return x * x.sum().item()


class Stateful(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(4))

    def forward(self, x):
        self.total += x.sum(0)
        return x + self.total


@built(x34)
def buffer_changed():
    return torch.jit.trace(Stateful(), x34())


@built()
def check_input_fails():
    return torch.jit.trace(lambda x: x.view(3, 4) * 2, x34(), check_inputs=[(torch.rand(2, 2),)])


@built()
def check_input_fails_in_trace():
    def by_size(x):
        return x.view(int(x.shape[0]), -1) * torch.ones(4)

    return torch.jit.trace(by_size, x34(), check_inputs=[(torch.rand(2, 3),)])


@built(x34)
def module_branch():
    class Branch(nn.Module):
        def forward(self, x):
            if x.mean() > 0:
                return x.relu()
            return x.sigmoid()

    return torch.jit.trace(Branch(), x34(), check_inputs=[(-x34(),)])


@built(x34)
def two_outputs_random():
    def outputs(x):
        return x * 2, x * torch.rand(1)

    return torch.jit.trace(outputs, x34())


@traced(x34)
def in_place_on_view(x):
    x[0] = torch.rand(4)
    return x


@traced(x34, _force_outplace=True)
def in_place_on_view_forced(x):
    x[0] = torch.rand(4)
    return x


@traced(x34)
def view_replaced(x):
    return torch.cat((torch.rand(1, 4), x[1:2]), dim=0)
