"""The same loop scripted: it follows the number of rows."""
import torch


def product_of_rows(table):
    out = table[0]
    for row in range(1, table.size(0)):
        out = out * table[row]
    return out


scripted = torch.jit.script(product_of_rows)
print(scripted.graph)
for rows in (1, 2, 5):
    table = torch.arange(rows * 2.0).reshape(rows, 2) + 1
    torch.testing.assert_close(scripted(table), product_of_rows(table))
    print(scripted(table).tolist())
