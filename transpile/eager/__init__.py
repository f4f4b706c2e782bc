"""Eager execution: tensors over NumPy arrays, with torch's meaning."""
