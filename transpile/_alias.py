"""The package under the name of the product: ``import ts2cpp``, ``python -m ts2cpp``.  Installed as ``ts2cpp.py``."""

from transpile import Project, Ts2cppError, __version__, export, install_torch, torch

__all__ = ["Project", "Ts2cppError", "__version__", "export", "install_torch", "torch"]

if __name__ == "__main__":
    from transpile.cli import main

    main()
