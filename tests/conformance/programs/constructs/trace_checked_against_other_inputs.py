"""A loop over rows is unrolled by a trace: inputs with another number of rows show that."""
import torch


def product_of_rows(table):
    out = table[0]
    for row in range(1, table.size(0)):
        out = out * table[row]
    return out


try:
    torch.jit.trace(product_of_rows, (torch.rand(2, 3),), check_inputs=[(torch.rand(4, 3),)])
except torch.jit.TracingCheckError as error:
    text = str(error)
    print("Graphs differed across invocations!" in text, "Graph diff:" in text, text.count("aten::mul") > 2)
    print(any(line.strip().startswith("+") for line in text.splitlines()), any(line.strip().startswith("?") for line in text.splitlines()))
