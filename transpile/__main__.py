"""``python -m transpile``: the command line."""

from transpile.cli import main

if __name__ == "__main__":
    main()
