"""Functions of one tensor."""
