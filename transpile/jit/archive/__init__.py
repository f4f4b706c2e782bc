"""Modules as TorchScript archives."""
