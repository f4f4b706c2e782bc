"""Operators on lists and tuples."""
