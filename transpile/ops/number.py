"""Operators on Python numbers."""
