"""The same without the write: a new table is put together."""
import torch


def blank_column(table):
    middle = torch.zeros(table.shape[0], 1)
    return torch.cat((table[:, :1], middle, table[:, 2:]), dim=1)


traced = torch.jit.trace(blank_column, (torch.ones(2, 3),))
print(traced(torch.full((4, 3), 5.0)).tolist())
print([name in str(traced.graph) for name in ("aten::cat", "aten::slice", "aten::zeros")])
