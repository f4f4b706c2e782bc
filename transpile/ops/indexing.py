"""Operators of the indexing family."""
