"""Operators on dicts."""
