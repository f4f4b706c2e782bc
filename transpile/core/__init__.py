"""Data types, TorchScript types, operator schemas, source ranges, errors and names: the vocabulary of every layer."""
