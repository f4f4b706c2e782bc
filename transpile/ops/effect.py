"""Operators with an effect."""
