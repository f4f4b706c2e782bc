"""Operators of the embedding family."""
