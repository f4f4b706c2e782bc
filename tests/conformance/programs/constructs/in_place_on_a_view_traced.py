"""Writing through a view while tracing gives warnings."""
import warnings

import torch


def blank_column(table):
    table[:, 1] = torch.rand(table.shape[0])
    return table


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    traced = torch.jit.trace(blank_column, (torch.ones(2, 3),))
shown = [str(w.message) for w in caught if issubclass(w.category, torch.jit.TracerWarning)]
print(len(shown) > 0, any("does not match" in text or "nondeterministic" in text.lower() or "live references" in text for text in shown))
print(traced(torch.ones(2, 3)).shape)
