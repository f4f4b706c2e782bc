"""Operators of the upsample family."""
