"""Operators of the pooling family."""
