"""Python's view of compiled functions, modules and objects."""
